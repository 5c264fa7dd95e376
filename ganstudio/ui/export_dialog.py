"""Writing the sequence to disk: what is asked for, what it will take, how far it is. The window stays usable."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document
from ganstudio.render.export import Progress, export
from ganstudio.render.export_plan import ExportError, ExportPlan, check
from ganstudio.render.sequence import moments
from ganstudio.session.jobs import Task
from ganstudio.session.studio import Studio
from ganstudio.ui.amounts import span
from ganstudio.ui.export_facts import ExportFacts
from ganstudio.ui.export_form import ExportForm
from ganstudio.ui.export_memory import ExportMemory
from ganstudio.ui.text import tr


class ExportDialog(QDialog):
    """One dialog for the program's life: closed while it exports, it goes on, and shows how far it is when reopened."""

    finished_export = Signal(object)
    """The path of what was written."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._memory = studio, ExportMemory(studio)
        self._task: Task | None = None
        self._written: Path | None = None
        self.form = ExportForm(studio.preferences.value.exact_export, self)
        self.facts = ExportFacts(studio, self.form.plan, self)
        self.status = QLabel(self, wordWrap=True)
        self.progress = QProgressBar(self, textVisible=False)
        self.start, self.cancel = QPushButton(tr("Export"), self, default=True), QPushButton(tr("Cancel"), self)
        self.open_folder, self.close_ = QPushButton(tr("Open Folder"), self), QPushButton(tr("Close"), self)
        self.replace = ReplaceNote(self)
        self.setWindowTitle(tr("Export"))
        self._lay_out()
        self._connect()
        self._restore(self._memory.kind)
        self._show_state()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (self.form, self.facts, self.replace, self.progress, self.status):
            column.addWidget(widget)
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
        self.facts.failed.connect(partial(self._say, error=True))
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
        self.form.restore(known, self._memory.last(known))
        self.form.suggest(self._place())

    def _place(self) -> Path:
        """Beside the others of this format, under the project's name."""
        path = self._studio.session.path
        name = path.stem if path else Path(self._studio.session.document.model.id).stem or tr("export")
        return self._memory.folder(self.form.format.currentData()) / name

    @Slot()
    def _changed(self) -> None:
        self.replace.hide()
        if not self.running:
            self._show_sequence()
            self._written = None
            self._say("")
            self.facts.ask()
            self._show_state()

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
        kind = self.form.format.currentData()
        self._memory.keep({"format": kind, kind: self.form.choices()})
        self.facts.stop()
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
        self.facts.ask_again()
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
