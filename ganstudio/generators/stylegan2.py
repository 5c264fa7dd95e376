"""StyleGAN2: the network as published, trainable and differentiable in float32.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020): a mapping network from z to w, weight
(de)modulated convolutions and per-layer noise; the picture comes from skip connections to RGB, from the last block
alone, or from residual blocks. Parameter names follow the layout most published checkpoints use
(`synthesis.b8.conv0.affine.weight`), so that readers only rename.

Weight modulation is computed as scaling of activations (x * s, convolve, * d), which is the same sum and lets one
kernel serve the whole batch. `ganstudio.generators.stylegan2_fast` holds the form used for pictures on screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo
from ganstudio.generators.mapping import (
    ACTIVATIONS,
    LRELU_GAIN,
    LRELU_SLOPE,
    Dense,
    Mapping,
    Styled,
    lrelu,
    normalise_second_moment,
)

__all__ = ["BLUR", "LRELU_GAIN", "LRELU_SLOPE", "Block", "Dense", "ModulatedConv", "StyleGAN2", "StyleGAN2Config",
           "Synthesis", "ToRGB", "fir_kernel", "lrelu", "normalise_second_moment", "upsample_image"]

BLUR = (0.125, 0.375, 0.375, 0.125)
"""The low-pass filter around up-sampling, [1, 3, 3, 1] normalised."""
HALF_POWER = math.sqrt(0.5)
"""What each branch of a residual block is scaled by, so that their sum keeps the second moment."""
Taps = tuple[float, ...] | tuple[tuple[float, ...], ...]
Architecture = Literal["skip", "orig", "resnet"]


@dataclass(frozen=True)
class StyleGAN2Config:
    """Everything about a StyleGAN2 that its tensors alone do not say.

    `channels[k]` is the width of the block at resolution `4 * 2**k`, so the output is `4 * 2**(len(channels) - 1)`
    pixels a side. `conv_clamp` bounds activations after the gain (256 in published half-precision models).
    `image_channels` is 3 for RGB, 1 for grey, 4 for RGBA. `architecture` says how blocks reach the picture: to-RGB
    in each block, summed ("skip"), in the last alone ("orig"), or that and residual blocks ("resnet"). `taps` is the
    filter around up-sampling, separable or [rows][columns]; `colour_taps` that for colours, where it is another.
    `noise_per_channel` swaps the shapes of noise and strength: a number a channel times a map. `mapping_width`,
    `embed_dim` and `joint_label`: see `Mapping`.
    """

    channels: tuple[int, ...]
    z_dim: int = 512
    w_dim: int = 512
    num_classes: int = 0
    mapping_layers: int = 8
    mapping_lr: float = 0.01
    image_channels: int = 3
    noise: bool = True
    conv_clamp: float | None = None
    architecture: Architecture = "skip"
    activation: str = "lrelu"
    taps: Taps = BLUR
    colour_taps: Taps | None = None
    noise_per_channel: bool = False
    mapping_activation: str = "lrelu"
    mapping_width: int | None = None
    embed_dim: int | None = None
    joint_label: bool = False

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return int(4 * 2 ** (len(self.channels) - 1))

    @property
    def num_ws(self) -> int:
        """How many w vectors a picture takes: one a convolution and one for the last to-RGB."""
        return 2 * len(self.channels)

    @staticmethod
    def config_f(resolution: int, *, channel_base: int = 32768, channel_max: int = 512) -> StyleGAN2Config:
        """The published widths: `min(channel_base // resolution, channel_max)` at each block."""
        sides = [4 * 2**k for k in range(int(math.log2(resolution)) - 1)]
        return StyleGAN2Config(channels=tuple(min(channel_base // s, channel_max) for s in sides))

    def mapping(self) -> Mapping:
        """The mapping network, with random weights."""
        return Mapping(self.z_dim, self.w_dim, num_classes=self.num_classes, layers=self.mapping_layers,
                       lr=self.mapping_lr, width=self.mapping_width, embed_dim=self.embed_dim,
                       joint=self.joint_label, activation=self.mapping_activation)


def fir_kernel(gain: float = 1.0, taps: Taps = BLUR) -> Tensor:
    """A filter as the kernel [h, w] of a correlation, times `gain`; one row of taps means their outer product."""
    kernel = torch.tensor(taps)
    kernel = torch.outer(kernel, kernel) if kernel.ndim == 1 else kernel
    return kernel.flip(0, 1) * gain


def filtered(x: Tensor, kernel: Tensor, before: int = 0) -> Tensor:
    """x [n, c, h, w] with zeros around it through one kernel [k, k] for all channels.

    The margins are those that up-sampling by two through this filter needs: `before` more at the top and left.
    """
    (high, wide), channels = kernel.shape, x.shape[1]
    margins = [(wide + 1) // 2 - 1 + before, wide // 2 - 1, (high + 1) // 2 - 1 + before, high // 2 - 1]
    even = margins[0] if len(set(margins)) == 1 else 0  # padded by the convolution itself, which saves a copy
    x = x if even else F.pad(x, margins)
    return F.conv2d(x, kernel.to(x.dtype).expand(channels, 1, high, wide), padding=even, groups=channels)


class ModulatedConv(nn.Module):
    """One styled convolution: modulate, convolve (optionally up-sampling by two), demodulate, noise, bias, activation.

    `share` scales what comes out, for a branch of a residual block.
    """

    noise_const: Tensor
    blur: Tensor

    def __init__(self, config: StyleGAN2Config, fan_in: int, fan_out: int, resolution: int, up: bool,
                 share: float = 1.0) -> None:
        super().__init__()
        self.affine = Dense(config.w_dim, fan_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(fan_out))
        self.up, self.resolution, self.uses_noise = up, resolution, config.noise
        self.clamp = None if config.conv_clamp is None else config.conv_clamp * share
        self.activation = ACTIVATIONS[config.activation]
        gain = self.activation.gain * share
        self.gain, self.gain_after = (gain, 1.0) if self.activation.homogeneous else (1.0, gain)
        if config.noise:
            shapes = (fan_out, 1, 1), (resolution, resolution)
            noise_shape, strength_shape = shapes if config.noise_per_channel else (shapes[1], ())
            self.register_buffer("noise_const", torch.randn(noise_shape))
            self.noise_strength = nn.Parameter(torch.zeros(strength_shape))
        self.register_buffer("blur", fir_kernel(4.0, config.taps), persistent=False)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        """[n, fan_in, h, h] styled by w [n, w_dim] to [n, fan_out, r, r]; `noise` is [n or 1, 1, r, r]."""
        style = self.affine(w)
        demod = (style.square() @ self.weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()
        x = self._convolve(x * style[:, :, None, None].to(x.dtype))
        bias = (self.bias * self.gain)[:, None, None].to(x.dtype)
        x = torch.addcmul(bias, x, (demod * self.gain)[:, :, None, None].to(x.dtype))
        if noise is not None:
            x = x + (noise * (self.noise_strength * self.gain)).to(x.dtype)
        x = self.activation.function(x)
        x = x if self.gain_after == 1 else x * self.gain_after
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _convolve(self, x: Tensor) -> Tensor:
        weight = self.weight.to(x.dtype)
        if not self.up:
            return F.conv2d(x, weight, padding=1)
        return filtered(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), self.blur)

    def noise(self, mode: str, count: int) -> Tensor | None:
        """The noise for a mode, [n or 1, 1, r, r]: "const" (stored), "random" (new each call) or "none"."""
        if not self.uses_noise or mode == "none":
            return None
        drawn = self.noise_const if self.noise_const.ndim == 3 else self.noise_const[None]
        return drawn[None] if mode == "const" else torch.randn(count, *drawn.shape, device=self.weight.device)


class ToRGB(nn.Module):
    """A 1 x 1 modulated convolution to colours, without demodulation; styles are scaled by 1 / sqrt(fan_in)."""

    def __init__(self, config: StyleGAN2Config, fan_in: int) -> None:
        super().__init__()
        self.affine = Dense(config.w_dim, fan_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(config.image_channels, fan_in, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.image_channels))
        self.scale = 1 / math.sqrt(fan_in)
        self.clamp = config.conv_clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[n, fan_in, r, r] to float32 colours [n, image_channels, r, r]."""
        style = self.affine(w) * self.scale
        x = F.conv2d(x * style[:, :, None, None].to(x.dtype), self.weight.to(x.dtype))
        x = x.float() + self.bias[:, None, None]
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


