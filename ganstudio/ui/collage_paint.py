"""The collage as the hand sees it: cut-outs in their own resolution, transparent where nothing covers it.

`ganstudio.render.collage` draws what the regressor sees, on the worker; this draws the same in the window's thread,
where parts follow the hand. Only parts from the lowest that changed upwards are painted again.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QImage

from ganstudio.document.collage import Collage, Part
from ganstudio.ui.blend_pixels import BY_HAND
from ganstudio.ui.part_geometry import Frame
from ganstudio.ui.part_image import PartImages, halvings_for
from ganstudio.ui.part_paint import MODES, clear_image, draw_part
from ganstudio.ui.soft_paint import lay_by_hand, lay_roughly


class Composition:
    """Paints collages of one frame after the other, each time as little as possible."""

    def __init__(self, images: PartImages) -> None:
        self._images = images
        self._frame: Frame = (0, 0)
        self._parts: tuple[Part, ...] = ()
        self._image = QImage()
        self._beneath: tuple[int, QImage] = (0, QImage())
        self._rough = False

    def image(self, collage: Collage, frame: Frame, rough: bool = False) -> QImage:
        """The collage; format ARGB32_Premultiplied, as large as the frame.

        `rough`: soft edges, matched colours and the like of what changed may be computed small, while the hand moves.
        """
        if frame != self._frame:
            self._frame, self._parts = frame, ()
            self._image, self._beneath = clear_image(frame), (0, clear_image(frame))
        if collage.parts != self._parts or (self._rough and not rough):
            self._repaint(collage.parts, rough)
        return self._image

    def _repaint(self, parts: tuple[Part, ...], rough: bool) -> None:
        same = _shared(self._parts, parts)
        if parts == self._parts:  # painted roughly before: only what lies on what was painted exactly
            same = self._beneath[0]
        count, base = self._beneath
        if count > same:
            count, base = 0, clear_image(self._frame)
        if count < same:
            base = QImage(base)
            paint_parts(base, parts[count:same], self._frame, self._images)
        self._beneath = (same, base)
        self._image = QImage(base)
        paint_parts(self._image, parts[same:], self._frame, self._images, rough)
        self._parts, self._rough = parts, rough


def paint_parts(target: QImage, parts: Sequence[Part], frame: Frame, images: PartImages, rough: bool = False) -> None:
    """Lay parts on an image as large as the frame, in order; `rough`: what Qt cannot paint is computed small."""
    for part in parts:
        if not part.shown:
            continue
        if part.feather or part.match or part.blend in BY_HAND:
            (lay_roughly if rough else lay_by_hand)(target, part, frame, images)
        else:
            made = images.cut_out(part, halvings_for(part, frame))
            draw_part(target, part, frame, made, MODES[part.blend], part.opacity)


def _shared(before: Sequence[Part], after: Sequence[Part]) -> int:
    """How many of the lowest parts are the very same."""
    count = 0
    for a, b in zip(before, after, strict=False):
        if a is not b:
            break
        count += 1
    return count
