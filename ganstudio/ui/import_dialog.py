"""Bringing in a model, an encoder or directions of another program: what it is, what it leaves open, how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganstudio.session.importer import Importer
from ganstudio.session.studio import Studio
from ganstudio.ui.choice_form import ChoiceForm
from ganstudio.ui.columns import scrolled
from ganstudio.ui.directions_form import DirectionsForm
from ganstudio.ui.facts_table import FactsTable
from ganstudio.ui.found_facts import found_facts
from ganstudio.ui.text import tr

STRIP = 384, 128
"""Room for the pictures, in pixels."""
WIDTH, HIGHEST = 620, 720
"""The dialog's first width, and the most of a screen that it takes by itself; both in pixels."""


class ImportDialog(QDialog):
    """Reads one target in a process of its own; nothing is written before Import is pressed."""

    model_imported = Signal(object)
    """The path of a new model."""
    encoder_imported = Signal(object)
    """The path of a new encoder."""
    directions_imported = Signal(object)
    """A tuple of `Direction`."""

    def __init__(self, studio: Studio, target: Path | str, parent: QWidget | None = None,
                 importer: Importer | None = None) -> None:
        super().__init__(parent)
        self._studio, self._target = studio, target
        self._found: Mapping[str, Any] = {}
        self.importer = importer or Importer(parent)
        self.importer.model = studio.session.document.model.id
        self.title, self.pictures, self.status = QLabel(self), QLabel(self), QLabel(self)
        self.facts, self.choices = FactsTable(self), ChoiceForm(self)
        self.directions = DirectionsForm(studio, self)
        self.name, self.model = QLineEdit(self), QComboBox(self)
        self.group, self.form = QGroupBox(tr("What the file leaves open"), self), QFormLayout()
        self.details = self._scroll()
        self.progress = QProgressBar(self, textVisible=False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button: QPushButton = self.buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.again = QPushButton(tr("Defaults"), self)
        self._lay_out()
        self._connect()
        self._start()

    def _lay_out(self) -> None:
        self.setWindowTitle(tr("Import"))
        self.title.setProperty("tone", "heading")
        self.title.setWordWrap(True)
        self.pictures.setFixedHeight(STRIP[1])
        self.pictures.setMinimumWidth(STRIP[0])
        self.pictures.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pictures.setProperty("tone", "dim")
        self.pictures.setAccessibleName(tr("Pictures of the model"))
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setMinimumHeight(2 * self.status.fontMetrics().lineSpacing())
        self.form.addRow(tr("&Name"), self.name)
        self.form.addRow(tr("&For the model"), self.model)
        inner = QVBoxLayout(self.group)
        inner.addWidget(self.choices)
        inner.addWidget(self.again, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        for widget in (self.title, self.pictures, self.details):
            column.addWidget(widget, 1 if widget is self.details else 0)
        column.addLayout(self.form)
        for widget in (self.status, self.progress, self.buttons):
            column.addWidget(widget)
        self.resize(WIDTH, self.sizeHint().height())

    def _fit(self) -> None:
        """As high as what it has to say: all facts where there is room for them, and no empty space."""
        column, content = self.layout(), self.details.widget().layout()
        height = column.totalHeightForWidth(self.width())
        if not self.details.isHidden():
            margins = column.contentsMargins()
            inner = self.width() - margins.left() - margins.right()
            height += content.totalHeightForWidth(inner) - self.details.sizeHint().height()
        self.resize(self.width(), min(height, HIGHEST))

    def _scroll(self) -> QScrollArea:
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 4, 8, 4)
        column.setSpacing(12)
        for widget in (self.facts, self.group, self.directions):
            column.addWidget(widget)
        column.addStretch(1)
        return scrolled(content, self)

    def _connect(self) -> None:
        importer = self.importer
        importer.stepped.connect(self._show_step)
        importer.told.connect(self._take_found)
        importer.pictured.connect(self._show_pictures)
        importer.imported.connect(self._take_imported)
        importer.failed.connect(self._fail)
        self.choices.changed.connect(self._look_again)
        self.again.clicked.connect(self.choices.reset)
        self.buttons.accepted.connect(self._bring_in)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(importer.close)

    def _start(self) -> None:
        for widget in (self.details, self.group, self.directions, self.pictures, self.name, self.model):
            self._show(widget, False)
        self.accept_button.setEnabled(False)
        self._show_step(tr("Starting…"), -1.0)
        if isinstance(self._target, Path):
            self.title.setText(self._target.name)
            self.importer.start_file(self._target)
        else:
            self.title.setText(self._target)
            self.importer.start_address(self._target)
        self._fit()

    def _show(self, widget: QWidget, on: bool) -> None:
        widget.setVisible(on)
        if (label := self.form.labelForField(widget)) is not None:
            label.setVisible(on)

    # what the other process tells

    @Slot(object)
    def _take_found(self, found: Mapping[str, Any]) -> None:
        first, self._found = not self._found, found
        kind = found["event"]
        facts = dict(found)
        if self.importer.downloaded is not None:
            facts["source"] = self.importer.downloaded.url
        self.facts.show_facts(found_facts(facts))
        if first:
            self._begin(kind, found)
        if kind == "directions":
            self._show_directions(found)
        self.choices.show_choices(found.get("choices", ()))
        self._show(self.group, bool(self.choices.fields))
        self._say(self.directions.problem if kind == "directions" else "", error=True)
        self.progress.hide()
        self.accept_button.setEnabled(kind != "directions" or not self.directions.problem)
        self.accept_button.setDefault(True)
        if first:
            self._fit()

    def _begin(self, kind: str, found: Mapping[str, Any]) -> None:
        """What there is to fill in for a model, an encoder, directions."""
        self.setWindowTitle({"model": tr("Import Model"), "encoder": tr("Import Encoder"),
                             "directions": tr("Import Directions")}[kind])
        self._show(self.details, True)
        self._show(self.name, kind != "encoder")
        self._show(self.model, kind == "encoder")
        self._show(self.pictures, kind == "model")
        self._show(self.directions, kind == "directions")
        self._propose_name(found)
        self.pictures.setText(tr("Drawing…"))
        names = [str(entry["name"]) for entry in found.get("models", ())]
        for name, entry in zip(names, found.get("models", ()), strict=True):
            self.model.addItem(name if names.count(name) == 1 else f"{name} ({entry['id']})", str(entry["id"]))
        self.model.setCurrentIndex(max(0, self.model.findData(self._studio.session.document.model.id)))

    def _show_directions(self, found: Mapping[str, Any]) -> None:
        """They are fitted to the open model anew; several that have names keep them."""
        self.directions.show_file(found)
        self._propose_name(found)
        self._show(self.name, len(found.get("names", (self.name,))) == 1)

    def _propose_name(self, found: Mapping[str, Any]) -> None:
        if not self.name.isModified():
            self.name.setText(str(found.get("name", "")))

    @Slot(bytes)
    def _show_pictures(self, png: bytes) -> None:
        picture = QPixmap()
        if picture.loadFromData(png):
            self.pictures.setPixmap(picture)

    @Slot(str, float)
    def _show_step(self, text: str, fraction: float) -> None:
        self._say(f"{text} {fraction:.0%}" if 0 <= fraction < 1 else text)
        self.progress.setRange(0, 0 if fraction < 0 else 100)
        self.progress.setValue(round(100 * max(0.0, fraction)))
        self.progress.show()

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        """Say it, and let the user answer otherwise or leave."""
        self.progress.hide()
        self._say(sentence, error=True)
        self.accept_button.setEnabled(False)
        self.pictures.setText(tr("No picture"))
        self.choices.setEnabled(True)
        self.name.setEnabled(True)
        if not self._found:
            self._fit()

    @Slot(object)
    def _take_imported(self, path: Path) -> None:
        signal = self.encoder_imported if self._found["event"] == "encoder" else self.model_imported
        self.accept()
        signal.emit(path)

    # what the user does

    @Slot()
    def _look_again(self) -> None:
        self.accept_button.setEnabled(False)
        self._show_step(tr("Reading it again"), -1.0)
        self.importer.look(self.choices.answers())

    @Slot()
    def _bring_in(self) -> None:
        if not self.accept_button.isEnabled():
            return
        if self._found.get("event") == "directions":
            self._keep_directions()
            return
        self.accept_button.setEnabled(False)
        self.choices.setEnabled(False)
        self.name.setEnabled(False)
        self._show_step(tr("Importing"), -1.0)
        self.importer.bring_in(self.choices.answers(), self.name.text().strip(), self.model.currentData() or "")

    def _keep_directions(self) -> None:
        found = self.directions.directions(self.name.text().strip())
        if found:
            self.accept()
            self.directions_imported.emit(found)

    def _say(self, text: str, error: bool = False) -> None:
        self.status.setProperty("tone", "error" if error and text else "dim")
        self.status.style().polish(self.status)
        self.status.setText(text)
