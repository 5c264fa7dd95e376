"""The hand on the canvas: mouse, pen and keys to the tool that is held.

One object a mouse gesture: a tool answers the press with a `Gesture`, which lives until the button comes up.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QTabletEvent
from PySide6.QtWidgets import QWidget

from ganstudio.ui.canvas_keys import CanvasKeys
from ganstudio.ui.canvas_tools.tool import Carried, Gesture, Modifier, Tool, Touch
from ganstudio.ui.canvas_view import CanvasView
from ganstudio.ui.easel import Easel
from ganstudio.ui.toolbox import make_tools


class CanvasHand(CanvasView):
    """A view whose presses go to the tool in the hand."""

    gesture_changed = Signal(bool)
    """A gesture begins, or has come to its end."""

    def __init__(self, easel: Easel, keys: CanvasKeys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel, self.keys = easel, keys
        self.tools: dict[str, Tool] = make_tools(easel)
        self.gesture: Gesture | None = None
        self._before = self.tool
        self._touch: Touch | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        easel.tool_changed.connect(self._change_tool)

    @property
    def tool(self) -> Tool:
        """The tool in the hand."""
        return self.tools[self.easel.tool]

    @Slot(str)
    def _change_tool(self, _name: str) -> None:
        """What the tool before had begun over several presses is completed."""
        self._before.finish()
        self._before = self.tool
        self._set_cursor()
        self.viewport().update()

    def paint_tool(self, painter: QPainter, zoom: float) -> None:
        """What the tool in the hand draws over the canvas."""
        if self.gesture is not None:
            self.gesture.paint(painter, zoom)
        else:
            self.tool.paint(painter, zoom, self._touch)

    # the hand

    def touch(self, at: QPointF, modifiers: Modifier, pressure: float = 1.0, double: bool = False) -> Touch:
        """A point of the view as tools want it."""
        return Touch(self.to_frame(at), self.zoom, modifiers, pressure, double)

    def begin(self, touch: Touch) -> None:
        """The button or the pen came down."""
        if self.gesture is None:
            self._touch, self.gesture = touch, self.tool.press(touch)
            self._tell_gesture()
            self.viewport().update()

    def go_on(self, touch: Touch) -> None:
        """The pointer is here."""
        before, self._touch = self._touch, touch
        if self.gesture is not None:
            if self.space and before is not None and isinstance(self.gesture, Carried):
                self.gesture.carry(touch.at - before.at)
            self.gesture.move(touch)
        else:
            self._set_cursor()
        self.viewport().update()

    def end(self, touch: Touch) -> None:
        """The button or the pen came up."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.release(touch)
        self._tell_gesture()
        self.viewport().update()

    def _tell_gesture(self) -> None:
        self.easel.in_hand = self.gesture is not None
        self.gesture_changed.emit(self.easel.in_hand)

    def give_up(self) -> bool:
        """Escape: the gesture in progress is taken back; whether there was any."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
        self._tell_gesture()
        self.viewport().update()
        return gesture is not None or self.tool.abandon()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pan, or let the tool work."""
        if not self.begin_pan(event, self.easel.tool == "hand") and event.button() == Qt.MouseButton.LeftButton:
            self.begin(self.touch(event.position(), event.modifiers()))
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A press like others, which closes a polygon."""
        if event.button() == Qt.MouseButton.LeftButton and not self.space:
            self.begin(self.touch(event.position(), event.modifiers(), double=True))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or let the tool follow."""
        if not self.go_on_panning(event):
            self.go_on(self.touch(event.position(), event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if not self.end_pan() and event.button() == Qt.MouseButton.LeftButton:
            self.end(self.touch(event.position(), event.modifiers()))
        self._set_cursor()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen: the same, with its pressure."""
        touch = self.touch(event.position(), event.modifiers(), event.pressure())
        if event.type() == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton and not self.space:
            self.begin(touch)
        elif event.type() == QEvent.Type.TabletMove and self.gesture is not None:
            self.go_on(touch)
        elif event.type() == QEvent.Type.TabletRelease and self.gesture is not None:
            self.end(touch)
        else:
            event.ignore()  # Qt makes a mouse event of it
            return
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone, and the brush's ring with it."""
        self._touch = None
        self.viewport().update()

    def _set_cursor(self) -> None:
        if self.space:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._touch is not None:
            self.viewport().setCursor(self.tool.cursor(self._touch))

    # keys

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not taken by the window's menus."""
        if event.type() == QEvent.Type.ShortcutOverride and self.keys.means(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back, Enter completes, Space pans, or carries what is being drawn; the rest are commands."""
        if event.key() == Qt.Key.Key_Escape and self.give_up():
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tool.finish():
            self.viewport().update()
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.hold_space(event, busy=self.gesture is not None)
            self._set_cursor()
        elif not self.keys.run(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go."""
        if event.key() == Qt.Key.Key_Space:
            self.let_go_of_space(event)
            self._set_cursor()
        else:
            super().keyReleaseEvent(event)
