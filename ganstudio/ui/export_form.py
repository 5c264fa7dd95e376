"""The fields of an export: format, place, size, rate, number of frames; together they make an `ExportPlan`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from ganstudio.render.export_plan import FORMATS, ExportPlan, FormatId
from ganstudio.ui.text import tr

SCALES: dict[str, float | None] = {"native": 1, "half": 0.5, "quarter": 0.25, "double": 2, "custom": None}
"""Sizes offered, as a multiple of the model's own."""


class ExportForm(QWidget):
    """Remembers a set of choices for each format; `changed` after anything that changes the plan."""

    changed = Signal()

    def __init__(self, exact: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.format, self.size = QComboBox(self), QComboBox(self)
        self.path, self.browse = QLineEdit(self), QPushButton(tr("Browse…"), self)
        self.side = QSpinBox(self, minimum=16, maximum=8192, value=512, suffix=tr(" px"))
        self.fps = QDoubleSpinBox(self, minimum=0, maximum=240, decimals=2, suffix=tr(" fps"))
        self.count = QSpinBox(self, minimum=0, maximum=1_000_000)
        self.exact = QCheckBox(tr("Exact (full precision, slower)"), self, checked=exact)
        self._native, self._rate, self._frames = 0, 24.0, 1
        self._placed = False
        self._lay_out()
        self._fill()
        self._connect()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(tr("&Format"), self.format)
        form.addRow(tr("&Save as"), _row(self.path, self.browse))
        form.addRow(tr("Si&ze"), _row(self.size, self.side))
        form.addRow(tr("Frame &rate"), self.fps)
        form.addRow(tr("Frame &count"), self.count)
        form.addRow("", self.exact)
        form.labelForField(form.itemAt(1, QFormLayout.ItemRole.FieldRole).layout()).setBuddy(self.path)
        form.labelForField(form.itemAt(2, QFormLayout.ItemRole.FieldRole).layout()).setBuddy(self.size)

    def _fill(self) -> None:
        for name, kind in FORMATS.items():
            self.format.addItem(tr(kind.label), name)
        self.format.setCurrentIndex(self.format.findData("mp4"))
        for name in SCALES:
            self.size.addItem(name, name)
        self.path.setAccessibleName(tr("File or folder"))
        self.size.setAccessibleName(tr("Size"))
        self.side.setAccessibleName(tr("Longer side in pixels"))
        self.side.setVisible(False)
        self.path.setMinimumWidth(340)
        for box in (self.format, self.fps, self.count):
            box.setMinimumWidth(230)
        self.fps.setToolTip(tr("0 takes the timeline's rate"))
        self.count.setToolTip(tr("0 takes as many frames as the rate asks for"))

    def _connect(self) -> None:
        for signal in (self.path.textEdited, self.size.currentIndexChanged, self.side.valueChanged,
                       self.fps.valueChanged, self.count.valueChanged, self.exact.toggled):
            signal.connect(self.changed)
        self.size.currentIndexChanged.connect(self._show_side)
        self.path.textEdited.connect(self._place)
        self.path.editingFinished.connect(self.refit_path)
        self.count.valueChanged.connect(self.refit_path)
        self.browse.clicked.connect(self._browse)

    def show_sequence(self, native: int, rate: float, frames: int) -> None:
        """What the open document gives: the model's side in pixels, the timeline's rate, frames at that rate."""
        self._native, self._rate, self._frames = native, rate, frames
        labels = {"native": tr("Native"), "half": tr("Half"), "quarter": tr("Quarter"), "double": tr("Double"),
                  "custom": tr("Custom…")}
        for i, (name, scale) in enumerate(SCALES.items()):
            side = "" if scale is None or not native else f" ({round(native * scale)} px)"
            self.size.setItemText(i, labels[name] + side)
        self.fps.setSpecialValueText(tr("As the timeline ({rate} fps)").format(rate=f"{rate:g}"))
        self.count.setSpecialValueText(tr("As the rate asks ({n})").format(n=frames))

    def plan(self, overwrite: bool = False) -> ExportPlan:
        """What the fields ask for."""
        return ExportPlan(Path(self.path.text().strip()).expanduser(), self.format.currentData(), self._side(),
                          self.fps.value() or self._rate, self.count.value() or None, self.exact.isChecked(), overwrite)

    def _side(self) -> int | None:
        scale = SCALES[self.size.currentData()]
        if scale is None:
            return self.side.value()
        return None if scale == 1 or not self._native else round(self._native * scale)

    def choices(self) -> dict[str, Any]:
        """What to remember for this format; how many frames is a matter of each sequence."""
        return {"folder": str(self.plan().path.parent), "size": self.size.currentData(), "side": self.side.value(),
                "fps": self.fps.value(), "exact": self.exact.isChecked()}

    def suggest(self, place: Path) -> None:
        """Offer a place, unless the user chose one by hand."""
        if not self._placed:
            self.path.setText(str(place))
        self.refit_path()

    def restore(self, kind: FormatId, choices: Mapping[str, Any]) -> None:
        """Show a format with what was chosen for it before; whatever does not fit is left as it is."""
        with QSignalBlocker(self):
            self.format.setCurrentIndex(self.format.findData(kind))
            self.size.setCurrentIndex(max(0, self.size.findData(choices.get("size"))))
            self.fps.setMaximum(FORMATS[kind].max_fps)
            for field, entry in ((self.side, "side"), (self.fps, "fps")):
                if isinstance(choices.get(entry), int | float):
                    field.setValue(choices[entry])
            if isinstance(choices.get("exact"), bool):
                self.exact.setChecked(choices["exact"])
            self.refit_path()
        self.changed.emit()

    @Slot()
    def refit_path(self) -> None:
        """Give the name the suffix that fits; PNG files go into a folder unless there is one only."""
        path = Path(self.path.text().strip())
        known = {kind.suffix for kind in FORMATS.values()} | {".png"}
        if path.name:
            stem = path.with_suffix("") if path.suffix.lower() in known else path
            self.path.setText(f"{stem}{self.suffix()}")

    def suffix(self) -> str:
        """What the file's name ends with; nothing for a folder."""
        kind = self.format.currentData()
        if kind == "png":
            return ".png" if (self.count.value() or self._frames) == 1 else ""
        return FORMATS[kind].suffix

    @Slot()
    def _show_side(self) -> None:
        self.side.setVisible(self.size.currentData() == "custom")

    @Slot()
    def _place(self) -> None:
        self._placed = True

    @Slot()
    def _browse(self) -> None:
        options = QFileDialog.Option.DontConfirmOverwrite
        kind = self.format.currentText() + (f" (*{self.suffix()})" if self.suffix() else " (*)")
        name, _ = QFileDialog.getSaveFileName(self, tr("Export As"), self.path.text(), kind, options=options)
        if name:
            self.path.setText(name)
            self._place()
            self.refit_path()
            self.changed.emit()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget, 0 if widgets.index(widget) else 1)
    return row
