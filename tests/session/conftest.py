"""A session with everything around it but the window, on the exact tiny generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication

from ganstudio.gpu import Gpu
from ganstudio.registry import PluginRegistry
from ganstudio.session.jobs import Jobs
from ganstudio.session.opening import Opening
from ganstudio.session.preferences import Preferences
from ganstudio.session.session import Session
from ganstudio.session.shelves import Shelves
from tests.models import TinyLibrary, tiny_document


@dataclass
class Desk:
    """The parts, and what they said."""

    session: Session
    gpu: Gpu
    jobs: Jobs
    library: TinyLibrary
    preferences: Preferences
    shelves: Shelves
    opening: Opening
    heard: list[Any]

    def settle(self) -> None:
        """Wait until the worker has nothing to do and all it said was heard."""
        assert self.gpu.wait_until_idle()
        QCoreApplication.processEvents()


@pytest.fixture
def desk(qapp: QCoreApplication, tmp_path: Path) -> Iterator[Desk]:
    library, session = TinyLibrary(), Session(tiny_document())
    gpu = Gpu(str)
    jobs, preferences, shelves = Jobs(gpu), Preferences(tmp_path / "settings.json"), Shelves(tmp_path / "directions")
    opening = Opening(session, jobs, library, PluginRegistry(library), shelves, preferences)
    heard: list[Any] = []
    opening.failed.connect(lambda words: heard.append(("failed", words)))
    opening.opened.connect(lambda: heard.append("opened"))
    opening.saved.connect(lambda: heard.append("saved"))
    opening.found.connect(lambda found: heard.append(("found", found)))
    gpu.start()
    yield Desk(session, gpu, jobs, library, preferences, shelves, opening, heard)
    gpu.stop()
