"""What is visible: random masks to learn from, and the one place where picture and mask become the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Variant = Literal["rgbm", "rgb", "rgb-filled"]
"""What the network is shown: colours and mask; colours with nothing where they are hidden; colours with the holes
filled in the mean colour of what is visible (without a mask)."""

GRID = 6
CUTOFFS = (0.3, 1.0)
"""The range of thresholds of the paper's masks: even the lowest leaves a fifth visible on average."""
SHARE = 1e-6
"""Less visible than this counts as nothing."""


def random_masks(count: int, side: int, random: torch.Generator, cutoff: float | None = None) -> Tensor:
    """Masks [count, 1, side, side] of 0 and 1: the grid of the paper, up-sampled, visible below the cutoff.

    Each has its own 6 x 6 grid of uniform numbers; the cutoff is one for all, drawn from `CUTOFFS` unless given.
    """
    if cutoff is None:
        low, high = CUTOFFS
        cutoff = low + (high - low) * float(torch.rand((), generator=random))
    grid = torch.rand(count, 1, GRID, GRID, generator=random)
    return (F.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False) < cutoff).float()


def channels(variant: Variant) -> int:
    """How many channels `network_input` has."""
    return 4 if variant == "rgbm" else 3


def network_input(image: Tensor, mask: Tensor, variant: Variant, side: int, *, centre: float = 0.5,
                  exactly: bool = False) -> Tensor:
    """[n, channels, h, w] from `image` [n, 3, h, w] in -1..1 and `mask` [n, 1, h, w] in 0..1, no larger than `side`.

    With `exactly`, side x side pixels, whatever the shape was (0: as it is). What is hidden has no influence, not
    even numbers that are not finite. The mask goes in less `centre`, here and nowhere else: usually as -0.5..0.5, so
    that an empty one is -0.5 everywhere, not "half visible"; some published networks learned from 0..1.
    """
    check(image, mask)
    visible, mask = hide(image, mask), mask.clamp(0, 1)
    if (size := _fitting(image.shape[-2:], side, exactly)) is not None:
        visible, mask = (F.interpolate(x, size=size, mode="area") for x in (visible, mask))
    if variant == "rgb":
        return visible
    return torch.cat([visible, mask - centre], dim=1) if variant == "rgbm" else fill(visible, mask)


def _fitting(shape: Sequence[int], side: int, exactly: bool) -> tuple[int, ...] | None:
    """What pictures are made to measure, or None where they stay as they are."""
    if exactly:
        return (side, side) if side else None
    longest = max(shape)
    return tuple(max(1, round(length * side / longest)) for length in shape) if longest > side else None


def check(image: Tensor, mask: Tensor) -> None:
    """ValueError in one sentence unless image [n, 3, h, w] and mask [n, 1, h, w] belong together."""
    wanted = (len(image), 1, *image.shape[2:])
    if image.ndim != 4 or image.shape[1] != 3 or min(image.shape) < 1:
        raise ValueError(f"A regressor takes images [n, 3, h, w], not {list(image.shape)}.")
    if tuple(mask.shape) != wanted:
        raise ValueError(f"The mask of images {list(image.shape)} must be {list(wanted)}, not {list(mask.shape)}.")


def hide(image: Tensor, mask: Tensor) -> Tensor:
    """The image with 0 where the mask is 0, faded where it is between."""
    return torch.where(mask > 0, image * mask.clamp(0, 1), 0.0)


def fill(visible: Tensor, mask: Tensor) -> Tensor:
    """Hidden pixels in the mean colour of the visible ones of the same picture (grey where there are none)."""
    mean = visible.sum(dim=(2, 3), keepdim=True) / mask.sum(dim=(2, 3), keepdim=True).clamp(min=SHARE)
    return visible + mean * (1 - mask)


def masked_l1(one: Tensor, other: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference over the visible pixels (mask at least 0.5) of each picture, [n]; 0 where none are."""
    counted = (mask >= 0.5).float()
    total = ((one - other).abs() * counted).sum(dim=(1, 2, 3))
    return total / (counted.sum(dim=(1, 2, 3)) * one.shape[1]).clamp(min=1)
