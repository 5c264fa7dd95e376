"""The document as one value: what is shown at a moment, and what a change there does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ganstudio.document.collage import Collage, Picture, Placement, part_of
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.document.sequence import Sequence


def document() -> Document:
    direction = Direction("d", "d", "w", np.ones(2, np.float32), (LayerRange(0, 2),), "f")
    return Document(ModelRef("m", "f"), Latent(Base(np.ones(2, np.float32), 1), 0.7).with_direction(direction))


def alpha(document: Document, time: float) -> float:
    return document.look(time).edits[0].alpha


def test_without_keys_a_change_counts_at_every_moment() -> None:
    changed = document().with_look(5.0, document().latent.with_alpha("d", 2))
    assert [alpha(changed, t) for t in (0, 5, 9)] == [2, 2, 2]
    assert changed.sequence.tracks == ()


def test_with_keys_a_change_is_a_key_at_its_moment() -> None:
    keyed = document().with_key(0.0).with_key(2.0)
    changed = keyed.with_look(1.0, keyed.look(1.0).with_alpha("d", 4))
    assert [alpha(changed, t) for t in (0, 1, 2)] == [0, 4, 0]
    assert alpha(keyed, 1) == 0


def test_a_key_holds_what_is_shown() -> None:
    keyed = document().with_key(0.0).with_key(2.0)
    keyed = keyed.with_look(2.0, keyed.look(2.0).with_alpha("d", 4))
    halfway = keyed.look(1.0).edits[0].alpha
    assert alpha(keyed.with_key(1.0), 1.0) == halfway


def test_what_has_no_key_changes_for_good() -> None:
    keyed = document().with_key(0.0)
    more = Direction("e", "e", "w", np.ones(2, np.float32), (LayerRange(0, 2),), "f")
    changed = keyed.with_look(3.0, keyed.look(3.0).with_direction(more, 1.5))
    assert [changed.look(t).edits[1].alpha for t in (0, 3)] == [1.5, 1.5]


def test_unchanged_parts_are_shared() -> None:
    before = document()
    after = before.with_look(0.0, before.latent.with_alpha("d", 1))
    assert after.latent.base is before.latent.base
    assert after.model is before.model


def composed() -> Document:
    """A document with two parts, p and q."""
    part = replace(part_of(Picture.fill((1, 2, 3), (4, 4))), id="p")
    return replace(document(), collage=Collage((part,)).duplicated("p", "q"))


def at_x(document: Document, x: float) -> Collage:
    part = document.collage.part("p")
    return document.collage.with_part(replace(part, placement=replace(part.placement, x=x)))


def test_without_keys_a_part_is_moved_for_good() -> None:
    moved = composed().with_collage(3.0, at_x(composed(), 0.25))
    assert moved.sequence.tracks == ()
    assert moved.collage_at(0.0) is moved.collage
    assert moved.collage.part("p").placement == Placement(0.25)


def test_with_keys_a_moved_part_moves_in_time() -> None:
    keyed = composed().with_key(0.0)
    moved = keyed.with_collage(2.0, at_x(keyed, 1.5))
    assert [moved.collage_at(t).part("p").placement.x for t in (0, 1, 2)] == [0.5, 1.0, 1.5]
    assert moved.collage_at(1.0).part("q") is moved.collage.part("q")
    assert len(moved.sequence.track("part:p:y").keys) == 1


def test_a_part_that_is_removed_takes_its_tracks_with_it_and_sliders_do_not() -> None:
    keyed = composed().with_key(0.0)
    fewer = keyed.with_collage(0.0, keyed.collage.without({"p"}))
    assert {t.name.split(":")[1] for t in fewer.sequence.tracks if t.name.startswith("part:")} == {"q"}
    slid = keyed.with_look(1.0, keyed.look(1.0).with_alpha("d", 4))
    assert len(slid.sequence.tracks) == len(keyed.sequence.tracks)


def test_when_the_last_key_goes_the_picture_stays() -> None:
    keyed = document().with_key(0.0).with_key(2.0)
    keyed = keyed.with_look(2.0, keyed.look(2.0).with_alpha("d", 4)).with_look(0.0, keyed.look(0.0))
    bare = keyed.with_sequence(Sequence(), 1.0)
    assert bare.sequence.tracks == ()
    assert alpha(keyed, 1.0) == 2
    assert [alpha(bare, t) for t in (0, 1, 2)] == [2, 2, 2]


def test_values_that_keep_a_key_follow_it() -> None:
    keyed = document().with_key(0.0).with_key(2.0)
    keyed = keyed.with_look(2.0, keyed.look(2.0).with_alpha("d", 4))
    fewer = keyed.with_sequence(keyed.sequence.without_look(2.0), 2.0)
    assert alpha(fewer, 2.0) == 0
    assert fewer.latent is keyed.latent


def test_when_the_last_key_of_a_part_goes_it_stays_where_it_is() -> None:
    keyed = composed().with_key(0.0)
    moved = keyed.with_collage(2.0, at_x(keyed, 1.5))
    bare = moved.with_sequence(Sequence(), 1.0)
    assert [bare.collage_at(t).part("p").placement.x for t in (0, 2)] == [1.0, 1.0]
