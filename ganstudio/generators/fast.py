"""What every fast form of a generator shares: how to compute (`Mode`), one fused convolution, and a memory of layers.

A fast form draws pictures on screen: prepared once from a plain generator, never differentiable. All its tensors are
`channels_last`, where processors and GPUs convolve fastest. A convolution is split only where the library beneath
cannot fuse: kernels carry styles and demodulation (`styled`), the bias rides along, noise and activation follow in
place. `ganstudio.generators.compiled` may replace that last step by one compiled loop, if and when it is ready.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

CPU = torch.device("cpu")
LRELU_SLOPE = 0.2
MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Names of glibc's mallopt options."""


@dataclass(frozen=True)
class Mode:
    """How a fast form computes. `compiled` asks for compiled elementwise code once it is ready, never waits for it."""

    device: torch.device = CPU
    dtype: torch.dtype = torch.float32
    channels_last: bool = True
    compiled: bool = False

    @property
    def format(self) -> torch.memory_format:
        """The memory format of activations."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def put(self, tensor: Tensor) -> Tensor:
        """A tensor on this device in this precision; 4-D ones in this memory format."""
        tensor = tensor.detach().to(self.device, self.dtype)
        return tensor.contiguous(memory_format=self.format) if tensor.dim() == 4 else tensor.contiguous()

    def exact(self, tensor: Tensor) -> Tensor:
        """A float32 tensor on this device, for styles and colours."""
        return tensor.detach().to(self.device, torch.float32).contiguous()

    def __str__(self) -> str:
        """In words: "bfloat16", "float32, compiled"."""
        return str(self.dtype).removeprefix("torch.") + (", compiled" if self.compiled else "")


def exact_mode(device: torch.device | str = "cpu") -> Mode:
    """The mode whose pictures equal the plain generator's."""
    return Mode(torch.device(device))


@functools.cache
def keep_large_buffers() -> None:
    """Let the allocator keep freed memory, once a process.

    glibc hands every large block back to the system, so each activation of a 1024 px picture is fresh pages, cleared
    by the kernel one fault at a time; that costs more than the arithmetic on it. Elsewhere there is nothing to do.
    """
    if platform.libc_ver()[0] == "glibc":
        with suppress(OSError, AttributeError):
            set_allocator(1 << 30, (1 << 31) - 1)


def set_allocator(mmap_threshold: int, trim_threshold: int) -> None:
    """glibc only: blocks of at least the first many bytes are mapped anew; free memory above the second is returned."""
    libc = ctypes.CDLL(None)
    libc.mallopt(MMAP_THRESHOLD, mmap_threshold)
    libc.mallopt(TRIM_THRESHOLD, trim_threshold)


