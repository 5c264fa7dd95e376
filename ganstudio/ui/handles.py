"""The frame around chosen layers that hands take hold of: corners scale, the knob above turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ganstudio.document.collage import Part
from ganstudio.ui.part_geometry import Frame, bounds, outline
from ganstudio.ui.theme import colour

REACH, SIDE, STEM = 9.0, 8.0, 26.0
"""Pixels of the screen: how near counts as on a handle, its side, and how far out the knob stands."""
KNOB = 4


@dataclass(frozen=True)
class Handles:
    """`corners` in pixels of the frame, in order around."""

    corners: tuple[QPointF, ...]

    @property
    def centre(self) -> QPointF:
        """The middle of the box."""
        return (self.corners[0] + self.corners[2]) / 2

    def knob(self, zoom: float) -> QPointF:
        """Where the knob stands: outwards from the middle of the first edge."""
        edge = (self.corners[0] + self.corners[1]) / 2
        across = self.corners[1] - self.corners[0]
        length = hypot(across.x(), across.y()) or 1.0
        out = QPointF(across.y(), -across.x()) / length
        away = edge - self.centre
        if out.x() * away.x() + out.y() * away.y() < 0:
            out = -out
        return edge + out * (STEM / zoom)

    def at(self, point: QPointF, zoom: float) -> int | None:
        """The number of the corner under the pointer, `KNOB`, or None."""
        spots = (*self.corners, self.knob(zoom))
        near = min(range(len(spots)), key=lambda i: QLineF(spots[i], point).length())
        return near if QLineF(spots[near], point).length() * zoom <= REACH else None

    def opposite(self, corner: int) -> QPointF:
        """The corner that stays while one is dragged."""
        return self.corners[(corner + 2) % 4]

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The box, its corners and the knob."""
        _pen(painter, 1.5)
        painter.drawPolygon(QPolygonF(self.corners))
        knob = self.knob(zoom)
        painter.drawLine((self.corners[0] + self.corners[1]) / 2, knob)
        painter.setBrush(colour("accent_text"))
        half = SIDE / 2 / zoom
        for corner in self.corners:
            painter.drawPolygon(_square(corner, half))
        painter.drawEllipse(knob, half * 1.1, half * 1.1)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def handles_of(parts: Sequence[Part], frame: Frame) -> Handles | None:
    """The box of one part lies as it does; that of several is upright. None for none, or nothing that counts."""
    shown = [p for p in parts if p.mask.bounds is not None]
    if not shown:
        return None
    if len(shown) == 1:
        return Handles(tuple(outline(shown[0], frame)))
    box = bounds(shown, frame)
    return Handles((box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft()))


def _square(middle: QPointF, half: float) -> QPolygonF:
    return QPolygonF([middle + QPointF(x * half, y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def _pen(painter: QPainter, width: float) -> None:
    pen = QPen(colour("bright"), width)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
