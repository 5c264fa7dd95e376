"""The one place where the document changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganstudio.document.document import Document
from ganstudio.session.session import Session
from tests.models import tiny_document


def moved(document: Document, psi: float) -> Document:
    return replace(document, latent=replace(document.latent, psi=psi))


def test_a_change_tells_before_and_after(qapp: object) -> None:
    session, heard = Session(tiny_document()), []
    session.changed.connect(lambda before, after: heard.append((before, after)))
    first, second = session.document, moved(session.document, 0.5)
    session.change(second, "Psi")
    session.change(second, "Psi")
    assert heard == [(first, second)]
    assert (session.undo_label, session.redo_label, session.dirty) == ("Psi", "", True)


def test_undo_back_to_what_was_saved_is_not_dirty(qapp: object) -> None:
    session = Session(tiny_document())
    session.change(moved(session.document, 0.5), "Psi")
    session.undo()
    assert not session.dirty
    assert session.redo_label == "Psi"
    session.redo()
    assert session.dirty


def test_a_gesture_is_one_step_and_ends_with_a_signal(qapp: object) -> None:
    session, heard = Session(tiny_document()), []
    first = session.document
    for i in range(5):
        session.change(moved(session.document, i / 10), "Psi", gesture="drag")
    assert session.gesture == "drag"
    session.changed.connect(lambda before, after: heard.append(before is after))
    session.end_gesture()
    session.end_gesture()
    assert heard == [True]
    assert session.gesture is None
    session.change(moved(session.document, 0.9), "Psi", gesture="drag")
    session.undo()
    session.undo()
    assert session.document is first


def test_saving_what_has_moved_on_since_leaves_it_dirty(qapp: object) -> None:
    session = Session(tiny_document())
    written = session.document
    session.change(moved(written, 0.5), "Psi")
    session.mark_saved(written, Path("a.gans"))
    assert session.dirty
    assert session.path == Path("a.gans")


def test_opening_begins_anew(qapp: object) -> None:
    session = Session(tiny_document())
    session.change(moved(session.document, 0.5), "Psi")
    session.open(tiny_document(), Path("b.gans"))
    assert (session.dirty, session.undo_label, session.path) == (False, "", Path("b.gans"))
    session.open(tiny_document(), None, saved=False)
    assert session.dirty
