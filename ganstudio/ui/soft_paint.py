"""Parts that Qt cannot paint: soft edges, matched colours, blends by colour and luminosity; exactly, or while dragged.

Exact pixels of a large frame take longer than a hand waits. While it moves, the soft edge is found on a smaller frame
and laid over the sharp picture; colours that must be computed are then as coarse as that frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from ganstudio.document.collage import Part
from ganstudio.ui.blend_pixels import BY_HAND, Floats, blended, feathered, matched
from ganstudio.ui.part_geometry import Frame, outline
from ganstudio.ui.part_image import Packed, PartImage, PartImages, halvings_for, image_of
from ganstudio.ui.part_paint import MODES, Mode, clear_image, draw_part

ROUGH = 192
"""Longer side, in pixels, of the frame that a part is computed on while it is dragged."""


@dataclass(frozen=True, eq=False)
class Laid:
    """What a part comes to in a box of the frame: colours [h, w, 3] in 0..1 and alpha [h, w]."""

    area: QRect
    colours: Floats
    alpha: Floats


def lay_by_hand(target: QImage, part: Part, frame: Frame, images: PartImages) -> None:
    """Lay a part on an image as large as the frame."""
    area = _area(part, frame)
    if not area.isEmpty():
        laid = _computed(part, frame, images, area, target.copy(area))
        _put(target, image_of(_pack(laid.colours, laid.alpha)).image, QRectF(area), _mode(part))


def lay_roughly(target: QImage, part: Part, frame: Frame, images: PartImages) -> None:
    """The same, nearly, in a small share of the time."""
    share = ROUGH / max(frame)
    if share >= 1:
        lay_by_hand(target, part, frame, images)
        return
    small = max(1, round(frame[0] * share)), max(1, round(frame[1] * share))
    area = _area(part, small)
    if area.isEmpty():
        return
    across, down = frame[0] / small[0], frame[1] / small[1]
    place = QRectF(area.x() * across, area.y() * down, area.width() * across, area.height() * down)
    beneath = _scaled(target, place, area)
    laid = _computed(part, small, images, area, beneath)
    colours = laid.colours
    if not _recoloured(part):
        colours = np.ones_like(colours)  # only the alpha counts: the picture itself stays sharp
    shape = image_of(_pack(colours, laid.alpha)).image
    if _recoloured(part):
        _put(target, shape, place, _mode(part))
        return
    box = place.toAlignedRect().intersected(QRect(0, 0, *frame))
    sharp = _region(part, frame, images.whole(part, halvings_for(part, frame)), box)
    _put(sharp, shape, place.translated(-box.x(), -box.y()), Mode.CompositionMode_DestinationIn)
    _put(target, sharp, QRectF(box), MODES[part.blend])


def _recoloured(part: Part) -> bool:
    """Whether its colours are other than its picture's."""
    return bool(part.match) or part.blend in BY_HAND


def _mode(part: Part) -> Mode:
    """How Qt lays what was computed."""
    return MODES["normal" if part.blend in BY_HAND else part.blend]


def _area(part: Part, frame: Frame) -> QRect:
    """The box of the frame that a part can touch."""
    width = part.feather * max(frame) + 2
    box = outline(part, frame, whole=not part.mask.bounds).boundingRect().adjusted(-width, -width, width, width)
    return box.toAlignedRect().intersected(QRect(0, 0, *frame))


def _computed(part: Part, frame: Frame, images: PartImages, area: QRect, under: QImage) -> Laid:
    """A part over what is `under` it in this box of the frame."""
    halvings, width = halvings_for(part, frame), part.feather * max(frame)
    colours, inside = _read(_region(part, frame, images.whole(part, halvings), area))
    alpha = _read(_region(part, frame, images.cover(part, halvings), area))[1]
    alpha = (feathered(alpha, inside, width) if width else alpha) * np.float32(part.opacity)
    if _recoloured(part):
        beneath, below = _read(under)
        if part.match:
            colours = matched(colours, alpha, beneath, below, part.match)
        if part.blend in BY_HAND:
            colours = colours + (blended(beneath, colours, part.blend) - colours) * below[..., None]
    return Laid(area, colours, alpha)


def _region(part: Part, frame: Frame, made: PartImage, area: QRect) -> QImage:
    image = clear_image((area.width(), area.height()))
    draw_part(image, part, frame, made, Mode.CompositionMode_SourceOver, 1.0, area)
    return image


def _scaled(target: QImage, place: QRectF, area: QRect) -> QImage:
    """What lies at a place, as large as an area of the smaller frame."""
    image = clear_image((area.width(), area.height()))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(image.rect()), target, place)
    painter.end()
    return image


def _put(target: QImage, image: QImage, place: QRectF, mode: Mode) -> None:
    """Lay an image on another; one of the same size pixel by pixel."""
    painter = QPainter(target)
    painter.setCompositionMode(mode)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.size().toSize() != image.size())
    painter.drawImage(place, image, QRectF(image.rect()))
    painter.end()


def _read(image: QImage) -> tuple[Floats, Floats]:
    """Colours [h, w, 3] in 0..1, not multiplied by alpha, and alpha [h, w]."""
    packed = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    levels = packed[:, :image.width()].astype(np.float32) / 255
    alpha = levels[..., 3]
    colours = levels[..., 2::-1] / np.maximum(alpha, 1e-6)[..., None]
    return np.minimum(colours, 1), alpha


def _pack(colours: Floats, alpha: Floats) -> Packed:
    packed = np.empty((*alpha.shape, 4), np.uint8)
    packed[..., 3] = np.rint(alpha * 255)
    packed[..., 2::-1] = np.rint(np.clip(colours, 0, 1) * (alpha * 255)[..., None])
    return packed
