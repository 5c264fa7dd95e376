"""The window's commands: texts, keys and icons in one table each, and the menus made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from ganstudio.ui.theme import set_icon


@dataclass(frozen=True)
class Command:
    """One entry: `id` names it in menus and settings, `keys` are its shortcuts (the first is shown)."""

    id: str
    text: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    icon: str = ""


def make_actions(owner: QWidget, commands: Iterable[Command]) -> dict[str, QAction]:
    """The actions of these commands, active in the whole window of `owner`."""
    return {command.id: _action(owner, command) for command in commands}


def _action(owner: QWidget, command: Command) -> QAction:
    action = QAction(command.text, owner)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(key) for key in command.keys])
    run = command.run
    action.triggered.connect(lambda _checked=False: run())
    if command.icon:
        set_icon(action, command.icon)
    owner.addAction(action)
    return action


def fill_menu(menu: QMenu, actions: Mapping[str, QAction], ids: str) -> None:
    """Put actions into a menu by their ids, separated by blanks; `|` draws a line."""
    for id_ in ids.split():
        if id_ == "|":
            menu.addSeparator()
        else:
            menu.addAction(actions[id_])
