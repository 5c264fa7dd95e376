"""The discriminator: the residual network of StyleGAN2, made small enough to train on one processor core.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), with the minibatch standard deviation
of "Progressive Growing of GANs" (2018). One change makes it cheap: the low-pass before each halving is the 2 x 2 box,
folded with the 3 x 3 kernel into one 4 x 4 convolution of stride two, so nothing is blurred separately.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.generators.stylegan2 import LRELU_GAIN, LRELU_SLOPE, Dense, lrelu


def box_fold(weight: Tensor) -> Tensor:
    """The kernel [o, i, 4, 4] that equals the 2 x 2 box mean followed by the kernel `weight` [o, i, 3, 3]."""
    return F.avg_pool2d(F.pad(weight, (1, 1, 1, 1)), 2, stride=1)


class Conv(nn.Module):
    """A convolution with equalised learning rate: same size, or half (`down`); with or without bias and lrelu.

    `gain` follows the lrelu in the books; as the lrelu commutes with it, it scales kernel and bias instead.
    """

    def __init__(
        self, fan_in: int, fan_out: int, kernel: int, *,
        down: bool = False, active: bool = True, gain: float = LRELU_GAIN,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(fan_out)) if active else None
        self.scale = gain / math.sqrt(fan_in * kernel * kernel)
        self.kernel, self.down, self.gain = kernel, down, gain

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, h] to [n, fan_out, h, h], or h / 2 when `down`."""
        weight = self.weight * self.scale
        if self.down and self.kernel == 1:
            x = F.avg_pool2d(x, 2)
        elif self.down:
            weight = box_fold(weight)
        stride = 2 if self.down and self.kernel > 1 else 1
        bias = None if self.bias is None else (self.bias * self.gain).to(x.dtype)
        x = F.conv2d(x, weight.to(x.dtype), bias, padding=self.kernel // 2, stride=stride)
        return x if bias is None else F.leaky_relu(x, LRELU_SLOPE)


class DownBlock(nn.Module):
    """Two convolutions and a halving beside a 1 x 1 shortcut; their sum is scaled to keep the variance."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.conv0 = Conv(fan_in, fan_in, 3)
        self.conv1 = Conv(fan_in, fan_out, 3, down=True, gain=1.0)
        self.skip = Conv(fan_in, fan_out, 1, down=True, active=False, gain=math.sqrt(0.5))

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, h] to [n, fan_out, h / 2, h / 2]."""
        y: Tensor = self.conv1(self.conv0(x)) + self.skip(x)
        return y

    def silence(self) -> None:
        """Make the block say nothing yet (its output zero), though every part of it can learn to."""
        for parameter in (*self.conv1.parameters(), self.skip.weight):
            nn.init.zeros_(parameter)


def minibatch_stddev(x: Tensor, group: int = 4) -> Tensor:
    """Append to [n, c, h, w] one channel: the mean standard deviation over groups of pictures, so variety is seen.

    Groups are strided through the batch; a batch that `group` does not divide takes the largest divisor below it.
    """
    count, channels, height, width = x.shape
    group = next(g for g in range(min(group, count), 0, -1) if count % g == 0)
    y = x.float().reshape(group, -1, channels, height, width)
    spread = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return torch.cat([x, spread.to(x.dtype).repeat(group)[:, None, None, None].expand(-1, 1, height, width)], dim=1)


class Discriminator(nn.Module):
    """Pictures [n, 3, r, r] to logits [n, 1]: high means "from the data".

    `channels` are the widths from 4 px upwards, as in `StyleGAN2Config`; r = 4 * 2 ** (len(channels) - 1). Every
    block also sees the picture shrunk to its size, so that a network grown to twice the resolution, its new block
    silent, judges exactly as the old one did. With `num_classes` it also asks whether a picture is of its class, by
    the projection of Miyato and Koyama, "cGANs with Projection Discriminator" (2018).
    """

    def __init__(self, channels: tuple[int, ...], image_channels: int = 3, num_classes: int = 0) -> None:
        super().__init__()
        self.sides = [4 * 2**k for k in range(len(channels) - 1, 0, -1)]
        for width, side in zip(reversed(channels), [*self.sides, 4], strict=True):
            setattr(self, f"from{side}", Conv(image_channels, width, 1, gain=1.0))
        for index, side in enumerate(self.sides):
            setattr(self, f"b{side}", DownBlock(channels[-1 - index], channels[-2 - index]))
        self.conv = Conv(channels[0] + 1, channels[0], 3)
        self.fc = Dense(channels[0] * 16, channels[0])
        self.out = Dense(channels[0], 1)
        self.embed = Dense(num_classes, channels[0]) if num_classes else None

    def blocks(self) -> Iterator[DownBlock]:
        """The blocks from the full size downwards."""
        return (getattr(self, f"b{side}") for side in self.sides)

    def forward(self, image: Tensor, dtype: torch.dtype = torch.float32, labels: Tensor | None = None) -> Tensor:
        """Judge pictures, of classes [n, num_classes] where there are any; `dtype` is the precision of the
        activations (the last layers are always float32)."""
        x = minibatch_stddev(self.maps(image, dtype)[-1]).contiguous(memory_format=torch.channels_last)
        x = self.conv(x).float()
        features = lrelu(self.fc(x.flatten(1)))
        logits: Tensor = self.out(features)
        if self.embed is None or labels is None:
            return logits
        agreement: Tensor = (features * self.embed(labels)).sum(dim=1, keepdim=True)
        return logits + agreement / math.sqrt(features.shape[1])

    def maps(self, image: Tensor, dtype: torch.dtype = torch.float32) -> list[Tensor]:
        """What it sees: a map [n, channels, side, side] at every size, the full one first, 4 px last."""
        image = image.to(dtype).contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = [self._from(image)]
        for block in self.blocks():
            image = F.avg_pool2d(image, 2)
            maps.append(block(maps[-1]) + self._from(image))
        return maps

    def _from(self, image: Tensor) -> Tensor:
        features: Tensor = getattr(self, f"from{image.shape[-1]}")(image)
        return features
