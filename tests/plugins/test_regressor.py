"""The regressor: masks as the paper draws them, an encoder that learns, and files that know whose they are."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from ganstudio.api import Model, Training, batch_of
from ganstudio.registry import PluginRegistry
from ganstudio.training.resume import read_resume
from tests.fakes import TinyGenerator
from tests.models import TinyLibrary

SHARES = {0.3: 0.20, 0.4: 0.34, 0.5: 0.50, 0.6: 0.66, 0.7: 0.81, 0.8: 0.92, 0.9: 0.98, 1.0: 1.00}
"""Visible share by cutoff, measured on the authors' own masks."""
VARIANTS = ("rgbm", "rgb", "rgb-filled")
TRAINED: dict[str, Any] = {"model": "tiny", "width": 8, "batch": 16, "rate": 1e-3, "precision": "float32"}


class TinyZ(TinyGenerator):
    """The same pictures from a model that is edited in z."""

    space = "z"
    w_avg = None

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)
        self.calls = 0


def plugins(generator: Any = None) -> PluginRegistry:
    return PluginRegistry(TinyLibrary(generator))


@pytest.fixture(scope="module")
def training() -> Training:
    return plugins().trainings()["regressor"]


@pytest.fixture(scope="module")
def parts(training: Training) -> Any:
    """The plugin's modules, by their names."""
    return type("Parts", (), {name.rsplit(".", 1)[1]: module for name, module in sys.modules.items()
                              if name.startswith("ganstudio_plugins.regressor.")})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training on the tiny generator: 200 steps."""
    folder = tmp_path_factory.mktemp("trained")
    torch.set_num_threads(1)
    train(plugins(), folder, kimg=3.2)
    return folder


def train(found: PluginRegistry, folder: Path, **options: Any) -> bool:
    task = found.trainings()["regressor"]
    return found.host.train(task, task.options(**{**TRAINED, **options}), folder, json_lines=True, cpu=True)


def model(generator: Any = None) -> Model:
    return plugins(generator).host.load_model("tiny")


@pytest.mark.parametrize(("cutoff", "share"), SHARES.items())
def test_as_much_is_visible_as_in_the_authors_masks(parts: Any, cutoff: float, share: float) -> None:
    masks = parts.masks.random_masks(2000, 48, torch.Generator().manual_seed(1), cutoff)
    assert masks.shape == (2000, 1, 48, 48)
    assert set(masks.unique().tolist()) <= {0.0, 1.0}
    assert masks.mean().item() == pytest.approx(share, abs=0.015)


def test_over_all_cutoffs_the_masks_are_the_authors_too(parts: Any) -> None:
    random = torch.Generator().manual_seed(2)
    shares = torch.tensor([parts.masks.random_masks(1, 48, random).mean().item() for _ in range(4000)])
    assert shares.mean().item() == pytest.approx(0.69, abs=0.02)
    assert shares.median().item() == pytest.approx(0.75, abs=0.02)
    assert (shares == 1).float().mean().item() == pytest.approx(0.05, abs=0.02)


def test_a_batch_has_one_cutoff(parts: Any) -> None:
    def means(seed: int) -> Tensor:
        found: Tensor = parts.masks.random_masks(64, 32, torch.Generator().manual_seed(seed)).mean(dim=(1, 2, 3))
        return found

    batches = torch.stack([means(seed) for seed in range(30)])
    assert batches.mean(dim=1).std() > 2.5 * batches.std(dim=1).mean() / 8 ** 0.5


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_hidden_never_has_an_influence(parts: Any, variant: str) -> None:
    encoder = parts.encoder.Encoder(parts.encoder.EncoderConfig(variant, 8, 32, 4, 4)).eval()
    image = torch.rand(3, 3, 32, 32) * 2 - 1
    mask = parts.masks.random_masks(3, 32, torch.Generator().manual_seed(3), 0.5)
    for hidden in (torch.rand_like(image), torch.full_like(image, torch.nan)):
        assert torch.equal(encoder(image, mask), encoder(torch.where(mask > 0, image, hidden), mask))
    assert not torch.equal(encoder(image, mask), encoder(image * 0.5, mask))


def test_the_mask_is_told_as_minus_to_plus_a_half_and_an_empty_one_is_not_half(parts: Any) -> None:
    image = torch.ones(2, 3, 8, 8)
    mask = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
    told = parts.masks.network_input(image, mask, "rgbm", 8)
    assert told[:, 3].amin(dim=(1, 2)).tolist() == told[:, 3].amax(dim=(1, 2)).tolist() == [-0.5, 0.5]
    assert told[0, :3].abs().max() == 0


def test_larger_pictures_are_averaged_down_after_hiding(parts: Any) -> None:
    image, mask = torch.full((1, 3, 16, 16), 0.8), torch.zeros(1, 1, 16, 16)
    mask[..., :1] = 1
    told = parts.masks.network_input(image, mask, "rgbm", 8)
    assert told.shape == (1, 4, 8, 8)
    assert told[0, :, 0, 0].tolist() == pytest.approx([0.4, 0.4, 0.4, 0.0])


def test_holes_are_filled_with_the_mean_of_what_is_visible(parts: Any) -> None:
    image, mask = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    image[..., 0], image[..., 1], mask[..., :2] = 1.0, 0.5, 1.0
    told = parts.masks.network_input(image, mask, "rgb-filled", 4)
    assert told[0, 0, 0].tolist() == [1.0, 0.5, 0.75, 0.75]
    empty = parts.masks.network_input(image, mask * 0, "rgb-filled", 4)
    assert empty.abs().max() == 0


def test_shapes_that_do_not_fit_are_one_sentence(parts: Any) -> None:
    for image, mask in ((torch.zeros(1, 4, 8, 8), torch.zeros(1, 1, 8, 8)),
                        (torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 4, 4))):
        with pytest.raises(ValueError, match=r"\[1, "):
            parts.masks.check(image, mask)


def test_masked_l1_of_an_empty_mask_is_nought(parts: Any) -> None:
    one, other = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4)
    mask = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
    assert parts.masks.masked_l1(one, other, mask).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("side", "outputs", "dim"), [(64, 10, 128), (128, 12, 256), (256, 14, 512), (1024, 18, 512),
                                                      (256, 1, 512), (32, 4, 4)])  # fmt: skip
def test_an_encoder_of_any_model_fits_into_8_megabytes(parts: Any, side: int, outputs: int, dim: int) -> None:
    width = parts.encoder.fitting_width(side, outputs, dim)
    with torch.device("meta"):
        encoder = parts.encoder.Encoder(parts.encoder.EncoderConfig("rgbm", width, side, outputs, dim))
    numbers = sum(p.numel() for p in encoder.state_dict().values())
    assert numbers == pytest.approx(parts.encoder.parameter_count(width, outputs * dim), rel=0.01)
    if outputs * dim <= 14 * 512:
        assert numbers * 2 < 8e6


def test_the_encoder_learns_the_latent_of_pictures_with_parts_missing(trained: Path) -> None:
    reader = plugins().regressors()["regressor"]
    regressor: Any = reader.read(trained / "regressor.safetensors", model())
    figures = regressor.about["figures"]
    # One number of four is never painted: guessing its mean costs 1 / 4 of the unit in which w is measured.
    assert 0.2 < figures["latent"] < 0.45
    assert figures["full"] < 0.06
    assert figures["whole"] < 0.25 * figures["blind"]
    w = torch.tensor([[[1.0, -0.5, 2.0, 0.0]]]).expand(1, 4, 4)
    image = TinyGenerator().synthesize(w)
    found = regressor.regress(image, torch.ones(1, 1, 32, 32))
    assert found.shape == (1, 4, 4)
    assert (found - w)[..., :3].abs().max() < 0.6


def test_a_regressor_of_other_weights_is_refused_in_one_sentence(trained: Path, tmp_path: Path) -> None:
    reader = plugins().regressors()["regressor"]
    path = trained / "regressor.safetensors"
    with pytest.raises(ValueError, match=r"weights \(Tiny\), not to this Birds: train a regressor for it"):
        reader.read(path, replace(model(), name="Birds", fingerprint="0" * 16))
    with pytest.raises(ValueError, match="is no regressor of this version"):
        reader.read(trained / "resume.safetensors", model())
    (tmp_path / "half.safetensors").write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match="is no regressor, or it is damaged"):
        reader.read(tmp_path / "half.safetensors", model())


def test_a_training_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(plugins(), tmp_path, kimg=0.064)
    first = read_resume(tmp_path / "resume.safetensors")
    assert train(plugins(), tmp_path, kimg=0.128)
    second = read_resume(tmp_path / "resume.safetensors")
    assert (first.progress.step, second.progress.step, second.progress.seen) == (4, 8, 128)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [e["event"] for e in events] == ["note", "progress", "finished"] * 2
    assert "pixels at 4 sizes" in events[0]["text"]
    assert set(events[1]["losses"]) == {"latent", "pixel", "perceptual"}
    assert set(events[2]["figures"]) == {"masked", "whole", "latent", "visible", "blind", "full"}
    assert events[4]["step"] == 8


class HalfCrew:
    """One of two processes."""

    device, count, precision = torch.device("cpu"), 2, torch.float32

    def __init__(self, index: int) -> None:
        self.index = index

    def share(self, batch: int) -> slice:
        return slice(self.index * batch // 2, (self.index + 1) * batch // 2)

    def average_gradients(self, network: torch.nn.Module) -> None:
        pass


def test_large_models_are_trained_and_measured_a_few_pictures_at_once(parts: Any) -> None:
    assert [batch_of(side) for side in (32, 256, 512, 1024, 8192)] == [16, 16, 8, 4, 1]
    assert [batch_of(side) for side in (96, 768, 1280)] == [16, 4, 2]  # sixteens are shared evenly
    drawn: list[int] = []
    space = SimpleNamespace(generator=SimpleNamespace(resolution=1024), device=torch.device("cpu"),
                            draw=lambda count, random: drawn.append(count))
    masks = [mask for _, mask in parts.held_out.groups(space)]
    assert drawn == [4] * 16
    assert [len(mask) for mask in masks] == drawn
    assert masks[-1].mean() == 1


def test_a_batch_of_zero_is_what_suits_the_model(training: Training) -> None:
    task = training.task(plugins().host, training.options(**{**TRAINED, "batch": 0}), HalfCrew(0))
    assert task.batch == 16


def test_two_processes_learn_from_the_two_halves_of_one_batch(training: Training) -> None:
    host = plugins().host
    halves = [training.task(host, training.options(**TRAINED), HalfCrew(i)) for i in (0, 1)]
    drawn: list[Any] = [half._samples_of(5) for half in halves]  # type: ignore[attr-defined]
    again = training.task(host, training.options(**TRAINED), HalfCrew(0))._samples_of(5)  # type: ignore[attr-defined]
    assert torch.equal(drawn[0][0].image, again[0].image)
    assert not torch.equal(drawn[0][0].image, drawn[1][0].image)
    assert [len(draw.image) for draw, _ in drawn] == [8, 8]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_model_in_z_gets_its_z_whatever_the_variant(tmp_path: Path, variant: str) -> None:
    found = plugins(TinyZ())
    train(found, tmp_path, kimg=0.032, variant=variant)
    regressor = found.regressors()["regressor"].read(tmp_path / "regressor.safetensors", found.host.load_model("tiny"))
    assert regressor.space == "z"
    assert regressor.regress(torch.zeros(2, 3, 32, 32), torch.ones(2, 1, 32, 32)).shape == (2, 4)


def test_in_z_only_the_direction_counts_and_in_w_every_layer(parts: Any) -> None:
    device = torch.device("cpu")
    z, w = (parts.latents.LatentSpace(generator, 1.0, device) for generator in (TinyZ(), TinyGenerator()))
    latents = torch.randn(5, 1, 4)
    assert z.loss(latents * 3, latents).item() == pytest.approx(0, abs=1e-6)
    assert z.loss(-latents, latents).item() == pytest.approx(2, abs=1e-6)
    draw = w.draw(5, torch.Generator().manual_seed(1))
    assert torch.equal(draw.latents, draw.latents[:, :1].expand(-1, 4, -1))
    assert w.loss(draw.latents + w.spread, draw.latents).item() == pytest.approx(1, abs=1e-5)


def test_truncated_samples_lie_nearer_the_average(parts: Any) -> None:
    spaces = [parts.latents.LatentSpace(TinyGenerator(), psi, torch.device("cpu")) for psi in (1.0, 0.5)]
    whole, half = (space.draw(4, torch.Generator().manual_seed(1)).latents for space in spaces)
    average = TinyGenerator().w_avg
    torch.testing.assert_close(half - average, (whole - average) / 2)


def test_the_samples_show_whole_hidden_and_regenerated_pictures(training: Training) -> None:
    pixels = training.task(plugins().host, training.options(**TRAINED), HalfCrew(0)).samples()
    assert pixels is not None
    assert (pixels.shape, pixels.dtype.name) == ((3 * 32, 8 * 32, 3), "uint8")


@pytest.mark.parametrize(("wrong", "said"), [
    ({"batch": 1}, "“batch” must be at least 2"), ({"psi": 2.0}, "at least 0 and at most 1, but is 2"),
    ({"rate": float("nan")}, "“rate” must be"), ({"variant": "cmyk"}, "no variant “cmyk”"),
    ({"pixel": 0.0, "perceptual": 0.0, "latent": 0.0}, "nothing to learn"),
])  # fmt: skip
def test_options_that_make_no_sense_are_one_sentence(training: Training, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        training.options(**wrong)
