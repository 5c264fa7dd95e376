"""Which class a class-conditional model draws: a field to search and choose in, and a second one to mix in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from ganstudio.document.classes import class_weights, classes_in, find_class
from ganstudio.document.latent import FloatArray
from ganstudio.ui.alpha_slider import AlphaSlider
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon


class ClassField(QComboBox):
    """One class of many: type a part of its name or its number, or open the list."""

    chosen = Signal(int)
    """The user chose another class."""
    refused = Signal(str)
    """One sentence: why what was typed is no class."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._shown = -1
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(14)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setToolTip(tr("Type a part of a name, or a number"))
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(14)
        self.setCompleter(completer)
        self.activated.connect(self._choose)
        line = self.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._commit)
        self._line = line

    def set_names(self, names: Sequence[str]) -> None:
        """The classes there are, in the order of their numbers."""
        if tuple(names) != self._names:
            self._names, self._shown = tuple(names), -1
            self.clear()
            self.addItems([_text(i, name) for i, name in enumerate(names)])

    def show_class(self, number: int, note: str = "") -> None:
        """Show a class, without telling anybody; `note` stands for a mixture, which is none (-1)."""
        typing = self._line.hasFocus() and self._line.isModified()
        if typing or (number == self._shown and number >= 0):
            return
        self._shown = number
        self.setCurrentIndex(number)
        self._line.setPlaceholderText(note)
        self._line.setCursorPosition(0)

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._line.setModified(False)
        self.setCurrentIndex(number)
        if number != self._shown:
            self._shown = number
            self.chosen.emit(number)

    @Slot()
    def _commit(self) -> None:
        if not self._line.isModified():
            return
        self._line.setModified(False)
        text = self._line.text()
        if (number := self.findText(text)) >= 0:
            self._choose(number)
            return
        try:
            number = find_class(text, self._names)
        except ValueError as error:
            self._restore()
            self.refused.emit(str(error))
            return
        self._choose(number)

    def _restore(self) -> None:
        self.setCurrentIndex(self._shown)
        self._line.setText(self.itemText(self._shown) if self._shown >= 0 else "")
        self._line.setModified(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape and self._line.isModified():
            self._restore()
        else:
            super().keyPressEvent(event)


class ClassBar(QWidget):
    """The class of the look on screen, and, where the button is down, a second class with its share."""

    changed = Signal(object, object)
    """Class weights [classes] the user made, and the gesture they belong to."""
    released = Signal(object)
    """That gesture is complete."""
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first, self.second = ClassField(tr("Class"), self), ClassField(tr("Second class"), self)
        self.share = AlphaSlider(tr("Share of the second class"), 0.0, 1.0, 0.0, self)
        self.mix = QToolButton(self)
        self._count = 0
        self._mixed = (0, 1)
        self._lay_out()
        self.first.chosen.connect(self._choose_first)
        self.second.chosen.connect(self._choose_second)
        self.share.moved.connect(self._mix_in)
        self.share.released.connect(lambda: self.released.emit(self.share.gesture))
        self.mix.toggled.connect(self._show_second)
        self.mix.clicked.connect(self._unmix)
        for field in (self.first, self.second):
            field.refused.connect(self.refused)

    def _lay_out(self) -> None:
        set_icon(self.mix, "plus", "minus")
        self.mix.setCheckable(True)
        self.mix.setToolTip(tr("Mix with a second class"))
        self.mix.setAccessibleName(self.mix.toolTip())
        self.mix.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 0, 6, 6)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, self.fontMetrics().horizontalAdvance(tr("Truncation")))  # in line with the seed
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.first, 1)
        row.addWidget(self.mix)
        self._labels = [QLabel(text, self) for text in (tr("Class"), tr("Mix in"), tr("Share"))]
        for line, label in enumerate(self._labels):
            grid.addWidget(label, line, 0)
        grid.addLayout(row, 0, 1)
        grid.addWidget(self.second, 1, 1)
        grid.addWidget(self.share, 2, 1)
        grid.setColumnStretch(1, 1)
        self._show_second(False)

    def set_classes(self, names: Sequence[str]) -> None:
        """The classes of the open model; without any there is nothing to see."""
        self._count, self._mixed = len(names), (0, 1 % max(len(names), 1))
        self.setVisible(bool(names))
        self.mix.setEnabled(len(names) > 1)
        self.mix.setChecked(False)
        self.first.set_names(names)
        self.second.set_names(names)

    def show_weights(self, weights: FloatArray | None) -> None:
        """Show the classes of a look. Two of them open the second field; more are said to be mixed."""
        if weights is None or len(weights) != self._count:
            return
        found = classes_in(weights)
        plain = 1 <= len(found) <= 2
        if plain and (not set(found) <= set(self._mixed) or not self.mix.isChecked()):
            self._mixed = found[0], found[1] if len(found) == 2 else self._other_than(found[0])
        if len(found) == 2:
            self.mix.setChecked(True)
        self.first.show_class(self._mixed[0] if plain else -1, "" if plain else tr("mixed"))
        self.second.show_class(self._mixed[1])
        self.share.set_number(float(weights[self._mixed[1]]) if plain else 0.0)

    def _other_than(self, number: int) -> int:
        """A class to mix in that is not this one, if there is any; the one shown before, if it can be."""
        first, second = self._mixed
        return second if second != number else first

    @Slot(bool)
    def _show_second(self, on: bool) -> None:
        for widget in (self.second, self.share, *self._labels[1:]):
            widget.setVisible(on)

    @Slot(bool)
    def _unmix(self, on: bool) -> None:
        if not on and self.share.number:
            self._emit(0.0, None)

    @Slot(int)
    def _choose_first(self, number: int) -> None:
        first, second = self._mixed
        self._mixed = number, first if number == second else second
        self._emit(self.share.number if self.mix.isChecked() else 0.0, None)

    @Slot(int)
    def _choose_second(self, number: int) -> None:
        first, second = self._mixed
        self._mixed = second if number == first else first, number
        self._emit(self.share.number or 0.5, None)

    @Slot(float)
    def _mix_in(self, share: float) -> None:
        self._emit(share, self.share.gesture)

    def _emit(self, share: float, gesture: object) -> None:
        share = min(max(share, 0.0), 1.0)
        self.changed.emit(class_weights(self._count, *self._mixed, share), gesture)


def _text(number: int, name: str) -> str:
    return name if name == str(number) else f"{name}  ·  {number}"
