"""Where the things of a landscape are, to the pixel: what a segmenter would say, but known from the world itself.

Of a picture that the world drew, the factors are known. Of any other, a factor reader says which they seem to be; the
regions are then those of the landscape it read, made a little larger, since readings are not exact.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ganstudio.training.factor_reader import FactorReader, decode
from ganstudio.worlds.canvas import Camera
from ganstudio.worlds.factors import FACTORS, NAMES, FloatArray, named_factors
from ganstudio.worlds.landscape import Landscape, skyline

Region = NDArray[np.bool_]
THINGS: Mapping[str, Mapping[str, float]] = {"house": {"house": 0.0}, "trees": {"tree_count": 0.0}}
"""Things that stand on the land, and the factors without which they are not there."""
PARTS = ("sky", "house", "trees")
PLAIN = {"hour": 0.3, "season": 0.25, "house_lit": 0.0, "brightness": 0.0, "warmth": 0.0, "lake": 0.0}
"""A light in which things differ from what is behind them, and shine on nothing else."""
SEEN = 6
"""Levels of colour by which a pixel must differ to belong to a thing."""
LARGER = 0.03
"""By which share of the side regions of read factors are made larger."""


def regions(world: Landscape, factors: FloatArray, side: int) -> dict[str, Region]:
    """What is seen of each of PARTS in the picture of these factors, each [side, side]."""
    plain = _with(factors, PLAIN)
    picture = world.draw(plain, side).astype(int)
    found = {}
    for thing, absent in THINGS.items():
        without = world.draw(_with(plain, absent), side)
        found[thing] = np.abs(picture - without).max(axis=2) > SEEN
    found["trees"] &= ~found["house"]  # of a pixel at the edge that shows both
    return {"sky": _above_land(factors, side) & ~found["house"] & ~found["trees"], **found}


def _above_land(factors: FloatArray, side: int) -> Region:
    f = named_factors(factors)
    x, y = Camera.at(f["pan_x"], f["pan_y"], f["zoom"], f["roll"]).scene(side)
    above: Region = y < skyline(f, x.astype(np.float64))
    return above


def _with(factors: FloatArray, changes: Mapping[str, float]) -> FloatArray:
    changed = factors.copy()
    for name, value in changes.items():
        changed[NAMES.index(name)] = value
    return changed


def read_factors(reader: FactorReader, images: Tensor) -> FloatArray:
    """The factors [n, len(FACTORS)] that images [n, 3, r, r] of the reader's size seem to have, within their ranges."""
    with torch.no_grad():
        codes = reader(images).cpu().numpy()
    low, high = (np.array([getattr(f, end) for f in FACTORS], np.float32) for end in ("low", "high"))
    factors: FloatArray = decode(codes).clip(low, high)
    for i, factor in enumerate(FACTORS):
        if factor.kind == "present":
            factors[:, i] = factors[:, i] > 0.5
    return factors


def masks(world: Landscape, factors: FloatArray, side: int, *, larger: float = 0.0) -> dict[str, Tensor]:
    """Masks [n, 1, side, side] of 0 and 1 for each of PARTS, grown by a share of the side."""
    found = [regions(world, each, side) for each in factors]
    stacked = {part: torch.from_numpy(np.stack([each[part] for each in found])[:, None]).float() for part in PARTS}
    reach = round(larger * side)
    if reach:
        stacked = {part: F.max_pool2d(mask, 2 * reach + 1, 1, reach) for part, mask in stacked.items()}
    return stacked
