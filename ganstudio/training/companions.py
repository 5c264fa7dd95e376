"""The networks that were trained with a model: kept beside its file, since the file itself holds the generator alone.

For `models/landscape.safetensors` they are the resume file of its training as `models/training/landscape.safetensors`
(its discriminator is what serves) and the resume file of a factor reader as
`models/training/landscape-reader.safetensors`. Neither is needed; a broken one is a line in the log.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from ganstudio.api import Rates
from ganstudio.training.data import class_names_of
from ganstudio.training.discriminator import Discriminator
from ganstudio.training.recipe import RecipeError, recipe_from
from ganstudio.training.resume import Resume, ResumeError, load_network, read_resume

log = logging.getLogger(__name__)

FOLDER = "training"


@dataclass(frozen=True, eq=False)
class Adversary:
    """The discriminator of a model's training, frozen, and how fast the two learned."""

    network: Discriminator
    rates: Rates


def adversary_beside(model: Path, resolution: int) -> Adversary | None:
    """The discriminator of a model's training, or None where there is none for pictures of this side."""
    saved = _resume_beside(companion_path(model))
    try:
        recipe = None if saved is None else recipe_from(saved.recipe)
        if saved is None or recipe is None or recipe.model.resolution != resolution:
            return None
        judge = Discriminator(recipe.model.channels, num_classes=len(class_names_of(recipe.data)))
        train = recipe.train
        return Adversary(_filled(judge, saved, "discriminator"),
                         Rates(train.generator_lr, train.discriminator_lr, train.r1_gamma))
    except (ResumeError, RecipeError) as error:
        log.warning("The discriminator beside “%s” cannot be used: %s", model.name, error)
        return None


def reader_beside(model: Path, resolution: int) -> Resume | None:
    """The resume file of a factor reader for the model's pictures; see `ganstudio.training.perceptual`."""
    saved = _resume_beside(companion_path(model, "-reader"))
    return saved if saved is not None and saved.recipe.get("resolution") == resolution else None


def companion_path(model: Path, what: str = "") -> Path:
    """Where the companion of a model file lies: its discriminator, or with "-reader" its factor reader."""
    return model.parent / FOLDER / f"{model.stem}{what}.safetensors"


def _resume_beside(path: Path) -> Resume | None:
    try:
        return read_resume(path) if path.is_file() else None
    except ResumeError as error:
        log.warning("%s", error)
        return None


def _filled(network: Discriminator, saved: Resume, name: str) -> Discriminator:
    load_network(network, saved, name)
    frozen: nn.Module = network.eval().requires_grad_(False)
    assert isinstance(frozen, Discriminator)
    return frozen
