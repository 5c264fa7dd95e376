"""The library of models, as a list with pictures: one click opens, one button gets what is not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from ganstudio.checkpoints.library import ModelEntry
from ganstudio.document.document import Document
from ganstudio.session.studio import Studio
from ganstudio.ui.columns import scrolled
from ganstudio.ui.model_card import ModelCard
from ganstudio.ui.model_fetch import ModelFetch
from ganstudio.ui.model_menu import ModelMenu
from ganstudio.ui.model_pictures import ModelPictures
from ganstudio.ui.text import tr

PATIENCE = 1500
"""Milliseconds after the list is shown before missing pictures are drawn, so that the first picture comes first."""


class ModelLibraryPanel(QWidget):
    """Opens nothing itself, so that whoever does can ask about unsaved changes first."""

    chosen = Signal(str)
    """The id of a model to open."""
    add_asked = Signal(str)
    """The user wants to bring in "files", a "folder", or what is at an "address"."""

    def __init__(self, studio: Studio, parent: QWidget | None = None, fetch: ModelFetch | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._pictures = ModelPictures(studio, self)
        self.fetch = fetch or ModelFetch(parent=self)
        self._fetching = ""
        self.cards: dict[str, ModelCard] = {}
        self._list = QWidget(self)
        self._column = QVBoxLayout(self._list)
        self.add, self.menu = QPushButton(tr("Add Model"), self), ModelMenu(studio, self)
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._area = area = scrolled(self._list, self)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setMinimumWidth(200)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.addWidget(area, 1)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignHCenter)
        ways = QMenu(self.add)
        for way, text in (("files", tr("From &Files…")), ("folder", tr("From a F&older…")),
                          ("address", tr("From an &Address…"))):
            ways.addAction(text).triggered.connect(partial(self.add_asked.emit, way))
        self.add.setMenu(ways)
        self.add.setToolTip(tr("Models of any program, encoders and directions; dropping them on the window does, too"))

    def _connect(self) -> None:
        self.menu.open_asked.connect(self.chosen)
        self.menu.changed.connect(self.refresh)
        self._pictures.ready.connect(self._show_picture)
        self._pictures.broken.connect(self._show_broken)
        self.fetch.progressed.connect(self._show_progress)
        self.fetch.ended.connect(self._end_fetch)
        self._timer.timeout.connect(self._want_pictures)
        self._studio.session.changed.connect(self._follow)
        self._studio.opening.opened.connect(self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        """Pictures, a while after the window is up."""
        super().showEvent(event)
        self._timer.start()

    @Slot()
    def refresh(self) -> None:
        """List the models that there are now; cards that still fit stay."""
        entries = self._studio.library.entries()
        for id_ in [i for i, card in self.cards.items() if card.entry not in entries]:
            card = self.cards.pop(id_)
            card.hide()
            card.deleteLater()
        for place, entry in enumerate(entries):
            if entry.id not in self.cards:
                self.cards[entry.id] = self._card(entry)
                self._column.insertWidget(place, self.cards[entry.id])
            self.cards[entry.id].show_file(_file_among(entry, entries))
        self._mark()
        if self.isVisible():
            self._timer.start()

    def _card(self, entry: ModelEntry) -> ModelCard:
        card = ModelCard(entry, self._list)
        card.show_picture(self._pictures.picture(entry))
        card.chosen.connect(self.chosen)
        card.wanted.connect(self._start_fetch)
        card.cancelled.connect(self._cancel_fetch)
        card.menu_asked.connect(self._show_menu)
        return card

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before.model != after.model:
            self._mark()
            if (card := self.cards.get(after.model.id)) is not None:
                self._area.ensureWidgetVisible(card)

    def _mark(self) -> None:
        for id_, card in self.cards.items():
            card.show_current(id_ == self._studio.session.document.model.id)

    @Slot(str, QPoint)
    def _show_menu(self, model_id: str, at: QPoint) -> None:
        if (card := self.cards.get(model_id)) is not None:
            self.menu.show(card.entry, at)

    # Pictures

    @Slot()
    def _want_pictures(self) -> None:
        self._pictures.want(card.entry for card in self.cards.values() if not card.problem)

    @Slot(str)
    def _show_picture(self, model_id: str) -> None:
        if (card := self.cards.get(model_id)) is not None:
            card.show_picture(self._pictures.picture(card.entry))

    @Slot(str, str)
    def _show_broken(self, model_id: str, problem: str) -> None:
        if (card := self.cards.get(model_id)) is not None:
            card.show_problem(problem)
            card.show_picture(None)

    # Getting one that is not there

    @Slot(str)
    def _start_fetch(self, model_id: str) -> None:
        self._fetching = model_id
        self.fetch.start(model_id)

    @Slot(str)
    def _cancel_fetch(self, model_id: str) -> None:
        if model_id == self._fetching:
            self.fetch.cancel()

    @Slot(str, float)
    def _show_progress(self, text: str, fraction: float) -> None:
        if (card := self.cards.get(self._fetching)) is not None:
            card.show_step("fetching", text, fraction)

    @Slot(str)
    def _end_fetch(self, outcome: str) -> None:
        card, self._fetching = self.cards.get(self._fetching), ""
        if outcome == "":
            self.refresh()
        elif card is not None:
            card.show_step("idle" if outcome == "cancelled" else "failed", "" if outcome == "cancelled" else outcome)


def _file_among(entry: ModelEntry, entries: Sequence[ModelEntry]) -> str:
    """The file of a model whose name others have, too, with its folder where the file's name does not tell either."""
    others = [e for e in entries if e is not entry and e.name == entry.name and e.path is not None]
    if entry.path is None or not others:
        return ""
    alike = any(e.path is not None and e.path.name == entry.path.name for e in others)
    return f"{entry.path.parent.name}/{entry.path.name}" if alike else entry.path.name
