"""Work that takes longer than a picture, as the window shows it: what runs, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.gpu import Gpu, Job


class Task(QObject):
    """One job with a name; it keeps its own signals, so that whoever started it needs no list."""

    stepped = Signal(object)
    """What the last step yielded."""
    ended = Signal(str)
    """"" when it ran to its end, "cancelled", or one sentence saying what went wrong."""

    def __init__(self, label: str, job: Job, parent: QObject) -> None:
        super().__init__(parent)
        self.label, self.job = label, job

    def cancel(self) -> None:
        """Stop before the next step."""
        self.job.cancel()


class Jobs(QObject):
    """Starts jobs on the worker and hands each its own reports."""

    started = Signal(object)
    """A `Task` that a status display may want to follow."""

    def __init__(self, gpu: Gpu, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gpu = gpu
        self._tasks: dict[Job, Task] = {}
        gpu.stepped.connect(self._step)
        gpu.ended.connect(self._end)

    def start(self, label: str, steps: Iterator[Any], *, first: bool = False,
              on_step: Callable[[Any], None] | None = None, on_end: Callable[[str], None] | None = None) -> Task:
        """Run an iterator between pictures; `on_step` and `on_end` are slots, called in the GUI thread."""
        job = Job(steps, first=first)
        task = Task(label, job, self)
        if on_step is not None:
            task.stepped.connect(on_step)
        if on_end is not None:
            task.ended.connect(on_end)
        self._tasks[job] = task
        self.started.emit(task)
        self._gpu.submit(job)
        return task

    @property
    def running(self) -> tuple[Task, ...]:
        """The jobs not yet ended, oldest first."""
        return tuple(self._tasks.values())

    @Slot(object, object)
    def _step(self, job: Job, value: object) -> None:
        if job in self._tasks and not job.cancelled:
            self._tasks[job].stepped.emit(value)

    @Slot(object, str)
    def _end(self, job: Job, outcome: str) -> None:
        if (task := self._tasks.pop(job, None)) is not None:
            task.ended.emit(outcome)
            task.deleteLater()
