"""A collage to one picture and what of it is covered: what the regressor is shown.

Parts are laid one over the other as `C <- x m + C (1 - m)`, at the resolution that is asked for, never from thumbnails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganstudio.document.collage import Blend, Collage, Part
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


WORTH = 2
"""From so many parts on, what lies below the one that moves is kept as one."""


@dataclass(frozen=True, eq=False)
class Floor:
    """The lowest parts, by their keys, laid together."""

    size: Size
    keys: tuple[str, ...]
    image: Tensor
    mask: Tensor


class Compositor:
    """Composites collages on one device. What did not change since the last time is not computed again."""

    def __init__(self, device: torch.device | str = "cpu", memory: int = KEPT) -> None:
        self._device = torch.device(device)
        self._textures: Kept[Texture] = Kept(memory, lambda texture: texture.nbytes)
        self._pieces: Kept[Cut | None] = Kept(memory, lambda piece: 0 if piece is None else piece.nbytes)
        self._last: tuple[Size, tuple[str, ...]] = (0, 0), ()
        self._floor: Floor | None = None

    def composite(self, collage: Collage, size: Size) -> tuple[Tensor, Tensor]:
        """Image [1, 3, h, w] in -1..1 and mask [1, 1, h, w] in 0..1, what the visible parts cover together.

        The image is multiplied by the mask, so hidden pixels are 0; divide by the mask for the colours alone.
        """
        parts = collage.shown
        keys = tuple(part.key for part in parts)
        still, (image, mask, first) = self._still(keys, size), self._begin(keys, size)
        with torch.no_grad():
            for number, part in enumerate(parts[first:], first):
                if number == still:
                    self._floor = Floor(size, keys[:number], image.clone(), mask.clone())
                if (piece := self.piece(part, size)) is not None:
                    lay(piece, part, image, mask)
        return image, mask

    def _still(self, keys: tuple[str, ...], size: Size) -> int:
        """How many of the lowest parts are as they were last time, where that is worth keeping; else -1."""
        (last_size, last), self._last = self._last, (size, keys)
        same = next((i for i, (a, b) in enumerate(zip(keys, last, strict=False)) if a != b), min(len(keys), len(last)))
        return same if last_size == size and same >= WORTH else -1

    def _begin(self, keys: tuple[str, ...], size: Size) -> tuple[Tensor, Tensor, int]:
        """Image and mask to lay parts on, and how many of them they hold: those below the one that moves, or none."""
        floor = self._floor
        if floor is not None and floor.size == size and keys[:len(floor.keys)] == floor.keys:
            return floor.image.clone(), floor.mask.clone(), len(floor.keys)
        return torch.zeros(1, 3, *size, device=self._device), torch.zeros(1, 1, *size, device=self._device), 0

    def piece(self, part: Part, size: Size) -> Cut | None:
        """A part cut out and put in its place; None when nothing of it is in the frame."""
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
    put(replace(piece, colours=toned(piece, part, image, mask)), part.blend, part.opacity, image, mask)


def toned(piece: Cut, part: Part, image: Tensor, mask: Tensor) -> Tensor:
    """The colours [1, 3, h, w] of a part, brought as near to those beneath as it asks for."""
    if part.match == 0:
        return piece.colours
    beneath, below = _within(piece, image), _within(piece, mask)
    return matched(piece.colours, _faded(piece, part.opacity), beneath, below, part.match)


def put(piece: Cut, blend: Blend, opacity: float, image: Tensor, mask: Tensor) -> None:
    """Put colours on what is beneath, in place."""
    beneath, below, alpha, colours = _within(piece, image), _within(piece, mask), _faded(piece, opacity), piece.colours
    if blend != "normal":
        colours = torch.lerp(colours, blended(beneath, below, colours, blend), below)
    beneath.lerp_(colours, alpha)
    below.lerp_(torch.ones_like(alpha), alpha)


def _within(piece: Cut, whole: Tensor) -> Tensor:
    left, top, right, bottom = piece.box
    return whole[..., top:bottom, left:right]


def _faded(piece: Cut, opacity: float) -> Tensor:
    return piece.alpha if opacity == 1 else piece.alpha * opacity
