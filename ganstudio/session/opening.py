"""What puts another document into the session: a model, a project, more directions. The window never waits for it.

Loading a model and factorising it are jobs on the worker; what they yield becomes current in the GUI thread. Whatever
goes wrong is one sentence, and the document that was open stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.api import FinderOptions, Movable
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import LoadedModel, ModelError
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.file import ProjectError, read_project, write_project
from ganstudio.document.latent import Direction, LayerRange
from ganstudio.document.movement import movements
from ganstudio.registry import PluginRegistry
from ganstudio.session.jobs import Jobs, Task
from ganstudio.session.preferences import Preferences
from ganstudio.session.session import Session
from ganstudio.session.shelves import Shelves

log = logging.getLogger(__name__)

FIRST = 8
"""How many directions a freshly opened model has as sliders."""
FINDER, LEARNED = "sefa", "steering"
"""Whose directions these are, and whose come before them where a model has any: sliders that say what they do."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A document on its way into the session: its file, if it has one, and whether that file holds it."""

    document: Document
    path: Path | None = None
    saved: bool = True


@dataclass(frozen=True, eq=False)
class Found:
    """Directions of one model; `wanted` says that they are to become sliders."""

    model: ModelRef
    directions: tuple[Direction, ...]
    wanted: bool


class Opening(QObject):
    """Opens and saves. At most one opening is under way: a new one takes the place of the one before."""

    opened = Signal()
    """Another document is current."""
    saved = Signal()
    """The document is on disk."""
    found = Signal(object)
    """What `find_directions` found: a tuple of `Direction`, named as on the shelf."""
    failed = Signal(str)
    """One sentence; the document stayed as it was."""

    def __init__(self, session: Session, jobs: Jobs, library: ModelLibrary, registry: PluginRegistry,
                 shelves: Shelves, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._library, self._registry = session, jobs, library, registry
        self._shelves, self._preferences = shelves, preferences
        self._task: Task | None = None

    @property
    def under_way(self) -> bool:
        """Whether a document is on its way."""
        return self._task is not None

    def open_model(self, model_id: str, seed: int | None = None) -> None:
        """Begin a new document with a model, its first directions as sliders at rest."""
        self._open(model_id, lambda: Opened(self._fresh(model_id, seed)))

    def open_project(self, path: Path) -> None:
        """Open a project file."""
        self._open(path.name, lambda: Opened(self._project(path, path.name), path))

    def open_recovered(self, snapshot: Path, original: Path | None) -> None:
        """Open what recovery kept of a project; it counts as not saved, and belongs to `original`'s file again."""
        name = original.name if original else snapshot.name
        self._open(name, lambda: Opened(self._project(snapshot, name), original, saved=False))

    def save(self, path: Path) -> bool:
        """Save the current document, with the names its directions have here; False (and `failed`) when it failed."""
        document = self._session.document
        try:
            write_project(path, self._shelves.name_all(document))
        except ProjectError as error:
            self.failed.emit(str(error))
            return False
        self._session.mark_saved(document, path)
        self._preferences.remember_file(path)
        self.saved.emit()
        return True

    def add_directions(self, finder_id: str, options: FinderOptions) -> Task:
        """Find directions and make sliders of those that are not there yet, in one undo step."""
        return self._find(finder_id, options, wanted=True)

    def find_directions(self, finder_id: str, options: FinderOptions) -> Task:
        """Find directions for a look at them; `found` hands them over."""
        return self._find(finder_id, options, wanted=False)

    def _find(self, finder_id: str, options: FinderOptions, wanted: bool) -> Task:
        model = self._session.document.model
        return self._jobs.start(finder_id, self._finding(model, finder_id, options, wanted), first=True,
                                on_step=self._take_found, on_end=self._tell)

    def _open(self, label: str, work: Callable[[], Opened]) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._jobs.start(label, _once(work), first=True, on_step=self._take_opened, on_end=self._end)

    @Slot(object)
    def _take_opened(self, opened: Opened) -> None:
        self._session.open(self._shelves.name_all(opened.document), opened.path, saved=opened.saved)
        if opened.path is not None:
            self._preferences.remember_file(opened.path)
        self.opened.emit()

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if self.sender() is self._task:
            self._task = None
        self._tell(outcome)

    @Slot(object)
    def _take_found(self, found: Found) -> None:
        if found.model != self._session.document.model:
            return
        named = tuple(self._shelves.named(d) for d in found.directions)
        if found.wanted:
            self._add(named)
        else:
            self.found.emit(named)

    @Slot(str)
    def _tell(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self.failed.emit(outcome)

    def _add(self, directions: tuple[Direction, ...]) -> None:
        document = self._session.document
        look = document.latent
        for direction in directions:
            look = look if look.edit(direction.id) else look.with_direction(direction)
        if look is not document.latent:
            self._session.change(replace(document, latent=look), "Add directions")

    # What follows runs on the worker.

    def _fresh(self, model_id: str, seed: int | None) -> Document:
        document = self._library.default_document(model_id, seed)
        generator = self._library.load(model_id).generator
        count = generator.num_ws
        options = FinderOptions((LayerRange(0, count),) if count else (), count=FIRST)
        look = document.latent
        for finder, tell in ((LEARNED, log.debug), (FINDER, log.warning)):
            try:
                for direction in self._directions(document.model, finder, options):
                    look = look.with_direction(direction)
            except ValueError as error:
                tell("“%s” opens without directions of “%s”: %s", model_id, finder, error)
        for direction in movements(document.model.fingerprint) if isinstance(generator, Movable) else ():
            look = look.with_direction(direction)
        return replace(document, latent=look)

    def _project(self, path: Path, name: str) -> Document:
        document = read_project(path)
        self._load(document.model, f"“{name}”")
        return document

    def _finding(self, model: ModelRef, finder_id: str, options: FinderOptions, wanted: bool) -> Iterator[Found]:
        yield Found(model, self._directions(model, finder_id, options), wanted)

    def _directions(self, model: ModelRef, finder_id: str, options: FinderOptions) -> tuple[Direction, ...]:
        generator = self._load(model, "This document").generator
        return tuple(self._registry.finder(finder_id).find(generator, model.fingerprint, options))

    def _load(self, model: ModelRef, what: str) -> LoadedModel:
        """The very model that a document was made with; ModelError naming it when it cannot be had."""
        try:
            loaded = self._library.load(model.id)
        except ModelError as error:
            raise ModelError(f"{what} needs the model “{model.id}”: {error}") from None
        if loaded.fingerprint != model.fingerprint:
            raise ModelError(f"{what} was made with another version of the model “{model.id}” than the one here "
                             f"({model.fingerprint}, not {loaded.fingerprint}): open it where that version is.")
        return loaded


def _once(work: Callable[[], Opened]) -> Iterator[Opened]:
    """A job of one step."""
    yield work()
