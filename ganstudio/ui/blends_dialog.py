"""What plain blending would do with the same parts: four pictures side by side."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from ganstudio.render.blending import Blend, blends
from ganstudio.session.studio import Studio
from ganstudio.ui.job_row import JobRow
from ganstudio.ui.pixels_view import PixelsView
from ganstudio.ui.text import tr

WAYS = 4


class BlendsDialog(QDialog):
    """Shows the parts of the moment on screen in each way; again on request, after a change."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        captions = {"composition": tr("Composed by the model"), "latent": tr("Mean of the latents"),
                    "pixel": tr("Laid over each other"), "poisson": tr("Gradients joined (Poisson)")}
        self.views = {way: PixelsView(caption, "…", self) for way, caption in captions.items()}
        self.job = JobRow(studio.jobs, tr("Compare Again"), self)
        self.setWindowTitle(tr("Compare with Plain Blending"))
        grid, column = QGridLayout(), QVBoxLayout(self)
        for place, view in enumerate(self.views.values()):
            grid.addWidget(view, place // 2, place % 2)
        column.addWidget(QLabel(tr("The same parts, put together in four ways."), self))
        column.addLayout(grid, 1)
        column.addWidget(self.job)
        self.resize(640, 720)
        self.job.asked.connect(self.compare)
        self.job.stepped.connect(self._show)
        self.compare()

    @Slot()
    def compare(self) -> None:
        """Draw all four as things are now."""
        studio = self._studio
        self.job.start(self.windowTitle(), blends(studio.renderer, studio.session.document, studio.live.time))

    @Slot(object)
    def _show(self, blend: Blend) -> None:
        self.views[blend.way].show_pixels(blend.pixels)
        self.job.show_progress(list(self.views).index(blend.way) + 1, WAYS)

    def reject(self) -> None:
        """Closed: nothing goes on unseen."""
        self.job.cancel()
        super().reject()
