"""Walks as networks to be taught: vectors for straight ones, two small step networks for those that bend.

Everything starts as no movement at all: vectors at zero, and step networks whose second layer is zero. (The authors
draw vectors from N(0, 0.1), of which a walk that learns little is left with the noise.)
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import StepLayers, StepNetwork


class LinearWalk(nn.Module):
    """A vector for each edit: `offset` is the sum of alpha times vector. `shape` is [dim], or [num_ws, dim] for w+."""

    def __init__(self, count: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.zeros(count, *shape))

    def forward(self, base: Tensor, alphas: Tensor) -> Tensor:
        """Latents `base` [n, ...] moved by alphas [n, count]."""
        return base + torch.einsum("nk,k...->n...", alphas.to(self.vectors), self.vectors)


class Step(nn.Module):
    """x + second relu(first x), two layers as wide as the latent."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(dim, dim), nn.Linear(dim, dim)
        nn.init.xavier_normal_(self.first.weight)
        for parameter in (self.first.bias, self.second.weight, self.second.bias):
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Latents [n, dim] one step on."""
        return x + self.second(F.relu(self.first(x)))

    def layers(self) -> StepLayers:
        """As the document keeps it."""
        def numpy(tensor: Tensor) -> np.ndarray:
            return tensor.detach().cpu().float().numpy().copy()

        return StepLayers(*(numpy(p) for p in (self.first.weight, self.first.bias, self.second.weight,
                                               self.second.bias)))


class StepWalk(nn.Module):
    """Steps forward and back; each of the two is learned on its own.

    In z (`keep_norm`) every step keeps the latent's length; in w it is pulled to `w_avg` by `psi`.
    """

    def __init__(self, dim: int, keep_norm: bool, psi: float = 1.0, w_avg: Tensor | None = None) -> None:
        super().__init__()
        self.ahead, self.back = Step(dim), Step(dim)
        self.keep_norm, self.psi, self.w_avg = keep_norm, psi, w_avg

    def forward(self, base: Tensor, counts: Tensor) -> Tensor:
        """Latents `base` [n, dim] after `counts` [n] whole steps, forward or (below 0) back."""
        length = base.norm(dim=1, keepdim=True)
        here = base
        for number in range(int(counts.abs().max())):
            there = torch.where(counts[:, None] > 0, self._settled(self.ahead(here), length),
                                self._settled(self.back(here), length))
            here = torch.where(counts[:, None].abs() > number, there, here)
        return here

    def _settled(self, x: Tensor, length: Tensor) -> Tensor:
        if self.keep_norm:
            return x * (length / x.norm(dim=1, keepdim=True).clamp(min=1e-8))
        return x if self.psi == 1 or self.w_avg is None else torch.lerp(self.w_avg, x, self.psi)

    def network(self) -> StepNetwork:
        """As the document keeps it."""
        return StepNetwork(self.ahead.layers(), self.back.layers(), self.keep_norm, self.psi)
