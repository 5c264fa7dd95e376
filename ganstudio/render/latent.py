"""A look to w+: what the document says about one picture as numbers a network takes.

The order never changes: z, normalise, z edits, map, truncate, w edits. Every edit adds to the base; none sees another.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganstudio.api import Base, Direction, Edit, Generator, Latent, layer_indices, one_a_layer


def ws_of(generator: Generator, look: Latent) -> Tensor:
    """The w+ of a look, float32 [1, num_ws, w_dim] on the CPU, where library models live.

    ValueError with one sentence when the look's numbers do not fit the generator.
    """
    with torch.inference_mode():
        z = generator.normalise(_z(generator, look.base)) + _z_offset(generator, look.edits)
        w = generator.map(z, _labels(generator, look.base))
        ws = _truncate(generator, one_a_layer(generator, w), look.psi, look.psi_layers).clone()
        for edit in look.edits:
            if edit.direction.space == "w" and edit.alpha:
                _add(ws, edit)
    return ws


def _z(generator: Generator, base: Base) -> Tensor:
    if base.z.shape != (generator.z_dim,):
        raise ValueError(f"This look has {base.z.size} numbers, but the model takes {generator.z_dim}.")
    return torch.tensor(base.z, dtype=torch.float32)[None]


def _labels(generator: Generator, base: Base) -> Tensor | None:
    if not generator.num_classes:
        return None
    if base.label is None or base.label.shape != (generator.num_classes,):
        raise ValueError(f"This look names no class, but the model has {generator.num_classes} of them.")
    return torch.tensor(base.label, dtype=torch.float32)[None]


def _z_offset(generator: Generator, edits: tuple[Edit, ...]) -> Tensor:
    offset = torch.zeros(1, generator.z_dim)
    for edit in edits:
        if edit.direction.space == "z" and edit.alpha:
            offset += edit.alpha * _vector(edit.direction, (generator.z_dim,))
    return offset


def _truncate(generator: Generator, ws: Tensor, psi: float, psi_layers: int | None) -> Tensor:
    """`w_avg + psi (w - w_avg)` in the first `psi_layers` layers."""
    if generator.w_avg is None or psi == 1:
        return ws
    pulled = torch.lerp(generator.w_avg, ws, psi)
    last = generator.num_ws if psi_layers is None else psi_layers
    return torch.cat([pulled[:, :last], ws[:, last:]], dim=1)


def _add(ws: Tensor, edit: Edit) -> None:
    """Move the edit's layers of `ws` in place."""
    _, num_ws, w_dim = ws.shape
    layers = layer_indices(edit.direction.layers)
    if layers and layers[-1] >= num_ws:
        raise ValueError(f"The direction “{edit.direction.name}” moves layer {layers[-1]}, but the model has "
                         f"layers 0-{num_ws - 1}.")
    vector = _vector(edit.direction, (w_dim,), (num_ws, w_dim))
    ws[:, layers] += edit.alpha * (vector if vector.ndim == 1 else vector[layers])


def _vector(direction: Direction, *shapes: tuple[int, ...]) -> Tensor:
    if direction.vector.shape not in shapes:
        raise ValueError(f"The direction “{direction.name}” has the shape {list(direction.vector.shape)}, but the "
                         f"model takes {' or '.join(str(list(s)) for s in shapes)}.")
    return torch.tensor(direction.vector, dtype=torch.float32)
