"""Undo and redo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.collage import Collage, Picture, Source, part_of
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.history import History
from ganstudio.document.latent import Base, Latent
from ganstudio.document.stroke import Brush, Stroke


def document(number: float = 0.0, size: int = 4) -> Document:
    return Document(ModelRef("m", "f"), Latent(Base(np.full(size, number, np.float32)), psi=number))


def test_undo_and_redo_give_back_the_very_documents() -> None:
    a, b, c = document(0), document(1), document(2)
    history = History(a).push(b, "one").push(c, "two")
    assert history.undo().present is b
    assert history.undo().undo().present is a
    assert history.undo().undo().redo().redo().present is c
    assert [s.label for s in history.past] == ["one", "two"]
    assert [s.label for s in history.undo().undo().future] == ["two", "one"]


def test_at_either_end_nothing_happens() -> None:
    history = History(document())
    assert history.undo() is history
    assert history.redo() is history


def test_a_change_forgets_what_could_be_redone() -> None:
    assert History(document()).push(document(1), "a").undo().push(document(2), "b").future == ()


def test_one_gesture_is_one_step() -> None:
    start = document(0)
    history = History(start)
    for i in range(10):
        history = history.push(document(i), "drag", gesture="g1")
    history = history.push(document(20), "drag", gesture="g2")
    assert len(history.past) == 2
    assert history.undo().undo().present is start


def test_after_undo_the_same_gesture_begins_a_new_step() -> None:
    history = History(document(0)).push(document(1), "a").push(document(2), "drag", gesture="g")
    again = history.undo().push(document(3), "drag", gesture="g")
    assert [s.label for s in again.past] == ["a", "drag"]
    assert again.undo().present.latent.psi == 1


def test_changes_without_a_gesture_never_join() -> None:
    assert len(History(document()).push(document(1), "a").push(document(2), "a").past) == 2


@given(st.lists(st.tuples(st.sampled_from(["push", "undo", "redo"]), st.sampled_from([None, "g", "h"]))))
def test_undoing_everything_leads_to_the_beginning(moves: list[tuple[str, str | None]]) -> None:
    first = document(0)
    history = History(first)
    for i, (move, gesture) in enumerate(moves):
        if move == "push":
            history = history.push(document(i + 1), "x", gesture)
        else:
            history = history.undo() if move == "undo" else history.redo()
    end, steps = history.present, len(history.past)
    for _ in range(steps):
        history = history.undo()
    assert history.present is first
    for _ in range(steps):
        history = history.redo()
    assert history.present is end


def test_memory_is_capped_and_the_newest_step_always_stays() -> None:
    history = History(document(size=1000))
    for i in range(20):
        history = history.push(document(i, size=1000), "x", memory=10_000)
    assert len(history.past) == 2
    huge = History(document(size=10_000)).push(document(1), "x", memory=10)
    assert len(huge.past) == 1


def test_shared_arrays_are_counted_once() -> None:
    start = document(size=1000)
    history = History(start)
    for i in range(20):
        history = history.push(replace(start, latent=replace(start.latent, psi=float(i))), "x", memory=10_000)
    assert len(history.past) == 20


def test_a_stroke_costs_the_tiles_it_touches() -> None:
    part = part_of(Picture.fill((1, 2, 3), (4096, 4096)))
    history = History(replace(document(), collage=Collage((part,))))
    for i in range(20):
        stroke = Stroke.begun(Brush(30, 0.5, erase=True), part.picture.size, (100 + i, 100, 1))
        part = replace(part, mask=stroke.on(part.mask))
        history = history.push(replace(document(), collage=Collage((part,))), "stroke", memory=20 * 2**16 + 9999)
    assert len(history.past) == 20
    history = history.push(document(), "delete", memory=10 * 2**16)
    assert len(history.past) < 11


def test_pixels_that_are_still_there_cost_the_past_nothing() -> None:
    rng = np.random.default_rng(0)
    part = part_of(Picture.of(rng.integers(0, 256, (600, 600, 3), dtype=np.uint8), Source("photo")))
    start = replace(document(), collage=Collage((part,)))
    history = History(start)
    for i in range(20):
        history = history.push(replace(start, collage=Collage((replace(part, opacity=i / 20),))), "x", memory=10_000)
    assert len(history.past) == 20
