"""Move and transform: take a layer by its pixels and move it, by a corner and scale it, by the knob and turn it."""

from __future__ import annotations

from math import atan2, degrees

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from ganstudio.document.collage import Part, new_id
from ganstudio.ui.canvas_tools.tool import Gesture, Modifier, PlainTool, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.handles import KNOB, Handles, handles_of
from ganstudio.ui.layer_moves import scaled, shifted, snap_lines, snapped, turned
from ganstudio.ui.part_geometry import bounds, inside, part_at
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

SNAP = 6.0
"""Pixels of the screen within which a moving layer sticks to a line."""
STEP = 15.0
"""Degrees that a turn with Shift goes by."""


class MoveTool(PlainTool):
    """Chooses layers by a click and moves, scales and turns those chosen."""

    def __init__(self, easel: Easel, series: object = None) -> None:
        super().__init__(easel)
        self.series = series

    def handles(self) -> Handles | None:
        """The box around the chosen layers that may be moved."""
        return handles_of([p for p in self.easel.edits.parts if not p.locked and p.visible], self.easel.frame)

    def press(self, touch: Touch) -> Gesture | None:
        """A handle first, then what can be seen under the pointer, then anywhere within the chosen layers."""
        box, edits = self.handles(), self.easel.edits
        grip = box.at(touch.at, touch.zoom) if box is not None else None
        if box is not None and grip is not None:
            return Turn(self, touch, box) if grip == KNOB else Scale(self, touch, box, grip)
        found = part_at(edits.collage, self.easel.frame, touch.at)
        if found is None and any(inside(p, self.easel.frame, touch.at) for p in edits.parts):
            return Move(self, touch)
        self._choose(found, touch)
        return Move(self, touch) if found is not None and edits.parts else None

    def _choose(self, found: Part | None, touch: Touch) -> None:
        """A click chooses one, with Shift one more or one less; beside all of them, none."""
        edits = self.easel.edits
        if found is None:
            edits.choose(())
        elif touch.has(Modifier.ShiftModifier):
            others = [id_ for id_ in edits.chosen if id_ != found.id]
            edits.choose(others if found.id in edits.chosen else [*others, found.id])
        elif found.id not in edits.chosen:
            edits.choose([found.id])

    def cursor(self, touch: Touch) -> Qt.CursorShape:
        """What a press would do here."""
        box = self.handles()
        grip = box.at(touch.at, touch.zoom) if box is not None else None
        if grip == KNOB:
            return Qt.CursorShape.CrossCursor
        if box is not None and grip is not None:
            away = box.corners[grip] - box.centre
            return Qt.CursorShape.SizeFDiagCursor if away.x() * away.y() > 0 else Qt.CursorShape.SizeBDiagCursor
        over = part_at(self.easel.edits.collage, self.easel.frame, touch.at) is not None
        return Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.ArrowCursor

    def paint(self, painter: QPainter, zoom: float, touch: Touch | None) -> None:
        """The handles."""
        if (box := self.handles()) is not None:
            box.paint(painter, zoom)


class TransformTool(MoveTool):
    """Any number of moves as one step: Enter applies them, Escape takes all of them back."""

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel, series=object())

    def finish(self) -> bool:
        """Keep what was done."""
        self.easel.edits.end(self.series)
        self.series = object()
        return True

    def abandon(self) -> bool:
        """Take it all back."""
        self.easel.edits.cancel(self.series)
        self.series = object()
        return True


