"""One job in a dialog: a button to start it, how far it is, what went wrong, a button to cancel it."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ganstudio.session.jobs import Jobs, Task
from ganstudio.ui.amounts import span
from ganstudio.ui.text import tr


class JobRow(QWidget):
    """Runs one iterator at a time on the worker; whoever takes its steps says how far it is."""

    asked = Signal()
    """The start button was pressed."""
    stepped = Signal(object)
    """What the job yielded."""
    ended = Signal(str)
    """As `Task.ended` says."""

    def __init__(self, jobs: Jobs, start: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._task: Task | None = None
        self._began = 0.0
        self.bar, self.status = QProgressBar(self, textVisible=False), QLabel(self, wordWrap=True)
        self.start_button, self.cancel_button = QPushButton(start, self), QPushButton(tr("Cancel"), self)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 1)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        for button in (self.cancel_button, self.start_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(self.status)
        self.status.setMinimumHeight(self.status.fontMetrics().lineSpacing())
        self.start_button.clicked.connect(self.asked)
        self.cancel_button.clicked.connect(self.cancel)
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether a job is under way."""
        return self._task is not None

    def start(self, label: str, steps: Iterator[Any]) -> None:
        """Begin, unless a job is under way."""
        if self._task is None:
            self._began = monotonic()
            self.bar.setRange(0, 0)
            self.say(tr("Starting…"))
            self._task = self._jobs.start(label, steps, on_step=self.stepped, on_end=self._end)
            self._show_state()

    @Slot()
    def cancel(self) -> None:
        """Stop before the next step."""
        if self._task is not None:
            self._task.cancel()
            self.say(tr("Cancelling…"))

    def show_progress(self, done: int, total: int) -> None:
        """How far the job is."""
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        passed = monotonic() - self._began
        left = span(passed / done * (total - done)) if done else "…"
        self.say(tr("{done} of {total}, {time} left").format(done=done, total=total, time=left))

    def say(self, text: str, error: bool = False) -> None:
        """One sentence beneath the bar."""
        self.status.setProperty("tone", "error" if error else "dim")
        self.status.style().polish(self.status)
        self.status.setText(text)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        self._task = None
        self.bar.setRange(0, 1)
        self.bar.reset()
        self._show_state()
        self.say({"": "", "cancelled": tr("Cancelled.")}.get(outcome, outcome), outcome not in ("", "cancelled"))
        self.ended.emit(outcome)

    def _show_state(self) -> None:
        self.bar.setVisible(self.running)
        self.start_button.setVisible(not self.running)
        self.cancel_button.setVisible(self.running)
