"""ProGAN for pictures on screen: the same network as `progan.py`, prepared for speed on one device.

What it does differently from the exact form: scales are in the kernels; repeating pixels and convolving them is one
transposed convolution with 16 taps a pixel instead of 36; the first layer is a matrix product. The norm of a pixel is
found in one pass, and where colours follow, it scales these instead of the activations. Layers of the smallest sides
stay in float32 in every mode: they cost next to nothing, and rounding there is what shows.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import NoiseMode
from ganstudio.generators.fast import Mode, convolve, convolve_up, keep_large_buffers, pack, pack_up
from ganstudio.generators.progan import Layer, ProGAN, finish, grown, pixel_norm

EXACT_SIDE = 16
"""Layers up to this side are drawn in float32."""
VECTOR = 32
"""Fewer channels than this are scaled faster by as many copies of the scale."""


class FastProGAN:
    """A `Synthesizer`: w+ to image in the given mode. Not for two threads at once."""

    def __init__(self, generator: ProGAN, mode: Mode) -> None:
        keep_large_buffers()
        config = generator.config
        self.mode, self.resolution, self._ending = mode, generator.resolution, config.ending
        self._repeats = 2 ** int(config.lod)
        last, self._blend = grown(len(config.widths), config.lod)
        with torch.inference_mode():
            self._first = FirstLayer(generator.layer(0), mode)
            self._layers = [FastLayer(generator.layer(i), 4 * 2 ** (i // 2), mode) for i in range(1, 2 * last + 2)]
            self._colours = FastToRGB(generator.output(last), mode)
            self._below = FastToRGB(generator.output(last - 1), mode) if self._blend else None

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ [n, 1, w_dim] float32 to image [n, image_channels, r, r] float32 on this mode's device."""
        x = self._first(ws[:, 0].to(self.mode.device, torch.float32))
        below: Tensor | None = None
        for number, layer in enumerate(self._layers, 1):
            if self._below is not None and number == len(self._layers) - 1:
                below = F.interpolate(self._below(x), scale_factor=2.0)
            x = layer(x)
        image = self._colours(x)
        image = image if below is None else torch.lerp(image, below, self._blend)
        return finish(image if self._repeats == 1 else F.interpolate(image, scale_factor=float(self._repeats)),
                      self._ending)


def norms(x: Tensor, epsilon: float) -> Tensor:
    """What brings the channels of each pixel to a mean square of one: [n, c, h, w] to float32 [n, 1, h, w]."""
    length: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True).float()
    return length.square_().div_(x.shape[1]).add_(epsilon).rsqrt_()


def normalise_(x: Tensor, epsilon: float | None) -> Tensor:
    """`pixel_norm` in place; as it is without an epsilon."""
    if epsilon is None:
        return x
    scale = norms(x, epsilon).to(x.dtype)
    if x.shape[1] < VECTOR and x.dtype != torch.float32 and x.device.type == "cpu":
        scale = scale.expand_as(x).contiguous(memory_format=torch.channels_last)
    return x.mul_(scale)


def scaled(layer: Layer) -> tuple[Tensor, Tensor]:
    """A layer's kernel and bias as they are used."""
    return layer.weight.detach() * layer.scale, layer.bias.detach() * layer.bias_scale


class FirstLayer:
    """w [n, w_dim] to [n, width, 4, 4], in float32."""

    def __init__(self, layer: Layer, mode: Mode) -> None:
        weight, bias = scaled(layer)
        self._width, self._epsilon, self._slope = len(weight), layer.epsilon, layer.slope
        self._weight = mode.exact(weight.flip(2, 3).permute(0, 2, 3, 1).flatten(0, 2))  # [16 * width, w_dim]
        places = bias if bias.ndim == 3 else bias[:, None, None].expand(-1, 4, 4)
        self._bias = mode.exact(places.flatten())

    def __call__(self, w: Tensor) -> Tensor:
        w = w if self._epsilon is None else pixel_norm(w, self._epsilon)
        x = F.leaky_relu(F.linear(w, self._weight, self._bias), self._slope)
        return x.reshape(-1, self._width, 4, 4).contiguous(memory_format=torch.channels_last)


class FastLayer:
    """A convolution with what comes before and after it: x [n, i, h, h] to [n, o, side, side]. Changes x."""

    def __init__(self, layer: Layer, side: int, mode: Mode) -> None:
        mode = replace(mode, dtype=torch.float32) if side <= EXACT_SIDE else mode
        weight, bias = scaled(layer)
        self._dtype, self._bias = mode.dtype, mode.put(bias)
        self._up, self._epsilon, self._slope = layer.up, layer.epsilon, layer.slope
        below = (1, weight.shape[1], side // (2 if layer.up else 1), side // (2 if layer.up else 1))
        self._kernel = pack_up(doubled(weight), mode, below, padding=1) if layer.up else pack(weight, mode, below)

    def __call__(self, x: Tensor) -> Tensor:
        x = normalise_(x, self._epsilon).to(self._dtype)
        if self._up:
            return convolve_up(x, self._kernel, self._bias, padding=1, slope=self._slope)
        return convolve(x, self._kernel, self._bias, slope=self._slope)


def doubled(weight: Tensor) -> Tensor:
    """[o, i, 3, 3] on repeated pixels as the kernel [i, o, 4, 4] of one transposed convolution of stride 2."""
    padded = F.pad(weight.transpose(0, 1).flip(2, 3), (1, 1, 1, 1))
    return padded[:, :, 1:, 1:] + padded[:, :, :-1, 1:] + padded[:, :, 1:, :-1] + padded[:, :, :-1, :-1]


class FastToRGB:
    """Colours [n, image_channels, r, r], float32, of activations that are not normalised yet."""

    def __init__(self, layer: Layer, mode: Mode) -> None:
        weight, bias = scaled(layer)
        self._weight, self._bias, self._epsilon = mode.exact(weight[:, :, 0, 0]), mode.exact(bias), layer.epsilon

    def __call__(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # [n, r * r, i], no copy
        kernel = self._weight.to(x.dtype).expand(count, -1, -1)
        colours = torch.bmm(kernel, pixels.transpose(1, 2)).float().reshape(count, -1, height, width)
        if self._epsilon is not None:
            colours = colours.mul_(norms(x, self._epsilon))
        return colours.add_(self._bias[:, None, None])
