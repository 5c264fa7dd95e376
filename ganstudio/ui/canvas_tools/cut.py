"""Cutting a layer to a shape: what the rectangle, ellipse, lasso and polygon tools have in common.

A plain cut keeps only what is inside; with Shift it uncovers what is inside, with Alt it takes it away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ganstudio.document.collage import Part
from ganstudio.document.mask import Mask, Point
from ganstudio.ui.canvas_tools.tool import Modifier, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.part_geometry import from_frame, part_at
from ganstudio.ui.text import tr

How = Literal["keep", "add", "take"]
LIVE = 2**20
"""Pixels of a picture up to which the mask follows the hand; of larger ones it is made when the hand lets go."""
ShapeOf = Callable[[tuple[int, int], Sequence[Point]], Mask]
"""A mask of a picture's size from points in the picture's pixels."""


def how_to_cut(touch: Touch) -> How:
    """What the keys held at the press mean."""
    if touch.has(Modifier.AltModifier):
        return "take"
    return "add" if touch.has(Modifier.ShiftModifier) else "keep"


def part_to_cut(easel: Easel, touch: Touch) -> Part | None:
    """The active layer, else the one under the pointer, which is then chosen; None (and a sentence) without any."""
    edits = easel.edits
    part = edits.active or part_at(edits.collage, easel.frame, touch.at)
    if part is None:
        edits.refused.emit(tr("There is no layer to cut: choose one, or add a picture first."))
        return None
    if part.id not in edits.chosen:
        edits.choose([part.id])
    return part if edits.may_draw_on(part) else None


def cut_mask(before: Mask, shape: Mask, how: How) -> Mask:
    """A mask with a shape kept, uncovered or taken away."""
    if how == "add":
        return before.plus(shape)
    return before.minus(shape) if how == "take" else before.times(shape)


def paint_line(painter: QPainter, points: Sequence[QPointF], closed: bool) -> None:
    """A line that is seen on dark and light: dashes of white on black."""
    polygon = QPolygonF(list(points))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for tint, style in ((Qt.GlobalColor.black, Qt.PenStyle.SolidLine), (Qt.GlobalColor.white, Qt.PenStyle.DashLine)):
        pen = QPen(tint, 1.5, style)
        pen.setCosmetic(True)
        painter.setPen(pen)
        if closed:
            painter.drawPolygon(polygon)
        else:
            painter.drawPolyline(polygon)


class Cut:
    """A shape that is drawn on a layer; subclasses say where its line runs, in pixels of the frame."""

    def __init__(self, easel: Easel, part: Part, touch: Touch, label: str) -> None:
        self.easel, self.part, self.start, self.label = easel, part, touch, label
        self.how = how_to_cut(touch)
        self.dragging = False

    def line(self) -> list[QPointF]:
        """The shape's outline."""
        raise NotImplementedError

    def follow(self, touch: Touch) -> None:
        """Lead the shape to here."""
        raise NotImplementedError

    def shape(self) -> Mask:
        """The shape as a mask of the layer's picture."""
        raise NotImplementedError

    def carry(self, by: QPointF) -> None:
        """Begin elsewhere."""
        self.start = replace(self.start, at=self.start.at + by)

    def move(self, touch: Touch) -> None:
        """The mask follows, where that is quick."""
        self.dragging = self.dragging or touch.far_from(self.start)
        if not self.dragging:
            return
        self.follow(touch)
        if self.part.picture.size[0] * self.part.picture.size[1] <= LIVE:
            self._put()

    def _put(self) -> bool:
        mask = cut_mask(self.part.mask, self.shape(), self.how)
        if mask.bounds is None and self.how == "keep":
            return False
        return self.easel.edits.put([replace(self.part, mask=mask)], self.label, self)

    def release(self, touch: Touch) -> None:
        """One undo step; a cut that would leave nothing is not made, and said so."""
        if self.dragging:
            self.follow(touch)
            self.finish()

    def finish(self) -> None:
        """Make the cut for good."""
        edits = self.easel.edits
        mask = cut_mask(self.part.mask, self.shape(), self.how)
        if mask.bounds is None:
            edits.cancel(self)
            edits.refused.emit(tr("This cut would leave nothing of “{name}”, so it was not made: delete or hide the "
                                  "layer instead.").format(name=self.part.name))
            return
        edits.put([replace(self.part, mask=mask)], self.label, self)
        edits.end(self)

    def cancel(self) -> None:
        """The mask as it was."""
        self.easel.edits.cancel(self)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The line."""
        if self.dragging:
            paint_line(painter, self.line(), closed=True)

    def in_picture(self, points: Sequence[QPointF]) -> list[Point]:
        """Points of the canvas in the layer's own pixels."""
        transform = from_frame(self.part, self.easel.frame)
        return [(p.x(), p.y()) for p in map(transform.map, points)]
