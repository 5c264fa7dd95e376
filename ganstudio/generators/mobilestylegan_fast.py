"""MobileStyleGAN for pictures on screen: the same network arranged for speed on one device.

What it does differently from the exact form: styles are folded into the small depthwise kernels; channels lie last in
memory, in an order that makes the wavelet transform four plain additions; the last wavelet transform is folded into
to-RGB; a processor draws large layers in strips of rows that stay in its cache (two rows of overlap, so strips are
exact); and blocks whose ws have not changed since the last picture are not drawn again. The smallest blocks stay in
float32 in every mode: they cost next to nothing, and rounding there is what shows.

Measured and left out: convolutions written as shifted additions (slower than oneDNN's), the wavelet transform as a
matrix product or as compiled code (slower).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import NoiseMode
from ganstudio.generators.compiled import finish_for
from ganstudio.generators.fast import LRELU_SLOPE, LayerMemory, Mode, convolve, keep_large_buffers
from ganstudio.generators.mobilestylegan import Block, MobileStyleGAN, SeparableConvolution, ToRGB, inverse_haar

STRIP_BYTES = 8 << 20
"""About how large one activation may be before a processor draws it in strips."""

EXACT_SIDE = 32
"""Blocks up to this side are drawn in float32: in bfloat16 they would cost 3 to 12 dB."""


def subband_order(channels: int) -> Tensor:
    """For each of `channels` wavelet channels sorted by subband, its place where details come three an output."""
    width = channels // 4
    return torch.cat([torch.arange(width)] + [width + 3 * torch.arange(width) + k for k in range(3)])


def double(x: Tensor) -> Tensor:
    """Twice an inverse Haar transform of [n, 4k, h, w] sorted by subband: [n, k, 2h, 2w], channels last in memory."""
    count, channels, height, width = x.shape
    out = x.new_empty((count, height, 2, width, 2, channels // 4))
    average, down, across, both = torch.split(x.permute(0, 2, 3, 1), channels // 4, dim=3)
    for row, plain, detail in ((0, average + down, across + both), (1, average - down, across - both)):
        torch.add(plain, detail, out=out[:, :, row, :, 0])
        torch.sub(plain, detail, out=out[:, :, row, :, 1])
    return out.view(count, 2 * height, 2 * width, channels // 4).permute(0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is remembered after a layer: the activations where a block ends, nothing inside it."""

    x: Tensor | None = None

    @property
    def bytes(self) -> int:
        """How much memory this holds."""
        return 0 if self.x is None else self.x.numel() * self.x.element_size()


