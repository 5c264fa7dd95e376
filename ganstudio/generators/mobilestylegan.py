"""MobileStyleGAN: a small generator that draws a Haar wavelet decomposition of its picture.

Belousov, "MobileStyleGAN: A Lightweight Convolutional Neural Network for High-Fidelity Image Synthesis" (2021). Like
StyleGAN2 with three savings: up-sampling is an inverse Haar transform (four channels become one at twice the side),
convolutions are depthwise then pointwise, and demodulation is a constant, folded into the kernels. One to-RGB at half
the picture's side gives the twelve wavelet channels of the picture.

This file is the differentiable float32 form, checked against the published network; `mobilestylegan_fast` draws on
screen. Every modulated step takes a w of its own: the transforms ("up") as well as the convolutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo
from ganstudio.generators.mapping import Styled
from ganstudio.generators.stylegan2 import LRELU_SLOPE, lrelu, normalise_second_moment


@dataclass(frozen=True)
class MobileStyleGANConfig:
    """The shape of the network: `channels[k]` is its width at `4 * 2**k` pixels; the picture has twice the last side.

    All widths but the last must divide by four, for the wavelet transform.
    """

    channels: tuple[int, ...]
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8

    def __post_init__(self) -> None:
        if not self.channels or any(width < 1 for width in self.channels) or any(c % 4 for c in self.channels[:-1]):
            raise ValueError("the widths of a MobileStyleGAN must divide by four")

    @property
    def sides(self) -> tuple[int, ...]:
        """Side of the activations at each block, in pixels."""
        return tuple(4 * 2**k for k in range(len(self.channels)))

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return 2 * self.sides[-1]

    @property
    def num_ws(self) -> int:
        """One w for the first convolution, three a block (up, conv1, conv2), one for to-RGB."""
        return 3 * len(self.channels) - 1


def inverse_haar(x: Tensor) -> Tensor:
    """One level of wavelet synthesis: [n, 4k, h, w] to [n, k, 2h, 2w], orthonormal.

    The first k channels are the averages; then each of the k outputs has its vertical, horizontal and diagonal detail.
    """
    count, channels, height, side = x.shape
    width = channels // 4
    down, across, both = x[:, width:].reshape(count, width, 3, height, side).unbind(2)
    top, bottom = x[:, :width] + down, x[:, :width] - down
    top_detail, bottom_detail = across + both, across - both
    quads = torch.stack(
        [top + top_detail, top - top_detail, bottom + bottom_detail, bottom - bottom_detail], dim=2
    )  # [n, k, 4, h, w]: each output's pixels row by row
    return F.pixel_shuffle(quads.flatten(1, 2) * 0.5, 2)


class Mapping(nn.Module):
    """z [n, z_dim] to w [n, w_dim]; keeps the mean of w."""

    w_avg: Tensor

    def __init__(self, config: MobileStyleGANConfig) -> None:
        super().__init__()
        widths = [config.z_dim] + [config.w_dim] * config.mapping_layers
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """Map; z is normalised first, so its length does not matter."""
        x = normalise_second_moment(z)
        for layer in self.layers:
            x = lrelu(layer(x))
        return x


class Convolution(nn.Module):
    """What every convolution here ends with: stored noise, bias and leaky ReLU, on channels scaled by a style."""

    noise_const: Tensor

    def __init__(self, w_dim: int, fan_in: int, fan_out: int, side: int) -> None:
        super().__init__()
        self.affine = nn.Linear(w_dim, fan_in)
        self.bias = nn.Parameter(torch.zeros(fan_out))
        self.register_buffer("noise_const", torch.zeros(side, side))

    def forward(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        """[n, fan_in, s, s] and w [n, w_dim] to [n, fan_out, s, s]; `noise` is "const", "random" or "none"."""
        x = self.convolve(x * self.affine(w)[:, :, None, None]) + self.bias[:, None, None]
        image = self.noise(noise, len(x))
        return F.leaky_relu(x if image is None else x + image, LRELU_SLOPE)

    def convolve(self, x: Tensor) -> Tensor:
        """The linear part, [n, fan_in, s, s] to [n, fan_out, s, s]."""
        raise NotImplementedError

    def noise(self, mode: str, count: int) -> Tensor | None:
        """The noise image [1 or n, 1, s, s]; "random" is as strong as the stored one."""
        if mode == "none":
            return None
        if mode == "const":
            return self.noise_const[None, None]
        return torch.randn_like(self.noise_const.expand(count, 1, -1, -1)) * self.noise_const.std()


class DenseConvolution(Convolution):
    """An ordinary 3 x 3 convolution; only the first layer, at 4 px, is one."""

    def __init__(self, w_dim: int, fan_in: int, fan_out: int, side: int) -> None:
        super().__init__(w_dim, fan_in, fan_out, side)
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, 3, 3) / (3 * fan_in**0.5))

    def convolve(self, x: Tensor) -> Tensor:
        """3 x 3."""
        return F.conv2d(x, self.weight, padding=1)


class SeparableConvolution(Convolution):
    """A 3 x 3 convolution within each channel, then a 1 x 1 across channels."""

    def __init__(self, w_dim: int, fan_in: int, fan_out: int, side: int) -> None:
        super().__init__(w_dim, fan_in, fan_out, side)
        self.depthwise = nn.Parameter(torch.randn(fan_in, 1, 3, 3) / 3)
        self.pointwise = nn.Parameter(torch.randn(fan_out, fan_in) / fan_in**0.5)

    def convolve(self, x: Tensor) -> Tensor:
        """3 x 3 within, then 1 x 1 across."""
        x = F.conv2d(x, self.depthwise, padding=1, groups=x.shape[1])
        return F.conv2d(x, self.pointwise[:, :, None, None])


class Up(nn.Module):
    """Twice the side: channels scaled by a style, then read as wavelet coefficients."""

    def __init__(self, w_dim: int, fan_in: int) -> None:
        super().__init__()
        self.affine = nn.Linear(w_dim, fan_in)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[n, 4k, s, s] and w [n, w_dim] to [n, k, 2s, 2s]."""
        return inverse_haar(x * self.affine(w)[:, :, None, None])


