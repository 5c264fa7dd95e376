"""A small picture of every model in the library, drawn once behind the preview and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from ganstudio.checkpoints.library import ModelEntry, ModelLibrary
from ganstudio.document.atomic import write_atomically
from ganstudio.session.jobs import Task
from ganstudio.session.studio import Studio
from ganstudio.settings import user_data
from ganstudio.ui.pixel_image import to_image

SIDE = 128
"""Of a picture, in pixels."""


class ModelPictures(QObject):
    """Pictures by the model's id; each model is loaded for it once, on the worker, when nothing else waits."""

    ready = Signal(str)
    """This model's picture can be had now."""
    broken = Signal(str, str)
    """(id, one sentence): this model cannot be loaded."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._kept: dict[Path, QPixmap] = {}
        self._task: Task | None = None

    def picture(self, entry: ModelEntry) -> QPixmap | None:
        """The picture, if it was drawn for the file as it is now."""
        file = picture_file(entry)
        if file is None:
            return None
        if file not in self._kept and file.is_file():
            found = QPixmap(str(file))
            if not found.isNull():
                self._kept[file] = found
        return self._kept.get(file)

    def want(self, entries: Iterable[ModelEntry]) -> None:
        """Draw those that are missing."""
        missing = [e for e in entries if e.available and picture_file(e) and self.picture(e) is None]
        if missing and self._task is None:
            steps = _draw(self._studio.library, self._studio.renderer, missing)
            self._task = self._studio.jobs.start("", steps, on_step=self._take, on_end=self._end)

    @Slot(object)
    def _take(self, step: tuple[ModelEntry, QImage | str]) -> None:
        entry, result = step
        file = picture_file(entry)
        if isinstance(result, str):
            self.broken.emit(entry.id, result)
        elif file is not None:
            self._kept[file] = QPixmap.fromImage(result)
            self.ready.emit(entry.id)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        self._task = None


def picture_file(entry: ModelEntry) -> Path | None:
    """Where a model's picture is kept; another one when the file changes. None while there is no file."""
    try:
        stat = entry.path.stat() if entry.path is not None else None
    except OSError:
        return None
    if stat is None:
        return None
    name = hashlib.sha256(f"{entry.path} {stat.st_mtime_ns} {stat.st_size}".encode()).hexdigest()[:24]
    return user_data() / "thumbnails" / f"{name}.png"


def _draw(library: ModelLibrary, renderer: Any, entries: list[ModelEntry]) -> Iterator[tuple[ModelEntry, QImage | str]]:
    """Runs on the worker: a model a step; one that fails does not keep the others from theirs."""
    for entry in entries:
        try:
            document = library.default_document(entry.id)
            _, pixels = next(renderer.pictures(document, [document.latent], SIDE))
        except Exception as error:
            yield entry, str(error)
            continue
        image = to_image(pixels)
        _save(image, entry)
        yield entry, image


def _save(image: QImage, entry: ModelEntry) -> None:
    """Keep it for the next start; a disk that does not take it only costs drawing it again."""
    file = picture_file(entry)
    if file is None:
        return
    content = QBuffer()
    content.open(QBuffer.OpenModeFlag.WriteOnly)
    if image.save(content, "PNG"):
        with suppress(OSError):
            write_atomically(file, content.data().data())
