"""What lies on the canvas: the collage, the drawn picture over it, the pale rest of layers, and what helps the hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from ganstudio.document.collage import Part
from ganstudio.ui.easel import Easel
from ganstudio.ui.part_geometry import outline
from ganstudio.ui.part_image import halvings_for
from ganstudio.ui.part_paint import part_transform
from ganstudio.ui.theme import colour

CHECK = 8
"""Pixels of the screen of one square where nothing covers the frame."""
PALE = 0.33
"""Opacity of what is hidden of a layer while it is cut, or lies beyond the frame."""
AROUND = 40
"""Frames around the frame in which items may paint."""


class CanvasItem(QGraphicsObject):
    """Paints anywhere around the frame and takes no mouse; `pixelated` while single pixels are looked at."""

    pixelated = False

    def __init__(self, easel: Easel, level: float) -> None:
        super().__init__()
        self.easel = easel
        self.setZValue(level)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """The frame and far around it."""
        width, height = self.easel.frame
        return QRectF(-AROUND * width, -AROUND * height, (2 * AROUND + 1) * width, (2 * AROUND + 1) * height)

    @property
    def frame_rect(self) -> QRectF:
        """The frame."""
        return QRectF(0, 0, *self.easel.frame)


class CollageItem(CanvasItem):
    """The layers within the frame; squares where nothing covers it, so that it is not taken for a colour."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Squares of a constant size on the screen, and the collage in its own resolution."""
        brush = QBrush(_checks())
        brush.setTransform(painter.worldTransform().inverted()[0])
        painter.fillRect(self.frame_rect, brush)
        paint_image(painter, self.easel.picture(), self.frame_rect, self.pixelated)
        pen = QPen(colour("outline"), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRect(self.frame_rect)


class DrawnItem(CanvasItem):
    """The picture that the model draws, over the collage; `share` 0..1 is how much of it is seen."""

    def __init__(self, easel: Easel, level: float) -> None:
        super().__init__(easel, level)
        self.image, self.share = QImage(), 0.0

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Over the whole frame."""
        if self.share > 0 and not self.image.isNull():
            painter.setOpacity(self.share)
            paint_image(painter, self.image, self.frame_rect, self.pixelated)


class RestItem(CanvasItem):
    """What cannot be seen of the chosen layers: beyond the frame, and, while one is cut, outside of its mask."""

    cutting = False

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Pale, so that it is not taken for what counts."""
        for part in self.easel.edits.parts:
            if self.cutting and part is self.easel.edits.active:
                self._paint_part(painter, part, whole=True)
            elif part.shown and not self.frame_rect.contains(outline(part, self.easel.frame).boundingRect()):
                self._paint_part(painter, part, whole=False)

    def _paint_part(self, painter: QPainter, part: Part, whole: bool) -> None:
        images, halvings = self.easel.images, halvings_for(part, self.easel.frame)
        made = images.whole(part, halvings) if whole else images.cut_out(part, halvings)
        painter.save()
        if not whole:
            painter.setClipPath(_outside(self.frame_rect, self.boundingRect()))
        painter.setOpacity(PALE)
        painter.setTransform(part_transform(part, self.easel.frame, made), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QPointF(), made.image)
        painter.restore()


class HandItem(CanvasItem):
    """Outlines of the chosen layers, and what the tool in hand draws."""

    def __init__(self, easel: Easel, level: float, paint_tool: Callable[[QPainter, float], None]) -> None:
        super().__init__(easel, level)
        self._paint_tool = paint_tool

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Lines of a constant width on the screen."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colour("bright"), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for part in self.easel.edits.parts:
            painter.drawPolygon(outline(part, self.easel.frame))
        self._paint_tool(painter, painter.worldTransform().m11())


def paint_image(painter: QPainter, image: QImage, place: QRectF, whole: bool) -> None:
    """Smooth, or with whole pixels where the user zoomed in to see them."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not whole)
    painter.drawImage(place, image)


def _outside(inner: QRectF, outer: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRect(outer)
    hole = QPainterPath()
    hole.addRect(inner)
    return path.subtracted(hole)


def _checks() -> QPixmap:
    """Two by two squares in the colours of "nothing is here"."""
    pixmap = QPixmap(2 * CHECK, 2 * CHECK)
    pixmap.fill(colour("check_light"))
    painter = QPainter(pixmap)
    for x, y in ((0, 0), (CHECK, CHECK)):
        painter.fillRect(x, y, CHECK, CHECK, colour("check_dark"))
    painter.end()
    return pixmap
