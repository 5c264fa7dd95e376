"""Sentences above the preview that wait for nobody: what went wrong, what is offered. Each can be dismissed.

Most are about the open document and go with it; lasting ones are about the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from ganstudio.ui.text import tr
from ganstudio.ui.theme import icon, set_icon

MOST = 3
"""How many are shown at once; the oldest gives way."""
Offer = tuple[str, Callable[[], object]]
"""A button's text and what it does."""


class Banner(QFrame):
    """One sentence, buttons for what can be done about it, and a cross."""

    def __init__(self, text: str, role: str, offers: Sequence[Offer] = (), parent: QWidget | None = None,
                 lasting: bool = False) -> None:
        super().__init__(parent)
        self.text, self.role, self.lasting = text, role, lasting
        self.setProperty("role", role)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        sign = QLabel(self)
        sign.setPixmap(icon("warning" if role == "error" else "info").pixmap(QSize(16, 16)))
        row.addWidget(sign)
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(label, 1)
        self.buttons = [self._offer(*offer) for offer in offers]
        for button in self.buttons:
            row.addWidget(button)
        row.addWidget(self._cross())
        self.setAccessibleName(text)

    def _offer(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda: (self.dismiss(), act()))
        return button

    def _cross(self) -> QToolButton:
        cross = QToolButton(self)
        set_icon(cross, "close")
        cross.setToolTip(tr("Dismiss"))
        cross.setAccessibleName(tr("Dismiss"))
        cross.clicked.connect(self.dismiss)
        return cross

    @Slot()
    def dismiss(self) -> None:
        """Go away."""
        self.hide()
        self.deleteLater()


class Banners(QWidget):
    """The place for banners; takes no room while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    @property
    def shown(self) -> list[Banner]:
        """Those not dismissed, the oldest first."""
        items = (self._column.itemAt(i).widget() for i in range(self._column.count()))
        return [b for b in items if isinstance(b, Banner) and not b.isHidden()]

    @Slot(str)
    def show_error(self, text: str) -> None:
        """Say what went wrong."""
        self._add(Banner(text, "error", parent=self))

    @Slot(str)
    def show_note(self, text: str, offers: Sequence[Offer] = ()) -> None:
        """Say what is good to know, with buttons for what can be done."""
        self._add(Banner(text, "note", offers, self))

    @Slot(str)
    def show_lasting_error(self, text: str) -> None:
        """Say what went wrong with the program, whatever document is open."""
        self._add(Banner(text, "error", parent=self, lasting=True))

    @Slot(str)
    def show_lasting_note(self, text: str, offers: Sequence[Offer] = ()) -> None:
        """Say what is good to know of the program, whatever document is open."""
        self._add(Banner(text, "note", offers, self, lasting=True))

    @Slot()
    def forget_document(self) -> None:
        """Another document is open: what was said of the one before is not true of it."""
        for banner in self.shown:
            if not banner.lasting:
                banner.dismiss()

    def _add(self, banner: Banner) -> None:
        """The same sentence is not said twice."""
        for old in self.shown:
            if old.text == banner.text:
                old.dismiss()
        plain = [b for b in self.shown if not b.buttons]
        for old in plain[: max(0, len(self.shown) + 1 - MOST)]:
            old.dismiss()
        self._column.addWidget(banner)
        banner.show()
