"""BigGAN and BigGAN-deep for pictures on screen: the same networks, prepared for speed on one device.

A chain of stages, stage i under `ws[:, i]`, so that layers below the first change are re-used. A batch-norm that
follows a convolution is one scale and one shift a channel: they go into the kernel and the bias where a layer has
more activations than weights, so that the activation is fused too. Doubling the side, then 3 x 3, is four 2 x 2
kernels at the lower resolution, less than half of the work, or the published two steps, whichever is faster here.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import NoiseMode
from ganstudio.generators.biggan import Attention, BigGAN, Block
from ganstudio.generators.biggan_deep import DeepBlock
from ganstudio.generators.biggan_norms import ConditionalNorm, OutputNorm
from ganstudio.generators.fast import (
    Drawn,
    LayerMemory,
    Mode,
    convolve,
    fastest,
    has_onednn,
    keep_large_buffers,
    pack,
)

STYLED_FROM = 2
"""Kernels take scales where a layer has more than this many activations a weight."""
EXACT_SIDE = 16
"""Deep blocks up to this side are drawn in float32 in every mode: cheap in narrow layers, and worth six decibels."""
Affine = tuple[Tensor, Tensor]
"""Scale and shift [n, c], float32."""


class FastBigGAN:
    """A `Synthesizer`: w+ to image in the given mode. Not for two threads at once."""

    def __init__(self, generator: BigGAN, mode: Mode, memory_bytes: int = 512 << 20) -> None:
        keep_large_buffers()
        self.mode, self._config = mode, generator.config
        self._linear = mode.exact(generator.linear.weight), mode.exact(generator.linear.bias)
        sides = [layer.resolution for layer in generator.layers]
        with torch.inference_mode():
            self._blocks = [fast_block(block, side, mode) for block, side in zip(generator.blocks, sides, strict=False)]
            self._attention = {int(k): FastAttention(a, mode) for k, a in generator.attention.items()}  # type: ignore[arg-type]
            self._last = FastNorm(generator.output_norm, mode)
            self._colours = FastConv(generator.output, sides[-1], mode)
        self._memory: LayerMemory[Drawn] = LayerMemory(memory_bytes)

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: NoiseMode = "const", *, remember: bool = True) -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, 3, r, r] float32 on this mode's device.

        With `remember` off (sheets, strips) the layers kept for the picture on screen are left alone.
        """
        ws = ws.to(self.mode.device, torch.float32)
        remember = remember and len(ws) == 1
        done = self._memory.recall(ws, "") if remember else []
        state = done[-1] if done else None
        for number in range(len(done), self._config.num_ws):
            state = Drawn(self._stage(number, state, ws))
            if remember:
                self._memory.keep(number, state)
        assert state is not None
        row = self._row(ws, self._config.num_ws - 1)
        x = self._after(len(self._blocks), state.x.to(self.mode.dtype))
        x = activated(x, self._last(None, row), self._config.leak)
        return torch.tanh(self._colours.plain(x).float())

    def _stage(self, number: int, state: Drawn | None, ws: Tensor) -> Tensor:
        y = ws[:, number, :self._config.condition_size(number)]
        if state is None:
            x = F.linear(y, *self._linear).view(len(ws), -1, self._config.start, self._config.start)
            return x.contiguous(memory_format=self.mode.format)
        return self._blocks[number - 1](self._after(number - 1, state.x), y, self._row(ws, number))

    def _after(self, below: int, x: Tensor) -> Tensor:
        """The activations above so many blocks, with the attention that may stand there."""
        return self._attention[below](x) if below in self._attention else x

    def _row(self, ws: Tensor, number: int) -> Tensor | None:
        return ws[:, number, -1] if self._config.num_stats > 1 else None


class FastNorm:
    """A batch-norm as scale and shift [n, c]; those that change with nothing are made once."""

    def __init__(self, norm: ConditionalNorm | OutputNorm, mode: Mode) -> None:
        self._norm = norm if mode.device.type == "cpu" else copy.deepcopy(norm).to(mode.device)

    def __call__(self, y: Tensor | None, row: Tensor | None) -> Affine:
        """Under condition vectors y [n, size] (None: the last one, which takes none) and rows of statistics [n]."""
        norm = self._norm
        gain, bias = norm.conditioned(y) if isinstance(norm, ConditionalNorm) and y is not None else (
            norm.gain[None], norm.bias[None])  # type: ignore[index]
        return norm.affine(gain, bias, row)


class FastBlock:
    """Two 3 x 3 convolutions beside a 1 x 1 one."""

    def __init__(self, block: Block, side: int, mode: Mode) -> None:
        self._leak, self._up, self._dtype = block.leak, block.up, mode.dtype
        self._norms = [FastNorm(norm, mode) for norm in block.norms()]
        self._conv1 = FastConv(block.conv1, side, mode, up=block.up)
        self._conv2 = FastConv(block.conv2, side << block.up, mode)
        self._shortcut = FastConv(block.conv_sc, side, mode) if hasattr(block, "conv_sc") else None

    def __call__(self, x: Tensor, y: Tensor, row: Tensor | None) -> Tensor:
        one, two = (norm(y, row) for norm in self._norms)
        x = x.to(self._dtype)
        h = self._conv1.normed(activated(x, one, self._leak), two, self._leak)
        h = self._conv2.plain(h)
        return add_enlarged(h, self._shortcut.plain(x) if self._shortcut else x, self._up)


