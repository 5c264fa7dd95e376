"""A name that is a label until the user renames it in place."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QWidget

from ganstudio.ui.text import tr

GAP = 2
"""Pixels that a line edit leaves at both sides of its text."""


class NameField(QLineEdit):
    """Reads like a label; `edit()` opens it. A double click either opens it or, where a slider is, resets that.

    A name longer than its room ends in dots, so owners put it into a tip.
    """

    renamed = Signal(str)
    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.setProperty("flat", True)
        self.setReadOnly(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(tr("Name"))
        self.editingFinished.connect(self._commit)

    def show_name(self, name: str) -> None:
        """Show a name, without telling anybody."""
        self._name = name
        if self.isReadOnly():
            self.setText(name)
            self.setCursorPosition(0)

    @property
    def elided(self) -> str:
        """As much of the name as there is room for."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self._room(_frame(self)).width())

    def _room(self, frame: QStyleOptionFrame) -> QRect:
        """Where the text lies."""
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, frame, self)
        return inside.adjusted(GAP, 0, -GAP, 0)

    def edit(self) -> None:
        """Let the user write."""
        self.setReadOnly(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def _commit(self) -> None:
        if self.isReadOnly():
            return
        typed = self.text().strip()
        self._close()
        if typed and typed != self._name:
            self.renamed.emit(typed)

    def _close(self) -> None:
        self.setReadOnly(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.deselect()
        self.show_name(self._name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A name that is too long for its room ends in dots; one that is being written scrolls."""
        if not self.isReadOnly() or self.elided == self.text():
            super().paintEvent(event)
            return
        painter, frame = QPainter(self), _frame(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, frame, painter, self)
        painter.setPen(self.palette().text().color())
        painter.drawText(self._room(frame), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.elided)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 opens, Escape takes back."""
        if event.key() == Qt.Key.Key_Escape and not self.isReadOnly():
            self._close()
        elif event.key() == Qt.Key.Key_F2 and self.isReadOnly():
            self.edit()
        elif self.isReadOnly():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """While it is a label, the owner decides."""
        if self.isReadOnly():
            self.double_clicked.emit()
        else:
            super().mouseDoubleClickEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving commits."""
        self._commit()
        super().focusOutEvent(event)


def _frame(field: QLineEdit) -> QStyleOptionFrame:
    """How the style draws it now."""
    frame = QStyleOptionFrame()
    field.initStyleOption(frame)
    return frame
