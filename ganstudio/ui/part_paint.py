"""How Qt paints one part in its place: the blends it knows, and where pixels are copied and not interpolated."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from ganstudio.document.collage import Blend, Part
from ganstudio.ui.part_geometry import Frame, to_frame
from ganstudio.ui.part_image import PartImage

Mode = QPainter.CompositionMode
MODES: dict[Blend, Mode] = {
    "normal": Mode.CompositionMode_SourceOver, "multiply": Mode.CompositionMode_Multiply,
    "screen": Mode.CompositionMode_Screen, "overlay": Mode.CompositionMode_Overlay,
    "soft-light": Mode.CompositionMode_SoftLight, "darken": Mode.CompositionMode_Darken,
    "lighten": Mode.CompositionMode_Lighten,
}
Hint = QPainter.RenderHint
EXACT = 1e-4
"""Within which a place counts as a whole pixel."""


def draw_part(target: QImage, part: Part, frame: Frame, made: PartImage, mode: Mode, opacity: float,
              shift: QRect | None = None) -> None:
    """Draw an image of a part in its place; `shift`: the target is this box of the frame."""
    painter = QPainter(target)
    painter.setCompositionMode(mode)
    painter.setOpacity(opacity)
    if shift is not None:
        painter.translate(-shift.x(), -shift.y())
    transform = part_transform(part, frame, made)
    painter.setRenderHints(Hint.SmoothPixmapTransform | Hint.Antialiasing, not _whole(transform))
    painter.setTransform(transform, True)
    painter.drawImage(QRectF(0, 0, *_extent(part, made)), made.image, QRectF(made.image.rect()))
    painter.end()


def part_transform(part: Part, frame: Frame, made: PartImage) -> QTransform:
    """From pixels of a part's halved image to the frame."""
    step = 2**made.halvings
    return QTransform.fromScale(step, step) * to_frame(part, frame)


def _whole(transform: QTransform) -> bool:
    """Whether pixels fall on whole pixels, so that they are copied and nothing is interpolated."""
    turn = sorted(abs(v) for v in (transform.m11(), transform.m12()))
    near = (abs(v - round(v)) < EXACT for v in (transform.dx(), transform.dy()))
    return abs(turn[0]) < EXACT and abs(turn[1] - 1) < EXACT and all(near)


def _extent(part: Part, made: PartImage) -> tuple[float, float]:
    """How large the picture is in pixels of its halved image; the last one may stand for less."""
    step = 2**made.halvings
    width, height = part.picture.size
    exact = width % step == 0 and height % step == 0
    return (width / step, height / step) if not exact else (made.image.width(), made.image.height())


def clear_image(frame: Frame) -> QImage:
    """An image of this size with nothing on it."""
    image = QImage(*frame, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image
