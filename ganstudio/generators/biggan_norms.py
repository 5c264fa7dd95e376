"""BigGAN's batch-norms: statistics for one truncation or for many, gain and bias from a condition vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MOMENTUM = 0.1
"""How fast a training's statistics follow those of its batches."""


def stats_row(truncation: float, rows: int) -> float:
    """Which row of the statistics a truncation in 0..1 takes; what lies between two rows is their linear mixture.

    The published program weighs the two neighbours the wrong way round, in steps of 1 / (rows - 1) in double
    precision: its row falls from i + 1 to i within a step, and rounding may shift a multiple of the step by a row.
    """
    truncation = min(max(truncation, 0.0), 1.0)
    above, row = math.modf(truncation / (1.0 / (rows - 1)))
    return min(row + 1 - above if above else row, rows - 1.0)


class Norm(nn.Module):
    """Batch-norm without gain and bias: x [n, c, h, w] to zero mean and unit variance, by measured statistics.

    There are `num_stats` rows of statistics, for as many truncations. While training (with one row) those of the batch
    count, which the stored ones follow. `gain_adds` is a fault of one program that its pictures need.
    """

    stored_mean: Tensor
    stored_var: Tensor

    def __init__(self, width: int, num_stats: int = 1, eps: float = 1e-5, gain_adds: bool = False) -> None:
        super().__init__()
        self.register_buffer("stored_mean", torch.zeros(num_stats, width))
        self.register_buffer("stored_var", torch.ones(num_stats, width))
        self.eps, self.gain_adds = eps, gain_adds

    def statistics(self, row: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and variance [n or 1, c] at the rows [n], which may lie between two."""
        if row is None:
            return self.stored_mean, self.stored_var
        low = row.detach().floor().clamp(0, len(self.stored_mean) - 2).long()
        above = (row - low)[:, None]
        mean, var = (torch.lerp(table[low], table[low + 1], above) for table in (self.stored_mean, self.stored_var))
        return mean, var

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor, row: Tensor | None) -> Tensor:
        """Normalise, then gain and bias [n or 1, c]."""
        if self.training and row is None:
            x = F.batch_norm(x, self.stored_mean[0], self.stored_var[0], None, None, True, MOMENTUM, self.eps)
            scale, shift = gain, bias
        else:
            scale, shift = self.affine(gain, bias, row)
        return torch.addcmul(shift[:, :, None, None].to(x.dtype), x, scale[:, :, None, None].to(x.dtype))

    def affine(self, gain: Tensor, bias: Tensor, row: Tensor | None) -> tuple[Tensor, Tensor]:
        """The same by measured statistics as one scale and one shift, [n or 1, c] each."""
        mean, var = self.statistics(row)
        scale = (var + self.eps).rsqrt()
        if self.gain_adds:
            return scale, gain + bias - mean * scale
        return scale * gain, bias - mean * scale * gain


class ConditionalNorm(Norm):
    """Batch-norm whose gain (less 1) and bias are linear in the layer's condition vector."""

    def __init__(self, width: int, condition: int, num_stats: int = 1, eps: float = 1e-5,
                 gain_adds: bool = False) -> None:
        super().__init__(width, num_stats, eps, gain_adds)
        self.gain = nn.Linear(condition, width, bias=False)
        self.bias = nn.Linear(condition, width, bias=False)

    def conditioned(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Gain and bias [n, c] for condition vectors y."""
        return 1 + self.gain(y), self.bias(y)

    def styled(self, x: Tensor, y: Tensor, row: Tensor | None) -> Tensor:
        """Normalised x with the gain and bias of y."""
        styled: Tensor = self(x, *self.conditioned(y), row)
        return styled


class OutputNorm(Norm):
    """The last batch-norm: gain and bias are the same for all pictures."""

    def __init__(self, width: int, num_stats: int = 1, eps: float = 1e-5, gain_adds: bool = False) -> None:
        super().__init__(width, num_stats, eps, gain_adds)
        self.gain = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
