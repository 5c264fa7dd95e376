"""From make-real to keep-faithful: refine the latent of the collage on screen, and say how much of it counts."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ganstudio.document.refinement import Method, Refinement
from ganstudio.render.refine import STEPS
from ganstudio.render.refining import Refined, refine_collage
from ganstudio.session.studio import Studio
from ganstudio.ui.job_row import JobRow
from ganstudio.ui.pixels_view import PixelsView
from ganstudio.ui.text import tr

MOST = 1000


class RefineDialog(QDialog):
    """Stays open beside the canvas; the slider changes the document, one drag one undo step."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._found: Refinement | None = None
        self.latent = QRadioButton(tr("The latent: finds the picture nearest to the parts"), self, checked=True)
        self.encoder = QRadioButton(tr("The encoder: learns this one collage in a few steps"), self)
        self._methods = QButtonGroup(self)
        self.steps = QSpinBox(self, minimum=1, maximum=MOST, value=STEPS)
        self.job = JobRow(studio.jobs, tr("Refine"), self)
        self.view = PixelsView(tr("So far"), tr("The picture appears here while it is refined."), self)
        self.amount = QSlider(Qt.Orientation.Horizontal, self, minimum=0, maximum=100)
        self.state, self.remove = QLabel(self, wordWrap=True), QPushButton(tr("Forget It"), self)
        self._gesture: object = None
        self.setWindowTitle(tr("Refine"))
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        column, form, blend = QVBoxLayout(self), QFormLayout(), QHBoxLayout()
        for button in (self.latent, self.encoder):
            self._methods.addButton(button)
            column.addWidget(button)
        form.addRow(tr("Steps"), self.steps)
        column.addLayout(form)
        column.addWidget(self.view, 1)
        column.addWidget(self.job)
        self.amount.setAccessibleName(tr("From make real to keep faithful"))
        for widget, stretch in ((QLabel(tr("Make real"), self), 0), (self.amount, 1),
                                (QLabel(tr("Keep faithful"), self), 0)):
            blend.addWidget(widget, stretch)
        column.addLayout(blend)
        foot = QHBoxLayout()
        self.remove.setAutoDefault(False)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.remove)
        column.addLayout(foot)
        self.resize(420, 620)

    def _connect(self) -> None:
        self.job.asked.connect(self._start)
        self.job.stepped.connect(self._step)
        self.job.ended.connect(self._end)
        self.amount.valueChanged.connect(self._blend)
        self.amount.sliderPressed.connect(self._press)
        self.amount.sliderReleased.connect(self._release)
        self.remove.clicked.connect(self._remove)
        self._studio.session.changed.connect(self._follow)
        self._studio.live.time_changed.connect(self._follow)

    # the job

    @property
    def method(self) -> Method:
        """What is to be optimised."""
        return "encoder" if self.encoder.isChecked() else "latent"

    @Slot()
    def _start(self) -> None:
        studio, self._found = self._studio, None
        self.job.start(tr("Refine"), refine_collage(studio.renderer, studio.session.document, studio.live.time,
                                                    self.method, self.steps.value()))

    @Slot(object)
    def _step(self, step: Refined) -> None:
        self._found = step.refinement
        self.view.show_pixels(step.progress.pixels)
        self.job.show_progress(step.progress.done, step.progress.total)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        """Into the document, in one undo step; what was cancelled leaves it as it was."""
        found, self._found = self._found, None
        if outcome or found is None:
            return
        session = self._studio.session
        if not found.fits(session.document.collage_at(self._studio.live.time)):
            self.job.say(tr("The parts have changed meanwhile: refine them again."), error=True)
            return
        session.change(replace(session.document, refinement=found), tr("Refine"))

    # how much of it counts

    @Slot()
    def _press(self) -> None:
        self._gesture = object()

    @Slot()
    def _release(self) -> None:
        gesture, self._gesture = self._gesture, None
        if self._studio.session.gesture is gesture:
            self._studio.session.end_gesture()

    @Slot(int)
    def _blend(self, value: int) -> None:
        document = self._studio.session.document
        found = document.refinement
        if found is not None and round(found.amount * 100) != value:
            changed = replace(document, refinement=replace(found, amount=value / 100))
            self._studio.session.change(changed, tr("Blend Refinement"), self._gesture)

    @Slot()
    def _remove(self) -> None:
        document = self._studio.session.document
        self._studio.session.change(replace(document, refinement=None), tr("Forget Refinement"))

    @Slot()
    def _follow(self, *_: object) -> None:
        document, time = self._studio.session.document, self._studio.live.time
        found, collage = document.refinement, document.collage_at(time)
        for widget in (self.amount, self.remove):
            widget.setEnabled(found is not None)
        if not self.amount.isSliderDown():
            self.amount.setValue(0 if found is None else round(found.amount * 100))
        self.job.start_button.setEnabled(bool(collage.shown))
        self.state.setText(_state(found, found is not None and found.fits(collage), bool(collage.shown)))

    def reject(self) -> None:
        """Closed: nothing goes on unseen."""
        self.job.cancel()
        super().reject()


def _state(found: Refinement | None, fits: bool, parts: bool) -> str:
    """What there is, in one sentence."""
    if not parts:
        return tr("There are no parts on the canvas to be faithful to.")
    if found is None:
        return tr("What is drawn is the regressor's guess.")
    return tr("Refined for these parts.") if fits else tr("Stale: parts have changed since. Refine again.")
