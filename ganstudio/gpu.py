"""The one thread that computes: newest request first, jobs between requests. It knows nothing of GANs.

`show` overwrites any request not yet begun, so the last request is always the last answer and nothing queues up behind
a moving hand. Jobs are Python iterators: each `next` is one short step, taken only while no request waits, so every
`yield` is at once the progress report, the cancel point and the gap for a picture.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

log = logging.getLogger(__name__)

SHARE = 4
"""While jobs marked `first` are there, every so many steps one belongs to the oldest of the others."""


class Job:
    """Work for the second lane: an iterator to be drained; cancelling closes it, so its `finally` blocks run."""

    def __init__(self, steps: Iterator[Any], *, first: bool = False) -> None:
        self.steps = steps
        self.first = first
        self.cancelled = False

    def cancel(self) -> None:
        """Ask the worker to stop before the next step; safe from any thread, any number of times."""
        self.cancelled = True


class Gpu(QThread):
    """The worker. Signals arrive in the thread of the receiver's QObject; connect them to slots, never to lambdas.

    Errors of the `expected` types have a sentence for the user and are no fault of the program: they need no traceback.
    """

    shown = Signal(object, object)
    """(request, what `render` returned)"""
    failed = Signal(object, str)
    """(request, one sentence)"""
    stepped = Signal(object, object)
    """(job, what the step yielded)"""
    ended = Signal(object, str)
    """(job, "" when it ran to its end, "cancelled", or one sentence saying what went wrong)"""

    def __init__(self, render: Callable[[Any], Any], parent: QObject | None = None, *,
                 expected: tuple[type[Exception], ...] = ()) -> None:
        super().__init__(parent)
        self._render, self._expected, self._told = render, expected, ""
        self._condition = Condition()
        self._request: tuple[Any] | None = None
        self._jobs: deque[Job] = deque()
        self._steps = 0
        self._busy = False
        self._stopping = False

    def show(self, request: Any) -> None:
        """Compute this next; a request not yet begun is forgotten."""
        with self._condition:
            self._request = (request,)
            self._condition.notify_all()

    def submit(self, job: Job) -> None:
        """Add a job behind the others (before them when it is marked `first`; they keep a small share of the steps)."""
        with self._condition:
            if job.first:
                self._jobs.appendleft(job)
            else:
                self._jobs.append(job)
            self._condition.notify_all()

    def wait_until_idle(self, timeout: float = 10.0) -> bool:
        """Block until nothing waits or runs (for tests and the end of the program); False when time ran out."""
        with self._condition:
            return self._condition.wait_for(
                lambda: not (self._busy or self._request or self._jobs) or self.isFinished(), timeout)

    def stop(self) -> None:
        """End the thread after the step in progress; jobs are closed so that they leave nothing half-written."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self.wait()

    def run(self) -> None:
        """The thread's body; Qt calls it."""
        while (task := self._next()) is not None:
            try:
                if isinstance(task, Job):
                    self._step(task)
                else:
                    self._answer(task[0])
            finally:
                with self._condition:
                    self._busy = False
                    self._condition.notify_all()
        self._close_jobs()

    def _next(self) -> Job | tuple[Any] | None:
        with self._condition:
            self._condition.wait_for(lambda: self._stopping or self._request is not None or bool(self._jobs))
            if self._stopping:
                return None
            self._busy = True
            if (cancelled := next((j for j in self._jobs if j.cancelled), None)) is not None:
                return cancelled
            request, self._request = self._request, None
            return request if request is not None else self._turn()

    def _turn(self) -> Job:
        """Whose step it is: the first job's, or, once in a while, the oldest of those that give way to it."""
        self._steps += 1
        others = (job for job in self._jobs if not job.first)
        return next(others, self._jobs[0]) if self._steps % SHARE == 0 else self._jobs[0]

    def _answer(self, request: Any) -> None:
        try:
            answer = self._render(request)
        except self._expected as error:
            self._tell(sentence(error))
            self.failed.emit(request, sentence(error))
        except Exception as error:
            log.warning("A request failed.", exc_info=True)
            self.failed.emit(request, sentence(error))
        else:
            self._told = ""
            self.shown.emit(request, answer)

    def _tell(self, message: str) -> None:
        """Log why there is no picture; once, not with every move of a hand."""
        if message != self._told:
            log.warning("%s", message)
        self._told = message

    def _step(self, job: Job) -> None:
        outcome = "cancelled"
        try:
            if not job.cancelled:
                self.stepped.emit(job, next(job.steps))
                return
            _close(job)
        except StopIteration:
            outcome = ""
        except self._expected as error:
            outcome = sentence(error)
            log.warning("%s", outcome)
        except Exception as error:
            log.warning("A job failed.", exc_info=True)
            outcome = sentence(error)
        self._forget(job)
        self.ended.emit(job, outcome)

    def _forget(self, job: Job) -> None:
        with self._condition:
            self._jobs.remove(job)

    def _close_jobs(self) -> None:
        while self._jobs:
            job = self._jobs.popleft()
            try:
                _close(job)
            except Exception:
                log.warning("A job failed while it was closed.", exc_info=True)
            self.ended.emit(job, "cancelled")


def _close(job: Job) -> None:
    close = getattr(job.steps, "close", None)
    if close is not None:
        close()


def sentence(error: BaseException) -> str:
    """What to tell the user of an error: its own words where it has some, without the details below the first line."""
    text = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, MemoryError):
        return text or "There is not enough memory for this."
    return text if text else f"Something went wrong ({type(error).__name__})."