@functools.cache
def has_onednn(device: torch.device) -> bool:
    """Whether oneDNN's convolutions with packed kernels are there and work on this device; tried once."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    mode, x, kernel = Mode(device), torch.ones(1, 2, 4, 4), torch.ones(2, 2, 1, 1)
    try:
        with torch.inference_mode():
            up = _onednn_up(x, _pack_up(mode.put(kernel), x.shape))
            return float(_onednn(x, _pack(kernel, x.shape, 0), None, 0, 1, None).sum() + up.sum()) == 128
    except (RuntimeError, AttributeError):
        return False


def pack(kernel: Tensor, mode: Mode, sample: Sequence[int], padding: int = 1) -> Tensor:
    """A kernel [o, i, k, k] stored as `convolve` likes it best for inputs of shape `sample` [n, i, h, w].

    Saves re-ordering a kernel that is used again and again; not worth it for one made anew each time.
    """
    kernel = mode.put(kernel)
    return _pack(kernel, sample, padding) if has_onednn(mode.device) else kernel


def pack_up(kernel: Tensor, mode: Mode, sample: Sequence[int], padding: int = 0) -> Tensor:
    """A kernel [i, o, k, k] stored as `convolve_up` likes it best for inputs of shape `sample` [n, i, h, w]."""
    kernel = mode.put(kernel).contiguous()
    return _pack_up(kernel, sample, padding) if has_onednn(mode.device) else kernel


def convolve(x: Tensor, kernel: Tensor, bias: Tensor | None = None, *, padding: int = 1, groups: int = 1,
             slope: float | None = None) -> Tensor:
    """x [n, i, h, w] with a kernel [o, i, k, k], packed or not, plus bias; a leaky ReLU where there is a `slope`."""
    if _packed(kernel) or (slope is not None and has_onednn(x.device)):
        return _onednn(x, kernel, bias, padding, groups, slope)
    y = F.conv2d(x, kernel, bias, padding=padding, groups=groups)
    return y if slope is None else F.leaky_relu_(y, slope)


def convolve_up(x: Tensor, kernel: Tensor, bias: Tensor | None = None, *, padding: int = 0,
                slope: float | None = None) -> Tensor:
    """Transposed convolution of stride 2: [n, i, h, w] with [i, o, k, k], packed or not, to [n, o, 2h + k - 2, ...],
    less `padding` at every edge; plus bias, and a leaky ReLU where there is a `slope`."""
    if _packed(kernel):
        return _onednn_up(x, kernel, bias, padding, slope)
    y = F.conv_transpose2d(x, kernel, bias, stride=2, padding=padding)
    return y if slope is None else F.leaky_relu_(y, slope)


def _packed(kernel: Tensor) -> bool:
    return kernel.layout == torch._mkldnn  # type: ignore[attr-defined,no-any-return]


def _pack(kernel: Tensor, sample: Sequence[int], padding: int) -> Tensor:
    reorder: Callable[..., Tensor] = torch._C._nn.mkldnn_reorder_conv2d_weight
    return reorder(kernel.to_mkldnn(), [padding] * 2, [1, 1], [1, 1], 1, list(sample))


def _pack_up(kernel: Tensor, sample: Sequence[int], padding: int = 0) -> Tensor:
    reorder: Callable[..., Tensor] = torch.ops.mkldnn._reorder_convolution_transpose_weight
    return reorder(kernel, [padding] * 2, [0, 0], [2, 2], [1, 1], 1, list(sample))


def _onednn(x: Tensor, kernel: Tensor, bias: Tensor | None, padding: int, groups: int, slope: float | None) -> Tensor:
    run: Callable[..., Tensor] = torch.ops.mkldnn._convolution_pointwise
    return run(x, kernel, bias, [padding] * 2, [1, 1], [1, 1], groups, *_after(slope), "")


def _onednn_up(x: Tensor, kernel: Tensor, bias: Tensor | None = None, padding: int = 0,
               slope: float | None = None) -> Tensor:
    run: Callable[..., Tensor] = torch.ops.mkldnn._convolution_transpose_pointwise
    return run(x, kernel, bias, [padding] * 2, [0, 0], [2, 2], [1, 1], 1, *_after(slope), "")


def _after(slope: float | None) -> tuple[str, list[float]]:
    return ("none", []) if slope is None else ("leaky_relu", [slope])


class Finish(Protocol):
    """The end of a layer: `x` [n, c, h, w], plus `noise` [1, 1, h, w], leaky ReLU, clamp; may work in place."""

    def __call__(self, x: Tensor, noise: Tensor | None, clamp: float | None) -> Tensor: ...


def finish_eagerly(x: Tensor, noise: Tensor | None, clamp: float | None) -> Tensor:
    """`Finish` in place, one pass over memory a step."""
    if noise is not None:
        x.add_(noise)
    F.leaky_relu_(x, LRELU_SLOPE)
    return x if clamp is None else x.clamp_(-clamp, clamp)


def fastest(choices: Sequence[Callable[[], object]], handicaps: Sequence[float] = (), rounds: int = 3) -> int:
    """Which of several ways to do the same is the fastest here: best of a few interleaved rounds after one to warm up.

    Times are multiplied by `handicaps`, for ways that must win clearly.
    """
    best = [float("inf")] * len(choices)
    for turn in range(rounds + 1):
        for number, choice in enumerate(choices):
            start = time.perf_counter()
            choice()
            if turn:
                best[number] = min(best[number], time.perf_counter() - start)
    weighed = [t * h for t, h in zip(best, handicaps or [1.0] * len(best), strict=True)]
    return weighed.index(min(weighed))


class Sized(Protocol):
    """Something that knows how many bytes it holds."""

    @property
    def bytes(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Drawn:
    """What most layers hand on: activations [n, c, h, w]."""

    x: Tensor

    @property
    def bytes(self) -> int:
        """How much memory this holds."""
        return self.x.numel() * self.x.element_size()


State = TypeVar("State", bound=Sized)


class LayerMemory(Generic[State]):
    """What the layers gave for the last single picture, so that the next one starts at the first layer that differs.

    Kept by value: a state is good for as long as every w up to its layer, and the noise, are what they were. Holds
    at most `limit` bytes, the lowest layers first: they are small and serve most edits.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ws: Tensor | None = None
        self._noise = ""
        self._states: list[State] = []

    def recall(self, ws: Tensor, noise: str) -> list[State]:
        """The states that hold for `ws` [1, num_ws, w_dim]: entry i is that after layer i; the others are dropped."""
        same = 0
        if self._ws is not None and self._noise == noise and self._ws.shape == ws.shape:
            differs = (self._ws != ws).any(dim=2)[0].nonzero()
            same = int(differs[0]) if len(differs) else ws.shape[1]
        del self._states[same:]
        self._ws, self._noise = ws.clone(), noise
        return list(self._states)

    def keep(self, layer: int, state: State) -> None:
        """Remember the state after a layer, unless there is no room or a layer below was not kept."""
        held = sum(s.bytes for s in self._states)
        if layer == len(self._states) and held + state.bytes <= self._limit:
            self._states.append(state)
