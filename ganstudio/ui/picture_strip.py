"""A row of small pictures from minus to plus; one of them can be picked by hand or key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

GAP = 3
LARGEST = 128
"""Pixels between pictures, and the most a picture is wide."""
KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
PICKS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class PictureStrip(QWidget):
    """Shows a picture for each alpha. A picture that is out of date stays, paled, until its successor is there."""

    picked = Signal(float)
    """The alpha of the picture that was clicked."""

    def __init__(self, alphas: Sequence[float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.alphas = tuple(alphas)
        self._pictures: list[QPixmap | None] = [None] * len(self.alphas)
        self._fresh = [False] * len(self.alphas)
        self._current = len(self.alphas) // 2
        self._hover = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, index: int, picture: QPixmap | None) -> None:
        """The picture of one alpha; None says that the one shown is out of date."""
        self._fresh[index] = picture is not None
        if picture is not None:
            self._pictures[index] = picture
        self.update()

    @property
    def filled(self) -> int:
        """How many pictures are there and up to date."""
        return sum(self._fresh)

    # its shape

    def hasHeightForWidth(self) -> bool:
        """Pictures are square, so the width decides."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as one picture."""
        return self._side(width)

    def sizeHint(self) -> QSize:
        """Pictures of a readable size."""
        return QSize(len(self.alphas) * (72 + GAP) - GAP, 72)

    def minimumSizeHint(self) -> QSize:
        """Narrow panels get small pictures."""
        return QSize(len(self.alphas) * (30 + GAP) - GAP, 30)

    def _side(self, width: int) -> int:
        return max(20, min(LARGEST, (width + GAP) // len(self.alphas) - GAP))

    def cell(self, index: int) -> QRect:
        """Where a picture lies."""
        side = self._side(self.width())
        return QRect(index * (side + GAP), 0, side, side)

    def _cell_at(self, x: float) -> int:
        index = int(x // (self._side(self.width()) + GAP))
        return index if 0 <= index < len(self.alphas) else -1

    # hand and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Frame the picture under the pointer."""
        self._set_hover(self._cell_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone."""
        self._set_hover(-1)

    def _set_hover(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click picks."""
        index = self._cell_at(event.position().x())
        inside = index >= 0 and self.cell(index).contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self._current = index
            self.picked.emit(self.alphas[index])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right walk along the strip, Enter or Space picks."""
        if event.key() in KEYS:
            self._current = min(max(self._current + KEYS[Qt.Key(event.key())], 0), len(self.alphas) - 1)
            self.setAccessibleDescription(tr("at {alpha}").format(alpha=f"{self.alphas[self._current]:g}"))
            self.update()
        elif event.key() in PICKS:
            self.picked.emit(self.alphas[self._current])
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """A tip says what a click would set."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._cell_at(event.pos().x())
            if index >= 0:
                text = tr("Click for a slider at {alpha}").format(alpha=f"{self.alphas[index]:+g}")
                QToolTip.showText(event.globalPos(), text, self, self.cell(index))
            return True
        return super().event(event)

    # the picture of it

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures there are, empty frames for the rest."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index, picture in enumerate(self._pictures):
            self._paint_cell(painter, index, picture)
        self._paint_ends(painter)

    def _paint_cell(self, painter: QPainter, index: int, picture: QPixmap | None) -> None:
        cell = self.cell(index)
        if picture is None:
            painter.fillRect(cell, colour("field"))
        else:
            painter.setOpacity(1.0 if self._fresh[index] else 0.4)
            painter.drawPixmap(cell, picture)
            painter.setOpacity(1.0)
        focused = self.hasFocus() and index == self._current
        if focused or index == self._hover:
            painter.setPen(QPen(colour("bright" if focused else "text"), 2))
            painter.drawRect(QRectF(cell).adjusted(1, 1, -1, -1))

    def _paint_ends(self, painter: QPainter) -> None:
        """The two ends say how far they go."""
        font = painter.font()
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.8))
        painter.setFont(font)
        for index in (0, len(self.alphas) - 1):
            text = f"{self.alphas[index]:+g}".replace("-", "−")
            cell = self.cell(index)
            width = painter.fontMetrics().horizontalAdvance(text) + 6
            height = painter.fontMetrics().height()
            tag = QRect(cell.left(), cell.bottom() - height + 1, width, height)
            painter.setOpacity(0.75)
            painter.fillRect(tag, Qt.GlobalColor.black)
            painter.setOpacity(1.0)
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
