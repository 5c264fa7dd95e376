"""The slider an artist lives on: a bar filled from zero, a number to type, ends to see and to change.

Habits from USERS.md 4.2. The slider knows nothing of directions; truncation uses it as well.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QApplication, QHBoxLayout, QInputDialog, QWidget

from ganstudio.ui.alpha_groove import SMALL, AlphaGroove
from ganstudio.ui.number_box import NumberBox, parse_number
from ganstudio.ui.text import tr


class AlphaSlider(QWidget):
    """One number with a range.

    `gesture` names the change in progress and stays the same until `released`, so its owner makes one undo step of
    all `moved` in between. A double click is part of the click before it.
    """

    moved = Signal(float)
    """The user changed the number (a drag emits many)."""
    released = Signal()
    """The change is complete."""
    range_edited = Signal(float, float)
    """The user asked for other ends."""

    def __init__(self, name: str, low: float = -3.0, high: float = 3.0, rest: float = 0.0,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.groove = AlphaGroove(self)
        self.box = NumberBox(parent=self)
        self.low_box, self.high_box = NumberBox(1, 0.5, self), NumberBox(1, 0.5, self)
        self.gesture: object = object()
        self._pause = QTimer(self, singleShot=True, interval=QApplication.doubleClickInterval())
        self._pause.timeout.connect(self._release)
        self._lay_out()
        self._connect()
        self._add_actions()
        self.groove.rest = rest
        self.set_range(low, high)
        self.set_number(rest)
        self.set_name(name)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for end in (self.low_box, self.high_box):
            end.setProperty("flat", True)
            end.setFixedWidth(_width_of(end, "-10.0", 8))
        self.low_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.high_box.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.box.setFixedWidth(_width_of(self.box, "-10.00"))
        for widget in (self.low_box, self.groove, self.high_box, self.box):
            row.addWidget(widget, 1 if widget is self.groove else 0)
        self.setTabOrder(self.groove, self.box)
        self.setFocusProxy(self.groove)

    def _connect(self) -> None:
        self.groove.moved.connect(self._move)
        self.groove.released.connect(self._let_go)
        self.groove.reset_asked.connect(self.reset)
        self.box.entered.connect(self._type)
        self.low_box.entered.connect(self._edit_range)
        self.high_box.entered.connect(self._edit_range)

    def _add_actions(self) -> None:
        for text, slot in ((tr("Reset"), self.reset), (tr("Negate"), self.negate),
                           (tr("Set Range…"), self.ask_range)):
            action = QAction(text, self)
            action.triggered.connect(slot)
            self.addAction(action)

    # what it shows

    @property
    def number(self) -> float:
        """The number shown."""
        return self.groove.number

    def set_number(self, number: float) -> None:
        """Show a number, without telling anybody; a knob in the user's hand stays in it."""
        if not self.groove.dragging:
            self.groove.set_number(number)
        self.box.set_number(number)

    def set_range(self, low: float, high: float) -> None:
        """The ends of the bar."""
        self.groove.set_range(low, high)
        self.low_box.set_number(low)
        self.high_box.set_number(high)
        self.box.step = self.groove.step(SMALL)

    def set_rest(self, rest: float) -> None:
        """The number a reset returns to."""
        self.groove.rest = rest
        self.groove.update()

    def set_name(self, name: str) -> None:
        """What screen readers call it."""
        self.groove.setAccessibleName(name)
        self.box.setAccessibleName(tr("{name}: value").format(name=name))
        self.low_box.setAccessibleName(tr("{name}: lowest value").format(name=name))
        self.high_box.setAccessibleName(tr("{name}: highest value").format(name=name))
        self.groove.setToolTip(tr("Drag; Shift is fine, Ctrl steps, double click resets"))

    # what the user does

    @Slot()
    def reset(self) -> None:
        """Back to rest."""
        self._change_once(self.groove.rest)

    @Slot()
    def negate(self) -> None:
        """The other way."""
        self._change_once(-self.number + 0.0)

    @Slot()
    def ask_range(self) -> None:
        """Ask for both ends in one line."""
        old = f"{self.groove.low:g} {self.groove.high:g}"
        text, fine = QInputDialog.getText(self, tr("Range"), tr("Lowest and highest value:"), text=old)
        ends = [n for n in map(parse_number, text.replace(";", " ").split()) if n is not None]
        if fine and len(ends) == 2 and ends[0] < ends[1]:
            self._set_ends(*ends)

    @Slot(float)
    def _move(self, number: float) -> None:
        self._pause.stop()
        self.box.setModified(False)
        self.box.set_number(number)
        self.moved.emit(number)

    @Slot()
    def _let_go(self) -> None:
        """A click may be the first of two: its gesture stays open that long."""
        self._pause.start()

    @Slot()
    def _release(self) -> None:
        self._pause.stop()
        self.released.emit()
        self.gesture = object()

    @Slot(float)
    def _type(self, number: float) -> None:
        if number < self.groove.low or number > self.groove.high:
            self.range_edited.emit(min(number, self.groove.low), max(number, self.groove.high))
        self._change_once(number)

    @Slot(float)
    def _edit_range(self, _number: float) -> None:
        low, high = self.low_box.number, self.high_box.number
        if low < high:
            self._set_ends(low, high)
        else:
            self.set_range(self.groove.low, self.groove.high)

    def _set_ends(self, low: float, high: float) -> None:
        self.range_edited.emit(low, high)
        self._release()

    def _change_once(self, number: float) -> None:
        if number != self.number:
            self.groove.set_number(number)
            self._move(number)
        self._release()


def _width_of(box: NumberBox, text: str, frame: int = 18) -> int:
    """Room for a text in a box, its frame and padding included."""
    return QFontMetrics(box.font()).horizontalAdvance(text) + frame
