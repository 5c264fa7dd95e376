"""A look to w+: what the document says about one picture as numbers a network takes.

The order never changes: z, normalise, z edits, map, truncate, w edits. Every edit adds to the base; none sees another.
A collage, or a base that was found in w, replaces everything up to truncate.
Where z is what psi truncates, that comes before the z edits, so that truncation weakens no slider.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganstudio.api import Base, Direction, Edit, Generator, Latent, TruncatesZ, layer_indices, one_a_layer
from ganstudio.render.steps import walk_offset


def ws_of(generator: Generator, look: Latent, found: Tensor | None = None) -> Tensor:
    """The w+ of a look, float32 [1, num_ws, w_dim] on the CPU, where library models live.

    `found`, the latent of a collage, takes the place of all up to truncation: w+ [1, num_ws, w_dim], on which only w
    edits act, or z [1, z_dim], on which both do. ValueError with one sentence when the look's numbers do not fit the
    generator.
    """
    with torch.inference_mode():
        ws = _start(generator, look, found)
        offsets = torch.zeros_like(ws)
        for edit in look.edits:
            if edit.direction.space == "w" and edit.alpha:
                _add(offsets, ws, edit, generator.w_avg)
        return ws + offsets


def z_counts(look: Latent, found: Tensor | None) -> bool:
    """Whether edits of z change this picture: not where it starts from w."""
    return look.base.from_ws < 1 if found is None else found.ndim == 2


def _start(generator: Generator, look: Latent, found: Tensor | None) -> Tensor:
    """The w+ before w edits."""
    if found is not None and found.ndim == 3:
        return found
    base = look.base
    if found is None and base.from_ws == 1:
        return _ws(generator, base)
    psi = look.psi if found is None else 1.0
    z = _truncate_z(generator, generator.normalise(_z(generator, base) if found is None else found), psi)
    z = z + _z_offset(generator, z, look.edits)
    ws = _truncate(generator, one_a_layer(generator, generator.map(z, _labels(generator, base))), psi, look.psi_layers)
    return torch.lerp(ws, _ws(generator, base), base.from_ws) if found is None and base.from_ws else ws


def _ws(generator: Generator, base: Base) -> Tensor:
    if base.ws is None or base.ws.shape != (generator.num_ws, generator.w_dim):
        raise ValueError(f"This look starts from a latent of other layers than the model's {generator.num_ws} of "
                         f"{generator.w_dim} numbers.")
    return torch.tensor(base.ws, dtype=torch.float32)[None]


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


def _z_offset(generator: Generator, z: Tensor, edits: tuple[Edit, ...]) -> Tensor:
    offset = torch.zeros_like(z)
    for edit in edits:
        if edit.direction.space == "z" and edit.alpha:
            vector = _vector(edit.direction, (generator.z_dim,))
            offset += edit.alpha * vector if edit.direction.steps is None else _walked(edit, z, None)
    return offset


def _walked(edit: Edit, base: Tensor, w_avg: Tensor | None) -> Tensor:
    """Where the steps of a non-linear direction lead from `base` [n, dim]."""
    assert edit.direction.steps is not None
    return walk_offset(edit.direction.steps, base, edit.alpha, w_avg)


def _truncate_z(generator: Generator, z: Tensor, psi: float) -> Tensor:
    return z * psi if isinstance(generator, TruncatesZ) else z


def _truncate(generator: Generator, ws: Tensor, psi: float, psi_layers: int | None) -> Tensor:
    """`w_avg + psi (w - w_avg)` in the first `psi_layers` layers; where psi acts on z, what else it says to layers."""
    if isinstance(generator, TruncatesZ):
        return generator.at_psi(ws, psi)
    if generator.w_avg is None or psi == 1:
        return ws
    pulled = torch.lerp(generator.w_avg, ws, psi)
    last = generator.num_ws if psi_layers is None else psi_layers
    return torch.cat([pulled[:, :last], ws[:, last:]], dim=1)


def _add(offsets: Tensor, ws: Tensor, edit: Edit, w_avg: Tensor | None) -> None:
    """Add what the edit does from the base `ws` to `offsets`, both [1, num_ws, w_dim], in the edit's layers."""
    _, num_ws, w_dim = ws.shape
    layers = layer_indices(edit.direction.layers)
    if layers and layers[-1] >= num_ws:
        raise ValueError(f"The direction “{edit.direction.name}” moves layer {layers[-1]}, but the model has "
                         f"layers 0-{num_ws - 1}.")
    vector = _vector(edit.direction, (w_dim,), (num_ws, w_dim))
    if edit.direction.steps is not None:
        each, which = torch.unique_consecutive(ws[0, layers], dim=0, return_inverse=True)  # mostly one w for all
        offsets[:, layers] += _walked(edit, each, w_avg)[which]
    else:
        offsets[:, layers] += edit.alpha * (vector if vector.ndim == 1 else vector[layers])


def _vector(direction: Direction, *shapes: tuple[int, ...]) -> Tensor:
    if direction.vector.shape not in shapes:
        raise ValueError(f"The direction “{direction.name}” has the shape {list(direction.vector.shape)}, but the "
                         f"model takes {' or '.join(str(list(s)) for s in shapes)}.")
    return torch.tensor(direction.vector, dtype=torch.float32)
