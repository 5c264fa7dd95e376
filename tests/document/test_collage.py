"""The collage as a value: parts by id, their order, groups, and what may not be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.collage import Collage, Picture, Placement, Source, native, part_of
from ganstudio.document.mask import Mask

PICTURE = Picture.fill((1, 2, 3), (8, 4))


def parts(names: str) -> Collage:
    return Collage(tuple(replace(part_of(PICTURE, n), id=n) for n in names))


def order(collage: Collage) -> str:
    return "".join(p.id for p in collage)


def test_an_empty_collage_is_false() -> None:
    assert not Collage()
    assert parts("a")


def test_parts_are_added_replaced_and_removed_by_id() -> None:
    here = parts("abc")
    assert order(here.added(parts("d").parts[0])) == "abcd"
    assert order(here.added(parts("d").parts[0], 1)) == "adbc"
    assert order(here.without({"b", "x"})) == "ac"
    changed = here.with_part(replace(here.part("b"), opacity=0.5))
    assert [p.opacity for p in changed] == [1, 0.5, 1]
    assert changed.part("a") is here.part("a")
    for missing in (lambda: here.part("x"), lambda: here.with_part(parts("x").parts[0]), lambda: here.moved("x", 1)):
        with pytest.raises(KeyError):
            missing()


@pytest.mark.parametrize(("part", "steps", "wanted"), [
    ("a", 1, "bac"), ("a", 9, "bca"), ("c", -1, "acb"), ("c", -9, "cab"), ("b", 0, "abc"), ("c", 1, "abc"),
])  # fmt: skip
def test_parts_move_up_and_down_as_far_as_it_goes(part: str, steps: int, wanted: str) -> None:
    assert order(parts("abc").moved(part, steps)) == wanted


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-5, 5))))
def test_moving_loses_nothing(moves: list[tuple[str, int]]) -> None:
    here = parts("abcd")
    for part, steps in moves:
        here = here.moved(part, steps)
    assert sorted(order(here)) == list("abcd")


def test_a_group_lies_together_beneath_its_topmost() -> None:
    here = parts("abcde").grouped({"a", "d"}, "g")
    assert order(here) == "bcade"
    assert [p.id for p in here.members("g")] == ["a", "d"]
    loose = here.grouped({"a"}, "")
    assert order(loose) == "bcade"
    assert [p.id for p in loose.members("g")] == ["d"]
    assert loose.members("") == ()
    assert order(parts("ab").grouped({"x"}, "g")) == "ab"


def test_a_copy_lies_above_and_shares_its_pixels() -> None:
    here = parts("abc").duplicated("b", "d", "copy")
    assert order(here) == "abdc"
    assert here.part("d").name == "copy"
    assert here.part("d").picture is here.part("b").picture
    with pytest.raises(ValueError, match="same id"):
        here.duplicated("b", "d")


def test_ids_of_new_parts_differ() -> None:
    assert len({part_of(PICTURE).id for _ in range(50)}) == 50


def test_a_picture_in_its_natural_size_has_one_pixel_for_one() -> None:
    where = native(PICTURE, (64, 32), 0.25)
    assert where == Placement(0.25, 0.5, 8 / 64)


@pytest.mark.parametrize("change", [
    {"mask": Mask.flat((4, 8))}, {"opacity": 1.5}, {"opacity": -0.1}, {"match": 2.0}, {"feather": float("nan")},
])  # fmt: skip
def test_a_part_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|mask of"):
        replace(part_of(PICTURE), **change)


@pytest.mark.parametrize("change", [{"scale": 0.0}, {"scale": -1.0}, {"x": float("inf")}, {"rotation": float("nan")}])
def test_a_place_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be placed"):
        Placement(**change)


def test_what_cannot_be_seen_says_so() -> None:
    part = part_of(PICTURE)
    assert part.shown
    assert not replace(part, visible=False).shown
    assert not replace(part, opacity=0.0).shown
    assert not replace(part, mask=Mask.flat(PICTURE.size, 0.0)).shown


def test_a_picture_needs_three_channels() -> None:
    with pytest.raises(ValueError, match="three channels"):
        Picture.of(np.zeros((4, 4), np.uint8), Source("photo"))
