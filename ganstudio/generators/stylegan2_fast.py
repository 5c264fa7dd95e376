"""StyleGAN2 for pictures on screen: the same network as `stylegan2.py`, prepared for speed on one device.

The network is a chain of stages, stage i styled by `ws[:, i]`, so that layers below the first change are re-used.
Where a layer has far more activations than weights, a single picture's kernels take its style and demodulation;
elsewhere, and for batches, kernels stay packed and activations are scaled. Up-sampling is a transposed convolution
and a blur, or one convolution with the blur folded into four kernels, whichever is faster here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import NoiseMode
from ganstudio.generators.compiled import finish_for
from ganstudio.generators.fast import (
    LRELU_SLOPE,
    LayerMemory,
    Mode,
    convolve,
    convolve_up,
    fastest,
    keep_large_buffers,
    pack,
    pack_up,
)
from ganstudio.generators.mapping import LRELU_GAIN, Dense
from ganstudio.generators.stylegan2 import BLUR, ModulatedConv, StyleGAN2, StyleGAN2Config, ToRGB, fir_kernel

EXACT_SIDE = 8
"""Layers up to this side are drawn in float32 in every mode: that costs next to nothing and is worth two decibels."""
STYLED_FROM = 2
"""Kernels take the style where a layer has more than this many activations a weight."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a stage hands on: activations [n, c, r, r], and the colours of the blocks below, float32."""

    x: Tensor
    image: Tensor | None = None

    @property
    def bytes(self) -> int:
        """How much memory this holds."""
        return sum(t.numel() * t.element_size() for t in (self.x, self.image) if t is not None)


def has_fast_form(config: StyleGAN2Config) -> bool:
    """Whether this form draws such a network: all published ones but residual blocks, odd filters and activations."""
    return (config.architecture in ("skip", "orig") and config.activation == "lrelu" and not config.noise_per_channel
            and config.taps == (config.colour_taps or BLUR) == BLUR)


