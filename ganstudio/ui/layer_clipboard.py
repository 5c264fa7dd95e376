"""Layers on the clipboard: a picture for other programs, and for our own windows the layers themselves.

The layers are packed only when another program asks for them; within one window they are handed over as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QByteArray, QMimeData, QObject, Slot
from PySide6.QtGui import QGuiApplication, QImage

from ganstudio.document.collage import Part
from ganstudio.document.package import Damage
from ganstudio.document.parts_package import parts_bytes, parts_from, renewed
from ganstudio.render.photo import Photo, PhotoError
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Pixels, Shot
from ganstudio.ui.collage_paint import paint_parts
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_sources import LayerSources
from ganstudio.ui.text import tr

LAYERS_MIME = "application/x-ganstudio-layers"
PNG = "image/png"


class LayersData(QMimeData):
    """Layers and the picture they make."""

    def __init__(self, parts: Sequence[Part], image: QImage) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self._packed = b""
        self.setImageData(image)

    def formats(self) -> list[str]:
        """Layers first, then what images are offered as."""
        return [LAYERS_MIME, *super().formats()]

    def hasFormat(self, kind: str) -> bool:
        """Whether it can be asked for."""
        return kind == LAYERS_MIME or super().hasFormat(kind)

    def retrieveData(self, kind: str, wanted: Any) -> Any:
        """The layers, packed now, or the picture."""
        if kind != LAYERS_MIME:
            return super().retrieveData(kind, wanted)
        self._packed = self._packed or parts_bytes(self.parts)
        return QByteArray(self._packed)


class LayerClipboard(QObject):
    """Copies what is chosen and pastes what is there."""

    def __init__(self, easel: Easel, sources: LayerSources, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.easel, self._sources = easel, sources

    @Slot()
    def copy(self) -> bool:
        """The chosen layers (all, when none is); whether there was any."""
        return self._copy(self.easel.edits.parts or self.easel.edits.collage.parts)

    @Slot()
    def copy_merged(self) -> bool:
        """All layers as one picture, whatever is chosen; other windows of ours get a picture, too."""
        parts = self.easel.edits.collage.parts
        if parts:
            QGuiApplication.clipboard().setImage(self._image(parts))
        return bool(parts)

    @Slot()
    def cut(self) -> None:
        """The chosen layers, which are then gone; locked ones stay."""
        edits = self.easel.edits
        parts = [p for p in edits.parts if edits.may_draw_on(p)]
        if self._copy(parts):
            edits.change(edits.collage.without({p.id for p in parts}), tr("Cut Layer"))

    @Slot()
    def copy_picture(self) -> None:
        """The picture that is drawn from the layers and sliders, in full."""
        studio = self.easel.studio
        shot = Shot(studio.session.document, studio.live.time)
        studio.jobs.start(tr("Copy Picture"), _drawn(studio.renderer, shot), first=True, on_step=self._put,
                          on_end=self._refuse)

    @Slot()
    def paste(self) -> None:
        """What lies in the clipboard: layers of ours, picture files, or a picture."""
        data = QGuiApplication.clipboard().mimeData() or QMimeData()
        if isinstance(data, LayersData):
            self._sources.take(tr("Paste"), renewed(data.parts))
        elif data.hasFormat(LAYERS_MIME):
            self._sources.start(tr("Paste"), _unpacked(bytes(data.data(LAYERS_MIME))))
        elif data.hasFormat(PNG) and not data.hasUrls():
            self._sources.add_encoded(bytes(data.data(PNG)))
        else:
            self._sources.add_dropped(data)

    def _copy(self, parts: Sequence[Part]) -> bool:
        if parts:
            QGuiApplication.clipboard().setMimeData(LayersData(parts, self._image(parts)))
        return bool(parts)

    def _image(self, parts: Sequence[Part]) -> QImage:
        """What layers make together, as large as the frame; colours not multiplied by alpha, as PNG has them."""
        image = QImage(*self.easel.frame, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        paint_parts(image, parts, self.easel.frame, self.easel.images)
        return image.convertToFormat(QImage.Format.Format_ARGB32)

    @Slot(object)
    def _put(self, pixels: Pixels) -> None:
        QGuiApplication.clipboard().setImage(_plain_image(pixels))

    @Slot(str)
    def _refuse(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self._sources.refused.emit(outcome)


def _plain_image(pixels: Pixels) -> QImage:
    """An image with its own memory, and with alpha where the picture has it."""
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
    packed = np.ascontiguousarray(pixels)
    return QImage(packed.data, width, height, channels * width, kind).copy()


# What follows runs on the worker.


def _drawn(renderer: Renderer, shot: Shot) -> Iterator[Pixels]:
    yield renderer.render(shot).pixels


def _unpacked(data: bytes) -> Iterator[Photo]:
    """Layers from another window."""
    try:
        parts = parts_from(data)
    except Damage as damage:
        raise PhotoError(f"The layers in the clipboard cannot be used ({damage}).") from None
    for part in renewed(parts):
        yield Photo(part)
