"""The document as one value: what is shown at a moment, and what a change there does."""

from __future__ import annotations

import numpy as np

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
