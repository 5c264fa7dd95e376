"""The network: a residual encoder of pictures with their masks, only as wide as its generator needs.

The blocks are He et al., "Deep Residual Learning for Image Recognition" (2016), two in each of four stages, as in the
18 layers the paper uses for ProGAN. Four things are ours: the stem halves so often that the last map has 4 to 8
cells a side (small models lose nothing), this map is averaged to 2 x 2 cells rather than to one (so places survive a
narrow network), the answer is told in standard deviations from the mean latent, and there is no batch normalisation:
its running statistics fit no picture when all masks of a batch have one cutoff (on the tests' generator, after 200
steps, that raised the held-out error). Instead blocks start as their shortcuts: De and Smith, "Batch Normalization
Biases Residual Blocks Towards the Identity Function in Deep Networks" (2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio_plugins.regressor.masks import Variant, channels, network_input

STAGES = (1, 2, 4, 8)
"""Widths of the stages in units of the first."""
CELLS = 2
LARGEST_SIDE = 256
"""Larger pictures are averaged down to this side first."""
MOST_PARAMETERS = 3_900_000
"""What fits into 8 MB in half precision with its description."""
WIDTHS = range(8, 65, 4)
BIAS = 0.01


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of an encoder: `width` of its first stage, `outputs` rows (layers, or 1 in z) of `dim` numbers."""

    variant: Variant
    width: int
    side: int
    outputs: int
    dim: int


def fitting_width(side: int, outputs: int, dim: int) -> int:
    """The widest that ships: below 8 MB in half precision, and no wider than the paper's 64 channels.

    Generators of small pictures have less to tell: half a channel a pixel of the side, at least 16, is enough.
    """
    widest = max(16, 4 * math.ceil(side / 8))
    fit = [w for w in WIDTHS if w <= widest and parameter_count(w, outputs * dim) <= MOST_PARAMETERS]
    return max(fit, default=WIDTHS[0])


def parameter_count(width: int, answers: int) -> int:
    """About how many numbers an encoder has: its 3 x 3 kernels, shortcuts and head."""
    body, before = 4 * 9 * width, 1
    for stage in STAGES:
        body += 9 * width**2 * (before * stage + 3 * stage**2) + (before * stage * width**2 if stage != before else 0)
        before = stage
    return body + CELLS**2 * STAGES[-1] * width * answers


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; halves the sides when `stride` is 2. It starts as its shortcut."""

    def __init__(self, fan_in: int, fan_out: int, stride: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(fan_in, fan_out, 3, stride, 1)
        self.conv1 = nn.Conv2d(fan_out, fan_out, 3, 1, 1)
        self.gain = nn.Parameter(torch.zeros(()))
        same = stride == 1 and fan_in == fan_out
        self.skip = nn.Identity() if same else nn.Sequential(
            nn.AvgPool2d(stride, ceil_mode=True), nn.Conv2d(fan_in, fan_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, w] to [n, fan_out, h / stride, w / stride]."""
        y: Tensor = self.skip(x) + self.gain * self.conv1(F.relu(self.conv0(F.relu(x))))
        return y


class Encoder(nn.Module):
    """Picture and mask to `outputs` x `dim` numbers; `centre` and `spread` [dim] are the latents' mean and spread."""

    centre: Tensor
    spread: Tensor

    def __init__(self, config: EncoderConfig, centre: Tensor | None = None, spread: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Conv2d(channels(config.variant), width, 3, 1 if config.side <= 32 else 2, 1)
        widths = [width, *(width * stage for stage in STAGES)]
        self.blocks = nn.Sequential(*(block for i in range(len(STAGES)) for block in (
            Residual(widths[i], widths[i + 1], 1 if i == 0 else 2), Residual(widths[i + 1], widths[i + 1], 1))))
        self.head = nn.Linear(widths[-1] * CELLS**2, config.outputs * config.dim)
        _initialise(self)
        self.register_buffer("centre", torch.zeros(config.dim) if centre is None else centre.clone())
        self.register_buffer("spread", torch.ones(config.dim) if spread is None else spread.clone())

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """`image` [n, 3, h, w] in -1..1 and `mask` [n, 1, h, w] in 0..1 to latents [n, outputs, dim], float32."""
        x = network_input(image, mask, self.config.variant, min(self.config.side, LARGEST_SIDE))
        x = self.stem(x.to(self.stem.weight.dtype).contiguous(memory_format=torch.channels_last))
        if self.config.side >= LARGEST_SIDE:
            x = F.max_pool2d(x, 3, 2, 1)
        x = F.adaptive_avg_pool2d(F.relu(self.blocks(x)), CELLS).flatten(1)
        answer = cast(Tensor, self.head(x)).float().reshape(-1, self.config.outputs, self.config.dim)
        return self.centre + self.spread * answer

    def in_precision(self, precision: torch.dtype) -> Encoder:
        """Itself, with activations of this precision; what its answers are scaled by stays float32."""
        centre, spread = self.centre, self.spread
        self.to(dtype=precision, memory_format=torch.channels_last)
        self.centre, self.spread = centre, spread
        return self


def _initialise(encoder: Encoder) -> None:
    """He's normal kernels with small biases, as the paper's encoders for StyleGAN2; a silent head: the mean latent."""
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.constant_(module.bias, BIAS)
    nn.init.normal_(encoder.head.weight, std=0.1 / math.sqrt(encoder.head.in_features))
    nn.init.zeros_(encoder.head.bias)
