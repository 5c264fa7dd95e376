"""DCGAN: the network as published, trainable and differentiable in float32.

Radford et al., "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks" (2016):
a chain of transposed convolutions, each doubling the side, with batch normalisation and ReLU between. There is no
mapping network, so directions act on z, and no layer has a latent of its own. Parameter names follow the layout most
published checkpoints use (the places in one sequence: `main.0.weight`, `main.1.running_mean`), so that readers only
rename.

In training mode each batch is normalised by its own statistics, which is how published sample sheets were drawn; one
picture by itself needs the stored ones. `measure_statistics` makes the stored ones those of samples.
`ganstudio.generators.dcgan_fast` holds the form used for pictures on screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ganstudio.api import LayerInfo, Space

SPREAD = 0.02
"""The paper's standard deviation of new weights."""


@dataclass(frozen=True)
class DCGANConfig:
    """Everything about a DCGAN that its tensors alone do not say.

    `widths[k]` is the width at side `start * 2**k`; to-RGB doubles once more. Kernels are `kernel` pixels a side, the
    first `start`. Class weights follow z. `epsilon` is what batch normalisation adds to variances.
    """

    widths: tuple[int, ...]
    z_dim: int = 100
    num_classes: int = 0
    image_channels: int = 3
    start: int = 4
    kernel: int = 4
    bias: bool = False
    epsilon: float = 1e-5
    ending: Literal["tanh", "none"] = "tanh"

    def __post_init__(self) -> None:
        if self.z_dim < 1 or self.num_classes < 0:
            raise ValueError(f"a latent of {self.z_dim} numbers and {self.num_classes} classes")
        if not self.widths or self.kernel < 2 or self.kernel % 2:
            raise ValueError(f"a DCGAN of widths {self.widths} and {self.kernel}-pixel kernels cannot double its side")

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return int(self.start * 2 ** len(self.widths))

    @staticmethod
    def published(resolution: int = 64, width: int = 64) -> DCGANConfig:
        """The paper's widths: halved with every doubling of the side, `width` before the picture."""
        depth = resolution.bit_length() - 3
        return DCGANConfig(widths=tuple(width * 2**k for k in reversed(range(depth))))


class DCGAN(nn.Module):
    """The whole generator: `synthesize(map(z))`; see `ganstudio.api.Generator`. Its only w is z itself."""

    family = "dcgan"
    space: Space = "z"
    num_ws = 1
    w_avg: Tensor | None = None

    def __init__(self, config: DCGANConfig) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_classes, self.z_dim = config.resolution, config.num_classes, config.z_dim
        self.w_dim = config.z_dim + config.num_classes
        steps: list[nn.Module] = []
        below = self.w_dim
        for number, width in enumerate(config.widths):
            steps += [transposed(config, below, width, first=not number), nn.BatchNorm2d(width, config.epsilon),
                      nn.ReLU(inplace=True)]
            below = width
        steps += [transposed(config, below, config.image_channels)]
        self.main = nn.Sequential(*steps, nn.Tanh() if config.ending == "tanh" else nn.Identity())
        self._initialise()

    def _initialise(self) -> None:
        for step in self.main:
            if isinstance(step, nn.ConvTranspose2d):
                nn.init.normal_(step.weight, 0.0, SPREAD)
                if step.bias is not None:
                    nn.init.zeros_(step.bias)
            if isinstance(step, nn.BatchNorm2d):
                nn.init.normal_(step.weight, 1.0, SPREAD)

    @property
    def convolutions(self) -> list[nn.ConvTranspose2d]:
        """The transposed convolutions in order."""
        return [step for step in self.main if isinstance(step, nn.ConvTranspose2d)]

    @property
    def norms(self) -> list[nn.BatchNorm2d]:
        """The batch normalisation after each convolution but the last."""
        return [step for step in self.main if isinstance(step, nn.BatchNorm2d)]

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The one that takes the latent."""
        return (LayerInfo("main.0", self.config.start),)

    def factor_matrix(self, layers: Sequence[int] = ()) -> Tensor:
        """What the first convolution makes of z, whatever the layers: [z_dim, width * start * start]."""
        return self.convolutions[0].weight.detach().float()[:self.z_dim].flatten(1)

    def normalise(self, z: Tensor) -> Tensor:
        """z as it is."""
        return z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] with class weights [n, num_classes] after it (none: zeros): [n, w_dim]."""
        if not self.num_classes:
            return z
        return torch.cat([z, z.new_zeros(len(z), self.num_classes) if labels is None else labels.to(z)], dim=1)

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, 1, w_dim] to image [n, image_channels, r, r], differentiable, float32; there is no noise to choose."""
        image: Tensor = self.main(ws[:, 0, :, None, None])
        return image

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image."""
        return self.synthesize(self.map(z, labels)[:, None], noise)

    @torch.no_grad()
    def measure_statistics(self, batches: int = 8, size: int = 64, seed: int = 0) -> None:
        """Store the mean statistics of `batches` batches of samples, so that one picture looks as it would in a batch.

        Classes take turns. Nothing but the stored statistics changes; the same seed gives the same.
        """
        training, random = self.training, torch.Generator().manual_seed(seed)
        for norm in self.norms:
            norm.reset_running_stats()
            norm.momentum = None  # every batch counts alike
        self.train()
        for _ in range(batches):
            z = torch.randn(size, self.z_dim, generator=random).to(self.convolutions[0].weight)
            labels = torch.eye(self.num_classes).repeat(size, 1)[:size] if self.num_classes else None
            self(z, labels)
        for norm in self.norms:
            norm.momentum = 0.1
        self.train(training)


def transposed(config: DCGANConfig, fan_in: int, fan_out: int, *, first: bool = False) -> nn.ConvTranspose2d:
    """From one pixel to the first side, or from one side to twice that."""
    if first:
        return nn.ConvTranspose2d(fan_in, fan_out, config.start, bias=config.bias)
    return nn.ConvTranspose2d(fan_in, fan_out, config.kernel, 2, config.kernel // 2 - 1, bias=config.bias)
