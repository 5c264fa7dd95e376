"""A strip of other collages to choose from; a click takes one, undo takes it back."""

from __future__ import annotations

import random
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ganstudio.document.collage import Collage
from ganstudio.render.variants import Kind, Variant, variants
from ganstudio.session.studio import Studio
from ganstudio.ui.job_row import JobRow
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.text import tr

COUNT, SIDE = 12, 128
SEEDS = 2**31


def titles(kind: Kind) -> tuple[str, str]:
    """What a kind of variant is called, and what it does, in one sentence."""
    return {
        "fills": (tr("Fill the Rest"), tr("What no part covers, in many ways. The fill becomes the lowest layer.")),
        "examples": (tr("Edit by Example"), tr("The chosen layer's region as other pictures of this model have it.")),
        "automatic": (tr("Automatic Collages"), tr("Every region from a picture of its own.")),
    }[kind]


class VariantsDialog(QDialog):
    """Draws variants of the document as it was when it opened, one a step; more come behind them."""

    def __init__(self, studio: Studio, kind: Kind, part_id: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._kind, self._part = studio, kind, part_id
        self._begun = studio.session.document
        self.choices: list[Variant] = []
        self.strip = QListWidget(self, viewMode=QListWidget.ViewMode.IconMode,
                                 resizeMode=QListWidget.ResizeMode.Adjust, movement=QListWidget.Movement.Static)
        self.job = JobRow(studio.jobs, tr("More"), self)
        title, about = titles(kind)
        self.setWindowTitle(title)
        self.strip.setIconSize(QSize(SIDE, SIDE))
        self.strip.setAccessibleName(title)
        self.strip.setSpacing(3)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(about, self, wordWrap=True))
        column.addWidget(self.strip, 1)
        column.addWidget(self.job)
        self.resize(4 * (SIDE + 16) + 40, 3 * (SIDE + 16) + 110)
        self.strip.itemClicked.connect(self._take)
        self.strip.itemActivated.connect(self._take)
        self.job.asked.connect(self.more)
        self.job.stepped.connect(self._add)
        self.more()

    @Slot()
    def more(self) -> None:
        """Draw some more."""
        seeds = [random.randrange(SEEDS) for _ in range(COUNT)]
        studio = self._studio
        self.job.start(self.windowTitle(), variants(studio.renderer, self._begun, studio.live.time, self._kind, seeds,
                                                    self._part))

    @Slot(object)
    def _add(self, variant: Variant) -> None:
        self.choices.append(variant)
        image = to_image(variant.pixels).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio,
                                                Qt.TransformationMode.SmoothTransformation)
        item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), "", self.strip)
        item.setToolTip(tr("Take this one"))
        self.job.show_progress((len(self.choices) - 1) % COUNT + 1, COUNT)

    @Slot(QListWidgetItem)
    def _take(self, item: QListWidgetItem) -> None:
        """Its parts become the document's; another choice takes their place in one step."""
        session, time = self._studio.session, self._studio.live.time
        collage: Collage = self.choices[self.strip.row(item)].document.collage_at(time)
        if session.document.collage_at(time) is not collage and session.document.model == self._begun.model:
            chosen = session.document.with_collage(time, collage)
            session.change(replace(chosen, refinement=None), self.windowTitle())

    def reject(self) -> None:
        """Closed: nothing goes on unseen."""
        self.job.cancel()
        super().reject()
