"""From and to the disk, with the questions that belong to it: nothing unsaved is lost without being asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from ganstudio.checkpoints.direction_files import may_be_directions
from ganstudio.checkpoints.importing import is_ours
from ganstudio.checkpoints.native import ModelError
from ganstudio.document.file import SUFFIX as PROJECT
from ganstudio.session.studio import Studio
from ganstudio.ui.imports import kinds_of
from ganstudio.ui.layer_sources import PHOTO_SUFFIXES
from ganstudio.ui.text import tr

Answer = Literal["save", "discard", "cancel"]


class FileFlow(QObject):
    """New, open, save and leave. `ask` decides about unsaved changes; it is a dialog unless a test says otherwise."""

    refused = Signal(str)
    """One sentence: this file cannot be opened."""
    import_asked = Signal(object)
    """The path of a model, encoder or directions of another program."""
    photo_asked = Signal(object)
    """The path of a picture."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._window = studio, window
        self.ask: Callable[[], Answer] = self._ask
        studio.opening.opened.connect(self._remember_model)

    @property
    def name(self) -> str:
        """What the open document is called."""
        path = self._studio.session.path
        return path.stem if path is not None else tr("Untitled")

    # open

    def new(self) -> None:
        """Begin again with the open model."""
        if self.may_leave():
            self._studio.opening.open_model(self._studio.session.document.model.id)

    def choose(self) -> None:
        """Let the user choose a project, or a model of any program."""
        kinds = ";;".join((tr("Projects and models (*{project} {models})"), tr("Projects (*{project})"),
                           tr("Models ({models})"), tr("All files (*)"))).format(
            project=PROJECT, models=kinds_of(self._studio))
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open"), str(self._folder()), kinds)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a project or a model of ours, which is then listed; ask to import what another program made."""
        suffix = path.suffix.lower()
        if suffix == PROJECT:
            if self.may_leave():
                self._open_project(path)
        elif suffix in PHOTO_SUFFIXES and path.is_file():
            self.photo_asked.emit(path)
        else:
            self._open_foreign(path)

    def _open_foreign(self, path: Path) -> None:
        """By content: ours is opened where it lies, other programs' are imported, the rest is refused with reason."""
        try:
            if may_be_directions(path) or not is_ours(path):
                self.import_asked.emit(path)
            else:
                self._open_model_file(path)
        except ModelError as error:
            if self._studio.registry.direction_reader_of(path) is not None:
                self.import_asked.emit(path)
            else:
                self.refused.emit(str(error))

    def open_model(self, model_id: str) -> None:
        """Begin a document with a model of the library."""
        if self.may_leave():
            self._studio.opening.open_model(model_id)

    def _open_project(self, path: Path) -> None:
        if not path.exists():
            self._studio.preferences.forget_file(path)
        self._studio.opening.open_project(path)

    def _open_model_file(self, path: Path) -> None:
        try:
            entry = self._studio.library.add(path)
        except ModelError as error:
            self.refused.emit(str(error))
            return
        self.open_model(entry.id)

    @Slot()
    def _remember_model(self) -> None:
        """A model file from anywhere that did open is listed in the library from now on."""
        id_, preferences = self._studio.session.document.model.id, self._studio.preferences
        if Path(id_).is_absolute() and id_ not in preferences.value.models:
            preferences.change(replace(preferences.value, models=(*preferences.value.models, id_)))

    def open_all(self, paths: Iterable[Path]) -> None:
        """Take what was dropped on the window; of several projects, the first."""
        paths = list(paths)
        for path in [p for p in paths if p.suffix.lower() == PROJECT][:1] or paths:
            self.open(path)

    def _folder(self) -> Path:
        recent = self._studio.preferences.value.recent_files
        return Path(recent[0]).parent if recent else Path.home()

    # save

    def save(self) -> bool:
        """Save where the project is, or ask where; whether it is on disk now."""
        path = self._studio.session.path
        return self._studio.opening.save(path) if path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask where, and save there; whether it is on disk now."""
        proposal = self._studio.session.path or self._folder() / f"{tr('Untitled')}{PROJECT}"
        kinds = tr("Projects (*{project})").format(project=PROJECT)
        chosen, _ = QFileDialog.getSaveFileName(self._window, tr("Save As"), str(proposal), kinds)
        if not chosen:
            return False
        path = Path(chosen)
        return self._studio.opening.save(path if path.suffix else path.with_suffix(PROJECT))

    # leave

    def may_leave(self) -> bool:
        """Whether the open document may be left: it is saved, or the user says what to do."""
        if not self._studio.session.dirty:
            return True
        answer = self.ask()
        return answer == "discard" or (answer == "save" and self.save())

    def _ask(self) -> Answer:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Unsaved Changes"))
        box.setText(tr("“{name}” has changes that are not saved.").format(name=self.name))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        box.setEscapeButton(buttons.Cancel)
        answers: dict[int, Answer] = {buttons.Save: "save", buttons.Discard: "discard"}
        return answers.get(box.exec(), "cancel")
