"""The sheet of seeds: pictures to start from, without an end, each a click away."""

from __future__ import annotations

import random
from collections.abc import Hashable
from dataclasses import replace

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap, QRegularExpressionValidator, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollBar, QToolButton, QVBoxLayout, QWidget

from ganstudio.document.document import Document
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.render.shot import Scene
from ganstudio.session.studio import Studio
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.seed_grid import SeedGrid
from ganstudio.ui.start_bar import SEEDS
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon
from ganstudio.ui.thumbnails import Thumbnails, Wanted

SIDE = 96
"""Of a picture, in pixels."""
QUIET = 120
"""Milliseconds without scrolling after which pictures are asked for."""
AHEAD = 5
"""Pages that can be scrolled below the furthest seed seen, so that the sheet never seems to end."""


class SeedSheet(QWidget):
    """Pictures of seeds at the truncation on screen, without its sliders; choosing one keeps the sliders."""

    refused = Signal(str)
    """One sentence: why a seed was not taken."""
    layers_asked = Signal(object)
    """Seeds (a list) that are to be layers of the collage."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._edits = LookEdits(studio, self)
        self._thumbnails = Thumbnails(studio, SIDE, 1500, self)
        self.grid = SeedGrid(self._picture, self)
        self.bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.number, self.dice = QLineEdit(self), QToolButton(self)
        self._furthest = 0.0
        self._placed = False
        self._timer = QTimer(self, singleShot=True, interval=QUIET)
        self._shown = self._mood()
        self._lay_out()
        self._connect()
        self._mark()

    def _lay_out(self) -> None:
        self.number.setPlaceholderText(tr("Go to seed"))
        self.number.setAccessibleName(tr("Go to seed"))
        self.number.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,10}"), self.number))
        set_icon(self.dice, "dice")
        self.dice.setToolTip(tr("Random seed"))
        self.dice.setAccessibleName(tr("Random seed"))
        top, middle, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top.setContentsMargins(6, 6, 6, 6)
        top.addWidget(self.number, 1)
        top.addWidget(self.dice)
        middle.setSpacing(0)
        middle.addWidget(self.grid, 1)
        middle.addWidget(self.bar)
        column.addLayout(top)
        column.addLayout(middle, 1)

    def _connect(self) -> None:
        self.grid.chosen.connect(self.choose)
        self.grid.layer_asked.connect(lambda seed: self.layers_asked.emit([seed]))
        self.grid.moved.connect(self._follow_grid)
        self.bar.valueChanged.connect(self.grid.scroll_to)
        self.number.returnPressed.connect(self._take_number)
        self.dice.clicked.connect(self._throw)
        self._edits.refused.connect(self.refused)
        self._thumbnails.ready.connect(self.grid.refresh)
        self._timer.timeout.connect(self._want)
        self._studio.session.changed.connect(self._follow)
        self._studio.live.time_changed.connect(self._mark)

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, begin with the seed on screen."""
        super().showEvent(event)
        if self.grid.current is not None and not self._placed:
            self._placed = True
            self.grid.set_cursor(self.grid.current)
        self._timer.start()

    @Slot(object)
    def choose(self, seed: int) -> None:
        """Start from a seed; sliders stay. One undo step."""
        if seed != self.grid.current:
            self._edits.set_seed(seed)
        self.grid.set_cursor(seed)

    @Slot()
    def _take_number(self) -> None:
        self.choose(int(self.number.text()) % SEEDS)
        self.number.clear()
        self.grid.setFocus()

    @Slot()
    def _throw(self) -> None:
        self.choose(random.randrange(1_000_000))

    # Following

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        was = self.grid.current
        self._mark()
        if self.grid.current is not None and self.grid.current != was:
            self.grid.set_cursor(self.grid.current)

    @Slot()
    def _mark(self) -> None:
        self.setEnabled(bool(self._studio.session.document.model.id))
        self.grid.mark(self._edits.look.base.seed)
        mood = self._mood()
        if mood != self._shown:
            self._shown = mood
            self.grid.refresh()
            self._timer.start()

    @Slot()
    def _follow_grid(self) -> None:
        rows = self.grid.rows_in_sight
        self._furthest = max(self._furthest, self.grid.top + AHEAD * rows)
        with QSignalBlocker(self.bar):
            self.bar.setRange(0, int(min(self._furthest, max(0.0, self.grid.rows - rows), 2**31 - 2)))
            self.bar.setPageStep(max(1, int(rows)))
            self.bar.setValue(round(self.grid.top))
        self._timer.start()

    # Pictures

    def _mood(self) -> Hashable:
        """All that the pictures depend on but the seed."""
        look = self._edits.look
        label = None if look.base.label is None else look.base.label.tobytes()
        fingerprint = self._studio.session.document.model.fingerprint
        return fingerprint, round(look.psi, 3), look.psi_layers, look.noise, label

    def _picture(self, seed: int) -> QPixmap | None:
        return self._thumbnails.picture((self._shown, seed))

    @Slot()
    def _want(self) -> None:
        if not self.isVisible() or not self.isEnabled():
            return
        document, look = self._studio.session.document, self._edits.look
        self._thumbnails.want(document, [Wanted((self._shown, s), Scene(_from_seed(look, s)))
                                         for s in self.grid.in_sight()])


def _from_seed(look: Latent, seed: int) -> Latent:
    base = replace(base_from_seed(seed, len(look.base.z)), label=look.base.label)
    return replace(look, base=base, edits=())