def upsample_image(image: Tensor, taps: Taps = BLUR) -> Tensor:
    """Twice the side, through the filter: the skip connection between to-RGBs, and that around residual blocks."""
    if taps == BLUR:  # which is bilinear interpolation, where the rim meets zeros
        wide = F.interpolate(F.pad(image, (1, 1, 1, 1)), scale_factor=2, mode="bilinear")
        return wide[:, :, 2:-2, 2:-2]
    wide = image.new_zeros(*image.shape[:2], 2 * image.shape[2], 2 * image.shape[3])
    wide[:, :, ::2, ::2] = image
    return filtered(wide, fir_kernel(4.0, taps).to(image.device), before=1)


class Shortcut(nn.Module):
    """The short way around a residual block: a 1 x 1 convolution, up-sampled."""

    def __init__(self, config: StyleGAN2Config, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, 1, 1))
        self.scale, self.taps = HALF_POWER / math.sqrt(fan_in), config.taps

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, h] to [n, fan_out, 2h, 2h]."""
        return upsample_image(F.conv2d(x, (self.weight * self.scale).to(x.dtype)), self.taps)


class Block(nn.Module):
    """The layers at one resolution: conv0 (up-sampling) and the way around it (both absent at 4 px), conv1, to-RGB."""

    def __init__(self, config: StyleGAN2Config, index: int) -> None:
        super().__init__()
        width, side = config.channels[index], 4 * 2**index
        residual = config.architecture == "resnet" and index > 0
        if index == 0:
            self.const = nn.Parameter(torch.randn(width, 4, 4))
        else:
            self.conv0 = ModulatedConv(config, config.channels[index - 1], width, side, up=True)
        self.conv1 = ModulatedConv(config, width, width, side, up=False, share=HALF_POWER if residual else 1.0)
        if config.architecture == "skip" or index == len(config.channels) - 1:
            self.torgb = ToRGB(config, width)
        if residual:
            self.skip = Shortcut(config, config.channels[index - 1], width)

    def forward(self, x: Tensor | None, ws: Tensor, noise: str, dtype: torch.dtype) -> Tensor:
        """The activations below (none for the first block) and the block's own ws [n, 1 or 2, w_dim] to its own."""
        count = len(ws)
        if x is None:
            x = self.const[None].expand(count, -1, -1, -1).to(dtype).contiguous(memory_format=torch.channels_last)
            return self._conv(self.conv1, x, ws[:, 0], noise)
        inner = self._conv(self.conv1, self._conv(self.conv0, x, ws[:, 0], noise), ws[:, 1], noise)
        return inner + self.skip(x) if hasattr(self, "skip") else inner

    @staticmethod
    def _conv(conv: ModulatedConv, x: Tensor, w: Tensor, noise: str) -> Tensor:
        drawn: Tensor = conv(x, w, conv.noise(noise, len(w)))
        return drawn


