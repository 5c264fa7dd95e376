"""Brush and eraser: uncover or hide a layer by hand, or paint with a colour.

On a picture the brush uncovers and the eraser hides. On a fill, or with no layer chosen, the brush paints: its colour
becomes a layer of its own.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from ganstudio.document.collage import Collage, Part, Picture, part_of
from ganstudio.document.mask import Mask
from ganstudio.document.stroke import Stroke
from ganstudio.ui.canvas_tools.tool import Gesture, Modifier, PlainTool, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.part_geometry import from_frame, pixel_scale
from ganstudio.ui.text import tr

SMALLEST, LARGEST = 1.0, 1000.0
"""Pixels of the frame that a brush is wide."""


class BrushTool(PlainTool):
    """Draws strokes; `erase` makes it the eraser."""

    def __init__(self, easel: Easel, erase: bool = False) -> None:
        super().__init__(easel)
        self.erase = erase
        self._end: tuple[str, QPointF] | None = None

    def press(self, touch: Touch) -> Gesture | None:
        """A stroke; a drag with Shift changes the brush's size, with Alt it takes up a colour."""
        if touch.has(Modifier.ShiftModifier):
            return Resize(self, touch)
        if touch.has(Modifier.AltModifier) and not self.erase:
            return pick(self.easel, touch)
        return self.begun(touch)

    def begun(self, touch: Touch) -> Painting | None:
        """A stroke from here; None when it is refused."""
        part = self._target()
        if part is None or not self.easel.edits.may_draw_on(part):
            return None
        self._end = (part.id, touch.at)
        return Painting(self, part, touch)

    def ended(self, part: Part, at: QPointF) -> None:
        """A stroke on this layer came to its end here."""
        self._end = (part.id, at)

    def straight_to(self, touch: Touch) -> None:
        """A straight line from where the last stroke on this layer ended; a dot where there was none."""
        end = self._end
        if (painting := self.begun(touch)) is None:
            return
        if end is not None and end[0] == painting.part.id:
            painting.begin(replace(touch, at=end[1]))
            painting.move(touch)
        painting.release(touch)

    def _target(self) -> Part | None:
        """The layer that a stroke falls on; a new one to paint on, not yet in the collage; None when refused."""
        active = self.easel.edits.active
        if self.erase:
            if active is None:
                self.easel.edits.refused.emit(tr("There is no layer to erase from: choose one in the list of layers."))
            return active
        if active is not None and (active.picture.source.kind != "fill" or self._same_colour(active)):
            return active
        picture = Picture.fill(self.easel.settings.colour, self.easel.frame)
        return part_of(picture, tr("Paint"), Mask.flat(picture.size, 0.0))

    def _same_colour(self, part: Part) -> bool:
        return tuple(int(v) for v in part.picture.tiles.rows[0][0].data[0, 0]) == self.easel.settings.colour

    def paint(self, painter: QPainter, zoom: float, touch: Touch | None) -> None:
        """A ring as large as the brush."""
        if touch is not None:
            paint_ring(painter, touch.at, self.easel.settings.brush.size / 2)

    def cursor(self, touch: Touch) -> Qt.CursorShape:
        """The ring is the pointer, where it is large enough to be seen."""
        wide = self.easel.settings.brush.size * touch.zoom > 8
        return Qt.CursorShape.BlankCursor if wide else Qt.CursorShape.CrossCursor


def paint_ring(painter: QPainter, at: QPointF, radius: float) -> None:
    """A circle that is seen on dark and light."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for tint, width in ((Qt.GlobalColor.black, 2.5), (Qt.GlobalColor.white, 1.0)):
        pen = QPen(tint, width)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawEllipse(at, radius, radius)


class Painting:
    """A stroke in progress: each move is a version of the layer with more of it; one undo step."""

    def __init__(self, tool: BrushTool, part: Part, touch: Touch) -> None:
        self.tool, self.easel, self.part = tool, tool.easel, part
        self.label = tr("Erase") if tool.erase else tr("Brush Stroke")
        self.transform = from_frame(part, self.easel.frame)
        self.begin(touch)

    def begin(self, touch: Touch) -> None:
        """Put the brush down here, with nothing drawn before."""
        brush = replace(self.easel.settings.brush, erase=self.tool.erase,
                        size=self.easel.settings.brush.size / pixel_scale(self.part, self.easel.frame))
        self.stroke = Stroke.begun(brush, self.part.picture.size)
        self.move(touch)

    def move(self, touch: Touch) -> None:
        """Lead the stroke here."""
        at = self.transform.map(touch.at)
        self.stroke = self.stroke.to(at.x(), at.y(), touch.pressure)
        part, edits = replace(self.part, mask=self.stroke.on(self.part.mask)), self.easel.edits
        if edits.change(self._with(edits.collage, part), self.label, self) and part.id not in edits.chosen:
            edits.choose([part.id])

    def _with(self, collage: Collage, part: Part) -> Collage:
        """The collage with this version of the layer, a new one on top."""
        if any(p.id == part.id for p in collage):
            return collage if collage.part(part.id).mask is part.mask else collage.with_part(part)
        return collage.added(part)

    def release(self, touch: Touch) -> None:
        """One undo step."""
        self.tool.ended(self.part, touch.at)
        self.easel.edits.end(self)

    def cancel(self) -> None:
        """As if the brush had not touched."""
        self.easel.edits.cancel(self)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The ring where the stroke is."""
        if self.stroke.last is not None:
            at = self.transform.inverted()[0].map(QPointF(self.stroke.last[0], self.stroke.last[1]))
            paint_ring(painter, at, self.easel.settings.brush.size / 2)


class Resize:
    """Shift and a drag to the right make the brush larger; Shift and a click draw a straight line to there."""

    def __init__(self, tool: BrushTool, touch: Touch) -> None:
        self.tool, self.easel, self.start = tool, tool.easel, touch
        self.size, self.dragging = self.easel.settings.brush.size, False

    def move(self, touch: Touch) -> None:
        """Twice the way, as the ring grows to both sides."""
        self.dragging = self.dragging or touch.far_from(self.start)
        if self.dragging:
            size = self.size + 2 * (touch.at.x() - self.start.at.x())
            self.easel.set_brush(size=min(max(size, SMALLEST), LARGEST))

    def release(self, touch: Touch) -> None:
        """The size stays; a click draws."""
        if not self.dragging:
            self.tool.straight_to(self.start)

    def cancel(self) -> None:
        """The size before."""
        self.easel.set_brush(size=self.size)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The ring, where the press was."""
        paint_ring(painter, self.start.at, self.easel.settings.brush.size / 2)


class PickTool(PlainTool):
    """Takes up the colour under the pointer."""

    def press(self, touch: Touch) -> Gesture | None:
        """Take it, and go on while the button is down."""
        return pick(self.easel, touch)


class Picking:
    """The colour follows the pointer; Escape brings back the one before."""

    def __init__(self, easel: Easel, touch: Touch) -> None:
        self.easel, self.before = easel, easel.settings.colour
        self.move(touch)

    def move(self, touch: Touch) -> None:
        """Take up what the canvas shows here; nothing where nothing covers it."""
        found = self.easel.colour_at(touch.at)
        if found is not None:
            self.easel.set(colour=found)

    def release(self, touch: Touch) -> None:
        """It stays."""

    def cancel(self) -> None:
        """The colour before."""
        self.easel.set(colour=self.before)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """Nothing."""


def pick(easel: Easel, touch: Touch) -> Gesture:
    """Begin to take up colours."""
    return Picking(easel, touch)
