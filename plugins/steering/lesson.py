"""One edit with the walk that learns it: what to ask of it, and the direction it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganstudio.api import Direction, Model, PictureEdit
from ganstudio_plugins.steering.edits import draw
from ganstudio_plugins.steering.latents import Bases, WalkSpace
from ganstudio_plugins.steering.walks import LinearWalk, StepWalk

EXTENT_DRAWS = 4096
BEYOND = 1.25
"""A walk is measured this much farther than it learned; its slider ends where it is found to end."""
SEED = 3_141_592_653
"""No small number: a GAN's training seeded alike began with the same numbers as weights."""
MEAN_OF = 64


@dataclass(frozen=True, eq=False)
class Lesson:
    """`walk` learns `edit` as its number `index`; `step` is the edit's alpha of one of its units (1, or a step of a
    step network, of which `steps` are learned); `share` is how much of the edit's range is learned."""

    model: Model
    space: WalkSpace
    edit: PictureEdit
    walk: LinearWalk | StepWalk
    index: int = 0
    share: float = 1.0
    step: float = 1.0
    steps: int = 0

    @property
    def linear(self) -> bool:
        """Whether it is a straight walk."""
        return isinstance(self.walk, LinearWalk)

    def alphas(self, count: int, random: torch.Generator) -> Tensor:
        """Alphas of the edit as they are learned, [count]."""
        if not self.linear:
            return torch.randint(-self.steps, self.steps + 1, (count,), generator=random) * self.step
        side = self.model.generator.resolution
        return draw((self.edit,), count, side, random)[:, 0] * self.share

    @property
    def extent(self) -> float:
        """The largest alpha of the edit that is learned."""
        return float(self.alphas(EXTENT_DRAWS, torch.Generator().manual_seed(SEED)).abs().max())

    def row(self, count: int) -> Tensor:
        """An odd number of alphas from one end to the other that the walk can be asked for."""
        if self.linear:
            return torch.linspace(-1, 1, count) * self.extent
        return torch.linspace(-self.steps, self.steps, count).round() * self.step

    def picture(self, bases: Bases, alphas: Tensor) -> Tensor:
        """Where the walk leads for alphas [n] of the edit."""
        start = self.space.start(bases)
        if not isinstance(self.walk, LinearWalk):
            return self.space.picture(bases, self.walk(start, (alphas / self.step).round()))
        told = torch.zeros(len(alphas), len(self.walk.vectors), device=alphas.device)
        told[:, self.index] = alphas
        return self.space.picture(bases, self.walk(start, told))

    def direction(self, how: dict[str, Any]) -> Direction:
        """The walk as a slider, with `how` it was learned; alpha is the edit's, or counts steps."""
        reach = BEYOND * (self.extent if self.linear else self.steps)
        where = "~".join(filter(None, (self.edit.id, "" if self.linear else "steps", self.space.where)))
        return Direction(
            id=f"steering:{where}", name=self.edit.name + ("" if self.linear else ", in steps"),
            space="z" if self.space.where == "z" else "w", vector=self._vector(), layers=self.space.layers,
            fingerprint=self.model.fingerprint, reach=(-reach, reach), source="steering",
            parameters={**how, "edit": self.edit.id, "step": self.step, "learned": self.extent},
            steps=None if isinstance(self.walk, LinearWalk) else self.walk.network(),
        )  # fmt: skip

    def _vector(self) -> np.ndarray:
        if isinstance(self.walk, LinearWalk):
            found = self.walk.vectors[self.index]
        else:
            with torch.no_grad():
                start = self.space.start(self.space.draw(MEAN_OF, torch.Generator().manual_seed(SEED)))
                found = (self.walk(start, torch.ones(MEAN_OF, device=start.device)) - start).mean(dim=0)
        vector: np.ndarray = found.detach().cpu().float().numpy().copy()
        return vector
