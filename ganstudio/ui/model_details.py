"""All there is to know about a model of the library, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from ganstudio.checkpoints.library import ModelEntry
from ganstudio.checkpoints.native import ModelError, ModelInfo, outline, read_info
from ganstudio.ui.amounts import size
from ganstudio.ui.facts_table import Fact, FactsTable
from ganstudio.ui.model_card import FAMILIES
from ganstudio.ui.text import tr


def model_facts_of(entry: ModelEntry) -> Iterator[Fact]:
    """Rows of title and text; the file's description is read, its numbers are not."""
    yield tr("Name"), entry.name
    yield tr("Family"), FAMILIES.get(entry.family, entry.family)
    yield tr("Resolution"), tr("{side} px").format(side=entry.resolution) if entry.resolution else ""
    try:
        info = read_info(entry.path) if entry.path is not None else None
        if info is not None:
            yield from _sizes(info)
            yield from _origin(info)
    except (ModelError, ValueError, TypeError, KeyError) as error:
        yield tr("Problem"), str(error)
    yield tr("Licence"), entry.terms
    yield tr("File"), str(entry.path or "")
    yield tr("Size"), size(entry.size) if entry.size else ""


def _sizes(info: ModelInfo) -> Iterator[Fact]:
    generator = outline(info)
    count = sum(parameter.numel() for parameter in generator.parameters())
    yield tr("Classes"), str(generator.num_classes) if generator.num_classes else tr("none")
    yield tr("Parameters"), f"{count:,}".replace(",", "\u202f")
    yield tr("Layers"), tr("{count}, edited in {space}").format(count=generator.num_ws, space=generator.space)


def _origin(info: ModelInfo) -> Iterator[Fact]:
    about = info.about
    choices = about.get("choices")
    yield tr("Format"), str(about.get("format") or "")
    yield tr("Source"), str(about.get("source") or "")
    yield tr("SHA-256"), str(about.get("sha256") or "")
    if isinstance(choices, dict):
        yield tr("Answers"), ", ".join(f"{key} = {value}" for key, value in choices.items())
    for note in about.get("notes") or () if isinstance(about.get("notes"), list) else ():
        yield tr("Note"), str(note)


class ModelDetails(QDialog):
    """A window to read and copy from."""

    def __init__(self, entry: ModelEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Details of “{name}”").format(name=entry.name))
        self.table = FactsTable(self)
        self.table.show_facts(model_facts_of(entry))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy = buttons.addButton(tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        self.resize(560, 380)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table.text())
