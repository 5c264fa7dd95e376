"""Moving pictures along any straight direction, and which true factors go with it: for SeFa, walks and fitted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganstudio.api import Direction, Model, layer_indices
from tests.evidence.steering.readings import BATCH, Ruler, Seen, see
from tests.evidence.steering.statistics import Moved, moved
from tests.evidence.steering.walking import HELD_OUT, LEVELS
from tests.evidence.steering.workshop import Workshop, seeded

HALVINGS, NEAR = 40, 0.005
"""An alpha is looked for until it is known to such a share of itself, but not for ever."""
FARTHEST = 1024.0
"""No direction is followed beyond so many times its own length."""


@dataclass(frozen=True, eq=False)
class Stand:
    """Held-out pictures of a model that can be pushed: `drawn` are `Bases` of the steering plugin's `space`."""

    shop: Workshop
    space: Any
    drawn: Sequence[Any]

    def pictures(self, offset: Tensor, alpha: float) -> Tensor:
        """All of them, moved by alpha times an offset: [z_dim], or [num_ws, w_dim]."""
        with torch.no_grad():
            return torch.cat([self.space.picture(bases, self.space.start(bases) + alpha * offset)
                              for bases in self.drawn])  # fmt: skip

    def change(self, offset: Tensor, alpha: float) -> float:
        """How much the pictures of the first batch change, root mean square in levels: the mean of both ways."""
        few = Stand(self.shop, self.space, self.drawn[:1])
        rest = self.drawn[0].image.clamp(-1, 1)
        ends = (few.pictures(offset, sign * alpha).clamp(-1, 1) for sign in (-1, 1))
        return sum(LEVELS * (end - rest).square().mean().sqrt().item() for end in ends) / 2

    def seen(self, offset: Tensor, alpha: float) -> Seen:
        """What the reader sees at one end."""
        return see(self.shop.reader, self.pictures(offset, alpha))

    def moves(self, offset: Tensor, alpha: float, held: Ruler) -> Moved:
        """Which factors go with it."""
        before, after = (self.seen(offset, sign * alpha).codes for sign in (-1, 1))
        return moved(before, after, held.scale, held.groups)

    def alpha_for(self, offset: Tensor, levels: float) -> float:
        """The alpha at which the pictures change by so many levels; the farthest where they never do."""
        low, high = 0.0, 1.0
        while self.change(offset, high) < levels and high < FARTHEST:
            low, high = high, 2 * high
        for _ in range(HALVINGS):
            if high - low <= NEAR * high:
                break
            middle = (low + high) / 2
            low, high = (middle, high) if self.change(offset, middle) < levels else (low, middle)
        return high


def stand(shop: Workshop, model: Model, count: int, series: int) -> Stand:
    """`count` pictures of a model; other ones for every series."""
    where = "w+" if model.generator.space == "w" else "z"
    space = shop.steering("latents").WalkSpace(model.generator, where, "all", -1, 1.0, torch.device("cpu"))
    seed = HELD_OUT + 1000 * shop.scale.seed + 100_000 * series
    drawn = [space.draw(min(BATCH, count - first), seeded(seed + first)) for first in range(0, count, BATCH)]
    return Stand(shop, space, drawn)


def offset_of(direction: Direction, model: Model) -> Tensor:
    """What alpha 1 of a straight direction adds: [z_dim], or [num_ws, w_dim]."""
    vector = torch.from_numpy(direction.vector).float()
    if direction.space == "z":
        return vector
    offset = torch.zeros(model.generator.num_ws, model.generator.w_dim)
    layers = layer_indices(direction.layers)
    offset[layers] = vector if vector.ndim == 1 else vector[layers]
    return offset
