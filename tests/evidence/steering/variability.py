"""Does reach follow the variability of the training data? One model whose classes differ in nothing but that.

A class is a season at one of four widths of the camera and colour ranges, so the spread of each factor in the training
data of a class is known exactly. One walk for each edit is learned over all classes, in z, where the class keeps its
say; then it is asked, class by class, how far it moves the factor.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ganstudio.worlds.classes import SEASONS
from ganstudio.worlds.factors import FACTORS, NAMES
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.plots import Chart
from tests.evidence.steering.readings import AIMS, Ruler, ruler
from tests.evidence.steering.statistics import bootstrap, rank_correlation
from tests.evidence.steering.walking import readings, stops, taught
from tests.evidence.steering.workshop import Scale, Workshop, workshop

EDITS = ("zoom", "shift-x", "shift-y", "rotate", "luminance", "blue-yellow")
Point = dict[str, Any]


def experiments(scale: Scale) -> list[Experiment]:
    """`c-EDIT`."""
    return [Experiment(f"c-{edit}", f"reach and variability of the data, {edit}", partial(measure, scale, edit))
            for edit in EDITS]


def spread(factor: str, width: float) -> float:
    """The standard deviation of a factor in a world of that width: it is evenly drawn."""
    found = FACTORS[NAMES.index(factor)]
    return float((found.high - found.low) * width / np.sqrt(12))


def measure(scale: Scale, edit: str, place: Place) -> Figures:
    """A point for each class, and how far the two go together."""
    shop = workshop(place.scratch, scale)
    path, widths = shop.model_file("classes"), shop.classes.widths
    lesson = taught(shop, "classes", shop.load(path), edit, space="z")
    held = ruler(shop.reader, scale.data, widths)
    points = [point(shop, lesson, held, label) for label in range(len(SEASONS) * len(widths))]
    place.picture(f"c-{edit}", picture(edit, points))
    return {"model": shop.told(path), "factor": AIMS[edit].factor, "unit": AIMS[edit].unit, "points": points,
            **{key: agreement(points, key, scale.seed) for key in ("data", "samples")}}  # fmt: skip


def point(shop: Workshop, lesson: Any, held: Ruler, label: int) -> Point:
    """A class: the spread of its training data and of its samples, and how far the walk moves the mean either way."""
    aim, width = AIMS[lesson.edit.id], shop.classes.widths[label // len(SEASONS)]
    found = stops(shop, lesson, (-lesson.extent, 0.0, lesson.extent), shop.scale.samples, label)
    rest, (low, _, high) = readings(shop, found)
    way = held.change(aim.factor, low, high).mean() * aim.sign / 2
    return {"class": shop.classes.class_names[label], "width": width, "season": label % len(SEASONS),
            "data": spread(aim.factor, width), "samples": float(rest.factor(aim.factor).std()) / held.slope[aim.factor],
            "reach": float(way)}  # fmt: skip


def agreement(points: list[Point], key: str, seed: int) -> dict[str, float]:
    """Rank correlation of reach with a spread over the classes, and its interval when classes are drawn again."""
    one, other = (np.array([p[name] for p in points]) for name in (key, "reach"))
    low, high = bootstrap(one, other, seed)
    return {"rank": rank_correlation(one, other), "low": low, "high": high}


def picture(edit: str, points: list[Point]) -> Any:
    """A dot for each class, a colour for each season."""
    lines = {name: [(p["data"], p["reach"]) for p in points if p["season"] == i] for i, name in enumerate(SEASONS)}
    unit = f"{AIMS[edit].factor}, {AIMS[edit].unit}"
    return Chart(edit, f"spread of the class in the data ({unit})", "reach of the walk", lines, dots=True).draw()
