"""The preview in step with the session."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication

from ganstudio.gpu import Gpu
from ganstudio.render.shot import Frame, Shot
from ganstudio.session.live import REST, Live
from ganstudio.session.session import Session
from tests.models import tiny_document


@dataclass
class Painter:
    """Renders nothing, in a time that it claims, behind a gate; drafts are smaller unless there are none."""

    seconds: float = 0.001
    drafts: bool = True
    gate: threading.Event = field(default_factory=threading.Event)
    broken: bool = False

    def __call__(self, shot: Shot) -> Frame:
        self.gate.wait(5)
        if self.broken:
            raise ValueError("No picture.")
        side = 1 if shot.quality == "draft" and self.drafts else 2
        return Frame(shot, np.zeros((side, side, 3), np.uint8), self.seconds)


@pytest.fixture
def painter() -> Painter:
    painter = Painter()
    painter.gate.set()
    return painter


@pytest.fixture
def live(qapp: QCoreApplication, painter: Painter) -> Iterator[tuple[Session, Live, Gpu, list[Frame]]]:
    session, gpu, frames = Session(tiny_document()), Gpu(painter), []
    live = Live(session, gpu)
    live.frame.connect(frames.append)
    gpu.start()
    yield session, live, gpu, frames
    live._rest.stop()
    gpu.stop()


Parts = tuple[Session, Live, Gpu, list[Frame]]


def settle(gpu: Gpu) -> None:
    assert gpu.wait_until_idle()
    QCoreApplication.processEvents()


def drag(session: Session, psi: float) -> None:
    document = session.document
    session.change(replace(document, latent=replace(document.latent, psi=psi)), "Psi", gesture="drag")


def test_every_change_is_drawn_and_the_last_one_last(live: Parts, painter: Painter) -> None:
    session, _, gpu, frames = live
    for i in range(1, 101):
        drag(session, i / 100)
    settle(gpu)
    assert frames[-1].shot.document is session.document
    assert frames[-1].shot.quality == "full"


def test_the_playhead_is_part_of_the_request(live: Parts) -> None:
    _, preview, gpu, frames = live
    times: list[float] = []
    preview.time_changed.connect(times.append)
    preview.set_time(1.5)
    settle(gpu)
    assert (times, preview.time, frames[-1].shot.time) == ([1.5], 1.5, 1.5)


def test_a_model_without_cheaper_pictures_is_drawn_once(live: Parts, painter: Painter) -> None:
    session, preview, gpu, frames = live
    painter.seconds, painter.drafts = 0.5, False
    preview.request()
    settle(gpu)
    drag(session, 0.3)
    settle(gpu)
    drag(session, 0.4)
    settle(gpu)
    assert [f.shot.quality for f in frames] == ["full", "draft", "full"]
    assert not preview._rest.isActive()


def test_slow_pictures_are_drafts_while_the_hand_moves_and_full_when_it_rests(live: Parts, painter: Painter) -> None:
    session, preview, gpu, frames = live
    painter.seconds = 0.5
    preview.request()
    settle(gpu)
    drag(session, 0.3)
    settle(gpu)
    assert frames[-1].shot.quality == "draft"
    deadline = time.monotonic() + 5
    while frames[-1].shot.quality == "draft" and time.monotonic() < deadline:
        time.sleep(REST / 5000)
        QCoreApplication.processEvents()
    assert frames[-1].shot.quality == "full"


def test_letting_go_draws_in_full_at_once(live: Parts, painter: Painter) -> None:
    session, preview, gpu, frames = live
    painter.seconds = 0.5
    preview.request()
    settle(gpu)
    drag(session, 0.3)
    session.end_gesture()
    settle(gpu)
    assert frames[-1].shot.quality == "full"
    assert frames[-1].shot.document is session.document


def test_letting_go_of_a_fast_picture_draws_nothing_again(live: Parts) -> None:
    session, _, gpu, frames = live
    drag(session, 0.3)
    settle(gpu)
    session.end_gesture()
    settle(gpu)
    assert len(frames) == 1


def test_a_failure_is_told_for_the_newest_request_only(live: Parts, painter: Painter) -> None:
    session, preview, gpu, _ = live
    heard: list[str] = []
    preview.failed.connect(heard.append)
    painter.broken = True
    drag(session, 0.1)
    settle(gpu)
    assert heard == ["No picture."]
    painter.gate.clear()
    drag(session, 0.2)
    time.sleep(0.02)
    drag(session, 0.3)
    painter.gate.set()
    settle(gpu)
    assert len(heard) == 2
