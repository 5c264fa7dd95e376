"""Writing the sequence to disk: what is asked for, what it will take, how far it is. The window stays usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document
from ganstudio.render.export import Estimate, Progress, estimate, export
from ganstudio.render.export_plan import ExportError, ExportPlan, check
from ganstudio.render.renderer import Renderer
from ganstudio.render.sequence import moments
from ganstudio.session.jobs import Task
from ganstudio.session.studio import Studio
from ganstudio.ui.amounts import size, span
from ganstudio.ui.export_form import ExportForm, usual_folder
from ganstudio.ui.text import tr

QUIET = 250
"""Milliseconds after the last change before the estimate is made anew."""


class ExportDialog(QDialog):
    """One dialog for the program's life: closed while it exports, it goes on, and shows how far it is when reopened."""

    finished_export = Signal(object)
    """The path of what was written."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._task: Task | None = None
        self._estimate: Task | None = None
        self._written: Path | None = None
        self.form = ExportForm(studio.preferences.value.exact_export, self)
        self.facts, self.status = QLabel(self), QLabel(self)
        self.progress = QProgressBar(self, textVisible=False)
        self.start, self.cancel = QPushButton(tr("Export"), self, default=True), QPushButton(tr("Cancel"), self)
        self.open_folder, self.close_ = QPushButton(tr("Open Folder"), self), QPushButton(tr("Close"), self)
        self.replace = ReplaceNote(self)
        self._timer = QTimer(self, singleShot=True, interval=QUIET)
        self.setWindowTitle(tr("Export"))
        self._lay_out()
        self._connect()
        self._restore(studio.preferences.value.last_export.get("format", "mp4"))
        self._show_state()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for label in (self.facts, self.status):
            label.setWordWrap(True)
        self.facts.setProperty("tone", "dim")
        for widget in (self.form, self.facts, self.replace, self.progress, self.status):
            column.addWidget(widget)
        self.facts.setMinimumHeight(3 * self.facts.fontMetrics().lineSpacing() + 2)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.open_folder)
        row.addStretch(1)
        for button in (self.close_, self.cancel, self.start):
            button.setAutoDefault(button is self.start)
            row.addWidget(button)
        column.addLayout(row)

    def _connect(self) -> None:
        self.form.changed.connect(self._changed)
        self.form.format.activated.connect(self._take_format)
        self.start.clicked.connect(self._ask_or_start)
        self.replace.agreed.connect(self._start_replacing)
        self.replace.declined.connect(self._decline)
        self.cancel.clicked.connect(self._cancel)
        self.open_folder.clicked.connect(self._open_folder)
        self.close_.clicked.connect(self.hide)
        self._timer.timeout.connect(self._want_estimate)
        self._studio.session.changed.connect(self._follow)

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._task is not None

    def showEvent(self, event: QShowEvent) -> None:
        """Show the document as it is now."""
        super().showEvent(event)
        self.form.suggest(self._place())
        self._follow(self._studio.session.document, self._studio.session.document)

    # What is asked for

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if self.isVisible() and not self.running:
            self._changed()
            self.form.refit_path()

    def _show_sequence(self) -> None:
        document = self._studio.session.document
        try:
            native = self._studio.library.entry(document.model.id).resolution
        except ModelError:
            native = 0
        fps = document.sequence.fps
        self.form.show_sequence(native, fps, len(moments(document, self.form.fps.value() or fps)))

    @Slot()
    def _take_format(self) -> None:
        self._restore(self.form.format.currentData())

    def _restore(self, kind: str) -> None:
        """Show what was chosen last time for a format."""
        known = kind if self.form.format.findData(kind) >= 0 else "mp4"
        self.form.restore(known, self._last(known))
        self.form.suggest(self._place())

    def _last(self, kind: str) -> dict[str, Any]:
        choices = self._studio.preferences.value.last_export.get(kind)
        return choices if isinstance(choices, dict) else {}

    def _place(self) -> Path:
        """Where the last export of this format went, or else beside the project, under the project's name."""
        kind, project = self.form.format.currentData(), self._studio.session.path
        folder = self._last(kind).get("folder") or (project.parent if project else usual_folder(kind))
        return Path(str(folder)) / self._name()

    def _name(self) -> str:
        path = self._studio.session.path
        return path.stem if path else Path(self._studio.session.document.model.id).stem or tr("export")

    def _remember(self) -> None:
        preferences, kind = self._studio.preferences, self.form.format.currentData()
        last = {**preferences.value.last_export, "format": kind, kind: self.form.choices()}
        preferences.change(replace(preferences.value, last_export=last))

    @Slot()
    def _changed(self) -> None:
        self.replace.hide()
        if not self.running:
            self._show_sequence()
            self._written = None
            self._say("")
            self.facts.setText(tr("Estimating…"))
            self._show_state()
            self._timer.start()

    # What it will take

    @Slot()
    def _want_estimate(self) -> None:
        if self._estimate is not None:
            self._estimate.cancel()
        if self.isVisible() and not self.running:
            steps = _estimate(self._studio.renderer, self._studio.session.document, self.form.plan())
            self._estimate = self._studio.jobs.start("", steps, first=True, on_step=self._show_estimate,
                                                     on_end=self._end_estimate)

    @Slot(object)
    def _show_estimate(self, found: Estimate) -> None:
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
        self.facts.setText("\n".join(lines))

    @Slot(str)
    def _end_estimate(self, outcome: str) -> None:
        if outcome == "cancelled":
            return
        self._estimate = None
        if outcome:
            self.facts.setText("")
            self._say(outcome, error=True)

    # Doing it

    @Slot()
    def _ask_or_start(self) -> None:
        self.form.refit_path()
        plan = self.form.plan()
        try:
            check(plan, self._count(plan), overwrite=True)
        except ExportError as error:
            self._say(str(error), error=True)
            return
        if plan.target.is_file() or (plan.target.is_dir() and any(plan.target.iterdir())):
            self._say("")
            self.replace.ask(plan.target)
        else:
            self._start(plan)

    def _count(self, plan: ExportPlan) -> int:
        return len(moments(self._studio.session.document, plan.fps, plan.count))

    @Slot()
    def _start_replacing(self) -> None:
        self._start(self.form.plan(overwrite=True))

    @Slot()
    def _decline(self) -> None:
        self.form.path.setFocus()
        self.form.path.selectAll()

    def _start(self, plan: ExportPlan) -> None:
        self._remember()
        self._timer.stop()
        if self._estimate is not None:
            self._estimate.cancel()
            self._estimate = None
            self.facts.clear()
        self._written = plan.target
        self.progress.setRange(0, self._count(plan))
        self.progress.setValue(0)
        self._say(tr("Starting…"))
        steps = export(self._studio.renderer, self._studio.session.document, plan)
        label = tr("Export “{name}”").format(name=plan.target.name)
        self._task = self._studio.jobs.start(label, steps, on_step=self._show_progress, on_end=self._end)
        self._show_state()

    @Slot(object)
    def _show_progress(self, progress: Progress) -> None:
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        left = "" if progress.seconds_left is None else tr(", {time} left").format(time=span(progress.seconds_left))
        self._say(tr("{done} of {total} frames{left}").format(done=progress.done, total=progress.total, left=left))

    @Slot()
    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._say(tr("Cancelling…"))

    @Slot(str)
    def _end(self, outcome: str) -> None:
        written, self._task = self._written, None
        if outcome == "cancelled":
            self._written = None
            self._say(tr("Cancelled; nothing was written."))
        elif outcome:
            self._written = None
            self._say(outcome, error=True)
        else:
            self._say(tr("Saved “{path}”.").format(path=written))
            self.finished_export.emit(written)
        if not self.facts.text():
            self._timer.start()
        self._show_state()

    @Slot()
    def _open_folder(self) -> None:
        if self._written is not None:
            folder = self._written if self._written.is_dir() else self._written.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _show_state(self) -> None:
        self.form.setEnabled(not self.running)
        self.progress.setVisible(self.running)
        self.cancel.setVisible(self.running)
        self.start.setVisible(not self.running)
        self.open_folder.setVisible(self._written is not None and not self.running)

    def _say(self, text: str, error: bool = False) -> None:
        self.status.setProperty("tone", "error" if error else "")
        self.status.style().polish(self.status)
        self.status.setText(text)


class ReplaceNote(QFrame):
    """Asks in place whether something on disk may be replaced."""

    agreed = Signal()
    declined = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "note")
        self.question = QLabel(self, wordWrap=True)
        self.yes, self.no = QPushButton(tr("Replace"), self), QPushButton(tr("Another Name"), self)
        row = QHBoxLayout(self)
        row.addWidget(self.question, 1)
        for button in (self.no, self.yes):
            button.setAutoDefault(False)
            row.addWidget(button)
            button.clicked.connect(self.hide)
        self.yes.clicked.connect(self.agreed)
        self.no.clicked.connect(self.declined)
        self.hide()

    def ask(self, path: Path) -> None:
        """Name what is in the way; the safe answer has the focus."""
        self.question.setText(tr("“{name}” is there already. Replace it?").format(name=path.name))
        self.show()
        self.no.setFocus()


def _estimate(renderer: Renderer, document: Document, plan: ExportPlan) -> Iterator[Estimate]:
    yield estimate(renderer, document, plan)
