"""What exports were asked for before: a set of choices for each kind of file, kept among the preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths

from ganstudio.session.studio import Studio

FILMS = ("mp4", "prores")
"""Kinds that go where the user's films are; all others go to the pictures."""


class ExportMemory:
    """Recalls by kind, and does not believe what is kept to be of the right type."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @property
    def kind(self) -> str:
        """The format to offer first: the one last used for a sequence."""
        return str(self._all().get("format", "mp4"))

    def last(self, kind: str) -> dict[str, Any]:
        """The choices of the last export of a kind; empty where there are none."""
        choices = self._all().get(kind)
        return choices if isinstance(choices, dict) else {}

    def folder(self, kind: str) -> Path:
        """Where the last export of a kind went, or else beside the project, or else where the user has such files."""
        project = self._studio.session.path
        return Path(str(self.last(kind).get("folder") or (project.parent if project else usual_folder(kind))))

    def keep(self, entries: Mapping[str, Any]) -> None:
        """Remember choices under their kinds, and under "format" the kind that is to be offered first."""
        preferences = self._studio.preferences
        preferences.change(replace(preferences.value, last_export={**self._all(), **entries}))

    def _all(self) -> dict[str, Any]:
        return dict(self._studio.preferences.value.last_export)


def usual_folder(kind: str) -> Path:
    """Where the user's films or pictures are."""
    places = QStandardPaths.StandardLocation
    folder = Path(QStandardPaths.writableLocation(places.MoviesLocation if kind in FILMS else places.PicturesLocation))
    return folder if folder.is_dir() else Path.home()