class Placing:
    """What moving, scaling and turning have in common: always from the layers as they lay at the press."""

    label = ""

    def __init__(self, tool: MoveTool, touch: Touch) -> None:
        self.tool, self.easel, self.start = tool, tool.easel, touch
        self.parts = tuple(p for p in self.easel.edits.parts if not p.locked)
        self.token = tool.series or self
        self.dragging = False

    def move(self, touch: Touch) -> None:
        """Put the layers where the hand has them."""
        self.dragging = self.dragging or touch.far_from(self.start)
        if self.dragging and self.parts:
            self.easel.edits.put(self.placed(touch), self.label, self.token)

    def placed(self, touch: Touch) -> tuple[Part, ...]:
        """The layers with the hand here."""
        raise NotImplementedError

    def release(self, touch: Touch) -> None:
        """One undo step; within a series it goes on."""
        if self.token is self:
            self.easel.edits.end(self)

    def cancel(self) -> None:
        """Back to where they were."""
        if self.token is self:
            self.easel.edits.cancel(self)
        elif self.dragging:
            self.easel.edits.put(self.parts, self.label, self.token)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The handles, where they are now."""
        self.tool.paint(painter, zoom, None)


class Move(Placing):
    """Layers follow the hand; Shift keeps to one axis, Alt leaves a copy behind, Ctrl does without snapping."""

    def __init__(self, tool: MoveTool, touch: Touch) -> None:
        super().__init__(tool, touch)
        self.label = tr("Move Layer")
        self.copying = touch.has(Modifier.AltModifier)
        self.lines = snap_lines([p for p in self.easel.edits.collage if p not in self.parts], self.easel.frame)
        self.box = bounds(self.parts, self.easel.frame)
        self.guides: tuple[float | None, float | None] = (None, None)

    def move(self, touch: Touch) -> None:
        """With Alt, what moves are copies."""
        if self.copying and touch.far_from(self.start):
            self.copying, self.label = False, tr("Duplicate Layer")
            self._copy()
        super().move(touch)

    def _copy(self) -> None:
        edits, collage, copies = self.easel.edits, self.easel.edits.collage, []
        for part in self.parts:
            collage = collage.duplicated(part.id, new_id())
            copies.append(collage.parts[collage.index(part.id) + 1])
        if edits.change(collage, self.label, self.token):
            self.parts = tuple(copies)
            edits.choose(p.id for p in copies)

    def placed(self, touch: Touch) -> tuple[Part, ...]:
        """Moved, straight with Shift, sticking to lines."""
        by = touch.at - self.start.at
        if touch.has(Modifier.ShiftModifier):
            by = QPointF(by.x(), 0) if abs(by.x()) >= abs(by.y()) else QPointF(0, by.y())
        self.guides = (None, None)
        if self.easel.settings.snap and not touch.has(Modifier.ControlModifier):
            more, *guides = snapped(self.box.translated(by), self.lines, SNAP / touch.zoom)
            by, self.guides = by + more, (guides[0], guides[1])
        return tuple(shifted(part, self.easel.frame, by) for part in self.parts)

    def paint(self, painter: QPainter, zoom: float) -> None:
        """The handles, and the lines that the layers stick to."""
        super().paint(painter, zoom)
        pen = QPen(colour("star"), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        width, height = self.easel.frame
        if self.guides[0] is not None:
            painter.drawLine(QLineF(self.guides[0], -height, self.guides[0], 2 * height))
        if self.guides[1] is not None:
            painter.drawLine(QLineF(-width, self.guides[1], 2 * width, self.guides[1]))


class Scale(Placing):
    """A corner follows the hand, the one across stays; with Alt the middle does."""

    def __init__(self, tool: MoveTool, touch: Touch, box: Handles, corner: int) -> None:
        super().__init__(tool, touch)
        self.label = tr("Scale Layer")
        self.box, self.corner = box, corner

    def placed(self, touch: Touch) -> tuple[Part, ...]:
        """Larger or smaller by how far the hand is from what stays, along the diagonal."""
        fixed = self.box.centre if touch.has(Modifier.AltModifier) else self.box.opposite(self.corner)
        diagonal, reach = self.box.corners[self.corner] - fixed, touch.at - self.start.at
        length = diagonal.x() ** 2 + diagonal.y() ** 2
        factor = 1 + (reach.x() * diagonal.x() + reach.y() * diagonal.y()) / max(length, 1e-6)
        if touch.has(Modifier.ShiftModifier):
            factor = max(0.05, round(factor * 20) / 20)
        return tuple(scaled(part, self.easel.frame, max(factor, 1e-3), fixed) for part in self.parts)


class Turn(Placing):
    """The layers turn around their middle; Shift goes by steps."""

    def __init__(self, tool: MoveTool, touch: Touch, box: Handles) -> None:
        super().__init__(tool, touch)
        self.label = tr("Rotate Layer")
        self.centre = box.centre

    def placed(self, touch: Touch) -> tuple[Part, ...]:
        """Turned as far as the hand went around the middle."""
        angle = _angle(touch.at - self.centre) - _angle(self.start.at - self.centre)
        if touch.has(Modifier.ShiftModifier):
            before = self.parts[0].placement.rotation
            angle = round((before + angle) / STEP) * STEP - before
        return tuple(turned(part, self.easel.frame, angle, self.centre) for part in self.parts)


def _angle(away: QPointF) -> float:
    return degrees(atan2(away.y(), away.x()))
