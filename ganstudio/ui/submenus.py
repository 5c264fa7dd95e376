"""Menus whose entries are found, not written down: recent files, docks, themes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QDockWidget, QMenu, QWidget

from ganstudio.session.studio import Studio
from ganstudio.ui.file_flow import FileFlow
from ganstudio.ui.text import tr


class RecentMenu(QMenu):
    """The projects opened last, the newest first."""

    def __init__(self, studio: Studio, files: FileFlow, parent: QWidget) -> None:
        super().__init__(tr("Open &Recent"), parent)
        self._studio, self._files = studio, files
        studio.preferences.changed.connect(self._fill)
        self._fill()

    @Slot()
    def _fill(self, _before: object = None, _after: object = None) -> None:
        self.clear()
        for name in self._studio.preferences.value.recent_files:
            path = Path(name)
            action = self.addAction(f"{path.stem}   {_short(path.parent)}".replace("&", "&&"))
            action.setToolTip(name)
            action.triggered.connect(partial(self._open, path))
        self.setEnabled(not self.isEmpty())

    def _open(self, path: Path, _checked: bool = False) -> None:
        self._files.open(path)


def _short(folder: Path) -> str:
    """A folder as people write it, its middle left out when it is long."""
    try:
        text = f"~/{folder.relative_to(Path.home()).as_posix()}"
    except ValueError:
        text = str(folder)
    return text if len(text) <= 48 else f"{text[:20]}…{text[-27:]}"


class DocksMenu(QMenu):
    """Which parts of the window are shown."""

    def __init__(self, docks: Iterable[QDockWidget], parent: QWidget) -> None:
        super().__init__(tr("&Panels"), parent)
        for dock in docks:
            self.addAction(dock.toggleViewAction())


class ThemeMenu(QMenu):
    """Dark, light, or what the system has."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(tr("&Theme"), parent)
        self._studio = studio
        self._group = QActionGroup(self)
        for theme, text in (("dark", tr("&Dark")), ("light", tr("&Light")), ("system", tr("As the &System"))):
            action = self.addAction(text)
            action.setCheckable(True)
            action.setData(theme)
            self._group.addAction(action)
            action.triggered.connect(partial(self._choose, theme))
        studio.preferences.changed.connect(self._show)
        self._show()

    def _choose(self, theme: str, _checked: bool = False) -> None:
        preferences = self._studio.preferences
        preferences.change(replace(preferences.value, theme=theme))

    @Slot()
    def _show(self, _before: object = None, _after: object = None) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._studio.preferences.value.theme)