class Synthesis(nn.Module):
    """w+ [n, num_ws, w_dim] to image [n, 3, r, r]."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.sides, self.taps = [4 * 2**k for k in range(len(config.channels))], config.colour_taps or config.taps
        for index, side in enumerate(self.sides):
            setattr(self, f"b{side}", Block(config, index))

    def blocks(self) -> Iterator[Block]:
        """The blocks from 4 px upwards."""
        return (getattr(self, f"b{side}") for side in self.sides)

    def convolutions(self) -> list[ModulatedConv]:
        """Every styled convolution in order; number i takes `ws[:, i]`."""
        return [conv for block in self.blocks() for conv in ([block.conv1] if hasattr(block, "const")
                                                             else [block.conv0, block.conv1])]

    def forward(self, ws: Tensor, noise: str = "const", dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw; `dtype` is the precision of the activations (colours are always summed in float32)."""
        image: Tensor | None = None
        x: Tensor | None = None
        for index, block in enumerate(self.blocks()):
            last = 2 * index + 1
            x = block(x, ws[:, max(0, last - 2) : last], noise, dtype)
            if hasattr(block, "torgb"):
                colours = block.torgb(x, ws[:, last])
                image = colours if image is None else upsample_image(image, self.taps) + colours
        assert image is not None
        return image


class StyleGAN2(Styled):
    """The whole generator: `synthesize(truncate(map(z)))`; see `ganstudio.api.Generator`."""

    family = "stylegan2"

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.num_classes = config.resolution, config.num_ws, config.num_classes
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        self.mapping = config.mapping()
        self.synthesis = Synthesis(config)

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """Every convolution in order, then the last to-RGB."""
        sides = self.synthesis.sides
        names = [f"b{side}.conv{k}" for side in sides for k in (0, 1)][1:]
        return tuple(LayerInfo(name, int(name[1:].split(".")[0])) for name in (*names, f"b{sides[-1]}.torgb"))

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The style weights of the layers side by side, [w_dim, units]; the last layer is the last to-RGB."""
        last: Block = getattr(self.synthesis, f"b{self.synthesis.sides[-1]}")
        affines = [conv.affine for conv in self.synthesis.convolutions()] + [last.torgb.affine]
        return torch.cat([affines[i].weight.detach().float().T for i in layers], dim=1)

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, r, r], differentiable, float32."""
        image: Tensor = self.synthesis(ws, noise)
        return image

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image without truncation."""
        return self.synthesize(self.map(z, labels)[:, None].expand(-1, self.config.num_ws, -1), noise)
