"""Edits that move things: zoom, shift and rotate, each with the exact mask of the pixels it says something about.

A warp asks, for every pixel of the result, where in the picture it comes from, and mixes the four pixels around that
place. The mask goes the same way: every pixel that comes at least partly from inside the picture counts. Alphas are
those a linear walk is fed: the logarithm of the zoom, shares of half a side, parts of 45 degrees.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST = 1e-3
"""A pixel that comes from inside the picture by less is rounding, not picture."""
FULL_TURN = 45.0
"""Degrees of alpha 1."""
MOST_ZOOM = 4.0


def sample(image: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Images [n, c, h, w] with the pixel from column `x`, row `y` [n, h, w] of each; grey outside; and the mask."""
    height, width = image.shape[-2:]
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    whole = torch.cat([image, torch.ones_like(image[:, :1])], dim=1)
    found = F.grid_sample(whole, grid.to(image.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)
    return found[:, :-1], (found[:, -1:] > LEAST).to(image.dtype)


def _places(image: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row of every pixel, [1, h, w]."""
    height, width = image.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height, dtype=torch.float32, device=image.device),
                          torch.arange(width, dtype=torch.float32, device=image.device), indexing="ij")
    return x[None], y[None]


def _each(alphas: Tensor) -> Tensor:
    return alphas[:, None, None].float()


def zoom(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha is the logarithm of how much of the scene is seen: below 0 zooms in, above 0 out, the rest is grey."""
    x, y = _places(image)
    factor = _each(alphas).exp()
    cx, cy = ((n - 1) / 2 for n in (image.shape[-1], image.shape[-2]))
    return sample(image, cx + (x - cx) * factor, cy + (y - cy) * factor)


def shift_x(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha 1 moves half a width to the right."""
    x, y = _places(image)
    moved = x - _each(alphas) * image.shape[-1] / 2
    return sample(image, moved, y.expand_as(moved))


def shift_y(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha 1 moves half a height down."""
    x, y = _places(image)
    moved = y - _each(alphas) * image.shape[-2] / 2
    return sample(image, x.expand_as(moved), moved)


def rotate(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha 1 turns 45 degrees counter-clockwise about the pixel in the middle."""
    x, y = _places(image)
    angle = _each(alphas) * math.radians(FULL_TURN)
    cx, cy = image.shape[-1] // 2, image.shape[-2] // 2
    dx, dy = x - cx, y - cy
    return sample(image, cx + angle.cos() * dx - angle.sin() * dy, cy + angle.sin() * dx + angle.cos() * dy)


def rotate_depth(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha 1 turns the plane of the picture 45 degrees about its vertical axis, seen in perspective.

    With f = sqrt(h^2 + w^2), a pixel x, y of the picture is seen at u = f X / Z + w/2, v = f (y - h/2) / Z + h/2, where
    X = cos(t) (x - w/2) - sin(t) and Z = sin(t) (x - w/2) + cos(t) + f; here that is solved for x and y. The plane lies
    at depth 1, so that angle 0 would still shrink: it is left as it is.
    """
    u, v = _places(image)
    height, width = image.shape[-2:]
    angle, f = _each(alphas) * math.radians(FULL_TURN), math.hypot(height, width)
    p, q = (u - width / 2) / f, (v - height / 2) / f
    ahead = angle.cos() - p * angle.sin()
    from_axis = (angle.sin() + p * (angle.cos() + f)) / torch.where(ahead.abs() < 1e-6, 1e-6, ahead)
    depth = angle.sin() * from_axis + angle.cos() + f
    x, y = from_axis + width / 2, q * depth + height / 2
    unseen = (ahead <= 1e-6) | (depth <= 1e-6)
    target, mask = sample(image, torch.where(unseen, -2.0 * width, x), torch.where(unseen, -2.0 * height, y))
    still = (alphas == 0)[:, None, None, None]
    return torch.where(still, image, target), torch.where(still, torch.ones_like(mask), mask)


def draw_zoom(count: int, side: int, random: torch.Generator) -> Tensor:
    """A coin, then evenly a zoom in from 1/4 to 1 or out from 1 to 4; [count] logarithms."""
    share, out = torch.rand(count, generator=random), torch.rand(count, generator=random) < 0.5
    inwards = 1 / MOST_ZOOM + share * (1 - 1 / MOST_ZOOM)
    return torch.where(out, 1 + share * (MOST_ZOOM - 1), inwards).log()


def draw_shift(count: int, side: int, random: torch.Generator) -> Tensor:
    """Whole pixels from 1 to one less than half a side, either way."""
    most = max(2, side // 2)
    return _signs(count, random) * torch.randint(1, most, (count,), generator=random) / (side / 2)


def draw_turn(count: int, side: int, random: torch.Generator) -> Tensor:
    """Whole degrees from 1 to 44, either way."""
    return _signs(count, random) * torch.randint(1, int(FULL_TURN), (count,), generator=random) / FULL_TURN


def _signs(count: int, random: torch.Generator) -> Tensor:
    return torch.randint(2, (count,), generator=random) * 2.0 - 1.0
