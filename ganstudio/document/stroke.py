"""A brush stroke on a mask while it is drawn: it grows by a segment at a time, at the cost of the tiles it touches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from ganstudio.document.mask import Floats, Mask, centres
from ganstudio.document.tiles import Box, Bytes, Tile, tile

Dab = tuple[float, float, float]
"""x, y in pixels of the picture, and pressure 0..1, which multiplies the brush's size."""


@dataclass(frozen=True)
class Brush:
    """`size`: diameter in pixels; `hardness` 0..1: how much of the radius is solid; `opacity`: of a whole stroke."""

    size: float = 20.0
    hardness: float = 0.8
    opacity: float = 1.0
    erase: bool = False


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line of dabs; however often it crosses itself, it covers no more than its brush's opacity.

    `cover` is what it covers so far at full opacity. Lay it on the mask from before the stroke, again at each move.
    """

    brush: Brush
    cover: Mask
    last: Dab | None = None

    @classmethod
    def begun(cls, brush: Brush, size: tuple[int, int], *dabs: Dab) -> Stroke:
        """A stroke on a mask of this size, through these dabs."""
        stroke = cls(brush, Mask.flat(size, 0.0))
        for dab in dabs:
            stroke = stroke.to(*dab)
        return stroke

    def to(self, x: float, y: float, pressure: float = 1.0) -> Stroke:
        """The stroke led on to a point."""
        end = (x, y, min(max(pressure, 0.0), 1.0))
        start = self.last or end
        reach = self.brush.size / 2 * max(start[2], end[2]) + 1
        box = (floor(min(start[0], x) - reach), floor(min(start[1], y) - reach),
               ceil(max(start[0], x) + reach), ceil(max(start[1], y) + reach))
        tiles = self.cover.tiles.changed(box, lambda old, at: _dabbed(old, at, box, self.brush, start, end))
        return replace(self, cover=Mask(tiles), last=end)

    def on(self, mask: Mask) -> Mask:
        """The mask with the stroke painted on it, or erased from it."""
        join = mask.minus if self.brush.erase else mask.plus
        return join(self.cover, self.brush.opacity)


def _dabbed(old: Tile, at: Box, box: Box, brush: Brush, start: Dab, end: Dab) -> Tile:
    """A tile with a segment on it; only its pixels in `box` are looked at."""
    left, top = max(at[0], box[0]), max(at[1], box[1])
    right, bottom = min(at[2], box[2]), min(at[3], box[3])
    cover = _segment(*centres((left, top, right, bottom)), brush, start, end)
    fresh: Bytes = np.rint(255 * cover).astype(np.uint8)
    place = np.s_[top - at[1]:bottom - at[1], left - at[0]:right - at[0]]
    if (fresh <= old.data[place]).all():
        return old
    data = old.data.copy()
    np.maximum(data[place], fresh, out=data[place])
    return tile(data)


def _segment(x: Floats, y: Floats, brush: Brush, start: Dab, end: Dab) -> Floats:
    """Coverage of a round brush led from one dab to the next; its radius changes evenly on the way."""
    (ax, ay, ap), (bx, by, bp) = start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    t = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1) if length > 0 else 0.0 * (x + y)
    away = np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay))
    radius = brush.size / 2 * (ap + (bp - ap) * t)
    solid = np.minimum(radius * brush.hardness, radius - 0.5)  # never harder than one pixel's edge
    level = np.clip((radius + 0.5 - away) / (radius + 0.5 - solid), 0, 1)
    return np.asarray(level * level * (3 - 2 * level) * (radius > 0))
