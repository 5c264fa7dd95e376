"""The one door for every text a user reads, so that translations find them all."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "GANStudio"
"""The context under which translation files list our texts."""


def tr(text: str, note: str | None = None, count: int = -1) -> str:
    """The text in the user's language. `note` tells same texts apart; `count` picks the plural (`%n`)."""
    return QCoreApplication.translate(CONTEXT, text, note, count)
