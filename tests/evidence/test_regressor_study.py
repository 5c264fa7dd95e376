"""The study of the regressor end to end, at a size that proves nothing: every cell is filled, and none is run twice."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.checkpoints.native import write_native
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.registry import PluginRegistry
from ganstudio.training.hosted import AcceleratedCrew
from ganstudio.training.keeping import write_learned
from tests.evidence.__main__ import main
from tests.evidence.frame import NOT_RUN, Place, records, run
from tests.evidence.regressor.inputs import Scale, open_inputs
from tests.evidence.regressor.learning import Autoencoder, learned
from tests.evidence.regressor.study import study as whole
from tests.models import write_stylegan2

TINY = Scale(pairs=3, contexts=1, replacements=2, pictures=8, optimised=2, steps=1, kimg=0.016, shown=1, data=12)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random StyleGAN2 of 32 px, with a regressor beside it that has learned nothing."""
    path = write_stylegan2(tmp_path_factory.mktemp("made") / "scene.safetensors")
    write_regressor(path)
    return path.parent


@pytest.fixture
def model(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be studied at a tiny scale."""
    monkeypatch.setattr("tests.evidence.regressor.study.QUICK", TINY)
    return shutil.copytree(made, tmp_path / "models") / "scene.safetensors"


def write_regressor(model: Path) -> Path:
    """An untrained regressor where the program finds it."""
    registry = PluginRegistry(ModelLibrary(usual_folders()))
    training = registry.trainings()["regressor"]
    task = training.task(registry.host, training.options(model=str(model), width=8, kimg=0.016),
                         AcceleratedCrew(Accelerator(cpu=True)))
    path = model.parent / "regressors" / model.name
    path.parent.mkdir(exist_ok=True)
    write_learned(path, task.result())
    return path


def study(model: Path, *words: str) -> tuple[int, str]:
    """Run the command; its status and the report."""
    folder = model.parent
    status = main(["regressor", "--quick", "--model", str(model), "--output", str(folder / "out"),
                   "--scratch", str(folder / "scratch"), *words])
    return status, (folder / "out" / "README.md").read_text(encoding="utf-8")


def test_the_whole_study_fills_every_cell_and_is_not_run_twice(
        model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = study(model)
    assert status == 0
    assert NOT_RUN not in report
    pictures = {line.split("(")[1][:-1] for line in report.splitlines() if line.startswith("![")}
    assert {"blends-renders.png", "visibility.png", "encoders-optimised.png"} <= pictures
    assert all((model.parent / "out" / name).stat().st_size < 400_000 for name in pictures)
    assert "14 of 14: visibility" in capsys.readouterr().out
    (model.parent / "out" / "figures" / "independence.json").unlink()
    assert study(model, "--only", "visibility")[1].count(NOT_RUN) == 3 * 6 + 2
    assert "of 1:" not in capsys.readouterr().out


def test_a_model_that_answers_z_is_measured_alike(model: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    path = tmp_path / "other.safetensors"
    write_native(path, ProGAN(ProGANConfig(widths=(8, 8, 8, 8), z_dim=8)), about={"name": "Other"})
    regressor = write_regressor(path)
    status, report = study(path, "--regressor", str(regressor), "--only", "blends-samples,encoders-autoencoder")
    assert status == 0
    assert "family: progan" in report
    assert f"- Renders: {NOT_RUN}" in report
    assert f"- Samples: {NOT_RUN}" not in report


def test_a_model_without_a_regressor_is_refused_in_a_sentence(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_stylegan2(tmp_path / "lonely.safetensors")
    assert main(["regressor", "--quick", "--model", str(path), "--output", str(tmp_path)]) == 2
    assert "Lonely has no regressor" in capsys.readouterr().err


def test_an_autoencoder_learns_and_goes_on_where_it_was_stopped(model: Path, tmp_path: Path) -> None:
    inputs, _ = open_inputs(str(model), None, TINY, 0)
    task = Autoencoder(inputs, seed=1)
    losses = [float(task.step(number)["pixel"]) for number in range(40)]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    learned(task, 16, tmp_path / "run")
    twin = Autoencoder(inputs, seed=1)
    learned(twin, 16, tmp_path / "run")
    image, mask = inputs.samples(2, 0), torch.ones(2, 1, 32, 32)
    assert (twin.pictures(image, mask) - task.pictures(image, mask)).abs().max() < 0.05  # kept in half precision


def test_a_stopped_training_stops_the_study_and_keeps_what_was_found(
        model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.evidence.regressor.learning.Loop.run", lambda loop: False)
    status, report = study(model, "--only", "encoders-given,encoders-short,visibility")
    assert status == 130
    assert "encoders-given" in report
    assert "| Regressor, trained briefly | not run |" in report


def test_figures_belong_to_the_weights_they_were_taken_of(model: Path) -> None:
    options = Namespace(model=str(model), regressor=None, quick=True, kimg=1.0, seed=0)
    place = Place(model.parent / "out", model.parent / "scratch")
    one = whole(options)
    assert set(run(one, place, only="encoders-given", say=lambda line: None)) == {"encoders-given"}
    before, _ = open_inputs(str(model), None, TINY, 0)
    write_regressor(write_stylegan2(model, seed=9))
    after, _ = open_inputs(str(model), None, TINY, 0)
    assert records(one, place)
    assert not records(whole(options), place)
    assert before.training_key != after.training_key
    assert before.optimising_key != after.optimising_key
