"""Filters of alias-free networks: a non-linearity at a higher sampling rate between two low-pass filters.

Karras et al., "Alias-Free Generative Adversarial Networks" (2021), section 3 and appendix C: up-sample, leaky ReLU,
low-pass, down-sample. This is that in plain steps; checkpoints carry the filters.
"""

from __future__ import annotations

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
    planes = [kernel * gain] if kernel.ndim == 2 else [kernel[:, None] * gain, kernel[None]]
    for plane in planes:
        x = F.conv2d(x, plane.expand(x.shape[1], 1, -1, -1), groups=x.shape[1])
    return x
