"""Lasso and polygon: a line of any form, drawn at a stretch or from corner to corner."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainter

from ganstudio.document.collage import Part
from ganstudio.document.mask import Mask, polygon
from ganstudio.ui.canvas_tools.cut import Cut, paint_line, part_to_cut
from ganstudio.ui.canvas_tools.tool import Gesture, PlainTool, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.text import tr

PACE = 1.5
"""Pixels of the screen between two points of a lasso."""
CLOSE = 9.0
"""Pixels of the screen from the first corner within which a click closes a polygon."""


class LineCut(Cut):
    """A line through points."""

    def __init__(self, easel: Easel, part: Part, touch: Touch, label: str) -> None:
        super().__init__(easel, part, touch, label)
        self.points = [touch.at]

    def follow(self, touch: Touch) -> None:
        """On to here."""
        if QLineF(self.points[-1], touch.at).length() * touch.zoom >= PACE:
            self.points.append(touch.at)

    def carry(self, by: QPointF) -> None:
        """All points go along."""
        super().carry(by)
        self.points = [point + by for point in self.points]

    def line(self) -> list[QPointF]:
        """All points."""
        return self.points

    def shape(self) -> Mask:
        """The inside of the closed line."""
        return polygon(self.part.picture.size, self.in_picture(self.points))


class LassoTool(PlainTool):
    """Cuts along a line drawn by hand."""

    def press(self, touch: Touch) -> Gesture | None:
        """Begin the line on the layer to cut."""
        part = part_to_cut(self.easel, touch)
        return None if part is None else LineCut(self.easel, part, touch, tr("Cut with Lasso"))


class PolygonTool(PlainTool):
    """Each click is a corner; a click on the first one, a double click or Enter closes the line."""

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self.cut: LineCut | None = None

    def press(self, touch: Touch) -> Gesture | None:
        """One more corner; the first chooses the layer and, by the keys held, how it is cut."""
        if self.cut is None:
            part = part_to_cut(self.easel, touch)
            self.cut = None if part is None else LineCut(self.easel, part, touch, tr("Cut Polygon"))
        elif touch.double or self._at_start(touch):
            self.finish()
        else:
            self.cut.points.append(touch.at)
        return None

    def _at_start(self, touch: Touch) -> bool:
        return self.cut is not None and len(self.cut.points) > 2 and \
            QLineF(self.cut.points[0], touch.at).length() * touch.zoom <= CLOSE

    def finish(self) -> bool:
        """Cut along the line, if it has three corners."""
        cut, self.cut = self.cut, None
        if cut is None:
            return False
        if len(cut.points) > 2 and any(p.id == cut.part.id for p in self.easel.edits.collage):
            cut.finish()
        return True

    def abandon(self) -> bool:
        """Forget the line."""
        begun, self.cut = self.cut is not None, None
        return begun

    def paint(self, painter: QPainter, zoom: float, touch: Touch | None) -> None:
        """The line so far, on to the pointer."""
        if self.cut is not None:
            on = [touch.at] if touch is not None else []
            paint_line(painter, [*self.cut.points, *on], closed=False)
            painter.drawEllipse(self.cut.points[0], CLOSE / 2 / zoom, CLOSE / 2 / zoom)
