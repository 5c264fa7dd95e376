"""The bar of an alpha slider: one number between two ends, filled from zero, dragged with a steady hand.

It is a `QSlider` so that screen readers know it, but keeps its own float: the integer it shows them is hundredths.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from ganstudio.ui.theme import colour

HANDLE = 5.5
"""Radius of the knob in pixels."""
DETENT = 4.0
"""Pixels around the rest value in which a drag sticks to it."""
FINE = 0.1
"""How much slower the value follows the hand while Shift is held."""
BIG, SMALL = 12, 60
"""About how many big (Ctrl) and small (arrow key) steps the range has."""


Curve = tuple[tuple[float, float], ...]
"""Numbers on the bar, in order, with a height 0..1 at each."""


def nice_step(span: float, count: int) -> float:
    """The roundest of 1, 2 and 5 times a power of ten that cuts `span` into about `count` steps."""
    rough = max(span, 1e-6) / count
    power = 10 ** math.floor(math.log10(rough))
    return min((power * k for k in (1, 2, 5, 10)), key=lambda step: abs(step - rough))


class AlphaGroove(QSlider):
    """Drag, keys and wheel to numbers; `moved` while they change, `released` when the hand let go."""

    moved = Signal(float)
    released = Signal()
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.number, self.rest = 0.0, 0.0
        self.low, self.high = -3.0, 3.0
        self.curve: Curve = ()
        self._hand: float | None = None
        self._from = QPointF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(60)
        self.setMouseTracking(True)
        self.set_range(self.low, self.high)

    def set_range(self, low: float, high: float) -> None:
        """The ends of the bar; the number may lie beyond them and is then drawn at the end."""
        self.low, self.high = low, max(high, low + 1e-6)
        self.setRange(round(low * 100), round(high * 100))
        self.setValue(round(self.number * 100))
        self.update()

    def set_curve(self, curve: Curve) -> None:
        """A thin line over the bar; empty for none."""
        if curve != self.curve:
            self.curve = curve
            self.update()

    def set_number(self, number: float) -> None:
        """Show a number, without telling anybody."""
        if number != self.number:
            self.number = number
            self.setValue(round(number * 100))
            self.update()

    @property
    def dragging(self) -> bool:
        """Whether a hand holds the knob."""
        return self._hand is not None

    def step(self, count: int) -> float:
        """The round step that cuts the range into about `count` parts."""
        return nice_step(self.high - self.low, count)

    def x_of(self, number: float) -> float:
        """Where a number is on the bar, in pixels."""
        share = (number - self.low) / (self.high - self.low)
        return HANDLE + 1 + min(max(share, 0.0), 1.0) * self._length()

    def _length(self) -> float:
        return max(1.0, self.width() - 2 * HANDLE - 2)

    def _number_at(self, x: float) -> float:
        return self.low + (x - HANDLE - 1) / self._length() * (self.high - self.low)

    def sizeHint(self) -> QSize:
        """Room for the knob and its focus ring."""
        return QSize(140, 24)

    def minimumSizeHint(self) -> QSize:
        """Narrow panels keep a usable bar."""
        return QSize(60, 24)

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the knob, or bring it to the pointer; with Shift it stays where it is."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._from = event.position()
        on_knob = abs(event.position().x() - self.x_of(self.number)) <= HANDLE + 2
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._hand = self.number if on_knob or fine else self._number_at(event.position().x())
        if not on_knob and not fine:
            self._follow(event.modifiers())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand; the hand's own number is kept apart, so that Shift and Ctrl may come and go."""
        if self._hand is None:
            return
        speed = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._hand += (event.position().x() - self._from.x()) / self._length() * (self.high - self.low) * speed
        self._from = event.position()
        self._follow(event.modifiers())

    def _follow(self, modifiers: Qt.KeyboardModifier) -> None:
        assert self._hand is not None
        self._move_to(min(max(self._snapped(self._hand, modifiers), self.low), self.high))

    def _snapped(self, number: float, modifiers: Qt.KeyboardModifier) -> float:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return round(number / self.step(BIG)) * self.step(BIG)
        near = abs(number - self.rest) <= DETENT / self._length() * (self.high - self.low)
        return self.rest if near and not modifiers & Qt.KeyboardModifier.ShiftModifier else round(number, 4)

    def _move_to(self, number: float) -> None:
        number = round(number, 6) + 0.0
        if number != self.number:
            self.set_number(number)
            self.moved.emit(number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._hand is not None and event.button() == Qt.MouseButton.LeftButton:
            self._hand = None
            self.update()
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to rest."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step, but only with the focus: a wheel that scrolls the panel must change nothing."""
        turns = event.angleDelta().y() or event.angleDelta().x()
        if not self.hasFocus() or turns == 0:
            event.ignore()
            return
        self._step_by(self._key_step(event.modifiers()) * turns / 120)
        event.accept()

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step (Shift fine, Ctrl big), Home and End go to the ends, Backspace resets, Minus negates."""
        step = self._key_step(event.modifiers())
        steps = {Qt.Key.Key_Left: -step, Qt.Key.Key_Down: -step, Qt.Key.Key_Right: step, Qt.Key.Key_Up: step,
                 Qt.Key.Key_PageDown: -self.step(BIG), Qt.Key.Key_PageUp: self.step(BIG)}
        ends = {Qt.Key.Key_Home: self.low, Qt.Key.Key_End: self.high, Qt.Key.Key_Minus: -self.number}
        if event.key() in steps:
            self._step_by(steps[Qt.Key(event.key())])
        elif event.key() in ends:
            self._set_once(ends[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.reset_asked.emit()
        else:
            event.ignore()

    def _key_step(self, modifiers: Qt.KeyboardModifier) -> float:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return self.step(BIG)
        return self.step(SMALL) * (FINE if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0)

    def _step_by(self, step: float) -> None:
        grid = round((self.number + step) / abs(step)) * abs(step) if step else self.number
        self._set_once(grid)

    def _set_once(self, number: float) -> None:
        self._move_to(min(max(number, self.low), self.high))
        self.released.emit()

    # the picture of it

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the focus ring."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar, its filling from zero, a mark at rest, and the knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        painter.setBrush(colour("groove"))
        painter.drawRoundedRect(QRectF(HANDLE - 1, middle - 2.5, self.width() - 2 * HANDLE + 2, 5), 2.5, 2.5)
        self._paint_marks(painter, middle)
        self._paint_curve(painter, middle)
        self._paint_knob(painter, middle)

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        zero, here = self.x_of(0.0), self.x_of(self.number)
        painter.setBrush(colour("bright" if self.isEnabled() else "disabled"))
        painter.drawRect(QRectF(min(zero, here), middle - 1.5, abs(here - zero), 3))
        painter.setBrush(colour("dim" if self.isEnabled() else "disabled"))
        painter.drawRect(QRectF(self.x_of(self.rest) - 0.75, middle - 6, 1.5, 12))

    def _paint_curve(self, painter: QPainter, middle: float) -> None:
        """Between the bar and the upper edge, where the knob leaves it in sight."""
        room = middle - 4.0
        inside = [(self.x_of(number), height) for number, height in self.curve if self.low <= number <= self.high]
        points = [QPointF(x, middle - 3.5 - height * (room - 1)) for x, height in inside]
        if len(points) > 1:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("dim" if self.isEnabled() else "disabled"), 1))
            painter.drawPolyline(QPolygonF(points))
            painter.setPen(Qt.PenStyle.NoPen)

    def _paint_knob(self, painter: QPainter, middle: float) -> None:
        at = QPointF(self.x_of(self.number), middle)
        if self.hasFocus():
            painter.setPen(QPen(colour("bright"), 2))
        painter.setBrush(colour("text" if self.isEnabled() else "disabled"))
        painter.drawEllipse(at, HANDLE - (1 if self.hasFocus() else 0), HANDLE - (1 if self.hasFocus() else 0))
