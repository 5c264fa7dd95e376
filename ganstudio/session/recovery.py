"""Nothing is lost in a crash: unsaved work is copied aside every few seconds and offered at the next start.

Each running program has a name of its own in the recovery folder: `<name>.gans`, the snapshot; `<name>.json`, whose
project it is; `<name>.lock`, held while it runs, so that a second program is not taken for a crash.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal, Slot

from ganstudio.document.atomic import write_atomically
from ganstudio.document.document import Document
from ganstudio.document.file import SUFFIX, ProjectError, write_project
from ganstudio.session.preferences import Preferences
from ganstudio.session.session import Session
from ganstudio.settings import AUTOSAVE, Settings, user_data

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovered:
    """Unsaved work of a program that ended badly: the snapshot, the project it belongs to (None: never saved) and
    when it was written, in seconds since 1970."""

    snapshot: Path
    original: Path | None
    written: float


class Recovery(QObject):
    """Keeps the snapshot of this program and finds those of others."""

    failed = Signal(str)
    """One sentence: the snapshot could not be written (told once until one succeeds)."""

    def __init__(self, session: Session, preferences: Preferences, folder: Path | None = None,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._folder = folder or user_data() / "recovery"
        self._kept: Document | None = None
        self._warned = False
        self._file = self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}{SUFFIX}"
        self._lock: QLockFile | None = None
        self._claims: dict[Path, QLockFile] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.snapshot)
        self._set_pace(preferences.value, preferences.value)
        preferences.changed.connect(self._set_pace)
        session.history_changed.connect(self._forget_saved)
        self._timer.start()

    def found(self) -> list[Recovered]:
        """What ended programs left behind, the newest first. It is this program's from now on, until it is discarded
        or the program ends; then others may find it again."""
        left = []
        for snapshot in self._folder.glob(f"*{SUFFIX}"):
            if snapshot != self._file and self._claim(snapshot):
                left.append(Recovered(snapshot, _original(snapshot), snapshot.stat().st_mtime))
        return sorted(left, key=lambda r: -r.written)

    def discard(self, recovered: Recovered) -> None:
        """Delete a snapshot for good."""
        _remove(recovered.snapshot)
        if (lock := self._claims.pop(recovered.snapshot, None)) is not None:
            lock.unlock()

    @Slot()
    def snapshot(self) -> None:
        """Copy what is not saved aside; take the copy away when there is nothing unsaved."""
        document = self._session.document
        self._forget_saved()
        if self._session.dirty and document is not self._kept:
            self._write(document)

    def close(self) -> None:
        """The program ends as it should: nothing is left to recover."""
        self._timer.stop()
        self._forget()
        for lock in (*self._claims.values(), *([self._lock] if self._lock else [])):
            lock.unlock()
        self._claims, self._lock = {}, None

    def _write(self, document: Document) -> None:
        try:
            self._hold()
            path = self._session.path
            note = json.dumps({"original": str(path.absolute()) if path else None})
            write_atomically(self._file.with_suffix(".json"), note.encode("utf-8"))
            write_project(self._file, document)
            self._kept, self._warned = document, False
        except (ProjectError, OSError) as error:
            log.warning("The snapshot for recovery failed: %s", error)
            if not self._warned:
                self._warned = True
                self.failed.emit(f"Unsaved work cannot be kept safe for recovery: {error}")

    def _hold(self) -> None:
        """Mark this program's snapshot as that of a living one."""
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = _lock_of(self._file)
            if lock.tryLock(0):
                self._lock = lock

    def _claim(self, snapshot: Path) -> bool:
        """Whether no living program but this one holds the snapshot."""
        if snapshot not in self._claims:
            lock = _lock_of(snapshot)
            if not lock.tryLock(0):
                return False
            self._claims[snapshot] = lock
        return True

    def _forget(self) -> None:
        if self._kept is not None:
            _remove(self._file)
            self._kept = None

    @Slot()
    def _forget_saved(self) -> None:
        if not self._session.dirty:
            self._forget()

    @Slot(object, object)
    def _set_pace(self, _before: Settings, settings: Settings) -> None:
        low, high = AUTOSAVE
        self._timer.setInterval(1000 * min(max(settings.autosave_seconds, low), high))


def _lock_of(snapshot: Path) -> QLockFile:
    """A lock that only the end of its program makes stale, never its age."""
    lock = QLockFile(str(snapshot.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock


def _original(snapshot: Path) -> Path | None:
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(snapshot.with_suffix(".json").read_text("utf-8"))
        if isinstance(note, dict) and isinstance(note.get("original"), str):
            return Path(note["original"])
    return None


def _remove(snapshot: Path) -> None:
    for path in (snapshot, snapshot.with_suffix(".json")):
        with contextlib.suppress(OSError):
            path.unlink()
