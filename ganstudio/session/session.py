"""The document that is open now: the only place where it changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ganstudio.document.document import Document
from ganstudio.document.history import History


class Session(QObject):
    """Holds the current document, its undo history, its file, and whether it differs from that file."""

    changed = Signal(object, object)
    """(document before, document after); whoever needs to know what changed compares the two."""
    history_changed = Signal()
    """Undo, redo, path or the dirty flag may read differently now."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = History(document)
        self._saved: Document | None = document
        self.path: Path | None = None
        self.stepping = False
        """Whether the change that is being told is an undo or a redo, so nothing new."""

    @property
    def document(self) -> Document:
        """What is current."""
        return self._history.present

    @property
    def gesture(self) -> object:
        """The drag in progress, or None."""
        return self._history.gesture

    @property
    def dirty(self) -> bool:
        """Whether there is something that a save would write."""
        return self.document is not self._saved

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._history.past[-1].label if self._history.past else ""

    @property
    def redo_label(self) -> str:
        """What redo would bring back; empty when there is nothing."""
        return self._history.future[-1].label if self._history.future else ""

    def change(self, document: Document, label: str, gesture: object = None) -> None:
        """Make a document current. Changes with the same gesture (a drag) in a row are one undo step."""
        if document is not self.document:
            self._set(self._history.push(document, label, gesture))

    def end_gesture(self) -> None:
        """The hand let go: the next change is a step of its own, and the picture may be drawn in full."""
        if self._history.gesture is not None:
            self._set(History(self._history.present, self._history.past, self._history.future))

    def cancel_gesture(self) -> None:
        """The hand takes back the drag in progress: its step is gone and cannot be redone."""
        if self._history.gesture is not None:
            self._set(self._history.cancelled())

    def undo(self) -> None:
        """One step back."""
        self._step(self._history.undo())

    def redo(self) -> None:
        """One step forward."""
        self._step(self._history.redo())

    def open(self, document: Document, path: Path | None = None, saved: bool = True) -> None:
        """Begin with another document and an empty history; `saved` says that a save would write nothing new."""
        self.path, self._saved = path, document if saved else None
        self._set(History(document))

    def mark_saved(self, document: Document, path: Path) -> None:
        """This document is what the file holds now (the current one may have moved on since)."""
        self.path, self._saved = path, document
        self.history_changed.emit()

    def _step(self, history: History) -> None:
        self.stepping = True
        try:
            self._set(history)
        finally:
            self.stepping = False

    def _set(self, history: History) -> None:
        before, self._history = self._history.present, history
        self.changed.emit(before, history.present)
        self.history_changed.emit()
