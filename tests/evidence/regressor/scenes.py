"""Pictures with their parts, and what is laid together from them: one part replaced, or every part of its own picture.

There are pictures of two kinds. Renders are the world's own: to the model they are photos, and their parts are known
to the pixel. Samples are the model's: a factor reader says where their parts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganstudio.training.factor_reader import labelled
from tests.evidence.regions import LARGER, PARTS, masks, read_factors
from tests.evidence.regressor.inputs import Inputs

Source = Literal["renders", "samples"]
SOURCES: tuple[Source, ...] = ("renders", "samples")
RENDERS = 4_711
"""The series of renders; no training and no measurement uses it."""
LEAST = 0.01
"""The least share of a picture that a part must fill to be replaced, or to replace another."""
SPARE = 2.5
"""How many more scenes are drawn than pairs are wanted, since not all have every part."""
BENEATH = frozenset({"sky"})
"""Parts that lie behind everything else: they are laid only where their like was seen."""


@dataclass(frozen=True, eq=False)
class Scenes:
    """Images [n, 3, side, side] and, for each of PARTS, masks [n, 1, side, side] of 0 and 1."""

    images: Tensor
    parts: dict[str, Tensor]

    def at(self, index: Tensor) -> Scenes:
        """Some of them."""
        return Scenes(self.images[index], {part: mask[index] for part, mask in self.parts.items()})

    def having(self, part: str) -> Tensor:
        """The indices [k] of those in which enough of a part is seen."""
        share = self.parts[part].mean(dim=(1, 2, 3))
        return ((share >= LEAST) & (share <= 1 - LEAST)).nonzero()[:, 0]


@dataclass(frozen=True, eq=False)
class Edits:
    """One part of each `context` replaced by that of its `target`, images [n, 3, h, w]; `old` is where it was and `new`
    where the other is, masks [n, 1, h, w]."""

    context: Tensor
    target: Tensor
    old: Tensor
    new: Tensor

    @property
    def collage(self) -> Tensor:
        """The new part laid on the context."""
        return self.target * self.new + self.context * (1 - self.new)

    @property
    def visible(self) -> Tensor:
        """What the regressor is shown of the collage: all but what is left over of the old part."""
        return torch.maximum(self.new, 1 - self.old)

    @property
    def outside(self) -> Tensor:
        """What neither part touches."""
        return (1 - self.old) * (1 - self.new)


def scenes(inputs: Inputs, source: Source, count: int, series: int = 0) -> Scenes:
    """So many scenes of a kind; each series has others."""
    if source == "renders":
        factors, images = labelled(inputs.world, RENDERS + inputs.seed, series * 1_000_000, count, inputs.side)
        return Scenes(images, masks(inputs.world, factors, inputs.side))
    images = inputs.samples(count, series)
    factors = np.concatenate([read_factors(inputs.reader, inputs.for_reader(x)) for x in images.split(64)])
    return Scenes(images, masks(inputs.world, factors, inputs.side, larger=LARGER))


def edits(found: Scenes, part: str, count: int) -> Edits:
    """At most `count` scenes that have a part, each with that of another one in its place."""
    index = found.having(part)
    return edited(found.at(index), found.at(index.roll(-1)), part, count)


def edited(contexts: Scenes, targets: Scenes, part: str, count: int | None = None) -> Edits:
    """Each context with the part of its target, where enough of it finds a place."""
    old, new = contexts.parts[part], targets.parts[part]
    if part in BENEATH:
        new = new * old
    there = (new.mean(dim=(1, 2, 3)) >= LEAST).nonzero()[:count, 0]
    return Edits(*(x[there] for x in (contexts.images, targets.images, old, new)))


def automatic(found: Scenes) -> tuple[Tensor, Tensor]:
    """Collages [n, 3, h, w] of as many scenes, with masks of what they cover: the land of one picture, and the sky, the
    house and the trees of three others."""
    collage, mask = found.images, 1 - torch.stack(list(found.parts.values())).amax(dim=0)
    for step, part in enumerate(PARTS, 1):
        images, new = found.images.roll(step, 0), found.parts[part].roll(step, 0)
        if part in BENEATH:
            new = new * found.parts[part]
        collage, mask = images * new + collage * (1 - new), torch.maximum(mask, new)
    return collage, mask
