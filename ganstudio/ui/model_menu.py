"""What can be done with a model of the library besides opening it: its context menu, and what its entries do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QPoint, QProcess, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QMessageBox, QWidget

from ganstudio.checkpoints.library import ModelEntry
from ganstudio.checkpoints.native import ModelError, rename
from ganstudio.session.studio import Studio
from ganstudio.settings import user_data
from ganstudio.ui.device_comparison import DeviceComparison
from ganstudio.ui.model_details import ModelDetails
from ganstudio.ui.text import tr


class ModelMenu(QObject):
    """Acts on one entry at a time. `confirm` and `ask_name` are dialogs unless a test says otherwise."""

    open_asked = Signal(str)
    changed = Signal()
    """The library's folder or list is another now."""
    refused = Signal(str)
    """One sentence: why it was not done."""

    def __init__(self, studio: Studio, owner: QWidget) -> None:
        super().__init__(owner)
        self._studio, self._owner = studio, owner
        self.confirm: Callable[[str, str], bool] = self._confirm
        self.ask_name: Callable[[str], str] = self._ask_name

    def menu(self, entry: ModelEntry) -> QMenu:
        """The menu for an entry; what cannot be done with it is grey, and says why."""
        menu = QMenu(self._owner)
        menu.setToolTipsVisible(True)
        for text, act, why_not in self._entries(entry):
            if not text:
                menu.addSeparator()
                continue
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, act=act: act(entry))
            action.setEnabled(not why_not)
            action.setToolTip(why_not)
        return menu

    def show(self, entry: ModelEntry, at: QPoint) -> None:
        """The menu, at a point of the screen."""
        menu = self.menu(entry)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _entries(self, entry: ModelEntry) -> Iterator[tuple[str, Callable[[ModelEntry], object], str]]:
        gone = "" if entry.available else tr("This model cannot be opened.")
        own = "" if is_own(entry) else tr("It came with the program.")
        listed = entry.path is not None and entry.id == str(entry.path)
        used = tr("It is open: open another model first.") if self._is_open(entry) else ""
        yield tr("&Open"), self._open, gone
        yield tr("&Compare Devices…"), self.compare, gone
        yield "", self._open, ""
        yield tr("&Rename…"), self.rename, gone or ("" if listed else own)
        if listed:
            yield tr("Remove from the &List"), self.forget, used
        else:
            yield tr("Re&move…"), self.remove, own or used
        yield "", self._open, ""
        yield tr("&Show in the File Manager"), self.reveal, "" if entry.path is not None else gone
        yield tr("&Details…"), self.details, "" if entry.path is not None else gone

    def _is_open(self, entry: ModelEntry) -> bool:
        return self._studio.session.document.model.id == entry.id

    def _open(self, entry: ModelEntry) -> None:
        self.open_asked.emit(entry.id)

    def rename(self, entry: ModelEntry) -> None:
        """Ask for a name and write it into the model's file, on the worker; its id stays, so projects find it."""
        name = self.ask_name(entry.name).strip()
        if name and name != entry.name and entry.path is not None:
            self._studio.jobs.start(tr("Rename"), _renaming(entry.path, name), first=True, on_end=self._end)

    def remove(self, entry: ModelEntry) -> None:
        """Ask, then put the file into the system's trash; where there is none, ask once more and delete it."""
        path = entry.path
        if path is None or not is_own(entry) or not self.confirm(tr("Remove"), tr(
                "Remove “{name}” from the library? Its file goes to the trash.").format(name=entry.name)):
            return
        if not QFile.moveToTrash(str(path)) and path.exists():
            if not self.confirm(tr("Delete"), tr("There is no trash here. Delete “{name}” for good?").format(
                    name=entry.name)):
                return
            try:
                path.unlink()
            except OSError as error:
                self.refused.emit(tr("“{name}” could not be deleted ({reason}).").format(
                    name=entry.name, reason=error.strerror))
        self.changed.emit()

    def forget(self, entry: ModelEntry) -> None:
        """List a model from elsewhere no more; its file stays."""
        preferences = self._studio.preferences
        self._studio.library.forget(entry.id)
        models = tuple(path for path in preferences.value.models if path != entry.id)
        preferences.change(replace(preferences.value, models=models))
        self.changed.emit()

    def reveal(self, entry: ModelEntry) -> None:
        """Show the file in the system's file manager."""
        if entry.path is not None:
            program, *arguments = reveal_command(entry.path)
            if program:
                QProcess.startDetached(program, arguments)
            else:
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.path.parent)))

    def details(self, entry: ModelEntry) -> None:
        """All facts."""
        dialog = ModelDetails(entry, self._owner)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def compare(self, entry: ModelEntry) -> None:
        """Draw the same picture on every device."""
        dialog = DeviceComparison(self._studio, entry, self._owner)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self.refused.emit(outcome)
        self.changed.emit()

    def _confirm(self, title: str, question: str) -> bool:
        buttons = QMessageBox.StandardButton
        return QMessageBox.question(self._owner, title, question, buttons.Yes | buttons.Cancel,
                                    buttons.Cancel) == buttons.Yes

    def _ask_name(self, name: str) -> str:
        chosen, agreed = QInputDialog.getText(self._owner, tr("Rename"), tr("Name of the model:"),
                                              QLineEdit.EchoMode.Normal, name)
        return chosen if agreed else ""


def is_own(entry: ModelEntry) -> bool:
    """Whether a model lies in the user's own folder, where it may be changed and removed."""
    return entry.path is not None and entry.path.parent.resolve() == (user_data() / "models").resolve()


def reveal_command(path: Path, platform: str = sys.platform) -> tuple[str, ...]:
    """The system's command that shows a file in its folder; ("",) where opening the folder must do."""
    if platform == "darwin":
        return ("open", "-R", str(path))
    return ("explorer", f"/select,{path}") if platform == "win32" else ("",)


def _renaming(path: Path, name: str) -> Iterator[None]:
    """Runs on the worker, where the model may just be read."""
    try:
        rename(path, name)
    except OSError as error:
        raise ModelError(f"“{path.name}” could not be renamed ({error.strerror or error}).") from None
    yield None
