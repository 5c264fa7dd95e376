"""Keys that mean something on the canvas and in the list of layers, before the window's menus see them.

The actions stand in menus and in the list of shortcuts, but are in no widget's own list: there, Qt would find the keys
that the window also uses (such as Ctrl+D) ambiguous and run neither.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from ganstudio.ui.actions import Command
from ganstudio.ui.theme import set_icon

OWN = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
"""Keys that the canvas takes by itself."""


class CanvasKeys(QObject):
    """Runs actions by their keys when it is asked to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.actions: dict[str, QAction] = {}

    def add(self, commands: Iterable[Command]) -> None:
        """Take up commands; their actions belong to the canvas."""
        for command in commands:
            self.actions[command.id] = self._action(command)

    def _action(self, command: Command) -> QAction:
        action = QAction(command.text, self.parent())
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        run = command.run
        action.triggered.connect(lambda _checked=False: run())
        if command.icon:
            set_icon(action, command.icon)
        return action

    def means(self, event: QKeyEvent) -> bool:
        """Whether a key would do something here."""
        plain = not event.modifiers() and event.key() in OWN
        return plain or self._found(event) is not None

    def run(self, event: QKeyEvent, kind: str = "") -> bool:
        """Do what a key means; whether it meant anything. `kind`: only commands whose ids begin like this."""
        action = self._found(event)
        if action is None or not action.objectName().startswith(kind):
            return False
        if action.isEnabled():
            action.trigger()
        return True

    def _found(self, event: QKeyEvent) -> QAction | None:
        keypad = Qt.KeyboardModifier.KeypadModifier
        modifiers = event.modifiers() & ~keypad
        pressed = QKeySequence(modifiers.value | event.key())
        return next((a for a in self.actions.values() if pressed in a.shortcuts()), None)