class FastDeepBlock:
    """The bottleneck of four convolutions beside the first channels of what came in."""

    def __init__(self, block: DeepBlock, side: int, mode: Mode) -> None:
        self._leak, self._up, self._fan_out, self._dtype = block.leak, block.up, block.fan_out, mode.dtype
        above = side << block.up
        self._norms = [FastNorm(norm, mode) for norm in block.norms()]
        self._convs = [FastConv(block.conv1, side, mode), FastConv(block.conv2, side, mode, up=block.up),
                       FastConv(block.conv3, above, mode)]
        self._conv4 = FastConv(block.conv4, above, mode)

    def __call__(self, x: Tensor, y: Tensor, row: Tensor | None) -> Tensor:
        first, *others = (norm(y, row) for norm in self._norms)
        x = x.to(self._dtype)
        h = activated(x, first, self._leak)
        for conv, affine in zip(self._convs, others, strict=True):
            h = conv.normed(h, affine, self._leak)
        return add_enlarged(self._conv4.plain(h), x[:, :self._fan_out], self._up)


class FastAttention:
    """Attention with one convolution for all that is looked for and at, and `gamma` in the last one."""

    def __init__(self, attention: Attention, mode: Mode) -> None:
        self._places, self._keys = len(attention.theta.weight), len(attention.phi.weight)
        self._look = mode.put(torch.cat([attention.theta.weight, attention.phi.weight, attention.g.weight]))
        self._out = mode.put(attention.o.weight * attention.gamma)

    def __call__(self, x: Tensor) -> Tensor:
        """[n, c, h, w] to the same."""
        x = x.to(self._look.dtype)
        both = convolve(x, self._look, padding=0)
        query, seen = both[:, :self._places], rows(F.max_pool2d(both[:, self._places:], 2))
        key, value = seen[:, :, :self._keys], seen[:, :, self._keys:]
        found = attend(rows(query), key, value)  # [n, h * w, c / 2]
        found = found.transpose(1, 2).view(len(x), -1, *x.shape[2:])
        return convolve(found, self._out, padding=0).add_(x)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Values [n, m, d] weighed by how well keys [n, m, k] fit each query [n, q, k]: [n, q, d].

    On processors in three steps, which take a third of the time of torch's fused one for heads of unequal widths.
    """
    if query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)
    return torch.bmm(torch.bmm(query, key.transpose(1, 2)).softmax(dim=2), value)


def rows(x: Tensor) -> Tensor:
    """[n, c, h, w] to [n, h * w, c]; no copy where channels are last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def activated(x: Tensor, affine: Affine, leak: float) -> Tensor:
    """x * scale + shift, then the activation; for one picture as a convolution of each channel by itself, which is one
    pass over memory where there is a library that fuses it."""
    scale, shift = (part[:, :, None, None].to(x.dtype) for part in affine)
    if len(scale) == len(x) == 1 and has_onednn(x.device):
        return convolve(x, scale.transpose(0, 1), shift.flatten(), padding=0, groups=x.shape[1], slope=leak)
    return F.leaky_relu_(torch.addcmul(shift, x, scale), leak)


def add_enlarged(h: Tensor, x: Tensor, up: bool) -> Tensor:
    """h [n, c, r, r] plus x [n, c, r / 2, r / 2] with every pixel four times (or x as it is), in place."""
    if not up:
        return h.add_(x)
    quads = h.permute(0, 2, 3, 1).unflatten(2, (-1, 2)).unflatten(1, (-1, 2))  # type: ignore[no-untyped-call]
    quads += x.permute(0, 2, 3, 1)[:, :, None, :, None]  # [n, r / 2, 2, r / 2, 2, c]
    return h


class FastConv:
    """A convolution, perhaps at twice the side, alone or with the batch-norm and activation that follow."""

    def __init__(self, conv: nn.Conv2d, side: int, mode: Mode, up: bool = False) -> None:
        self._mode, self._linear = mode, _linear_for(conv, side, mode, up)
        self._bias = mode.exact(conv.bias) if conv.bias is not None else torch.zeros(len(conv.weight))
        self._low_bias = mode.put(self._bias)
        self._packed = functools.cache(self._linear.packed)
        self._styled = (side << up)**2 > STYLED_FROM * conv.weight[0].numel()

    def plain(self, x: Tensor) -> Tensor:
        """With nothing after it."""
        return self._linear(x, self._packed(), self._low_bias, None)

    def normed(self, x: Tensor, affine: Affine, leak: float) -> Tensor:
        """With scale and shift after it, then the activation."""
        scale, shift = affine[0], affine[1] + self._bias * affine[0]
        if self._styled and len(scale) == 1:
            return self._linear(x, self._linear.scaled(scale[0]), shift[0].to(x.dtype), leak)
        return activated(self._linear(x, self._packed(), None, None), (scale, shift), leak)


