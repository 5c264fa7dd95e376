"""Masks: shapes have the coverage that can be worked out by hand, and joining shares what it does not touch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganstudio.document.mask import Mask, connected, ellipse, polygon, rectangle, wand
from ganstudio.document.tiles import Tiles

SIZE = (6, 4)
corner = st.floats(-50, 150).map(lambda v: round(v, 2))


def levels(mask: Mask) -> np.ndarray:
    return mask.tiles.array()


def area(mask: Mask) -> float:
    return float(levels(mask).sum()) / 255


def masks() -> st.SearchStrategy[Mask]:
    return st.integers(0, 5).map(
        lambda seed: Mask(Tiles.of(np.random.default_rng(seed).choice([0, 100, 255], (4, 6)).astype(np.uint8))))


def test_a_rectangle_covers_whole_pixels_and_shares_of_them() -> None:
    assert levels(rectangle(SIZE, 1, 1, 3, 3)).tolist() == [
        [0, 0, 0, 0, 0, 0], [0, 255, 255, 0, 0, 0], [0, 255, 255, 0, 0, 0], [0, 0, 0, 0, 0, 0]]
    assert levels(rectangle(SIZE, 5.6, 4.5, 4.8, 3.5))[3].tolist() == [0, 0, 0, 0, 26, 76]


@given(corner, corner, corner, corner)
def test_a_polygon_with_four_corners_is_the_rectangle(x0: float, y0: float, x1: float, y1: float) -> None:
    drawn = levels(polygon((90, 70), [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])).astype(int)
    assert np.abs(drawn - levels(rectangle((90, 70), x0, y0, x1, y1))).max() <= 33  # an eighth of a pixel


def test_shapes_have_their_areas() -> None:
    size = (300, 280)
    assert area(ellipse(size, 20, 30, 290, 250)) == pytest.approx(math.pi * 135 * 110, rel=1e-3)
    assert area(polygon(size, [(10, 10), (290, 140), (40, 270)])) == pytest.approx(34450, rel=1e-3)
    assert area(rectangle(size, 10.5, 9.25, 290, 270)) == pytest.approx(279.5 * 260.75, rel=1e-3)


def test_a_lasso_that_crosses_itself_has_no_holes_and_may_leave_the_picture() -> None:
    star = [(50 + 45 * math.sin(2.4 * math.tau * i / 6), 50 - 45 * math.cos(2.4 * math.tau * i / 6)) for i in range(5)]
    assert levels(polygon((100, 100), star))[50, 50] == 255
    outside = polygon((10, 10), [(-100, -100), (300, -100), (300, 300), (-100, 300)])
    assert (levels(outside) == 255).all()


@pytest.mark.parametrize("points", [
    [], [(1, 1)], [(1, 1), (3, 3)], [(1, 1), (3, 3), (1, 1)], [(90, 9), (99, 9), (95, 5)],
])  # fmt: skip
def test_a_line_without_an_inside_covers_nothing(points: list[tuple[float, float]]) -> None:
    assert area(polygon((10, 10), points)) == 0


def test_an_ellipse_is_the_same_seen_from_every_side() -> None:
    shape = levels(ellipse((31, 31), 3, 3, 28, 28))
    assert all(np.array_equal(shape, other) for other in (shape.T, shape[::-1], shape[:, ::-1]))
    assert area(ellipse((9, 9), 4, 4, 4, 4)) < 1


@given(masks(), masks())
def test_joining_follows_its_formulas(a: Mask, b: Mask) -> None:
    x, y = levels(a) / 255, levels(b) / 255
    for found, wanted in ((a.plus(b, 0.5), x + y / 2 - x * y / 2), (a.minus(b, 0.5), x * (1 - y / 2)),
                          (a.times(b), x * y), (a.inverted(), 1 - x)):
        assert np.abs(levels(found) - wanted * 255).max() <= 0.5


def test_joining_shares_what_it_does_not_touch() -> None:
    size = (1000, 600)
    before = ellipse(size, 100, 50, 900, 550)
    dot = rectangle(size, 300, 300, 310, 310)
    for after in (before.minus(dot), before.times(dot.inverted())):
        changed = [box for (box, old), new in zip(before.tiles.boxes(), after.tiles, strict=True) if old is not new]
        assert changed == [(256, 256, 512, 512)]
    assert before.plus(Mask.flat(size, 0.0)).tiles is before.tiles
    assert before.plus(dot).tiles is before.tiles  # all of it was covered


def test_masks_of_other_sizes_do_not_join() -> None:
    with pytest.raises(ValueError, match="joined"):
        Mask.flat((3, 3)).plus(Mask.flat((4, 3)))


def test_bounds_hold_all_that_counts() -> None:
    assert rectangle((900, 700), 250, 300, 600, 520).bounds == (250, 300, 600, 520)
    assert Mask.flat((900, 700)).bounds == (0, 0, 900, 700)
    assert Mask.flat((900, 700), 0.0).bounds is None


def picture(rows: list[str]) -> Tiles:
    """A picture with the grey levels 10 times the digits."""
    return Tiles.of(np.array([[[int(c) * 10] * 3 for c in row] for row in rows], np.uint8))


def test_the_wand_takes_what_is_like_and_hangs_together() -> None:
    seen = picture(["11900", "19911", "11911"])
    assert (levels(wand(seen, 0, 0, 0)) // 255).tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 0, 0, 0]]
    assert (levels(wand(seen, 0, 0, 0, False)) // 255).tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 1, 1], [1, 1, 0, 1, 1]]
    assert (levels(wand(seen, 4, 2, 10)) // 255).tolist() == [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 1, 1]]
    assert area(wand(seen, 4, 2, 255)) == 15
    assert area(wand(seen, 5, 0, 255)) == area(wand(seen, -1, 0, 255)) == 0


@settings(max_examples=100)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_what_hangs_together_is_what_a_flood_reaches(width: int, height: int, seed: int) -> None:
    free = np.random.default_rng(seed).random((height, width)) < 0.6
    reached, todo = np.zeros_like(free), [(0, 0)]
    while todo:
        y, x = todo.pop()
        if 0 <= y < height and 0 <= x < width and free[y, x] and not reached[y, x]:
            reached[y, x] = True
            todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    assert np.array_equal(connected(free, 0, 0), reached)
