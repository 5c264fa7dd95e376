"""Teaching walks: a generator's own pictures, edited, are what its pictures along the walk have to look like.

Jahanian, Chai and Isola, "On the 'steerability' of generative adversarial networks" (ICLR 2020): minimise over the walk
E[L(G(z + alpha w), edit(G(z), alpha))] where the edit says what the picture must be. No labels, no data. What is ours:
walks start at rest, every picture of a batch has an alpha of its own, the rate falls to nothing towards the end, and
what was learned is measured before it becomes a slider.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganstudio.api import Crew, Host, Learned, Model, PictureEdit, batch_of, check_options, option, step_seed
from ganstudio_plugins.steering.edits import (
    PLACE_NAMES,
    chosen,
    compose,
    draw,
    inside,
    offered_with_all,
    read_mask,
    slug,
)
from ganstudio_plugins.steering.held_out import masked_l2, strips
from ganstudio_plugins.steering.latents import Bases, WalkSpace, Where, place_of
from ganstudio_plugins.steering.lesson import Lesson
from ganstudio_plugins.steering.results import result_of
from ganstudio_plugins.steering.walks import LinearWalk, StepWalk

WARM_UP = 32
"""Steps over which the rate rises after a start or a resume, while Adam finds its scale."""
MOST = 8
"""Pictures a step, unless the user wants more."""
RATES = {"linear": 0.01, "nonlinear": 0.001}
PRECISIONS = {"bf16": torch.bfloat16, "float32": torch.float32}
PRECISION_NAMES = {"auto": "The fastest here"}


@dataclass(frozen=True)
class WalkOptions:
    """What can be chosen for the training of walks."""

    model: str = option("landscape", "The model: an id of the library, or a file.")
    edit: str = option("zoom", "What to learn: an edit, several with commas, colour, lab, or all.",
                       offers=offered_with_all)
    kind: Literal["linear", "nonlinear"] = option("linear", "A straight walk, or one that bends.",
                                                  offers={"linear": "Straight", "nonlinear": "Bent, in steps"})
    space: Where = option("auto", "Where to walk: z, one w for all layers, or a w a layer (w+).", more=True,
                          offers={"auto": "By itself", "z": "z", "w": "w, one for all layers", "w+": "w+, one a layer"})
    loss: Literal["l2", "perceptual"] = option("l2", "How pictures are compared: by pixels, or by looks.",
                                               title="Compare by", offers={"l2": "Pixels", "perceptual": "Looks"})
    kimg: float = option(12.0, "Thousands of pictures to learn from, for each edit.", least=0.001)
    batch: int = option(0, "Pictures a step, over all processes together (0: 8, of 1024 px 4).", least=0, more=True,
                        unset="By the model's size")
    rate: float = option(0.0, "Learning rate of Adam (0: 0.01 for linear walks, 0.001 for others).", least=0, more=True,
                         title="Learning rate", unset="By itself")
    range: float = option(1.0, "The share of an edit's range to learn.", least=0.01, most=1, more=True)
    step: float = option(0.0, "The edit's alpha of one step of a non-linear walk (0: the edit's own).", least=0,
                         more=True, title="Alpha of a step", unset="The edit's own")
    steps: int = option(0, "How many steps of a non-linear walk are learned either way (0: the edit's own).", least=0,
                        more=True, unset="The edit's own")
    layers: str = option("all", "The layers that the walk may move, such as 2-5.", more=True)
    mask: str = option("", "Edit only inside: left, right, top, bottom, centre, or a picture, white where it acts.",
                       title="Only inside", picks="file",
                       offers={"": "The whole picture", **PLACE_NAMES})
    label: int = option(-1, "Learn in one class only (-1: in all).", least=-1, more=True, title="Class", unset="All")
    psi: float = option(1.0, "Truncation of the pictures; 1 is none, as in the paper.", least=0, most=1, more=True,
                        title="Truncation")
    precision: Literal["auto", "bf16", "float32"] = option("auto", "Precision of the activations.", more=True,
                                                           offers=PRECISION_NAMES)
    seed: int = option(1, "Fixes all that is random.", least=0, more=True)

    def __post_init__(self) -> None:
        check_options(self)


class WalkTraining:
    """Registered with the program: makes the task out of options."""

    id = "walk"
    name = "Walk: a slider that zooms, shifts, rotates or recolours"
    options = WalkOptions

    def task(self, host: Host, options: Any, crew: Crew) -> WalkTask:
        """Begin with `WalkOptions`; ValueError or OSError with one sentence when it cannot."""
        return WalkTask(host, options, crew)


class WalkTask:
    """Walks being taught, one group of edits a step in turn. All randomness of step s comes from (seed, s)."""

    def __init__(self, host: Host, options: WalkOptions, crew: Crew) -> None:
        self.options, self.crew, self._host = options, crew, host
        self.model: Model = host.load_model(options.model)
        groups = chosen(options.edit, host.edits())
        mask = read_mask(options.mask, self.model.generator.resolution)
        self.groups = groups if mask is None else tuple(
            tuple(inside(edit, mask, options.mask) for edit in group) for group in groups)
        if options.kind == "nonlinear":  # a step network moves along one edit
            self.groups = tuple((edit,) for group in self.groups for edit in group)
        self.batch = options.batch or min(MOST, batch_of(self.model.generator.resolution))
        self.share = crew.share(self.batch)
        self.total = max(1, round(options.kimg * 1000)) * len(self.groups)
        generator: Any = copy.deepcopy(self.model.generator)  # the library's own stays where it is
        where = place_of(generator, options.space, options.kind == "linear")
        self.space = WalkSpace(generator.to(crew.device), where, options.layers, options.label, options.psi,
                               crew.device)
        self.likeness = host.perceptual(self.model) if options.loss == "perceptual" else None
        self.notes = self._notes(where)
        torch.manual_seed(options.seed)
        self.walks = nn.ModuleDict({_key(group): self._new_walk(group) for group in self.groups}).to(crew.device)
        self.optimiser = torch.optim.Adam(self.walks.parameters(), lr=self.rate)
        self.dtype = PRECISIONS.get(options.precision, crew.precision)
        self._done = 0

    @property
    def rate(self) -> float:
        """The highest learning rate."""
        return self.options.rate or RATES[self.options.kind]

    def _notes(self, where: str) -> tuple[str, ...]:
        names = ", ".join(edit.name for group in self.groups for edit in group)
        notes = [f"Learning {names} in {where}."]
        return (*notes, f"Likeness is judged by {self.likeness.name}.") if self.likeness else tuple(notes)

    def _new_walk(self, group: tuple[PictureEdit, ...]) -> nn.Module:
        space = self.space
        if self.options.kind == "linear":
            return LinearWalk(len(group), space.shape)
        return StepWalk(space.shape[0], keep_norm=space.where == "z", psi=self.options.psi,
                        w_avg=space.generator.w_avg)

    def networks(self) -> Mapping[str, nn.Module]:
        """What a resume file keeps."""
        return {"walks": self.walks}

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn one group of edits from the next pictures; its loss under the name of the group."""
        self._set_rate(number)
        group = self.groups[number % len(self.groups)]
        random = torch.Generator().manual_seed(step_seed(self.options.seed, number))
        with torch.autocast(self.crew.device.type, self.dtype, enabled=self.dtype != torch.float32):
            bases = self.space.draw(self.batch, random, self.share)
            told, alphas = self._alphas(group, self.batch, random)
            image = self.picture(group, bases, told[self.share].to(self.crew.device))
        target, mask = compose(group, bases.image, alphas[self.share].to(self.crew.device))
        loss = masked_l2(image, target, mask)
        self.optimiser.zero_grad()
        (loss if self.likeness is None else self.likeness(mask * image, mask * target)).backward()
        self.crew.average_gradients(self.walks)
        self.optimiser.step()
        return {_key(group): loss.detach()}

    def picture(self, group: tuple[PictureEdit, ...], bases: Bases, told: Tensor) -> Tensor:
        """Where the walk of a group leads: alphas [n, edits], or, for step networks, whole steps [n, 1]."""
        walk = self.walks[_key(group)]
        start = self.space.start(bases)
        return self.space.picture(bases, walk(start, told if isinstance(walk, LinearWalk) else told[:, 0]))

    def _alphas(self, group: tuple[PictureEdit, ...], count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """What the walk is told, and what the edits are, [count, edits]."""
        if self.options.kind == "linear":
            alphas = draw(group, count, self.model.generator.resolution, random) * self.options.range
            return alphas, alphas
        most, step = self.steps_of(group[0])
        counts = torch.randint(-most, most + 1, (count, 1), generator=random)
        return counts, counts * step

    def steps_of(self, edit: PictureEdit) -> tuple[int, float]:
        """How many steps are learned either way, and the edit's alpha of one."""
        return self.options.steps or edit.steps, (self.options.step or edit.step) * self.options.range

    def _set_rate(self, number: int) -> None:
        """Up in the beginning, down to nothing in half a cosine."""
        self._done += 1
        share = min(1.0, number * self.batch / self.total)
        rate = self.rate * min(1.0, self._done / WARM_UP) * 0.5 * (1 + math.cos(math.pi * share))
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def samples(self) -> NDArray[np.uint8]:
        """For each edit two rows: what the edit makes of a picture, and where the walk leads; at rest in the middle."""
        return strips(self.lessons())

    def lessons(self) -> list[Lesson]:
        """Every edit with its walk, as it stands."""
        return [self._lesson(group, index) for group in self.groups for index in range(len(group))]

    def _lesson(self, group: tuple[PictureEdit, ...], index: int) -> Lesson:
        edit, walk, share = group[index], self.walks[_key(group)], self.options.range
        if isinstance(walk, LinearWalk):
            return Lesson(self.model, self.space, edit, walk, index, share)
        steps, step = self.steps_of(edit)
        return Lesson(self.model, self.space, edit, walk, 0, share, step, steps)

    def result(self) -> Learned:
        """The walks that can be followed, each measured; a sentence for each that cannot."""
        options = self.options
        how = {key: getattr(options, key) for key in ("loss", "kimg", "seed", "psi", "label")}
        name = slug(f"{options.edit} {options.kind} {options.space} {options.mask}")
        advice = "try another space, a smaller range, or the perceptual loss"
        return result_of(self._host, self.model, self.lessons(), name, how, advice)


def _key(group: tuple[PictureEdit, ...]) -> str:
    return "+".join(edit.id for edit in group)