class Linear(Protocol):
    """The linear part of a layer."""

    def scaled(self, scale: Tensor) -> Tensor:
        """The kernel with its outputs scaled by [o], for one picture."""
        ...

    def packed(self) -> Tensor:
        """The kernel as it is, stored for frequent use."""
        ...

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        """x [n, i, h, w] with such a kernel, bias [o] and an activation where there is a slope, to [n, o, r, r]."""
        ...


class SameSize:
    """As it is."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        self._mode, self._side, self._weight = mode, side, mode.exact(weight)  # [o, i, k, k]
        self._padding = weight.shape[2] // 2

    def scaled(self, scale: Tensor) -> Tensor:
        return (self._weight * scale[:, None, None, None]).to(self._mode.dtype)

    def packed(self) -> Tensor:
        return pack(self._weight, self._mode, (1, self._weight.shape[1], self._side, self._side), self._padding)

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return convolve(x, kernel, bias, padding=self._padding, slope=slope)


class Enlarged(SameSize):
    """As published: every pixel four times, then 3 x 3."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        super().__init__(weight, 2 * side, mode)

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return super().__call__(F.interpolate(x, scale_factor=2), kernel, bias, slope)


class Folded(SameSize):
    """A 2 x 2 kernel for each parity of output rows and columns, at the lower resolution."""

    def __init__(self, weight: Tensor, side: int, mode: Mode) -> None:
        super().__init__(fold(weight), side, mode)  # [4 * o, i, 2, 2]

    def scaled(self, scale: Tensor) -> Tensor:
        return super().scaled(scale.repeat(4))

    def __call__(self, x: Tensor, kernel: Tensor, bias: Tensor | None, slope: float | None) -> Tensor:
        return interleave(super().__call__(x, kernel, None if bias is None else bias.repeat(4), slope))


def fold(weight: Tensor) -> Tensor:
    """[o, i, 3, 3] after doubling the side to [4 * o, i, 2, 2], ordered (row parity, column parity, o).

    Rows 2j and 2j + 1 of the output see rows j - 1, j, j + 1 of the input: the even one with taps 0 on j - 1 and
    1 + 2 on j, the odd one with 0 + 1 on j and 2 on j + 1.
    """
    sums = torch.tensor([[[1.0, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]]).to(weight)  # [parity, tap, old tap]
    return torch.einsum("arh,bsw,oihw->aboirs", sums, sums, weight.detach().float()).flatten(0, 2)


def interleave(x: Tensor) -> Tensor:
    """[n, 4 * o, h + 1, w + 1] of folded kernels to [n, o, 2h, 2w], channels last; odd ones begin one place later."""
    count, channels, height, width = x.shape
    wide = x.new_empty(count, height - 1, 2, width - 1, 2, channels // 4)
    for number, part in enumerate(x.permute(0, 2, 3, 1).chunk(4, dim=3)):
        row, column = divmod(number, 2)
        wide[:, :, row, :, column] = part[:, row:row + height - 1, column:column + width - 1]
    return wide.view(count, 2 * (height - 1), 2 * (width - 1), -1).permute(0, 3, 1, 2)


def fast_block(block: nn.Module, side: int, mode: Mode) -> FastBlock | FastDeepBlock:
    """The fast form of either kind of block, whose input is `side` pixels wide."""
    if isinstance(block, DeepBlock):
        return FastDeepBlock(block, side, replace(mode, dtype=torch.float32) if side < EXACT_SIDE else mode)
    assert isinstance(block, Block)
    return FastBlock(block, side, mode)


def _linear_for(conv: nn.Conv2d, side: int, mode: Mode, up: bool) -> Linear:
    form: Callable[..., Linear] = best_up(mode.device, mode.dtype) if up else SameSize
    return form(conv.weight, side, mode)


@functools.cache
def best_up(device: torch.device, dtype: torch.dtype) -> type[SameSize]:
    """The faster way to double the side here, by timing one middling layer (some ten milliseconds, once a process)."""
    mode, weight, forms = Mode(device, dtype), torch.ones(96, 192, 3, 3), (Enlarged, Folded)
    x, bias = mode.put(torch.ones(1, 192, 32, 32)), mode.put(torch.zeros(96))

    def trial(form: type[SameSize]) -> Callable[[], object]:
        linear = form(weight, 32, mode)
        kernel = linear.scaled(torch.ones(96, device=device))
        return lambda: linear(x, kernel, bias, 0.0)[0, 0, 0, 0].item()

    with torch.inference_mode():
        return forms[fastest([trial(form) for form in forms])]
