"""How to compute on a device: the precision, found by timing, and how many threads the processor's share may have.

Half precision is several times faster where the hardware has units for it and several times slower where it has not,
and no name or flag says which; so one convolution is timed both ways, once a process and device.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable

import torch
from torch import Tensor

from ganstudio.generators.compiled import may_compile
from ganstudio.generators.fast import Mode, convolve, fastest, pack

CHANNELS, SIDE = 128, 32
"""The convolution that is timed: a middling layer, 0.3 GFLOP."""
MARGIN = 0.9
"""Half precision must take less than this share of float32's time to be worth its rounding."""


def best_mode(device: torch.device) -> Mode:
    """The mode for pictures on screen; takes a few milliseconds the first time."""
    dtype = _dtype_for(device, os.environ.get("ONEDNN_MAX_CPU_ISA", ""))
    return Mode(device, dtype, compiled=may_compile(device))


@functools.cache
def _dtype_for(device: torch.device, limits: str) -> torch.dtype:
    """The precision for a device; `limits`, what the user allows of the processor, only tells results apart."""
    half = torch.bfloat16 if device.type == "cpu" else torch.float16
    try:
        choices = [convolution(Mode(device, half)), convolution(Mode(device, torch.float32))]
        return (half, torch.float32)[fastest(choices, handicaps=(1 / MARGIN, 1.0))]
    except RuntimeError:  # a precision this device does not have
        return torch.float32


def convolution(mode: Mode) -> Callable[[], object]:
    """One convolution as layers do it, to be timed; each call waits for the result."""
    with torch.inference_mode():
        x: Tensor = mode.put(torch.ones(1, CHANNELS, SIDE, SIDE))
        kernel = pack(torch.ones(CHANNELS, CHANNELS, 3, 3), mode, x.shape)

    def run() -> object:
        with torch.inference_mode():
            return convolve(x, kernel)[0, 0, 0, 0].item()

    return run


def pool_size(cores: int, *, beside_others: bool) -> int:
    """How many threads tensors may use: all cores, or all but one while the window or a training needs one.

    A pool as wide as the machine waits for its slowest thread, so it collapses as soon as one core is taken.
    """
    return max(1, cores - 1) if beside_others else max(1, cores)


def crowded() -> bool:
    """Whether something else keeps a core busy now, so that a pool with a core less is the faster one; timed."""
    if usable_cores() == 1:
        return False
    run = convolution(Mode(torch.device("cpu"), torch.float32))

    def on_pool(beside_others: bool) -> Callable[[], object]:
        def timed() -> object:
            set_pool(beside_others=beside_others)
            return [run() for _ in range(4)]
        return timed

    return fastest([on_pool(False), on_pool(True)]) == 1


def usable_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_pool(*, beside_others: bool) -> int:
    """Size torch's pool for the calling thread, which must be the one that computes; how many threads it has."""
    wanted = pool_size(usable_cores(), beside_others=beside_others)
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)
    return wanted
