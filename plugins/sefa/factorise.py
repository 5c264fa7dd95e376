"""The closed form: the unit vectors along which a linear map changes its output most.

For `y = A z + b`, moving z by `alpha n` changes y by `alpha A n` whatever z is; `|A n|` is largest for the
eigenvectors of the symmetric matrix A'A with the largest eigenvalues. No data, no sampling, no training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BLOCKS = 4


@dataclass(frozen=True, eq=False)
class Factors:
    """`vectors` [k, dim], orthonormal rows by descending `values` [k]; `total`, the sum of all eigenvalues, makes
    `values / total` each one's share of the variance."""

    vectors: Tensor
    values: Tensor
    total: float


def factorise(matrix: Tensor, normalise: bool = True) -> Factors:
    """The directions of a map given as [latent dim, units], float32, on the CPU.

    `normalise` scales each unit's column to length one, as the published program does, so that every unit counts the
    same and learning-rate factors in the weights do not matter; without it the equations are taken as printed.
    Directions that the map does not feel at all (its null space, where any basis is as good) are left out. Signs are
    fixed, so that another machine finds the same directions: the component of largest magnitude is positive.
    ValueError in one sentence for weights that are all zero or not finite.
    """
    columns = matrix.detach().float().cpu()
    if normalise:
        columns = torch.nn.functional.normalize(columns, dim=0)
    gram = _lower_gram(columns)
    if not bool(torch.isfinite(gram).all()) or not bool(gram.diagonal().any()):
        raise ValueError("SeFa finds nothing in these layers: their weights are all zero, or not finite.")
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0).clamp(min=0), vectors.T.flip(0)
    rank = int((values > values[0] * values.numel() * torch.finfo(values.dtype).eps).sum())
    return Factors(_with_signs(vectors[:rank]), values[:rank], float(values.sum()))


def _lower_gram(rows: Tensor) -> Tensor:
    """`rows @ rows.T` as far as the symmetric solver looks, on and below the diagonal: half of the work."""
    gram = rows.new_zeros(len(rows), len(rows))
    step = max(32, len(rows) // BLOCKS)
    for start in range(0, len(rows), step):
        end = start + step
        torch.mm(rows[start:end], rows[:end].T, out=gram[start:end, :end])
    return gram


def _with_signs(vectors: Tensor) -> Tensor:
    """Rows turned so that the component of largest magnitude is positive."""
    largest = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    return vectors * torch.where(largest < 0, -1.0, 1.0)
