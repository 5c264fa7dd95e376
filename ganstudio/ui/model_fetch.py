"""Fetching a model that does not come with the program: a child process, so that neither window nor preview waits.

The child prints a JSON object a line: `text` and `fraction` (0..1, or null) while it works, `error` (one sentence)
when it fails. Ending it early leaves nothing, since what it fetches is put in place at its end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.session.child import Child
from ganstudio.ui.text import tr

Command = Callable[[str], Sequence[str]]
"""The child's program and arguments for a model's id."""


def fetch_command(model_id: str) -> list[str]:
    """This program's own way to fetch a model."""
    return [sys.executable, "-m", "ganstudio.checkpoints.fetch", model_id]


class ModelFetch(QObject):
    """One fetch at a time."""

    progressed = Signal(str, float)
    """What it does now, and how far it is (0..1; below 0 when that is not known)."""
    ended = Signal(str)
    """"" when the model is there, "cancelled", or one sentence saying what went wrong."""

    def __init__(self, command: Command = fetch_command, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._error = ""
        self._child = Child(self)
        self._child.said.connect(self._take)
        self._child.ended.connect(self._finish)

    @property
    def running(self) -> bool:
        """Whether a fetch is under way."""
        return self._child.running

    def start(self, model_id: str) -> None:
        """Begin."""
        if not self.running:
            self._error = ""
            self._child.start(self._command(model_id))

    @Slot()
    def cancel(self) -> None:
        """Ask it to end, and to tidy up; make it end when it does not. `ended` follows."""
        self._child.stop()

    @Slot()
    def stop(self) -> None:
        """End it now and wait until it is gone (for the end of the program)."""
        self._child.close()

    @Slot(object)
    def _take(self, line: Mapping[str, Any]) -> None:
        if "error" in line:
            self._error = str(line["error"])
        else:
            fraction = line.get("fraction")
            self.progressed.emit(str(line.get("text", "")), -1.0 if fraction is None else float(fraction))

    @Slot(str, bool)
    def _finish(self, reason: str, stopped: bool) -> None:
        if stopped:
            self.ended.emit("cancelled")
        elif self._error:
            self.ended.emit(self._error)
        else:
            self.ended.emit(reason and tr("The download failed ({reason}).").format(reason=reason))
