"""What stands on the near hill of a landscape: the house and the trees."""

from collections.abc import Mapping

import numpy as np

from ganstudio.worlds.canvas import Canvas, Points
from ganstudio.worlds.palette import Palette, broad_leaved

GABLE, LONG = 0.3, 0.42
"""Widths of the gable side and the long side of a house of size 1, in scene units."""
EAVES, RIDGE = 0.24, 0.44
"""Heights of the lower edge and the ridge of its roof."""


def _box(left: float, low: float, right: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (left, high), (left, high), (right, high), (right, low)]


END, PEAK = GABLE + LONG, GABLE / 2
HOUSE = np.array([
    _box(0.5, RIDGE - 0.04, 0.58, RIDGE + 0.1),
    _box(GABLE, -0.03, END, EAVES),
    [(0, -0.03), (0, EAVES), (PEAK, RIDGE), (GABLE, EAVES), (GABLE, -0.03)],
    [(PEAK, RIDGE + 0.02), (GABLE - 0.02, EAVES - 0.03), (END + 0.04, EAVES - 0.03),
     (END - PEAK + 0.06, RIDGE + 0.02), (PEAK, RIDGE + 0.02)],
    [(PEAK, RIDGE + 0.03), (-0.05, EAVES - 0.04), (-0.01, EAVES - 0.06), (PEAK, RIDGE - 0.04), (PEAK, RIDGE)],
    [(PEAK, RIDGE + 0.03), (GABLE + 0.02, EAVES - 0.04), (GABLE - 0.02, EAVES - 0.06), (PEAK, RIDGE - 0.04),
     (PEAK, RIDGE)],
    _box(0.1, -0.03, 0.2, 0.15),
    _box(GABLE + 0.06, 0.06, GABLE + 0.17, 0.17),
    _box(GABLE + 0.24, 0.06, GABLE + 0.35, 0.17),
    _box(0.11, 0.235, 0.19, 0.31),
])  # fmt: skip
"""Corners of a house of size 1, from its left foot and upwards, [10, 5, 2]: chimney, long side, gable side, roof, the
roof's two edges over the gable, door, three windows."""

UP = np.linspace(0, 1, 31)
CONIFER = (1 - UP) * 0.75 + 0.25 * (1 - UP) ** 0.5 * (1 - (3 * UP) % 1)
BROAD = np.sqrt(np.maximum(0, 1 - (2 * UP - 1) ** 2))
"""Half width of either kind of crown at these heights, all as shares of the whole."""


def draw_house(canvas: Canvas, x: float, y: float, size: float, colours: Palette) -> None:
    """A house seen from its corner: gable side with the door to the left, long side with windows to the right.
    (x, y) is the middle of its foot."""
    wall, roof, trim = colours.wall, colours.roof, colours.roof * 0.78
    paints = (trim, wall * 0.84, wall, roof, trim, trim, colours.door, *[colours.window] * 3)
    places = HOUSE * (size, -size) + (x - (GABLE + LONG) / 2 * size, y)
    for place, paint in zip(places, paints, strict=True):
        canvas.polygon(place, paint)


def house_lamp(x: float, y: float, size: float) -> tuple[float, float]:
    """Where a house's light comes from: the middle of its windows."""
    return x + 0.08 * size, y - 0.12 * size


def draw_tree(canvas: Canvas, x: float, y: float, scale: float, f: Mapping[str, float], colours: Palette) -> None:
    """(x, y) is the foot of the trunk; `scale` 1 is an ordinary tree of this landscape."""
    size = scale * f["tree_size"]
    kind = broad_leaved(f["tree_kind"])
    trunk = np.array([(-1, 0), (1, 0), (1, -1), (-1, -1)]) * ((0.022 + 0.008 * kind) * size, 0.28 * size) + (x, y)
    canvas.polygon(trunk, colours.trunk)
    tall, wide, low = (0.62 - 0.14 * kind) * size, (0.17 + 0.05 * kind) * size, (0.08 + 0.1 * kind) * size
    left, right = _crown(kind)
    for outline, shade in ((np.concatenate([left, right[::-1]]), 1.0), (_shadow(right), 0.82)):
        canvas.polygon(outline * (wide, -tall) + (x, y - low), colours.leaves * shade)


def _crown(kind: float) -> tuple[Points, Points]:
    """Left and right edge of a crown of height and half width 1, from the foot up: [n, 2] each."""
    half = CONIFER + (BROAD - CONIFER) * kind
    return np.stack([-half, UP], axis=1), np.stack([half, UP], axis=1)


def _shadow(right: Points) -> Points:
    """The part of a crown that the light does not reach."""
    return np.concatenate([right, right[::-1] * (0.2, 1.0)])
