"""The published encoders' network: a ResNet as in image classification, with the mask as a fourth colour.

Chai, Wulff and Isola trained these for ProGAN (18 layers, answering z) and StyleGAN2 (34 layers, answering w+) and
published the weights; their blocks are He et al., "Deep Residual Learning for Image Recognition" (2016), and the names
of the tensors are the usual ones (`layer2.0.downsample.0.weight`). Such a file is brought in for one model; see
`ganstudio.checkpoints.encoders`. Batch normalisation always uses its stored statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio_plugins.regressor.masks import Variant, channels, network_input


@dataclass(frozen=True)
class ResNetConfig:
    """The shape of a published encoder; it answers `outputs` rows (layers, or 1 in z) of `dim` numbers.

    `blocks` counts those of each stage; `bottleneck` blocks have three convolutions and are four times as wide at
    their ends. Pictures are brought to `side` pixels a side first, unless it is 0. With `halfsize`, pooling after the
    first convolution keeps the side (for pictures under 150 px). The network is shown the mask less `mask_centre`.
    Where it was trained to answer with uncertainty (`uncertain`), the head gives spreads first, which are left out.
    """

    variant: Variant
    width: int
    blocks: tuple[int, ...]
    bottleneck: bool
    side: int
    halfsize: bool
    mask_centre: float
    outputs: int
    dim: int
    uncertain: bool = False


class Block(nn.Module):
    """Two or three convolutions beside a shortcut, each with its batch normalisation."""

    def __init__(self, fan_in: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        fan_out = 4 * width if bottleneck else width
        shapes = [(fan_in, width, 1, 1), (width, width, 3, stride), (width, fan_out, 1, 1)] if bottleneck else \
            [(fan_in, width, 3, stride), (width, width, 3, 1)]
        self.depth = len(shapes)
        for number, (below, above, kernel, step) in enumerate(shapes, 1):
            setattr(self, f"conv{number}", nn.Conv2d(below, above, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(above))
        same = stride == 1 and fan_in == fan_out
        self.downsample = None if same else nn.Sequential(
            nn.Conv2d(fan_in, fan_out, 1, stride, bias=False), nn.BatchNorm2d(fan_out))

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, w] to [n, fan_out, h / stride, w / stride]."""
        shortcut: Tensor = x if self.downsample is None else self.downsample(x)
        for number in range(1, self.depth + 1):
            x = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x))
            x = F.relu(x if number < self.depth else x + shortcut)
        return x


class ResNetEncoder(nn.Module):
    """Picture and mask to `outputs` x `dim` numbers, by the published network."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1 = nn.Conv2d(channels(config.variant), config.width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(config.width)
        below = config.width
        for stage, count in enumerate(config.blocks):
            width = config.width * 2**stage
            blocks = []
            for index in range(count):
                stride = 2 if stage and not index else 1
                blocks.append(Block(below, width, stride, config.bottleneck))
                below = 4 * width if config.bottleneck else width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(below, config.outputs * config.dim * (2 if config.uncertain else 1))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """`image` [n, 3, h, w] in -1..1 and `mask` [n, 1, h, w] in 0..1 to latents [n, outputs, dim], float32."""
        config = self.config
        x = network_input(image, mask, config.variant, config.side, centre=config.mask_centre, exactly=True)
        x = x.to(self.conv1.weight.dtype).contiguous(memory_format=torch.channels_last)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 1 if config.halfsize else 2, 1)
        for stage in range(len(config.blocks)):
            x = getattr(self, f"layer{stage + 1}")(x)
        answer = cast(Tensor, self.fc(x.float().mean(dim=(2, 3))))
        return answer.reshape(len(x), -1, config.dim)[:, -config.outputs:]

    def in_precision(self, precision: torch.dtype) -> ResNetEncoder:
        """Itself, with activations of this precision; the answer stays float32."""
        self.to(dtype=precision, memory_format=torch.channels_last)
        self.fc.float()
        return self
