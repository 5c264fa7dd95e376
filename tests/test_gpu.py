"""The worker: the newest request wins, jobs give way, nothing is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Slot

from ganstudio.gpu import Gpu, Job, sentence


class Ear(QObject):
    """Hears all the worker says, in the thread of the test."""

    def __init__(self, gpu: Gpu) -> None:
        super().__init__()
        self.shown: list[tuple[Any, Any]] = []
        self.failed: list[tuple[Any, str]] = []
        self.stepped: list[Any] = []
        self.ended: list[tuple[Job, str]] = []
        gpu.shown.connect(self.on_shown)
        gpu.failed.connect(self.on_failed)
        gpu.stepped.connect(self.on_stepped)
        gpu.ended.connect(self.on_ended)

    @Slot(object, object)
    def on_shown(self, request: Any, answer: Any) -> None:
        self.shown.append((request, answer))

    @Slot(object, str)
    def on_failed(self, request: Any, words: str) -> None:
        self.failed.append((request, words))

    @Slot(object, object)
    def on_stepped(self, job: Job, value: Any) -> None:
        self.stepped.append(value)

    @Slot(object, str)
    def on_ended(self, job: Job, outcome: str) -> None:
        self.ended.append((job, outcome))


@pytest.fixture
def worker(qapp: QCoreApplication) -> Iterator[Callable[..., tuple[Gpu, Ear]]]:
    """Starts a worker around a render function."""
    started = []

    def start(render: Callable[[Any], Any] = str) -> tuple[Gpu, Ear]:
        gpu = Gpu(render)
        ear = Ear(gpu)
        started.append((gpu, ear))
        gpu.start()
        return gpu, ear

    yield start
    for gpu, _ in started:
        gpu.stop()


def settle(gpu: Gpu) -> None:
    assert gpu.wait_until_idle()
    QCoreApplication.processEvents()


Worker = Callable[..., tuple[Gpu, Ear]]


def test_a_request_is_answered_with_itself(worker: Worker) -> None:
    gpu, ear = worker()
    gpu.show(3)
    settle(gpu)
    assert ear.shown == [(3, "3")]


def test_none_is_a_request_like_any_other(worker: Worker) -> None:
    gpu, ear = worker()
    gpu.show(None)
    settle(gpu)
    assert ear.shown == [(None, "None")]


def test_in_a_storm_the_last_request_is_the_last_answer_and_none_comes_late(worker: Worker) -> None:
    gpu, ear = worker(lambda n: time.sleep(0.004))
    for n in range(400):
        gpu.show(n)
        if n % 8 == 0:
            time.sleep(0.001)
            QCoreApplication.processEvents()
    settle(gpu)
    answered = [n for n, _ in ear.shown]
    assert answered[-1] == 399
    assert answered == sorted(answered)
    assert len(answered) < 200


def test_a_request_not_begun_is_forgotten_for_a_newer_one(worker: Worker) -> None:
    gate, begun = threading.Event(), threading.Event()

    def render(n: int) -> int:
        begun.set()
        gate.wait(5)
        return n

    gpu, ear = worker(render)
    gpu.show(0)
    assert begun.wait(5)
    for n in (1, 2, 3):
        gpu.show(n)
    gate.set()
    settle(gpu)
    assert [n for n, _ in ear.shown] == [0, 3]


def test_work_is_done_off_the_gui_thread_and_heard_in_it(worker: Worker) -> None:
    gpu, ear = worker(lambda _: threading.get_ident())
    gpu.show(1)
    settle(gpu)
    assert ear.shown[0][1] != threading.get_ident()


def test_a_failing_request_is_one_sentence_and_the_next_one_works(worker: Worker) -> None:
    def render(n: int) -> int:
        if n == 0:
            raise ValueError("That cannot be drawn.")
        return n

    gpu, ear = worker(render)
    gpu.show(0)
    settle(gpu)
    gpu.show(1)
    settle(gpu)
    assert ear.failed == [(0, "That cannot be drawn.")]
    assert ear.shown == [(1, 1)]


def test_jobs_run_in_order_and_report(worker: Worker) -> None:
    gpu, ear = worker()
    jobs = [Job(iter("ab")), Job(iter("cd"))]
    for job in jobs:
        gpu.submit(job)
    settle(gpu)
    assert ear.stepped == [*"abcd"]
    assert ear.ended == [(jobs[0], ""), (jobs[1], "")]


def test_a_job_marked_first_goes_before_the_others(worker: Worker) -> None:
    gpu, ear = worker()
    gate = threading.Event()

    def slow() -> Iterator[str]:
        gate.wait(5)
        yield "slow"
        yield "slow again"

    gpu.submit(Job(slow()))
    gpu.submit(Job(iter(["waits"])))
    gpu.submit(Job(iter(["first"]), first=True))
    gate.set()
    settle(gpu)
    assert ear.stepped.index("first") < ear.stepped.index("slow again") < ear.stepped.index("waits")


def test_jobs_marked_first_leave_the_others_a_share_of_the_steps(worker: Worker) -> None:
    gpu, ear = worker()
    gate = threading.Event()

    def held() -> Iterator[str]:
        gate.wait(5)
        yield "held"

    gpu.submit(Job(held()))
    gpu.submit(Job(iter(["export"] * 10)))
    gpu.submit(Job(iter(["thumbnail"] * 60), first=True))
    gate.set()
    settle(gpu)
    during = ear.stepped[: len(ear.stepped) - ear.stepped[::-1].index("thumbnail")]
    assert 8 <= during.count("export") <= during.count("thumbnail") / 2


def test_a_job_gives_way_to_requests_between_its_steps(worker: Worker) -> None:
    log: list[str] = []
    gpu, _ = worker(lambda n: log.append(f"picture {n}"))

    def steps() -> Iterator[int]:
        for n in range(4):
            log.append(f"step {n}")
            if n == 1:
                gpu.show(n)
            yield n

    gpu.submit(Job(steps()))
    settle(gpu)
    assert log == ["step 0", "step 1", "picture 1", "step 2", "step 3"]


def test_a_cancelled_job_is_closed_and_says_so(worker: Worker) -> None:
    closed: list[int] = []
    begun = threading.Event()

    def steps() -> Iterator[int]:
        try:
            for n in range(10**6):
                begun.set()
                time.sleep(0.001)
                yield n
        finally:
            closed.append(1)

    gpu, ear = worker()
    job = Job(steps())
    gpu.submit(job)
    assert begun.wait(5)
    job.cancel()
    job.cancel()
    settle(gpu)
    assert closed == [1]
    assert ear.ended == [(job, "cancelled")]


def test_cancelling_waits_neither_for_other_jobs_nor_for_requests(worker: Worker) -> None:
    log: list[str] = []
    gpu, _ = worker(lambda n: log.append("picture"))

    def closing() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            log.append("closed")

    def other() -> Iterator[int]:
        job.cancel()
        gpu.show(1)
        yield 1
        log.append("other")

    job = Job(closing())
    next(job.steps)
    gpu.submit(Job(other()))
    gpu.submit(job)
    settle(gpu)
    assert log == ["closed", "picture", "other"]


def test_a_job_cancelled_before_it_began_does_nothing(worker: Worker) -> None:
    gpu, ear = worker()
    job = Job(iter([1, 2]))
    job.cancel()
    gpu.submit(job)
    settle(gpu)
    assert (ear.stepped, ear.ended) == ([], [(job, "cancelled")])


def test_a_failing_job_is_one_sentence_and_the_next_one_runs(worker: Worker) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("The disk is full.")

    gpu, ear = worker()
    gpu.submit(Job(broken()))
    gpu.submit(Job(iter([2])))
    settle(gpu)
    assert [outcome for _, outcome in ear.ended] == ["The disk is full.", ""]
    assert ear.stepped == [1, 2]


def test_a_job_that_fails_while_it_is_closed_is_one_sentence(worker: Worker) -> None:
    def stubborn() -> Iterator[int]:
        try:
            while True:
                time.sleep(0.001)
                yield 1
        finally:
            raise OSError("The partial file could not be removed.")

    gpu, ear = worker()
    job = Job(stubborn())
    gpu.submit(job)
    time.sleep(0.02)
    job.cancel()
    settle(gpu)
    assert ear.ended == [(job, "The partial file could not be removed.")]


def test_stopping_closes_the_jobs_that_wait(qapp: QCoreApplication) -> None:
    closed: list[str] = []

    def steps(name: str) -> Iterator[int]:
        try:
            while True:
                time.sleep(0.002)
                yield 1
        finally:
            closed.append(name)

    gpu = Gpu(str)
    ear = Ear(gpu)
    gpu.start()
    gpu.submit(Job(steps("a")))
    time.sleep(0.05)
    gpu.submit(Job(steps("never begun")))
    gpu.stop()
    QCoreApplication.processEvents()
    assert gpu.isFinished()
    assert closed == ["a"]  # one that never began has nothing to clean up
    assert [outcome for _, outcome in ear.ended] == ["cancelled", "cancelled"]


def test_stopping_twice_or_before_the_start_is_harmless(qapp: QCoreApplication) -> None:
    never = Gpu(str)
    never.stop()
    gpu = Gpu(str)
    gpu.start()
    gpu.stop()
    gpu.stop()
    assert gpu.isFinished()


def test_no_thread_is_left(qapp: QCoreApplication) -> None:
    for _ in range(5):
        gpu = Gpu(str)
        gpu.start()
        gpu.show(1)
        gpu.stop()
        assert not gpu.isRunning()


def test_waiting_gives_up_in_time(worker: Worker) -> None:
    gate = threading.Event()
    gpu, _ = worker(lambda _: gate.wait(5))
    gpu.show(1)
    assert not gpu.wait_until_idle(0.05)
    gate.set()
    assert gpu.wait_until_idle()


def test_expected_errors_are_logged_once_and_without_a_traceback(qapp, caplog) -> None:
    def fail(request: object) -> object:
        if request:
            raise ValueError(f"Nothing to draw at {request}.")
        return request

    gpu = Gpu(fail, expected=(ValueError,))
    gpu.start()
    try:
        for request in (1, 1, 2, 0, 2):
            gpu.show(request)
            assert gpu.wait_until_idle()
        gpu.submit(Job(map(fail, [3])))
        assert gpu.wait_until_idle()
    finally:
        gpu.stop()
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"Nothing to draw at {n}." for n in (1, 2, 2, 3)]
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(("error", "words"), [
    (ValueError("Plain words."), "Plain words."), (KeyError(), "Something went wrong (KeyError)."),
    (MemoryError(), "There is not enough memory for this."), (RuntimeError("  x  "), "x"),
    (RuntimeError("Out of memory.\nat line 3 of kernel.cpp"), "Out of memory."),
])  # fmt: skip
def test_every_error_has_words(error: Exception, words: str) -> None:
    assert sentence(error) == words
