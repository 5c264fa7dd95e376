"""A refinement knows the collage it was found for; what only tidies the canvas does not make it stale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ganstudio.document.collage import Collage, Part, Picture, Placement, part_of
from ganstudio.document.mask import Mask
from ganstudio.document.refinement import Refinement


@pytest.fixture
def part() -> Part:
    return part_of(Picture.fill((200, 10, 20), (8, 8)), "sky")


def test_a_refinement_is_stale_once_a_part_moved(part: Part) -> None:
    collage = Collage((part,))
    refinement = Refinement(np.zeros((4, 4), np.float32), collage.key)
    moved = Collage((replace(part, placement=Placement(x=0.51)),))
    assert refinement.fits(collage)
    assert not refinement.fits(moved)
    assert refinement.fits(Collage((replace(moved.parts[0], placement=part.placement),)))


@pytest.mark.parametrize("change", [{"opacity": 0.5}, {"feather": 0.1}, {"blend": "screen"}, {"match": 0.2},
                                    {"visible": False}, {"mask": Mask.flat((8, 8), 0.5)}])  # fmt: skip
def test_all_that_changes_the_look_changes_the_key(part: Part, change: dict[str, object]) -> None:
    assert Collage((replace(part, **change),)).key != Collage((part,)).key


def test_names_groups_locks_ids_and_hidden_parts_do_not(part: Part) -> None:
    other = replace(part, id="b", name="cloud", group="g", locked=True)
    hidden = replace(part, id="c", visible=False)
    assert Collage((other, hidden)).key == Collage((part,)).key


def test_an_amount_lies_between_guess_and_all_of_it() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Refinement(np.zeros(4, np.float32), "", 1.5)


def test_a_collage_is_scaled_around_the_middle_of_the_frame(part: Part) -> None:
    placed = replace(part, placement=Placement(0.9, 0.5, 0.4, 30.0, True), feather=0.1)
    small = Collage((placed,)).scaled(0.5).parts[0]
    assert small.placement == Placement(0.7, 0.5, 0.2, 30.0, True)
    assert small.feather == pytest.approx(0.05)
