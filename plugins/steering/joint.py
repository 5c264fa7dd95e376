"""Joint training: the generator learns together with the walk, and reaches farther than a frozen one can be steered.

Jahanian, Chai and Isola (2020), section 4: minimise over generator and walk the sum of the edit's error and a GAN loss,
in which the discriminator compares G(z + alpha w) with real pictures edited by the same alpha. Where an edit says
nothing (what a shift brings in), neither side of that comparison is shown, so that no grey border is learned. Weights
are averaged as they are in GAN training, and the average becomes a new model with its walk.

The walk learns alone first, and the networks go on at the rates of their own training. While a walk does not move
yet, a picture and its edited twin have the same latent, so the edit's error teaches the generator to draw what no edit
changes. Tried on the DCGAN of landscapes, shift x, 2 thousand pictures: at 2.5 times its own rate and without a lead
its houses were smeared to bands; with a lead they were blurred, and at its own rates they stayed.

    ganstudio train joint --model landscape --edit shift-x --data landscape --output runs/landscape-shift-x
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import Crew, Host, Learned, Model, PictureEdit, Rates, check_options, option, step_seed
from ganstudio_plugins.steering.edits import chosen, compose, draw, offered, slug
from ganstudio_plugins.steering.held_out import masked_l2, strips
from ganstudio_plugins.steering.latents import WalkSpace, place_of
from ganstudio_plugins.steering.lesson import Lesson
from ganstudio_plugins.steering.results import result_of
from ganstudio_plugins.steering.training import PRECISION_NAMES, PRECISIONS, WARM_UP
from ganstudio_plugins.steering.walks import LinearWalk

BETAS = (0.0, 0.99)
RAMP = 0.05
"""The average never looks back farther than this share of all pictures seen, so that it forgets the beginning."""


@dataclass(frozen=True)
class JointOptions:
    """What can be chosen for the joint training of a generator and a walk."""

    model: str = option("landscape", "The model to begin with: an id of the library, or a file; its discriminator has "
                                     "to lie beside it.")
    edit: str = option("shift-x", "What to learn: one edit, or colour or lab.", offers=offered)
    data: str = option("landscape", "Real pictures: a folder, or the world landscape (landscape:0.5: its width); for a "
                                    "model with classes, a folder of a folder for each, or the world's seasons.",
                       title="Real pictures", picks="folder", offers={"landscape": "The world of Landscapes"})
    kimg: float = option(60.0, "Thousands of real pictures to show.", least=0.001)
    name: str = option("", "What the new model is called (else: after what it can do).", title="New model's name")
    lead: float = option(0.05, "The share of the training in which the walk learns alone.", least=0, most=1, more=True,
                         title="The walk alone first")
    batch: int = option(16, "Pictures a step, over all processes together.", least=2, more=True)
    range: float = option(1.0, "The share of an edit's range to learn.", least=0.01, most=1, more=True)
    rate: float = option(0.0, "Learning rate of the generator (0: that of its own training).", least=0, more=True,
                         title="Learning rate", unset="As it was trained")
    judge_rate: float = option(0.0, "Learning rate of the discriminator (0: that of its own training).", least=0,
                               more=True, title="Discriminator's rate", unset="As it was trained")
    walk_rate: float = option(0.01, "Learning rate of the walk.", least=0, more=True, title="Walk's learning rate")
    edit_weight: float = option(10.0, "Weight of the edit's error beside the GAN loss.", least=0, more=True)
    r1_gamma: float = option(-1.0, "Weight of the gradient penalty on real pictures (-1: that of its own training).",
                             least=-1, more=True, title="R1 gamma", unset="As it was trained")
    r1_interval: int = option(16, "Steps between two gradient penalties.", least=1, more=True, title="R1 interval")
    half_life: float = option(5.0, "Thousands of pictures after which an average of weights has forgotten half.",
                              least=0.001, more=True, title="Half-life of averages")
    precision: Literal["auto", "bf16", "float32"] = option("auto", "Precision of the activations.", more=True,
                                                           offers=PRECISION_NAMES)
    seed: int = option(1, "Fixes all that is random.", least=0, more=True)

    def __post_init__(self) -> None:
        check_options(self)


class JointTraining:
    """Registered with the program: makes the task out of options."""

    id = "joint"
    name = "Joint: a generator that learns to follow an edit, with its walk"
    options = JointOptions

    def task(self, host: Host, options: Any, crew: Crew) -> JointTask:
        """Begin with `JointOptions`; ValueError or OSError with one sentence when it cannot."""
        return JointTask(host, options, crew)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the discriminator sees: pictures `image` [2 n, 3, h, w], at rest and then edited, of the classes `labels`
    [n, classes] of both halves, None where there are none."""

    image: Tensor
    labels: Tensor | None


