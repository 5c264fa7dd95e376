"""Where a picture lies in the preview: fitted, or at a scale and place the user chose. Numbers only, no widget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF

LARGEST, SMALLEST = 32.0, 0.05
"""Bounds of the scale, in screen pixels a picture pixel."""
MARGIN = 12.0
"""Pixels around a fitted picture."""


@dataclass(frozen=True)
class PreviewView:
    """`scale` is None while the picture is fitted; `shift` moves its centre from the middle of the widget."""

    scale: float | None = None
    shift: QPointF = field(default_factory=QPointF)

    def scale_in(self, area: QSizeF, picture: QSizeF) -> float:
        """Screen pixels a picture pixel."""
        if self.scale is not None:
            return self.scale
        room = min((area.width() - 2 * MARGIN) / picture.width(), (area.height() - 2 * MARGIN) / picture.height())
        return max(room, SMALLEST)

    def rect_in(self, area: QSizeF, picture: QSizeF) -> QRectF:
        """Where the picture is drawn in a widget of size `area`, on whole pixels so that 100 % is sharp."""
        scale = self.scale_in(area, picture)
        size = picture * scale
        centre = QPointF(area.width() / 2, area.height() / 2) + self.shift
        return QRectF(round(centre.x() - size.width() / 2), round(centre.y() - size.height() / 2),
                      size.width(), size.height())

    def zoomed(self, factor: float, at: QPointF, area: QSizeF, picture: QSizeF) -> PreviewView:
        """Larger or smaller, with the point under the pointer staying there."""
        before = self.scale_in(area, picture)
        after = min(max(before * factor, SMALLEST), LARGEST)
        centre = QPointF(area.width() / 2, area.height() / 2)
        from_centre = at - centre - self.shift
        return PreviewView(after, at - centre - from_centre * (after / before))

    def panned(self, by: QPointF, area: QSizeF, picture: QSizeF) -> PreviewView:
        """Moved, but never out of sight; a fitted picture keeps its scale and is free from then on."""
        scale = self.scale_in(area, picture)
        reach_x, reach_y = ((p * scale + a) / 2 - 40 for p, a in (
            (picture.width(), area.width()), (picture.height(), area.height())))
        moved = self.shift + by
        shift = QPointF(min(max(moved.x(), -reach_x), reach_x), min(max(moved.y(), -reach_y), reach_y))
        return replace(self, scale=scale, shift=shift)
