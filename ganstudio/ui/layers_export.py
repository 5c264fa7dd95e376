"""Writing the layers for other programs: which file, how large, and whether the drawn picture comes along."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganstudio.render.layered.files import MOST_SIDE, ORA, PSD, LayersPlan, Progress, check, write_layers
from ganstudio.render.layered.stack import LayerFileError
from ganstudio.ui.easel import Easel
from ganstudio.ui.export_dialog import ReplaceNote
from ganstudio.ui.export_memory import ExportMemory
from ganstudio.ui.job_row import JobRow
from ganstudio.ui.text import tr

SCALES = (1, 2, 4)
SUFFIXES = (PSD, ORA)
REMEMBERED = "layers"
"""Under which name the choices are kept among the preferences of exports."""


class LayersExport(QDialog):
    """Stays open when it is done, so that the sentence on what is not in the file can be read."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._easel, self._studio, self._memory = easel, easel.studio, ExportMemory(easel.studio)
        self.format, self.path, self.browse = QComboBox(self), QLineEdit(self), QPushButton(tr("Browse…"), self)
        self.size, self.picture = QComboBox(self), QComboBox(self)
        self.replace_, self.job = ReplaceNote(self), JobRow(self._studio.jobs, tr("Export"), self)
        self._plan: LayersPlan | None = None
        self._note = ""
        self.setWindowTitle(tr("Export Layers"))
        self._lay_out()
        self._fill()
        self._connect()
        self._show_sizes()
        self._show_state()

    def _lay_out(self) -> None:
        column, form, place = QVBoxLayout(self), QFormLayout(), QHBoxLayout()
        column.setSpacing(10)
        place.addWidget(self.path, 1)
        place.addWidget(self.browse)
        for label, field in ((tr("&Format"), self.format), (tr("&Save as"), place), (tr("Si&ze"), self.size),
                             (tr("&Drawn picture"), self.picture)):
            form.addRow(label, field)
        form.labelForField(place).setBuddy(self.path)
        about = QLabel(tr("Each layer is written as it lies in the frame, with its cut and its soft edge; opacity, "
                          "blend mode, order and groups stay to be changed."), self, wordWrap=True)
        about.setProperty("tone", "dim")
        column.addLayout(form)
        for widget in (about, self.replace_, self.job):
            column.addWidget(widget)
        self.path.setAccessibleName(tr("File"))
        self.path.setMinimumWidth(340)
        self.browse.setAutoDefault(False)

    def _fill(self) -> None:
        for title, suffix in ((tr("Photoshop (PSD)"), PSD), (tr("OpenRaster (ORA: Krita, GIMP, MyPaint)"), ORA)):
            self.format.addItem(title, suffix)
        for title, place in ((tr("Not in the file"), "none"), (tr("As the top layer"), "top"),
                             (tr("As the bottom layer"), "bottom")):
            self.picture.addItem(title, place)
        last = self._memory.last(REMEMBERED)
        self.format.setCurrentIndex(max(0, self.format.findData(last.get("suffix"))))
        self.picture.setCurrentIndex(max(0, self.picture.findData(last.get("picture"))))
        project = self._studio.session.path
        name = f"{project.stem if project else tr('Layers')}{self.format.currentData()}"
        self.path.setText(str(self._memory.folder(REMEMBERED) / name))

    def _connect(self) -> None:
        self.format.currentIndexChanged.connect(self._refit)
        self.path.textEdited.connect(self.replace_.hide)
        self.path.editingFinished.connect(self._take_suffix)
        self.browse.clicked.connect(self._browse)
        self.job.asked.connect(self._ask_or_start)
        self.replace_.agreed.connect(self._start)
        self.job.stepped.connect(self._step)
        self.job.ended.connect(self._end)
        self._easel.frame_changed.connect(self._show_sizes)
        self._studio.session.changed.connect(self._show_state)

    # what is asked for

    @property
    def plan(self) -> LayersPlan:
        """What the fields ask for."""
        return LayersPlan(Path(self.path.text().strip()).expanduser(), self.size.currentData() or 1,
                          self.picture.currentData(), tr("Drawn picture"))

    @Slot()
    def _show_sizes(self) -> None:
        """Multiples of the frame, as far as layers can be written."""
        chosen, (width, height) = self.size.currentData() or 1, self._easel.frame
        self.size.clear()
        for scale in (s for s in SCALES if s == 1 or s * max(width, height) <= MOST_SIDE):
            text = tr("{width} × {height} px").format(width=width * scale, height=height * scale)
            self.size.addItem(text if scale == 1 else f"{text} ({scale}×)", scale)
        self.size.setCurrentIndex(max(0, self.size.findData(chosen)))

    @Slot()
    def _show_state(self, *_what: object) -> None:
        layers = bool(self._studio.session.document.collage)
        self.job.start_button.setEnabled(layers)
        if not layers:
            self.job.say(tr("There is no layer on the canvas to export."))

    @Slot()
    def _refit(self) -> None:
        """The name ends as the format asks."""
        path = Path(self.path.text().strip())
        if path.name:
            stem = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
            self.path.setText(f"{stem}{self.format.currentData()}")
        self.replace_.hide()

    @Slot()
    def _take_suffix(self) -> None:
        """A name that ends as another format does asks for that format."""
        found = self.format.findData(Path(self.path.text().strip()).suffix.lower())
        if found >= 0:
            self.format.setCurrentIndex(found)
        self._refit()

    @Slot()
    def _browse(self) -> None:
        options = QFileDialog.Option.DontConfirmOverwrite
        kinds = ";;".join(f"{self.format.itemText(i)} (*{self.format.itemData(i)})" for i in range(self.format.count()))
        shown = f"{self.format.currentText()} (*{self.format.currentData()})"
        name, _ = QFileDialog.getSaveFileName(self, tr("Export Layers"), self.path.text(), kinds, shown, options)
        if name:
            self.path.setText(name)
            self._take_suffix()

    # doing it

    @Slot()
    def _ask_or_start(self) -> None:
        self._take_suffix()
        try:
            check(self.plan, self._easel.frame, self._easel.edits.collage)
        except LayerFileError as error:
            self.job.say(str(error), error=True)
            return
        if self.plan.path.exists():
            self.replace_.ask(self.plan.path)
        else:
            self._start()

    @Slot()
    def _start(self) -> None:
        studio, self._plan, self._note = self._studio, self.plan, ""
        path = self._plan.path
        last = {"folder": str(path.parent), "suffix": path.suffix.lower(), "picture": self._plan.picture}
        self._memory.keep({REMEMBERED: last})
        steps = write_layers(studio.renderer, studio.session.document, studio.live.time, self._easel.frame, self._plan)
        self.job.start(tr("Export “{name}”").format(name=path.name), steps)

    @Slot(object)
    def _step(self, progress: Progress) -> None:
        self._note = progress.note
        self.job.show_progress(progress.done, progress.total)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome == "" and self._plan is not None:
            said = tr("“{name}” is written.").format(name=self._plan.path.name)
            self.job.say(f"{said} {self._note}".strip())

    def reject(self) -> None:
        """Closed: nothing goes on unseen."""
        self.job.cancel()
        super().reject()
