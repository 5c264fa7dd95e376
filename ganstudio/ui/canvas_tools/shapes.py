"""Rectangle and ellipse: a box from corner to corner."""

from __future__ import annotations

from math import copysign, cos, pi, sin

from PySide6.QtCore import QPointF, QRectF

from ganstudio.document.collage import Part
from ganstudio.document.mask import Mask, ellipse, polygon, rectangle
from ganstudio.ui.canvas_tools.cut import Cut, part_to_cut
from ganstudio.ui.canvas_tools.tool import Gesture, Modifier, PlainTool, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.text import tr

CORNERS = 96
"""Of the polygon that stands for a turned ellipse."""


class BoxTool(PlainTool):
    """Cuts a rectangle, or an ellipse; Shift during the drag makes it as wide as high."""

    def __init__(self, easel: Easel, round_: bool = False) -> None:
        super().__init__(easel)
        self.round = round_

    def press(self, touch: Touch) -> Gesture | None:
        """Begin a box on the layer to cut."""
        part = part_to_cut(self.easel, touch)
        return None if part is None else BoxCut(self.easel, part, touch, self.round)


class BoxCut(Cut):
    """A box in the making."""

    def __init__(self, easel: Easel, part: Part, touch: Touch, round_: bool) -> None:
        super().__init__(easel, part, touch, tr("Cut Ellipse") if round_ else tr("Cut Rectangle"))
        self.round = round_
        self.box = QRectF(touch.at, touch.at)

    def follow(self, touch: Touch) -> None:
        """The corner across is here; a Shift that was held at the press already means something else."""
        by = touch.at - self.start.at
        if touch.has(Modifier.ShiftModifier) and not self.start.has(Modifier.ShiftModifier):
            side = max(abs(by.x()), abs(by.y()))
            by = QPointF(copysign(side, by.x()), copysign(side, by.y()))
        self.box = QRectF(self.start.at, self.start.at + by).normalized()

    def line(self) -> list[QPointF]:
        """The four corners, or points around the ellipse."""
        box = self.box
        if not self.round:
            return [box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft()]
        turns = (2 * pi * i / CORNERS for i in range(CORNERS))
        return [box.center() + QPointF(cos(t) * box.width() / 2, sin(t) * box.height() / 2) for t in turns]

    def shape(self) -> Mask:
        """Exact where the layer lies upright; a polygon where it is turned."""
        size = self.part.picture.size
        if self.part.placement.rotation % 90:
            return polygon(size, self.in_picture(self.line()))
        (x0, y0), (x1, y1) = self.in_picture([self.box.topLeft(), self.box.bottomRight()])
        return (ellipse if self.round else rectangle)(size, x0, y0, x1, y1)
