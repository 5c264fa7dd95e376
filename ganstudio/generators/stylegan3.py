"""StyleGAN3, configurations T and R: the network as published, trainable and differentiable in float32.

Karras et al., "Alias-Free Generative Adversarial Networks" (2021). A picture begins as Fourier features that its
first w turns and shifts; every layer is a styled convolution and a filtered leaky ReLU, on a canvas with a margin
around the picture. Parameter names follow the published checkpoints (`synthesis.L0_36_512.affine.weight`). The
network takes no noise. Its input can be moved: `synthesize_moved` shifts and turns the whole picture.

Weight modulation is computed as scaling of activations, as in `ganstudio.generators.stylegan2`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo
from ganstudio.generators.filtered import Padding, filtered_lrelu
from ganstudio.generators.mapping import LRELU_GAIN, LRELU_SLOPE, Dense, Mapping, Styled


@dataclass(frozen=True)
class LayerShape:
    """One layer: widths, sides of its canvas in pixels, kernel side, rates of its filters.

    `up_taps` and `down_taps` are filter lengths, 1 for no filter; `radial` says that the second is two-dimensional.
    """

    in_channels: int
    out_channels: int
    in_size: int
    out_size: int
    kernel: int
    up: int
    down: int
    up_taps: int
    down_taps: int
    radial: bool
    padding: Padding
    clamp: float | None = 256.0

    def __post_init__(self) -> None:
        """The padding may come as a list, which is how it stands in a file."""
        left, right, top, bottom = self.padding
        object.__setattr__(self, "padding", (left, right, top, bottom))


@dataclass(frozen=True)
class StyleGAN3Config:
    """Everything about a StyleGAN3 that its tensors alone do not say; `layers` ends with to-RGB.

    `input_size` is the side of the first canvas, `input_rate` its pixels across the picture without margin, and
    `bandwidth` the frequency (periods a picture) above which moved features fade out.
    """

    layers: tuple[LayerShape, ...]
    input_size: int
    input_rate: float
    bandwidth: float
    z_dim: int = 512
    w_dim: int = 512
    num_classes: int = 0
    mapping_layers: int = 2
    mapping_lr: float = 0.01
    output_scale: float = 0.25

    def __post_init__(self) -> None:
        """Layers may come as mappings, which is how they stand in a file."""
        made = tuple(LayerShape(**s) if isinstance(s, MappingOf) else s for s in self.layers)
        object.__setattr__(self, "layers", made)

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return self.layers[-1].out_size

    @property
    def num_ws(self) -> int:
        """How many w vectors a picture takes: one for the input, then one a layer."""
        return len(self.layers) + 1

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What checkpoints call the layers: number, side of the canvas, width."""
        return tuple(f"L{i}_{s.out_size}_{s.out_channels}" for i, s in enumerate(self.layers))


class Fourier(nn.Module):
    """The input: sines across the canvas, turned and shifted by w and by the user, then mixed."""

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        channels = config.layers[0].in_channels
        self.size, self.rate, self.bandwidth = config.input_size, config.input_rate, config.bandwidth
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.affine = Dense(config.w_dim, 4)
        with torch.no_grad():
            self.affine.weight.zero_()
            self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        freqs = torch.randn(channels, 2)
        radii = freqs.norm(dim=1, keepdim=True)
        self.register_buffer("freqs", freqs / (radii * (radii.square() / 4).exp()) * config.bandwidth)
        self.register_buffer("phases", torch.rand(channels) - 0.5)
        self.register_buffer("transform", torch.eye(3))

    def forward(self, w: Tensor, transform: Tensor | None = None) -> Tensor:
        """w [n, w_dim] and the user's transform [n or 1, 3] (see `ganstudio.api.Movable`) to [n, c, size, size]."""
        linear, offset = self._placed(w, transform)
        freqs = self.freqs @ linear  # [n, c, 2]
        phases = self.phases + (self.freqs @ offset[:, :, None])[:, :, 0]  # [n, c]
        fading = 1 - (freqs.norm(dim=2) - self.bandwidth) / (self.rate / 2 - self.bandwidth)
        at = (torch.arange(self.size, device=w.device) + 0.5 - self.size / 2) / self.rate
        angles = freqs[:, None, :, 0] * at[:, None] + phases[:, None]  # [n, x, c]
        angles = (freqs[:, None, :, 1] * at[:, None])[:, :, None] + angles[:, None]  # [n, y, x, c]
        x = torch.sin(angles * (2 * math.pi)) * fading.clamp(0, 1)[:, None, None]
        return F.linear(x, self.weight / math.sqrt(len(self.weight))).permute(0, 3, 1, 2)

    def _placed(self, w: Tensor, transform: Tensor | None) -> tuple[Tensor, Tensor]:
        """Where a point of the picture is looked up: `linear` [n, 2, 2] times it, plus `offset` [n, 2]."""
        t = self.affine(w)
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        turned = rotation(t[:, 0], t[:, 1])
        stored = self.transform[None].expand(len(w), -1, -1)
        linear, offset = stored[:, :2, :2], stored[:, :2, 2] - t[:, 2:]
        if transform is not None:
            angle = torch.deg2rad(transform[:, 2]).expand(len(w))
            offset = offset - (linear @ rotation(angle.cos(), -angle.sin()) @ transform[:, :2, None])[:, :, 0]
            linear = linear @ rotation(angle.cos(), -angle.sin())
        return turned @ linear, (turned @ offset[:, :, None])[:, :, 0]


