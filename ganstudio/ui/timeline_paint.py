"""How the timeline looks: the ruler, segments with their easing, keys, pictures and the playhead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from ganstudio.document.sequence import Sequence, same_time
from ganstudio.ui.easing_curve import easing_curve
from ganstudio.ui.theme import colour
from ganstudio.ui.time_axis import TimeAxis

RULER, LANE, PICTURE = 26, 40, 52
"""Heights of the ruler, of the keys' lane, and of the pictures below it."""
HEIGHT = RULER + LANE + PICTURE + 6
RADIUS = 7
"""From the middle of a key's diamond to its corners."""


@dataclass(frozen=True, eq=False)
class Scene:
    """All that one painting of the strip shows."""

    sequence: Sequence
    axis: TimeAxis
    playhead: float
    selection: frozenset[float]
    picture: Callable[[float], QPixmap | None]
    marquee: QRectF | None = None
    label: tuple[float, str] | None = None
    """A text beside a moment."""
    note: str = ""
    """In place of keys."""


def paint(painter: QPainter, area: QRect, scene: Scene) -> None:
    """Draw the whole strip."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(area, colour("field"))
    _paint_ruler(painter, area, scene)
    if scene.sequence.tracks:
        _paint_segments(painter, scene)
        _paint_pictures(painter, area, scene)
        _paint_keys(painter, scene)
    else:
        _paint_note(painter, area, scene)
    _paint_playhead(painter, area, scene)
    if scene.marquee is not None:
        _paint_marquee(painter, scene)
    if scene.label is not None:
        _paint_label(painter, QPointF(scene.axis.x(scene.label[0]) + 14, RULER + LANE / 2 + 5), scene.label[1])


def _paint_ruler(painter: QPainter, area: QRect, scene: Scene) -> None:
    axis = scene.axis
    painter.fillRect(QRect(0, 0, area.width(), RULER), colour("raised"))
    end = axis.x(scene.sequence.duration)
    if scene.sequence.duration > 0:
        bar = _faded(colour("accent"), 90)
        painter.fillRect(QRectF(axis.x(0), RULER - 4, end - axis.x(0), 4), bar)
    line, text = _faded(colour("text"), 70), colour("text")
    painter.setFont(_small(painter.font()))
    for tick in axis.ticks(area.width(), scene.sequence.fps):
        x = axis.x(tick.time)
        painter.setPen(QPen(line, 1))
        painter.drawLine(QPointF(x, RULER - (10 if tick.text else 5)), QPointF(x, RULER - 1))
        if tick.text:
            painter.setPen(text)
            painter.drawText(QPointF(x + 4, 13), tick.text)
            after = x + 8 + painter.fontMetrics().horizontalAdvance(tick.text)
            painter.setPen(_faded(text, 140))
            painter.drawText(QPointF(after, 13), tick.frame)


def _paint_segments(painter: QPainter, scene: Scene) -> None:
    times = scene.sequence.times
    for left, right in pairwise(times):
        box = QRectF(scene.axis.x(left), RULER + 5, scene.axis.x(right) - scene.axis.x(left), LANE - 10)
        chosen = any(same_time(left, t) for t in scene.selection)
        line = colour("bright")
        curve = easing_curve(scene.sequence.easing_at(left) or "ease", box)
        filled = QPainterPath(curve)
        filled.lineTo(box.bottomRight())
        filled.closeSubpath()
        painter.fillRect(box, colour("panel"))
        painter.fillPath(filled, _faded(line, 80 if chosen else 40))
        painter.strokePath(curve, QPen(_faded(line, 255 if chosen else 150), 1.5))


def _paint_pictures(painter: QPainter, area: QRect, scene: Scene) -> None:
    free = float("-inf")
    for time in scene.sequence.times:
        box = picture_box(scene.axis, time)
        if box.left() < free or box.right() < 0 or box.left() > area.width():
            continue
        free = box.right() + 2
        pixmap = scene.picture(time)
        if pixmap is None:
            painter.fillRect(box, colour("border"))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))


def picture_box(axis: TimeAxis, time: float) -> QRectF:
    """Where a key's picture is drawn."""
    side = PICTURE - 2
    return QRectF(axis.x(time) - side / 2, RULER + LANE + 2, side, side)


def _paint_keys(painter: QPainter, scene: Scene) -> None:
    """Filled diamonds; hollow where only some values have a key."""
    for time in scene.sequence.times:
        chosen = any(same_time(time, t) for t in scene.selection)
        whole = all(any(same_time(k.time, time) for k in t.keys) for t in scene.sequence.tracks)
        painter.setPen(QPen(colour("text" if chosen else "key"), 2 if chosen else 1.5))
        painter.setBrush(colour("accent" if chosen else "key" if whole else "field"))
        painter.drawPolygon(_diamond(scene.axis.x(time), RULER + LANE / 2))


def _diamond(x: float, y: float) -> QPolygonF:
    return QPolygonF([QPointF(x, y - RADIUS), QPointF(x + RADIUS, y), QPointF(x, y + RADIUS), QPointF(x - RADIUS, y)])


def _paint_playhead(painter: QPainter, area: QRect, scene: Scene) -> None:
    x = scene.axis.x(scene.playhead)
    red = colour("error")
    painter.setPen(QPen(red, 1.5))
    painter.drawLine(QPointF(x, RULER - 8), QPointF(x, area.height()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(red)
    painter.drawPolygon(QPolygonF([QPointF(x - 6, RULER - 13), QPointF(x + 6, RULER - 13), QPointF(x, RULER - 3)]))


def _paint_label(painter: QPainter, place: QPointF, text: str) -> None:
    painter.setFont(_small(painter.font()))
    box = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-4, -2, 4, 2).translated(place)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("note_field"))
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(colour("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_note(painter: QPainter, area: QRect, scene: Scene) -> None:
    painter.setPen(colour("dim"))
    painter.drawText(area.adjusted(16, RULER, -16, 0), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                     scene.note)


def _paint_marquee(painter: QPainter, scene: Scene) -> None:
    accent = colour("bright")
    painter.setPen(QPen(accent, 1, Qt.PenStyle.DashLine))
    painter.setBrush(_faded(accent, 40))
    painter.drawRect(scene.marquee)


def _faded(full: QColor, alpha: int) -> QColor:
    faded = QColor(full)
    faded.setAlpha(alpha)
    return faded


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(11)
    return small
