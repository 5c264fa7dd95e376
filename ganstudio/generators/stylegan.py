"""StyleGAN, the first one: the network as published, trainable and differentiable in float32.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019). From a learned
constant, every layer convolves, blurs (where it doubled the side), adds noise and a bias, bends, brings each channel
to mean zero and variance one, and gives it the scale and shift that its w says (AdaIN). Parameter names follow the
layout most published checkpoints use (`synthesis.layer3.style.weight`), so that readers only rename.

From `fused_from` pixels on, doubling the side and convolving are one transposed convolution whose kernel is the sum
of four shifted ones, which is another sum than repeating pixels and convolving.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo
from ganstudio.generators.mapping import Dense, Mapping, Styled
from ganstudio.generators.progan import HE, Ending, check_growth, finish, grown

EPSILON = 1e-8
"""Keeps a channel that is the same everywhere from being divided by zero."""


@dataclass(frozen=True)
class StyleGANConfig:
    """Everything about a StyleGAN that its tensors alone do not say; the defaults are the paper's.

    `widths[k]` is the width of the block at side `4 * 2**k`. To-RGBs exist from block `first_rgb` up; `lod` is how far
    the network still has to grow: its whole part halves the side so often, its fraction blends the picture one size
    below in. `fused_from` is the side from which up-sampling is fused (None: nowhere). `blur` holds the filter after
    up-sampling, () for none. `noise_per_channel` swaps the shapes of noise and strength: a number a channel times a
    map. `w_per_layer` says that the mapping network makes a w for each layer. Labels are embedded to `label_width`
    numbers (None: to `z_dim`).
    """

    widths: tuple[int, ...]
    z_dim: int = 512
    w_dim: int = 512
    num_classes: int = 0
    mapping_layers: int = 8
    mapping_width: int = 512
    mapping_lr: float = 0.01
    image_channels: int = 3
    fused_from: int | None = 128
    blur: tuple[float, ...] = (0.25, 0.5, 0.25)
    constant_input: bool = True
    noise: bool = True
    noise_per_channel: bool = False
    activation: str = "lrelu"
    slope: float = 0.2
    ending: Ending = "none"
    first_rgb: int = 0
    lod: float = 0.0
    w_per_layer: bool = False
    label_width: int | None = None

    def __post_init__(self) -> None:
        check_growth(len(self.widths), self.first_rgb, self.lod)

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return int(4 * 2 ** (len(self.widths) - 1))

    @property
    def num_ws(self) -> int:
        """How many w vectors a picture takes: two a block."""
        return 2 * len(self.widths)

    @staticmethod
    def published(resolution: int) -> StyleGANConfig:
        """The paper's widths: `min(16384 / side, 512)` at each block."""
        sides = [4 * 2**k for k in range(int(math.log2(resolution)) - 1)]
        return StyleGANConfig(widths=tuple(min(16384 // side, 512) for side in sides))


def instance_norm(x: Tensor) -> Tensor:
    """Each channel of each picture [n, c, h, w] to mean zero and variance one."""
    x = x - x.mean(dim=(2, 3), keepdim=True)
    return x * (x.square().mean(dim=(2, 3), keepdim=True) + EPSILON).rsqrt()


def fused_kernel(weight: Tensor) -> Tensor:
    """[o, i, 3, 3] to that of the transposed convolution, [i, o, 4, 4]: the sum of four copies a pixel apart."""
    wide = F.pad(weight, (1, 1, 1, 1))
    wide = wide[:, :, 1:, 1:] + wide[:, :, :-1, 1:] + wide[:, :, 1:, :-1] + wide[:, :, :-1, :-1]
    return wide.transpose(0, 1)


def blur(x: Tensor, taps: Sequence[float]) -> Tensor:
    """Filter every channel of [n, c, h, w] along both axes, zeros outside; the side stays."""
    row = torch.tensor(taps, dtype=x.dtype, device=x.device)
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    kernel = torch.outer(row, row).expand(x.shape[1], 1, -1, -1)
    return F.conv2d(F.pad(x, (before, after, before, after)), kernel, groups=x.shape[1])


class StyledLayer(nn.Module):
    """What one w styles: a convolution (or the start of it all), noise, bias, activation, AdaIN."""

    noise: Tensor

    def __init__(self, config: StyleGANConfig, number: int) -> None:
        super().__init__()
        block, self.up = number // 2, number > 0 and number % 2 == 0
        width, self.side = config.widths[block], 4 * 2**block
        fan_in = config.widths[block - 1] if self.up else width if number else config.w_dim
        kernel = 3 if number else 4
        if number == 0 and config.constant_input:
            self.const = nn.Parameter(torch.ones(1, width, 4, 4))
        else:
            self.weight = nn.Parameter(torch.randn(width, fan_in, kernel, kernel))
        self.first, self.padding, self.scale = number == 0, (1 if number else 3), HE / math.sqrt(fan_in * kernel**2)
        self.fused = self.up and config.fused_from is not None and self.side >= config.fused_from
        self.taps, self.slope = config.blur if self.up else (), config.slope
        self.bias = nn.Parameter(torch.zeros(width))
        if config.noise:
            maps, strengths = [1, 1, self.side, self.side], [width]
            if config.noise_per_channel:
                maps, strengths = [1, width, 1, 1], [self.side, self.side]
            self.register_buffer("noise", torch.randn(maps))
            self.noise_strength = nn.Parameter(torch.zeros(strengths))
        self.style = Dense(config.w_dim, 2 * width)
        with torch.no_grad():
            self.style.bias[:width] = 1.0

    def forward(self, x: Tensor, w: Tensor, noise: str = "const") -> Tensor:
        """[n, fan_in, h, h] styled by w [n, w_dim] to [n, width, side, side]; the first layer takes no x."""
        x = self.sum(x, w)
        if hasattr(self, "noise") and noise != "none":
            x = x + self.noise_image(noise, len(w)).to(x.dtype)
        x = F.leaky_relu(x + self.bias[:, None, None].to(x.dtype), self.slope)
        style: Tensor = self.style(w)[:, :, None, None]
        scale, shift = style.chunk(2, dim=1)
        return (instance_norm(x.float()) * scale + shift).to(x.dtype)

    def sum(self, x: Tensor, w: Tensor) -> Tensor:
        """The linear part, blur included."""
        if hasattr(self, "const"):
            start: Tensor = self.const.to(x.dtype)
            return start.expand(len(w), -1, -1, -1)
        x = w[:, :, None, None].to(x.dtype) if self.first else x
        weight: Tensor = (self.weight * self.scale).to(x.dtype)
        if self.fused:
            x = F.conv_transpose2d(x, fused_kernel(weight), stride=2, padding=1)
        else:
            x = F.interpolate(x, scale_factor=2.0) if self.up else x
            x = F.conv2d(x, weight, padding=self.padding)
        return blur(x, self.taps) if self.taps else x

    def noise_image(self, mode: str, count: int) -> Tensor:
        """What is added for a mode, "const" (stored) or "random" (new each call): [n or 1, width, side, side]."""
        values = torch.randn_like(self.noise.expand(count, -1, -1, -1)) if mode == "random" else self.noise
        strength = self.noise_strength
        return values * (strength[:, None, None] if strength.ndim == 1 else strength)


class ToRGB(nn.Module):
    """A 1 x 1 convolution to colours; nothing styles it."""

    def __init__(self, config: StyleGANConfig, block: int) -> None:
        super().__init__()
        width = config.widths[block]
        self.weight = nn.Parameter(torch.randn(config.image_channels, width, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.image_channels))
        self.scale = 1 / math.sqrt(width)

    def forward(self, x: Tensor) -> Tensor:
        """[n, width, r, r] to float32 colours."""
        colours = F.conv2d(x, (self.weight * self.scale).to(x.dtype)).float()
        return colours + self.bias[:, None, None]


class Synthesis(nn.Module):
    """w+ [n, num_ws, w_dim] to image [n, c, r, r]."""

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.config = config
        for number in range(config.num_ws):
            setattr(self, f"layer{number}", StyledLayer(config, number))
        for block in range(config.first_rgb, len(config.widths)):
            setattr(self, f"output{block}", ToRGB(config, block))

    def layer(self, number: int) -> StyledLayer:
        """The layer that takes `ws[:, number]`."""
        found: StyledLayer = getattr(self, f"layer{number}")
        return found

    def output(self, block: int) -> ToRGB:
        """The to-RGB of a block."""
        found: ToRGB = getattr(self, f"output{block}")
        return found

    def forward(self, ws: Tensor, noise: str = "const", dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw at full side, as grown as the config's `lod` says; `dtype` is the precision of the activations."""
        lod, blocks = self.config.lod, len(self.config.widths)
        last, blend = grown(blocks, lod)
        x, below = ws.new_empty(0, dtype=dtype), None
        for number in range(2 * last + 2):
            if number == 2 * last and blend:
                below = F.interpolate(self.output(last - 1)(x), scale_factor=2.0)
            x = self.layer(number)(x, ws[:, number], noise)
        image = self.output(last)(x)
        image = image if below is None else torch.lerp(image, below, blend)
        image = image if last == blocks - 1 else F.interpolate(image, scale_factor=2.0 ** int(lod))
        return finish(image, self.config.ending)


class StyleGAN(Styled):
    """The whole generator: `synthesize(truncate(map(z)))`; see `ganstudio.api.Generator`."""

    family = "stylegan"

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.num_classes = config.resolution, config.num_ws, config.num_classes
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        self.mapping = Mapping(
            config.z_dim, config.w_dim * (config.num_ws if config.w_per_layer else 1), num_classes=config.num_classes,
            layers=config.mapping_layers, lr=config.mapping_lr, width=config.mapping_width,
            embed_dim=config.label_width or config.z_dim, joint=True, activation=config.activation)
        self.synthesis = Synthesis(config)

    @property
    def w_avg(self) -> Tensor:
        """The mean of w, [w_dim], or [num_ws, w_dim] where each layer has its own."""
        mean = super().w_avg
        return mean.view(self.num_ws, self.w_dim) if self.config.w_per_layer else mean

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """Two a block, from 4 px upwards."""
        return tuple(LayerInfo(f"layer{i}", 4 * 2 ** (i // 2)) for i in range(self.num_ws))

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The style weights of the layers side by side, those of scales and of shifts: [w_dim, units]."""
        return torch.cat([self.synthesis.layer(i).style.weight.detach().float().T for i in layers], dim=1)

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] (and class weights [n, num_classes]) to w [n, w_dim], or [n, num_ws, w_dim]."""
        w: Tensor = self.mapping(z, labels)
        return w.view(len(w), self.num_ws, self.w_dim) if self.config.w_per_layer else w

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, c, r, r], differentiable, float32."""
        image: Tensor = self.synthesis(ws, noise)
        return image

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image without truncation."""
        w = self.map(z, labels)
        return self.synthesize(w if w.ndim == 3 else w[:, None].expand(-1, self.num_ws, -1), noise)
