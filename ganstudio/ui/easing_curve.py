"""An easing as a curve: on the timeline's segments, and as an icon in menus and the combo box."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPen, QPixmap

from ganstudio.document.sequence import EASINGS, Easing
from ganstudio.ui.theme import colour

POINTS = 24


def easing_curve(easing: Easing, box: QRectF) -> QPainterPath:
    """The progress of a segment from the box's lower left to its upper right corner."""
    path = QPainterPath(box.bottomLeft())
    for i in range(1, POINTS + 1):
        t = i / POINTS
        path.lineTo(box.left() + box.width() * t, box.bottom() - box.height() * EASINGS[easing](t))
    path.lineTo(box.topRight())
    return path


def easing_icon(easing: Easing) -> QIcon:
    """The curve, small, in the theme's colour of text."""
    pixmap = QPixmap(36, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(easing_curve(easing, QRectF(2, 2, 14, 10)), QPen(colour("text"), 1.5))
    painter.end()
    return QIcon(pixmap)
