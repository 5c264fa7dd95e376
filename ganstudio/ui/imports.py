"""What is brought in from outside: one dialog after another, and what follows when one was agreed to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from ganstudio.checkpoints.download import is_address
from ganstudio.document.latent import Direction
from ganstudio.session.studio import Studio
from ganstudio.ui.import_dialog import ImportDialog
from ganstudio.ui.text import tr

KINDS = "*.pkl *.pt *.pth *.bin *.ckpt *.safetensors *.tar *.npy *.npz"
SLIDERS = 8
"""How many imported directions become sliders at once; the others wait in the sheet, with a star."""


class Imports(QObject):
    """Takes files, folders and addresses; opens nothing itself, so that unsaved changes are asked about first."""

    model_ready = Signal(str)
    """The id of a model that was imported."""
    directions_ready = Signal(object)
    """Directions to make sliders of."""
    encoder_ready = Signal()
    """An encoder counts from now on."""
    noted = Signal(str)
    """One sentence on what was brought in."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._window = studio, window
        self._waiting: deque[Path | str] = deque()
        self.dialog: ImportDialog | None = None

    # how things come here

    @Slot()
    def choose_files(self) -> None:
        """Let the user choose files."""
        kinds = ";;".join((tr("Models and directions ({kinds})").format(kinds=kinds_of(self._studio)),
                           tr("All files (*)")))
        names, _ = QFileDialog.getOpenFileNames(self._window, tr("Import"), str(Path.home()), kinds)
        self.take(Path(name) for name in names)

    @Slot()
    def choose_folder(self) -> None:
        """Let the user choose a folder with a model."""
        name = QFileDialog.getExistingDirectory(self._window, tr("Import Folder"), str(Path.home()))
        if name:
            self.take([Path(name)])

    @Slot()
    def ask_address(self) -> None:
        """Let the user paste an address."""
        clip = QGuiApplication.clipboard().text().strip()
        proposal = clip if is_address(clip) and "\n" not in clip else "https://"
        address, agreed = QInputDialog.getText(self._window, tr("Import from an Address"), tr(
            "Address of a model file (http or https):"), QLineEdit.EchoMode.Normal, proposal)
        if agreed and address.strip():
            self.take([address.strip()])

    def take(self, targets: Iterable[Path | str]) -> None:
        """Bring these in, one after the other."""
        self._waiting.extend(targets)
        if self.dialog is None:
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            return
        self.dialog = ImportDialog(self._studio, self._waiting.popleft(), self._window)
        self.dialog.model_imported.connect(self._take_model)
        self.dialog.encoder_imported.connect(self._take_encoder)
        self.dialog.directions_imported.connect(self._take_directions)
        self.dialog.finished.connect(self._end)
        self.dialog.open()

    @Slot()
    def _end(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
        self._next()

    # what came of it

    @Slot(object)
    def _take_model(self, path: Path) -> None:
        self.model_ready.emit(path.stem)

    @Slot(object)
    def _take_encoder(self, path: Path) -> None:
        self.noted.emit(tr("The encoder was imported: collages and photos of its model use it from now on."))
        self.encoder_ready.emit()

    @Slot(object)
    def _take_directions(self, directions: tuple[Direction, ...]) -> None:
        self._studio.shelves.keep(directions)
        text = tr("{count} directions of “{name}” were imported; they have a star in the sheet of directions.")
        if len(directions) == 1:
            text = tr("“{name}” was imported; it has a star in the sheet of directions.")
        name = directions[0].name if len(directions) == 1 else directions[0].parameters.get("file", directions[0].name)
        self.noted.emit(text.format(count=len(directions), name=name))
        self.directions_ready.emit(directions[:SLIDERS])


def kinds_of(studio: Studio) -> str:
    """How files that can be brought in tend to be called, those that plugins read among them."""
    readers = studio.registry.direction_readers().values()
    return " ".join((KINDS, *(pattern for reader in readers for pattern in reader.patterns)))
