"""The collage as the canvas shows it: every part in the frame's own resolution, transparent where nothing covers it.

`ganstudio.render.collage` draws what the regressor sees, on the worker; this draws the same in the window's thread,
where parts follow the hand. Only parts from the lowest that changed upwards are painted again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from ganstudio.document.collage import Blend, Collage, Part
from ganstudio.ui.blend_pixels import BY_HAND, Floats, blended, feathered, matched
from ganstudio.ui.part_geometry import Frame, outline, to_frame
from ganstudio.ui.part_image import PartImage, PartImages, halvings_for, image_of

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


class Composition:
    """Paints collages of one frame after the other, each time as little as possible."""

    def __init__(self, images: PartImages) -> None:
        self._images = images
        self._frame: Frame = (0, 0)
        self._parts: tuple[Part, ...] = ()
        self._image = QImage()
        self._beneath: tuple[int, QImage] = (0, QImage())

    def image(self, collage: Collage, frame: Frame) -> QImage:
        """The collage; format ARGB32_Premultiplied, as large as the frame."""
        if frame != self._frame:
            self._frame, self._parts = frame, ()
            self._image, self._beneath = _clear(frame), (0, _clear(frame))
        if collage.parts != self._parts:
            self._repaint(collage.parts)
        return self._image

    def _repaint(self, parts: tuple[Part, ...]) -> None:
        same = _shared(self._parts, parts)
        count, base = self._beneath
        if count > same:
            count, base = 0, _clear(self._frame)
        if count < same:
            base = QImage(base)
            paint_parts(base, parts[count:same], self._frame, self._images)
        self._beneath = (same, base)
        self._image = QImage(base)
        paint_parts(self._image, parts[same:], self._frame, self._images)
        self._parts = parts


def paint_parts(target: QImage, parts: Sequence[Part], frame: Frame, images: PartImages) -> None:
    """Lay parts on an image as large as the frame, in order."""
    for part in parts:
        if not part.shown:
            continue
        if part.feather or part.match or part.blend in BY_HAND:
            _lay_by_hand(target, part, frame, images)
        else:
            _draw(target, part, frame, images.cut_out(part, halvings_for(part, frame)), MODES[part.blend], part.opacity)


def _draw(target: QImage, part: Part, frame: Frame, made: PartImage, mode: Mode, opacity: float,
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


def _clear(frame: Frame) -> QImage:
    image = QImage(*frame, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _shared(before: Sequence[Part], after: Sequence[Part]) -> int:
    """How many of the lowest parts are the very same."""
    count = 0
    for a, b in zip(before, after, strict=False):
        if a is not b:
            break
        count += 1
    return count


def _lay_by_hand(target: QImage, part: Part, frame: Frame, images: PartImages) -> None:
    """A part with a soft edge, matched colours or a blend that Qt lacks."""
    width = part.feather * max(frame)
    box = outline(part, frame, whole=not part.mask.bounds).boundingRect().adjusted(-width - 2, -width - 2, width + 2,
                                                                                   width + 2)
    area = box.toAlignedRect().intersected(QRect(0, 0, *frame))
    if area.isEmpty():
        return
    halvings = halvings_for(part, frame)
    colours, inside = _read(_region(part, frame, images.whole(part, halvings), area))
    alpha = _read(_region(part, frame, images.cover(part, halvings), area))[1]
    alpha = (feathered(alpha, inside, width) if width else alpha) * np.float32(part.opacity)
    beneath, below = _read(target.copy(area))
    if part.match:
        colours = matched(colours, alpha, beneath, below, part.match)
    _put(target, area, part.blend, colours, alpha, beneath, below)


def _region(part: Part, frame: Frame, made: PartImage, area: QRect) -> QImage:
    image = _clear((area.width(), area.height()))
    _draw(image, part, frame, made, Mode.CompositionMode_SourceOver, 1.0, area)
    return image


def _put(target: QImage, area: QRect, blend: Blend, colours: Floats, alpha: Floats, beneath: Floats,
         below: Floats) -> None:
    """Lay colours on the target, in the mode of the blend."""
    if blend in BY_HAND:
        colours = colours + (blended(beneath, colours, blend) - colours) * below[..., None]
        blend = "normal"
    made = image_of(_pack(colours, alpha))
    painter = QPainter(target)
    painter.setCompositionMode(MODES[blend])
    painter.drawImage(area.topLeft(), made.image)
    painter.end()


def _read(image: QImage) -> tuple[Floats, Floats]:
    """Colours [h, w, 3] in 0..1, not multiplied by alpha, and alpha [h, w]."""
    packed = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    levels = packed[:, :image.width()].astype(np.float32) / 255
    alpha = levels[..., 3]
    colours = levels[..., 2::-1] / np.maximum(alpha, 1e-6)[..., None]
    return np.minimum(colours, 1), alpha


def _pack(colours: Floats, alpha: Floats) -> np.ndarray:
    packed = np.empty((*alpha.shape, 4), np.uint8)
    packed[..., 3] = np.rint(alpha * 255)
    packed[..., 2::-1] = np.rint(np.clip(colours, 0, 1) * (alpha * 255)[..., None])
    return packed