class FastMobileStyleGAN:
    """A `Synthesizer`: w+ to image in the given mode, one picture after the other. Not for two threads at once."""

    def __init__(self, generator: MobileStyleGAN, mode: Mode, memory_bytes: int = 512 << 20) -> None:
        """Arrange the network; the generator itself is left as it is."""
        keep_large_buffers()
        self.mode, self.resolution = mode, generator.resolution
        with torch.inference_mode():
            network = copy.deepcopy(generator.synthesis).to(mode.device)
            blocks = [block for block in network.blocks if isinstance(block, Block)]
            self._const, self._first = network.const[None], network.conv1
            self._order = subband_order(len(network.conv1.bias)).to(mode.device)
            self._blocks = [FastBlock(block, block is blocks[-1], mode) for block in blocks]
            self._torgb = FastToRGB(network.torgb, mode)
        self._memory: LayerMemory[Drawn] = LayerMemory(memory_bytes)

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: NoiseMode = "const", *, remember: bool = True) -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, 3, r, r] float32 on this mode's device.

        With `remember` off (sheets, strips) the layers kept for the picture on screen are left alone.
        """
        ws = ws.to(self.mode.device, torch.float32)
        image = ws.new_empty((len(ws), 3, self.resolution, self.resolution))
        for index in range(len(ws)):
            one = ws[index:index + 1]
            x = self._below(one, noise, remember and len(ws) == 1)
            kernel = self._torgb.kernel(one[:, -1])
            for first, rows in self._blocks[-1].strips(x, one[:, -4:-1], noise):
                image[index, :, 2 * first:2 * (first + rows.shape[2])] = self._torgb(rows, kernel)[0]
        return image

    def _below(self, ws: Tensor, noise: NoiseMode, remember: bool) -> Tensor:
        """The activations under the last block, drawn from the first layer on that differs from what is remembered."""
        kept = [state.x for state in self._memory.recall(ws, noise) if state.x is not None] if remember else []
        x = kept[-1] if kept else self._start(ws[:, 0], noise)
        if remember and not kept:
            self._memory.keep(0, Drawn(x))
        for index in range(max(len(kept) - 1, 0), len(self._blocks) - 1):
            last = 3 * index + 3
            x = self._blocks[index](x, ws[:, last - 2:last + 1], noise)
            if remember:
                self._keep(last, x)
        return x

    def _keep(self, layer: int, x: Tensor) -> None:
        for inner in (layer - 2, layer - 1):
            self._memory.keep(inner, Drawn())
        self._memory.keep(layer, Drawn(x))

    def _start(self, w: Tensor, noise: NoiseMode) -> Tensor:
        """The activations at 4 px, float32, their channels sorted by subband."""
        x: Tensor = self._first(self._const, w, noise)
        return x[:, self._order].contiguous(memory_format=self.mode.format)


class FastConv:
    """One depthwise and pointwise convolution; `order` sorts its outputs for what follows."""

    def __init__(self, layer: SeparableConvolution, order: Tensor, gain: float, mode: Mode) -> None:
        self._affine, self._mode = layer.affine, mode
        self._depthwise = layer.depthwise * gain
        self._pointwise, self._bias = mode.put(layer.pointwise[order][:, :, None, None]), mode.put(layer.bias[order])
        self.noise = mode.put(layer.noise_const[None, None])  # [1, 1, s, s]
        self._finish = finish_for(mode)

    def kernel(self, w: Tensor) -> Tensor:
        """The depthwise kernel [channels, 1, 3, 3] that this w [1, w_dim] makes."""
        style: Tensor = self._affine(w)
        return (self._depthwise * style[0, :, None, None, None]).to(self._mode.dtype)

    def __call__(self, x: Tensor, kernel: Tensor, noise: Tensor | None) -> Tensor:
        """[1, fan_in, h, s] to [1, fan_out, h, s]; `noise` is [1, 1, h, s]."""
        x = F.conv2d(x, kernel, padding=1, groups=x.shape[1])
        if noise is None:
            return convolve(x, self._pointwise, self._bias, padding=0, slope=LRELU_SLOPE)
        return self._finish(convolve(x, self._pointwise, self._bias, padding=0), noise, None)


class FastBlock:
    """One doubling and its two convolutions, a strip of rows at a time."""

    def __init__(self, block: Block, last: bool, mode: Mode) -> None:
        fan_in, fan_out = len(block.up.affine.bias), len(block.conv2.bias)
        self._side = len(block.conv1.noise_const)
        if self._side <= EXACT_SIDE:
            mode = replace(mode, dtype=torch.float32, compiled=False)
        plain = torch.arange(fan_out)
        self._up, self._order, self._mode = block.up.affine, subband_order(fan_in).to(mode.device), mode
        self._conv1 = FastConv(block.conv1, plain, 0.5, mode)
        self._conv2 = FastConv(block.conv2, plain if last else subband_order(fan_out), 1.0, mode)
        row_bytes = 2 * self._side * fan_out * mode.dtype.itemsize
        self._step = max(STRIP_BYTES // row_bytes, 2) if mode.device.type == "cpu" else self._side

    def __call__(self, x: Tensor, ws: Tensor, noise: NoiseMode) -> Tensor:
        """[1, fan_in, s, s] and this block's ws [1, 3, w_dim] to [1, fan_out, 2s, 2s]."""
        strips = [rows for _, rows in self.strips(x, ws, noise)]
        return strips[0] if len(strips) == 1 else torch.cat(strips, dim=2)

    def strips(self, x: Tensor, ws: Tensor, noise: NoiseMode) -> Iterator[tuple[int, Tensor]]:
        """The same, as strips [1, fan_out, h, 2s] with the number of their first row."""
        x = x.to(self._mode.dtype)
        style = self._up(ws[:, 0])[:, self._order, None, None].to(x.dtype)
        kernels = self._conv1.kernel(ws[:, 1]), self._conv2.kernel(ws[:, 2])
        for first in range(0, x.shape[2], self._step):
            end = min(first + self._step, x.shape[2])
            low, high = max(first - 1, 0), min(end + 1, x.shape[2])
            rows = double(x[:, :, low:high] * style)
            for conv, kernel in zip((self._conv1, self._conv2), kernels, strict=True):
                rows = conv(rows, kernel, conv.noise[:, :, 2 * low:2 * high] if noise == "const" else None)
            yield 2 * first, rows[:, :, 2 * (first - low):2 * (end - low)]


class FastToRGB:
    """The last layer with its wavelet transform folded in: four pixels of three colours from each activation."""

    def __init__(self, layer: ToRGB, mode: Mode) -> None:
        self._affine, self._dtype = layer.affine, mode.dtype
        joined = torch.cat([layer.weight, layer.bias[:, None]], dim=1)
        quads = F.pixel_unshuffle(inverse_haar(joined[None, :, None]), 2)[0, :, 0]  # [12, fan_in + 1]
        self._weight, self._bias = quads[:, :-1], mode.put(quads[:, -1])

    def kernel(self, w: Tensor) -> Tensor:
        """The kernel [12, fan_in, 1, 1] that this w [1, w_dim] makes."""
        style: Tensor = self._affine(w)
        return (self._weight * style)[:, :, None, None].to(self._dtype)

    def __call__(self, x: Tensor, kernel: Tensor) -> Tensor:
        """[1, fan_in, h, s] to rows of the picture [1, 3, 2h, 2s]."""
        return F.pixel_shuffle(F.conv2d(x.to(self._dtype), kernel, self._bias), 2)
