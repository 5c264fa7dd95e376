"""A picture or mask on a device, with its halves: what parts are drawn from at any scale without aliasing.

Of a photo much larger than the frame the finest halves are never made: its tiles are averaged one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.document.tiles import SIDE, Tile, Tiles

WHOLE = 2048
"""Pictures with no side longer than this are kept with all their pixels, so that scaling them makes nothing anew."""
DEEPEST = SIDE.bit_length() - 1


@dataclass(frozen=True, eq=False)
class Texture:
    """`levels[i]` [1, c, h, w] is the picture of `width` x `height` pixels halved `first + i` times: colours in -1..1
    or a mask in 0..1."""

    width: int
    height: int
    first: int
    levels: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        """The memory it takes."""
        return sum(level.nbytes for level in self.levels)

    def at(self, u: Tensor, v: Tensor, halvings: float) -> Tensor:
        """[1, c, h, w] at places u, v [h, w] (-1/2..1/2 from edge to edge), between the two nearest levels."""
        depth = min(max(halvings - self.first, 0.0), len(self.levels) - 1.0)
        fine, rest = int(depth), depth - int(depth)
        image = self._level(fine, u, v)
        return image if rest < 1e-3 else torch.lerp(image, self._level(fine + 1, u, v), rest)

    def _level(self, index: int, u: Tensor, v: Tensor) -> Tensor:
        """Bilinear; the last pixel of a level may stand for fewer than the others."""
        level, step = self.levels[index], 2 ** (self.first + index)
        across, down = self.width / (step * level.shape[3]), self.height / (step * level.shape[2])
        grid = torch.stack([u * (2 * across) + (across - 1), v * (2 * down) + (down - 1)], dim=-1)
        return F.grid_sample(level, grid[None], mode="bilinear", padding_mode="border", align_corners=False)


def first_level(size: tuple[int, int], halvings: float) -> int:
    """How often a picture is halved before anything of it is kept, when it is looked at so many halvings deep."""
    return 0 if max(size) <= WHOLE else min(max(int(halvings), 0), DEEPEST)


def texture(tiles: Tiles, first: int, device: torch.device) -> Texture:
    """The texture of tiles from level `first` (at most `DEEPEST`) on."""
    rows = [torch.cat([_halved(_level(part, device), first) for part in row], dim=3) for row in tiles.rows]
    levels = [torch.cat(rows, dim=2)]
    while max(levels[-1].shape[2:]) > 1:
        levels.append(_halved(levels[-1], 1))
    return Texture(tiles.width, tiles.height, first, tuple(levels))


def _level(part: Tile, device: torch.device) -> Tensor:
    array = torch.tensor(part.data, device=device)
    if array.ndim == 2:
        return array[None, None].float() / 255
    return array.permute(2, 0, 1)[None].float() / 127.5 - 1


def _halved(level: Tensor, times: int) -> Tensor:
    step = 2**times
    if times == 0:
        return level
    return F.avg_pool2d(level, step, ceil_mode=True, count_include_pad=False)
