"""StyleGAN3 for pictures on screen: the same network as `stylegan3.py`, arranged for speed on one device.

Filters act on each channel by itself, which is fast where channels lie last in memory and slow elsewhere. Raising the
rate by k is k short filters, one for each place between old pixels (polyphase), so no zero is ever multiplied; along
rows the k results land side by side in memory, where they belong. Demodulation and gains ride along in the filters,
biases in the convolution, the leaky ReLU in the last filter before it. Layers whose ws have not changed since the
last picture are not drawn again.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.generators.fast import Drawn, LayerMemory, Mode, convolve, keep_large_buffers, pack
from ganstudio.generators.mapping import LRELU_GAIN, LRELU_SLOPE
from ganstudio.generators.stylegan3 import Layer, StyleGAN3


class FastStyleGAN3:
    """A `Synthesizer`: w+ to image in the given mode, one picture after the other. Not for two threads at once."""

    def __init__(self, generator: StyleGAN3, mode: Mode, memory_bytes: int = 512 << 20) -> None:
        keep_large_buffers()
        self.mode, self._scale = mode, generator.config.output_scale
        with torch.inference_mode():
            self._input = _on(generator, mode)
            self._layers = [FastLayer(layer, replace(mode, dtype=torch.float32) if layer.colours else mode)
                            for layer in generator.synthesis.stages()]
        self._memory: LayerMemory[Drawn] = LayerMemory(memory_bytes)

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: str = "const", *, remember: bool = True,
                 transform: Tensor | None = None) -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, c, r, r] float32 on this mode's device.

        `transform` is as in `ganstudio.api.Movable`; `noise` changes nothing. With `remember` off (sheets, strips)
        the layers kept for the picture on screen are left alone.
        """
        ws = ws.to(self.mode.device, torch.float32)
        moves = None if transform is None else transform.to(ws).expand(len(ws), -1)
        remember = remember and len(ws) == 1
        images = [self._draw(ws[i:i + 1], None if moves is None else moves[i:i + 1], remember) for i in range(len(ws))]
        return images[0] if len(images) == 1 else torch.cat(images)

    def _draw(self, ws: Tensor, transform: Tensor | None, remember: bool) -> Tensor:
        place = "" if transform is None else str(transform.tolist())
        done = self._memory.recall(ws, place)[:len(self._layers)] if remember else []
        state = done[-1] if done else Drawn(self.mode.put(self._input(ws[:, 0], transform)))
        if remember and not done:
            self._memory.keep(0, state)
        for number in range(max(len(done), 1), len(self._layers) + 1):
            state = Drawn(self._layers[number - 1](state.x, ws[:, number]))
            if remember:
                self._memory.keep(number, state)
        return state.x.float() * self._scale


def _on(generator: StyleGAN3, mode: Mode) -> torch.nn.Module:
    """The input on the mode's device, float32."""
    start = generator.synthesis.input
    return start if mode.device.type == "cpu" else copy.deepcopy(start).to(mode.device)


