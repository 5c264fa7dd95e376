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
KINDS, ROUNDS, TRIES = 7, 12, 4096
"""How many kinds of pixels a picture is parted into, rounds of doing so, and how many pixels it is learned from."""
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
    kinds = _kinds(features.reshape(-1, features.shape[2])).reshape(rows, columns)
    alike = _majority(kinds == kinds[row, column])
    alike[row, column] = True
    found = _filled(connected(alike, column, row))
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


def _kinds(points: Floats) -> NDArray[np.int64]:
    """[n] the kind of each point [n, c], by k-means; the same for the same points every time."""
    generator = np.random.default_rng(0)
    sample = points[generator.permutation(len(points))[:TRIES]]
    centres = _spread_out(sample)
    for _ in range(ROUNDS):
        nearest = _nearest(sample, centres)
        centres = np.stack([sample[nearest == k].mean(axis=0) if (nearest == k).any() else centres[k]
                            for k in range(len(centres))])
    return _nearest(points, centres)


def _spread_out(sample: Floats) -> Floats:
    """First centres: one in the middle, then each as far as can be from those before."""
    centres = [sample[np.argmin(((sample - sample.mean(axis=0)) ** 2).sum(axis=1))]]
    while len(centres) < min(KINDS, len(sample)):
        away = np.min([((sample - c) ** 2).sum(axis=1) for c in centres], axis=0)
        centres.append(sample[np.argmax(away)])
    return np.stack(centres)


def _nearest(points: Floats, centres: Floats) -> NDArray[np.int64]:
    distance = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(distance.argmin(axis=1))


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
    levels = _softened(found.astype(np.float32)[..., None], 1)[..., 0]
    rows, columns = (_places(n, m) for n, m in zip(size, levels.shape, strict=True))
    levels = _between(_between(levels, *rows).T, *columns).T
    return np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8)


def _places(length: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """For each of `length` pixels the two of `count` it lies between, and how near it is to the second."""
    at = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    low = np.floor(at).astype(np.int64)
    return low, np.minimum(low + 1, count - 1), (at - low).astype(np.float32)


def _between(levels: Floats, low: NDArray[np.int64], high: NDArray[np.int64], share: Floats) -> Floats:
    mixed: Floats = levels[low] + (levels[high] - levels[low]) * share[:, None]
    return mixed
