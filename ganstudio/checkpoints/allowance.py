"""What generators are built under when a file will fill them: tensors may only grow so far, and hold nothing yet.

A file's claims must not fill the memory, and drawing random weights only to overwrite them takes a large network
longer than reading them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

MAKERS = frozenset({torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye,
                    torch.arange, torch.linspace})
"""What makes tensors out of nothing but numbers."""
DRAWN = frozenset({torch.rand, torch.randn})
LEAST = 256 << 20
WIDTH = 4
"""Bytes of a float32."""


class Allowance(TorchFunctionMode):
    """Within it, tensors made from nothing may take `bytes_` in all; ValueError when one would go beyond."""

    def __init__(self, bytes_: int) -> None:
        super().__init__()
        self._left = max(bytes_, LEAST) // WIDTH

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        """Count, then carry on."""
        if func in MAKERS:
            self._left -= _numbers(func, args, kwargs or {})
            if self._left < 0:
                raise ValueError("the file describes a network far larger than the weights in it")
        return func(*args, **(kwargs or {}))


class Unfilled(TorchFunctionMode):
    """Within it, what would be made of random numbers is left as memory happens to be; a seeded draw is still drawn."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        """Leave out the drawing."""
        named = dict(kwargs or {})
        return (torch.empty if func in DRAWN and "generator" not in named else func)(*args, **named)


def finite(tensor: Tensor) -> bool:
    """Whether all numbers are; the sum of all, which takes a third of the time, settles it nearly always."""
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


def _numbers(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """How many numbers a call makes."""
    if func in (torch.arange, torch.linspace):
        whole = [abs(float(value)) for value in (*args, *kwargs.values()) if isinstance(value, int | float)]
        return int(min(max(whole, default=0), 1e15))
    size = kwargs.get("size", args[0] if args else 0)
    sides = list(size) if isinstance(size, list | tuple) else [side for side in args if isinstance(side, int)]
    if func is torch.eye:
        sides = [sides[0], sides[-1]]
    return math.prod(side for side in sides if isinstance(side, int))