class FastLayer:
    """One layer for one picture: x [1, i, s, s] to [1, o, t, t]."""

    def __init__(self, layer: Layer, mode: Mode) -> None:
        shape, self._mode = layer.shape, mode
        self._shape, self._colours = shape, layer.colours
        self._weight, self._bias = mode.exact(layer.affine.weight * layer.affine.scale), mode.exact(layer.affine.bias)
        kernel = layer.weight.detach()
        self._gain = mode.exact(layer.magnitude_ema.rsqrt())
        if not layer.colours:
            kernel = kernel * kernel.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()
        self._power = mode.exact(kernel.square().sum(dim=(2, 3)).T)  # [i, o]
        unit = kernel.square().sum(dim=(1, 2, 3)).rsqrt()  # kernels of unit length, for half precision
        self._unit, self._shift = mode.exact(unit), mode.exact(layer.bias)
        self._kernel = pack(kernel * unit[:, None, None, None], mode, (1, kernel.shape[1], *[shape.in_size] * 2),
                            padding=shape.kernel - 1)
        self._filter = Filters(layer, mode)

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        """Draw the layer for w [1, w_dim]."""
        style, scale = self._modulation(w)
        x = x.to(self._mode.dtype) * style.to(self._mode.dtype)[:, None, None]  # not in place: x may be remembered
        x = convolve(x, self._kernel, (self._shift / scale).to(x.dtype), padding=self._shape.kernel - 1)
        return self._filter(x, scale)

    def _modulation(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Styles [i], and what convolutions by the unit kernels are multiplied by [o]."""
        style = F.linear(w, self._weight, self._bias)[0]
        if self._colours:
            return style / len(style) ** 0.5, self._gain / self._unit
        style = style * style.square().mean().rsqrt()
        demod = (style.square() @ self._power + 1e-8).rsqrt()
        most = style.abs().amax()
        return style / most, demod * most * self._gain / self._unit


class Filters:
    """Everything after a layer's convolution: scale, raise the rate, bend, clamp, filter and lower the rate."""

    def __init__(self, layer: Layer, mode: Mode) -> None:
        shape, channels = layer.shape, layer.shape.out_channels
        self._mode, self._up, self._down, self._clamp = mode, shape.up, shape.down, shape.clamp
        self._slope = None if layer.colours else LRELU_SLOPE
        self._out = shape.out_size
        left, right, top, bottom = shape.padding
        side = shape.in_size + shape.kernel - 1
        gain = 1.0 if layer.colours else LRELU_GAIN
        taps = layer.up_filter
        taps = torch.ones(1) if taps is None else taps.detach().float().cpu().flip(0)
        self._columns = Polyphase(taps * shape.up * gain, shape.up, side, (top, bottom), mode)
        self._rows = Polyphase(taps * shape.up, shape.up, side, (left, right), mode)
        self._lower = _lowering(layer.down_filter, channels, mode)

    def __call__(self, x: Tensor, scale: Tensor) -> Tensor:
        """x [1, c, s, s], to be multiplied by `scale` [c] first, to [1, c, t, t]."""
        count = len(scale)
        x = self._rows.wide(x, scale)
        x = self._columns.tall(x, count, self._slope)
        if self._clamp is not None:
            x.clamp_(-self._clamp, self._clamp)
        for kernel in self._lower:
            tall, wide = kernel.shape[2] > 1, kernel.shape[3] > 1
            stride = (self._down if tall else 1, self._down if wide else 1)
            x = F.conv2d(x, kernel, stride=stride, groups=count)
        if not self._lower and self._down > 1:
            x = x[:, :, ::self._down, ::self._down]
        return x[:, :, :self._out, :self._out].contiguous(memory_format=self._mode.format)


def _lowering(taps: Tensor | None, channels: int, mode: Mode) -> list[Tensor]:
    """The filters before the rate is lowered, for every channel: one along each axis, or one in the plane."""
    if taps is None:
        return []
    taps = taps.detach().flip(list(range(taps.ndim)))
    planes = [taps[:, None], taps[None]] if taps.ndim == 1 else [taps]
    return [mode.put(plane.expand(channels, 1, -1, -1)) for plane in planes]


class Polyphase:
    """Raises the rate along one axis: zeros between and around (`padding`, at the higher rate), then `taps` [k].

    Output `up q + p` meets input `q + i` through tap `j + up i` with `j = (before - p) mod up`: a short filter for
    each p. Zeros at their ends line the short filters up, and make the same padding right on both sides.
    """

    def __init__(self, taps: Tensor, up: int, side: int, padding: tuple[int, int], mode: Mode) -> None:
        self._mode, self.up = mode, up
        before, after = padding
        self.length = side * up + before + after - len(taps) + 1
        firsts = [(before - p) % up for p in range(up)]
        starts = [(p + first - before) // up for p, first in enumerate(firsts)]
        base, steps = min(starts), -(-self.length // up)
        self._cut = max(base, 0)
        reach = max(start - base + -(-(len(taps) - first) // up) for start, first in zip(starts, firsts, strict=True))
        base, side = base - self._cut, side - self._cut
        tail = steps - 1 + base + reach - side  # how many inputs are missing at the end; fewer than none: too many
        self._end = side + min(tail, 0)
        self._padding = max(-base, tail, 0)
        lead = self._padding + base
        kernel = torch.zeros(up, self._end + 2 * self._padding + 1 - steps)
        for p, (start, first) in enumerate(zip(starts, firsts, strict=True)):
            short = taps[first::up]
            at = lead + start - self._cut - base
            kernel[p, at:at + len(short)] = short
        self._kernel = mode.exact(kernel)

    def _part(self, x: Tensor, dim: int) -> Tensor:
        return x if not self._cut and self._end == x.shape[dim] else x.narrow(dim, self._cut, self._end)

    def wide(self, x: Tensor, scale: Tensor) -> Tensor:
        """Along rows, channels multiplied by `scale` [c]: [1, c, h, w] to [1, c, h, length or a bit more]."""
        channels, height = x.shape[1], x.shape[2]
        kernel = (self._kernel[:, None] * scale[:, None]).reshape(self.up * channels, 1, 1, -1)
        x = self._part(x, 3).repeat(1, self.up, 1, 1) if self.up > 1 else self._part(x, 3)
        x = F.conv2d(x, self._mode.put(kernel), padding=(0, self._padding), groups=self.up * channels)
        x = x.permute(0, 2, 3, 1).contiguous()  # no copy where channels lie last already
        return x.view(1, height, -1, channels).permute(0, 3, 1, 2)

    def tall(self, x: Tensor, channels: int, slope: float | None) -> Tensor:
        """Along columns, then a leaky ReLU where there is a slope: [1, c, h, w] to [1, c, length or a bit more, w]."""
        x = self._part(x, 2)
        parts = [self._column(x, self._kernel[p].expand(channels, -1)[:, None, :, None], slope)
                 for p in range(self.up)]
        if self.up == 1:
            return parts[0]
        x = torch.stack([part.permute(0, 2, 3, 1) for part in parts], dim=2)  # [1, h, up, w, c]
        return x.flatten(1, 2).permute(0, 3, 1, 2)

    def _column(self, x: Tensor, kernel: Tensor, slope: float | None) -> Tensor:
        x = F.conv2d(x, self._mode.put(kernel), padding=(self._padding, 0), groups=x.shape[1])
        return x if slope is None else F.leaky_relu_(x, slope)
