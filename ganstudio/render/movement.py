"""A look to the movement of its whole picture, for models whose input can be moved."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganstudio.api import Generator, Latent, Movable
from ganstudio.document.movement import MOVES


def transform_of(generator: Generator, look: Latent) -> Tensor | None:
    """How far a look moves its picture, float32 [1, 3] on the CPU (see `Movable`), or None where it does not.

    The edits of the input add up. ValueError with one sentence when the generator's input cannot be moved, or an
    edit's numbers do not fit.
    """
    moves = [edit for edit in look.edits if edit.direction.space == "input" and edit.alpha]
    if not moves:
        return None
    if not isinstance(generator, Movable):
        raise ValueError(f"“{moves[0].direction.name}” moves the input, but this model's stays where it is.")
    total = np.zeros(MOVES)
    for edit in moves:
        if edit.direction.vector.shape != (MOVES,):
            raise ValueError(f"The direction “{edit.direction.name}” has the shape "
                             f"{list(edit.direction.vector.shape)}, but moving a picture takes [{MOVES}].")
        total += edit.alpha * edit.direction.vector
    return torch.tensor(total, dtype=torch.float32)[None]
