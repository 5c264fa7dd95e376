"""Teaching walks, and looking at where they lead: pictures, errors and readings at every alpha."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from ganstudio.api import Model
from ganstudio.training.hosted import AcceleratedCrew
from ganstudio.training.loop import Loop, keep_memory
from ganstudio.training.resume import Resume, load_network, read_resume
from tests.evidence.frame import Interrupted
from tests.evidence.steering.readings import BATCH, Seen, see
from tests.evidence.steering.workshop import Workshop, seeded

HELD_OUT = 5_000_011
"""The seed of latents that nothing learned from."""
LEVELS = 127.5


def run_task(shop: Workshop, name: str, training: str, model: Model, **options: Any) -> Any:
    """A task of the steering plugin, trained to its end in its own folder; Interrupted when it is asked to stop."""
    keep_memory()
    made_by = shop.registry.trainings()[training]
    chosen = made_by.options(model=model.id, **options)
    accelerator = Accelerator(cpu=True)
    task = made_by.task(shop.registry.host, chosen, AcceleratedCrew(accelerator))
    folder = shop.folder(f"{training}-{name}", {**options, "fingerprint": model.fingerprint})
    loop = Loop(task, task.total, folder, accelerator, {"training": training, **options}, samples_every=1e9,
                report_every=30.0)
    loop.resume()
    if not loop.run():
        raise Interrupted
    _as_saved(task, read_resume(loop.resume_path))
    return task


def _as_saved(task: Any, saved: Resume) -> None:
    """What a later look would read, so that figures do not depend on whether it was trained just now."""
    for name, network in task.networks().items():
        load_network(network, saved, name)


def taught(shop: Workshop, name: str, model: Model, edit: str, kind: str = "linear", **options: Any) -> Any:
    """The lesson (`plugins/steering/lesson.py`) of one walk, learned by a model."""
    task = run_task(shop, f"{name}-{edit}-{kind}", "walk", model, edit=edit, kind=kind,
                    kimg=shop.scale.walk_kimg, seed=shop.scale.seed, **options)
    return task.lessons()[0]


@dataclass(frozen=True, eq=False)
class Stop:
    """The same pictures at one alpha of a walk: what was asked for (the error against it, and the mask of where that
    says something), and what came."""

    alpha: float
    image: Tensor
    mask: Tensor
    error: float
    at_rest: float

    @property
    def still(self) -> bool:
        """Whether this is alpha 0."""
        return self.alpha == 0


def stops(shop: Workshop, lesson: Any, alphas: Sequence[float], count: int, label: int = -1) -> list[Stop]:
    """`count` held-out pictures at every alpha of an edit; errors are mean squares of pixels in 0..1, masked."""
    space = lesson.space if label < 0 else _in_class(shop, lesson.space, label)
    drawn = [space.draw(size, seeded(HELD_OUT + 1000 * shop.scale.seed + i)) for i, size in enumerate(_sizes(count))]
    return [_stop(shop, lesson, drawn, float(alpha)) for alpha in alphas]


def _in_class(shop: Workshop, space: Any, label: int) -> Any:
    layers = "all"
    return shop.steering("latents").WalkSpace(space.generator, space.where, layers, label, space.psi, space.device)


def _sizes(count: int) -> Iterator[int]:
    return (min(BATCH, count - first) for first in range(0, count, BATCH))


def _stop(shop: Workshop, lesson: Any, drawn: Sequence[Any], alpha: float) -> Stop:
    masked_l2 = shop.steering("held_out").masked_l2
    images, masks, errors, rests = [], [], [], []
    with torch.no_grad():
        for bases in drawn:
            alphas = torch.full((len(bases.image),), alpha)
            image = lesson.picture(bases, alphas)
            target, mask = lesson.edit.apply(bases.image, alphas)
            images.append(image)
            masks.append(mask)
            errors.append(masked_l2(image, target, mask).item() * len(image))
            rests.append(masked_l2(bases.image, target, mask).item() * len(image))
    count = sum(len(image) for image in images)
    return Stop(alpha, torch.cat(images), torch.cat(masks), sum(errors) / count / 4, sum(rests) / count / 4)


def changes(found: Sequence[Stop]) -> list[float]:
    """Steps of the pictures between neighbouring alphas: root mean square in levels, where the edit of the farther
    one says something."""
    steps = []
    for one, other in pairwise(found):
        mask = (one if abs(one.alpha) > abs(other.alpha) else other).mask
        square = (mask * (other.image - one.image).square()).sum() / (3 * mask.sum()).clamp(min=1)
        steps.append(LEVELS * float(square.sqrt()))
    return steps


def readings(shop: Workshop, found: Sequence[Stop]) -> tuple[Seen, list[Seen]]:
    """What the reader sees at rest, and at every stop. ValueError where no stop is at rest."""
    seen = [see(shop.reader, stop.image) for stop in found]
    rest = next((s for s, stop in zip(seen, found, strict=True) if stop.still), None)
    if rest is None:
        raise ValueError("One of the alphas has to be 0.")
    return rest, seen


def grid(lesson: Any, steps: int, step: float) -> list[float]:
    """Alphas from one end of what is learned to the other, in whole steps, so that both kinds of walk have them."""
    return [float(n * step) for n in np.arange(-steps, steps + 1)]
