"""Linear against non-linear walks: how far each goes, how near it comes to the edit, and what else it changes.

The paper holds straight walks to be as good as bent ones for such edits. Both learn from as many pictures here, by the
same loss (L2 throughout; the authors' published non-linear walks for zoom, shifts and rotations used LPIPS).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from ganstudio.api import Model
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.plots import Chart, stacked
from tests.evidence.steering.readings import AIMS, Ruler, ruler
from tests.evidence.steering.statistics import flatness
from tests.evidence.steering.walking import changes, grid, readings, stops, taught
from tests.evidence.steering.workshop import Scale, Workshop, workshop

KINDS = ("linear", "nonlinear")
EDITS = ("zoom", "shift-x", "rotate", "luminance")
FAMILIES = ("stylegan2", "progan", "dcgan", "biggan")


def experiments(scale: Scale) -> list[Experiment]:
    """`a-EDIT` on StyleGAN2, `e-FAMILY-EDIT` on the others."""
    found = [Experiment(f"a-{edit}", f"linear against non-linear, {edit}", partial(compare, scale, "stylegan2", edit))
             for edit in EDITS]
    return [*found, *(Experiment(f"e-{family}-{edit}", f"the same on {family}, {edit}",
                                 partial(compare, scale, family, edit))
                      for family in FAMILIES[1:] for edit in EDITS)]


def name_of(family: str, edit: str) -> str:
    """The experiment that measures an edit on a family."""
    return f"a-{edit}" if family == FAMILIES[0] else f"e-{family}-{edit}"


def compare(scale: Scale, family: str, edit: str, place: Place) -> Figures:
    """Teach both kinds and look where they lead."""
    shop = workshop(place.scratch, scale)
    path = shop.model_file(family)
    model, measure = shop.load(path), ruler(shop.reader, scale.data)
    found = {kind: walked(shop, family, model, edit, kind, measure) for kind in KINDS}
    place.picture(name_of(family, edit), picture(edit, found))
    return {"model": shop.told(path), **found}


def walked(shop: Workshop, name: str, model: Model, edit: str, kind: str, measure: Ruler) -> dict[str, Any]:
    """Figures of one walk over all it learned."""
    lesson = taught(shop, name, model, edit, kind)
    own, aim = lesson.edit, AIMS[edit]
    alphas = grid(lesson, own.steps, own.step)
    found = stops(shop, lesson, alphas, shop.scale.samples)
    rest, seen = readings(shop, found)
    reached = [measure.change(aim.factor, rest, each) for each in seen]
    judged = shop.steering("held_out").judged(lesson)
    steps = changes(found)
    return {
        "alphas": alphas, "unit": aim.unit, "factor": aim.factor, "asked": [aim.asked(alpha) for alpha in alphas],
        "reached": [float(each.mean()) for each in reached], "spread": [float(each.std()) for each in reached],
        "error": [stop.error for stop in found], "at_rest": [stop.at_rest for stop in found],
        "changes": steps, "flatness": flatness(np.array(steps)),
        "distance": [measure.distance(each) for each in seen],
        "followed": judged.followed, "way": aim.sign * (float(reached[-1].mean()) - float(reached[0].mean())),
    }  # fmt: skip


def picture(edit: str, found: Mapping[str, Any]) -> Any:
    """Four charts: what was reached, errors, steps and (Fréchet) distance to the data, over alpha."""
    alphas, unit = found[KINDS[0]]["alphas"], f"{found[KINDS[0]]['factor']}, {found[KINDS[0]]['unit']}"
    middle = [(a + b) / 2 for a, b in pairwise(alphas)]

    def of(key: str, at: list[float]) -> dict[str, list[tuple[float, float]]]:
        return {kind: list(zip(at, found[kind][key], strict=True)) for kind in KINDS}

    return stacked([
        Chart(edit, "alpha", f"change of {unit}", of("reached", alphas)),
        Chart(edit, "alpha", "error, mean square", of("error", alphas)),
        Chart(edit, "alpha", "step of the picture, levels", of("changes", middle)),
        Chart(edit, "alpha", "distance to the data", of("distance", alphas)),
    ])  # fmt: skip
