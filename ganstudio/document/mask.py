"""What of a picture counts, 0..1, and the tools that say so: shapes, brush strokes, the magic wand.

Every tool gives a mask; masks are joined (`plus`), cut away (`minus`) and intersected (`times`). Tiles that a tool does
not touch are shared. Places are pixels of the picture: (0, 0) is its top left corner, (0.5, 0.5) the first centre.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.tiles import SIDE, Box, Tile, Tiles, tile

Floats = NDArray[np.float64]
Point = tuple[float, float]
Paint = Callable[[Floats, Floats], Floats]
"""Coverage 0..1 [h, w] of the pixels with centres at x [w] and y [h, 1]."""
SUB_ROWS = 8
"""Lines a polygon is cut into within each pixel; along a line its coverage is exact."""


@dataclass(frozen=True, eq=False)
class Mask:
    """How much of each pixel counts: `tiles` of uint8 [h, w], 0 is hidden and 255 is 1."""

    tiles: Tiles

    @classmethod
    def flat(cls, size: tuple[int, int], level: float = 1.0) -> Mask:
        """The same everywhere; `size` is width and height."""
        return cls(Tiles.flat(*size, round(255 * level)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.tiles.size

    @property
    def key(self) -> str:
        """The hash of the content."""
        return self.tiles.key

    def plus(self, other: Mask, opacity: float = 1.0) -> Mask:
        """With another laid over it: `a + b - ab`, where b is the other times `opacity`."""
        return self._joined(other, lambda a, b: a + b * opacity - a * b * opacity, still=0)

    def minus(self, other: Mask, opacity: float = 1.0) -> Mask:
        """With another erased from it: `a (1 - b)`."""
        return self._joined(other, lambda a, b: a * (1 - b * opacity), still=0)

    def times(self, other: Mask) -> Mask:
        """Only what is in both: `ab`."""
        return self._joined(other, lambda a, b: a * b, still=255)

    def inverted(self) -> Mask:
        """`1 - a`."""
        return Mask(self.tiles.changed(_all(self.size), lambda t, _: tile(255 - t.data)))

    @cached_property
    def bounds(self) -> Box | None:
        """The smallest box with all that counts; None when nothing does."""
        boxes = [box if t.level else _bounds(t, box) for box, t in self.tiles.boxes() if t.level != 0]
        if not boxes:
            return None
        left, top, right, bottom = np.array(boxes).T
        return int(left.min()), int(top.min()), int(right.max()), int(bottom.max())

    def _joined(self, other: Mask, join: Callable[[Floats, Floats], Floats], still: int) -> Mask:
        """Tile by tile; where the other is all `still` nothing changes. ValueError when the sizes differ."""
        if self.size != other.size:
            raise ValueError(f"Masks of {self.size} and {other.size} pixels cannot be joined.")

        def change(mine: Tile, box: Box) -> Tile:
            theirs = other.tiles.rows[box[1] // SIDE][box[0] // SIDE]
            return mine if theirs.level == still else _changed(mine, join(mine.data / 255.0, theirs.data / 255.0))

        return Mask(self.tiles.changed(_all(self.size), change))


def rectangle(size: tuple[int, int], left: float, top: float, right: float, bottom: float) -> Mask:
    """The share of each pixel inside a rectangle, exactly; corners may be given in any order and leave the picture."""
    (x0, x1), (y0, y1) = sorted((left, right)), sorted((top, bottom))
    return _painted(size, (x0, y0, x1, y1), lambda x, y: _overlap(x, x0, x1) * _overlap(y, y0, y1))


def ellipse(size: tuple[int, int], left: float, top: float, right: float, bottom: float) -> Mask:
    """The ellipse in a rectangle, with edges softened over one pixel."""
    (x0, x1), (y0, y1) = sorted((left, right)), sorted((top, bottom))
    a, b = max((x1 - x0) / 2, 1e-9), max((y1 - y0) / 2, 1e-9)

    def paint(x: Floats, y: Floats) -> Floats:
        u, v = (x - (x0 + x1) / 2) / a, (y - (y0 + y1) / 2) / b
        level, slope = u * u + v * v - 1, 2 * np.sqrt((u / a) ** 2 + (v / b) ** 2)
        inside: Floats = np.clip(0.5 - level / np.maximum(slope, 1e-12), 0, 1)
        return inside

    return _painted(size, (x0, y0, x1, y1), paint)


def polygon(size: tuple[int, int], points: Sequence[Point]) -> Mask:
    """The inside of a closed line (lasso or polygon), also where it crosses itself; edges are softened."""
    if len(points) < 3:
        return Mask.flat(size, 0.0)
    corners = np.asarray(points, dtype=np.float64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return _painted(size, (low[0], low[1], high[0], high[1]), lambda x, y: _scan(corners, x, y))


def wand(pixels: Tiles, x: int, y: int, tolerance: float, contiguous: bool = True) -> Mask:
    """Pixels whose colour differs in no channel by more than `tolerance` (0..255) from the one at (x, y).

    `contiguous`: only those that hang together with it, side by side. Outside of the picture nothing is chosen.
    """
    width, height = pixels.size
    if not (0 <= x < width and 0 <= y < height):
        return Mask.flat(pixels.size, 0.0)
    similar = np.empty((height, width), dtype=bool)
    colour = pixels.rows[y // SIDE][x // SIDE].data[y % SIDE, x % SIDE].astype(np.int16)
    for (x0, y0, x1, y1), part in pixels.boxes():
        similar[y0:y1, x0:x1] = (np.abs(part.data - colour) <= tolerance).all(axis=2)
    chosen = connected(similar, x, y) if contiguous else similar
    return Mask(Tiles.of(chosen.astype(np.uint8) * np.uint8(255)))


def connected(free: NDArray[np.bool_], x: int, y: int) -> NDArray[np.bool_]:
    """The free pixels [h, w] that are reached from (x, y) over free neighbours, by joining runs of the rows."""
    if not free[y, x]:
        return np.zeros_like(free)
    starts = free.copy()
    starts[:, 1:] &= ~free[:, :-1]
    runs = np.cumsum(starts, dtype=np.int32).reshape(free.shape) - 1
    meet = free[:-1] & free[1:] & (starts[:-1] | starts[1:])  # once for each two runs that touch
    labels = _merged(int(runs[-1, -1]) + 1, runs[:-1][meet], runs[1:][meet])
    return np.asarray(free & (labels[runs] == labels[runs[y, x]]))


def _merged(count: int, a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int32]:
    """A label for each of `count` runs, equal for those linked by the pairs (a, b)."""
    labels = np.arange(count, dtype=np.int32)
    while (labels[a] != labels[b]).any():
        x, y = labels[a], labels[b]
        np.minimum.at(labels, np.maximum(x, y), np.minimum(x, y))
        while (labels[labels] != labels).any():
            labels = labels[labels]
    return labels


def _painted(size: tuple[int, int], box: tuple[float, float, float, float], paint: Paint) -> Mask:
    """A mask of the picture's size with `paint` where `box` falls and nothing elsewhere."""
    left, top, right, bottom = (float(np.clip(v, -1e6, 1e6)) for v in box)
    reach = (floor(left) - 1, floor(top) - 1, ceil(right) + 1, ceil(bottom) + 1)
    return Mask(Mask.flat(size, 0.0).tiles.changed(reach, lambda t, at: _changed(t, paint(*centres(at)))))


