"""The canvas: the layers as they lie in the frame, under the tool in the hand.

It shows the session's document and nothing else: what was there and what is new come by the same way, `_show`.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from ganstudio.render.shot import Frame as Drawn
from ganstudio.ui.canvas_hand import CanvasHand
from ganstudio.ui.canvas_keys import CanvasKeys
from ganstudio.ui.collage_items import CollageItem, DrawnItem, HandItem, RestItem
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_sources import PHOTO_SUFFIXES
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.preview_paint import paint_notice
from ganstudio.ui.seed_grid import SEEDS_MIME
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour
from ganstudio.ui.toolbox import CUTTING

PIXELS = 2.0
"""Screen pixels for one of the frame from which on a view that was zoomed shows whole ones."""


class CollageCanvas(CanvasHand):
    """Shows the collage at the playhead and hands presses to the tool in the hand."""

    dropped = Signal(object, object)
    """(mime data, where it fell in pixels of the frame)"""

    def __init__(self, easel: Easel, keys: CanvasKeys, parent: QWidget | None = None) -> None:
        super().__init__(easel, keys, parent)
        self._collage, self._drawn = CollageItem(easel, 0), DrawnItem(easel, 1)
        self._rest, self._hand = RestItem(easel, 2), HandItem(easel, 3, self.paint_tool)
        for item in (self._collage, self._drawn, self._rest, self._hand):
            self.scene().addItem(item)
        self.failure = ""
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Canvas"))
        self._connect()

    def _connect(self) -> None:
        easel, studio = self.easel, self.easel.studio
        studio.session.changed.connect(self._show)
        studio.live.time_changed.connect(self._show)
        studio.live.frame.connect(self._show_drawn)
        studio.live.failed.connect(self._fail)
        easel.edits.chosen_changed.connect(self._show)
        easel.settings_changed.connect(self._show)
        self.gesture_changed.connect(self._show_hidden)
        easel.frame_changed.connect(self._refit)
        self.zoom_changed.connect(self._show_zoom)

    def frame_rect(self) -> QRectF:
        """The frame."""
        return QRectF(0, 0, *self.easel.frame)

    # what it shows

    @Slot()
    def _show(self, *_what: object) -> None:
        self.viewport().update()

    @Slot(object)
    def _show_drawn(self, drawn: Drawn) -> None:
        self._drawn.image, self.failure = to_image(drawn.pixels), ""
        if self._drawn.share > 0:
            self.viewport().update()

    @Slot(str)
    def _fail(self, message: str) -> None:
        """The picture that was drawn last is not that of these layers, so it does not lie over them."""
        self._drawn.image, self.failure = QImage(), message
        if self._drawn.share > 0:
            self.setAccessibleDescription(message)
            self.viewport().update()

    @Slot(float)
    def _show_zoom(self, zoom: float) -> None:
        """Whole pixels where the user zoomed in to see them, smooth everywhere else."""
        self._collage.pixelated = self._drawn.pixelated = not self.fitted and zoom > PIXELS

    @Slot(bool)
    def _show_hidden(self, working: bool) -> None:
        """While a layer is cut, what is hidden of it is shown, paled."""
        self._rest.cutting = working and self.easel.tool in CUTTING

    def set_overlay(self, share: float) -> None:
        """How much of the drawn picture lies over the collage, 0..1."""
        self._drawn.share = share
        self.viewport().update()

    @Slot()
    def _refit(self) -> None:
        for item in (self._collage, self._drawn, self._rest, self._hand):
            item.prepareGeometryChange()
        if self.fitted:
            self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fitted at first."""
        super().showEvent(event)
        if self.fitted:
            self.fit()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """The surroundings of the frame, and what to do while it is empty."""
        painter.fillRect(rect, colour("backdrop"))

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """What to do while there is no layer; why there is no drawn picture, where that is nowhere else."""
        painter.resetTransform()
        if self._drawn.share > 0:
            if self.failure:
                paint_notice(painter, self.viewport().rect(), self.failure)
            return
        if self.easel.edits.collage:
            return
        box = QRectF(self.viewport().rect()).adjusted(40, 40, -40, -40)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        text = tr("Drag seeds from the sheet here, or drop or paste photos.\n"
                  "What stays empty is completed by the model.")
        ground = painter.boundingRect(box, flags, text).adjusted(-16, -12, 16, 12)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("window"))
        painter.drawRoundedRect(ground, 8, 8)
        painter.setPen(colour("text"))
        painter.drawText(box, flags, text)

    # what is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pictures, photo files and seeds may be dropped; other files are the window's."""
        data = event.mimeData()
        photos = any(url.toLocalFile().lower().endswith(PHOTO_SUFFIXES) for url in data.urls())
        if data.hasImage() or photos or data.hasFormat(SEEDS_MIME):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Anywhere."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand on what was dropped, and where."""
        self.dropped.emit(event.mimeData(), self.to_frame(event.position()))
        event.acceptProposedAction()