class ToRGB(nn.Module):
    """Activations to the picture, through its twelve wavelet channels."""

    def __init__(self, w_dim: int, fan_in: int) -> None:
        super().__init__()
        self.affine = nn.Linear(w_dim, fan_in)
        self.weight = nn.Parameter(torch.randn(12, fan_in) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(12))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[n, fan_in, s, s] and w [n, w_dim] to [n, 3, 2s, 2s]."""
        x = x * self.affine(w)[:, :, None, None]
        return inverse_haar(F.conv2d(x, self.weight[:, :, None, None], self.bias))


class Block(nn.Module):
    """One doubling of the side and the two convolutions after it."""

    def __init__(self, w_dim: int, fan_in: int, fan_out: int, side: int) -> None:
        super().__init__()
        self.up = Up(w_dim, fan_in)
        self.conv1 = SeparableConvolution(w_dim, fan_in // 4, fan_out, side)
        self.conv2 = SeparableConvolution(w_dim, fan_out, fan_out, side)

    def forward(self, x: Tensor, ws: Tensor, noise: str) -> Tensor:
        """[n, fan_in, s, s] and this block's ws [n, 3, w_dim] to [n, fan_out, 2s, 2s]."""
        x = self.conv1(self.up(x, ws[:, 0]), ws[:, 1], noise)
        x = self.conv2(x, ws[:, 2], noise)
        return x


class Synthesis(nn.Module):
    """w+ [n, num_ws, w_dim] to picture [n, 3, r, r]."""

    def __init__(self, config: MobileStyleGANConfig) -> None:
        super().__init__()
        widths, sides, w_dim = config.channels, config.sides, config.w_dim
        self.const = nn.Parameter(torch.randn(widths[0], 4, 4))
        self.conv1 = DenseConvolution(w_dim, widths[0], widths[0], 4)
        self.blocks = nn.ModuleList(
            Block(w_dim, a, b, side) for a, b, side in zip(widths, widths[1:], sides[1:], strict=False)
        )
        self.torgb = ToRGB(w_dim, widths[-1])

    def forward(self, ws: Tensor, noise: str = "const") -> Tensor:
        """Draw."""
        x = self.conv1(self.const[None], ws[:, 0], noise)
        for index, block in enumerate(self.blocks):
            x = block(x, ws[:, 1 + 3 * index:4 + 3 * index], noise)
        image: Tensor = self.torgb(x, ws[:, -1])
        return image

    def affines(self) -> list[nn.Linear]:
        """The style matrices in the order of the ws: weights [units, w_dim]."""
        found: list[nn.Linear] = [self.conv1.affine]
        for block in self.blocks:
            assert isinstance(block, Block)
            found += [block.up.affine, block.conv1.affine, block.conv2.affine]
        return [*found, self.torgb.affine]


class MobileStyleGAN(Styled):
    """The whole generator: `synthesize(truncate(map(z)))`; see `ganstudio.api.Generator`."""

    family = "mobilestylegan"
    num_classes = 0

    def __init__(self, config: MobileStyleGANConfig) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws = config.resolution, config.num_ws
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config)

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The first convolution, each block's transform and convolutions, then to-RGB."""
        sides = self.config.sides
        blocks = (LayerInfo(f"b{side}.{part}", side) for side in sides[1:] for part in ("up", "conv1", "conv2"))
        return LayerInfo("b4.conv1", 4), *blocks, LayerInfo(f"b{sides[-1]}.torgb", self.resolution)

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The style weights of the layers side by side, [w_dim, units]."""
        affines = self.synthesis.affines()
        return torch.cat([affines[i].weight.detach().float().T for i in layers], dim=1)

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] to w [n, w_dim]; there are no classes, so `labels` is ignored."""
        w: Tensor = self.mapping(z)
        return w

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, r, r], differentiable, float32."""
        image: Tensor = self.synthesis(ws, noise)
        return image

    def measure_w_avg(self, count: int = 10_000, seed: int = 0) -> None:
        """Set `w_avg` to the mean over `count` z drawn from this seed, for networks published without one."""
        z = torch.randn(count, self.z_dim, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            self.mapping.w_avg.copy_(self.map(z.to(self.w_avg.device)).mean(0))
