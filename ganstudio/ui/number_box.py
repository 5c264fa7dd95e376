"""A field for one number: Enter commits, Escape takes back, arrows step; nothing changes by accident."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

LIMIT = 9999.0
"""The largest number that counts as one; what is typed beyond is brought back to it."""


def number_text(number: float, digits: int = 2) -> str:
    """A number as fields show it: a real minus sign is not typed by anybody, so a hyphen; never `-0.00`."""
    return f"{round(number, digits) + 0.0:.{digits}f}"


def parse_number(text: str) -> float | None:
    """The number a user typed, with point or comma, within the limit; None when it is none."""
    try:
        number = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return min(max(number, -LIMIT), LIMIT) if math.isfinite(number) else None


class NumberBox(QLineEdit):
    """Shows a number and emits `entered` when the user commits another."""

    entered = Signal(float)

    def __init__(self, digits: int = 2, step: float = 0.1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.digits, self.step = 0.0, digits, step
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self._commit)
        self.set_number(0.0)

    def set_number(self, number: float) -> None:
        """Show a number, without telling anybody; a text being typed is left alone."""
        self.number = number
        text = number_text(number, self.digits)
        if text != self.text() and not (self.hasFocus() and self.isModified()):
            self.setText(text)

    def _commit(self) -> None:
        if not self.isModified():
            return
        typed = parse_number(self.text())
        self.setModified(False)
        if typed is None or typed == self.number:
            self.setText(number_text(self.number, self.digits))
        else:
            self._enter(typed)

    def _enter(self, number: float) -> None:
        self.set_number(round(min(max(number, -LIMIT), LIMIT), 6))
        self.entered.emit(self.number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down step (Shift: a tenth), Escape takes back what was typed."""
        step = self.step * (0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.setModified(False)
            self._enter(self.number + (step if event.key() == Qt.Key.Key_Up else -step))
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setModified(False)
            self.setText(number_text(self.number, self.digits))
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step, but only with the focus."""
        if not self.hasFocus() or event.angleDelta().y() == 0:
            event.ignore()
            return
        self._enter(self.number + math.copysign(self.step, event.angleDelta().y()))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Typing replaces the number."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()
