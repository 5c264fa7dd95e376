"""How far one picture is from another, in the two measures that tests ask for."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def largest(image: Tensor, wanted: Any) -> float:
    """The greatest difference of two tensors, or of a tensor and an array."""
    return float((image - torch.as_tensor(wanted)).abs().max())


def psnr(image: Tensor, exact: Tensor) -> float:
    """Peak signal-to-noise ratio of pictures in -1..1, in decibels."""
    return 10 * math.log10(4 / max(float((image - exact).square().mean()), 1e-20))
