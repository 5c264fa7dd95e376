"""What comes with the program: every built-in model opens and has its directions, its walks and its regressor."""

from __future__ import annotations

import pytest
import torch

from ganstudio.api import FinderOptions, layers_of, one_a_layer
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import LoadedModel
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.resources import resource

FAMILIES = {"landscape": "stylegan2", "landscape-biggan": "biggan", "landscape-dcgan": "dcgan",
            "landscape-progan": "progan"}  # fmt: skip
EDITS = {"zoom", "shift-x", "rotate", "red", "green", "blue", "luminance", "saturation", "blue-yellow"}
MOST = 40 * 2**20
SEEN = 24
"""Samples a regressor is shown."""


@pytest.fixture(scope="module")
def library() -> ModelLibrary:
    return ModelLibrary([resource("models")], ())


@pytest.fixture(scope="module")
def registry(library) -> PluginRegistry:
    return PluginRegistry(library)


@pytest.fixture(params=FAMILIES)
def model(request, library) -> LoadedModel:
    return library.load(request.param)


def found(registry: PluginRegistry, finder: str, model: LoadedModel) -> list:
    options = FinderOptions(layers_of(range(model.generator.num_ws)), count=8)
    return list(registry.finder(finder).find(model.generator, model.fingerprint, options))


def picture(model: LoadedModel, latent: torch.Tensor) -> torch.Tensor:
    """Images of z [n, z_dim], in all classes by turns, or of w+ [n, num_ws, w_dim]."""
    generator = model.generator
    if latent.dim() == 3:
        return generator.synthesize(latent).clamp(-1, 1)
    classes = generator.num_classes
    labels = torch.eye(classes)[torch.arange(len(latent)) % classes] if classes else None
    return generator.synthesize(one_a_layer(generator, generator.map(latent, labels))).clamp(-1, 1)


def test_there_is_a_model_of_each_family_the_first_of_them_landscapes(library):
    assert {entry.id: entry.family for entry in library.entries()} == FAMILIES
    assert library.entries()[0].id == "landscape"
    assert all(entry.available and "MIT" in entry.terms for entry in library.entries())


def test_it_has_directions_of_sefa_and_walks_that_say_what_they_do(model, registry):
    assert len(found(registry, "sefa", model)) == 8
    walks = found(registry, "steering", model)
    assert all(walk.response is not None for walk in walks)
    assert {edit for edit in EDITS if any(edit in walk.id for walk in walks)} == EDITS


def test_its_regressor_brings_its_own_pictures_back(model, registry):
    regressor = Regressors(registry, [resource("models")]).regressor_for(model)
    assert regressor is not None
    z = torch.randn(SEEN, model.generator.z_dim, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        images = picture(model, model.generator.normalise(z))
        again = picture(model, regressor.regress(images, torch.ones_like(images[:, :1])))
    mean = images.mean(dim=0, keepdim=True)
    assert (again - images).abs().mean() < 0.5 * (mean - images).abs().mean()


def test_all_of_it_together_stays_small():
    assert sum(path.stat().st_size for path in resource().rglob("*") if path.is_file()) < MOST
