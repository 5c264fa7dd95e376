"""A generator that can do exactly what steering asks: its latent shifts and brightens its picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganstudio.api import LayerInfo, Space

PIXELS, LEVEL = 4.0, 0.2
"""What 1 in the first number of w moves the blob to the right, and 1 in the second adds to the picture."""


class Steered(nn.Module):
    """32 px, two layers, z and w of four numbers: a soft blob on grey.

    The mean w of the layers places it: number 0 moves it right, 1 brightens everything, 2 moves it down; 3 does
    nothing. `map` passes z on.
    """

    family = "steered"
    space: Space = "w"
    resolution, z_dim, w_dim, num_ws, num_classes = 32, 4, 4, 2, 0
    w_avg: Tensor | None = None

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        return tuple(LayerInfo(f"layer{i}", 32) for i in range(self.num_ws))

    def normalise(self, z: Tensor) -> Tensor:
        return z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        right, bright, down, _ = ws.mean(dim=1).float().unbind(dim=1)
        steps = torch.arange(32.0)
        x = steps[None, None] - 16 - PIXELS * right[:, None, None]
        y = steps[None, :, None] - 16 - 1.0 * down[:, None, None]
        blob = torch.exp(-(x.square() + y.square()) / 32)
        return (blob + LEVEL * bright[:, None, None])[:, None].expand(-1, 3, -1, -1)

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        return torch.cat([torch.diag(torch.tensor([1.0, 3.0, 2.0, 0.5])) for _ in layers], dim=1)


class SteeredZ(Steered):
    """The same, edited in z, with two classes that change nothing."""

    space: Space = "z"
    num_classes = 2
