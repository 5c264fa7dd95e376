"""The list of layers, the topmost first: mirrors the collage, and puts a row that is dragged to another place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ganstudio.document.collage import Collage, Part
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_row import THUMB, LayerRow
from ganstudio.ui.part_image import DEEPEST
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

Modifier = Qt.KeyboardModifier
SLACK = 6
"""Pixels the hand may shake before a click becomes a drag."""


class LayerList(QWidget):
    """A row for each layer; `_follow` is the one way in, for what was there and what is new."""

    menu_asked = Signal(QPoint)

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel, self.edits = easel, easel.edits
        self.rows: dict[str, LayerRow] = {}
        self._line = QFrame(self)
        self._solo: dict[str, bool] = {}
        self._held: tuple[str, QPoint] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._line.setProperty("role", "mark")
        self._line.hide()
        self.setAccessibleName(tr("Layers"))
        easel.studio.session.changed.connect(self._follow)
        easel.studio.live.time_changed.connect(self._follow)
        self.edits.chosen_changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self, *_what: object) -> None:
        """Rows as the collage has them."""
        collage = self.edits.collage
        for part_id in [id_ for id_ in self.rows if all(id_ != p.id for p in collage)]:
            self.rows.pop(part_id).deleteLater()
        for place, part in enumerate(reversed(collage.parts)):
            row = self.rows.get(part.id) or self._new_row(part.id)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
                row.show()
            self._show(row, part)
        self.update()

    def _show(self, row: LayerRow, part: Part) -> None:
        halvings = _halvings(part)
        picture = self.easel.images.cut_out(part, halvings).image
        row.show_part(part, part.id in self.edits.chosen, picture, (part.picture.key, part.mask.key))

    def _new_row(self, part_id: str) -> LayerRow:
        row = self.rows[part_id] = LayerRow(part_id, self)
        row.renamed.connect(lambda name: self.edits.set_value([part_id], tr("Rename Layer"), name=name))
        row.shown.connect(lambda on: self.edits.set_value([part_id], tr("Show Layer") if on else tr("Hide Layer"),
                                                          visible=on))
        row.locked.connect(lambda on: self.edits.set_value([part_id], tr("Lock Layer") if on else tr("Unlock Layer"),
                                                           locked=on))
        return row

    # the hand

    def _row_at(self, at: QPoint) -> LayerRow | None:
        """The row under a point of the list."""
        return next((row for row in self.rows.values() if row.geometry().contains(at)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose, and perhaps begin to drag; Alt on a picture shows its layer alone."""
        at = event.position().toPoint()
        row = self._row_at(at)
        if row is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Modifier.AltModifier and row.thumb.geometry().contains(at - row.pos()):
            self._isolate(row.part_id)
            return
        self._held = (row.part_id, at)
        self._press(row.part_id, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lead the row to another place."""
        at = event.position().toPoint()
        if self._held is not None and (self._line.isVisible() or (at - self._held[1]).manhattanLength() > SLACK):
            self._drag(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put it there."""
        held, self._held = self._held, None
        if held is not None and self._line.isVisible():
            self._drop(held[0], event.position().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Write another name."""
        at = event.position().toPoint()
        row = self._row_at(at)
        if row is not None and row.name.geometry().contains(at - row.pos()):
            row.name.edit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a layer."""
        if (row := self._row_at(event.pos())) is not None:
            if row.part_id not in self.edits.chosen:
                self.edits.choose([row.part_id])
            self.menu_asked.emit(event.globalPos())

    def _press(self, part_id: str, modifiers: Modifier) -> None:
        """One; with Ctrl one more or less; with Shift all from the active one on."""
        chosen = self.edits.chosen
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if modifiers & Modifier.ControlModifier:
            others = [id_ for id_ in chosen if id_ != part_id]
            self.edits.choose(others if part_id in chosen else [*others, part_id])
        elif modifiers & Modifier.ShiftModifier and chosen:
            index = self.edits.collage.index
            low, high = sorted((index(chosen[-1]), index(part_id)))
            between = [p.id for p in self.edits.collage.parts[low:high + 1] if p.id != part_id]
            self.edits.choose([*between, part_id])
        else:
            self.edits.choose([part_id])

    def _isolate(self, part_id: str) -> None:
        """Hide all others; the second time, show again what was shown."""
        collage = self.edits.collage
        others = [p for p in collage if p.id != part_id]
        if any(p.visible for p in others):
            self._solo = {p.id: p.visible for p in collage}
            wanted = {p.id: p.id == part_id for p in collage}
        else:
            wanted = {p.id: self._solo.get(p.id, True) for p in collage}
        parts = tuple(_seen(p, wanted[p.id]) for p in collage)
        self.edits.change(Collage(parts), tr("Show One Layer"))

    # dragging

    def _place_at(self, at: QPoint) -> int:
        """How many rows lie above a point of the list."""
        middles = [row.geometry().center().y() for row in self._in_order()]
        return sum(at.y() > middle for middle in middles)

    def _in_order(self) -> list[LayerRow]:
        return [self.rows[p.id] for p in reversed(self.edits.collage.parts)]

    def _drag(self, at: QPoint) -> None:
        place, rows = self._place_at(at), self._in_order()
        y = rows[place].y() if place < len(rows) else rows[-1].geometry().bottom()
        self._line.setGeometry(0, max(0, y - 2), self.width(), 4)
        self._line.show()
        self._line.raise_()

    def _drop(self, part_id: str, at: QPoint) -> None:
        """Put the layer where the line is."""
        place = self._place_at(at)
        self._line.hide()
        collage = self.edits.collage
        index = collage.index(part_id)
        target = len(collage.parts) - place
        steps = target - index - (1 if target > index else 0)
        self.edits.change(collage.moved(part_id, steps), tr("Order Layers"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Brackets beside groups."""
        painter = QPainter(self)
        for row in self._in_order():
            if self.edits.collage.part(row.part_id).group:
                painter.fillRect(QRect(8, row.y() + 2, 3, row.height() - 4), colour("bright"))


def _seen(part: Part, visible: bool) -> Part:
    return part if part.visible == visible else replace(part, visible=visible)


def _halvings(part: Part) -> int:
    """As small as a thumbnail can use."""
    halvings, side = 0, max(part.picture.size)
    while side >= 4 * THUMB and halvings < DEEPEST:
        halvings, side = halvings + 1, side // 2
    return halvings
