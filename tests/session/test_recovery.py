"""After a crash, unsaved work is offered; after a clean end, there is nothing to offer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ganstudio.document.file import read_project, write_project
from ganstudio.session.preferences import Preferences
from ganstudio.session.recovery import Recovery
from ganstudio.session.session import Session
from tests.models import tiny_document

CRASH = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from ganstudio.document.file import read_project
from ganstudio.session.preferences import Preferences
from ganstudio.session.recovery import Recovery
from ganstudio.session.session import Session
application = QCoreApplication([])
session = Session(read_project(Path(sys.argv[1])))
recovery = Recovery(session, Preferences(), Path(sys.argv[2]))
session.open(read_project(Path(sys.argv[1])), Path("mine.gans"), saved=False)
recovery.snapshot()
assert "torch" not in sys.modules
os._exit(3)
"""


def crash(tmp_path: Path) -> Path:
    """The recovery folder that a program leaves which died with unsaved work: keys at 0 and 2 seconds."""
    project, folder = tmp_path / "begin.gans", tmp_path / "recovery"
    write_project(project, tiny_document(seconds=2.0))
    program = [sys.executable, "-c", CRASH, str(project), str(folder)]
    assert subprocess.run(program, timeout=60, check=False).returncode == 3
    return folder


@pytest.fixture
def running(qapp: object, tmp_path: Path) -> Iterator[tuple[Session, Recovery]]:
    session = Session(tiny_document())
    recovery = Recovery(session, Preferences(tmp_path / "s.json"), tmp_path / "recovery")
    yield session, recovery
    recovery.close()


Running = tuple[Session, Recovery]


def files(tmp_path: Path) -> list[str]:
    return sorted(p.suffix for p in (tmp_path / "recovery").glob("*"))


def test_only_unsaved_work_is_copied_aside(running: Running, tmp_path: Path) -> None:
    session, recovery = running
    recovery.snapshot()
    assert files(tmp_path) == []
    session.change(tiny_document(seconds=1.0), "Keys")
    recovery.snapshot()
    assert files(tmp_path) == [".gans", ".json", ".lock"]
    copy, = (tmp_path / "recovery").glob("*.gans")
    assert read_project(copy).sequence.times == (0, 1)


def test_saving_takes_the_copy_away(running: Running, tmp_path: Path) -> None:
    session, recovery = running
    session.change(tiny_document(seconds=1.0), "Keys")
    recovery.snapshot()
    session.mark_saved(session.document, tmp_path / "a.gans")
    assert files(tmp_path) == [".lock"]


def test_what_did_not_change_is_not_written_again(running: Running, tmp_path: Path) -> None:
    session, recovery = running
    session.change(tiny_document(seconds=1.0), "Keys")
    recovery.snapshot()
    copy, = (tmp_path / "recovery").glob("*.gans")
    written = copy.stat().st_mtime_ns
    recovery.snapshot()
    assert copy.stat().st_mtime_ns == written


def test_a_living_program_is_not_taken_for_a_crash(running: Running, tmp_path: Path, qapp: object) -> None:
    session, recovery = running
    session.change(tiny_document(seconds=1.0), "Keys")
    recovery.snapshot()
    other = Recovery(Session(tiny_document()), Preferences(tmp_path / "s.json"), tmp_path / "recovery")
    assert other.found() == []
    assert recovery.found() == []
    other.close()
    assert ".gans" in files(tmp_path)


def test_a_clean_end_leaves_nothing(running: Running, tmp_path: Path) -> None:
    session, recovery = running
    session.change(tiny_document(seconds=1.0), "Keys")
    recovery.snapshot()
    recovery.close()
    assert files(tmp_path) == []


def test_after_a_crash_the_work_is_offered_once(running: Running, tmp_path: Path) -> None:
    folder = crash(tmp_path)
    _, recovery = running
    left, = recovery.found()
    assert left.original is not None
    assert left.original.name == "mine.gans"
    assert read_project(left.snapshot).sequence.times == (0, 2)
    second = Recovery(Session(tiny_document()), Preferences(tmp_path / "s.json"), folder)
    assert second.found() == []
    second.close()
    recovery.discard(left)
    assert recovery.found() == []
    assert files(tmp_path) == []


def test_work_neither_restored_nor_discarded_is_offered_again(running: Running, tmp_path: Path) -> None:
    folder = crash(tmp_path)
    _, recovery = running
    assert len(recovery.found()) == len(recovery.found()) == 1
    recovery.close()
    again = Recovery(Session(tiny_document()), Preferences(tmp_path / "s.json"), folder)
    assert len(again.found()) == 1
    again.close()


def test_a_folder_that_takes_no_files_is_told_once(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    session = Session(tiny_document())
    recovery, heard = Recovery(session, Preferences(tmp_path / "s.json"), tmp_path / "file" / "recovery"), []
    recovery.failed.connect(heard.append)
    for seconds in (1.0, 2.0):
        session.change(tiny_document(seconds=seconds), "Keys")
        recovery.snapshot()
    assert len(heard) == 1
    recovery.close()


def test_the_pace_follows_the_settings_within_bounds(running: Running, tmp_path: Path) -> None:
    _, recovery = running
    preferences = Preferences(tmp_path / "p.json")
    recovery._set_pace(preferences.value, replace(preferences.value, autosave_seconds=500))
    assert recovery._timer.interval() == 30_000
