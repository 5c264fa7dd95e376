"""The smallest training there is: 8 px, a world of one or two flat pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from accelerate import Accelerator

from ganstudio.training.data import Pixels, Stream, class_names_of
from ganstudio.training.gan import GanTraining
from ganstudio.training.recipe import DataRecipe, ModelRecipe, Recipe, TrainRecipe

MODEL = ModelRecipe(resolution=8, channels=(16, 8), z_dim=8, w_dim=8, mapping_layers=2)


class FlatPictures:
    """Pictures that are one colour each."""

    def __init__(self, *colours: tuple[int, int, int], size: int = 8) -> None:
        self.colours, self.count, self.size, self.class_names = colours, len(colours), size, tuple[str, ...]()

    def pixels(self, index: int) -> Pixels:
        return np.full((self.size, self.size, 3), self.colours[index], np.uint8)

    def label(self, index: int) -> int:
        return index if self.class_names else 0


def tiny_recipe(**train: float) -> Recipe:
    """A recipe for `FlatPictures`, with settings of its training replaced."""
    base = TrainRecipe(kimg=0.1, batch=4, r1_gamma=0.1, r1_interval=4, ema_half_life=0.01, precision="float32")
    return Recipe("Tiny", 3, DataRecipe(world="landscape"), MODEL, replace(base, **train))  # type: ignore[arg-type]


def tiny_training(recipe: Recipe | None = None, *colours: tuple[int, int, int]) -> GanTraining:
    """A new training, always from the same start."""
    recipe = recipe or tiny_recipe()
    pictures = FlatPictures(*(colours or ((220, 40, 40), (220, 40, 40))), size=recipe.model.resolution)
    pictures.class_names = class_names_of(recipe.data)
    return GanTraining(recipe, Stream(pictures, recipe.seed), Accelerator(cpu=True))
