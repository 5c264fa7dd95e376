"""What the experiments measure: differences where they count, and how real a set of pictures is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganstudio.render.bench import small
from ganstudio.training.factor_reader import FactorReader
from ganstudio.training.measure import Readings, frechet_distance, read
from ganstudio.training.neighbours import neighbours
from tests.evidence.drawing import sized

BATCH = 32


def masked_l1(one: Tensor, other: Tensor, mask: Tensor) -> float:
    """Mean absolute difference of images [n, 3, h, w] in -1..1 where the mask is at least one half, at most 256 px a
    side; the mean over those pictures that have such pixels, not a number where none has."""
    one, other, counted = small(one), small(other), (small(mask) >= 0.5).float()
    pixels = counted.sum(dim=(1, 2, 3))
    total = ((one - other).abs() * counted).sum(dim=(1, 2, 3)) / (3 * pixels.clamp(min=1))
    return float(total[pixels > 0].mean()) if bool((pixels > 0).any()) else float("nan")


def l1(one: Tensor, other: Tensor) -> float:
    """The same over whole pictures."""
    return masked_l1(one, other, torch.ones_like(one[:, :1]))


@dataclass(frozen=True, eq=False)
class Realism:
    """Compares sets of pictures with the world's, in a factor reader's features; `data` are those of the world."""

    reader: FactorReader
    data: Readings

    def distance(self, images: Tensor) -> float:
        """The Fréchet distance of a set of images [n, 3, h, w]. Sets of different sizes cannot be compared."""
        return frechet_distance(self.data.features, self.read(images).features)

    def neighbours(self, images: Tensor) -> dict[str, float]:
        """Precision, recall, density and coverage."""
        found = neighbours(self.data.features, self.read(images).features)
        return {name: float(getattr(found, name)) for name in ("precision", "recall", "density", "coverage")}

    def read(self, images: Tensor) -> Readings:
        """What the reader sees in a set."""
        side = self.reader.resolution
        return read(self.reader, (sized(batch.clamp(-1, 1), side) for batch in images.split(BATCH)))


def mean(values: list[float]) -> float:
    """The mean of what is a number."""
    return float(np.nanmean(values)) if any(v == v for v in values) else float("nan")
