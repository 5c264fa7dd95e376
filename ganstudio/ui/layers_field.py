"""A field for layers: `all`, `bottom`, `middle`, `top`, `3`, `2-5`, or a list; it says what is wrong with a text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from ganstudio.document.latent import PRESETS, Layers, format_layers, parse_layers
from ganstudio.ui.text import tr


class LayersField(QLineEdit):
    """Shows layers of a model that has `count` of them; `entered` when the user commits others."""

    entered = Signal(object)
    """`Layers`"""
    refused = Signal(str)
    """One sentence saying what is wrong; empty when nothing is any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers: Layers = ()
        self._count = 0
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(tr("Layers"))
        self.setToolTip(tr("Layers it acts on: all, bottom, middle, top, a number, 2-5, or a list with commas"))
        self.editingFinished.connect(self._commit)

    def show_layers(self, layers: Layers, count: int) -> None:
        """Show a choice, without telling anybody; a text being typed is left alone."""
        if (layers, count) == (self.layers, self._count):
            return
        self.layers, self._count = layers, count
        self.setEnabled(count > 0 and bool(layers))
        self._restore()

    def _restore(self) -> None:
        self.setModified(False)
        self.setText(format_layers(self.layers, self._count) if self.layers else "–")
        self._mark("")

    def _commit(self) -> None:
        if not self.isModified():
            return
        try:
            layers = parse_layers(self.text(), self._count)
        except ValueError as error:
            self._mark(str(error))
            return
        if layers == self.layers:
            self._restore()
        else:
            self.layers = layers
            self._restore()
            self.entered.emit(layers)

    def _mark(self, problem: str) -> None:
        self.setProperty("bad", bool(problem))
        self.style().unpolish(self)
        self.style().polish(self)
        self.setAccessibleDescription(problem)
        self.refused.emit(problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self._restore()
        else:
            super().keyPressEvent(event)


class LayersChoice(QComboBox):
    """A `LayersField` with the named ranges in a list; where `optional`, the first entry means "the same"."""

    chosen = Signal()

    def __init__(self, name: str, optional: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.optional = optional
        self.problem = ""
        self._count = 0
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)
        self.setAccessibleName(name)
        self.addItems([*([tr("same")] if optional else []), *PRESETS])
        self.activated.connect(self._check)
        self.lineEdit().editingFinished.connect(self._check)
        self._text = self.currentText()

    def set_count(self, count: int) -> None:
        """How many layers the model has; 0 where there is nothing to choose."""
        self._count = count
        self.setEnabled(count > 0)

    @property
    def layers(self) -> Layers | None:
        """The layers chosen, None for "the same"; none at all in a model that has no layers to choose."""
        text = self.currentText()
        if self.optional and text == self.itemText(0):
            return None
        return parse_layers(text, self._count) if self._count else ()

    @Slot()
    def _check(self, _index: int = 0) -> None:
        """Tell of another choice once, or keep the sentence that says what is wrong with it."""
        text = self.currentText().strip()
        if text == self._text:
            return
        self._text = text
        if self.optional and not text:
            self.setCurrentIndex(0)
        try:
            self.problem = "" if self.layers is not None or self.optional else self.problem
        except ValueError as error:
            self.problem = str(error)
        self.chosen.emit()
