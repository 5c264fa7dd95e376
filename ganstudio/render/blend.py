"""How a part's colours meet those beneath: blend modes, and matching of colours.

Images here are [1, 3, h, w] in -1..1; the blend formulas (W3C, Compositing and Blending Level 1) are in 0..1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ganstudio.document.collage import Blend

LUMINANCE = (0.3, 0.59, 0.11)
OPPONENT = ((0.5774, 0.5774, 0.5774), (0.4082, 0.4082, -0.8165), (0.7071, -0.7071, 0.0))
"""Lightness, yellow to blue, red to green: the axes of Ruderman's l-alpha-beta on the colours as they are coded, which
makes matching one linear map. Rows are orthonormal."""
STRETCH = 3.0
"""Matching multiplies or divides the spread of colours by no more."""


def blended(beneath: Tensor, below: Tensor, colours: Tensor, mode: Blend) -> Tensor:
    """The part's colours mixed with those beneath, which are multiplied by their mask `below`."""
    if mode == "normal":
        return colours
    backdrop = (beneath / below.clamp(min=1e-6)).clamp(-1, 1)
    return MODES[mode]((backdrop + 1) / 2, (colours + 1) / 2) * 2 - 1


def matched(colours: Tensor, alpha: Tensor, beneath: Tensor, below: Tensor, amount: float) -> Tensor:
    """The part's colours with mean and spread of what is beneath it brought near, by `amount` 0..1.

    Where nothing is beneath they stay. `beneath` is multiplied by its mask `below`.
    """
    shared = alpha * below
    if float(shared.sum()) < 0.5:
        return colours
    axes = torch.tensor(OPPONENT, device=colours.device)
    mine, spread = _spread(colours, alpha, axes)
    theirs, wanted = _spread(beneath / below.clamp(min=1e-6), shared, axes)
    stretch = ((wanted + 1e-3) / (spread + 1e-3)).clamp(1 / STRETCH, STRETCH)
    turn = axes.T @ (stretch[:, None] * axes)
    moved = torch.einsum("ij,njhw->nihw", turn, colours - mine[:, None, None]) + theirs[:, None, None]
    return torch.lerp(colours, moved.clamp(-1, 1), amount)


def _spread(colours: Tensor, weight: Tensor, axes: Tensor) -> tuple[Tensor, Tensor]:
    """The mean colour [3], and the standard deviation [3] along the axes, of pixels weighted by [1, 1, h, w]."""
    flat, weight = colours[0].flatten(1), weight.flatten() / weight.sum()
    mean = flat @ weight
    away = axes @ (flat - mean[:, None])
    return mean, ((away * away) @ weight).sqrt()


def _overlay(b: Tensor, s: Tensor) -> Tensor:
    return torch.where(b <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s))


def _soft_light(b: Tensor, s: Tensor) -> Tensor:
    bent = torch.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, b.sqrt())
    return torch.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (bent - b))


def _light(colours: Tensor) -> Tensor:
    red, green, blue = (colours[:, i:i + 1] * share for i, share in enumerate(LUMINANCE))
    return red + green + blue


def _lit(colours: Tensor, light: Tensor) -> Tensor:
    """Colours at another luminance; what leaves 0..1 is drawn in towards grey."""
    colours = colours + (light - _light(colours))
    low, high = colours.amin(1, keepdim=True), colours.amax(1, keepdim=True)
    down = torch.where(low < 0, light / (light - low).clamp(min=1e-6), 1.0)
    up = torch.where(high > 1, (1 - light) / (high - light).clamp(min=1e-6), 1.0)
    return light + (colours - light) * torch.minimum(down, up)


MODES: dict[Blend, Callable[[Tensor, Tensor], Tensor]] = {
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "overlay": _overlay,
    "soft-light": _soft_light,
    "darken": torch.minimum,
    "lighten": torch.maximum,
    "colour": lambda b, s: _lit(s, _light(b)),
    "luminosity": lambda b, s: _lit(b, _light(s)),
}
"""The blend of what is beneath (first) with the part (second), in 0..1."""
