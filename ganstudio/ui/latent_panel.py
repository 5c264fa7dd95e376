"""The direction panel: where the picture starts, and a slider for each direction of the look on screen."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganstudio.document.document import Document
from ganstudio.document.latent import Direction, Layers
from ganstudio.document.sequence import ALPHA
from ganstudio.session.studio import Studio
from ganstudio.ui.class_bar import ClassBar
from ganstudio.ui.columns import line, scrolled
from ganstudio.ui.direction_row import DirectionRow
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.model_facts import ModelFacts, model_facts
from ganstudio.ui.reach import ReachMeter
from ganstudio.ui.start_bar import StartBar
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon


class LatentPanel(QWidget):
    """Mirrors the look at the playhead: `_follow` is the one way in, for what was there and what is new."""

    sheet_asked = Signal()
    """The user wants to find more directions."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edits = LookEdits(studio, self)
        self.meter = ReachMeter(studio, self.edits, self)
        self.rows: dict[str, DirectionRow] = {}
        self._studio = studio
        self._facts, self._model = ModelFacts(), None
        self.start, self.classes = StartBar(self), ClassBar(self)
        self.search = QLineEdit(self)
        self.starred_first = QToolButton(self)
        self.reset_all = QToolButton(self)
        self.add = QPushButton(tr("Find Directions…"), self)
        self.empty = QLabel(self)
        self._list = QVBoxLayout()
        self._area = self._scroll()
        self._wanted: DirectionRow | None = None
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.start)
        column.addWidget(self.classes)
        column.addWidget(line(self))
        column.addLayout(self._bar())
        column.addWidget(line(self))
        column.addWidget(self._area, 1)
        column.addWidget(line(self))
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 6, 8, 6)
        foot.addWidget(self.add, 1)
        column.addLayout(foot)
        self.setMinimumWidth(280)

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 5, 6, 5)
        bar.setSpacing(2)
        self.search.setPlaceholderText(tr("Search directions"))
        self.search.setAccessibleName(tr("Search directions"))
        self.search.setClearButtonEnabled(True)
        set_icon(self.starred_first, "star", "star-on")
        self.starred_first.setCheckable(True)
        set_icon(self.reset_all, "reset")
        for button, tip in ((self.starred_first, tr("Starred first")), (self.reset_all, tr("Reset all sliders"))):
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for widget in (self.search, self.starred_first, self.reset_all):
            bar.addWidget(widget)
        return bar

    def _scroll(self) -> QScrollArea:
        content = QWidget(self)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self.empty.setProperty("tone", "dim")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(20, 24, 20, 24)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._list)
        column.addWidget(self.empty)
        column.addStretch(1)
        scroll = scrolled(content, self)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return scroll

    def _connect(self) -> None:
        self._studio.session.changed.connect(self._follow)
        self._studio.live.time_changed.connect(self._follow_time)
        self._studio.shelves.changed.connect(self._show_names)
        self.search.textChanged.connect(self._arrange)
        self.starred_first.toggled.connect(self._arrange)
        self.reset_all.clicked.connect(self.edits.reset_all)
        self.add.clicked.connect(self.sheet_asked)
        self.start.seed_chosen.connect(self.edits.set_seed)
        self.classes.changed.connect(self.edits.set_classes)
        self.classes.released.connect(self.edits.end)
        self.classes.refused.connect(self.edits.refused)
        psi = self.start.psi
        psi.moved.connect(lambda value: self.edits.set_psi(value, psi.gesture))
        psi.released.connect(lambda: self.edits.end(psi.gesture))
        psi.range_edited.connect(psi.set_range)

    # mirroring the document

    @Slot()
    def _follow(self, _before: Document | None = None, after: Document | None = None) -> None:
        """Bring rows and values in step with the document; while a slider is dragged only values differ."""
        document = self._studio.session.document
        if document.model != self._model:
            self._model, self._facts = document.model, model_facts(self._studio, document)
            self.start.show_facts(self._facts)
            self.classes.set_classes(self._facts.classes)
        ids = [e.direction.id for e in document.latent.edits]
        if ids != list(self.rows):
            self._match_rows({e.direction.id: e.direction for e in document.latent.edits})
        self._show_values()

    @Slot(float)
    def _follow_time(self, _time: float) -> None:
        self._show_values()

    def _match_rows(self, directions: dict[str, Direction]) -> None:
        """Exactly one row a direction, in the document's order; rows that stay are kept."""
        for gone in self.rows.keys() - directions.keys():
            row = self.rows.pop(gone)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {id_: self.rows.get(id_) or self._new_row(direction) for id_, direction in directions.items()}
        self._show_names()

    def _new_row(self, direction: Direction) -> DirectionRow:
        row = DirectionRow(direction, self)
        edits, slider, id_ = self.edits, row.slider, direction.id
        slider.moved.connect(lambda alpha: edits.set_alpha(id_, alpha, slider.gesture))
        slider.released.connect(lambda: edits.end(slider.gesture))
        slider.range_edited.connect(lambda low, high: edits.set_reach(id_, low, high, slider.gesture))
        row.layers_chosen.connect(partial(self._set_layers, id_))
        row.remove_asked.connect(partial(edits.remove, id_))
        row.key_asked.connect(edits.insert_key)
        row.measure_asked.connect(partial(self._measure, id_))
        row.renamed.connect(partial(self._rename, id_))
        row.starred.connect(partial(self._star, id_))
        return row

    def _show_values(self) -> None:
        look, sequence = self.edits.look, self._studio.session.document.sequence
        keyed = {track.name for track in sequence.tracks}
        self.start.show_look(look)
        self.classes.show_weights(look.base.label)
        for edit in look.edits:
            if (row := self.rows.get(edit.direction.id)) is not None:
                row.show_direction(edit.direction, self._facts.layers)
                row.show_value(edit.alpha, ALPHA + edit.direction.id in keyed)

    # names and stars stay with the model

    def _direction(self, direction_id: str) -> Direction:
        edit = self._studio.session.document.latent.edit(direction_id)
        assert edit is not None
        return edit.direction

    def _set_layers(self, direction_id: str, layers: Layers) -> None:
        self.edits.set_layers(direction_id, layers)
        direction = self._direction(direction_id)
        if self._studio.shelves.starred(direction):
            self._studio.shelves.star(direction, True)  # kept as it is now

    def _measure(self, direction_id: str) -> None:
        self.meter.start(self._direction(direction_id))

    def _rename(self, direction_id: str, name: str) -> None:
        self._studio.shelves.rename(self._direction(direction_id), name)

    def _star(self, direction_id: str, on: bool) -> None:
        self._studio.shelves.star(self._direction(direction_id), on)

    @Slot()
    def _show_names(self, _fingerprint: str = "") -> None:
        shelves = self._studio.shelves
        for edit in self._studio.session.document.latent.edits:
            if (row := self.rows.get(edit.direction.id)) is not None:
                row.show_name(shelves.named(edit.direction).name, shelves.starred(edit.direction))
        self._arrange()

    @Slot()
    def _arrange(self, _choice: object = None) -> None:
        """Order and hide rows as search and stars say."""
        rows = list(self.rows.values())
        if self.starred_first.isChecked():
            rows.sort(key=lambda row: not row.star.isChecked())
        words = self.search.text().casefold().split()
        for place, row in enumerate(rows):
            if (item := self._list.itemAt(place)) is None or item.widget() is not row:
                self._list.removeWidget(row)
                self._list.insertWidget(place, row)
            text = f"{row.name.text()} {row.direction_id}".casefold()
            row.setVisible(all(word in text for word in words))
        self._say_if_empty(any(not row.isHidden() for row in rows))

    def go_to(self, direction_id: str) -> None:
        """Put this slider under the user's hand: found whatever is searched for, scrolled to, and with the focus."""
        self.search.clear()
        self._wanted = self.rows[direction_id]
        self._wanted.slider.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, self._scroll_to_wanted)  # once a new row has its place

    @Slot()
    def _scroll_to_wanted(self) -> None:
        if self._wanted in self.rows.values():
            self._area.ensureWidgetVisible(self._wanted)
        self._wanted = None

    def _say_if_empty(self, filled: bool) -> None:
        self.empty.setText(tr("No direction matches the search.") if self.rows else tr(
            "No sliders yet. “Find Directions” shows what this model can change, each as a strip of pictures."))
        self.empty.setHidden(filled)


