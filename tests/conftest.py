"""What holds for every test: no user data touched, no screen needed, fixed seeds, no warning, nothing left behind."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
import torch  # before Qt: Windows needs this order
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from shiboken6 import Shiboken

from ganstudio.render import precision

torch.set_num_threads(1)
settings.register_profile("house", derandomize=True, deadline=None, max_examples=50,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("house")

PATIENCE = 2.0
"""Seconds that threads and windows have to be gone after a test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that need minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="needs minutes: run with --slow"))


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renderers size the pool by the cores there are; here they find one."""
    monkeypatch.setattr(precision, "usable_cores", lambda: 1)


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user data folder of the test's own, with no code compiled into it behind a test's back."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("GANSTUDIO_DATA", str(folder))
    monkeypatch.setenv("GANSTUDIO_COMPILE", "0")
    return folder


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


class Started:
    """Every QThread and QTimer that Python code started, as long as it exists."""

    def __init__(self) -> None:
        self.found: list[weakref.ref[QObject]] = []
        for kind in (QThread, QTimer):
            self._watch(kind)

    def _watch(self, kind: Any) -> None:
        start: Callable[..., Any] = kind.start

        def started(thing: Any, *args: Any) -> Any:
            self.found.append(weakref.ref(thing))
            return start(thing, *args)

        kind.start = started

    def alive(self) -> list[QObject]:
        """Those that run now."""
        things = [thing for ref in self.found if (thing := ref()) is not None and Shiboken.isValid(thing)]
        self.found = [weakref.ref(thing) for thing in things]
        return [t for t in things if (t.isRunning() if isinstance(t, QThread) else t.isActive())]  # type: ignore


STARTED = Started()


def _threads() -> dict[int, str]:
    """Python's own threads (a QThread that logged something stays listed as a dummy for ever)."""
    return {id(t): f"thread {t.name}" for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _qt_things() -> dict[int, str]:
    """Top-level widgets, and running threads and timers of Qt, by their address."""
    things: list[QObject] = STARTED.alive()
    if "PySide6.QtWidgets" in sys.modules and QCoreApplication.instance() is not None:
        things += sys.modules["PySide6.QtWidgets"].QApplication.topLevelWidgets()
    return {Shiboken.getCppPointer(t)[0]: f"{type(t).__name__} {t.objectName()}".strip() for t in things}


def _things() -> dict[int, str]:
    return {**_threads(), **_qt_things()}


def _tidy() -> None:
    """Let go of what is only waiting to be deleted."""
    if QCoreApplication.instance() is not None:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture(autouse=True)
def _nothing_left_behind(_fixed_seeds: None) -> Iterator[None]:
    """Fail a test that leaves a widget, a timer or a thread; such leaks make later tests fail without a reason."""
    before = _things()
    yield
    deadline = time.monotonic() + PATIENCE
    while left := {k: v for k, v in _things().items() if k not in before}:
        if time.monotonic() > deadline:
            pytest.fail(f"The test left behind: {', '.join(sorted(left.values()))}.")
        _tidy()
        time.sleep(0.01)
