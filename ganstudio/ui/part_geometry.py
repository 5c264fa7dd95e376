"""Where parts lie on the canvas, whose coordinates are pixels of the frame: transforms, outlines, what is hit."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPolygonF, QTransform

from ganstudio.document.collage import Collage, Part
from ganstudio.document.tiles import SIDE

Frame = tuple[int, int]
"""Width and height of the frame in pixels."""
SOLID = 26
"""Levels (of 255) of a mask from which on a pixel of a part can be grabbed."""


def pixel_scale(part: Part, frame: Frame) -> float:
    """Pixels of the frame for one of the part's picture."""
    return part.placement.scale * max(frame) / max(part.picture.size)


def to_frame(part: Part, frame: Frame) -> QTransform:
    """From pixels of the part's picture to those of the frame."""
    place, scale = part.placement, pixel_scale(part, frame)
    width, height = part.picture.size
    transform = QTransform()
    transform.translate(place.x * frame[0], place.y * frame[1])
    transform.rotate(place.rotation % 360)
    transform.scale(-scale if place.flip else scale, scale)
    transform.translate(-width / 2, -height / 2)
    return transform


def from_frame(part: Part, frame: Frame) -> QTransform:
    """From pixels of the frame to those of the part's picture."""
    return to_frame(part, frame).inverted()[0]


def outline(part: Part, frame: Frame, whole: bool = False) -> QPolygonF:
    """The four corners of what counts of a part (of all of its picture: `whole`), in order around it."""
    bounds = None if whole else part.mask.bounds
    left, top, right, bottom = bounds or (0, 0, *part.picture.size)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    transform = to_frame(part, frame)
    return QPolygonF([transform.map(QPointF(x, y)) for x, y in corners])


def bounds(parts: Iterable[Part], frame: Frame) -> QRectF:
    """The upright box around what counts of these parts."""
    box = QRectF()
    for part in parts:
        box = box.united(outline(part, frame).boundingRect())
    return box


def level_at(part: Part, frame: Frame, at: QPointF) -> int:
    """The mask's level (0..255) at a point of the canvas; 0 beside the picture."""
    point = from_frame(part, frame).map(at)
    x, y = int(point.x() // 1), int(point.y() // 1)
    if not (0 <= x < part.picture.size[0] and 0 <= y < part.picture.size[1]):
        return 0
    return int(part.mask.tiles.rows[y // SIDE][x // SIDE].data[y % SIDE, x % SIDE])


def part_at(collage: Collage, frame: Frame, at: QPointF) -> Part | None:
    """The topmost part that can be seen at a point; locked ones are looked through."""
    for part in reversed(collage.parts):
        if part.shown and not part.locked and level_at(part, frame, at) >= SOLID:
            return part
    return None


def inside(part: Part, frame: Frame, at: QPointF) -> bool:
    """Whether a point is in the outline of what counts of a part."""
    return outline(part, frame).containsPoint(at, Qt.FillRule.OddEvenFill)


def in_frame(part: Part, frame: Frame) -> bool:
    """Whether any of a part's outline is inside the frame."""
    frame_box = QPolygonF(QRectF(0, 0, *frame))
    shared = outline(part, frame).intersected(frame_box).boundingRect()
    return shared.width() > 0 and shared.height() > 0
