"""What an export will take, told under its fields a moment after they were last changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QWidget

from ganstudio.document.document import Document
from ganstudio.render.export import Estimate, estimate
from ganstudio.render.export_plan import ExportPlan
from ganstudio.render.renderer import Renderer
from ganstudio.session.jobs import Task
from ganstudio.session.studio import Studio
from ganstudio.ui.amounts import size, span
from ganstudio.ui.text import tr

QUIET = 250
"""Milliseconds after the last change before the estimate is made."""


class ExportFacts(QLabel):
    """Estimates what `plan` gives, a job on the worker; a newer question puts an end to an older one."""

    failed = Signal(str)
    """It cannot be told, and why."""

    def __init__(self, studio: Studio, plan: Callable[[], ExportPlan], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._plan = studio, plan
        self._task: Task | None = None
        self._timer = QTimer(self, singleShot=True, interval=QUIET)
        self._timer.timeout.connect(self._begin)
        self.setProperty("tone", "dim")
        self.setWordWrap(True)
        self.setMinimumHeight(3 * self.fontMetrics().lineSpacing() + 2)

    def ask(self) -> None:
        """Something changed: what is told is told anew soon."""
        self.setText(tr("Estimating…"))
        self._timer.start()

    def ask_again(self) -> None:
        """Make up for what `stop` cut short."""
        if not self.text():
            self.ask()

    def stop(self) -> None:
        """Leave the worker alone; what is told already stays."""
        if self._timer.isActive() or self._task is not None:
            self.clear()
        self._timer.stop()
        self._cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @Slot()
    def _begin(self) -> None:
        self._cancel()
        if self.isVisible():
            steps = _steps(self._studio.renderer, self._studio.session.document, self._plan())
            self._task = self._studio.jobs.start("", steps, first=True, on_step=self._show, on_end=self._end)

    @Slot(object)
    def _show(self, found: Estimate) -> None:
        lines = [
            tr("{frames} frames, about {size}; {free} are free").format(
                frames=found.frames, size=size(found.size), free=size(found.free)),
            tr("Time: {full} in the preview’s precision, {exact} exact").format(
                full=span(found.seconds), exact=span(found.exact_seconds)),
        ]
        if found.frames == 1:
            lines[0] = tr("1 picture, about {size}; {free} are free").format(
                size=size(found.size), free=size(found.free))
            lines.append(tr("There are no two keys to move between: this is a still picture, best as PNG."))
        self.setText("\n".join(lines))

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome == "cancelled":
            return
        self._task = None
        if outcome:
            self.clear()
            self.failed.emit(outcome)


def _steps(renderer: Renderer, document: Document, plan: ExportPlan) -> Iterator[Estimate]:
    yield estimate(renderer, document, plan)
