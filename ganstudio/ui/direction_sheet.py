"""Which slider does what: each direction of a finder, or each with a star, as a strip of pictures made from the picture
on screen.

Finding is a job, and so is every batch of pictures; both run behind the preview, and only while the sheet is in sight.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ganstudio.api import FinderOptions
from ganstudio.document.document import ModelRef
from ganstudio.document.latent import Direction
from ganstudio.render.shot import Scene
from ganstudio.session.studio import Studio
from ganstudio.ui.columns import line, scrolled
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.model_facts import ModelFacts, model_facts
from ganstudio.ui.picture_strip import LARGEST
from ganstudio.ui.sheet_options import SheetOptions
from ganstudio.ui.strip_row import StripRow
from ganstudio.ui.text import tr
from ganstudio.ui.thumbnails import Thumbnails, Wanted, scene_key

REST = 250
"""Milliseconds of quiet after which the strips follow the picture on screen."""


class DirectionSheet(QWidget):
    """The list of strips; a click on a picture makes its direction a slider at that place."""

    def __init__(self, studio: Studio, edits: LookEdits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[StripRow] = []
        self.options, self.note = SheetOptions(self), QLabel(self)
        self._studio, self._edits = studio, edits
        self._facts, self._found_for = ModelFacts(), None
        self._task: Any = None
        self._in_sight = True
        self._cells: dict[Hashable, list[tuple[StripRow, int]]] = {}
        self._thumbnails = Thumbnails(studio, LARGEST, parent=self)
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._list = QVBoxLayout()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        content = QWidget(self)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._list)
        column.addWidget(self.note)
        column.addStretch(1)
        self.note.setProperty("tone", "dim")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(14, 14, 14, 14)
        self.scroll = scrolled(content, self)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its strips take it, and scroll it
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        for widget in (self.options, line(self), self.scroll):
            outer.addWidget(widget, 1 if widget is self.scroll else 0)

    def _connect(self) -> None:
        self.options.changed.connect(self._find)
        self.options.refused.connect(self._say)
        self._rest.timeout.connect(self._follow_picture)
        self._thumbnails.ready.connect(self._show_picture)
        self._thumbnails.failed.connect(self._say)
        self.scroll.verticalScrollBar().valueChanged.connect(self._rest.start)
        self._studio.session.changed.connect(self._follow)
        self._studio.live.time_changed.connect(self._follow)
        self._studio.shelves.changed.connect(self._follow_shelf)

    # when to work

    def showEvent(self, event: QShowEvent) -> None:
        """In sight: look for directions, or take up drawing where it was left."""
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of sight: leave the worker to others."""
        self._pause()

    @Slot(bool)
    def set_in_sight(self, on: bool) -> None:
        """Told by the dock, since a dock behind another one's tab counts as visible."""
        self._in_sight = on
        if on:
            self._follow()
        else:
            self._pause()

    def _pause(self) -> None:
        self._rest.stop()
        self._thumbnails.stop()
        self._cancel()

    @Slot()
    def _follow(self, _before: object = None, _after: object = None) -> None:
        if not self.isVisible() or not self._in_sight or not self._studio.session.document.model.id:
            return
        if self._found_for != self._studio.session.document.model:
            self._find()
        self._show_used()
        self._rest.start()

    # finding

    @Slot()
    def _find(self) -> None:
        """Look for directions of the open model with the options chosen."""
        document = self._studio.session.document
        self._cancel()
        self._clear()
        self._found_for, self._facts = document.model, model_facts(self._studio, document)
        self.options.offer({id_: f.name for id_, f in self._studio.registry.finders().items()})
        self.options.show_facts(self._facts)
        if self.options.starred:
            self._show_starred()
            return
        self._say(tr("Looking for directions…"))
        try:
            steps = _find(self._studio, document.model, self.options.finder_id, self.options.options())
        except ValueError as error:
            self._say(str(error))
            return
        self._task = self._studio.jobs.start("", steps, first=True, on_step=self._add_row, on_end=self._end)

    def _show_starred(self) -> None:
        for direction in self._studio.shelves.kept(self._studio.session.document.model.fingerprint):
            self._add(direction)
        self._say("" if self.rows else tr("No direction of this model has a star yet."))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task, self._found_for = None, None

    def _clear(self) -> None:
        self._thumbnails.stop()
        self._cells.clear()
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []

    @Slot(object)
    def _add_row(self, direction: Direction) -> None:
        if self._task is not None and self.sender() is self._task:
            self._add(direction)

    def _add(self, direction: Direction) -> None:
        direction = direction.measured(self._studio.shelves.of(direction.fingerprint).measured.get(direction.id))
        row = StripRow(direction, self._facts.layers, self)
        row.picked.connect(self._pick)
        row.renamed.connect(self._studio.shelves.rename)
        row.starred.connect(self._studio.shelves.star)
        self.rows.append(row)
        self._list.addWidget(row)
        self._show_names()
        self._show_used()
        self._rest.start(0)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if self.sender() is self._task:
            self._task = None
            self._say(outcome or ("" if self.rows else tr("These layers have no directions.")))

    @Slot(str)
    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    # the pictures

    @Slot()
    def _follow_picture(self) -> None:
        """Want the strips of the picture on screen: those in sight first, their ends before what is between."""
        if self._studio.session.gesture is not None:
            self._rest.start()
            return
        document = self._studio.session.document
        scene = Scene.of(document, self._studio.live.time)
        self._cells.clear()
        wanted = []
        for row in sorted(self.rows, key=lambda row: row.visibleRegion().isEmpty()):
            wanted += [self._want_cell(row, index, scene) for index in _order(len(row.strip.alphas))]
        self._thumbnails.want(document, wanted)

    def _want_cell(self, row: StripRow, index: int, scene: Scene) -> Wanted:
        look = scene.look.with_direction(row.direction).with_alpha(row.direction.id, row.strip.alphas[index])
        cell = replace(scene, look=look)
        key = (scene_key(self._studio.session.document, cell), row.direction.layers)
        self._cells.setdefault(key, []).append((row, index))
        row.strip.show_picture(index, self._thumbnails.picture(key))
        return Wanted(key, cell)

    @Slot(object)
    def _show_picture(self, key: Hashable) -> None:
        for row, index in self._cells.get(key, ()):
            row.strip.show_picture(index, self._thumbnails.picture(key))

    # what the user does, and what it is called

    @Slot(object, float)
    def _pick(self, direction: Direction, alpha: float) -> None:
        self._edits.add([direction], alpha)

    @Slot()
    def _follow_shelf(self, _fingerprint: str = "") -> None:
        """Other names; among the starred also what is new. What lost its star stays until it is looked for again."""
        kept = self._studio.shelves.kept(self._studio.session.document.model.fingerprint)
        if self.options.starred and {d.id for d in kept} - {row.direction.id for row in self.rows}:
            self._find()
        else:
            self._show_names()

    def _show_names(self) -> None:
        shelves = self._studio.shelves
        for row in self.rows:
            row.show_name(shelves.named(row.direction).name, shelves.starred(row.direction))

    def _show_used(self) -> None:
        used = {e.direction.id for e in self._studio.session.document.latent.edits}
        for row in self.rows:
            row.show_used(row.direction.id in used)


def _find(studio: Studio, model: ModelRef, finder_id: str, options: FinderOptions) -> Iterator[Direction]:
    """The finder's directions, one a step; a function, so that the worker holds on to no widget."""
    generator = studio.library.load(model.id).generator
    yield from studio.registry.finder(finder_id).find(generator, model.fingerprint, options)


def _order(count: int) -> list[int]:
    """The middle, which all strips share, then the ends, then what lies between."""
    middle = count // 2
    return sorted(range(count), key=lambda i: (i != middle, -abs(i - middle)))
