"""What menus and keys do to the chosen layers: copies, order, groups, and how they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Slot
from PySide6.QtGui import QImage

from ganstudio.document.collage import Collage, Part, Picture, Placement, Source, native, new_id, part_of
from ganstudio.document.mask import Mask
from ganstudio.document.tiles import Tiles
from ganstudio.ui.collage_paint import paint_parts
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_moves import Edge, aligned, flipped, shifted
from ganstudio.ui.part_geometry import bounds
from ganstudio.ui.text import tr


class LayerCommands(QObject):
    """Copies, order, groups and merging."""

    def __init__(self, easel: Easel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.easel, self.edits = easel, easel.edits

    @Slot()
    def duplicate(self) -> None:
        """A copy right above each chosen layer; the copies are then the chosen ones."""
        collage, copies = self.edits.collage, []
        for part in self.edits.parts:
            copies.append(new_id())
            collage = collage.duplicated(part.id, copies[-1], tr("{name} copy").format(name=part.name))
        if copies and self.edits.change(collage, tr("Duplicate Layer")):
            self.edits.choose(copies)

    @Slot()
    def delete(self) -> None:
        """Without the chosen layers; those that are locked stay."""
        parts = [p for p in self.edits.parts if self.edits.may_draw_on(p)]
        if parts:
            collage = self.edits.collage
            below = collage.index(parts[0].id) - 1
            self.edits.change(collage.without({p.id for p in parts}), tr("Delete Layer"))
            left = self.edits.collage.parts
            self.edits.choose([left[max(0, min(below, len(left) - 1))].id] if left else ())

    def move_by(self, steps: int) -> None:
        """The chosen layers up (below 0: down) in the order, keeping theirs."""
        collage, parts = self.edits.collage, self.edits.parts
        for part in reversed(parts) if steps > 0 else parts:
            room = self._room(collage, part, steps)
            collage = collage.moved(part.id, room)
        self.edits.change(collage, tr("Raise Layer") if steps > 0 else tr("Lower Layer"))

    def _room(self, collage: Collage, part: Part, steps: int) -> int:
        """How far one can go without passing another chosen one that went as far as it could."""
        index, mine = collage.index(part.id), {p.id for p in self.edits.parts}
        others = len([p for p in (collage.parts[index + 1:] if steps > 0 else collage.parts[:index]) if p.id in mine])
        space = (len(collage.parts) - 1 - index if steps > 0 else index) - others
        return min(steps, space) if steps > 0 else max(steps, -space)

    @Slot()
    def group(self) -> None:
        """The chosen layers in one group."""
        if len(self.edits.parts) > 1:
            self.edits.change(self.edits.collage.grouped(self.edits.chosen, new_id()), tr("Group Layers"))

    @Slot()
    def ungroup(self) -> None:
        """The chosen layers in no group."""
        if any(p.group for p in self.edits.parts):
            self.edits.change(self.edits.collage.grouped(self.edits.chosen, ""), tr("Ungroup Layers"))

    @Slot()
    def hide(self) -> None:
        """Hide the chosen layers; show them when all are hidden."""
        visible = any(p.visible for p in self.edits.parts)
        self.edits.set_value(self.edits.chosen, tr("Hide Layer") if visible else tr("Show Layer"), visible=not visible)

    @Slot()
    def lock(self) -> None:
        """Lock the chosen layers; unlock them when all are locked."""
        free = any(not p.locked for p in self.edits.parts)
        self.edits.set_value(self.edits.chosen, tr("Lock Layer") if free else tr("Unlock Layer"), locked=free)

    @Slot()
    def merge_down(self) -> None:
        """The active layer and the one beneath it as one, in the resolution of the frame."""
        active, collage = self.edits.active, self.edits.collage
        index = collage.index(active.id) if active is not None else 0
        if active is None or index == 0:
            self.edits.refused.emit(tr("There is no layer beneath to merge with."))
            return
        below = collage.parts[index - 1]
        if self.edits.may_draw_on(active) and self.edits.may_draw_on(below):
            merged = self._merged(below, active)
            if merged is not None and self.edits.change(collage.without({active.id, below.id}).added(merged, index - 1),
                                                        tr("Merge Down")):
                self.edits.choose([merged.id])

    def _merged(self, below: Part, above: Part) -> Part | None:
        image = QImage(*self.easel.frame, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        paint_parts(image, [replace(below, blend="normal"), above], self.easel.frame, self.easel.images)
        part = part_from_image(image, below.name, Source("picture", below.name))
        if part.mask.bounds is None:
            self.edits.refused.emit(tr("Nothing of these layers is in the frame, so they were not merged."))
            return None
        return replace(part, blend=below.blend, group=below.group)

    def step(self, by: int) -> None:
        """Choose the next layer up or down."""
        parts, active = self.edits.collage.parts, self.edits.active
        if parts:
            index = self.edits.collage.index(active.id) + by if active is not None else len(parts) - 1
            self.edits.choose([parts[min(max(index, 0), len(parts) - 1)].id])

    @Slot()
    def choose_all(self) -> None:
        """Choose every layer."""
        self.edits.choose(p.id for p in self.edits.collage)


class PlaceCommands(QObject):
    """How the chosen layers lie, and what of them counts."""

    def __init__(self, easel: Easel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.easel, self.edits = easel, easel.edits

    @Slot()
    def whole(self) -> None:
        """All of each picture counts again."""
        self._put(lambda p: replace(p, mask=Mask.flat(p.picture.size)), tr("Uncover All"))

    @Slot()
    def invert(self) -> None:
        """What counted does not, and the reverse."""
        self._put(lambda p: replace(p, mask=p.mask.inverted()), tr("Invert Cut"))

    def nudge(self, x: float, y: float) -> None:
        """A step of so many pixels of the frame; a run of steps is one undo step."""
        run = f"nudge {self.edits.chosen}"
        self._put(lambda p: shifted(p, self.easel.frame, QPointF(x, y)), tr("Nudge Layer"), run)

    def flip(self, upright: bool = False) -> None:
        """Mirror what is seen, around its own middle."""
        parts = self._free()
        if parts:
            middle = bounds(parts, self.easel.frame).center()
            self._put(lambda p: flipped(p, self.easel.frame, middle, upright), tr("Flip Layer"))

    def align(self, edge: Edge) -> None:
        """To an edge or the middle of the frame, or of the box around several."""
        if parts := self._free():
            self.edits.put(aligned(parts, self.easel.frame, edge), tr("Align Layers"))

    @Slot()
    def fit(self) -> None:
        """As large as the frame, upright, in its middle."""
        self._put(lambda p: replace(p, placement=Placement(flip=p.placement.flip)), tr("Fit Layer"))

    @Slot()
    def natural(self) -> None:
        """A pixel of the picture is a pixel of the frame."""
        self._put(lambda p: replace(p, placement=replace(p.placement, scale=native(p.picture, self.easel.frame).scale)),
                  tr("Natural Size"))

    def _free(self) -> list[Part]:
        return [p for p in self.edits.parts if self.edits.may_draw_on(p)]

    def _put(self, change: Callable[[Part], Part], label: str, gesture: object = None) -> None:
        if parts := self._free():
            self.edits.put([change(p) for p in parts], label, gesture)


def part_from_image(image: QImage, name: str, source: Source) -> Part:
    """A part of an image's own size, fitted to the frame; what is transparent does not count."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    packed = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine() // 4, 4)
    packed = packed[:, :plain.width()]
    picture = Picture(Tiles.of(np.ascontiguousarray(packed[..., :3])), source)
    return part_of(picture, name, Mask(Tiles.of(np.ascontiguousarray(packed[..., 3]))))
