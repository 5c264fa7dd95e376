"""Cuts by a click: the magic wand by colour, the smart cut by what belongs together. Both are found by the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from ganstudio.document.collage import Part
from ganstudio.document.mask import Mask, wand
from ganstudio.document.region import ColourSegmenter, Segmenter, region
from ganstudio.ui.canvas_tools.cut import cut_mask, how_to_cut, part_to_cut
from ganstudio.ui.canvas_tools.tool import Gesture, PlainTool, Touch
from ganstudio.ui.easel import Easel
from ganstudio.ui.part_geometry import from_frame
from ganstudio.ui.text import tr

Find = Callable[[Part, int, int], Mask]
"""The shape at a pixel of a part's picture."""


class WandTool(PlainTool):
    """Pixels like the one clicked, by tolerance, hanging together or not."""

    def press(self, touch: Touch) -> Gesture | None:
        """A click, not a drag: there is no gesture."""
        settings = self.easel.settings
        return cut_at(self.easel, touch, tr("Cut with Wand"),
                      lambda part, x, y: wand(part.picture.tiles, x, y, settings.tolerance, settings.contiguous))


class SmartTool(PlainTool):
    """The thing clicked, as the first segmenter that knows the picture sees it."""

    def press(self, touch: Touch) -> Gesture | None:
        """A click, not a drag: there is no gesture."""
        segmenters = (*self.easel.segmenters, ColourSegmenter())
        return cut_at(self.easel, touch, tr("Smart Cut"), lambda part, x, y: _region(segmenters, part, x, y))


def _region(segmenters: tuple[Segmenter, ...], part: Part, x: int, y: int) -> Mask:
    for segmenter in segmenters:
        if (features := segmenter.features(part)) is not None:
            return region(part, x, y, features)
    return Mask.flat(part.picture.size, 0.0)


def cut_at(easel: Easel, touch: Touch, label: str, find: Find) -> None:
    """Have a shape found at a point, then cut the layer with it."""
    part = part_to_cut(easel, touch)
    if part is None:
        return
    at = from_frame(part, easel.frame).map(touch.at)
    x, y = int(at.x() // 1), int(at.y() // 1)
    if not (0 <= x < part.picture.size[0] and 0 <= y < part.picture.size[1]):
        easel.edits.refused.emit(tr("Click on “{name}”, the layer that is chosen, or choose another one first.").format(
            name=part.name))
        return
    Finding(easel, part, how_to_cut(touch), label).start(find, x, y)


class Finding(QObject):
    """One cut under way; it lives until its job has ended."""

    def __init__(self, easel: Easel, part: Part, how: str, label: str) -> None:
        super().__init__(easel)
        self._easel, self._part, self._how, self._label = easel, part, how, label

    def start(self, find: Find, x: int, y: int) -> None:
        """Begin to look."""
        steps = _found(find, self._part, x, y, self._how)
        self._easel.studio.jobs.start(self._label, steps, first=True, on_step=self._cut, on_end=self._end)

    @Slot(object)
    def _cut(self, mask: Mask) -> None:
        """Cut, unless the layer has gone or changed meanwhile."""
        edits, part = self._easel.edits, self._part
        if not any(p.id == part.id and p.mask is part.mask and p.picture is part.picture for p in edits.collage):
            return
        if mask.bounds is None:
            edits.refused.emit(tr("This cut would leave nothing of “{name}”, so it was not made.").format(
                name=part.name))
        else:
            edits.put([replace(edits.collage.part(part.id), mask=mask)], self._label)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self._easel.edits.refused.emit(outcome)
        self.deleteLater()


def _found(find: Find, part: Part, x: int, y: int, how: str) -> Iterator[Mask]:
    """A job of one step; it runs on the worker."""
    yield cut_mask(part.mask, find(part, x, y), how)
