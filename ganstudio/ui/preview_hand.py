"""The hand on the preview: wheel zooms, Space or the middle button pans, Backslash shows what was before."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from ganstudio.ui.preview_view import PreviewView

WHEEL = 1.2
"""How much one notch of the wheel zooms."""
ZOOMS = {Qt.Key.Key_Plus: WHEEL, Qt.Key.Key_Equal: WHEEL, Qt.Key.Key_Minus: 1 / WHEEL}
TURN_LIMIT = 1200
"""The most a wheel turns at once, in eighths of a degree."""
TAP = 250
"""Milliseconds below which Space is a tap (play) and not a hold (pan)."""


class PreviewHand(QWidget):
    """Turns mouse and keys into `zoom`, `pan`, `fit`, `actual_size` and `hold_before`, which the preview defines.

    `held` and `let_go` are also called with keys that nothing else in the window wanted. (It is a base class and no
    event filter: a filter in Python that sees the FocusOut of a widget being destroyed crashes PySide 6.11.)
    """

    tapped = Signal()
    """Space was tapped, not held."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = PreviewView()
        self._space = self._panned = False
        self._since = QElapsedTimer()
        self._from: QPointF | None = None

    # what the preview can do

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller around a point."""
        raise NotImplementedError

    def pan(self, by: QPointF) -> None:
        """Move the picture."""
        raise NotImplementedError

    def fit(self) -> None:
        """As large as there is room for."""
        raise NotImplementedError

    def actual_size(self) -> None:
        """Pixel for pixel."""
        raise NotImplementedError

    def hold_before(self, on: bool) -> None:
        """Show the look before the edits."""
        raise NotImplementedError

    # keys

    def held(self, event: QKeyEvent) -> bool:
        """A key went down; whether it means something here."""
        if event.key() not in (Qt.Key.Key_Space, Qt.Key.Key_Backslash, *ZOOMS) or \
                event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if event.isAutoRepeat():
            return True
        if event.key() == Qt.Key.Key_Space:
            self._panned = False
            self._since.start()
            self._set_space(True)
        elif event.key() == Qt.Key.Key_Backslash:
            self.hold_before(True)
        else:
            self.zoom(ZOOMS[Qt.Key(event.key())])
        return True

    def let_go(self, event: QKeyEvent) -> bool:
        """A key went up; whether it means something here."""
        if event.isAutoRepeat() or event.key() not in (Qt.Key.Key_Space, Qt.Key.Key_Backslash):
            return False
        if event.key() == Qt.Key.Key_Backslash:
            self.hold_before(False)
            return True
        tapped = self._space and not self._panned and self._since.elapsed() < TAP
        self._set_space(False)
        if tapped:
            self.tapped.emit()
        return True

    def _set_space(self, on: bool) -> None:
        self._space = on
        self._set_cursor()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See `held`."""
        if not self.held(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """See `let_go`."""
        if not self.let_go(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key let go elsewhere is let go."""
        super().focusOutEvent(event)
        self._set_space(False)
        self.hold_before(False)

    # the mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        if turn := max(-TURN_LIMIT, min(TURN_LIMIT, event.angleDelta().y())):
            self.zoom(WHEEL ** (turn / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan, with the middle button or while Space is held."""
        left = event.button() == Qt.MouseButton.LeftButton and self._space
        if left or event.button() == Qt.MouseButton.MiddleButton:
            self._from = event.position()
            self._set_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan."""
        if self._from is not None:
            by, self._from = event.position() - self._from, event.position()
            self._panned = True
            self.pan(by)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._from = None
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Between fitted and 100 %."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self.view.scale is None:
            self.actual_size()
        else:
            self.fit()

    def _set_cursor(self) -> None:
        idle = Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor
        self.setCursor(Qt.CursorShape.ClosedHandCursor if self._from is not None else idle)
