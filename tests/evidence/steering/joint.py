"""What widens reach: a fixed generator, one that learned from edited pictures too, and one that learned with its walk.

All three begin as the same model and see as many more pictures: the fixed one of the same data, the augmented one of
data whose camera is turned or moved by up to the edit's range besides (drawn so, without borders), the joint one as
`plugins/steering/joint.py` does it. The table has the paper's shape: alphas to one and a half times what is learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ganstudio.training.data import ENDLESS, Pixels, Stream, open_stream
from ganstudio.training.resume import read_resume
from ganstudio.worlds.factors import FACTORS, NAMES, FloatArray
from ganstudio.worlds.landscape import Landscape
from tests.evidence.drawing import sheet
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.plots import Chart, stacked
from tests.evidence.steering.readings import AIMS, ruler
from tests.evidence.steering.statistics import flatness
from tests.evidence.steering.walking import HELD_OUT, changes, readings, run_task, stops, taught
from tests.evidence.steering.workshop import SIDE, Scale, Workshop, seeded, workshop

FAMILIES = ("dcgan", "stylegan2")
WAYS = ("fixed", "augmented", "joint")
EDITS = {"rotate": 1 / 3, "shift-x": 0.375}
"""The share of the edit's range that is learned: 15 degrees, 6 of 32 pixels. With what the data do by themselves that
is as far as the world's camera can go."""
BEYOND, COLUMNS = 1.5, 11
"""Measured out to 1.5 times of what is learned, in as many columns as the paper's."""
FIRST = 1_000_000_000
LOOKS, SHOWN = "looks", 2
"""The pictures of all ways beside each other, of so many latents."""


@dataclass(frozen=True, eq=False)
class Moving:
    """Landscapes whose camera is moved by an alpha of an edit besides; see `ganstudio.training.data.Source`."""

    world: Landscape
    edit: str
    most: float
    seed: int
    count: int = ENDLESS
    size: int = SIDE
    class_names: tuple[str, ...] = ()

    def pixels(self, index: int) -> Pixels:
        """Draw one."""
        return self.world.draw(self.factors(index), self.size)

    def factors(self, index: int) -> FloatArray:
        """Factors of one: those of the plain world, and as much more as some alpha asks for."""
        aim, values = AIMS[self.edit], self.world.factors(self.seed, index).copy()
        alpha = np.random.default_rng([self.seed, index, 2]).uniform(-self.most, self.most)
        at, factor = NAMES.index(aim.factor), FACTORS[NAMES.index(aim.factor)]
        values[at] = np.clip(values[at] + (aim.asked(alpha) or 0.0), factor.low, factor.high)
        return values

    def label(self, index: int) -> int:
        """There are no classes."""
        return 0


def experiments(scale: Scale) -> list[Experiment]:
    """`d-EDIT-FAMILY-WAY`, the paper's edit first; then `d-EDIT-FAMILY-looks`, pictures of all ways."""
    ways = [Experiment(f"d-{edit}-{family}-{way}", f"reach of {edit} on {family}: {way}",
                       partial(measure, scale, family, edit, way))
            for edit in EDITS for family in FAMILIES for way in WAYS]
    return ways + [Experiment(f"d-{edit}-{family}-{LOOKS}", f"what {edit} looks like on {family}, all ways",
                              partial(look, scale, family, edit)) for edit in EDITS for family in FAMILIES]


