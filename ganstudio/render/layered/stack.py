"""Layers as other programs' files hold them: rasters with a place, an opacity and a blend mode, in one level of groups.

What a file may ask for is bounded here, for every format: nothing is unpacked before its size is known to be fair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.collage import Blend, new_id
from ganstudio.document.tiles import MAX_SIZE
from ganstudio.render.photo import PhotoError

Levels = NDArray[np.uint8]
Size = tuple[int, int]
"""Width and height in pixels."""
MOST_LAYERS = 200
MOST_PIXELS = 2**27
"""Layers in a file, and pixels of the canvas and of all layers together (134 million)."""
MOST_BYTES = 2**30
"""Bytes of a file."""
MOST_NAME = 200
"""Characters of a name that are kept."""
TAIL = re.compile(r"#[0-9a-f]{12}$")


class LayerFileError(PhotoError):
    """A file of layers that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True, eq=False)
class Raster:
    """One layer: `rgb` uint8 [h, w, 3] and `alpha` uint8 [h, w], not multiplied, the left top pixel at (`x`, `y`) of
    the canvas, which it may leave. `group`: as `Part.group`."""

    name: str
    rgb: Levels
    alpha: Levels
    x: int = 0
    y: int = 0
    opacity: float = 1.0
    blend: Blend = "normal"
    visible: bool = True
    locked: bool = False
    group: str = ""

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.alpha.shape[1], self.alpha.shape[0]


@dataclass(frozen=True)
class LayerFile:
    """An open file: the canvas's `size`, and its layers, lowest first, each decoded when it is asked for.

    `notes` are sentences on what came in otherwise than it was; they are whole once the last layer was taken.
    """

    size: Size
    rasters: Iterator[Raster]
    notes: Notes


@dataclass(frozen=True)
class Within:
    """What the groups around a layer make of it."""

    opacity: float = 1.0
    visible: bool = True
    locked: bool = False
    group: str = ""


@dataclass
class Notes:
    """Collects what a file holds that a collage cannot, to be told in few words."""

    blends: set[str] = field(default_factory=set)
    lost: dict[str, int] = field(default_factory=dict)

    def blend(self, name: str) -> Blend:
        """An unknown blend mode comes in as normal."""
        self.blends.add(name)
        return "normal"

    def lose(self, what: str) -> None:
        """One more of these was left out."""
        self.lost[what] = self.lost.get(what, 0) + 1

    def sentence(self) -> str:
        """All of it; empty when nothing was lost."""
        left = ", ".join(f"{count} × {what}" for what, count in self.lost.items())
        blends = ", ".join(sorted(self.blends))
        return " ".join(filter(None, (
            f"Left out: {left}." if left else "",
            f"Blend modes that came in as normal: {blends}." if blends else "")))


class Allowance:
    """Counts what the layers of one file take; LayerFileError once it is too much."""

    def __init__(self, size: Size) -> None:
        self._layers, self._pixels = 0, 0
        self._check(size)
        if size[0] * size[1] > MOST_PIXELS:
            raise LayerFileError(_too_large(size[0] * size[1]))

    def take(self, size: Size) -> None:
        """One more layer of this width and height."""
        self._layers += 1
        self._pixels += size[0] * size[1]
        self._check(size)
        if self._layers > MOST_LAYERS:
            raise LayerFileError(f"It has more than {MOST_LAYERS} layers: merge some of them first.")
        if self._pixels > MOST_PIXELS:
            raise LayerFileError(_too_large(self._pixels))

    def _check(self, size: Size) -> None:
        if not all(1 <= n <= MAX_SIZE for n in size):
            raise LayerFileError(f"It names a picture of {size[0]} × {size[1]} pixels, which cannot be.")


def _too_large(pixels: int) -> str:
    return f"Its layers have {pixels // 10**6} megapixels together: make it smaller than {MOST_PIXELS // 10**6} first."


def new_group(name: str) -> str:
    """A group that no other part is in, with the name that a file gave it."""
    return f"{name}#{new_id()}"


def group_title(group: str, number: int) -> str:
    """What a group is called in a file: the name it came with, else its number."""
    return TAIL.sub("", group) if TAIL.search(group) else f"Group {number}"


def plain(text: str) -> str:
    """A name without what no program shows: control characters, lone surrogates, and what is too long."""
    kept = "".join(c for c in text if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
    return kept[:MOST_NAME].strip()
