"""Fields for what a checkpoint leaves open: the question, the answer used unless changed, and why it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QWidget

from ganstudio.ui.form_fields import MOST, FloatField, show_value, value_of
from ganstudio.ui.text import tr

REST = 350
"""Milliseconds after the last change until the new answers count."""


class ChoiceForm(QWidget):
    """Made from choices as `Inspection.as_json` tells them."""

    changed = Signal()
    """There are other answers, and the hand rests."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, QWidget] = {}
        self._defaults: dict[str, Any] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.changed)

    def show_choices(self, choices: Sequence[Mapping[str, Any]]) -> None:
        """Show these; fields that are there already keep what they say, since answers may raise new questions."""
        keys = [str(choice["key"]) for choice in choices]
        for key in [key for key in self.fields if key not in keys]:
            self._form.removeRow(self.fields.pop(key))
            self._defaults.pop(key)
        for choice in choices:
            if str(choice["key"]) not in self.fields:
                self._add(choice)

    def answers(self) -> dict[str, Any]:
        """What differs from the answers used by default."""
        told = {key: value_of(field) for key, field in self.fields.items()}
        return {key: value for key, value in told.items() if value != self._defaults[key]}

    def reset(self) -> None:
        """Every answer as by default."""
        for key, field in self.fields.items():
            with QSignalBlocker(field):
                show_value(field, self._defaults[key])
        self._rest.start(0)

    def _add(self, choice: Mapping[str, Any]) -> None:
        key, why = str(choice["key"]), str(choice["why"])
        field = self._field(choice["value"], list(choice["values"]))
        label = QLabel(str(choice["title"]), self, wordWrap=True)
        label.setBuddy(field)
        for widget in (field, label):
            widget.setToolTip(f"<p>{why}</p>")
        field.setAccessibleName(str(choice["title"]))
        field.setAccessibleDescription(why)
        field.setObjectName(key)
        self._form.addRow(label, field)
        self.fields[key], self._defaults[key] = field, value_of(field)

    def _field(self, value: Any, values: list[Any]) -> QWidget:
        if isinstance(value, bool):
            box = QCheckBox(tr("yes"), self, checked=value)
            box.toggled.connect(self._touch)
            return box
        if values:
            combo = QComboBox(self)
            for entry in values:
                combo.addItem(_words(entry), entry)
            combo.setCurrentIndex(max(0, combo.findData(value)))
            combo.currentIndexChanged.connect(self._touch)
            return combo
        if isinstance(value, int):
            number = QSpinBox(self, minimum=-MOST, maximum=MOST, value=value)
            number.valueChanged.connect(self._touch)
            return number
        if isinstance(value, float):
            field = FloatField(value, self)
            field.textEdited.connect(self._touch)
            return field
        line = QLineEdit(str(value), self)
        line.textEdited.connect(self._touch)
        return line

    @Slot()
    def _touch(self, _value: object = None) -> None:
        self._rest.start()


def _words(value: Any) -> str:
    return {True: tr("yes"), False: tr("no")}[value] if isinstance(value, bool) else str(value)
