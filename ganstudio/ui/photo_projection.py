"""My own photo: choose or drop it, mark the face where there is one, and the model finds its own picture of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ganstudio.document.latent import Base, base_from_ws
from ganstudio.render.photo import Photo, read_photo
from ganstudio.render.photo_projection import project_photo
from ganstudio.render.refine import Progress
from ganstudio.session.studio import Studio
from ganstudio.ui.face_marks import FaceMarks
from ganstudio.ui.job_row import JobRow
from ganstudio.ui.layer_sources import PHOTOS
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.pixels_view import PixelsView
from ganstudio.ui.text import tr

STEPS, MOST = 60, 5000


class PhotoProjection(QDialog):
    """Projects one photo at a time. `projected` carries the base to start from."""

    projected = Signal(object)
    """A `Base` in w (or z): the photo as the model draws it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._pixels: np.ndarray | None = None
        self._found: Progress | None = None
        self.marks, self.live = FaceMarks(self), PixelsView(tr("What the model finds"), "…", self)
        self.face = QCheckBox(tr("A face: mark eyes and mouth"), self)
        self.choose_button, self.use = QPushButton(tr("Choose Photo…"), self), QPushButton(tr("Use This"), self)
        self.steps = QSpinBox(self, minimum=1, maximum=MOST, value=STEPS)
        self.job, self.note = JobRow(studio.jobs, tr("Find"), self), QLabel(self, wordWrap=True)
        self.setWindowTitle(tr("Start from a Photo"))
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self.face.setChecked("face" in studio.session.document.model.id.lower())
        self._show_state()

    def _lay_out(self) -> None:
        column, pictures, choices, foot = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        pictures.addWidget(self.marks, 1)
        pictures.addWidget(self.live, 1)
        choices.addWidget(self.choose_button)
        choices.addWidget(self.face)
        choices.addStretch(1)
        choices.addWidget(QLabel(tr("Steps"), self))
        choices.addWidget(self.steps)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.use)
        for layout, stretch in ((pictures, 1), (choices, 0)):
            column.addLayout(layout, stretch)
        column.addWidget(self.job)
        column.addLayout(foot)
        for button in (self.choose_button, self.use):
            button.setAutoDefault(False)
        self.resize(820, 560)

    def _connect(self) -> None:
        self.choose_button.clicked.connect(self._choose)
        self.face.toggled.connect(self.marks.set_face)
        self.marks.changed.connect(self._show_state)
        self.job.asked.connect(self._start)
        self.job.stepped.connect(self._step)
        self.job.ended.connect(self._end)
        self.use.clicked.connect(self._use)

    # the photo

    @Slot()
    def _choose(self) -> None:
        kinds = tr("Pictures ({kinds})").format(kinds=PHOTOS)
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose Photo"), str(Path.home()), kinds)
        if path:
            self.open_photo(Path(path))

    def open_photo(self, path: Path) -> None:
        """Show a photo file; a sentence where it cannot be read. The worker decodes it."""
        self.job.cancel()
        self._studio.jobs.start(tr("Open Photo"), _reading(path), first=True, on_step=self._take, on_end=self._refuse)

    @Slot(object)
    def _take(self, photo: Photo) -> None:
        self._pixels = photo.part.picture.tiles.array()
        self._found = None
        self.live.show_pixels(None)
        self.note.setText(photo.note)
        self.marks.show_photo(to_image(self._pixels))

    @Slot(str)
    def _refuse(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self.job.say(outcome, error=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A photo may be dropped anywhere here."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first one."""
        event.acceptProposedAction()
        self.open_photo(next(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()))

    # the projection

    @Slot()
    def _start(self) -> None:
        if self._pixels is None:
            self.job.say(tr("Choose a photo first."), error=True)
            return
        try:
            square = self.marks.square
        except ValueError as error:
            self.job.say(str(error), error=True)
            return
        self._found, studio = None, self._studio
        self.job.start(self.windowTitle(), project_photo(studio.renderer, studio.session.document, studio.live.time,
                                                         self._pixels, square, self.steps.value()))
        self._show_state()

    @Slot(object)
    def _step(self, found: Progress) -> None:
        self._found = found
        self.live.show_pixels(found.pixels)
        self.note.setText(found.note)
        self.job.show_progress(found.done, found.total)
        self._show_state()

    @Slot(str)
    def _end(self, _outcome: str) -> None:
        """What was found until then can be used, however it ended."""
        self._show_state()

    @Slot()
    def _use(self) -> None:
        if self._found is not None:
            self.job.cancel()
            label = self._studio.session.document.look(self._studio.live.time).base.label
            self.projected.emit(_base(self._found, self._studio.session.document.latent.base, label))
            self.accept()

    @Slot()
    def _show_state(self) -> None:
        self.use.setEnabled(self._found is not None)
        self.job.start_button.setEnabled(self._pixels is not None)

    def reject(self) -> None:
        """Closed: nothing goes on unseen."""
        self.job.cancel()
        super().reject()


def _base(found: Progress, before: Base, label: np.ndarray | None) -> Base:
    """What was found as a place to start from, in the class that is shown."""
    latent = found.latent[0].numpy()
    return Base(latent, None, label) if latent.ndim == 1 else base_from_ws(latent, len(before.z), label)


def _reading(path: Path) -> Iterator[Photo]:
    """The photo, read on the worker."""
    yield read_photo(path)
