"""Figures of a model: the distance is the formula's, histograms share what they share, the reader's codes are exact."""

from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from PIL import Image

from ganstudio.checkpoints.native import read_native
from ganstudio.training.command import main
from ganstudio.training.export import export_model, generator_of
from ganstudio.training.factor_reader import FactorReader, ReaderTraining, decode, encode
from ganstudio.training.measure import (
    figures_picture,
    figures_table,
    frechet_distance,
    measure_against,
    measure_model,
    overlap,
)
from ganstudio.training.resume import Progress, write_resume
from ganstudio.worlds.factors import FACTORS
from ganstudio.worlds.landscape import Landscape
from tests.training.tiny import tiny_recipe, tiny_training

RANDOM = np.random.default_rng(0)


def test_identical_sets_have_no_distance() -> None:
    points = RANDOM.standard_normal((500, 12))
    assert abs(frechet_distance(points, points)) < 1e-6


def test_the_distance_of_two_gaussians_is_the_formula() -> None:
    points = RANDOM.standard_normal((20_000, 4))
    shifted = points * [1, 2, 3, 1] + [0, 0, 1, 2]
    exact = (1 + 4) + ((1 - 1) ** 2 + (2 - 1) ** 2 + (3 - 1) ** 2)  # |shift|^2 + sum (s1 - s2)^2
    assert frechet_distance(points, shifted) == pytest.approx(exact, rel=0.03)


def test_the_distance_stands_when_a_feature_is_dead() -> None:
    points = RANDOM.standard_normal((50, 6))
    points[:, 2] = 0
    assert np.isfinite(frechet_distance(points, points + 1))


def test_overlap_is_the_shared_area() -> None:
    one, two = np.array([2.0, 2, 0, 0]), np.array([0.0, 1, 1, 0])
    assert overlap(one, one * 7) == pytest.approx(1)
    assert overlap(one, two) == pytest.approx(0.5)
    assert overlap(one, np.array([0.0, 0, 0, 3])) == 0


def test_codes_hold_factors_without_loss() -> None:
    factors = np.stack([Landscape(1.0).factors(3, i) for i in range(50)])
    back = decode(encode(factors))
    for i, factor in enumerate(FACTORS):
        error = np.abs(back[:, i] - factors[:, i])
        error = np.minimum(error, 1 - error) if factor.kind == "cyclic" else error
        assert error.max() < 1e-4 * (factor.high - factor.low), factor.name


def test_a_reader_learns_to_read() -> None:
    training = ReaderTraining(16, 0.5, 1, 10**6, Accelerator(cpu=True))
    errors = [training.step(0)["error"].item() for _ in range(40)]
    assert errors[-1] < 0.6 * errors[0]


def test_a_model_that_knows_nothing_lies_farther_from_the_data_than_the_data_from_itself(tmp_path: Path) -> None:
    torch.manual_seed(0)
    result = measure_model(generator_of(tiny_recipe()), FactorReader(8), Landscape(0.25), 60)
    assert result.distance > 2 * result.floor >= 0
    assert len(result.factors) == len(FACTORS)
    assert result.overlap < np.mean([f.ceiling for f in result.factors])
    assert "hour" in figures_table(result)
    assert figures_picture(result).size == (8 * 150, 5 * 96)


def test_samples_lie_no_nearer_to_a_folder_than_its_halves_to_each_other(tmp_path: Path) -> None:
    for number, pixels in enumerate(Landscape(0.25).pictures(3, 40, 16)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    torch.manual_seed(0)
    result = measure_against(generator_of(tiny_recipe()), FactorReader(8), tmp_path, 100)
    assert result.count == 20
    assert result.distance > 2 * result.floor
    assert result.near.coverage < result.near_ceiling.coverage
    assert result.factors == ()
    assert "precision" in figures_table(result)


def test_a_folder_of_few_pictures_is_said_to_be_too_small(tmp_path: Path) -> None:
    for number in range(4):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{number}.png")
    with pytest.raises(ValueError, match="holds 4 pictures"):
        measure_against(generator_of(tiny_recipe()), FactorReader(8), tmp_path, 100)


def test_an_exported_model_opens_with_the_averages_weights_and_the_mean_w(tmp_path: Path) -> None:
    training = tiny_training()
    training.step(0)
    write_resume(tmp_path / "resume.safetensors", training.networks(), Progress(1, 4, 1.0), tiny_recipe().as_dict())
    export_model(tmp_path / "resume.safetensors", tmp_path / "models/tiny.safetensors", {"terms": "MIT"})
    model = read_native(tmp_path / "models/tiny.safetensors")
    assert (model.info.name, model.info.terms) == ("Tiny", "MIT")
    assert model.info.about["trained"]["steps"] == 1
    z = torch.randn(2000, 8, generator=torch.Generator().manual_seed(1))
    mean = model.generator.map(z).mean(dim=0)
    torch.testing.assert_close(model.generator.mapping.w_avg, mean, atol=0.1, rtol=0.1)
    torch.testing.assert_close(model.generator(z[:2]), training.average(z[:2]), atol=2e-2, rtol=2e-2)


def test_measuring_what_is_no_model_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"nothing")
    assert main(["measure", str(tmp_path / "no.safetensors")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
