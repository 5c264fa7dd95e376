"""Composites: exact where they can be worked out by hand, smooth elsewhere, and cheap when little has changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ganstudio.document.collage import BLENDS, Collage, Part, Picture, Placement, Source, native, part_of
from ganstudio.document.mask import Mask, ellipse, rectangle
from ganstudio.document.stroke import Brush, Stroke
from ganstudio.render import collage as module
from ganstudio.render.collage import Compositor

SIDE = 16
FRAME = (SIDE, SIDE)


def noise(width: int = SIDE, height: int = SIDE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def part(pixels: np.ndarray | None = None, placement: Placement | None = None, mask: Mask | None = None,
         **values: object) -> Part:
    picture = Picture.of(noise() if pixels is None else pixels, Source("seed"))
    return replace(part_of(picture, mask=mask, placement=placement), **values)


def grey(level: int, side: int = SIDE, **values: object) -> Part:
    return part(np.full((side, side, 3), level, np.uint8), **values)


def draw(*parts: Part, size: tuple[int, int] = FRAME) -> tuple[Tensor, Tensor]:
    return Compositor().composite(Collage(parts), size)


def pixels(image: Tensor) -> np.ndarray:
    return ((image[0] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()


def test_an_empty_collage_is_hidden_everywhere() -> None:
    image, mask = draw(size=(3, 5))
    assert image.shape == (1, 3, 3, 5)
    assert mask.shape == (1, 1, 3, 5)
    assert not image.any()
    assert not mask.any()


def test_a_part_that_fits_gives_back_its_very_pixels() -> None:
    image, mask = draw(part())
    assert np.array_equal(pixels(image), noise())
    assert (mask == 1).all()
    assert image.min() >= -1
    assert image.max() <= 1


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3, 5])
def test_quarter_turns_move_pixels_and_change_none(turns: int, flip: bool) -> None:
    image, _ = draw(part(placement=Placement(rotation=90 * turns, flip=flip)))
    start = noise()[:, ::-1] if flip else noise()
    assert np.array_equal(pixels(image), np.rot90(start, -turns))  # clockwise


def test_a_part_in_its_natural_size_is_copied_to_whole_pixels() -> None:
    small = noise(4, 6)
    where = native(Picture.of(small, Source("photo")), FRAME, x=(3 + 2) / SIDE, y=(7 + 3) / SIDE)
    image, mask = draw(part(small, where))
    assert np.array_equal(pixels(image)[7:13, 3:7], small)
    assert mask.sum() == 24
    assert not image[mask.expand_as(image) == 0].any()


def test_a_turned_oblong_keeps_its_size() -> None:
    small = noise(4, 8)
    _, mask = draw(part(small, Placement(0.5, 0.5, 0.5, 90)))
    assert mask[0, 0].nonzero().min(0).values.tolist() == [6, 4]
    assert mask[0, 0].nonzero().max(0).values.tolist() == [9, 11]


def test_half_a_pixel_to_the_side_is_the_mean_of_neighbours() -> None:
    image, mask = draw(part(placement=Placement(x=0.5 + 0.5 / SIDE)))
    true = noise() / 127.5 - 1
    assert image[0, :, :, 1:].permute(1, 2, 0).numpy() == pytest.approx((true[:, 1:] + true[:, :-1]) / 2, abs=1e-5)
    assert mask[0, 0, :, 0].tolist() == pytest.approx([0.5] * SIDE)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_halving_averages(times: int) -> None:
    step = 2**times
    image, _ = draw(part(noise(SIDE * step, SIDE * step)))
    means = noise(SIDE * step, SIDE * step).reshape(SIDE, step, SIDE, step, 3).mean((1, 3)) / 127.5 - 1
    assert image[0].permute(1, 2, 0).numpy() == pytest.approx(means, abs=1e-4)


@pytest.mark.parametrize(("width", "height", "most"), [(616, 408, 1e-4), (613, 401, 0.1)])
def test_a_large_photo_looks_the_same_though_its_finest_halves_are_never_made(
    monkeypatch: pytest.MonkeyPatch, width: int, height: int, most: float
) -> None:
    photo = part(noise(width, height), Placement(0.4, 0.5, 1.1, 20), feather=0.1)
    image, mask = draw(photo, size=(64, 64))
    monkeypatch.setattr("ganstudio.render.texture.WHOLE", 256)
    again, mask_again = draw(photo, size=(64, 64))
    assert (image - again).abs().max() < most
    assert (image - again).abs().mean() < 1e-4
    assert (mask - mask_again).abs().max() < 1e-4


@settings(max_examples=30)
@given(st.floats(-1, 2), st.floats(-1, 2), st.floats(0.01, 20), st.floats(-720, 720), st.booleans(), st.integers(1, 40))
def test_wherever_it_lies_one_colour_stays_that_colour(
    x: float, y: float, scale: float, rotation: float, flip: bool, width: int
) -> None:
    flat = np.full((9, width, 3), (10, 130, 250), np.uint8)
    image, mask = draw(part(flat, Placement(x, y, scale, rotation, flip), feather=0.1))
    assert mask.min() >= 0
    assert mask.max() <= 1
    colour = torch.tensor([10, 130, 250])[None, :, None, None] / 127.5 - 1
    assert (image - colour * mask).abs().max() < 1e-4


@pytest.mark.parametrize("rotation", [0, 30, 45])
def test_the_area_covered_is_that_of_the_picture(rotation: float) -> None:
    _, mask = draw(part(placement=Placement(0.47, 0.52, 0.4, rotation)), size=(100, 100))
    assert float(mask.sum()) == pytest.approx(1600, rel=0.01)


def test_later_parts_lie_over_earlier_ones_and_the_mask_holds_both() -> None:
    left, right = rectangle(FRAME, 0, 0, 10, SIDE), rectangle(FRAME, 6, 0, 14, SIDE)
    low, high = grey(0, mask=left), grey(255, mask=right)
    for order, middle in (((low, high), 1), ((high, low), -1)):
        image, mask = draw(*order)
        assert image[0, 0, 0].tolist() == [-1] * 6 + [middle] * 4 + [1] * 4 + [0] * 2
        assert mask[0, 0, 0].tolist() == [1] * 14 + [0] * 2


def test_opacity_lets_through_what_is_beneath() -> None:
    image, mask = draw(grey(0), grey(255, opacity=0.25))
    assert image.unique().tolist() == [-0.5]
    assert (mask == 1).all()
    image, mask = draw(grey(255, opacity=0.25))
    assert image.unique().tolist() == mask.unique().tolist() == [0.25]
    image, mask = draw(grey(255, opacity=0.5), grey(0, opacity=0.5))
    assert (float(image[0, 0, 0, 0]), float(mask[0, 0, 0, 0])) == (-0.25, 0.75)


def test_what_cannot_be_seen_changes_nothing() -> None:
    below = part()
    image, mask = draw(below)
    hidden = [grey(255, visible=False), grey(255, opacity=0.0), grey(255, mask=Mask.flat(FRAME, 0.0)),
              grey(255, placement=Placement(x=2.5)), grey(255, placement=Placement(x=2.5), feather=1.0),
              grey(255, placement=Placement(y=-1e200, rotation=10)), grey(255, placement=Placement(scale=1e-300))]
    for other in hidden:
        again, covered = draw(below, other)
        assert torch.equal(again, image)
        assert torch.equal(covered, mask)
        assert not draw(other)[1].any()


def test_numbers_beyond_all_bounds_still_give_a_picture() -> None:
    image, mask = draw(part(placement=Placement(scale=1e300, rotation=1e300)))
    assert torch.isfinite(image).all()
    assert (mask == 1).all()


def test_a_feather_is_even_on_all_sides_and_half_at_the_edge() -> None:
    _, mask = draw(grey(255, 64, mask=rectangle((64, 64), 16, 16, 48, 48), feather=0.2), size=(64, 64))
    soft = mask[0, 0]
    for other in (soft.flip(0), soft.flip(1), soft.T):
        assert (soft - other).abs().max() < 1e-5
    assert float(soft[32, 15] + soft[32, 16]) == pytest.approx(1, abs=1e-3)
    assert soft[32, 32] > 0.999
    assert (soft[32, :32].diff() >= -1e-6).all()
    assert soft[32, 16 - 7] < 0.03
    assert soft[32, 16 + 7] > 0.97


def test_a_feather_stays_inside_the_picture_and_leaves_the_frames_edge_alone() -> None:
    _, mask = draw(grey(255, 32, placement=Placement(0.25, 0.5, 0.5), feather=0.1), size=(64, 64))
    row = mask[0, 0, 32]
    assert row[:25].min() > 0.99
    assert row[32:].max() == 0
    assert row[31] < 0.35
    full = draw(grey(255, 64, feather=0.1), size=(64, 64))[1]
    assert full.min() > 0.999


@pytest.mark.parametrize("width", [0.1, 0.5, 1.0])
def test_wide_feathers_are_like_narrow_ones_on_a_smaller_picture(width: float) -> None:
    def soft(side: int) -> Tensor:
        return draw(grey(255, side, mask=ellipse((side, side), side / 4, side / 4, side * 0.75, side * 0.75),
                         feather=width), size=(side, side))[1]

    small = torch.nn.functional.avg_pool2d(soft(256), 8)
    assert (small - soft(32)).abs().max() < 0.06


HALF = {"multiply": 0.25 * 0.75, "screen": 0.25 + 0.75 - 0.1875, "overlay": 2 * 0.25 * 0.75,
        "darken": 0.25, "lighten": 0.75, "normal": 0.75, "colour": 0.25, "luminosity": 0.75,
        "soft-light": 0.25 + 0.5 * (((16 * 0.25 - 12) * 0.25 + 4) * 0.25 - 0.25)}  # fmt: skip


@pytest.mark.parametrize("mode", BLENDS)
def test_blending_follows_its_formula(mode: str) -> None:
    image, mask = draw(grey(64), grey(191, blend=mode))
    assert float((image[0, 0, 0, 0] + 1) / 2) == pytest.approx(HALF[mode], abs=0.004)
    assert image.std() < 1e-6
    assert (mask == 1).all()


@pytest.mark.parametrize("mode", BLENDS)
def test_blending_needs_something_beneath_and_stays_in_bounds(mode: str) -> None:
    alone = draw(part(blend=mode))[0]
    assert (alone - draw(part())[0]).abs().max() < 1e-5
    image, _ = draw(part(opacity=0.5), part(noise(seed=1), blend=mode))
    assert torch.isfinite(image).all()
    assert image.abs().max() <= 1 + 1e-5


def test_colour_takes_the_hue_and_luminosity_the_light() -> None:
    red, dark = (np.full((SIDE, SIDE, 3), c, np.uint8) for c in ((200, 40, 40), (60, 60, 60)))
    tinted = pixels(draw(part(dark), part(red, blend="colour"))[0])[0, 0].astype(float)
    assert tinted @ [0.3, 0.59, 0.11] == pytest.approx(60, abs=1)
    assert tinted[0] > tinted[1] + 50
    lit = pixels(draw(part(red), part(dark, blend="luminosity"))[0])[0, 0].astype(float)
    assert lit == pytest.approx(tinted, abs=1)


def test_colour_match_brings_mean_and_spread_to_those_beneath() -> None:
    low = (noise(64, 64) // 4 + np.array([10, 90, 40], np.uint8)).astype(np.uint8)
    high = (noise(64, 64, seed=1) // 3 + np.array([150, 60, 90], np.uint8)).astype(np.uint8)
    size = (64, 64)
    full, plain = (draw(part(low), part(high, match=amount), size=size)[0] for amount in (1.0, 0.0))
    wanted = draw(part(low), size=size)[0]
    assert full.mean((0, 2, 3)).tolist() == pytest.approx(wanted.mean((0, 2, 3)).tolist(), abs=0.01)
    assert full.std((0, 2, 3)).tolist() == pytest.approx(wanted.std((0, 2, 3)).tolist(), rel=0.05)
    half = draw(part(low), part(high, match=0.5), size=size)[0]
    assert (half - (full + plain) / 2).abs().max() < 1e-5
    assert torch.equal(draw(part(high, match=1.0), size=size)[0], draw(part(high), size=size)[0])


def test_moving_one_part_computes_no_other_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []
    cut = module.cut
    monkeypatch.setattr(module, "cut", lambda *a: made.append((a[0].width, a[0].height)) or cut(*a))
    low, high = part(noise(20, 16)), part(noise(16, 20), Placement(0.3, 0.5, 0.7, 10))
    here, compositor = Collage((low, high)), Compositor()
    compositor.composite(here, FRAME)
    made.clear()
    for change in ({"opacity": 0.5}, {"blend": "screen"}, {"match": 1.0}, {"name": "x"}):
        compositor.composite(here.with_part(replace(high, **change)).moved(low.id, 1), FRAME)
    assert made == []
    moved = here.with_part(replace(high, placement=Placement(0.4, 0.5, 0.7, 10)))
    image, _ = compositor.composite(moved, FRAME)
    assert made == [(16, 20)]
    assert torch.equal(image, Compositor().composite(moved, FRAME)[0])


def test_what_is_kept_stays_within_its_memory_and_what_comes_out_is_the_callers() -> None:
    here, compositor = Collage((part(),)), Compositor(memory=1)
    first, _ = compositor.composite(here, FRAME)
    wanted = first.clone()
    first.zero_()
    assert torch.equal(compositor.composite(here, FRAME)[0], wanted)
    with torch.inference_mode():
        compositor.composite(here, (8, 8))
    assert compositor.composite(here, (8, 8))[0].clone().requires_grad_().sum().requires_grad


def test_a_brush_stroke_hides_what_it_erases() -> None:
    start = grey(255, 64)
    stroke = Stroke.begun(Brush(10, 1.0, erase=True), (64, 64), (32, 32, 1))
    _, mask = draw(replace(start, mask=stroke.on(start.mask)), size=(64, 64))
    assert float((1 - mask).sum()) == pytest.approx(3.1416 * 25, rel=0.03)
    assert mask[0, 0, 32, 32] == 0


def test_what_lies_below_the_moving_part_is_laid_once(monkeypatch: pytest.MonkeyPatch):
    """And the picture is that of a compositor which keeps nothing, whatever changes where."""
    laid: list[str] = []
    plain = module.lay
    monkeypatch.setattr(module, "lay", lambda piece, part, *on: laid.append(part.id) or plain(piece, part, *on))
    parts = [part_of(Picture.fill((40 * i, 200 - 30 * i, 90), (8, 8)), mask=rectangle((8, 8), 0, 0, 8 - i, 6))
             for i in range(4)]
    parts[2] = replace(parts[2], blend="screen", match=0.5, feather=0.1)
    compositor, collage = Compositor(), Collage(tuple(parts))
    for step in range(12):
        part = collage.parts[(3, 3, 3, 3, 1, 1, 3, 3, 0, 2, 2, 3)[step]]
        collage = collage.with_part(replace(part, placement=replace(part.placement, x=0.5 + 0.02 * step)))
        laid.clear()
        kept = compositor.composite(collage, (16, 16))
        count = len(laid)
        assert all(map(torch.equal, kept, Compositor().composite(collage, (16, 16))))
        if step in (2, 3):
            assert count == 1
    laid.clear()
    compositor.composite(collage, (8, 8))
    assert len(laid) == 4