def centres(box: Box) -> tuple[Floats, Floats]:
    """x [w] and y [h, 1] of the centres of the pixels in a box."""
    x, y = (np.arange(a, b, dtype=np.float64) for a, b in ((box[0], box[2]), (box[1], box[3])))
    return x + 0.5, y[:, None] + 0.5


def _changed(before: Tile, coverage: Floats) -> Tile:
    """The tile with this coverage; the one before it when nothing is another."""
    data = np.rint(coverage * 255).astype(np.uint8)
    return before if np.array_equal(data, before.data) else tile(data)


def _all(size: tuple[int, int]) -> Box:
    return 0, 0, *size


def _overlap(at: Floats, low: float, high: float) -> Floats:
    share: Floats = np.clip(np.minimum(at + 0.5, high) - np.maximum(at - 0.5, low), 0, 1)
    return share


def _bounds(part: Tile, box: Box) -> Box:
    across, down = np.flatnonzero(part.data.any(axis=0)), np.flatnonzero(part.data.any(axis=1))
    return (box[0] + int(across[0]), box[1] + int(down[0]), box[0] + int(across[-1]) + 1, box[1] + int(down[-1]) + 1)


def _scan(corners: Floats, x: Floats, y: Floats) -> Floats:
    """Coverage of a polygon by the non-zero rule: along each of `SUB_ROWS` lines a row, inside begins and ends."""
    lines = (y - 0.5 + (np.arange(SUB_ROWS) + 0.5) / SUB_ROWS).ravel()
    row, at, turn = _crossings(corners, lines)
    order = np.lexsort((at, row))
    row, at, turn = row[order] // SUB_ROWS, np.clip(at[order] - (x[0] - 0.5), 0, len(x)), turn[order]
    inside = (np.cumsum(turn) != 0).astype(np.float64)  # the turns of a line add up to 0, so lines do not mix
    step = np.diff(inside, prepend=0.0)
    column = np.floor(at).astype(np.int64)
    change = np.zeros((len(y), len(x) + 2))
    np.add.at(change, (row, column), step * (column + 1 - at))
    np.add.at(change, (row, column + 1), step * (at - column))
    cover: Floats = np.clip(np.cumsum(change, axis=1)[:, :len(x)] / SUB_ROWS, 0, 1)
    return cover


def _crossings(corners: Floats, lines: Floats) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Where the polygon's edges cross horizontal lines: number of the line, x, and +1 downwards or -1 upwards."""
    ends = np.roll(corners, -1, axis=0)
    near = (np.maximum(corners[:, 1], ends[:, 1]) > lines[0]) & (np.minimum(corners[:, 1], ends[:, 1]) <= lines[-1])
    (x0, y0), (x1, y1) = corners[near].T, ends[near].T
    crosses = (lines[:, None] >= np.minimum(y0, y1)) & (lines[:, None] < np.maximum(y0, y1))
    row, edge = np.nonzero(crosses)
    slope = (x1 - x0)[edge] / (y1 - y0)[edge]
    return row, x0[edge] + (lines[row] - y0[edge]) * slope, np.where(y1 > y0, 1, -1)[edge]
