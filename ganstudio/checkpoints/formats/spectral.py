"""What readers of spectrally normalised networks share: tensors taken by name and shape, and norms divided out.

Spectral normalisation divides a weight by an estimate of its largest singular value, made of vectors that the file
stores. A generator at rest needs only the quotient.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.checkpoints.native import ModelError


class Weights:
    """A file's tensors by name: float32, each with the number of dimensions it should have, or ModelError."""

    def __init__(self, tensors: Mapping[str, Tensor], name: str) -> None:
        self._tensors, self.name = tensors, name

    def __contains__(self, key: str) -> bool:
        return key in self._tensors

    def take(self, key: str, dims: int) -> Tensor:
        """The tensor of that name."""
        tensor = self._tensors.get(key)
        if tensor is None:
            raise ModelError(f"“{self.name}” lacks the tensor “{key}”; it is damaged, or of another kind of network.")
        if tensor.dim() != dims or not tensor.numel():
            raise ModelError(f"The tensor “{key}” of “{self.name}” has the shape {list(tensor.shape)}, which does not "
                             f"fit the network; the file is damaged.")
        return tensor.detach().float()

    def first(self, keys: tuple[str, ...], dims: int) -> Tensor | None:
        """The first of these that is there, or None."""
        return next((self.take(key, dims) for key in keys if key in self), None)

    def count(self, pattern: str) -> int:
        """How many of the names `pattern.format(0)`, `pattern.format(1)`, ... there are in a row from 0."""
        number = 0
        while pattern.format(number) in self:
            number += 1
        return number


def stored_norm(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The singular value that u [o] and v [rest] estimate, as torch's own layers do outside of training."""
    rows = weight.flatten(1)
    _check(rows, u, v)
    return torch.dot(u, rows @ v)


def iterated_norm(weight: Tensor, u: Tensor, eps: float) -> Tensor:
    """The singular value after one step of power iteration from u [1, o]."""
    rows = weight.flatten(1)
    _check(rows, u.flatten())
    v = F.normalize(u @ rows, eps=eps)
    u = F.normalize(v @ rows.T, eps=eps)
    return (v @ rows.T @ u.T).squeeze()


def _check(rows: Tensor, u: Tensor, v: Tensor | None = None) -> None:
    if len(u) != len(rows) or (v is not None and len(v) != rows.shape[1]):
        raise ModelError("A spectral norm of the file does not fit its weight; the file is damaged.")
