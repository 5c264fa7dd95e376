"""Joint training: generator and walk learn together, and what comes of it is a model of its own with its slider."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from PIL import Image

from ganstudio.api import FinderOptions, LayerRange, Rates, one_a_layer
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import write_native
from ganstudio.registry import PluginRegistry
from ganstudio.settings import user_data
from ganstudio.training.discriminator import Discriminator
from ganstudio.training.hosted import AcceleratedCrew
from ganstudio.training.loop import Progress
from ganstudio.training.resume import read_resume, write_resume
from tests.training.tiny import MODEL, tiny_recipe, tiny_training

QUICK: dict[str, Any] = {"model": "tiny", "edit": "whiten", "kimg": 0.24, "batch": 4, "walk_rate": 0.3,
                         "precision": "float32", "r1_interval": 4}


@pytest.fixture(params=["stylegan2", "dcgan"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> ModelLibrary:
    """A library of one untrained model with its discriminator, and of what is kept."""
    return library(tmp_path, request.param)


def library(tmp_path: Path, family: str, classes: str = "") -> ModelLibrary:
    recipe = tiny_recipe()
    recipe = replace(recipe, model=replace(MODEL, family=family), data=replace(recipe.data, classes=classes))
    training, folder = tiny_training(recipe, *[(220, 40, 40)] * 4), tmp_path / "models"
    folder.mkdir()
    write_native(folder / "tiny.safetensors", training.average, about={"name": "Tiny"})
    write_resume(folder / "training" / "tiny.safetensors", training.networks(), Progress(), recipe.as_dict())
    return ModelLibrary((folder, user_data() / "models"), ())


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    """A folder of real pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for level in range(0, 256, 32):
        Image.new("RGB", (16, 12), (level, level, 128)).save(folder / f"{level}.png")
    return str(folder)


def train(found: PluginRegistry, folder: Path, **options: Any) -> bool:
    joint = found.trainings()["joint"]
    return found.host.train(joint, joint.options(**{**QUICK, **options}), folder, json_lines=True, cpu=True)


def test_the_widened_generator_is_a_new_model_with_its_walk(
    models: ModelLibrary, pictures: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = PluginRegistry(models)
    assert train(found, tmp_path / "run", data=pictures)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    *_, learned, note, _ = events
    assert set(learned["losses"]) == {"generator", "discriminator", "edit"}
    assert "reaches" in note["text"]
    entry = models.entry("tiny-whiten-or-darken")
    assert (entry.name, entry.available) == ("Tiny, whiten or darken", True)
    new, old = models.load(entry.id), models.load("tiny")
    assert new.fingerprint != old.fingerprint
    options = FinderOptions((LayerRange(0, new.generator.num_ws),))
    walk = next(iter(found.finder("steering").find(new.generator, new.fingerprint, options)))
    assert walk.fingerprint == new.fingerprint
    assert walk.response is not None
    assert walk.response.amounts[-1] - walk.response.amounts[0] > 20
    look = models.default_document(entry.id).latent
    assert look.base.z.shape == (new.generator.z_dim,)


def test_a_joint_training_goes_on_where_it_stopped_and_learns_alike(
    models: ModelLibrary, pictures: str, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        train(PluginRegistry(models), tmp_path / folder, data=pictures, kimg=0.016)
    one, two = (read_resume(tmp_path / folder / "resume.safetensors") for folder in ("one", "two"))
    assert all(torch.equal(one.tensors[key], two.tensors[key]) for key in one.tensors)
    train(PluginRegistry(models), tmp_path / "one", data=pictures, kimg=0.032)
    assert read_resume(tmp_path / "one" / "resume.safetensors").progress.step == 8


def task_of(models: ModelLibrary, **options: Any) -> Any:
    """A task, not yet begun."""
    found = PluginRegistry(models)
    joint = found.trainings()["joint"]
    return joint.task(found.host, joint.options(**{**QUICK, **options}), AcceleratedCrew(Accelerator(cpu=True)))


def test_the_walk_learns_alone_before_the_generator_learns_with_it(models: ModelLibrary, pictures: str) -> None:
    task = task_of(models, data=pictures, kimg=0.04, lead=0.3)
    weights = {name: [p.detach().clone() for p in network.parameters()] for name, network in task.networks().items()}

    def moved() -> set[str]:
        return {name for name, network in task.networks().items()
                if any(not torch.equal(a, b) for a, b in zip(weights[name], network.parameters(), strict=True))}

    assert [set(task.step(number)) for number in range(3)] == [{"edit"}] * 3
    assert moved() == {"walk"}
    assert set(task.step(3)) == {"generator", "discriminator", "edit"}
    assert moved() == {"walk", "generator", "average", "discriminator"}


def test_the_networks_go_on_at_the_rates_of_their_own_training(models: ModelLibrary, pictures: str) -> None:
    train = tiny_recipe().train
    assert task_of(models, data=pictures).rates == Rates(train.generator_lr, train.discriminator_lr, train.r1_gamma)
    assert task_of(models, data=pictures, rate=0.5, judge_rate=0.25, r1_gamma=0.0).rates == Rates(0.5, 0.25, 0.0)


@pytest.mark.parametrize("family", ["stylegan2", "dcgan", "biggan"])
def test_a_model_with_classes_learns_with_them(family: str, tmp_path: Path) -> None:
    there = library(tmp_path, family, "seasons")
    found = PluginRegistry(there)
    before = found.host.load_model("tiny").discriminator
    assert isinstance(before, Discriminator)
    assert before.embed is not None
    assert train(found, tmp_path / "run", data="landscape", kimg=0.04)
    saved = read_resume(tmp_path / "run" / "resume.safetensors").tensors["discriminator.embed.weight"]
    moved = (saved - before.embed.weight).abs().sum(dim=0)
    assert (moved > 1e-4).all()  # every class was asked about
    new = there.load("tiny-whiten-or-darken").generator
    z, labels = torch.ones(1, new.z_dim), torch.eye(4)
    drawn = [new.synthesize(one_a_layer(new, new.map(z, label[None]))) for label in labels]
    assert all((drawn[0] - other).abs().max() > 1e-4 for other in drawn[1:])


def test_pictures_of_another_number_of_classes_are_one_sentence(tmp_path: Path) -> None:
    found = PluginRegistry(library(tmp_path, "dcgan", "seasons"))
    for season in ("dry", "wet"):
        (tmp_path / "years" / season).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "years" / season / "a.png")
    with pytest.raises(ValueError, match="has pictures of 2 classes, but the model draws 4"):
        train(found, tmp_path / "run", data=str(tmp_path / "years"))


def test_what_cannot_be_trained_jointly_is_one_sentence(models: ModelLibrary, tmp_path: Path) -> None:
    found = PluginRegistry(models)
    with pytest.raises(ValueError, match="one edit at a time"):
        train(found, tmp_path / "a", edit="zoom,rotate")
    with pytest.raises(ValueError, match="does not exist"):
        train(found, tmp_path / "b", data=str(tmp_path / "gone"))
    with pytest.raises(ValueError, match="no width of a world"):
        train(found, tmp_path / "c", data="landscape:wide")
    (models.entry("tiny").path.parent / "training" / "tiny.safetensors").unlink()  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="has no discriminator beside it"):
        train(found, tmp_path / "d")
