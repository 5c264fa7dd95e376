"""The same picture of a model on every device there is: how long each takes, and whether it is the same picture."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ganstudio.checkpoints.library import ModelEntry
from ganstudio.render.self_check import Comparison
from ganstudio.session.studio import Studio
from ganstudio.ui.text import tr


class DeviceComparison(QDialog):
    """Runs as a job behind the preview, a row as soon as there is one."""

    def __init__(self, studio: Studio, entry: ModelEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Devices for “{name}”").format(name=entry.name))
        self.table, self.status = QTableWidget(0, 4, self), QLabel(tr("Drawing on the processor…"), self, wordWrap=True)
        self.table.setHorizontalHeaderLabels([tr("Device"), tr("Precision"), tr("Time"), tr("Picture")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.status.setProperty("tone", "dim")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.table, self.status, buttons):
            column.addWidget(widget, 1 if widget is self.table else 0)
        self.resize(560, 300)
        self.task = studio.jobs.start("", _compare(studio, entry.id), on_step=self._add, on_end=self._end)
        self.finished.connect(self.task.cancel)

    @Slot(object)
    def _add(self, found: Comparison) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        same = tr("the same") if found.same else tr("wrong: flat, grey or broken")
        levels = f"{found.difference * 127.5:.2f}"
        away = tr("{same} (differs by {levels} of 255 levels)").format(same=same, levels=levels)
        texts = (found.device, str(found.mode.dtype).removeprefix("torch."),
                 tr("{ms} ms").format(ms=round(found.seconds * 1000)), found.problem or away)
        for place, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            self.table.setItem(row, place, item)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome != "cancelled":
            self.status.setText(outcome or tr("Compared with the processor's picture in float32."))


def _compare(studio: Studio, model_id: str) -> Iterator[Comparison]:
    """Runs on the worker."""
    yield from studio.renderer.compare_devices(studio.library.default_document(model_id))
