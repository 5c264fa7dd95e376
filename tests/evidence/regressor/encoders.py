"""The latent in one pass against optimising it for every picture, and against an autoencoder of the same size.

Each is given the model's own samples, whole and with half of them hidden, and renders, which to it are photos. How far
what comes back is from the whole picture and from what was visible of it, how real a set of such pictures is, and how
many seconds one takes. Optimising takes so long that it sees the first few only; all others are measured on these, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from ganstudio.api import Regressor
from ganstudio.render.bench import Bench, Target
from ganstudio.render.project import project
from ganstudio.render.refine import refine_latent
from ganstudio.training.factor_reader import labelled
from tests.evidence.drawing import sheet
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.regressor.figures import l1, masked_l1
from tests.evidence.regressor.inputs import Inputs, in_batches
from tests.evidence.regressor.learning import autoencoder, variant
from tests.evidence.regressor.scenes import RENDERS

HALF = 0.5
"""The cutoff of masks that hide half of a picture."""
TIMED = 9
ADAM = 5
"""Steps of Adam for one of L-BFGS, which tries several places in each."""
Pictures = Callable[[Tensor, Tensor], Tensor]
"""Images [n, 3, h, w] and masks [n, 1, h, w] to images."""


@dataclass(frozen=True, eq=False)
class Task:
    """Pictures to give back, of what is visible of them."""

    images: Tensor
    masks: Tensor


def tasks(inputs: Inputs, count: int) -> Mapping[str, Task]:
    """Each `count` pictures, always the same ones."""
    samples = inputs.samples(count, series=5)
    _, renders = labelled(inputs.world, RENDERS + inputs.seed, 5_000_000, count, inputs.side)
    random = torch.Generator().manual_seed(inputs.seed + 11)
    half = inputs.plugin("masks").random_masks(count, inputs.side, random, HALF)
    whole = torch.ones_like(half)
    return {"samples": Task(samples, whole), "half": Task(samples, half), "renders": Task(renders, whole)}


def measured(inputs: Inputs, task: Task, results: Tensor) -> Figures:
    """Errors of results, and how real they are: all of them, and the first few (`few`) that optimising sees, too."""
    few = inputs.scale.optimised
    count = len(results)
    first = {**_errors(inputs, task, results[:few]), "realism": inputs.realism.distance(results[:few])}
    if count == few:
        return {"few": first, "count": count}
    return {"few": first, "count": count, **_errors(inputs, task, results),
            "realism": inputs.realism.distance(results), **inputs.realism.neighbours(results)}


def _errors(inputs: Inputs, task: Task, results: Tensor) -> dict[str, float]:
    images, masks = task.images[:len(results)], task.masks[:len(results)]
    return {"l1": l1(results, images), "visible": masked_l1(results, images, masks),
            "looks": inputs.likeness(results, images)}


def one_pass(inputs: Inputs, place: Place, name: str, ready: Callable[[], Pictures]) -> Figures:
    """Figures of what answers at once."""
    pictures = ready()
    found: dict[str, Figures] = {}
    shown = {}
    for task, these in tasks(inputs, inputs.scale.pictures).items():
        results = in_batches(pictures, these.images, these.masks)
        found[task] = {**measured(inputs, these, results), "seconds": _seconds(pictures, these)}
        shown[task] = (these, results)
    _show(inputs, place, name, shown)
    return found


def _seconds(pictures: Pictures, task: Task) -> float:
    """For one picture, the median of a few."""
    taken = []
    for _ in range(TIMED):
        start = perf_counter()
        pictures(task.images[:1], task.masks[:1])
        taken.append(perf_counter() - start)
    return median(taken)


def one_by_one(inputs: Inputs, place: Place, name: str, bench: Bench) -> Figures:
    """Figures of what is optimised for each picture: from the mean latent, or on from the regressor's guess."""
    found: dict[str, Figures] = {}
    shown = {}
    for task, these in tasks(inputs, inputs.scale.pictures).items():
        kept = f"{inputs.optimising_key}/{name}-{task}"
        rows = [place.kept(f"{kept}-{i:03d}", partial(_optimised, bench, these, i, _steps(inputs, bench)))
                for i in range(inputs.scale.optimised)]
        latents = torch.from_numpy(np.stack([row[1:] for row in rows])).float()
        latents = latents.reshape(len(rows), *inputs.guess(these.images[:1]).shape[1:])
        results = inputs.picture(latents)
        found[task] = {**measured(inputs, these, results), "seconds": float(np.median([row[0] for row in rows]))}
        shown[task] = (these, results)
    _show(inputs, place, name, shown)
    return found


def _steps(inputs: Inputs, bench: Bench) -> int:
    """More of them from the mean of w, where a step looks once and not along a line."""
    once = bench.regressor is None and bench.generator.space != "z"
    return inputs.scale.steps * (ADAM if once else 1)


def _optimised(bench: Bench, task: Task, index: int, steps: int) -> np.ndarray:
    """The seconds it took, then the numbers of the latent."""
    image, mask = task.images[index:index + 1], task.masks[index:index + 1]
    target = Target(image * mask, mask)
    start = perf_counter()
    way = project(bench, target, steps) if bench.regressor is None else \
        refine_latent(bench, target, bench.guess(target), steps)
    *_, last = way
    return np.concatenate([[perf_counter() - start], last.latent.flatten().numpy()])


def _show(inputs: Inputs, place: Place, name: str, shown: Mapping[str, tuple[Task, Tensor]]) -> None:
    columns = min(2 * inputs.scale.shown, *(len(results) for _, results in shown.values()))
    groups = [((task.images * task.masks)[:columns], results[:columns]) for task, results in shown.values()]
    given, back = (torch.cat(row) for row in zip(*groups, strict=True))
    heads = {TASKS[task]: columns for task in shown}
    place.picture(f"encoders-{name}", sheet({"Given": given, NAMES[name]: back}, heads=heads))


TASKS = {"samples": "samples, whole", "half": "samples, half hidden", "renders": "renders, whole"}
NAMES = {
    "regressor": "The regressor", "short": "Regressor, trained briefly", "autoencoder": "Autoencoder, trained briefly",
    "refined": "The regressor, then optimised", "optimised": "Optimised from the mean",
    "given": "The pictures themselves",
}
"""What is compared, as reports call it."""


def _by(inputs: Inputs, regressor: Regressor) -> Pictures:
    return lambda images, masks: inputs.picture(inputs.guess(images, masks, regressor))


def experiments(inputs: Inputs) -> list[Experiment]:
    """One for each rival."""
    alone = Bench(inputs.bench.model, inputs.bench.generator, inputs.bench.device, inputs.bench.likeness, None,
                  inputs.bench.noise, inputs.bench.label)
    passes: dict[str, Callable[[Place], Callable[[], Pictures]]] = {
        "given": lambda place: lambda: lambda images, masks: images,
        "regressor": lambda place: lambda: _by(inputs, inputs.regressor),
        "short": lambda place: lambda: _by(inputs, variant(inputs, place, "rgbm")),
        "autoencoder": lambda place: lambda: autoencoder(inputs, place).pictures,
    }
    found = [Experiment(f"encoders-{name}", NAMES[name].lower(),
                        lambda place, name=name, ready=ready: one_pass(inputs, place, name, ready(place)))
             for name, ready in passes.items()]
    rivals = {"refined": inputs.bench, "optimised": alone}
    return found + [Experiment(f"encoders-{name}", NAMES[name].lower(),
                               lambda place, name=name, bench=bench: one_by_one(inputs, place, name, bench))
                    for name, bench in rivals.items()]
