"""The thing under the pointer: what hangs together with a pixel and is like it, in colours or in any other features.

Pictures are looked at small; the edge of what was found is then softened, not traced pixel by pixel.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.collage import Part
from ganstudio.document.mask import Mask, connected
from ganstudio.document.tiles import Bytes, Tiles

Floats = NDArray[np.float32]
SIDE = 192
"""Longer side, in pixels, of the small picture that regions are found in."""
LIMITS, SPAN = 28, 4
"""How many limits are tried, and over how many of them a region must stay the same."""
SMALLEST, LARGEST = 0.004, 0.8
"""Shares of the picture that a thing may take."""
NEAR = 0.35
"""How much the place of a pixel counts beside its colour, both in standard deviations."""


class Segmenter(Protocol):
    """Something that knows what belongs together in a picture."""

    def features(self, part: Part) -> Floats | None:
        """[h, w, c] numbers, alike where pixels belong to one thing, at any size; None when it knows nothing of it."""


class ColourSegmenter:
    """Knows colours and places only, but of every picture."""

    def features(self, part: Part) -> Floats:
        """Softened colours by lightness, yellow to blue and red to green, and where the pixel lies."""
        small = _small(part.picture.tiles)
        soft = _softened(small)
        light = soft.mean(axis=2)
        colours = [light, soft[..., :2].mean(axis=2) - soft[..., 2], soft[..., 0] - soft[..., 1]]
        down, across = np.indices(light.shape, dtype=np.float32)
        spread = max(float(light.std()), 1e-3)
        places = [(axis / max(light.shape) - 0.5) * spread * NEAR * 3.5 for axis in (down, across)]
        return np.stack([*colours, *places], axis=2).astype(np.float32)


def region(part: Part, x: int, y: int, features: Floats) -> Mask:
    """The mask of the thing at pixel (x, y) of a part's picture; nothing when that lies beside it."""
    width, height = part.picture.size
    if not (0 <= x < width and 0 <= y < height):
        return Mask.flat((width, height), 0.0)
    rows, columns = features.shape[:2]
    row, column = y * rows // height, x * columns // width
    away = _away(features, row, column)
    alike = _steady(away, row, column)
    found = _filled(_majority(alike))
    return Mask(Tiles.of(_enlarged(found, (height, width))))


def _small(tiles: Tiles) -> Floats:
    """The picture with its longer side at most `SIDE`, each pixel a mean, in 0..1."""
    step = max(1, -(-max(tiles.size) // SIDE))
    data = tiles.array()[:tiles.height // step * step or 1, :tiles.width // step * step or 1].astype(np.float32)
    rows, columns = max(1, data.shape[0] // step), max(1, data.shape[1] // step)
    step_y, step_x = data.shape[0] // rows, data.shape[1] // columns
    small: Floats = data.reshape(rows, step_y, columns, step_x, 3).mean(axis=(1, 3)) / 255
    return small


def _softened(image: Floats, times: int = 2) -> Floats:
    """Each pixel the mean of the nine around it."""
    for _ in range(times):
        padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
        rows = padded[:-2] + padded[1:-1] + padded[2:]
        image = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return image


def _away(features: Floats, row: int, column: int) -> Floats:
    """[h, w] how far each pixel's features are from those around (row, column)."""
    near = features[max(0, row - 1):row + 2, max(0, column - 1):column + 2].reshape(-1, features.shape[2])
    away: Floats = np.sqrt(((features - near.mean(axis=0)) ** 2).sum(axis=2))
    return away


def _steady(away: Floats, row: int, column: int) -> NDArray[np.bool_]:
    """What hangs together with a pixel and is nearer than a limit, for the limit at which that changes the least.

    The idea of maximally stable regions (Matas et al. 2002): a thing is what stays the same while the limit rises.
    """
    least = max(float(away[row, column]), float(np.quantile(away, 0.002)), 1e-4)
    most = max(float(away.max()), 2 * least)
    limits = np.geomspace(least, most, LIMITS)
    regions = [_joined(away <= limit, row, column) for limit in limits]
    areas = np.array([region.sum() for region in regions], dtype=np.float64)
    growth = areas[SPAN:] / areas[:-SPAN]
    fitting = (areas[:-SPAN] >= SMALLEST * away.size) & (areas[:-SPAN] <= LARGEST * away.size)
    if not fitting.any():
        return regions[-1]
    best = int(np.argmin(np.where(fitting, growth, np.inf)))
    return regions[best + SPAN // 2] if areas[best + SPAN // 2] <= LARGEST * away.size else regions[best]


def _joined(alike: NDArray[np.bool_], row: int, column: int) -> NDArray[np.bool_]:
    alike = alike.copy()
    alike[row, column] = True
    return connected(alike, column, row)


def _majority(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without single pixels and thin threads: a pixel goes with most of those around it."""
    around = _softened(chosen.astype(np.float32)[..., None])[..., 0]
    return np.asarray(around > 0.5)


def _filled(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without holes: what the outside does not reach is inside."""
    free = np.pad(~found, 1, constant_values=True)
    return ~connected(free, 0, 0)[1:-1, 1:-1]


def _enlarged(found: NDArray[np.bool_], size: tuple[int, int]) -> Bytes:
    """At full size, with an edge as soft as it was coarse."""
    levels = resized(_softened(found.astype(np.float32)[..., None], 1)[..., 0], size)
    return np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8)


def resized(levels: Floats, size: tuple[int, int]) -> Floats:
    """[h, w] at another height and width, in straight lines between the centres of its pixels."""
    rows, columns = (_places(n, m) for n, m in zip(size, levels.shape, strict=True))
    return _between(_between(levels, *rows).T, *columns).T


def _places(length: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """For each of `length` pixels the two of `count` it lies between, and how near it is to the second."""
    at = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    low = np.floor(at).astype(np.int64)
    return low, np.minimum(low + 1, count - 1), (at - low).astype(np.float32)


def _between(levels: Floats, low: NDArray[np.int64], high: NDArray[np.int64], share: Floats) -> Floats:
    mixed: Floats = levels[low] + (levels[high] - levels[low]) * share[:, None]
    return mixed