class JointTask:
    """Generator, discriminator, walk and the average generator. All randomness of step s comes from (seed, s)."""

    def __init__(self, host: Host, options: JointOptions, crew: Crew) -> None:
        self.options, self.crew, self._host = options, crew, host
        self.model: Model = host.load_model(options.model, trainable=True)
        self.edits = _one_group(options.edit, host.edits())
        self.generator, self.judge, rates = _trainable(self.model)
        self.rates = Rates(options.rate or rates.generator, options.judge_rate or rates.discriminator,
                           rates.r1_gamma if options.r1_gamma < 0 else options.r1_gamma)
        self.generator.to(crew.device).train()
        self.judge.to(crew.device)
        side = self.model.generator.resolution
        self.real = host.pictures(options.data, side, options.seed, self.generator.num_classes)
        self.average: Any = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.batch, self.share = options.batch, crew.share(options.batch)
        self.total = max(1, round(options.kimg * 1000))
        self.space = self._space(self.generator)
        self.walk = LinearWalk(len(self.edits), self.space.shape).to(crew.device)
        self.notes = (f"Teaching {self.model.name} to follow {self._title}, in {self.space.where}.",)
        self.dtype = PRECISIONS.get(options.precision, crew.precision)
        self._optimisers = {
            "generator": _adam(self.generator, self.rates.generator),
            "judge": _adam(self.judge, self.rates.discriminator),
            "walk": torch.optim.Adam(self.walk.parameters(), lr=options.walk_rate),
        }
        self._done = dict.fromkeys(self._optimisers, 0)

    @property
    def _title(self) -> str:
        return " and ".join(edit.name for edit in self.edits)

    def _space(self, generator: Any) -> WalkSpace:
        return WalkSpace(generator, place_of(generator, "auto", True), "all", -1, 1.0, self.crew.device)

    def networks(self) -> Mapping[str, nn.Module]:
        """What a resume file keeps."""
        return {"generator": self.generator, "average": self.average, "discriminator": self.judge, "walk": self.walk}

    def step(self, number: int) -> Mapping[str, Tensor]:
        """One step of all three: losses of generator, discriminator and edit."""
        self._set_rates(number)
        random = torch.Generator().manual_seed(step_seed(self.options.seed, number))
        alphas = self._alphas(random)
        fake, edit_error = self._fake(alphas, random)
        if self._walk_leads(number):
            return self._walk_learns(edit_error)
        real = self._real(number, alphas)
        losses = self._judge_learns(real, Shown(fake.image.detach(), fake.labels), number)
        for_generator = F.softplus(-self._judged(fake)).mean()
        self._optimisers["generator"].zero_grad()
        self._optimisers["walk"].zero_grad()
        (for_generator + self.options.edit_weight * edit_error).backward()
        for name, network in (("generator", self.generator), ("walk", self.walk)):
            self.crew.average_gradients(network)
            self._optimisers[name].step()
        self._follow(number)
        return {**losses, "generator": for_generator.detach(), "edit": edit_error.detach()}

    def _walk_leads(self, number: int) -> bool:
        return number * self.batch < self.options.lead * self.total

    def _walk_learns(self, edit_error: Tensor) -> dict[str, Tensor]:
        """A step of the walk alone."""
        self._optimisers["walk"].zero_grad()
        edit_error.backward(inputs=list(self.walk.parameters()))
        self.crew.average_gradients(self.walk)
        self._optimisers["walk"].step()
        return {"edit": edit_error.detach()}

    def _alphas(self, random: torch.Generator) -> Tensor:
        side = self.model.generator.resolution
        alphas = draw(self.edits, self.batch, side, random) * self.options.range
        return alphas[self.share].to(self.crew.device)

    def _real(self, number: int, alphas: Tensor) -> Shown:
        """Real pictures, then the same ones edited, shown only where the edit says something."""
        first, count = number * self.batch + self.share.start, len(alphas)
        image, labels = self.real.images(first, count).to(self.crew.device), self.real.labels(first, count)
        target, mask = compose(self.edits, image, alphas)
        return Shown(torch.cat([image, mask * target.clamp(-1, 1)]),
                     None if labels is None else labels.to(self.crew.device))

    def _fake(self, alphas: Tensor, random: torch.Generator) -> tuple[Shown, Tensor]:
        """Pictures at rest, then along the walk, shown as the real ones are; and the error of the edit."""
        with torch.autocast(self.crew.device.type, self.dtype, enabled=self.dtype != torch.float32):
            bases = self.space.begin(self.batch, random, self.share)
            moved = self.space.picture(bases, self.walk(self.space.start(bases), alphas))
        target, mask = compose(self.edits, bases.image.detach(), alphas)
        return Shown(torch.cat([bases.image, mask * moved]), bases.labels), masked_l2(moved, target, mask)

    def _judge_learns(self, real: Shown, fake: Shown, number: int) -> dict[str, Tensor]:
        """A step of the discriminator, with the lazy gradient penalty."""
        gamma, interval = self.rates.r1_gamma, self.options.r1_interval
        loss = F.softplus(self._judged(fake)).mean() + F.softplus(-self._judged(real)).mean()
        whole = loss
        if gamma and number % interval == 0:
            seen = real.image.clone().requires_grad_()
            (slope,) = torch.autograd.grad(self._judged(Shown(seen, real.labels)).sum(), seen, create_graph=True)
            penalty = slope.float().square().sum(dim=(1, 2, 3)).mean()
            whole = loss + penalty * (gamma / 2 * interval)
        self._optimisers["judge"].zero_grad()
        whole.backward()
        self.crew.average_gradients(self.judge)
        self._optimisers["judge"].step()
        return {"discriminator": loss.detach()}

    def _judged(self, shown: Shown) -> Tensor:
        """Logits of both halves, each judged as a batch of its own kind, and for its classes where there are any."""
        classes = {} if shown.labels is None else {"labels": shown.labels}
        with torch.autocast(self.crew.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return torch.cat([self.judge(half, **classes) for half in shown.image.chunk(2)]).float()

    def _set_rates(self, number: int) -> None:
        """Up when a network begins to learn; the walk's down to nothing in half a cosine."""
        share = min(1.0, number * self.batch / self.total)
        rates = {"walk": self.options.walk_rate * 0.5 * (1 + math.cos(math.pi * share))}
        if not self._walk_leads(number):
            rates |= {"generator": self.rates.generator, "judge": self.rates.discriminator}
        for name, rate in rates.items():
            self._done[name] += 1
            for group in self._optimisers[name].param_groups:
                group["lr"] = rate * min(1.0, self._done[name] / WARM_UP)

    def _follow(self, number: int) -> None:
        """Let the average follow the generator."""
        seen = (number + 1) * self.batch
        keep = 0.5 ** (self.batch / min(1000 * self.options.half_life, seen * RAMP))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - keep)
            for mine, new in zip(self.average.buffers(), self.generator.buffers(), strict=True):
                mine.copy_(new)

    def samples(self) -> NDArray[np.uint8]:
        """For each edit two rows: what is asked of the generator as it would be kept, and where its walk leads."""
        _, model = self._host.new_model(self.average, self.model.name, {})
        generator: Any = model.generator
        return strips(self._lessons(model, generator.to(self.crew.device)))

    def _lessons(self, model: Model, generator: Any) -> list[Lesson]:
        space = self._space(generator)
        return [Lesson(model, space, edit, self.walk, i, self.options.range) for i, edit in enumerate(self.edits)]

    def result(self) -> Learned:
        """The widened generator as a model of its own, and its walk, measured."""
        name = self.options.name or f"{self.model.name}, {self._title.lower()}"
        about = {"trained": "jointly with a walk", "from": self.model.name, "options": asdict(self.options)}
        learned, model = self._host.new_model(self.average, name, about)
        generator: Any = model.generator
        walk = copy.deepcopy(self.walk).to("cpu")
        lessons = [replace(lesson, walk=walk, space=WalkSpace(generator, self.space.where, "all", -1, 1.0,
                                                              torch.device("cpu")))
                   for lesson in self._lessons(model, generator)]  # fmt: skip
        how = {"loss": "joint", "kimg": self.options.kimg}
        advice = "show it more pictures, or teach it a smaller range"
        found = result_of(self._host, model, lessons, f"{slug(self.options.edit)}-joint", how, advice)
        also = (found,) if found.keep else ()
        return replace(learned, figures=found.figures, notes=found.notes, also=also)


def _one_group(text: str, there: Mapping[str, PictureEdit]) -> tuple[PictureEdit, ...]:
    groups = chosen(text, there)
    if len(groups) != 1:
        raise ValueError("A generator is taught one edit at a time (or colour, or lab): name one.")
    return groups[0]


def _trainable(model: Model) -> tuple[Any, nn.Module, Rates]:
    generator: Any = model.generator
    if model.discriminator is None or model.rates is None:
        raise ValueError(f"“{model.name}” has no discriminator beside it, and joint training needs the one it was "
                         f"trained with: choose a model that was trained with GAN Studio.")
    return generator, model.discriminator, model.rates


def _adam(network: nn.Module, rate: float) -> torch.optim.Adam:
    learning: Iterable[nn.Parameter] = (p for p in network.parameters() if p.requires_grad)
    return torch.optim.Adam(learning, lr=rate, betas=BETAS)
