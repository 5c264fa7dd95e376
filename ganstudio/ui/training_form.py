"""A form made from a training's options: a field for every one, with its words, bounds and default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

MOST = 1_000_000_000
DIGITS = 5
"""Decimals of a fractional option: learning rates are small."""


class TrainingForm(QWidget):
    """Edits one options dataclass; `options()` makes a checked value of it."""

    changed = Signal()

    def __init__(self, kind: type[Any], models: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self.widgets: dict[str, QWidget] = {}
        types, layout = get_type_hints(kind), QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field in fields(kind):
            widget = self._widget(field, types[field.name], models)
            widget.setToolTip(str(field.metadata.get("help", "")))
            widget.setObjectName(field.name)
            label = QLabel(_title(field.name), self)
            label.setToolTip(widget.toolTip())
            layout.addRow(label, widget)
            self.widgets[field.name] = widget

    def options(self) -> Any:
        """The options as they stand; ValueError in one sentence when they do not fit together."""
        return self._kind(**self.values())

    def values(self) -> dict[str, Any]:
        """What every field says."""
        return {name: _value(widget) for name, widget in self.widgets.items()}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Fill in values by name; others stay, and names that are no option are left out."""
        for name, value in values.items():
            if name in self.widgets:
                _show(self.widgets[name], value)

    @Slot()
    def _change(self, _value: object = None) -> None:
        self.changed.emit()

    def _widget(self, field: Field[Any], kind: Any, models: Sequence[tuple[str, str]]) -> QWidget:
        default = None if field.default is MISSING else field.default
        if field.name == "model":
            return self._choice([(id_, name) for id_, name in models], default, free=True)
        if get_origin(kind) is Literal:
            return self._choice([(word, word) for word in get_args(kind)], default)
        if kind is bool:
            box = QCheckBox(self, checked=bool(default))
            box.toggled.connect(self._change)
            return box
        if kind is int:
            whole = QSpinBox(self, minimum=int(field.metadata.get("least", -MOST)),
                             maximum=int(field.metadata.get("most", MOST)), value=int(default or 0))
            whole.valueChanged.connect(self._change)
            return whole
        if kind is float:
            number = PlainDoubleBox(self, decimals=DIGITS, minimum=float(field.metadata.get("least", -MOST)),
                                    maximum=float(field.metadata.get("most", MOST)), value=float(default or 0))
            number.valueChanged.connect(self._change)
            return number
        line = QLineEdit(str(default or ""), self)
        line.textChanged.connect(self._change)
        return line

    def _choice(self, entries: Sequence[tuple[str, str]], default: Any, free: bool = False) -> QComboBox:
        box = QComboBox(self, sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        for value, text in entries:
            box.addItem(text, value)
        _show(box, default)
        box.currentIndexChanged.connect(self._change)
        return box


class PlainDoubleBox(QDoubleSpinBox):
    """Shows 0.0001 and 400 alike, without zeros at the end."""

    def textFromValue(self, value: float) -> str:
        """The shortest text."""
        return f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")


def _title(name: str) -> str:
    """An option's name as people read it."""
    words = {"kimg": "thousand pictures", "psi": "psi"}.get(name, name.replace("_", " "))
    return words[:1].upper() + words[1:]


def _value(widget: QWidget) -> Any:
    match widget:
        case QCheckBox():
            return widget.isChecked()
        case QSpinBox() | QDoubleSpinBox():
            return widget.value()
        case QComboBox():
            return widget.currentData()
        case QLineEdit():
            return widget.text().strip()
    raise TypeError(type(widget))


def _show(widget: QWidget, value: Any) -> None:
    match widget:
        case QCheckBox():
            widget.setChecked(bool(value))
        case QSpinBox():
            widget.setValue(int(value))
        case QDoubleSpinBox():
            widget.setValue(float(value))
        case QComboBox():
            index = widget.findData(value)
            if index < 0 and value:
                widget.addItem(str(value), value)
                index = widget.count() - 1
            widget.setCurrentIndex(max(index, 0))
        case QLineEdit():
            widget.setText(str(value))
