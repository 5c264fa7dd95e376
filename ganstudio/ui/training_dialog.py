"""Training in the window: choose what, set the options, watch samples and losses, stop and go on.

The work is a child process (see `ganstudio.session.trainee`); closing the dialog lets it go on, closing the program
stops it where it can go on from.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganstudio.session.studio import Studio
from ganstudio.session.trainee import End, Standing, Started, Trainee, folder_of, started, words_of
from ganstudio.ui.amounts import span
from ganstudio.ui.loss_curves import LossCurves
from ganstudio.ui.scaled_picture import ScaledPicture
from ganstudio.ui.text import tr
from ganstudio.ui.training_form import TrainingForm

Words = Callable[..., list[str]]


class TrainingDialog(QDialog):
    """One training at a time; `trained` tells of a finished one, so that what it learned can be put to use."""

    trained = Signal(str, object)
    """The training's id and its `End`."""

    def __init__(self, studio: Studio, parent: QWidget | None = None, words: Words = words_of) -> None:
        super().__init__(parent)
        self._studio, self._words = studio, words
        self.trainee = Trainee(self)
        self.kind, self.earlier = QComboBox(self), QComboBox(self)
        self.spread = QCheckBox(tr("Use all devices"), self)
        self.forms: dict[str, TrainingForm] = {}
        self._choice, self.scroll = QGridLayout(), QScrollArea(self, widgetResizable=True)
        self.scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll.setProperty("role", "plain")
        self.picture, self.curves = ScaledPicture(tr("Samples will be shown here."), self), LossCurves(self)
        self.bar, self.state, self.notes = QProgressBar(self, maximum=1000), QLabel(self), QLabel(self)
        self.start_button = QPushButton(tr("Train"), self)
        self.stop_button = QPushButton(tr("Stop"), self, enabled=False)
        self.setWindowTitle(tr("Train"))
        self._fill()
        self._lay_out()
        self._connect()
        self._choose()

    # what there is to train

    def _fill(self) -> None:
        for id_, training in self._studio.registry.trainings().items():
            self.kind.addItem(training.name, id_)
        self.spread.setToolTip(tr("Start it with accelerate's launcher, on all graphics cards of this machine."))
        self.spread.setEnabled(_can_spread())
        self._list_earlier()

    def _list_earlier(self) -> None:
        self.earlier.clear()
        self.earlier.addItem(tr("New"), None)
        for entry in started():
            model = Path(str(entry.options.get("model", ""))).stem
            done = tr("finished") if entry.finished else entry.folder.name[-8:]
            self.earlier.addItem(f"{entry.training}  {model}  {done}", entry)

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        choice = self._choice
        for row, (title, widget) in enumerate(((tr("What"), self.kind), (tr("Earlier"), self.earlier))):
            choice.addWidget(QLabel(title, self), row, 0)
            choice.addWidget(widget, row, 1)
        choice.setColumnStretch(1, 1)
        down = QVBoxLayout(left)
        down.setContentsMargins(0, 0, 0, 0)
        down.addLayout(choice)
        down.addWidget(self.scroll, 1)
        down.addWidget(self.spread)
        watch = QVBoxLayout(right)
        watch.setContentsMargins(0, 0, 0, 0)
        watch.addWidget(self.picture, 1)
        watch.addWidget(self.curves)
        for label in (self.state, self.notes):
            label.setWordWrap(True)
            watch.addWidget(label)
        watch.addWidget(self.bar)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.stop_button)
        buttons.addWidget(self.start_button)
        watch.addLayout(buttons)
        across = QHBoxLayout(self)
        across.addWidget(left, 2)
        across.addWidget(right, 3)
        self.start_button.setDefault(True)
        self.resize(900, 600)

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(self._choose)
        self.earlier.currentIndexChanged.connect(self._recall)
        self.start_button.clicked.connect(self._start)
        self.stop_button.clicked.connect(self._stop)
        self.trainee.progressed.connect(self._show_progress)
        self.trainee.noted.connect(self._note)
        self.trainee.ended.connect(self._end)

    def offer(self, training_id: str, **values: Any) -> None:
        """Choose a training with some options filled in."""
        self.kind.setCurrentIndex(max(0, self.kind.findData(training_id)))
        self._form().show_values(values)

    def _form(self) -> TrainingForm:
        id_ = self.kind.currentData()
        if id_ not in self.forms:
            registry = self._studio.registry
            form = TrainingForm(registry.trainings()[id_].options, self._models(), registry.host)
            form.show_values({"model": self._studio.session.document.model.id})
            form.changed.connect(self._show_state)
            self.forms[id_] = form
        return self.forms[id_]

    def _models(self) -> dict[str, str]:
        """The names of models that can be trained on, by id."""
        return {entry.id: entry.name for entry in self._studio.library.entries() if entry.available}

    @Slot()
    def _choose(self, _index: int = 0) -> None:
        if self.kind.currentData() is None:
            self.start_button.setEnabled(False)
            self.state.setText(tr("No plugin brings anything to train."))
            return
        if (before := self.scroll.takeWidget()) is not None:
            before.setParent(self)
            before.hide()
        self.scroll.setWidget(self._form())
        self._form().show()
        self._choice.setColumnMinimumWidth(0, self._form().titles_width)
        self._show_state()

    @Slot()
    def _recall(self, _index: int = 0) -> None:
        """Fill in the options of an earlier training, so that it goes on."""
        entry = self.earlier.currentData()
        if isinstance(entry, Started) and self.kind.findData(entry.training) >= 0:
            self.offer(entry.training, **entry.options)
            self.picture.show_file(entry.folder / "samples.png")
            self._show_state()

    @Slot()
    def _show_state(self) -> None:
        """What starting would do, as long as nothing is under way."""
        if self.trainee.running:
            return
        self.stop_button.setEnabled(False)
        self.start_button.setEnabled(True)
        try:
            self._form().options()
        except ValueError as error:
            self.state.setText(str(error))
            self.start_button.setEnabled(False)
            return
        folder = folder_of(self.kind.currentData(), self._form().values())
        resumes = (folder / "resume.safetensors").exists()
        done = resumes and any(entry.finished for entry in started() if entry.folder == folder)
        self.start_button.setText(tr("Write Again") if done else tr("Go On") if resumes else tr("Train"))
        self.state.setText(tr("It has finished; its result can be measured and written again.") if done
                           else tr("It goes on where it stopped.") if resumes else "")

    # while it runs

    @Slot()
    def _start(self) -> None:
        id_, values = self.kind.currentData(), self._form().values()
        folder = folder_of(id_, values)
        self.notes.clear()
        self.curves.show_history(())
        self.bar.setValue(0)
        self.state.setText(tr("Starting…"))
        self.trainee.start(self._words(id_, values, folder, spread=self.spread.isChecked()), folder)
        self._enable(running=True)

    def _enable(self, running: bool) -> None:
        for widget in (self.kind, self.earlier, self.scroll, self.start_button):
            widget.setEnabled(not running)
        self.spread.setEnabled(not running and _can_spread())
        self.stop_button.setEnabled(running)

    @Slot()
    def _stop(self) -> None:
        self.stop_button.setEnabled(False)
        self.state.setText(tr("Stopping: it finishes its step, measures and saves…"))
        self.trainee.stop()

    @Slot(object)
    def _show_progress(self, standing: Standing) -> None:
        share = standing.seen / max(standing.total, 1)
        self.bar.setValue(round(1000 * share))
        if standing.seen >= standing.total:
            self.state.setText(tr("All pictures are seen: what it learned is measured and saved…"))
        elif self.stop_button.isEnabled():
            self.state.setText(tr("{seen:.1f} of {total:g} thousand pictures, {rate:.0f} a second, {left} left").format(
                seen=standing.seen / 1000, total=standing.total / 1000, rate=standing.rate,
                left=span(standing.left)))
        self.curves.show_history(self.trainee.history)
        self.picture.show_file(self.trainee.samples)

    @Slot(str)
    def _note(self, text: str) -> None:
        self.notes.setText(f"{self.notes.text()}\n{text}".strip())

    @Slot(object)
    def _end(self, end: End) -> None:
        self._enable(running=False)
        self._list_earlier()
        self._show_state()
        self.picture.show_file(self.trainee.samples)
        figures = ", ".join(f"{name} {value:.3g}" for name, value in (end.figures or {}).items())
        said = {"finished": tr("Finished."), "stopped": tr("Stopped. “Go On” continues from here.")}
        self.state.setText(" ".join(part for part in (said.get(end.kind, end.reason), figures) if part))
        if end.kind == "finished" and end.result is not None:
            self.bar.setValue(1000)
            for form in self.forms.values():
                form.show_models(self._models())
            self.trained.emit(self.kind.currentData(), end)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes the dialog and lets the training go on."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


def _can_spread() -> bool:
    """Whether accelerate's launcher is there."""
    return importlib.util.find_spec("accelerate") is not None
