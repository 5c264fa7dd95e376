"""Pixels that versions of a document share: immutable tiles of at most 256 px a side, known by their content.

A change makes new tiles only where it falls; all others are the very same objects, in memory and in the history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
"""uint8 [h, w] (masks) or [h, w, 3] (rgb)."""
Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels; right and bottom are outside."""

SIDE = 256
MAX_SIZE = 2**16
MAX_AREA = 2**27
"""The longest side of a picture, and the most pixels: more than any camera's, less than what fills the memory."""


@dataclass(frozen=True, eq=False)
class Tile:
    """One piece of a picture or mask; `data` cannot be written to. Make it with `tile`."""

    data: Bytes

    @cached_property
    def key(self) -> str:
        """The hash of shape and content: equal tiles have equal keys."""
        shape = ",".join(map(str, self.data.shape)).encode()
        return hashlib.sha256(shape + b":" + self.data.tobytes()).hexdigest()[:24]

    @cached_property
    def level(self) -> int | None:
        """The one value that a tile of a mask holds everywhere; None when there are several, or colours."""
        plain = self.data.ndim == 2 and self.data.min() == self.data.max()
        return int(self.data[0, 0]) if plain else None


def tile(data: Bytes) -> Tile:
    """The tile with a copy of this content; masks' tiles of one level are the same object wherever they occur."""
    found = Tile(np.array(data, dtype=np.uint8, order="C"))
    found.data.flags.writeable = False
    return found if found.level is None else flat_tile(*found.data.shape, found.level)


@lru_cache(maxsize=4096)
def flat_tile(height: int, width: int, *levels: int) -> Tile:
    """The tile of one level (a mask's) or of one colour, three levels."""
    shape = (height, width) if len(levels) == 1 else (height, width, len(levels))
    data = np.full(shape, levels if len(levels) > 1 else levels[0], np.uint8)
    data.flags.writeable = False
    return Tile(data)


@dataclass(frozen=True, eq=False)
class Tiles:
    """A whole picture or mask of `width` x `height` pixels: rows of tiles, clipped at the right and at the bottom."""

    width: int
    height: int
    rows: tuple[tuple[Tile, ...], ...]

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIZE and 1 <= self.height <= MAX_SIZE and self.width * self.height <= MAX_AREA):
            raise ValueError(f"A picture needs sides of 1 to {MAX_SIZE} px and at most {MAX_AREA // 10**6} megapixels, "
                             f"but this one is {self.width} x {self.height}.")

    @classmethod
    def of(cls, data: Bytes) -> Tiles:
        """Cut uint8 [h, w] or [h, w, 3] into tiles; ValueError for another shape, kind, or size."""
        if data.dtype != np.uint8 or data.ndim not in (2, 3) or data.shape[2:] not in ((), (3,)):
            raise ValueError(f"A picture is uint8 [h, w, 3] and a mask [h, w], but got {data.dtype} {data.shape}.")
        return cls.made(data.shape[1], data.shape[0], lambda box: tile(within(data, box)))

    @classmethod
    def flat(cls, width: int, height: int, *levels: int) -> Tiles:
        """One level (a mask) or one colour everywhere; takes the memory of four tiles at most."""
        return cls.made(width, height, lambda box: flat_tile(box[3] - box[1], box[2] - box[0], *levels))

    @classmethod
    def made(cls, width: int, height: int, make: Callable[[Box], Tile]) -> Tiles:
        """Tiles from what makes one for each box."""
        down = [(top, min(top + SIDE, height)) for top in range(0, height, SIDE)]
        across = [(left, min(left + SIDE, width)) for left in range(0, width, SIDE)]
        return cls(width, height, tuple(tuple(make((x0, y0, x1, y1)) for x0, x1 in across) for y0, y1 in down))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @cached_property
    def key(self) -> str:
        """The hash of the content, from those of the tiles."""
        text = f"{self.width},{self.height}:" + ",".join(t.key for t in self)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def __iter__(self) -> Iterator[Tile]:
        return chain.from_iterable(self.rows)

    def boxes(self) -> Iterator[tuple[Box, Tile]]:
        """Every tile with the box it fills."""
        for i, row in enumerate(self.rows):
            for j, part in enumerate(row):
                height, width = part.data.shape[:2]
                yield (j * SIDE, i * SIDE, j * SIDE + width, i * SIDE + height), part

    def array(self) -> Bytes:
        """The whole as one new array."""
        return np.concatenate([np.concatenate([t.data for t in row], axis=1) for row in self.rows])

    def changed(self, box: Box, change: Callable[[Tile, Box], Tile]) -> Tiles:
        """Other tiles where `box` falls (it may leave the picture); itself when none came out another."""
        left, top, right, bottom = box
        rows = list(self.rows)
        for i in range(max(0, top // SIDE), min(len(rows), ceil(bottom / SIDE))):
            row = list(rows[i])
            for j in range(max(0, left // SIDE), min(len(row), ceil(right / SIDE))):
                height, width = row[j].data.shape[:2]
                row[j] = change(row[j], (j * SIDE, i * SIDE, j * SIDE + width, i * SIDE + height))
            if any(a is not b for a, b in zip(row, rows[i], strict=True)):
                rows[i] = tuple(row)
        same = all(a is b for a, b in zip(rows, self.rows, strict=True))
        return self if same else Tiles(self.width, self.height, tuple(rows))


def within(data: Bytes, box: Box) -> Bytes:
    """The view of an array that a box names."""
    left, top, right, bottom = box
    return data[top:bottom, left:right]


def halved(data: NDArray[Any], times: int) -> NDArray[np.float32]:
    """[h, w] or [h, w, 3] averaged over squares; the last ones may be smaller."""
    levels = data.astype(np.float32)
    step = 2**times
    if times == 0:
        return levels
    for axis in (0, 1):
        starts = np.arange(0, levels.shape[axis], step)
        counts = np.diff(np.append(starts, levels.shape[axis])).astype(np.float32)
        shape = [1] * levels.ndim
        shape[axis] = len(counts)
        levels = (np.add.reduceat(levels, starts, axis=axis) / counts.reshape(shape)).astype(np.float32)
    return levels
