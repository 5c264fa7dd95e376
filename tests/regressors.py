"""An exact regressor for the exact generator, and what the renderer asks for one: for tests of collages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ganstudio.document.collage import Collage, Part, Picture, Source, part_of
from ganstudio.document.mask import rectangle
from tests.models import TINY


class ExactRegressor(nn.Module):
    """Tells w+ of a `TinyGenerator`'s picture exactly, from what is visible of each quarter; hidden ones are grey.

    `gain` multiplies its answers, so that one that is wrong can be made, and tuned.
    """

    fingerprint = TINY.fingerprint
    space = "w"

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain), requires_grad=False)
        self.calls = 0

    def regress(self, image: Tensor, mask: Tensor) -> Tensor:
        self.calls += 1
        colours = self._quarters(image * mask) / self._quarters(mask).clamp(min=1e-6)
        return torch.cat([colours, torch.zeros_like(colours[..., :1])], dim=2) * 4 * self.gain

    def _quarters(self, x: Tensor) -> Tensor:
        """The mean of each quarter, [n, 4, channels]."""
        return nn.functional.adaptive_avg_pool2d(x.float(), 2).flatten(2).transpose(1, 2)

    def prepared(self, device: torch.device, precision: torch.dtype) -> ExactRegressor:
        return self

    def trainable(self) -> tuple[ExactRegressor, Sequence[Tensor]]:
        twin = ExactRegressor(float(self.gain))
        twin.gain.requires_grad_(True)
        return twin, (twin.gain,)


def mean_difference(one: Tensor, other: Tensor) -> Tensor:
    """A measure of likeness: the mean square of the difference."""
    return (one - other).square().mean()


class TinySight:
    """Says that this regressor (None: none; an error: that it cannot be used) belongs to any model."""

    def __init__(self, regressor: Any = None) -> None:
        self.regressor = regressor

    def regressor_for(self, model: Any) -> Any:
        if isinstance(self.regressor, Exception):
            raise self.regressor
        return self.regressor

    def perceptual_for(self, model: Any) -> Any:
        return mean_difference


def colour_part(colour: tuple[int, int, int], box: tuple[int, int, int, int] = (0, 0, 32, 32), **values: Any) -> Part:
    """One colour in a box of the tiny frame, which is 32 px a side."""
    picture = Picture.fill(colour, (32, 32))
    part = part_of(Picture(picture.tiles, Source("fill")), "part", rectangle((32, 32), *box))
    return replace(part, **values)


def quarters(*colours: tuple[int, int, int]) -> Collage:
    """Up to four parts, each one colour over a quarter: left to right, top to bottom."""
    corners = ((0, 0), (16, 0), (0, 16), (16, 16))
    return Collage(tuple(colour_part(c, (x, y, x + 16, y + 16)) for c, (x, y) in zip(colours, corners, strict=False)))
