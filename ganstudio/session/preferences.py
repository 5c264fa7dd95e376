"""The settings as the running program shares them: one current value, a signal, saved at every change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ganstudio.document.atomic import disk_sentence
from ganstudio.settings import RECENT, Settings, read_settings, user_data, write_settings


class Preferences(QObject):
    """Holds the current `Settings` and keeps their file in step."""

    changed = Signal(object, object)
    """(settings before, settings after)"""
    failed = Signal(str)
    """One sentence: the settings could not be saved; they count until the program ends."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path or user_data() / "settings.json"
        self._value = read_settings(self.path)

    @property
    def value(self) -> Settings:
        """What counts now."""
        return self._value

    def change(self, settings: Settings) -> None:
        """Make other settings count, save them and tell everybody."""
        if settings == self._value:
            return
        before, self._value = self._value, settings
        try:
            write_settings(self.path, settings)
        except OSError as error:
            self.failed.emit(disk_sentence(error, self.path))
        self.changed.emit(before, settings)

    def remember_file(self, path: Path) -> None:
        """Put a project at the head of the recent files."""
        name = str(path.absolute())
        others = [f for f in self._value.recent_files if f != name]
        self.change(replace(self._value, recent_files=(name, *others)[:RECENT]))

    def forget_file(self, path: Path) -> None:
        """Take a project that is not there any more out of the recent files."""
        others = tuple(f for f in self._value.recent_files if f != str(path.absolute()))
        self.change(replace(self._value, recent_files=others))
