"""A collage to one picture and what of it is covered: what the regressor is shown.

Parts are laid one over the other as `C <- x m + C (1 - m)`, at the resolution that is asked for, never from thumbnails.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ganstudio.document.collage import Collage, Part
from ganstudio.document.tiles import Tiles
from ganstudio.render.blend import blended, matched
from ganstudio.render.feather import feathered
from ganstudio.render.kept import Kept
from ganstudio.render.place import Cut, cut, geometry
from ganstudio.render.texture import Texture, first_level, texture

Size = tuple[int, int]
"""Height and width of the frame in pixels."""
KEPT = 256 * 2**20
"""Bytes of pictures, and again of cut-outs, that a compositor holds on to."""


class Compositor:
    """Composites collages on one device. What did not change since the last time is not computed again."""

    def __init__(self, device: torch.device | str = "cpu", memory: int = KEPT) -> None:
        self._device = torch.device(device)
        self._textures: Kept[Texture] = Kept(memory, lambda texture: texture.nbytes)
        self._pieces: Kept[Cut | None] = Kept(memory, lambda piece: 0 if piece is None else piece.nbytes)

    def composite(self, collage: Collage, size: Size) -> tuple[Tensor, Tensor]:
        """Image [1, 3, h, w] in -1..1 and mask [1, 1, h, w] in 0..1, what the visible parts cover together.

        The image is multiplied by the mask, so hidden pixels are 0; divide by the mask for the colours alone.
        """
        image = torch.zeros(1, 3, *size, device=self._device)
        mask = torch.zeros(1, 1, *size, device=self._device)
        with torch.no_grad():
            for part in collage:
                if part.shown and (piece := self._piece(part, size)) is not None:
                    lay(piece, part, image, mask)
        return image, mask

    def _piece(self, part: Part, size: Size) -> Cut | None:
        """A part cut out and put in its place; None when it lies outside of the frame."""
        placement = replace(part.placement, rotation=part.placement.rotation % 360)
        key = (part.picture.key, part.mask.key, placement, part.feather, size)
        return self._pieces.get(key, lambda: self._made(part, size))

    def _made(self, part: Part, size: Size) -> Cut | None:
        if (bounds := part.mask.bounds) is None:
            return None
        place, width = geometry(part.placement, part.picture.size, size), part.feather * max(size)
        first = first_level(part.picture.size, place.halvings)
        colours, mask = (self._texture(tiles, first) for tiles in (part.picture.tiles, part.mask.tiles))
        found = cut(colours, mask, bounds, place, size, width)
        return found if found is None or not width else feathered(found, width)

    def _texture(self, tiles: Tiles, first: int) -> Texture:
        return self._textures.get((tiles.key, first), lambda: texture(tiles, first, self._device))


def lay(piece: Cut, part: Part, image: Tensor, mask: Tensor) -> None:
    """Put a part on what is beneath, in place."""
    left, top, right, bottom = piece.box
    beneath, below = image[..., top:bottom, left:right], mask[..., top:bottom, left:right]
    alpha = piece.alpha if part.opacity == 1 else piece.alpha * part.opacity
    colours = piece.colours
    if part.match > 0:
        colours = matched(colours, alpha, beneath, below, part.match)
    if part.blend != "normal":
        colours = torch.lerp(colours, blended(beneath, below, colours, part.blend), below)
    beneath.lerp_(colours, alpha)
    below.lerp_(torch.ones_like(alpha), alpha)
