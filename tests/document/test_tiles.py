"""Tiles: what was put in comes out, equal content has one key, and what does not change is the same object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.tiles import Tile, Tiles, flat_tile, tile

sides = st.integers(1, 700)


def noise(width: int, height: int, *channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)


@given(sides, sides, st.sampled_from([(), (3,)]))
def test_a_picture_comes_back_as_it_was(width: int, height: int, channels: tuple[int, ...]) -> None:
    data = noise(width, height, *channels)
    tiles = Tiles.of(data)
    assert np.array_equal(tiles.array(), data)
    assert tiles.size == (width, height)
    assert all(np.array_equal(part.data, data[y0:y1, x0:x1]) for (x0, y0, x1, y1), part in tiles.boxes())


def test_tiles_cannot_be_written_to_and_do_not_follow_their_source() -> None:
    data = noise(300, 20)
    tiles = Tiles.of(data)
    before = tiles.array()
    data[:] = 0
    assert np.array_equal(tiles.array(), before)
    with pytest.raises(ValueError, match="read-only"):
        tiles.rows[0][0].data[0, 0] = 1


def test_keys_are_those_of_the_content() -> None:
    assert Tiles.of(noise(300, 300)).key == Tiles.of(noise(300, 300)).key
    assert Tiles.of(noise(300, 300)).key != Tiles.of(noise(300, 300, seed=1)).key
    assert tile(np.zeros((2, 8), np.uint8)).key != tile(np.zeros((4, 4), np.uint8)).key
    assert tile(np.zeros((3, 4), np.uint8)).key != tile(np.zeros((1, 4, 3), np.uint8)).key


def test_a_flat_mask_takes_four_tiles_whatever_its_size() -> None:
    tiles = Tiles.flat(5000, 3000, 255)
    assert len({id(t) for t in tiles}) == 4
    assert Tiles.of(np.full((3000, 5000), 255, np.uint8)).rows == tiles.rows
    assert (Tiles.flat(300, 2, 1, 2, 3).array() == [1, 2, 3]).all()


def test_levels_are_known_for_masks_alone() -> None:
    assert tile(np.full((4, 4), 7, np.uint8)).level == 7
    assert tile(np.arange(4, dtype=np.uint8)[None]).level is None
    assert flat_tile(4, 4, 1, 1, 1).level is None


@given(sides, sides, st.tuples(*[st.integers(-300, 900)] * 4))
def test_a_change_makes_tiles_only_where_it_falls(width: int, height: int, box: tuple[int, int, int, int]) -> None:
    before = Tiles.of(noise(width, height))
    after = before.changed(box, lambda old, _: Tile(old.data))
    left, top, right, bottom = box
    for ((x0, y0, _, _), old), new in zip(before.boxes(), after, strict=True):
        meets = max(x0, left) < min(x0 + 256, right) and max(y0, top) < min(y0 + 256, bottom)
        assert (old is not new) == meets or right <= left or bottom <= top


def test_a_change_that_is_none_gives_the_same_tiles() -> None:
    before = Tiles.of(noise(600, 600))
    assert before.changed((0, 0, 600, 600), lambda old, _: old) is before


@pytest.mark.parametrize("data", [
    np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8),
    np.zeros((1, 70_000), np.uint8),
])  # fmt: skip
def test_what_is_no_picture_is_refused(data: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture"):
        Tiles.of(data)