def measure(scale: Scale, family: str, edit: str, way: str, place: Place) -> Figures:
    """Errors and steps along the walk of one way."""
    shop = workshop(place.scratch, scale)
    lesson, told = made(shop, family, edit, way)
    aim, held = AIMS[edit], ruler(shop.reader, scale.data)
    share = np.linspace(-BEYOND, BEYOND, COLUMNS)
    share[COLUMNS // 2] = 0.0
    alphas = [float(alpha) for alpha in share * EDITS[edit]]
    found = stops(shop, lesson, alphas, scale.wide)
    rest, seen = readings(shop, found)
    reached = [float(held.change(aim.factor, rest, each).mean()) for each in seen]
    steps = changes(found)
    result = {"model": told, "alphas": alphas, "asked": [lesson.edit.amount(alpha, SIDE) for alpha in alphas],
              "unit": lesson.edit.unit, "factor": f"{aim.factor}, {aim.unit}",
              "error": [stop.error for stop in found], "changes": steps, "flatness": flatness(np.array(steps)),
              "reached": reached, "distance": [held.distance(each) for each in seen]}  # fmt: skip
    place.picture(f"d-{edit}-{family}-{way}", picture(f"{family}, {way}", result))
    return result


def made(shop: Workshop, family: str, edit: str, way: str) -> tuple[Any, Mapping[str, Any]]:
    """The lesson of one way, and what is told of its model."""
    if way == "joint":
        return _joint(shop, family, edit)
    path = continued(shop, family, edit, way)
    lesson = taught(shop, f"{family}-{way}", shop.load(path), edit, range=EDITS[edit])
    return lesson, shop.told(path)


def continued(shop: Workshop, family: str, edit: str, way: str) -> Path:
    """The model, trained on with the plain or the augmented data."""
    begin = shop.state_of(shop.model_file(family))
    recipe = shop.recipe(family)
    seen = read_resume(begin).progress.seen / 1000
    recipe = replace(recipe, train=replace(recipe.train, kimg=seen + shop.scale.more))
    if way == "fixed":
        return shop.trained(f"{family}-{way}", recipe, open_stream(recipe.data, SIDE, recipe.seed), begin, way)
    source = Moving(Landscape(recipe.data.width), edit, EDITS[edit], FIRST + recipe.seed)
    return shop.trained(f"{family}-{way}-{edit}", recipe, Stream(source, recipe.seed), begin, f"{way} {edit}")


def _joint(shop: Workshop, family: str, edit: str) -> tuple[Any, Mapping[str, Any]]:
    model = shop.load(shop.model_file(family))
    task = run_task(shop, f"{family}-{edit}", "joint", model, edit=edit, kimg=shop.scale.more, range=EDITS[edit],
                    seed=shop.scale.seed)
    _, widened = shop.registry.host.new_model(task.average, f"{family} {edit}", {})
    space = shop.steering("latents").WalkSpace(widened.generator, task.space.where, "all", -1, 1.0, task.space.device)
    lesson = shop.steering("lesson").Lesson(widened, space, task.edits[0], task.walk, 0, EDITS[edit])
    return lesson, {"name": widened.name, "trained": {"kimg": shop.scale.more, "jointly from": model.name},
                    "fingerprint": widened.fingerprint}  # fmt: skip


def look(scale: Scale, family: str, edit: str, place: Place) -> Figures:
    """Held-out pictures of each way from one end of what is learned to the other: what is asked, and what comes."""
    shop = workshop(place.scratch, scale)
    lessons = {way: made(shop, family, edit, way)[0] for way in WAYS}
    strip, rows = shop.steering("held_out").strip, {}
    for index in range(SHOWN):
        for way, lesson in lessons.items():
            bases = lesson.space.draw(1, seeded(HELD_OUT + index))
            asked, comes = strip(lesson, bases, 0, lesson.row(COLUMNS))
            rows |= {f"{way}: asked ({index + 1})": asked, f"{way}: comes ({index + 1})": comes}
    place.picture(f"d-{edit}-{family}-{LOOKS}", sheet(rows))
    return {"shown": SHOWN}


def picture(title: str, found: Mapping[str, Any]) -> Any:
    """Error and step over alpha, in the edit's unit."""
    asked = found["asked"]
    middle = [(a + b) / 2 for a, b in pairwise(asked)]
    lines = {"error": list(zip(asked, found["error"], strict=True))}
    steps = {"step": list(zip(middle, found["changes"], strict=True))}
    return stacked([Chart(title, found["unit"], "error, mean square", lines),
                    Chart(title, found["unit"], "step, levels", steps)])  # fmt: skip
