"""The hand on the preview: wheel zooms, Space or the middle button pans, Backslash shows what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

if TYPE_CHECKING:
    from ganstudio.ui.preview import Preview

WHEEL = 1.2
"""How much one notch of the wheel zooms."""
ZOOMS = {Qt.Key.Key_Plus: WHEEL, Qt.Key.Key_Equal: WHEEL, Qt.Key.Key_Minus: 1 / WHEEL}
TURN_LIMIT = 1200
"""The most a wheel turns at once, in eighths of a degree."""
TAP = 250
"""Milliseconds below which Space is a tap (play) and not a hold (pan)."""


class PreviewHand(QObject):
    """Sees the preview's events before it does; `held` and `let_go` are also called with keys of the window."""

    tapped = Signal()
    """Space was tapped, not held."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview)
        self._preview = preview
        self._space = False
        self._from: QPointF | None = None
        self._since = QElapsedTimer()
        self._panned = False
        self._handlers = {
            QEvent.Type.Wheel: self._wheel, QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move, QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double, QEvent.Type.KeyPress: self.held,
            QEvent.Type.KeyRelease: self.let_go, QEvent.Type.FocusOut: self._leave,
        }
        preview.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand an event to its handler; True when it was used up."""
        handler = self._handlers.get(event.type())
        return bool(handler is not None and handler(event))

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
            self._preview.hold_before(True)
        else:
            self._preview.zoom(ZOOMS[Qt.Key(event.key())])
        return True

    def let_go(self, event: QKeyEvent) -> bool:
        """A key went up; whether it means something here."""
        if event.isAutoRepeat() or event.key() not in (Qt.Key.Key_Space, Qt.Key.Key_Backslash):
            return False
        if event.key() == Qt.Key.Key_Space:
            tapped = self._space and not self._panned and self._since.elapsed() < TAP
            self._set_space(False)
            if tapped:
                self.tapped.emit()
        else:
            self._preview.hold_before(False)
        return True

    def _set_space(self, on: bool) -> None:
        self._space = on
        self._set_cursor()

    def _wheel(self, event: QWheelEvent) -> bool:
        if turn := max(-TURN_LIMIT, min(TURN_LIMIT, event.angleDelta().y())):
            self._preview.zoom(WHEEL ** (turn / 120), event.position())
        event.accept()
        return True

    def _press(self, event: QMouseEvent) -> bool:
        left = event.button() == Qt.MouseButton.LeftButton and self._space
        if not left and event.button() != Qt.MouseButton.MiddleButton:
            return False
        self._from = event.position()
        self._set_cursor()
        return True

    def _move(self, event: QMouseEvent) -> bool:
        if self._from is None:
            return False
        by, self._from = event.position() - self._from, event.position()
        self._panned = True
        self._preview.pan(by)
        return True

    def _release(self, event: QMouseEvent) -> bool:
        self._from = None
        self._set_cursor()
        return False

    def _double(self, event: QMouseEvent) -> bool:
        """Between fitted and 100 %."""
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if self._preview.view.scale is None:
            self._preview.actual_size()
        else:
            self._preview.fit()
        return True

    def _leave(self, event: QEvent) -> bool:
        """A key let go elsewhere is let go."""
        self._set_space(False)
        self._preview.hold_before(False)
        return False

    def _set_cursor(self) -> None:
        idle = Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor
        self._preview.setCursor(Qt.CursorShape.ClosedHandCursor if self._from is not None else idle)
