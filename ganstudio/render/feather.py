"""Soft edges of a part: its mask blurred, and drawn in where its picture ends, beyond which there are no pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.render.place import Cut

WIDEST = 4.0
"""Pixels of spread up to which a mask is blurred as it is; further, a smaller copy of it is."""


def feathered(piece: Cut, width: float) -> Cut:
    """The part with an edge that rises over `width` pixels, half of them on either side.

    At the edge of its picture all of it is inside; at the edge of the frame there is none. The box of `piece` must
    reach `width` pixels around the picture, as far as the frame goes.
    """
    spread = width / 4
    both = blur(torch.cat([piece.alpha, piece.inside]), spread)
    alpha = torch.minimum(both[:1], (2 * both[1:] - 1).clamp(min=0))
    return replace(piece, alpha=alpha.contiguous())


def blur(levels: Tensor, spread: float) -> Tensor:
    """[n, 1, h, w] blurred by a bell curve with this standard deviation in pixels; borders go on as they end."""
    if spread < 0.1:
        return levels
    step = 2 ** max(0, math.ceil(math.log2(spread / WIDEST)))
    if step == 1:
        return _convolved(levels, spread)
    sides = [_evened(n, step) for n in levels.shape[2:]]
    (top, bottom), (left, right) = sides
    small = F.avg_pool2d(F.pad(levels, (left, right, top, bottom), mode="replicate"), step)
    small = _convolved(small, math.sqrt(spread**2 / step**2 - 0.25))  # taking pixels together blurs, too
    wide = F.interpolate(small, scale_factor=step, mode="bilinear", align_corners=False)
    return wide[..., top:top + levels.shape[2], left:left + levels.shape[3]]


def _evened(length: int, step: int) -> tuple[int, int]:
    """How much to add before and after so that the length is a multiple of the step."""
    missing = -length % step
    return missing // 2, missing - missing // 2


def _convolved(levels: Tensor, spread: float) -> Tensor:
    reach = math.ceil(3 * spread)
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=levels.device) / spread) ** 2)
    bell = (bell / bell.sum())[None, None, None]
    levels = F.conv2d(F.pad(levels, (reach, reach, 0, 0), mode="replicate"), bell)
    return F.conv2d(F.pad(levels, (0, 0, reach, reach), mode="replicate"), bell.transpose(2, 3)).clamp(0, 1)
