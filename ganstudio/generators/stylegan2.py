"""StyleGAN2: the network as published, trainable and differentiable in float32.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), configurations e and f: a mapping
network from z to w, weight (de)modulated convolutions, per-layer noise and skip connections to RGB. Parameter names
follow the layout most published checkpoints use (`synthesis.b8.conv0.affine.weight`), so that readers only rename.

Weight modulation is computed as scaling of activations (x * s, convolve, * d), which is the same sum and lets one
kernel serve the whole batch. `ganstudio.generators.fast` holds the form used for pictures on screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo, Space

LRELU_GAIN = math.sqrt(2)
LRELU_SLOPE = 0.2


@dataclass(frozen=True)
class StyleGAN2Config:
    """Everything about a StyleGAN2 that its tensors alone do not say.

    `channels[k]` is the width of the block at resolution `4 * 2**k`, so the output is `4 * 2**(len(channels) - 1)`
    pixels a side. `conv_clamp` bounds activations after the gain (256 in published half-precision models).
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


def normalise_second_moment(x: Tensor) -> Tensor:
    """Scale each row of [n, d] to a mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def lrelu(x: Tensor, clamp: float | None = None) -> Tensor:
    """Leaky ReLU with slope 0.2 and gain sqrt 2, then the optional clamp."""
    x = F.leaky_relu(x, LRELU_SLOPE) * LRELU_GAIN
    return x if clamp is None else x.clamp(-clamp, clamp)


def fir_kernel(gain: float = 1.0) -> Tensor:
    """The separable low-pass [1, 3, 3, 1] as a 4 x 4 kernel whose sum is `gain`."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum() * gain


class Dense(nn.Module):
    """A fully connected layer with equalised learning rate: `x @ (weight * lr / sqrt(fan_in)).T + bias * lr`."""

    def __init__(self, fan_in: int, fan_out: int, lr: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in) / lr)
        self.bias = nn.Parameter(torch.full((fan_out,), bias / lr))
        self.lr = lr
        self.scale = lr / math.sqrt(fan_in)

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in] to [n, fan_out]."""
        return F.linear(x, self.weight * self.scale, self.bias * self.lr)


class Mapping(nn.Module):
    """z [n, z_dim] and class labels [n, num_classes] to w [n, w_dim]; keeps the running mean `w_avg`."""

    w_avg: Tensor

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.depth = config.mapping_layers
        width = config.z_dim
        if config.num_classes:
            self.embed = Dense(config.num_classes, config.w_dim)
            width += config.w_dim
        for i in range(self.depth):
            setattr(self, f"fc{i}", Dense(width if i == 0 else config.w_dim, config.w_dim, config.mapping_lr))
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map; z and the embedded label are normalised separately, then joined."""
        x = normalise_second_moment(z)
        if labels is not None:
            x = torch.cat([x, normalise_second_moment(self.embed(labels))], dim=1)
        for i in range(self.depth):
            x = lrelu(getattr(self, f"fc{i}")(x))
        return x


class ModulatedConv(nn.Module):
    """One styled convolution: modulate, convolve (optionally up-sampling by two), demodulate, noise, bias, lrelu."""

    noise_const: Tensor
    blur: Tensor

    def __init__(self, config: StyleGAN2Config, fan_in: int, fan_out: int, resolution: int, up: bool) -> None:
        super().__init__()
        self.affine = Dense(config.w_dim, fan_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(fan_out))
        self.up, self.resolution, self.clamp, self.uses_noise = up, resolution, config.conv_clamp, config.noise
        if config.noise:
            self.register_buffer("noise_const", torch.randn(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("blur", fir_kernel(4.0)[None, None], persistent=False)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        """[n, fan_in, h, h] styled by w [n, w_dim] to [n, fan_out, r, r]; `noise` is [n or 1, 1, r, r]."""
        style = self.affine(w)
        demod = (style.square() @ self.weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()
        x = self._convolve(x * style[:, :, None, None].to(x.dtype))
        bias = (self.bias * LRELU_GAIN)[:, None, None].to(x.dtype)
        x = torch.addcmul(bias, x, (demod * LRELU_GAIN)[:, :, None, None].to(x.dtype))
        if noise is not None:
            x = x + (noise * (self.noise_strength * LRELU_GAIN)).to(x.dtype)
        x = F.leaky_relu(x, LRELU_SLOPE)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _convolve(self, x: Tensor) -> Tensor:
        weight = self.weight.to(x.dtype)
        if not self.up:
            return F.conv2d(x, weight, padding=1)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        kernel = self.blur.to(x.dtype).expand(x.shape[1], 1, 4, 4)
        return F.conv2d(x, kernel, padding=1, groups=x.shape[1])

    def noise(self, mode: str, count: int) -> Tensor | None:
        """The noise image for a mode: "const" (stored), "random" (new each call) or "none"."""
        if not self.uses_noise or mode == "none":
            return None
        if mode == "const":
            return self.noise_const[None, None]
        size = (count, 1, self.resolution, self.resolution)
        return torch.randn(size, device=self.weight.device)


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


def upsample_image(image: Tensor) -> Tensor:
    """Twice the side, through the [1, 3, 3, 1] filter: the skip connection between to-RGBs."""
    wide = F.interpolate(F.pad(image, (1, 1, 1, 1)), scale_factor=2, mode="bilinear")
    return wide[:, :, 2:-2, 2:-2]


class Block(nn.Module):
    """The layers at one resolution: conv0 (up-sampling; absent at 4 px), conv1 and to-RGB."""

    def __init__(self, config: StyleGAN2Config, index: int) -> None:
        super().__init__()
        width, side = config.channels[index], 4 * 2**index
        if index == 0:
            self.const = nn.Parameter(torch.randn(width, 4, 4))
        else:
            self.conv0 = ModulatedConv(config, config.channels[index - 1], width, side, up=True)
        self.conv1 = ModulatedConv(config, width, width, side, up=False)
        self.torgb = ToRGB(config, width)


class Synthesis(nn.Module):
    """w+ [n, num_ws, w_dim] to image [n, 3, r, r]."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.sides = [4 * 2**k for k in range(len(config.channels))]
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
        x, count, used = ws.new_empty(0), ws.shape[0], 0
        for block in self.blocks():
            if hasattr(block, "const"):
                x = block.const[None].expand(count, -1, -1, -1).to(dtype).contiguous(memory_format=torch.channels_last)
            else:
                x = block.conv0(x, ws[:, used], block.conv0.noise(noise, count))
                used += 1
            x = block.conv1(x, ws[:, used], block.conv1.noise(noise, count))
            used += 1
            colours = block.torgb(x, ws[:, used])
            image = colours if image is None else upsample_image(image) + colours
        assert image is not None
        return image


class StyleGAN2(nn.Module):
    """The whole generator: `synthesize(truncate(map(z)))`; see `ganstudio.api.Generator`."""

    family = "stylegan2"
    space: Space = "w"

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.num_classes = config.resolution, config.num_ws, config.num_classes
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config)

    @property
    def w_avg(self) -> Tensor:
        """The mean of w, [w_dim]."""
        return self.mapping.w_avg

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

    def normalise(self, z: Tensor) -> Tensor:
        """z as it is: the mapping network normalises for itself."""
        return z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] (and one-hot labels [n, num_classes]) to w [n, w_dim]."""
        w: Tensor = self.mapping(z, labels)
        return w

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, r, r], differentiable, float32."""
        image: Tensor = self.synthesis(ws, noise)
        return image

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image without truncation."""
        return self.synthesize(self.map(z, labels)[:, None].expand(-1, self.config.num_ws, -1), noise)