class FastStyleGAN2:
    """A `Synthesizer`: w+ to image in one mode, for networks that `has_fast_form`. Not for two threads at once."""

    def __init__(self, generator: StyleGAN2, mode: Mode, memory_bytes: int = 512 << 20) -> None:
        keep_large_buffers()
        self.mode, self.resolution = mode, generator.resolution
        with torch.inference_mode():
            blocks = list(generator.synthesis.blocks())
            self._start = mode_at(4, mode).put(blocks[0].const[None])
            self._convs = [FastConv(conv, mode) for conv in generator.synthesis.convolutions()]
            self._colours = {i: FastToRGB(b.torgb, mode) for i, b in enumerate(blocks) if hasattr(b, "torgb")}
        self._memory: LayerMemory[Drawn] = LayerMemory(memory_bytes)

    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, 3, r, r] float32 on this mode's device."""
        return self.preview(ws, self.resolution, noise)

    @torch.inference_mode()
    def preview(self, ws: Tensor, side: int, noise: NoiseMode = "const", *, remember: bool = True) -> Tensor:
        """The picture as it stands at `side` pixels (a power of two, at most the resolution): cheaper, and smaller.

        Where the last block alone draws colours it is the full picture all the same. A full picture after a preview
        of the same `ws` goes on from it. With `remember` off (sheets, strips) the layers kept for the picture on
        screen are left alone.
        """
        side = min(side, self.resolution) if 0 in self._colours else self.resolution
        last = 2 * (side.bit_length() - 2) - 1
        ws = ws.to(self.mode.device, torch.float32)
        remember = remember and len(ws) == 1
        done = self._memory.recall(ws, noise)[:last] if remember else []
        state = done[-1] if done else Drawn(self._start.expand(len(ws), -1, -1, -1))
        for number in range(len(done), last):
            state = self._stage(number, state, ws[:, number], noise)
            if remember:
                self._memory.keep(number, state)
        return self._colours[last // 2](state.x, ws[:, last], state.image)

    def _stage(self, number: int, state: Drawn, w: Tensor, noise: NoiseMode) -> Drawn:
        """All that one w [n, w_dim] styles: the colours of a finished block (odd numbers), then a convolution."""
        colour = self._colours.get(number // 2) if number % 2 else None
        image = colour(state.x, w, state.image) if colour else state.image
        return Drawn(self._convs[number](state.x, w, noise), image)


def mode_at(side: int, mode: Mode) -> Mode:
    """How layers of a side are computed."""
    return replace(mode, dtype=torch.float32) if side <= EXACT_SIDE else mode


class Style:
    """w [n, w_dim] to styles [n, fan_in], in float32."""

    def __init__(self, affine: Dense, mode: Mode, scale: float = 1.0) -> None:
        self._weight = mode.exact(affine.weight * (affine.scale * scale))
        self._bias = mode.exact(affine.bias * (affine.lr * scale))

    def __call__(self, w: Tensor) -> Tensor:
        return F.linear(w, self._weight, self._bias)


class FastToRGB:
    """Colours of a block, float32, on top of those of the blocks below; never kept in less than float32."""

    def __init__(self, torgb: ToRGB, mode: Mode) -> None:
        self._style = Style(torgb.affine, mode, torgb.scale)
        self._weight, self._bias = mode.exact(torgb.weight[:, :, 0, 0]), mode.exact(torgb.bias[:, None, None])
        self._clamp = torgb.clamp

    def __call__(self, x: Tensor, w: Tensor, below: Tensor | None) -> Tensor:
        """x [n, i, r, r] and colours [n, 3, r / 2, r / 2] to colours [n, 3, r, r]."""
        kernel = (self._weight * self._style(w)[:, None]).to(x.dtype)  # [n, 3, i]
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # [n, r * r, i], no copy
        if x.dtype == torch.float32:  # the faster way round differs
            colours = torch.bmm(pixels, kernel.transpose(1, 2)).transpose(1, 2)
        else:
            colours = torch.bmm(kernel, pixels.transpose(1, 2))
        image = w.new_empty(len(x), len(self._bias), *x.shape[2:])
        torch.add(self._bias, colours.view(image.shape), out=image)
        if self._clamp is not None:
            image.clamp_(-self._clamp, self._clamp)
        return image if below is None else image.add_(enlarge(below))


def enlarge(image: Tensor) -> Tensor:
    """Twice the side through [1, 3, 3, 1]: bilinear, less a quarter at the rim, where the filter meets zeros."""
    image = F.interpolate(image, scale_factor=2, mode="bilinear")
    for rim in (image[:, :, 0], image[:, :, -1], image[:, :, :, 0], image[:, :, :, -1]):
        rim.mul_(0.75)
    return image


class FastConv:
    """A styled convolution with its noise, bias and activation: x [n, i, h, h] to [n, o, r, r]."""

    def __init__(self, conv: ModulatedConv, mode: Mode) -> None:
        mode = mode_at(conv.resolution, mode)
        self._dtype = mode.dtype
        power = mode.exact(conv.weight.square().sum(dim=(2, 3)))  # [o, i]
        self._unit = (power.sum(dim=1) + 1e-8).rsqrt()  # [o]: packed kernels have unit length, for half precision
        self._power, self._style = power.T.contiguous(), Style(conv.affine, mode)
        self._bias, self._noise, self._clamp = mode.put(conv.bias * LRELU_GAIN), _noise_of(conv, mode), conv.clamp
        self._linear = _linear_for(conv, mode)
        self._unit_kernel = functools.cache(lambda: self._linear.packed(self._unit))
        self._styled = conv.resolution**2 > STYLED_FROM * 9 * conv.weight.shape[1]
        self._finish = finish_for(mode)

    def __call__(self, x: Tensor, w: Tensor, noise_mode: NoiseMode) -> Tensor:
        """Draw the layer for w [n, w_dim], with the stored noise or with none."""
        style = self._style(w)
        demod = (style.square() @ self._power + 1e-8).rsqrt_().mul_(LRELU_GAIN)
        noise = self._noise if noise_mode == "const" else None
        draw = self._one if self._styled and len(w) == 1 else self._many
        return draw(x.to(self._dtype), style, demod, noise)

    def _one(self, x: Tensor, style: Tensor, demod: Tensor, noise: Tensor | None) -> Tensor:
        kernel = self._linear.styled(style[0], demod[0])
        if noise is None and self._clamp is None:
            return self._linear(x, kernel, self._bias, LRELU_SLOPE)
        return self._finish(self._linear(x, kernel, self._bias, None), noise, self._clamp)

    def _many(self, x: Tensor, style: Tensor, demod: Tensor, noise: Tensor | None) -> Tensor:
        most = style.abs().amax(dim=1, keepdim=True).clamp_(min=1e-8)
        x = x * (style / most).to(x.dtype)[:, :, None, None]
        y = self._linear(x, self._unit_kernel(), None, None)
        y.mul_((demod * most / self._unit).to(y.dtype)[:, :, None, None]).add_(self._bias[:, None, None])
        return self._finish(y, noise, self._clamp)


def _noise_of(conv: ModulatedConv, mode: Mode) -> Tensor | None:
    """The stored noise as it is added, [1, 1, r, r]; None where it would add nothing."""
    if not conv.uses_noise or not bool(conv.noise_strength):
        return None
    return mode.put((conv.noise_const * (conv.noise_strength * LRELU_GAIN))[None, None])


class Linear(Protocol):
    """The linear part of a layer; kernels are made either for one picture's style, or packed for any."""

    def styled(self, style: Tensor, demod: Tensor) -> Tensor:
        """The kernel with style [i] and demodulation [o] in it."""
        ...

    def packed(self, scale: Tensor) -> Tensor:
        """The kernel scaled by [o] only, stored for frequent use."""
        ...

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        """x [n, i, h, h] with such a kernel, bias [o] and a leaky ReLU where there is a slope, to [n, o, r, r]."""
        ...


class SameSize:
    """3 x 3 without up-sampling."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        self._mode, self._side, self._weight = mode, side, mode.exact(weight)  # [o, i, 3, 3]

    def styled(self, style: Tensor, demod: Tensor) -> Tensor:
        return (self._weight * style[:, None, None]).mul_(demod[:, None, None, None]).to(self._mode.dtype)

    def packed(self, scale: Tensor) -> Tensor:
        kernel = self._weight * scale[:, None, None, None]
        return pack(kernel, self._mode, (1, kernel.shape[1], self._side, self._side))

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return convolve(x, kernel, bias, slope=slope)


class Transposed:
    """Up-sampling as published: a transposed convolution, then the blur."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        self._mode, self._side, self._weight = mode, side, mode.exact(weight.transpose(0, 1))  # [i, o, 3, 3]
        self._blur = mode.put(fir_kernel(4.0).expand(weight.shape[0], 1, 4, 4))

    def styled(self, style: Tensor, demod: Tensor) -> Tensor:
        return (self._weight * style[:, None, None, None]).mul_(demod[:, None, None]).to(self._mode.dtype)

    def packed(self, scale: Tensor) -> Tensor:
        kernel = self._weight * scale[:, None, None]
        return pack_up(kernel, self._mode, (1, len(kernel), self._side // 2, self._side // 2))

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return convolve(convolve_up(x, kernel), self._blur, bias, groups=len(self._blur), slope=slope)


class Folded:
    """Up-sampling as one 3 x 3 convolution at the lower resolution: a kernel, blur included, for each output parity."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        self._mode, self._side, self._weight = mode, side, fold(mode.exact(weight))  # [4, o, i, 3, 3]

    def styled(self, style: Tensor, demod: Tensor) -> Tensor:
        kernel = (self._weight * style[:, None, None]).mul_(demod[:, None, None, None])
        return kernel.flatten(0, 1).to(self._mode.dtype)

    def packed(self, scale: Tensor) -> Tensor:
        kernel = (self._weight * scale[:, None, None, None]).flatten(0, 1)
        return pack(kernel, self._mode, (1, kernel.shape[1], self._side // 2, self._side // 2))

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return interleave(convolve(x, kernel, None if bias is None else bias.repeat(4), slope=slope))


def fold(weight: Tensor) -> Tensor:
    """[o, i, 3, 3] of a transposed convolution to [4, o, i, 3, 3]: the kernels, blurred, of the four output parities.

    Transposed kernel and blur are one 6 x 6 kernel at the higher resolution. Output 2j + a meets input j + d through
    its tap a - 2d + 2, so parity 0 uses taps 4, 2, 0 for d = -1, 0, 1, and parity 1 uses taps 5, 3, 1.
    """
    rows, columns = weight.shape[:2]
    wide = F.conv2d(F.pad(weight.reshape(-1, 1, 3, 3), (3, 3, 3, 3)), fir_kernel(4.0).to(weight)[None, None])
    taps = torch.tensor([[4, 2, 0], [5, 3, 1]], device=weight.device)
    parts = wide[:, 0][:, taps[:, None, :, None], taps[None, :, None, :]]  # [o * i, 2, 2, 3, 3]
    return parts.reshape(rows, columns, 4, 3, 3).permute(2, 0, 1, 3, 4).contiguous()


def interleave(x: Tensor) -> Tensor:
    """[n, 4c, h, w], channels ordered (row parity, column parity, c), to [n, c, 2h, 2w], channels last."""
    count, channels, height, width = x.shape
    quads = x.permute(0, 2, 3, 1).reshape(count, height, width, 2, 2, channels // 4)
    wide = quads.permute(0, 1, 3, 2, 4, 5).reshape(count, 2 * height, 2 * width, channels // 4)
    return wide.permute(0, 3, 1, 2)


def _linear_for(conv: ModulatedConv, mode: Mode) -> Linear:
    form: Callable[..., Linear] = best_up(mode.device, mode.dtype) if conv.up else SameSize
    return form(conv.weight, conv.resolution, mode)


@functools.cache
def best_up(device: torch.device, dtype: torch.dtype) -> type[Transposed] | type[Folded]:
    """The faster way to up-sample here, by timing one middling layer (some ten milliseconds, once a process)."""
    mode, weight = Mode(device, dtype), torch.ones(128, 128, 3, 3)
    forms: list[type[Transposed] | type[Folded]] = [Transposed, Folded]
    x, bias = mode.put(torch.ones(1, 128, 32, 32)), mode.put(torch.zeros(128))

    def trial(form: type[Transposed] | type[Folded]) -> Callable[[], object]:
        linear, one = form(weight, 64, mode), torch.ones(128, device=device)
        kernel = linear.styled(one, one)
        return lambda: linear(x, kernel, bias, LRELU_SLOPE)[0, 0, 0, 0].item()

    with torch.inference_mode():
        return forms[fastest([trial(form) for form in forms])]
