"""The panel of layers: the list, what can be added and done, and the chosen ones in numbers."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, Slot
from PySide6.QtGui import QAction, QCursor, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ganstudio.ui.actions import fill_menu
from ganstudio.ui.canvas_commands import ADD_MENU, ALIGN, LAYER_MENU
from ganstudio.ui.canvas_keys import CanvasKeys
from ganstudio.ui.columns import line, scrolled
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_list import LayerList
from ganstudio.ui.layer_numbers import LayerNumbers
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon

FOOT = "duplicate group delete raise lower"
"""Commands with a button below the list."""


class LayersPanel(QWidget):
    """Puts list, buttons and numbers together; keys work here as on the canvas."""

    def __init__(self, easel: Easel, keys: CanvasKeys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel, self.keys = easel, keys
        self.list, self.numbers = LayerList(easel, self), LayerNumbers(easel, self)
        self.empty = QLabel(tr("No layers yet. Drag seeds or photos onto the canvas, or add one below."), self)
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(tr("Layers"))
        self.list.menu_asked.connect(self._show_menu)
        easel.studio.session.changed.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll(), 1)
        column.addWidget(line(self))
        column.addLayout(self._foot())
        column.addWidget(line(self))
        column.addWidget(self.numbers)
        self.setMinimumWidth(260)

    def _scroll(self) -> QScrollArea:
        content = QWidget(self)
        self.empty.setProperty("tone", "dim")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about = QVBoxLayout()
        about.setContentsMargins(20, 24, 20, 24)
        about.addWidget(self.empty)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list)
        column.addLayout(about)
        column.addStretch(1)
        scroll = scrolled(content, self)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return scroll

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(2)
        add = self._menu_button("plus", tr("Add a layer"), ADD_MENU)
        add.setText(tr("Add"))
        add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row.addWidget(add)
        row.addStretch(1)
        row.addWidget(self._menu_button("align-centre", tr("Align"), ALIGN))
        for id_ in FOOT.split():
            row.addWidget(self._button(self.keys.actions[id_]))
        return row

    def _menu_button(self, icon: str, tip: str, ids: str) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, icon)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        menu = QMenu(button)
        fill_menu(menu, self.keys.actions, ids)
        menu.aboutToHide.connect(partial(_leave, button))
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _button(self, action: QAction) -> QToolButton:
        """A button that does what an action does, without giving its keys to the window."""
        button = QToolButton(self)
        set_icon(button, str(action.property("theme_icon") or "more"))
        keys = ", ".join(key.toString() for key in action.shortcuts()[:1])
        button.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(action.trigger)
        return button

    @Slot()
    def _follow(self, *_what: object) -> None:
        self.empty.setVisible(not self.easel.edits.collage)

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.keys.actions, LAYER_MENU)
        menu.popup(at)

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not taken by the window's menus."""
        if event.type() == QEvent.Type.ShortcutOverride and self.keys.means(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The commands of the canvas."""
        if not self.keys.run(event):
            super().keyPressEvent(event)


def _leave(button: QToolButton) -> None:
    """Where the pointer is now: a button whose menu took the pointer's leaving for itself would stay lit."""
    over = button.rect().contains(button.mapFromGlobal(QCursor.pos()))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, over)
    button.update()
