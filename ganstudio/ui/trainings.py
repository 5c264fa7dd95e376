"""The training dialog, and what becomes of what was learned there: new models to open, directions for sliders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from ganstudio.document.latent import Direction
from ganstudio.session.studio import Studio
from ganstudio.session.trainee import End
from ganstudio.ui.banner import Offer
from ganstudio.ui.learned import learned_of
from ganstudio.ui.text import tr
from ganstudio.ui.training_dialog import TrainingDialog


class Trainings(QObject):
    """Opens the dialog once; opens no model itself, so that unsaved changes are asked about first."""

    models_changed = Signal()
    """The library may have a new one."""
    model_asked = Signal(str)
    """The id of a model that the user wants to open."""
    directions_ready = Signal(object)
    """Directions to make sliders of."""
    noted = Signal(str, object)
    """A sentence that lasts, and what is offered; see `Banners.show_lasting_note`."""
    failed = Signal(str)
    """One sentence."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._window = studio, window
        self.dialog: TrainingDialog | None = None

    @Slot()
    def show_dialog(self) -> None:
        """Open the training dialog, or bring it to the front."""
        if self.dialog is None:
            self.dialog = TrainingDialog(self._studio, self._window)
            self.dialog.trained.connect(self.take)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    @Slot(str, object)
    def take(self, training_id: str, end: End) -> None:
        """What was just learned counts from the next picture on, and is offered for use."""
        self.models_changed.emit()
        studio, learned = self._studio, learned_of(end.kept)
        offers: list[Offer] = [(tr("Open"), partial(self.model_asked.emit, id_)) for id_ in learned.models]
        if files := learned.directions.get(studio.session.document.model.fingerprint):
            offers.append((tr("Add Sliders"), partial(self.add_sliders, files)))
        name = studio.registry.trainings()[training_id].name.partition(":")[0]
        names = {entry.id: entry.name for entry in studio.library.entries()}
        self.noted.emit(learned.sentence(name, names), offers)
        studio.live.request()

    def add_sliders(self, files: Sequence[Path]) -> None:
        """Read directions for the open model; `directions_ready` or `failed` follows."""
        steps = _directions_in(self._studio, self._studio.session.document.model.id, files)
        self._studio.jobs.start("", steps, first=True, on_step=self.directions_ready.emit, on_end=self._end)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome:
            self.failed.emit(outcome)


def _directions_in(studio: Studio, model_id: str, files: Sequence[Path]) -> Iterator[tuple[Direction, ...]]:
    """What plugins read in the files; a function, so that the worker holds on to no widget."""
    model, registry = studio.registry.host.load_model(model_id), studio.registry
    found = [reader.read(path, model, {}) for path in files if (reader := registry.direction_reader_of(path))]
    if problem := next((each.problem for each in found if each.problem), ""):
        raise ValueError(problem)
    yield tuple(direction for each in found for direction in each.directions)
