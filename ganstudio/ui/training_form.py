"""A form made from a training's options: a field for every one, with its words, bounds and default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from ganstudio.api import Host
from ganstudio.ui.form_fields import (
    DIGITS,
    MOST,
    BrowseButton,
    ChoiceBox,
    Fold,
    PlainDoubleBox,
    show_value,
    value_of,
)
from ganstudio.ui.text import tr

KIMG = "kimg"
MODEL = "model"


class TrainingForm(QWidget):
    """Edits one options dataclass; `options()` makes a checked value of it.

    What few will change lies folded away, unless it has been changed. `models` are names by id.
    """

    changed = Signal()

    def __init__(self, kind: type[Any], models: Mapping[str, str], host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._models, self._host = kind, models, host
        self._types = get_type_hints(kind)
        self.widgets: dict[str, QWidget] = {}
        plain, self._rest = _Rows(self), _Rows(self)
        for field in fields(kind):
            self._add(field, self._rest if field.metadata.get("more") else plain)
        self.fold = Fold(tr("More options"), self._rest, self)
        self.fold.setVisible(bool(self._rest.names))
        self.titles_width = max(plain.widest, self._rest.widest)
        """Of the widest title, in pixels: where fields begin."""
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        for rows in (plain, self._rest):
            rows.align(self.titles_width)
        for part in (plain, self.fold, self._rest):
            down.addWidget(part)
        down.addStretch(1)

    def options(self) -> Any:
        """The options as they stand; ValueError in one sentence when they do not fit together."""
        return self._kind(**self.values())

    def values(self) -> dict[str, Any]:
        """What every field says."""
        return {name: value_of(widget) for name, widget in self.widgets.items()}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Fill in values by name; others stay, and names that are no option are left out."""
        for name, value in values.items():
            if name in self.widgets:
                show_value(self.widgets[name], value)
        defaults = {field.name: field.default for field in fields(self._kind)}
        if any(value_of(self.widgets[name]) != defaults[name] for name in self._rest.names):
            self.fold.setChecked(True)

    def show_models(self, models: Mapping[str, str]) -> None:
        """Offer these models; what is chosen stays."""
        box = self.widgets.get(MODEL)
        if isinstance(box, ChoiceBox):
            box.show_words(models)

    @Slot()
    def _change(self, _value: object = None) -> None:
        self.changed.emit()

    def _add(self, field: Field[Any], rows: _Rows) -> None:
        widget = self._widget(field, self._types[field.name])
        title, help_ = _title(field), str(field.metadata.get("help", ""))
        if field.default is not MISSING:
            show_value(widget, field.default)
        widget.setObjectName(field.name)
        widget.setAccessibleName(title)
        widget.setAccessibleDescription(help_)
        picks = field.metadata.get("picks")
        beside = BrowseButton(widget, picks == "folder", rows) if picks else None
        rows.add(field.name, title, help_, widget, beside)
        self.widgets[field.name] = widget

    def _widget(self, field: Field[Any], kind: Any) -> QWidget:
        facts = field.metadata
        if kind is bool:
            box = QCheckBox(self)
            box.toggled.connect(self._change)
            return box
        if kind in (int, float):
            number = QSpinBox(self) if kind is int else PlainDoubleBox(self, decimals=DIGITS)
            number.setRange(kind(facts.get("least", -MOST)), kind(facts.get("most", MOST)))
            number.setSpecialValueText(facts.get("unset", ""))
            number.valueChanged.connect(self._change)
            return number
        words = self._words(field, kind)
        if words:
            choice = ChoiceBox(words, self, free=kind is str and field.name != MODEL)
            choice.currentTextChanged.connect(self._change)
            return choice
        line = QLineEdit(self)
        line.textChanged.connect(self._change)
        return line

    def _words(self, field: Field[Any], kind: Any) -> Mapping[str, str]:
        """The values that are offered, with what they are called; none where anything may be typed."""
        if field.name == MODEL:
            return self._models
        offers = field.metadata.get("offers") or {}
        words: Mapping[str, str] = offers(self._host) if callable(offers) else offers
        return {word: words.get(word, word) for word in get_args(kind)} if get_origin(kind) is Literal else words


class _Rows(QWidget):
    """Titles, and beside each its field."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self._labels: list[QLabel] = []
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def add(self, name: str, title: str, help_: str, widget: QWidget, beside: QWidget | None) -> None:
        """One more; what stands beside its field belongs to it."""
        label = QLabel(title, self)
        label.setBuddy(widget)
        for each in (label, widget):
            each.setToolTip(f"<p>{help_}</p>")
        if beside is None:
            self._form.addRow(label, widget)
        else:
            across = QHBoxLayout()
            across.addWidget(widget, 1)
            across.addWidget(beside)
            self._form.addRow(label, across)
        self.names.append(name)
        self._labels.append(label)

    @property
    def widest(self) -> int:
        """Of its titles, in pixels."""
        return max((label.sizeHint().width() for label in self._labels), default=0)

    def align(self, width: int) -> None:
        """Let all fields begin at the same place."""
        for label in self._labels:
            label.setMinimumWidth(width)


def _title(field: Field[Any]) -> str:
    """An option's name as people read it."""
    told = str(field.metadata.get("title", ""))
    words = told or (tr("thousand pictures") if field.name == KIMG else field.name.replace("_", " "))
    return words[:1].upper() + words[1:]
