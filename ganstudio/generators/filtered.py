"""Filters of alias-free networks: a non-linearity at a higher sampling rate between two low-pass filters.

Karras et al., "Alias-Free Generative Adversarial Networks" (2021), section 3 and appendix C: up-sample, leaky ReLU,
low-pass, down-sample. `filtered_lrelu` is that in plain steps; the design functions make the filters of networks that
have none yet (published checkpoints carry theirs).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

Padding = tuple[int, int, int, int]
"""Zeros before and after in x, before and after in y, at the higher rate; negative ones crop."""


def filtered_lrelu(x: Tensor, up_filter: Tensor | None, down_filter: Tensor | None, *, up: int, down: int,
                   padding: Padding, gain: float, slope: float, clamp: float | None) -> Tensor:
    """[n, c, h, w], bias added already, to [n, c, h', w'] with `h' = (h up + padding - taps + 2) / down` rounded up.

    A filter is [taps] (used along both axes), [taps, taps], or None for none.
    """
    x = filter_image(F.pad(stuff(x, up), padding), up_filter, up * up)
    x = F.leaky_relu(x, slope) * gain
    x = x if clamp is None else x.clamp(-clamp, clamp)
    return filter_image(x, down_filter)[:, :, ::down, ::down]


def stuff(x: Tensor, up: int) -> Tensor:
    """`up - 1` zeros after every pixel of [n, c, h, w]."""
    if up == 1:
        return x
    count, channels, height, width = x.shape
    wide = F.pad(x[:, :, :, None, :, None], (0, up - 1, 0, 0, 0, up - 1))
    return wide.reshape(count, channels, height * up, width * up)


def filter_image(x: Tensor, taps: Tensor | None, gain: float = 1.0) -> Tensor:
    """Convolve every channel of [n, c, h, w] where the filter lies inside the picture; `gain` is that of both axes."""
    if taps is None:
        return x * gain if gain != 1 else x
    kernel = taps.flip(list(range(taps.ndim))).to(x.dtype)
    flat = x.reshape(-1, 1, *x.shape[2:])
    if kernel.ndim == 2:
        flat = F.conv2d(flat, kernel[None, None] * gain)
    else:
        kernel = kernel * math.sqrt(gain)
        flat = F.conv2d(F.conv2d(flat, kernel[None, None, :, None]), kernel[None, None, None])
    return flat.reshape(*x.shape[:2], *flat.shape[2:])


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
