"""The user's names, stars and kept directions, shared by the window's parts and saved at every change."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ganstudio.document.document import Document
from ganstudio.document.file import ProjectError
from ganstudio.document.latent import Direction, Edit
from ganstudio.document.response import Response
from ganstudio.document.shelf import Shelf, read_shelf, set_aside, write_shelf
from ganstudio.settings import user_data

log = logging.getLogger(__name__)


class Shelves(QObject):
    """One shelf a model, by fingerprint, read when first asked for."""

    changed = Signal(str)
    """The shelf of this fingerprint reads differently now."""
    failed = Signal(str)
    """One sentence: a shelf could not be read or saved."""

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder or user_data() / "directions"
        self._shelves: dict[str, Shelf] = {}

    def of(self, fingerprint: str) -> Shelf:
        """The shelf of a model; an unreadable one is set aside and counts as empty."""
        if fingerprint not in self._shelves:
            try:
                self._shelves[fingerprint] = read_shelf(self._folder, fingerprint)
            except ProjectError as error:
                log.warning("%s", error)
                self._shelves[fingerprint] = Shelf()
                set_aside(self._folder, fingerprint)
                self.failed.emit(str(error))
        return self._shelves[fingerprint]

    def named(self, direction: Direction) -> Direction:
        """The direction under the name it was given, if one was, and with what it was measured to do."""
        return self.of(direction.fingerprint).known(direction)

    def measure(self, direction: Direction, response: Response) -> None:
        """Keep what a direction was measured to do; a kept direction has it from now on."""
        shelf = self.of(direction.fingerprint).with_response(direction.id, response)
        if direction.id in {d.id for d in shelf.saved}:
            shelf = shelf.with_direction(direction.measured(response))
        self._set(direction, shelf)

    def starred(self, direction: Direction) -> bool:
        """Whether it has a star."""
        return direction.id in self.of(direction.fingerprint).starred

    def rename(self, direction: Direction, name: str) -> None:
        """Give a direction a name that stays with the model; an empty one brings back its own."""
        self._set(direction, self.of(direction.fingerprint).with_name(direction.id, name))

    def star(self, direction: Direction, on: bool) -> None:
        """Set its star and save the direction itself, to be had again in any project with this model; or take both."""
        shelf = self.of(direction.fingerprint).with_star(direction.id, on)
        self._set(direction, shelf.with_direction(direction) if on else shelf.without_direction(direction.id))

    def keep(self, directions: Sequence[Direction]) -> None:
        """Save directions of one model, each with a star."""
        if directions:
            self._set(directions[0], self.of(directions[0].fingerprint).with_kept(directions))

    def kept(self, fingerprint: str) -> tuple[Direction, ...]:
        """The directions of a model that have a star, under their given names, in the order they got it."""
        shelf = self.of(fingerprint)
        return tuple(shelf.known(d) for d in shelf.saved)

    def name_all(self, document: Document) -> Document:
        """The document with its directions under their given names, so that a project carries them elsewhere."""
        edits = tuple(Edit(self._told(e.direction), e.alpha) for e in document.latent.edits)
        return replace(document, latent=replace(document.latent, edits=edits))

    def _told(self, direction: Direction) -> Direction:
        """A direction of a document under its given name; one that was not measured there takes what is known here."""
        shelf = self.of(direction.fingerprint)
        return shelf.known(direction) if direction.response is None else shelf.named(direction)

    def _set(self, direction: Direction, shelf: Shelf) -> None:
        self._shelves[direction.fingerprint] = shelf
        try:
            write_shelf(self._folder, direction.fingerprint, shelf)
        except ProjectError as error:
            self.failed.emit(str(error))
        self.changed.emit(direction.fingerprint)
