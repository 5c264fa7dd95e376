"""StyleGAN3s as published, with random weights: sizes, widths and filters by the paper's rules (appendix C and D)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from ganstudio.generators.stylegan3 import LayerShape, StyleGAN3, StyleGAN3Config

LAYERS, CRITICAL, MARGIN, TAPS = 14, 2, 10, 6


def published(kind: Literal["t", "r"], side: int, *, channel_base: int = 32768, channel_max: int = 512,
              seed: int = 1) -> StyleGAN3:
    """Configuration T or R at a side, its weights and biases random, its picture of the usual contrast."""
    torch.manual_seed(seed)
    if kind == "r":
        channel_base, channel_max = 2 * channel_base, 2 * channel_max
    last = side / 2
    parts = [min(i / (LAYERS - CRITICAL), 1) for i in range(LAYERS + 1)]
    cutoffs = [2 * (last / 2) ** part for part in parts]
    stops = [2**2.1 * (last * 2**0.3 / 2**2.1) ** part for part in parts]
    rates = [int(2 ** math.ceil(math.log2(min(stop * 2, side)))) for stop in stops]
    widths = [round(min(channel_base / 2 / cutoff, channel_max)) for cutoff in cutoffs[:-1]] + [3]
    sizes = [rate + 2 * MARGIN for rate in rates[:-2]] + [side, side]
    halves = [max(stop, rate / 2) - cutoff for stop, rate, cutoff in zip(stops, rates, cutoffs, strict=True)]
    shapes, filters = [], []
    for i in range(LAYERS + 1):
        before, colours = max(i - 1, 0), i == LAYERS
        inner = max(rates[before], rates[i]) * (1 if colours else 2)
        up, down, kernel = inner // rates[before], inner // rates[i], 1 if colours or kind == "r" else 3
        up_taps, down_taps = (1 if colours or k == 1 else TAPS * k for k in (up, down))
        radial = kind == "r" and i < LAYERS - CRITICAL
        total = (sizes[i] - 1) * down + 1 - (sizes[before] + kernel - 1) * up + up_taps + down_taps - 2
        low = (total + up) // 2
        shapes.append(LayerShape(widths[before], widths[i], sizes[before], sizes[i], kernel, up, down, up_taps,
                                 down_taps, radial, (low, total - low, low, total - low)))
        make = radial_low_pass if radial else low_pass
        filters.append((None if up_taps == 1 else low_pass(up_taps, cutoffs[before], 2 * halves[before], inner),
                        None if down_taps == 1 else make(down_taps, cutoffs[i], 2 * halves[i], inner)))
    generator = StyleGAN3(StyleGAN3Config(tuple(shapes), sizes[0], rates[0], cutoffs[0]))
    generator.eval().requires_grad_(False)
    for layer, (up_filter, down_filter) in zip(generator.synthesis.stages(), filters, strict=True):
        layer.up_filter, layer.down_filter = up_filter, down_filter
        layer.bias.normal_(std=0.2)
    generator.synthesis.input.affine.weight.normal_(std=0.1)
    return generator


def kaiser_window(taps: int, width: float, rate: float) -> Tensor:
    """The window for a transition band of `width`, float64 [taps] (Kaiser's formulas for attenuation and beta)."""
    attenuation = 2.285 * (taps - 1) * math.pi * width / (rate / 2) + 7.95
    if attenuation > 50:
        beta = 0.1102 * (attenuation - 8.7)
    else:
        beta = 0.5842 * max(attenuation - 21, 0) ** 0.4 + 0.07886 * max(attenuation - 21, 0)
    window: Tensor = torch.kaiser_window(taps, periodic=False, beta=beta, dtype=torch.float64)
    return window


def low_pass(taps: int, cutoff: float, width: float, rate: float) -> Tensor:
    """A windowed sinc that passes frequencies below `cutoff`, float32 [taps], of sum one."""
    x = torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2
    kernel = torch.sinc(2 * cutoff / rate * x) * kaiser_window(taps, width, rate)
    return kernel.div(kernel.sum()).float()


def radial_low_pass(taps: int, cutoff: float, width: float, rate: float) -> Tensor:
    """The same for all angles alike, float32 [taps, taps] of sum one: a windowed jinc; `taps` must be even."""
    x = (torch.arange(taps, dtype=torch.float64) - (taps - 1) / 2) / rate
    radius = torch.hypot(x[:, None], x[None])
    kernel: Tensor = torch.special.bessel_j1(2 * math.pi * cutoff * radius) / radius
    window = kaiser_window(taps, width, rate)
    kernel = kernel * window[:, None] * window[None]
    return kernel.div(kernel.sum()).float()
