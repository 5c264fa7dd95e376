"""What the preview writes over the picture: a failure, a hint, a label."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from ganstudio.ui.theme import colour

CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


def paint_message(painter: QPainter, area: QRect, message: str) -> None:
    """One sentence over the picture, which is paled: it is not the picture of the document any more."""
    veil = colour("backdrop")
    veil.setAlpha(170)
    painter.fillRect(area, veil)
    box = _box(painter, area, message)
    box.moveCenter(QRectF(area).center())
    _paint_box(painter, box, message)


def paint_notice(painter: QPainter, area: QRect, message: str) -> None:
    """One sentence at the lower edge, of what goes on to be worked on."""
    box = _box(painter, area, message)
    box.moveCenter(QRectF(area).center())
    box.moveBottom(area.bottom() - 14)
    _paint_box(painter, box, message)


def _box(painter: QPainter, area: QRect, message: str) -> QRectF:
    """As wide as a sentence is read well, as high as it needs."""
    width = min(460.0, area.width() - 32.0)
    text = painter.boundingRect(QRectF(0, 0, width - 32, 1000), CENTRED, message)
    return QRectF(0, 0, width, text.height() + 32)


def _paint_box(painter: QPainter, box: QRectF, message: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour("error"))
    painter.setBrush(colour("error_field"))
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(colour("text"))
    painter.drawText(box.adjusted(16, 16, -16, -16), CENTRED, message)


def paint_hint(painter: QPainter, area: QRect, text: str) -> None:
    """What to wait for or to do while there is no picture."""
    painter.setPen(colour("on_backdrop"))
    painter.drawText(QRectF(area).adjusted(16, 16, -16, -16), CENTRED, text)


def paint_label(painter: QPainter, area: QRect, text: str) -> None:
    """A word at the upper edge: this is not the usual picture."""
    width = painter.fontMetrics().horizontalAdvance(text) + 24
    box = QRectF((area.width() - width) / 2, 14, width, painter.fontMetrics().height() + 8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("accent"))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(colour("accent_text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
