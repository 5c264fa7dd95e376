"""Parts as images that Qt draws fast: cut out, in their own resolution, made anew only where tiles changed.

A photo much larger than its place on the canvas is halved tile by tile, so a stroke on it costs the tiles it touches.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log2

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from ganstudio.document.collage import Part
from ganstudio.document.tiles import SIDE, Tile, halved
from ganstudio.render.kept import Kept
from ganstudio.ui.part_geometry import Frame, pixel_scale

MEMORY = 192 * 2**20
"""Bytes of images, and again of pieces of them, that are kept."""
DEEPEST = SIDE.bit_length() - 1
Packed = NDArray[np.uint8]
"""uint8 [h, w, 4]: blue, green, red, alpha; colours multiplied by alpha."""


@dataclass(frozen=True, eq=False)
class PartImage:
    """A part's picture, halved `halvings` times; `image` looks into `packed`."""

    image: QImage
    packed: Packed
    halvings: int


def halvings_for(part: Part, frame: Frame) -> int:
    """How often a part's picture can be halved and still has at least a pixel for each of the frame."""
    return min(max(0, floor(log2(1 / pixel_scale(part, frame)) + 1e-6)), DEEPEST)


class PartImages:
    """Keeps images of parts: of the cut-out, and of the whole picture where what is hidden is to be seen."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._images: Kept[PartImage] = Kept(memory, lambda made: made.packed.nbytes)
        self._pieces: Kept[Packed] = Kept(memory, lambda piece: piece.nbytes)

    def cut_out(self, part: Part, halvings: int) -> PartImage:
        """What counts of a part; the rest is transparent."""
        key = (part.picture.key, part.mask.key, halvings)
        return self._images.get(key, lambda: self._made(part, halvings, True))

    def whole(self, part: Part, halvings: int) -> PartImage:
        """All of a part's picture."""
        return self._images.get((part.picture.key, halvings), lambda: self._made(part, halvings, False))

    def cover(self, part: Part, halvings: int) -> PartImage:
        """The part's mask, as white of that much alpha."""
        return self._images.get((part.mask.key, "cover", halvings), lambda: self._covered(part, halvings))

    def _made(self, part: Part, halvings: int, masked: bool) -> PartImage:
        rows = []
        for colours, levels in zip(part.picture.tiles.rows, part.mask.tiles.rows, strict=True):
            row = [self._piece(c, m if masked else None, halvings) for c, m in zip(colours, levels, strict=True)]
            rows.append(np.concatenate(row, axis=1))
        return image_of(np.concatenate(rows), halvings)

    def _piece(self, colours: Tile, level: Tile | None, halvings: int) -> Packed:
        key = (colours.key, level.key if level is not None else "", halvings)
        return self._pieces.get(key, lambda: _packed(colours, level, halvings))

    def _covered(self, part: Part, halvings: int) -> PartImage:
        rows = [np.concatenate([halved(t.data, halvings) for t in row], axis=1) for row in part.mask.tiles.rows]
        levels = np.rint(np.concatenate(rows)).astype(np.uint8)
        return image_of(np.ascontiguousarray(np.repeat(levels[:, :, None], 4, axis=2)), halvings)


def image_of(packed: Packed, halvings: int = 0) -> PartImage:
    """The image that looks into this array."""
    height, width = packed.shape[:2]
    image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return PartImage(image, packed, halvings)


def _packed(colours: Tile, level: Tile | None, halvings: int) -> Packed:
    rgb = halved(colours.data, halvings)
    packed = np.empty((*rgb.shape[:2], 4), np.uint8)
    alpha = np.float32(255) if level is None else halved(level.data, halvings)
    packed[..., 3] = np.rint(alpha)
    share = 1.0 if level is None or level.level == 255 else alpha[..., None] / 255
    packed[..., :3] = np.rint(rgb[..., ::-1] * share)
    return packed
