"""A drawn picture in a dialog, as large as there is room for, with a caption beneath."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganstudio.render.shot import Pixels
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.theme import colour

CAPTION = 22
"""Pixels of the caption's line."""


class PixelsView(QWidget):
    """Shows `empty` until there is a picture."""

    def __init__(self, caption: str = "", empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption, self._empty, self.image = caption, empty, QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 140 + CAPTION)
        self.setAccessibleName(caption)

    def show_pixels(self, pixels: Pixels | None) -> None:
        """Another picture; None takes it away."""
        self.image = QImage() if pixels is None else to_image(pixels)
        self.update()

    def sizeHint(self) -> QSize:
        """Large enough to judge by."""
        return QSize(300, 300 + CAPTION)

    @property
    def place(self) -> QRectF:
        """Where the picture lies."""
        room = QSizeF(self.width(), self.height() - (CAPTION if self.caption else 0))
        size = QSizeF(self.image.size() if not self.image.isNull() else QSize(1, 1)).scaled(
            room, Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(QPointF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2), size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, whole pixels where it is much smaller than its place."""
        painter = QPainter(self)
        place = self.place
        if self.image.isNull():
            painter.fillRect(place, colour("field"))
            painter.setPen(colour("dim"))
            painter.drawText(place.adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                             self._empty)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self.image)
        painter.setPen(colour("dim"))
        painter.drawText(QRectF(0, self.height() - CAPTION, self.width(), CAPTION), Qt.AlignmentFlag.AlignCenter,
                         self.caption)