def rotation(cosine: Tensor, sine: Tensor) -> Tensor:
    """Matrices [n, 2, 2] of angles [n]; clockwise on screen, where y points down."""
    return torch.stack([torch.stack([cosine, -sine], dim=1), torch.stack([sine, cosine], dim=1)], dim=1)


class Layer(nn.Module):
    """A styled convolution, bias and filtered leaky ReLU; the last one makes colours and bends nothing."""

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, shape: LayerShape, w_dim: int, *, colours: bool) -> None:
        super().__init__()
        self.shape, self.colours = shape, colours
        self.affine = Dense(w_dim, shape.in_channels, bias=1.0)
        self.weight = nn.Parameter(torch.randn(shape.out_channels, shape.in_channels, shape.kernel, shape.kernel))
        self.bias = nn.Parameter(torch.zeros(shape.out_channels))
        self.register_buffer("magnitude_ema", torch.ones(()))
        self.register_buffer("up_filter", None if shape.up_taps == 1 else _flat(shape.up_taps))
        self.register_buffer("down_filter", None if shape.down_taps == 1 else _flat(shape.down_taps, shape.radial))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[n, in_channels, in_size, in_size] styled by w [n, w_dim] to [n, out_channels, out_size, out_size]."""
        style, weight, scale = self.modulation(w)
        x = F.conv2d(x * style[:, :, None, None].to(x.dtype), weight.to(x.dtype), padding=self.shape.kernel - 1)
        x = torch.addcmul(self.bias[:, None, None].to(x.dtype), x, scale[:, :, None, None].to(x.dtype))
        s = self.shape
        return filtered_lrelu(x, self.up_filter, self.down_filter, up=s.up, down=s.down, padding=s.padding,
                              gain=1.0 if self.colours else LRELU_GAIN, slope=1.0 if self.colours else LRELU_SLOPE,
                              clamp=s.clamp)

    def modulation(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Styles [n, in_channels], the kernel, and what its outputs are multiplied by [n or 1, out_channels]."""
        style, gain = self.affine(w), self.magnitude_ema.rsqrt()
        if self.colours:
            return style / math.sqrt(self.shape.in_channels), self.weight, gain.expand(1, self.shape.out_channels)
        weight = self.weight * self.weight.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()
        style = style * style.square().mean(dim=1, keepdim=True).rsqrt()
        demod = (style.square() @ weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()
        return style, weight, demod * gain


def _flat(taps: int, square: bool = False) -> Tensor:
    """A filter that only averages, until a checkpoint or a recipe brings a better one."""
    return torch.full((taps, taps), 1 / taps**2) if square else torch.full((taps,), 1 / taps)


class Synthesis(nn.Module):
    """w+ [n, num_ws, w_dim] to image [n, c, r, r]."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.names, self.output_scale = config.layer_names, config.output_scale
        self.input = Fourier(config)
        for name, shape in zip(self.names, config.layers, strict=True):
            setattr(self, name, Layer(shape, config.w_dim, colours=name == self.names[-1]))

    def stages(self) -> list[Layer]:
        """The layers in order; number i takes `ws[:, i + 1]`."""
        return [getattr(self, name) for name in self.names]

    def forward(self, ws: Tensor, transform: Tensor | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw; `dtype` is the precision of the activations."""
        x: Tensor = self.input(ws[:, 0], transform).to(dtype)
        for number, layer in enumerate(self.stages()):
            x = layer(x.float() if layer.colours else x, ws[:, number + 1])
        return x * self.output_scale


class StyleGAN3(Styled):
    """The whole generator; see `ganstudio.api.Generator` and `ganstudio.api.Movable`."""

    family = "stylegan3"

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.num_classes = config.resolution, config.num_ws, config.num_classes
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        self.mapping = Mapping(config.z_dim, config.w_dim, num_classes=config.num_classes,
                               layers=config.mapping_layers, lr=config.mapping_lr)
        self.synthesis = Synthesis(config)

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The input, every layer in order, and to-RGB."""
        sides = (self.config.input_size, *(shape.out_size for shape in self.config.layers))
        return tuple(LayerInfo(*pair) for pair in zip(("input", *self.config.layer_names), sides, strict=True))

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The style weights of the layers side by side, [w_dim, units]; the last layer is to-RGB.

        Layer 0, the input, has four units: the turn and the shift that w itself gives to a picture. They count where
        layer 0 is asked for, and are too few to sway the rest where all layers are.
        """
        affines = [self.synthesis.input.affine, *(layer.affine for layer in self.synthesis.stages())]
        return torch.cat([affines[i].weight.detach().float().T for i in layers], dim=1)

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, c, r, r], differentiable, float32; `noise` changes nothing."""
        image: Tensor = self.synthesis(ws)
        return image

    def synthesize_moved(self, ws: Tensor, transform: Tensor) -> Tensor:
        """The same with the whole picture turned and shifted by `transform` [n or 1, 3]."""
        image: Tensor = self.synthesis(ws, transform)
        return image

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z to image without truncation."""
        return self.synthesize(self.map(z, labels)[:, None].expand(-1, self.config.num_ws, -1))
