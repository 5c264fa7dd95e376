"""A wall of seeds without an end, of which only the tiles in sight exist."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from ganstudio.ui.start_bar import SEEDS
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

TILE, GAP = 88, 4
"""Pixels of the least side of a tile, and between tiles."""
SEEDS_MIME = "application/x-ganstudio-seeds"
"""Seeds being dragged: their numbers in ASCII, separated by blanks."""
CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class SeedGrid(QWidget):
    """Tiles in rows; `top` is the row at the upper edge, with a fraction. Pictures come from `picture(seed)`."""

    chosen = Signal(object)
    """A seed was clicked, or Enter pressed on it."""
    moved = Signal()
    """Other seeds are in sight."""
    layer_asked = Signal(object)
    """The user wants a seed as a layer of the collage."""

    def __init__(self, picture: Callable[[int], QPixmap | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.top = 0.0
        self.columns = 2
        self.cursor = 0
        self.current: int | None = None
        self._hover: int | None = None
        self._pressed: tuple[int, QPointF] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(2 * TILE + 3 * GAP, TILE)
        self.setAccessibleName(tr("Seeds"))

    # Where things are

    @property
    def pitch(self) -> float:
        """From one tile to the next, in pixels."""
        return (self.width() - GAP) / self.columns

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return math.ceil(SEEDS / self.columns)

    @property
    def rows_in_sight(self) -> float:
        """How many rows fit the height."""
        return self.height() / self.pitch

    def in_sight(self) -> range:
        """The seeds that are at least partly visible, in order."""
        first = int(self.top) * self.columns
        last = math.ceil(self.top + self.rows_in_sight) * self.columns
        return range(first, min(last, SEEDS))

    def tile(self, seed: int) -> QRectF:
        """Where a seed's picture lies."""
        row, column = divmod(seed, self.columns)
        side = self.pitch - GAP
        return QRectF(GAP + column * self.pitch, GAP + (row - self.top) * self.pitch, side, side)

    def seed_at(self, at: QPointF) -> int | None:
        """The seed under the pointer."""
        return next((seed for seed in self.in_sight() if self.tile(seed).contains(at)), None)

    # Moving about

    def scroll_to(self, top: float) -> None:
        """Put this row at the upper edge."""
        top = min(max(top, 0.0), max(0.0, self.rows - self.rows_in_sight))
        if top != self.top:
            self.top = top
            self.moved.emit()
            self.update()

    def reveal(self, seed: int) -> None:
        """Scroll as little as needed to see a whole tile; a far one comes to the middle."""
        row, rows = seed // self.columns, self.rows_in_sight
        if self.top <= row <= self.top + rows - 1:
            return
        if self.top - 2 < row < self.top + rows + 1:
            self.scroll_to(row if row < self.top else row + 1 - rows + GAP / self.pitch)
        else:
            self.scroll_to(row - (rows - 1) / 2)

    def mark(self, seed: int | None) -> None:
        """Show which seed is the start of the picture."""
        if seed != self.current:
            self.current = seed
            self.update()

    def set_cursor(self, seed: int) -> None:
        """Put the keyboard's frame on a seed."""
        self.cursor = min(max(seed, 0), SEEDS - 1)
        self.setAccessibleDescription(tr("Seed {seed}").format(seed=self.cursor))
        self.reveal(self.cursor)
        self.update()

    # What Qt calls

    def sizeHint(self) -> QSize:
        """Three columns, four rows."""
        return QSize(3 * TILE + 4 * GAP, 4 * TILE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other columns; the first seed in sight stays in sight."""
        first = int(self.top) * self.columns
        self.columns = max(2, (self.width() - GAP) // (TILE + GAP))
        self.top = min(first // self.columns, max(0.0, self.rows - self.rows_in_sight))
        self.moved.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One notch is about one row."""
        pixels = event.pixelDelta().y() or event.angleDelta().y() * 0.75
        self.scroll_to(self.top - pixels / self.pitch)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click starts from that seed, a drag takes it along."""
        seed = self.seed_at(event.position())
        if seed is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (seed, event.position())
            self.set_cursor(seed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Frame what is under the pointer, or begin to drag."""
        self._set_hover(self.seed_at(event.position()))
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            seed, start = self._pressed
            if (event.position() - start).manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
                self._drag(seed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The click is complete."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(pressed[0])

    def _drag(self, seed: int) -> None:
        """Carry a seed to the canvas, its picture under the pointer."""
        drag, data = QDrag(self), QMimeData()
        data.setData(SEEDS_MIME, str(seed).encode("ascii"))
        drag.setMimeData(data)
        if (picture := self._picture(seed)) is not None:
            drag.setPixmap(picture.scaled(64, 64, Qt.AspectRatioMode.KeepAspectRatio,
                                          Qt.TransformationMode.SmoothTransformation))
        drag.exec(Qt.DropAction.CopyAction)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A seed can be the start, or a layer."""
        seed = self.seed_at(QPointF(event.pos()))
        if seed is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Start from Seed {seed}").format(seed=seed)).triggered.connect(
            lambda: self.chosen.emit(seed))
        menu.addAction(tr("Add to the Collage")).triggered.connect(lambda: self.layer_asked.emit(seed))
        menu.popup(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone."""
        self._set_hover(None)

    def _set_hover(self, seed: int | None) -> None:
        if seed != self._hover:
            self._hover = seed
            self.setCursor(Qt.CursorShape.ArrowCursor if seed is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, pages and Home move the frame; Enter starts from its seed, `+` makes it a layer."""
        page = max(1, int(self.rows_in_sight)) * self.columns
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns,
                 Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page, Qt.Key.Key_Home: -self.cursor}
        if event.key() in CHOOSE:
            self.chosen.emit(self.cursor)
        elif event.key() == Qt.Key.Key_Plus:
            self.layer_asked.emit(self.cursor)
        elif event.key() in steps:
            step = steps[Qt.Key(event.key())]
            self.set_cursor(self.cursor + step if 0 <= self.cursor + step < SEEDS else self.cursor)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tip names the seed."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            seed = self.seed_at(QPointF(event.pos()))
            text = tr("Start from seed {seed}, or drag it onto the canvas")
            QToolTip.showText(event.globalPos(), "" if seed is None else text.format(seed=seed))
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles in sight."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colour("panel"))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        for seed in self.in_sight():
            self._paint_tile(painter, seed, self.tile(seed))

    def _paint_tile(self, painter: QPainter, seed: int, tile: QRectF) -> None:
        pixmap = self._picture(seed)
        if pixmap is None:
            painter.fillRect(tile, colour("border"))
        else:
            painter.drawPixmap(tile, pixmap, QRectF(pixmap.rect()))
        self._paint_number(painter, str(seed), tile)
        if seed == self.current:
            _frame(painter, tile, "star", 3)
        if (seed == self.cursor and self.hasFocus()) or seed == self._hover:
            _frame(painter, tile.adjusted(3, 3, -3, -3) if seed == self.current else tile, "bright", 2)

    def _paint_number(self, painter: QPainter, text: str, tile: QRectF) -> None:
        width = painter.fontMetrics().horizontalAdvance(text) + 8
        label = QRectF(tile.left(), tile.bottom() - 15, min(width, tile.width()), 15)
        ground = colour("backdrop")
        ground.setAlpha(190)
        painter.fillRect(label, ground)
        painter.setPen(colour("text"))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)

    @Slot()
    def refresh(self) -> None:
        """Pictures may be there, or out of date."""
        self.update()


def _frame(painter: QPainter, tile: QRectF, name: str, width: int) -> None:
    painter.setPen(QPen(colour(name), width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRect(tile.adjusted(half, half, -half, -half))
