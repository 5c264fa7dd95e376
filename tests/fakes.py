"""A tiny exact generator, so that tests of rendering can say what every pixel must be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganstudio.api import LayerInfo, Space


class TinyGenerator(nn.Module):
    """32 px, four layers, z and w of four numbers.

    `map` doubles z. Layer i paints the quarter i (left to right, top to bottom) in the flat colour `ws[i, :3] / 4`,
    so a picture tells each layer's w back exactly.
    """

    family = "tiny"
    space: Space = "w"
    resolution, z_dim, w_dim, num_ws, num_classes = 32, 4, 4, 4, 0

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("w_avg", torch.tensor([0.4, 0.0, -0.4, 0.0]))
        self.calls = 0

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        return tuple(LayerInfo(f"quarter{i}", 32) for i in range(self.num_ws))

    def normalise(self, z: Tensor) -> Tensor:
        return z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z * 2

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        self.calls += 1
        colours = ws[:, :, :3, None, None].expand(-1, -1, -1, 16, 16) / 4
        top = torch.cat([colours[:, 0], colours[:, 1]], dim=3)
        return torch.cat([top, torch.cat([colours[:, 2], colours[:, 3]], dim=3)], dim=2)

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        stretch = torch.diag(torch.tensor([1.0, 3.0, 2.0, 0.5]))
        return torch.cat([stretch for _ in layers], dim=1)
