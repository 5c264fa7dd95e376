"""Taking the steps of a non-linear walk: `f^n(base) - base`, with what lies between two steps interpolated."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.document.steps import StepLayers, StepNetwork

MOST_STEPS = 64
"""No walk goes further, whatever is typed: beyond a few steps nothing is learned, and each costs time."""
KEPT = 32
"""How many networks stay ready as tensors."""


def walk_offset(steps: StepNetwork, base: Tensor, alpha: float, w_avg: Tensor | None = None) -> Tensor:
    """How far `alpha` steps lead from each of `base` [n, dim]: `f^alpha(base) - base`, [n, dim].

    Negative alphas take the reverse network. ValueError when the latents are of another size.
    """
    if base.shape[-1] != steps.dim:
        raise ValueError(f"The steps are for latents of {steps.dim} numbers, but the model has {base.shape[-1]}.")
    layers = steps.forward if alpha > 0 else steps.reverse
    left, here = min(abs(alpha), float(MOST_STEPS)), base
    length = base.norm(dim=-1, keepdim=True)
    while left > 0:
        there = _settle(steps, _step(layers, here), length, w_avg)
        here = there if left >= 1 else torch.lerp(here, there, left)
        left -= 1
    return here - base


def _step(layers: StepLayers, x: Tensor) -> Tensor:
    first, first_bias, second, second_bias = _tensors(layers)
    return x + F.linear(F.relu(F.linear(x, first, first_bias)), second, second_bias)


def _settle(steps: StepNetwork, x: Tensor, length: Tensor, w_avg: Tensor | None) -> Tensor:
    """The rule after every step: the length kept, or the pull towards the mean."""
    if steps.keep_norm:
        kept: Tensor = x * (length / x.norm(dim=-1, keepdim=True).clamp(min=1e-8))
        return kept
    return x if steps.psi == 1 or w_avg is None else torch.lerp(w_avg, x, steps.psi)


@lru_cache(maxsize=KEPT)
def _tensors(layers: StepLayers) -> tuple[Tensor, ...]:
    return tuple(torch.tensor(array, dtype=torch.float32) for array in layers.arrays)
