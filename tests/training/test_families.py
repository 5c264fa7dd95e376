"""Every family that can be trained learns, resumes and becomes a model that opens."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from ganstudio.api import Rates
from ganstudio.checkpoints.native import read_native
from ganstudio.training.companions import adversary_beside
from ganstudio.training.data import Stream, class_names_of
from ganstudio.training.export import export_discriminator, export_model
from ganstudio.training.families import FAMILIES, family_of, picture_of
from ganstudio.training.gan import GanTraining
from ganstudio.training.recipe import DataRecipe, ModelRecipe, RecipeError
from ganstudio.training.resume import Progress, write_resume
from tests.training.tiny import FlatPictures, tiny_recipe

FAMILY_NAMES = sorted(FAMILIES)


def training_of(family: str) -> GanTraining:
    """A new training of a family at 8 px on red pictures, in four classes for those that need them."""
    recipe = tiny_recipe(generator_lr=0.005)
    data = DataRecipe(world="landscape", classes="seasons" if family == "biggan" else "")
    model = ModelRecipe(family, 8, (16, 8), z_dim=8, w_dim=8, mapping_layers=2)
    pictures = FlatPictures(*[(220, 40, 40)] * 4)
    pictures.class_names = class_names_of(data)
    return GanTraining(replace(recipe, model=model, data=data), Stream(pictures, 3), Accelerator(cpu=True))


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_family_learns_the_colour_of_its_pictures(family: str) -> None:
    training = training_of(family)
    for number in range(150):
        training.step(number)
    training.family.settle(training.average)
    labels = torch.eye(4)[[0] * 8] if training.generator.num_classes else None
    with torch.no_grad():
        image = picture_of(training.average, torch.randn(8, 8, generator=torch.Generator().manual_seed(0)), labels)
    red, green, blue = image.mean(dim=(0, 2, 3)).tolist()
    assert red > green + 0.5
    assert red > blue + 0.5


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_its_model_opens_and_draws_what_the_training_drew(family: str, tmp_path: Path) -> None:
    training = training_of(family)
    for number in range(3):
        training.step(number)
    training.family.settle(training.average)
    recipe = training.recipe.as_dict()
    write_resume(tmp_path / "resume.safetensors", training.networks(), Progress(3, 12, 1.0), recipe)
    export_model(tmp_path / "resume.safetensors", tmp_path / "model.safetensors")
    generator = read_native(tmp_path / "model.safetensors").generator
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(1))
    labels = torch.eye(4) if generator.num_classes else None
    with torch.no_grad():
        drawn = picture_of(training.average, z, labels)
        torch.testing.assert_close(picture_of(generator, z, labels), drawn, atol=3e-2, rtol=3e-2)


def test_the_discriminator_kept_beside_a_model_judges_as_the_trained_one_does_and_tells_its_rates(tmp_path) -> None:
    training = training_of("biggan")
    write_resume(tmp_path / "resume.safetensors", training.networks(), Progress(3, 12, 1.0), training.recipe.as_dict())
    kept = export_discriminator(tmp_path / "resume.safetensors", tmp_path / "models" / "pond.safetensors")
    beside = adversary_beside(tmp_path / "models" / "pond.safetensors", 8)
    assert beside is not None
    judge, train = beside.network, training.recipe.train
    assert beside.rates == Rates(train.generator_lr, train.discriminator_lr, train.r1_gamma)
    images, labels = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(2)), torch.eye(4)
    with torch.no_grad():
        torch.testing.assert_close(judge(images, torch.float32, labels),
                                   training.discriminator(images, torch.float32, labels), atol=1e-2, rtol=1e-2)
    assert kept.stat().st_size < 0.6 * (tmp_path / "resume.safetensors").stat().st_size


def test_an_unknown_family_is_refused_by_name() -> None:
    with pytest.raises(RecipeError, match="no family called 'vqgan'"):
        family_of(ModelRecipe("vqgan"))


def test_a_biggan_wants_classes() -> None:
    with pytest.raises(RecipeError, match="name them in section"):
        family_of(ModelRecipe("biggan")).build(ModelRecipe("biggan"), 0)
