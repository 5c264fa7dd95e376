"""What every tool of the canvas is: it answers a press with a gesture, which lives until the button comes up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from ganstudio.ui.easel import Easel

Modifier = Qt.KeyboardModifier
SLACK = 3.0
"""Pixels of the screen the hand may shake before a click becomes a drag."""


@dataclass(frozen=True)
class Touch:
    """Where the pointer is: in pixels of the frame; `zoom` screen pixels for one of those; pressure 0..1 of a pen."""

    at: QPointF
    zoom: float = 1.0
    modifiers: Modifier = Modifier.NoModifier
    pressure: float = 1.0
    double: bool = False

    def has(self, modifier: Modifier) -> bool:
        """Whether a key is held."""
        return bool(self.modifiers & modifier)

    def far_from(self, other: Touch) -> bool:
        """Whether the hand moved more than it shakes."""
        way = self.at - other.at
        return max(abs(way.x()), abs(way.y())) * self.zoom > SLACK


class Gesture(Protocol):
    """A drag in progress."""

    def move(self, touch: Touch) -> None:
        """The pointer is here now."""

    def release(self, touch: Touch) -> None:
        """The button came up here."""

    def cancel(self) -> None:
        """Escape: as if it had not been."""

    def paint(self, painter: QPainter, zoom: float) -> None:
        """Draw what helps the hand over the canvas, in pixels of the frame."""


@runtime_checkable
class Carried(Protocol):
    """What a gesture has besides where Space moves what is being drawn, instead of drawing on."""

    def carry(self, by: QPointF) -> None:
        """Move all of it, in pixels of the frame."""


class Tool(Protocol):
    """Something in the hand."""

    def press(self, touch: Touch) -> Gesture | None:
        """The button went down; None when this tool does nothing there."""

    def cursor(self, touch: Touch) -> Qt.CursorShape:
        """What the pointer looks like here."""

    def finish(self) -> bool:
        """Enter, or another tool: complete what goes over several presses; whether there was any."""

    def abandon(self) -> bool:
        """Escape: give up what goes over several presses; whether there was any."""

    def paint(self, painter: QPainter, zoom: float, touch: Touch | None) -> None:
        """Draw what the tool shows while no button is down; `touch`: where the pointer is over the canvas."""


class PlainTool:
    """What most tools have in common: a cross for a pointer and nothing to draw."""

    def __init__(self, easel: Easel) -> None:
        self.easel = easel

    def cursor(self, touch: Touch) -> Qt.CursorShape:
        """A cross."""
        return Qt.CursorShape.CrossCursor

    def finish(self) -> bool:
        """There never is any."""
        return False

    def abandon(self) -> bool:
        """There never is any."""
        return False

    def paint(self, painter: QPainter, zoom: float, touch: Touch | None) -> None:
        """Nothing."""
