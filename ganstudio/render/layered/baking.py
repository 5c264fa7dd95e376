"""Parts to layers for other programs: each in its place, with its cut, soft edge and matched colours in its pixels.

Blend mode, opacity, order and groups stay values of their own, so the layers make the picture that the parts make.
What lies outside of the frame is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganstudio.document.collage import Collage, Part
from ganstudio.render.collage import Compositor, Size, put, toned
from ganstudio.render.layered.stack import Levels, Raster
from ganstudio.render.place import Cut
from ganstudio.render.renderer import to_pixels
from ganstudio.render.shot import Pixels

Place = Literal["none", "top", "bottom"]
"""Where the picture that was drawn from the parts goes among them."""


class Baker:
    """Bakes the parts of a collage at one size, and keeps the picture that their layers make."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._compositor = Compositor(memory=1)
        self._beneath, self._below = _blank(size)
        self._image, self._mask = _blank(size)
        self.hidden: list[str] = []
        """Names of parts of which nothing is in the frame."""

    def layers(self, collage: Collage) -> Iterator[Raster | None]:
        """The layers, lowest first; None for a part of which nothing is in the frame."""
        for part in collage:
            raster = self._layer(part)
            if raster is None:
                self.hidden.append(part.name)
            yield raster

    def picture(self, pixels: Pixels, name: str) -> Raster:
        """A picture as large as the frame as a layer; laid on those before it."""
        alpha = pixels[..., 3] if pixels.shape[2] == 4 else np.full(pixels.shape[:2], 255, np.uint8)
        return self._laid(Raster(name, np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(alpha)))

    def merged(self) -> Levels:
        """uint8 [h, w, 4]: what the visible layers make together, colours not multiplied by alpha."""
        return _levels(self._image / self._mask.clamp(min=1e-6), self._mask)

    def _layer(self, part: Part) -> Raster | None:
        whole = replace(part, visible=True, opacity=1.0)
        piece = self._compositor.piece(whole, self._size)
        if piece is None:
            return None
        tone = replace(piece, colours=toned(piece, part, self._beneath, self._below))
        if part.shown:
            put(tone, part.blend, part.opacity, self._beneath, self._below)
        raster = _raster(tone, part)
        return raster if raster is None else self._laid(raster)

    def _laid(self, raster: Raster) -> Raster:
        """As the file will hold it, so that the merged picture is exactly what its layers make."""
        if raster.visible and raster.opacity > 0:
            width, height = raster.size
            box = raster.x, raster.y, raster.x + width, raster.y + height
            colours = torch.tensor(raster.rgb).permute(2, 0, 1)[None].float() / 127.5 - 1
            alpha = torch.tensor(raster.alpha)[None, None].float() / 255
            put(Cut(box, colours, alpha, alpha), raster.blend, raster.opacity, self._image, self._mask)
        return raster


def _blank(size: Size) -> tuple[Tensor, Tensor]:
    return torch.zeros(1, 3, *size), torch.zeros(1, 1, *size)


def _levels(colours: Tensor, alpha: Tensor) -> Levels:
    """[h, w, 4] of colours in -1..1 and alpha in 0..1; where nothing is, black."""
    levels = to_pixels(torch.cat([colours, alpha * 2 - 1], dim=1))
    levels[levels[..., 3] == 0] = 0
    return levels


def _raster(piece: Cut, part: Part) -> Raster | None:
    """A part in its place, cut to the box in which anything of it is seen; None when nothing is."""
    levels = _levels(piece.colours, piece.alpha)
    seen = levels[..., 3] > 0
    if not seen.any():
        return None
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    levels = levels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    return Raster(part.name, np.ascontiguousarray(levels[..., :3]), np.ascontiguousarray(levels[..., 3]),
                  piece.box[0] + int(columns[0]), piece.box[1] + int(rows[0]), part.opacity, part.blend, part.visible,
                  part.locked, part.group)
