"""The canvas paints what the regressor is shown: the window's painter against the renderer's compositor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ganstudio.document.collage import BLENDS, Blend, Collage, Part, Picture, Placement, Source, part_of
from ganstudio.document.mask import Mask, ellipse, rectangle
from ganstudio.render.collage import Compositor
from ganstudio.ui import part_image
from ganstudio.ui.collage_paint import Composition
from ganstudio.ui.part_image import PartImages
from ganstudio.ui.soft_paint import ROUGH
from tests.ui.canvas_hands import pixels_of

SIDE = 96


def smooth(height: int, width: int, k: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = (np.sin(x / (9 + k) + k), np.cos(y / (11 + k)), np.sin((x + y) / (20 + k)))
    return np.stack([127 + 120 * wave for wave in waves], axis=-1).astype(np.uint8)


def part(height: int, width: int, k: int, mask: Mask, **values: Any) -> Part:
    return replace(part_of(Picture.of(smooth(height, width, k), Source("photo"))), mask=mask, **values)


def both(collage: Collage, frame: tuple[int, int] = (SIDE, SIDE)) -> tuple[np.ndarray, np.ndarray]:
    """What the window paints and what the renderer composites: colours times alpha, and alpha, in levels."""
    painted = Composition(PartImages()).image(collage, frame)
    packed = np.frombuffer(painted.constBits(), np.uint8).reshape(frame[1], frame[0], 4)[..., [2, 1, 0, 3]]
    image, mask = Compositor().composite(collage, frame[::-1])
    colours = (image + mask) * 127.5
    wanted = np.concatenate([colours[0].permute(1, 2, 0).numpy(), mask[0, 0, ..., None].numpy() * 255], axis=2)
    return packed.astype(float), wanted


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("values", [{}, {"feather": 0.1}, {"match": 0.7}, {"feather": 0.5, "match": 0.5}],
                         ids=["plain", "feather", "match", "wide feather and match"])
def test_every_blend_feather_and_match_is_that_of_the_compositor(qapp, blend: Blend, values: dict[str, float]) -> None:
    below = part(SIDE, SIDE, 0, ellipse((SIDE, SIDE), 5, 5, 90, 80))
    above = part(120, 80, 3, rectangle((80, 120), 10.3, 12, 70, 100), blend=blend, opacity=0.8,
                 placement=Placement(0.6, 0.45, 0.9, 23.0, True), **values)
    painted, wanted = both(Collage((below, above)))
    assert np.abs(painted - wanted).mean() < 0.7
    assert np.quantile(np.abs(painted - wanted), 0.99) < 12  # only at edges do the two soften differently


def test_whole_pixels_are_copied_exactly_turned_and_mirrored(qapp) -> None:
    for rotation in (0.0, 90.0, 180.0, -90.0):
        for flip in (False, True):
            mask = rectangle((SIDE, SIDE), 8, 16, 80, 90)
            turned = part(SIDE, SIDE, 1, mask, placement=Placement(rotation=rotation, flip=flip))
            painted, wanted = both(Collage((turned,)))
            assert np.abs(painted - wanted).max() <= 0.51


def test_a_large_photo_made_small_is_that_of_the_compositor(qapp) -> None:
    large = part(700, 1000, 60, Mask.flat((1000, 700)), placement=Placement(0.5, 0.5, 0.8, 10.0))
    painted, wanted = both(Collage((large,)))
    assert np.abs(painted - wanted).mean() < 1.5


def test_frames_that_are_not_square_fit(qapp) -> None:
    wide = part(48, 96, 2, Mask.flat((96, 48)))
    painted, wanted = both(Collage((wide,)), (96, 48))
    assert np.abs(painted - wanted).max() <= 0.51


def test_parts_far_away_or_hidden_paint_nothing_and_harm_nothing(qapp) -> None:
    full = Mask.flat((SIDE, SIDE))
    parts = (part(SIDE, SIDE, 0, full, placement=Placement(50.0, 0.5), feather=0.2),
             part(SIDE, SIDE, 0, full, visible=False), part(SIDE, SIDE, 0, Mask.flat((SIDE, SIDE), 0.0), match=1.0),
             part(SIDE, SIDE, 0, full, placement=Placement(scale=1e-3)))
    painted, wanted = both(Collage(parts))
    assert np.abs(painted - wanted).max() <= 80  # the tiny one is less than a pixel
    assert (painted[..., 3] > 0).sum() <= 4


def test_what_is_painted_again_is_what_painting_anew_gives(qapp) -> None:
    parts = tuple(part(SIDE, SIDE, k, ellipse((SIDE, SIDE), 8 * k, 4, 90, 90), opacity=0.7) for k in range(4))
    collage, kept = Collage(parts), Composition(PartImages())
    for k in (3, 2, 0, 3, 1, 1):
        moved = replace(collage.parts[k], placement=Placement(0.5 + 0.05 * k, 0.4))
        collage = collage.with_part(moved)
        again = pixels_of(kept.image(collage, (SIDE, SIDE)))
        assert np.array_equal(again, pixels_of(Composition(PartImages()).image(collage, (SIDE, SIDE))))
    collage = collage.without({collage.parts[1].id})
    anew = Composition(PartImages()).image(collage, (SIDE, SIDE))
    assert np.array_equal(pixels_of(kept.image(collage, (SIDE, SIDE))), pixels_of(anew))


@pytest.mark.parametrize("values", [{"feather": 0.1}, {"feather": 0.3, "blend": "multiply"}, {"match": 0.7},
                                    {"blend": "colour", "feather": 0.05}], ids=str)
def test_what_is_painted_roughly_is_near_and_then_made_exact(qapp, values: dict[str, Any]) -> None:
    side = 3 * ROUGH
    below = part(side, side, 0, ellipse((side, side), 30, 30, side - 40, side - 90))
    above = part(side, side, 3, rectangle((side, side), 60, 80, 420, 500), **values)
    collage, kept = Collage((below, above)), Composition(PartImages())
    moved = collage.with_part(replace(above, placement=Placement(0.56, 0.47, 0.9, 12.0)))
    kept.image(collage, (side, side))
    rough = pixels_of(kept.image(moved, (side, side), rough=True)).astype(float)
    exact = pixels_of(Composition(PartImages()).image(moved, (side, side)))
    assert 0 < np.abs(rough - exact).mean() < 3
    assert np.array_equal(pixels_of(kept.image(moved, (side, side))), exact)


def test_a_stroke_makes_only_the_tiles_it_touches_anew(qapp, monkeypatch) -> None:
    images = PartImages()
    large = part(600, 800, 5, Mask.flat((800, 600)))
    images.cut_out(large, 0)
    made: list[object] = []
    real = part_image._packed
    monkeypatch.setattr(part_image, "_packed", lambda *args: made.append(args) or real(*args))
    images.cut_out(replace(large, mask=large.mask.minus(ellipse((800, 600), 10, 10, 40, 40))), 0)
    assert len(made) == 1
