"""The tools beside the canvas, one button each."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from ganstudio.ui.easel import Easel
from ganstudio.ui.theme import set_icon
from ganstudio.ui.toolbox import ToolEntry, tool_entries


class ToolColumn(QWidget):
    """Shows which tool is in the hand, and puts another there."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel = easel
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(3, 5, 3, 5)
        column.setSpacing(1)
        self.buttons = {entry.id: self._button(entry) for entry in tool_entries()}
        for button in self.buttons.values():
            column.addWidget(button)
        column.addStretch(1)
        easel.tool_changed.connect(self._follow)
        self._follow()

    def _button(self, entry: ToolEntry) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, entry.icon, side=20)
        button.setCheckable(True)
        button.setToolTip(f"{entry.title} ({entry.key})\n{entry.hint}")
        button.setAccessibleName(entry.title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(partial(self._take, entry.id))
        return button

    def _take(self, tool: str, _checked: bool = False) -> None:
        self.easel.take(tool)
        self._follow()

    @Slot()
    def _follow(self, *_what: object) -> None:
        for id_, button in self.buttons.items():
            button.setChecked(id_ == self.easel.tool)
