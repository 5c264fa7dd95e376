"""Bringing in one file, folder or address, as the window sees it: processes do the work, so nothing waits for them.

An address is downloaded first; then a process of its own reads the file, tells what it is under the answers given,
draws pictures of it, and imports it. One that dies takes nothing along but itself.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.checkpoints.download import Downloaded
from ganstudio.session.child import Child

Choices = Mapping[str, Any]


class Importer(QObject):
    """One target at a time, for the open `model` (its id) where that matters.

    What is told comes as the process printed it (see `ganstudio.import_desk`).
    """

    stepped = Signal(str, float)
    """What is done now, and how far it is (below 0: not known)."""
    told = Signal(object)
    """What the file is: a dict whose `event` is "model", "encoder" or "directions"."""
    pictured = Signal(bytes)
    """A PNG of pictures under the answers last given."""
    imported = Signal(object)
    """The path of the file that was made."""
    failed = Signal(str)
    """One sentence; with other answers it may still do, unless `running` is false."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source, self.model = "", ""
        self.downloaded: Downloaded | None = None
        self._fetch, self._desk = Child(self), Child(self)
        self._said, self._closed = "", False
        self._fetch.said.connect(self._take_fetched)
        self._fetch.ended.connect(self._end_fetch)
        self._desk.said.connect(self._take)
        self._desk.ended.connect(self._end)

    @property
    def running(self) -> bool:
        """Whether anything is under way, or could be asked for."""
        return self._fetch.running or self._desk.running

    def start_file(self, path: Path, source: str = "") -> None:
        """Read a file or folder on this machine."""
        self._said = ""
        told = {"--source": source, "--model": self.model}
        arguments = [word for option, value in told.items() if value for word in (option, value)]
        self._desk.start([sys.executable, "-m", "ganstudio.import_desk", str(path), *arguments], QUIET)
        self.look({})

    def start_address(self, address: str) -> None:
        """Download what is at an address, then read it."""
        self.source, self._said = address.strip(), ""
        self._fetch.start([sys.executable, "-m", "ganstudio.checkpoints.fetch", "url", self.source], QUIET)

    def look(self, choices: Choices) -> None:
        """Ask what the file is under these answers, and for pictures."""
        self._desk.tell({"do": "look", "choices": dict(choices)})

    def bring_in(self, choices: Choices, name: str = "", model: str = "") -> None:
        """Ask to import it; `imported` or `failed` follows."""
        self._desk.tell({"do": "import", "choices": dict(choices), "name": name, "model": model})

    @Slot()
    def close(self) -> None:
        """End whatever is under way, then go; a download is kept to go on from, one that came whole is forgotten."""
        self._closed = True
        for child in (self._fetch, self._desk):
            child.stop()
        self.forget_download()
        self._leave()

    def forget_download(self) -> None:
        """What was downloaded is not needed any more."""
        if self.downloaded is not None:
            self.downloaded.remove()
            self.downloaded = None

    @Slot(object)
    def _take_fetched(self, line: Mapping[str, Any]) -> None:
        if "error" in line:
            self._said = str(line["error"])
            self.failed.emit(self._said)
            return
        fraction = line.get("fraction")
        self.stepped.emit(str(line.get("text", "")), -1.0 if fraction is None else float(fraction))
        if "path" in line:
            url = self.source.partition("#")[0]
            self.downloaded = Downloaded(Path(str(line["path"])), str(line.get("sha256", "")), url)

    @Slot(str, bool)
    def _end_fetch(self, reason: str, stopped: bool) -> None:
        if stopped:
            self.forget_download()
            self._leave()
        elif self.downloaded is not None and not reason:
            self.start_file(self.downloaded.path, self.downloaded.url)
        elif not self._said:
            self.failed.emit(f"The download failed ({reason}).")

    @Slot(object)
    def _take(self, line: Mapping[str, Any]) -> None:
        match line.get("event"):
            case "step":
                self.stepped.emit(str(line["text"]), -1.0)
            case "picture":
                self.pictured.emit(base64.b64decode(line["png"]))
            case "imported":
                self.imported.emit(Path(str(line["path"])))
            case "error":
                self.failed.emit(str(line["text"]))
            case _:
                self.told.emit(line)

    @Slot(str, bool)
    def _end(self, reason: str, stopped: bool) -> None:
        if not stopped:
            self.failed.emit(f"This file ended the program that reads it ({reason or 'without a word'}): it is "
                             f"damaged, or needs more memory than there is.")
        self._leave()

    def _leave(self) -> None:
        """Go, once told to and nothing is under way."""
        if self._closed and not self.running:
            self.deleteLater()


QUIET = {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
"""One thread: the preview goes on beside it."""
