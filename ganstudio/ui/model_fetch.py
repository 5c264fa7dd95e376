"""Fetching a model that does not come with the program: a child process, so that neither window nor preview waits.

The child prints a JSON object a line: `text` and `fraction` (0..1, or null) while it works, `error` (one sentence)
when it fails. Ending it early leaves nothing, since what it fetches is put in place at its end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal, Slot

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
        self._cancelled = False
        self._error = ""
        self._process = QProcess(self)
        self._patience = QTimer(self, singleShot=True, interval=3000)
        self._patience.timeout.connect(self._process.kill)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._fail)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether a fetch is under way."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, model_id: str) -> None:
        """Begin."""
        if not self.running:
            self._cancelled, self._error = False, ""
            program, *arguments = self._command(model_id)
            self._process.start(program, arguments)

    @Slot()
    def cancel(self) -> None:
        """Ask it to end, and to tidy up; make it end when it does not. `ended` follows."""
        self._cancelled = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._process.terminate()
            self._patience.start()

    @Slot()
    def stop(self) -> None:
        """End it now and wait until it is gone (for the end of the program)."""
        if self.running:
            self.cancel()
            if not self._process.waitForFinished(3000):
                self._process.kill()
                self._process.waitForFinished(1000)

    @Slot()
    def _read(self) -> None:
        while self._process.canReadLine():
            try:
                self._take(json.loads(bytes(self._process.readLine().data())))
            except ValueError:
                continue

    def _take(self, line: Any) -> None:
        if isinstance(line, dict) and "error" in line:
            self._error = str(line["error"])
        elif isinstance(line, dict):
            fraction = line.get("fraction")
            self.progressed.emit(str(line.get("text", "")), -1.0 if fraction is None else float(fraction))

    @Slot(int, QProcess.ExitStatus)
    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._patience.stop()
        self._read()
        failed = code != 0 or status != QProcess.ExitStatus.NormalExit
        if self._cancelled:
            self.ended.emit("cancelled")
        elif failed or self._error:
            self.ended.emit(self._error or self._last_words())
        else:
            self.ended.emit("")

    @Slot(QProcess.ProcessError)
    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(tr("The download could not be started: {reason}.").format(
                reason=self._process.errorString()))

    def _last_words(self) -> str:
        words = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else tr("no reason was given")
        return tr("The download failed ({reason}).").format(reason=reason)
