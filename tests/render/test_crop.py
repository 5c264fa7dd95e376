"""The square that a model is shown of a photo: faces as in FFHQ, everything else from the middle."""

from __future__ import annotations

import numpy as np
import pytest

from ganstudio.render.crop import Square, cropped, face_square, middle_square


def test_eyes_and_mouth_come_to_the_places_they_have_in_ffhq():
    """By the paper's formula: the side is 4 eye distances or 3.6 eye-to-mouth distances, whichever is more."""
    square = face_square((80, 100), (120, 100), (100, 160))
    assert square.middle == pytest.approx((100, 106))
    assert square.right == pytest.approx((108, 0))
    assert square.down == pytest.approx((0, 108))
    wide = face_square((0, 100), (100, 100), (50, 110))
    assert wide.right == pytest.approx((200, 0))


def test_a_tilted_face_gives_a_tilted_square():
    turned = face_square((100, 80), (100, 120), (40, 100))  # the head lies on its right ear
    assert turned.right == pytest.approx((0, 108), abs=1e-9)
    assert turned.middle == pytest.approx((94, 100))


@pytest.mark.parametrize(("left", "right", "mouth", "said"), [
    ((5, 5), (5, 5), (5, 50), "one spot"), ((0, 5), (10, 5), (5, 5), "one spot"),
    ((40, 50), (0, 50), (20, 90), "make no face"),
])  # fmt: skip
def test_points_that_make_no_face_are_one_sentence(left, right, mouth, said):
    with pytest.raises(ValueError, match=said):
        face_square(left, right, mouth)


def test_the_middle_square_of_a_photo_at_its_own_size_is_the_photo():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    image = cropped(np.repeat(np.repeat(pixels, 4, 0), 4, 1), middle_square(96, 64), 16)
    assert image.shape == (1, 3, 16, 16)
    assert ((image[0] + 1) * 127.5).permute(1, 2, 0).numpy() == pytest.approx(pixels[:, 4:20].astype(float), abs=0.6)


def test_a_turned_square_turns_the_photo_and_edges_are_mirrored():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32] = 255  # light above
    turned = cropped(pixels, Square((32, 32), (0, 32)), 8)[0, 0]  # right is down
    assert (turned[:, 0] > 0.9).all()
    assert (turned[:, -1] < -0.9).all()
    beyond = cropped(pixels, Square((32, 0), (32, 0)), 8)[0, 0]
    assert (beyond > 0.9).all()


def test_huge_photos_are_averaged_rather_than_sampled():
    """Stripes as thin as a pixel become grey, not a pattern."""
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, ::2] = 255
    assert cropped(pixels, middle_square(512, 512), 8).abs().max() < 0.01
