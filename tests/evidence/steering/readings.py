"""True factors instead of detectors: what the factor reader sees in pictures, and how far it can be trusted.

A reading is a code for every factor (two for a cyclic one: a point on a circle). A reader shrinks what it is not sure
of, so movements are told divided by the slope of its readings over the truth; factors that it hardly sees are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ganstudio.training.factor_reader import FactorReader, code_length, encode, labelled
from ganstudio.training.measure import frechet_distance
from ganstudio.worlds.classes import ClassedLandscape
from ganstudio.worlds.factors import FACTORS, NAMES
from ganstudio.worlds.landscape import Landscape
from tests.evidence.steering.statistics import Array

LEGIBLE = 0.5
"""Factors whose readings follow the truth with less correlation are left out."""
BATCH = 50
TRUTH, DATA = 8_231, 8_232
"""Series of renders; no training uses them."""
WIDTH = 0.25
"""Of the world that the models learn from, unless they have classes."""


def columns() -> dict[str, list[int]]:
    """The columns of each factor's code."""
    found, at = {}, 0
    for factor in FACTORS:
        found[factor.name] = list(range(at, at + code_length(factor)))
        at += code_length(factor)
    return found


COLUMNS: Mapping[str, list[int]] = columns()


@dataclass(frozen=True, eq=False)
class Seen:
    """Pictures as the reader sees them: codes [n, codes] and features [n, FEATURES]."""

    codes: Array
    features: Array

    def factor(self, name: str) -> Array:
        """The readings [n] of a factor that is not cyclic, in its own unit."""
        factor = FACTORS[NAMES.index(name)]
        values: Array = self.codes[:, COLUMNS[name][0]] * (factor.high - factor.low) / 2 + factor.centre
        return values


def see(reader: FactorReader, images: Tensor) -> Seen:
    """Read images [n, 3, r, r]."""
    codes, features = [], []
    with torch.inference_mode():
        for batch in images.split(BATCH):
            found = reader.features(batch.clamp(-1, 1))
            features.append(found.numpy())
            codes.append(reader.out(found).numpy())
    return Seen(np.concatenate(codes).astype(np.float64), np.concatenate(features).astype(np.float64))


@dataclass(frozen=True, eq=False)
class Ruler:
    """What readings are measured by: correlation and slope of each factor's reading over the truth, what is seen of
    the data, and the standard deviation of each code in it [codes]."""

    legible: Mapping[str, float]
    slope: Mapping[str, float]
    data: Seen
    scale: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The factors that can be read."""
        found = tuple(name for name, value in self.legible.items() if value >= LEGIBLE)
        return found or tuple(self.legible)

    @property
    def groups(self) -> dict[str, list[int]]:
        """Their columns."""
        return {name: COLUMNS[name] for name in self.names}

    def distance(self, seen: Seen) -> float:
        """Fréchet distance to the data in the reader's features."""
        return frechet_distance(self.data.features, seen.features)

    def change(self, name: str, before: Seen, after: Seen) -> Array:
        """How far a factor went in each picture [n], in its own unit, the reader's shrinking undone."""
        found: Array = (after.factor(name) - before.factor(name)) / self.slope[name]
        return found


@lru_cache(maxsize=4)
def ruler(reader: FactorReader, count: int, widths: tuple[float, ...] = ()) -> Ruler:
    """Hold the reader against renders of the widest world, and look at `count` of the data: of the usual world, or of
    the one in classes of these widths."""
    world = ClassedLandscape(widths) if widths else Landscape(WIDTH)
    truth, images = labelled(Landscape(1.0), TRUTH, 0, count, reader.resolution)
    true, read = encode(truth).astype(np.float64), see(reader, images).codes
    legible = {name: _agreement(true[:, at], read[:, at]) for name, at in COLUMNS.items()}
    slope = {name: max(0.2, _slope(true[:, at[0]], read[:, at[0]])) for name, at in COLUMNS.items()}
    data = see(reader, labelled(world, DATA, 0, count, reader.resolution)[1])
    return Ruler(legible, slope, data, np.maximum(data.codes.std(axis=0), 1e-6))


def _agreement(true: Array, read: Array) -> float:
    """The mean correlation of a factor's codes with their readings."""
    return float(np.mean([0.0 if t.std() == 0 or r.std() == 0 else np.corrcoef(t, r)[0, 1]
                          for t, r in zip(true.T, read.T, strict=True)]))


def _slope(true: Array, read: Array) -> float:
    return float(np.cov(true, read)[0, 1] / max(true.var(ddof=1), 1e-12))


@dataclass(frozen=True)
class Aim:
    """The true factor an edit moves: how much of it one unit of the edit's alpha asks for (None: another scale)."""

    factor: str
    unit: str
    per_alpha: float | None = None
    sign: int = 1

    def asked(self, alpha: float) -> float | None:
        """What an alpha of the edit asks for."""
        return None if self.per_alpha is None else self.per_alpha * alpha + 0.0  # no -0


AIMS: Mapping[str, Aim] = {
    "zoom": Aim("zoom", "octaves", -1 / math.log(2), -1),
    "shift-x": Aim("pan_x", "half sides", -1.0, -1),
    "shift-y": Aim("pan_y", "half sides", -1.0, -1),
    "rotate": Aim("roll", "°", -45.0, -1),
    "luminance": Aim("brightness", "of its range"),
    "blue-yellow": Aim("warmth", "of its range"),
}
"""Zooming in (alpha below 0) makes things larger; moving the picture right shows what is left of the middle; turning
it counter-clockwise is a roll below 0. At zoom 0 half a side is one unit of the scene."""
