"""A program of ours in a process of its own, that prints a JSON object a line: neither window nor preview waits for it.

Closing it early is asked for politely first. What it wrote on stderr last is what went wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

PATIENCE = 3000
"""Milliseconds a child has to end by itself when the program is closed."""


class Child(QObject):
    """One process at a time."""

    said = Signal(object)
    """A line it printed: a dict."""
    ended = Signal(str, bool)
    """What went wrong (its last words; empty: nothing), and whether it was told to end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped, self._errors = False, b""
        self._process = QProcess(self)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._process.kill)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._fail)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.close)

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Begin, unless one is under way; `environment` adds to ours."""
        if self.running:
            return
        self._stopped, self._errors = False, b""
        variables = QProcessEnvironment.systemEnvironment()
        for name, value in (environment or {}).items():
            variables.insert(name, value)
        self._process.setProcessEnvironment(variables)
        program, *arguments = command
        self._process.start(program, arguments)

    def tell(self, line: Mapping[str, Any]) -> None:
        """Hand it a line of JSON to read."""
        self._process.write(json.dumps(dict(line)).encode() + b"\n")

    def stop(self, patience: int = PATIENCE) -> None:
        """Ask it to end, and to tidy up; after `patience` milliseconds, make it. `ended` follows."""
        if not self.running:
            return
        self._stopped = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._process.terminate()
            self._patience.start(patience)

    @Slot()
    def close(self) -> None:
        """End it now and wait until it is gone (for the end of the program)."""
        self.stop()
        if self.running and not self._process.waitForFinished(PATIENCE):
            self._process.kill()
            self._process.waitForFinished(1000)

    @Slot()
    def _read(self) -> None:
        while self._process.canReadLine():
            try:
                line = json.loads(bytes(self._process.readLine().data()))
            except ValueError:
                continue
            if isinstance(line, dict):
                self.said.emit(line)

    @Slot()
    def _hear(self) -> None:
        self._errors = (self._errors + bytes(self._process.readAllStandardError().data()))[-4000:]

    @Slot(int, QProcess.ExitStatus)
    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._patience.stop()
        self._read()
        self._hear()
        failed = code != 0 or status != QProcess.ExitStatus.NormalExit
        self.ended.emit(self._last_words() if failed else "", self._stopped)

    @Slot(QProcess.ProcessError)
    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(f"it could not be started: {self._process.errorString()}", self._stopped)

    def _last_words(self) -> str:
        words = self._errors.decode(errors="replace").strip().splitlines()
        return words[-1].strip() if words else f"exit status {self._process.exitCode()}"
