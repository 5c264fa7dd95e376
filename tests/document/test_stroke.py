"""Brush strokes: round, soft as told, never above their opacity, and as cheap as the tiles they touch."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ganstudio.document.mask import Mask
from ganstudio.document.stroke import Brush, Stroke

HARD = Brush(20, 1.0)


def cover(*dabs: tuple[float, float, float], brush: Brush = HARD, size: tuple[int, int] = (60, 40)) -> np.ndarray:
    return Stroke.begun(brush, size, *dabs).cover.tiles.array().astype(int)


def test_a_dab_is_a_disc_and_a_line_a_capsule() -> None:
    assert cover((20, 20, 1)).sum() / 255 == pytest.approx(math.pi * 100, rel=0.01)
    assert cover((15, 20, 1), (45, 20, 1)).sum() / 255 == pytest.approx(math.pi * 100 + 30 * 20, rel=0.01)


def test_hardness_is_how_much_of_the_radius_is_solid() -> None:
    half = cover((20.5, 20.5, 1), brush=Brush(20, 0.5))[20]
    assert (half[16:25] == 255).all()
    assert (np.diff(half[20:32]) <= 0).all()
    assert 100 < half[28] < 155
    assert half[32] == 0


def test_pressure_makes_it_thinner_and_none_leaves_nothing() -> None:
    line = cover((5, 20, 0), (55, 20, 1))
    widths = (line > 127).sum(axis=0)
    assert widths[5] <= 2
    assert widths[50] >= 16
    assert cover((20, 20, 0)).sum() == 0


def test_crossing_itself_covers_no_more_than_the_opacity() -> None:
    stroke = Stroke.begun(Brush(10, 1.0, 0.5), (60, 40), (10, 20, 1), (50, 20, 1), (10, 20, 1), (50, 20, 1))
    painted = stroke.on(Mask.flat((60, 40), 0.0)).tiles.array()
    assert painted.max() == 128
    again = stroke.on(stroke.on(Mask.flat((60, 40), 0.0))).tiles.array()
    assert again.max() == 192


def test_erasing_takes_away_what_painting_adds() -> None:
    full = Mask.flat((60, 40))
    erased = Stroke.begun(Brush(20, 0.3, erase=True), (60, 40), (20, 20, 1)).on(full)
    painted = Stroke.begun(Brush(20, 0.3), (60, 40), (20, 20, 1)).on(Mask.flat((60, 40), 0.0))
    assert np.array_equal(erased.tiles.array(), 255 - painted.tiles.array())


def test_points_one_by_one_make_the_stroke_that_all_at_once_make() -> None:
    dabs = [(3.0, 4.0, 1.0), (30.0, 9.0, 0.4), (50.0, 35.0, 0.8)]
    stroke = Stroke.begun(HARD, (60, 40))
    for dab in dabs:
        stroke = stroke.to(*dab)
    assert np.array_equal(stroke.cover.tiles.array(), cover(*dabs))


def test_a_stroke_changes_only_the_tiles_it_touches() -> None:
    size = (2000, 2000)
    before = Mask.flat(size)
    stroke = Stroke.begun(Brush(40, 0.5, erase=True), size, (300, 300, 1), (450, 300, 1))
    after = stroke.on(before)
    changed = [box for (box, old), new in zip(before.tiles.boxes(), after.tiles, strict=True) if old is not new]
    assert changed == [(256, 256, 512, 512)]
    longer = stroke.to(600, 300)
    same = [a is b for a, b in zip(stroke.cover.tiles, longer.cover.tiles, strict=True)]
    assert same.count(False) == 2


def test_outside_of_the_picture_nothing_happens() -> None:
    before = Mask.flat((60, 40))
    stroke = Stroke.begun(Brush(20, erase=True), (60, 40), (-500, -500, 1), (-400, 900, 1))
    assert stroke.on(before).tiles is before.tiles
