"""The fields that forms are made of: one way to read and to fill each kind, and a few kinds of our own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from ganstudio.ui.text import tr

MOST = 1_000_000_000
"""What a number without a bound may be at most."""
DIGITS = 5
"""Decimals of a fractional number: learning rates are small."""


class PlainDoubleBox(QDoubleSpinBox):
    """Shows 0.0001 and 400 alike, without zeros at the end."""

    def textFromValue(self, value: float) -> str:
        """The shortest text."""
        return f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")


class FloatField(QLineEdit):
    """A number of any size, such as 0.0001 or 1e-12; what is none counts as the number before."""

    def __init__(self, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self.setValue(value)
        self.editingFinished.connect(lambda: self.setValue(self.value()))

    def setValue(self, value: float) -> None:
        """Show a number in its shortest form."""
        self._value = value
        self.setText(f"{value:.9g}")

    def value(self) -> float:
        """What is shown, if it is a finite number."""
        try:
            typed = float(self.text().replace(",", "."))
        except ValueError:
            return self._value
        return typed if math.isfinite(typed) else self._value


class _ReplacedLine(QLineEdit):
    """The click that brings the focus chooses the whole text, so that typing replaces it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fresh = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember that the click is the first."""
        super().focusInEvent(event)
        self._fresh = event.reason() == Qt.FocusReason.MouseFocusReason

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose all, unless some of it was chosen by dragging."""
        super().mouseReleaseEvent(event)
        if self._fresh and not self.hasSelectedText():
            self.selectAll()
        self._fresh = False


class ChoiceBox(QComboBox):
    """Values, each with what it is called; where it is editable, any other text is a value too.

    It may be as narrow as the form it stands in, however long its entries are.
    """

    def __init__(self, words: Mapping[str, str], parent: QWidget | None = None, *, free: bool = False) -> None:
        super().__init__(parent)
        if free:
            self.setEditable(True)
            self.setLineEdit(_ReplacedLine(self))
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setInsertPolicy(self.InsertPolicy.NoInsert)
        self.show_words(words)

    def show_words(self, words: Mapping[str, str]) -> None:
        """Offer these values; what is chosen stays."""
        chosen = self.value()
        with QSignalBlocker(self):
            self.clear()
            for value, text in words.items():
                self.addItem(text, value)
            if chosen:
                self.show_value(chosen)

    def value(self) -> Any:
        """What is chosen, or typed."""
        index = self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString)
        return self.itemData(index) if index >= 0 else self.currentText().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends typing, and does not press the dialog's button as well."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()

    def show_value(self, value: Any) -> None:
        """Choose a value. One that is not offered is written; where nothing may be typed, it joins the list."""
        index = self.findData(value)
        if index < 0 and value and not self.isEditable():
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index if self.isEditable() else max(index, 0))
        if index < 0 and self.isEditable():
            self.setEditText(str(value))


class BrowseButton(QPushButton):
    """Puts the path of a file or folder that the user picks into a field."""

    def __init__(self, field: QWidget, folders: bool, parent: QWidget | None = None) -> None:
        super().__init__(tr("Browse…"), parent, autoDefault=False)
        self._field, self._folders = field, folders
        self.clicked.connect(self._browse)

    @Slot()
    def _browse(self) -> None:
        if self._folders:
            chosen = QFileDialog.getExistingDirectory(self, tr("Choose a Folder"), str(Path.home()))
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, tr("Choose a File"), str(Path.home()))
        if chosen:
            show_value(self._field, chosen)


class Fold(QToolButton):
    """Opens and closes what stands below it."""

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent, text=title, checkable=True)
        self._content = content
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._show)
        self._show(False)

    @Slot(bool)
    def _show(self, on: bool) -> None:
        self._content.setVisible(on)
        self.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)


def value_of(field: QWidget) -> Any:
    """What a field says."""
    match field:
        case QCheckBox():
            return field.isChecked()
        case ChoiceBox() | QSpinBox() | QDoubleSpinBox() | FloatField():
            return field.value()
        case QComboBox():
            return field.currentData()
        case QLineEdit():
            return field.text().strip()
    raise TypeError(type(field))


def show_value(field: QWidget, value: Any) -> None:
    """Fill a field."""
    match field:
        case QCheckBox():
            field.setChecked(bool(value))
        case ChoiceBox():
            field.show_value(value)
        case QSpinBox():
            field.setValue(int(value))
        case QDoubleSpinBox() | FloatField():
            field.setValue(float(value))
        case QComboBox():
            field.setCurrentIndex(max(0, field.findData(value)))
        case QLineEdit():
            field.setText(str(value))
        case _:
            raise TypeError(type(field))
