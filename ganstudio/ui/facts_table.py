"""Facts about a model in two columns: what it is called, and what it is, to be read and copied."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

Fact = tuple[str, str]
LONG = 40


class FactsTable(QWidget):
    """Rows of dim titles and selectable texts; empty texts are left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)  # a form layout would not give each row the height its text needs
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.texts: dict[str, str] = {}

    def show_facts(self, facts: Iterable[Fact]) -> None:
        """Show these in place of others."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.texts = {title: text for title, text in facts if text}
        for row, (title, text) in enumerate(self.texts.items()):
            head = QLabel(title, self)
            head.setProperty("tone", "dim")
            head.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(head, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(self._body(text), row, 1)

    def _body(self, text: str) -> QWidget:
        """A label; paths, addresses and hashes, which no line can be broken in, in a field that scrolls."""
        if (len(text) > LONG and " " not in text) or text.startswith(("/", "http")):
            line = QLineEdit(text, self, readOnly=True)
            line.setStyleSheet("QLineEdit { background: transparent; border: none; padding: 0; margin: 0; }")
            line.setTextMargins(-2, 0, 0, 0)
            line.setCursorPosition(0)
            line.setToolTip(text)
            return line
        label = QLabel(self, wordWrap=True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setText(text)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def text(self) -> str:
        """All of it, a line a fact."""
        return "\n".join(f"{title}: {text}" for title, text in self.texts.items())

