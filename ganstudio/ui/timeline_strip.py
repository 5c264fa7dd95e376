"""The part of the timeline that is drawn: keys on a ruler, moved by mouse."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from ganstudio.document.document import Document
from ganstudio.document.sequence import same_time
from ganstudio.session.studio import Studio
from ganstudio.ui.key_pictures import KeyPictures
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour
from ganstudio.ui.time_axis import TimeAxis, clock, snapped
from ganstudio.ui.timeline_gestures import Gesture, Marquee, MoveKeys, Pan, Scrub
from ganstudio.ui.timeline_paint import HEIGHT, LANE, RADIUS, RULER, Scene, paint, picture_box

Modifier = Qt.KeyboardModifier


class TimelineStrip(QWidget):
    """Shows the sequence; holds the view's state: what is selected, the scale, the drag in progress."""

    selection_changed = Signal()
    axis_changed = Signal()
    menu_wanted = Signal(object, object)
    """(key that starts the segment or None, global position) after a right click."""
    scrubbed = Signal()
    """The hand took the playhead."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.axis = TimeAxis()
        self.selection: frozenset[float] = frozenset()
        self.marquee: QRectF | None = None
        self._gesture: Gesture | None = None
        self._pictures = KeyPictures(studio, self)
        self._pictures.changed.connect(self.update)
        studio.session.changed.connect(self._follow)
        studio.live.time_changed.connect(self._move_playhead)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(200, HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Keys in time"))

    @property
    def times(self) -> tuple[float, ...]:
        """The moments that hold keys."""
        return self.studio.session.document.sequence.times

    def select(self, times: Iterable[float], marquee: QRectF | None = None) -> None:
        """Select these keys, dropping moments that hold none."""
        wanted = tuple(times)
        self.selection = frozenset(t for t in self.times if any(same_time(t, w) for w in wanted))
        self.marquee = marquee
        self.selection_changed.emit()
        self.update()

    def set_axis(self, axis: TimeAxis) -> None:
        """Show another stretch of time."""
        self.axis = axis
        self.axis_changed.emit()
        self.update()

    def frame_at(self, x: float) -> float:
        """The frame's moment under the pointer."""
        return snapped(self.axis.time(x), self.studio.session.document.sequence.fps)

    def keep_in_view(self, x: float) -> None:
        """Scroll when something is dragged or played past an edge."""
        over = max(0.0, x - (self.width() - 24)) - max(0.0, 24 - x)
        if over:
            self.set_axis(self.axis.scrolled(self.axis.scroll + over))

    def key_at(self, at: QPointF) -> float | None:
        """The key whose diamond or picture lies under the pointer."""
        lane = RULER <= at.y() < RULER + LANE
        near = [t for t in self.times if abs(self.axis.x(t) - at.x()) <= RADIUS + 3] if lane else [
            t for t in self.times if picture_box(self.axis, t).contains(at)]
        return min(near, key=lambda t: abs(self.axis.x(t) - at.x()), default=None)

    def segment_at(self, x: float) -> float | None:
        """The key that starts the segment under the pointer."""
        time = self.axis.time(x)
        return max((t for t in self.times[:-1] if t <= time <= self.times[-1]), default=None)

    # What Qt calls

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(800, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it all; there is little."""
        painter = QPainter(self)
        sequence = self.studio.session.document.sequence
        note = tr("Press K to key the look on screen. Then move the playhead, change the picture, and press K again.")
        paint(painter, self.rect(), Scene(sequence, self.axis, self.studio.live.time, self.selection, self._pictures.at,
                                          self.marquee, self._label(), note))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colour("bright"))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin the gesture that fits what lies under the pointer."""
        at = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = Pan(self, at)
        elif event.button() == Qt.MouseButton.LeftButton and at.y() < RULER:
            self.scrubbed.emit()
            self._gesture = Scrub(self, at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._gesture = self._press_lane(at, event.modifiers())

    def _press_lane(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> Gesture:
        key = self.key_at(at)
        adding = bool(modifiers & (Modifier.ShiftModifier | Modifier.ControlModifier))
        if key is None:
            return Marquee(self, at, self.selection if adding else frozenset())
        before = self.selection
        if key not in before:
            self.select([*before, key] if adding else [key])
        self.scrubbed.emit()
        return MoveKeys(self, at, key, before ^ {key} if adding else None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag, or show that a key can be grabbed."""
        if self._gesture is not None:
            self._gesture.move(event.position(), event.modifiers())
        elif self.key_at(event.position()) is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.release()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes the drag back."""
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            gesture, self._gesture = self._gesture, None
            gesture.cancel()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, zoom at the pointer."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Modifier.ControlModifier:
            self.set_axis(self.axis.zoomed(1.0015 ** turn, event.position().x()))
        else:
            self.set_axis(self.axis.scrolled(self.axis.scroll - turn / 2))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the key or segment under the pointer."""
        at = QPointF(event.pos())
        key = self.key_at(at)
        if key is not None and key not in self.selection:
            self.select([key])
        self.menu_wanted.emit(self.segment_at(at.x()) if key is None else key, event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The scroll bar's range depends on the width."""
        super().resizeEvent(event)
        self.axis_changed.emit()

    def event(self, event: QEvent) -> bool:
        """Tell of the key under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            key = self.key_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if key is None else self._place(key), self)
            return True
        return super().event(event)

    # Keeping in step

    def _place(self, time: float) -> str:
        fps = self.studio.session.document.sequence.fps
        return tr("{time} · frame {frame}").format(time=clock(time), frame=round(time * fps))

    def _label(self) -> tuple[float, str] | None:
        """While keys are dragged, where the first of them is."""
        if not self.selection or not isinstance(self._gesture, MoveKeys) or not self._gesture.dragging:
            return None
        return min(self.selection), self._place(min(self.selection))

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before.sequence is after.sequence:
            return
        if self._gesture is None:
            self.select(self.selection)
        self.update()

    @Slot(float)
    def _move_playhead(self, time: float) -> None:
        if self._gesture is None:
            x = self.axis.x(time)
            if not 0 <= x <= self.width() - 12:
                self.set_axis(self.axis.scrolled(self.axis.scroll + x - 60))
        self.update()
