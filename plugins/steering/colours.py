"""Edits of colour, defined at every pixel. Nothing is cut off: a target may be brighter than can be shown."""

from __future__ import annotations

import torch
from torch import Tensor

LIGHT_RANGE, COLOUR_RANGE = 50.0, 128.0
"""What alpha 1 adds to L, and to a and b, of Lab."""
WHITE = (0.95047, 1.0, 1.08883)
TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""sRGB with its white of 6500 K (ITU-R BT.709)."""
GREY = (0.2126, 0.7152, 0.0722)


def _everywhere(image: Tensor) -> Tensor:
    return torch.ones_like(image[:, :1])


def _added(image: Tensor, alphas: Tensor, weights: tuple[float, float, float]) -> tuple[Tensor, Tensor]:
    amounts = alphas[:, None] * torch.tensor(weights, device=alphas.device)
    return image + amounts[:, :, None, None].to(image.dtype), _everywhere(image)


def red(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds alpha to red."""
    return _added(image, alphas, (1, 0, 0))


def green(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds alpha to green."""
    return _added(image, alphas, (0, 1, 0))


def blue(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds alpha to blue."""
    return _added(image, alphas, (0, 0, 1))


def whiten(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds alpha to all channels: towards white, and below 0 towards black."""
    return _added(image, alphas, (1, 1, 1))


def saturate(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Makes the distance from grey 1 + alpha times as large; -1 leaves grey."""
    weights = torch.tensor(GREY, device=image.device, dtype=image.dtype)[None, :, None, None]
    grey = (image * weights).sum(dim=1, keepdim=True)
    return image + alphas[:, None, None, None].to(image.dtype) * (image - grey), _everywhere(image)


def luminance(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds 50 alpha to the L of Lab: lighter or darker as eyes see it, the hue kept."""
    return _in_lab(image, alphas, (LIGHT_RANGE, 0, 0))


def green_red(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds 128 alpha to the a of Lab: from green to red."""
    return _in_lab(image, alphas, (0, COLOUR_RANGE, 0))


def blue_yellow(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Adds 128 alpha to the b of Lab: from blue to yellow."""
    return _in_lab(image, alphas, (0, 0, COLOUR_RANGE))


def _in_lab(image: Tensor, alphas: Tensor, weights: tuple[float, float, float]) -> tuple[Tensor, Tensor]:
    """What Lab adds, put on the picture itself, so that alpha 0 leaves every pixel exactly as it is."""
    lab = to_lab(image.float())
    amounts = alphas[:, None].float() * torch.tensor(weights, device=alphas.device)
    change = from_lab(lab + amounts[:, :, None, None]) - from_lab(lab)
    return image + change.to(image.dtype), _everywhere(image)


def to_lab(image: Tensor) -> Tensor:
    """sRGB images [n, 3, h, w] in -1..1 to CIE Lab: L 0..100, a and b about -128..128."""
    srgb = ((image + 1) / 2).clamp(0, 1)
    linear = torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    x, y, z = (_mixed(linear, TO_XYZ) / _column(WHITE, image)).clamp(min=0).unbind(dim=1)
    x, y, z = (torch.where(t > 0.008856, t.clamp(min=1e-8) ** (1 / 3), 7.787 * t + 16 / 116) for t in (x, y, z))
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def from_lab(lab: Tensor) -> Tensor:
    """CIE Lab to sRGB images in -1..1 (what sRGB cannot show is cut off)."""
    light, a, b = lab.unbind(dim=1)
    y = (light + 16) / 116
    roots = torch.stack([y + a / 500, y, y - b / 200], dim=1)
    xyz = torch.where(roots > 0.2068966, roots ** 3, (roots - 16 / 116) / 7.787) * _column(WHITE, lab)
    inverse = torch.linalg.inv(torch.tensor(TO_XYZ)).tolist()
    linear = _mixed(xyz, inverse).clamp(0, 1)
    srgb = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=1e-8) ** (1 / 2.4) - 0.055)
    return srgb * 2 - 1


def _mixed(image: Tensor, matrix: object) -> Tensor:
    return torch.einsum("oc,nchw->nohw", torch.tensor(matrix, device=image.device), image)


def _column(values: tuple[float, float, float], image: Tensor) -> Tensor:
    return torch.tensor(values, device=image.device)[None, :, None, None]
