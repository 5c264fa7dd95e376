"""How parts are moved, scaled, turned, mirrored and aligned: from parts to parts, in pixels of the frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import cos, radians, sin
from typing import Literal

from PySide6.QtCore import QPointF, QRectF

from ganstudio.document.collage import Part
from ganstudio.ui.part_geometry import Frame, bounds

Edge = Literal["left", "centre", "right", "top", "middle", "bottom"]
SMALLEST, LARGEST = 0.005, 100.0
"""Bounds of a part's scale under the hand."""


def shifted(part: Part, frame: Frame, by: QPointF) -> Part:
    """A part moved by pixels of the frame."""
    place = part.placement
    return replace(part, placement=replace(place, x=place.x + by.x() / frame[0], y=place.y + by.y() / frame[1]))


def scaled(part: Part, frame: Frame, factor: float, around: QPointF) -> Part:
    """A part made larger, with one point of the canvas staying where it is."""
    place = part.placement
    factor = min(max(place.scale * factor, SMALLEST), LARGEST) / place.scale
    away = _centre(part, frame) - around
    return shifted(replace(part, placement=replace(place, scale=place.scale * factor)), frame, away * (factor - 1))


def turned(part: Part, frame: Frame, degrees: float, around: QPointF) -> Part:
    """A part turned clockwise around a point of the canvas; its angle stays within half a turn."""
    angle, away = radians(degrees), _centre(part, frame) - around
    turned_away = QPointF(away.x() * cos(angle) - away.y() * sin(angle), away.x() * sin(angle) + away.y() * cos(angle))
    place = replace(part.placement, rotation=half_turn(part.placement.rotation + degrees))
    return shifted(replace(part, placement=place), frame, turned_away - away)


def flipped(part: Part, frame: Frame, around: QPointF, upright: bool = False) -> Part:
    """A part mirrored left to right (`upright`: top to bottom) as it is seen, around a point of the canvas."""
    place, centre = part.placement, _centre(part, frame)
    rotation = half_turn((180.0 if upright else 0.0) - place.rotation)
    mirrored = replace(part, placement=replace(place, rotation=rotation, flip=not place.flip))
    by = QPointF(0, 2 * (around.y() - centre.y())) if upright else QPointF(2 * (around.x() - centre.x()), 0)
    return shifted(mirrored, frame, by)


def half_turn(degrees: float) -> float:
    """The same angle in -180..180; the number itself where it is there already."""
    return degrees if -180 <= degrees <= 180 else (degrees + 180) % 360 - 180


def aligned(parts: Sequence[Part], frame: Frame, edge: Edge) -> tuple[Part, ...]:
    """Parts brought to an edge or the middle: one to that of the frame, several to that of the box around them.

    A group goes as one.
    """
    units: dict[str, list[Part]] = {}
    for part in parts:
        units.setdefault(part.group or part.id, []).append(part)
    box = QRectF(0, 0, *frame) if len(units) == 1 else bounds(parts, frame)
    ways = {name: _to_edge(bounds(unit, frame), box, edge) for name, unit in units.items()}
    return tuple(shifted(part, frame, ways[part.group or part.id]) for part in parts)


def _to_edge(mine: QRectF, box: QRectF, edge: Edge) -> QPointF:
    across = {"left": box.left() - mine.left(), "centre": box.center().x() - mine.center().x(),
              "right": box.right() - mine.right()}
    down = {"top": box.top() - mine.top(), "middle": box.center().y() - mine.center().y(),
            "bottom": box.bottom() - mine.bottom()}
    return QPointF(across.get(edge, 0.0), down.get(edge, 0.0))


def snap_lines(others: Iterable[Part], frame: Frame) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The xs and ys that a moving part sticks to: edges and middles of the frame and of the other parts."""
    boxes = [QRectF(0, 0, *frame), *(bounds([part], frame) for part in others if part.shown)]
    xs = {x for box in boxes for x in (box.left(), box.center().x(), box.right())}
    ys = {y for box in boxes for y in (box.top(), box.center().y(), box.bottom())}
    return tuple(sorted(xs)), tuple(sorted(ys))


def snapped(box: QRectF, lines: tuple[Sequence[float], Sequence[float]],
            reach: float) -> tuple[QPointF, float | None, float | None]:
    """How far a box is moved to stick to lines within `reach`, and the lines it then touches."""
    dx, x = _nearest((box.left(), box.center().x(), box.right()), lines[0], reach)
    dy, y = _nearest((box.top(), box.center().y(), box.bottom()), lines[1], reach)
    return QPointF(dx, dy), x, y


def _nearest(mine: Iterable[float], lines: Sequence[float], reach: float) -> tuple[float, float | None]:
    found = min(((line - at, line) for at in mine for line in lines), key=lambda pair: abs(pair[0]))
    return found if abs(found[0]) <= reach else (0.0, None)


def _centre(part: Part, frame: Frame) -> QPointF:
    return QPointF(part.placement.x * frame[0], part.placement.y * frame[1])
