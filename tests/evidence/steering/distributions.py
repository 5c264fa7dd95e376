"""How a true factor is distributed at every alpha of a walk: the paper's density plots, overlap and entropy.

The paper takes what object and face detectors find (and keeps only pictures in which they find something); here every
picture counts, and the factor reader says where its camera stands.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.plots import Chart
from tests.evidence.steering.readings import AIMS, ruler
from tests.evidence.steering.statistics import Array, density, entropy, histogram, shared_area
from tests.evidence.steering.walking import readings, stops, taught
from tests.evidence.steering.workshop import Scale, workshop

SHIFTS = tuple(n * 50 / 128 for n in range(-4, 5))
"""±200 of 256 pixels in steps of 50."""
ALPHAS = {
    "zoom": tuple(math.log(a) for a in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0)),
    "shift-x": SHIFTS, "shift-y": SHIFTS,
    "rotate": tuple(n / 2 for n in range(-4, 5)),
    "luminance": tuple(n / 4 for n in range(-4, 5)),
}  # fmt: skip
"""The authors' alphas for testing: they go beyond what is learned."""
PLACES = 160


def experiments(scale: Scale) -> list[Experiment]:
    """`b-EDIT`."""
    return [Experiment(f"b-{edit}", f"distribution of the factor that {edit} moves", partial(measure, scale, edit))
            for edit in ALPHAS]


def measure(scale: Scale, edit: str, place: Place) -> Figures:
    """Samples of StyleGAN2 along the straight walk."""
    shop = workshop(place.scratch, scale)
    path = shop.model_file("stylegan2")
    lesson, held = taught(shop, "stylegan2", shop.load(path), edit), ruler(shop.reader, scale.data)
    found = stops(shop, lesson, ALPHAS[edit], scale.wide)
    _, seen = readings(shop, found)
    factor = AIMS[edit].factor
    values = {alpha: each.factor(factor) for alpha, each in zip(ALPHAS[edit], seen, strict=True)}
    place.picture(f"b-{edit}", picture(edit, values, held.data.factor(factor)))
    return {"model": shop.told(path), "factor": factor, "unit": AIMS[edit].unit,
            **figures(values, held.data.factor(factor), held.slope[factor], edit)}  # fmt: skip


def figures(values: dict[float, Array], data: Array, slope: float, edit: str) -> dict[str, Any]:
    """Overlap and entropy of readings at every alpha, with the pictures at rest and with the data."""
    low, high = span([*values.values(), data])
    shares = {alpha: histogram(each, low, high) for alpha, each in values.items()}
    known, rest = histogram(data, low, high), shares[0.0]
    return {
        "alphas": list(values), "asked": [AIMS[edit].asked(alpha) for alpha in values],
        "mean": [float(each.mean() - values[0.0].mean()) / slope for each in values.values()],
        "deviation": [float(each.std()) / slope for each in values.values()],
        "with_rest": [shared_area(each, rest) for each in shares.values()],
        "with_data": [shared_area(each, known) for each in shares.values()],
        "entropy": [entropy(each) for each in shares.values()], "entropy_data": entropy(known),
    }  # fmt: skip


def span(sets: list[Array]) -> tuple[float, float]:
    """From the least to the largest of all, some outliers left out."""
    ends = [np.quantile(each, (0.005, 0.995)) for each in sets]
    low, high = min(float(end[0]) for end in ends), max(float(end[1]) for end in ends)
    return low, max(high, low + 1e-6)


def picture(edit: str, values: dict[float, Array], data: Array) -> Any:
    """Densities, the pictures at rest drawn thick, the data as one more line."""
    low, high = span([*values.values(), data])
    at = np.linspace(low, high, PLACES)
    lines = {f"alpha {alpha:.2f}": list(zip(at, density(each, at), strict=True)) for alpha, each in values.items()}
    lines["data"] = list(zip(at, density(data, at), strict=True))
    return Chart(edit, AIMS[edit].factor, "density", lines, bold="alpha 0.00", size=(640, 340)).draw()
