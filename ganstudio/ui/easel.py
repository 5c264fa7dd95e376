"""What canvas, tools and panels of the collage share: the edits, the images, the tool in hand and how it is set."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from ganstudio.document.document import Document
from ganstudio.document.region import Segmenter
from ganstudio.document.stroke import Brush
from ganstudio.render.segmenting import GeneratorSegmenter
from ganstudio.render.shot import Frame as Drawn
from ganstudio.session.studio import Studio
from ganstudio.ui.collage_edits import CollageEdits
from ganstudio.ui.collage_paint import Composition
from ganstudio.ui.part_geometry import Frame
from ganstudio.ui.part_image import PartImages

USUAL = 256
"""Side of the frame while no model says another."""


@dataclass(frozen=True)
class ToolSettings:
    """How tools are set: the brush (its size in pixels of the frame), the colour, and how near colours must be."""

    brush: Brush = field(default_factory=lambda: Brush(size=24.0))
    colour: tuple[int, int, int] = (214, 138, 82)
    tolerance: float = 24.0
    contiguous: bool = True
    snap: bool = True


class Easel(QObject):
    """View state of the collage: nothing of it is saved or undone."""

    tool_changed = Signal(str)
    """Another tool is in the hand."""
    settings_changed = Signal()
    """Tools are set otherwise."""
    frame_changed = Signal()
    """The frame has another size."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio, self.edits, self.images = studio, CollageEdits(studio, self), PartImages()
        self._composition = Composition(self.images)
        self.tool, self.settings = "move", ToolSettings()
        self.in_hand = False
        self.segmenters: tuple[Segmenter, ...] = (
            GeneratorSegmenter(studio.renderer, lambda: (studio.session.document, studio.live.time)),)
        self.frame: Frame = self._listed_frame()
        studio.session.changed.connect(self._follow)
        studio.live.frame.connect(self._measure)

    def take(self, tool: str) -> None:
        """Take a tool in the hand."""
        if tool != self.tool:
            self.tool = tool
            self.tool_changed.emit(tool)

    def set(self, **values: Any) -> None:
        """Set tools otherwise: fields of `ToolSettings`."""
        self.settings = replace(self.settings, **values)
        self.settings_changed.emit()

    def set_brush(self, **values: Any) -> None:
        """Set the brush otherwise: fields of `Brush`."""
        self.set(brush=replace(self.settings.brush, **values))

    def picture(self) -> QImage:
        """The collage on screen, as large as the frame, transparent where nothing covers it.

        While the hand drags something, what takes long may be painted roughly.
        """
        held = self.in_hand or QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        rough = held and self.studio.session.gesture is not None
        return self._composition.image(self.edits.collage, self.frame, rough)

    def colour_at(self, at: QPointF) -> tuple[int, int, int] | None:
        """The colour of the collage at a point; None where nothing covers it."""
        x, y = int(at.x() // 1), int(at.y() // 1)
        if not (0 <= x < self.frame[0] and 0 <= y < self.frame[1]):
            return None
        found = self.picture().pixelColor(x, y)
        return (found.red(), found.green(), found.blue()) if found.alpha() else None

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before.model != after.model:
            self._set_frame(self._listed_frame())

    @Slot(object)
    def _measure(self, drawn: Drawn) -> None:
        """A full picture tells the frame exactly, also of models that are not square."""
        if drawn.shot.quality != "draft" and drawn.shot.side is None:
            self._set_frame((drawn.pixels.shape[1], drawn.pixels.shape[0]))

    def _set_frame(self, frame: Frame) -> None:
        if frame != self.frame:
            self.frame = frame
            self.frame_changed.emit()

    def _listed_frame(self) -> Frame:
        id_ = self.studio.session.document.model.id
        side = next((e.resolution for e in self.studio.library.entries() if e.id == id_), 0) or USUAL
        return side, side
