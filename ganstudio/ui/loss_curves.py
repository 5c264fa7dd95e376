"""The losses of a training over the pictures it has seen: one thin curve each, every one on a scale of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganstudio.session.trainee import Standing
from ganstudio.ui.text import tr

COLOURS = ("#e0a030", "#4aa3df", "#6abf69", "#d46a6a", "#a98be0", "#8f9aa6")
LEGEND = 18
"""Pixels above the curves for their names."""


class LossCurves(QWidget):
    """Shows what it is told last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: Sequence[Standing] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(90)

    def show_history(self, history: Sequence[Standing]) -> None:
        """Draw these."""
        self._history = history
        names = ", ".join(f"{name} {value:.3g}" for name, value in history[-1].losses.items()) if history else ""
        self.setAccessibleDescription(names)
        self.update()

    def sizeHint(self) -> QSize:
        """A wide strip."""
        return QSize(360, 130)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names with the last figures above, curves below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        if not self._history:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("The losses will be drawn here."))
            return
        area = QRectF(self.rect()).adjusted(8, LEGEND + 6, -8, -8)
        left = 8.0
        for name, colour in zip(self._history[-1].losses, COLOURS, strict=False):
            painter.setPen(QPen(QColor(colour), 1.5))
            painter.drawPath(curve(smoothed([s.losses.get(name, math.nan) for s in self._history]), area))
            text = f"{name} {self._history[-1].losses[name]:.3g}"
            painter.drawText(QPointF(left, LEGEND - 3), text)
            left += painter.fontMetrics().horizontalAdvance(text) + 14


def smoothed(values: Sequence[float], memory: float = 0.9) -> list[float]:
    """A running mean, so that the trend shows: each value counts `memory` of the one after it, the first ones fully."""
    means, total, weight = [], 0.0, 0.0
    for value in values:
        if math.isfinite(value):
            total, weight = total * memory + value, weight * memory + 1
        means.append(total / weight if weight else math.nan)
    return means


def curve(values: Sequence[float], area: QRectF) -> QPainterPath:
    """The path of values through `area`, from its lowest to its highest; a value that is not finite is left out."""
    known = [(i, v) for i, v in enumerate(values) if math.isfinite(v)]
    path = QPainterPath()
    if not known:
        return path
    low, high = min(v for _, v in known), max(v for _, v in known)
    for place, (i, value) in enumerate(known):
        x = area.left() + area.width() * i / max(len(values) - 1, 1)
        y = area.bottom() - area.height() * ((value - low) / (high - low) if high > low else 0.5)
        if place:
            path.lineTo(x, y)
        else:
            path.moveTo(x, y)
    return path
