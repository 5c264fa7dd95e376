"""Small pictures of looks for sheets and strips, drawn behind the preview: what is in sight first, the rest never."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from ganstudio.document.document import Document
from ganstudio.document.latent import Latent
from ganstudio.render.shot import Scene
from ganstudio.session.studio import Studio
from ganstudio.ui.pixel_image import to_image


@dataclass(frozen=True, eq=False)
class Wanted:
    """A picture that is in sight: what it shows, and the key it is kept under."""

    key: Hashable
    scene: Scene


def scene_key(document: Document, scene: Scene) -> Hashable:
    """Equal for looks, with parts, of one model that give the same picture."""
    look, refinement = scene.look, scene.refinement if scene.collage else None
    found = None if refinement is None else (refinement.collage, refinement.amount, refinement.offset.tobytes())
    return _look_key(document, look), scene.collage.key, found


def _look_key(document: Document, look: Latent) -> Hashable:
    base = look.base
    label = None if base.label is None else base.label.tobytes()
    edits = tuple((e.direction.id, e.alpha) for e in look.edits if e.alpha)
    found = None if base.ws is None else (base.ws.tobytes(), base.ws_share)
    return (document.model.fingerprint, base.z.tobytes(), found, label, look.psi, look.psi_layers, look.noise, edits)


class WantedList:
    """What is still to be drawn, shared by the window (which replaces it) and the worker (which takes from it)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: tuple[Wanted, ...] = ()
        self.taken: list[Hashable] = []

    def replace(self, wanted: Iterable[Wanted]) -> None:
        """Forget what was wanted; want these, the first one first."""
        with self._lock:
            self._waiting = tuple(wanted)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def scenes(self) -> Iterator[Scene]:
        """What to draw, until nothing is wanted; `taken` tells the keys in order."""
        while (wanted := self._take()) is not None:
            self.taken.append(wanted.key)
            yield wanted.scene

    def _take(self) -> Wanted | None:
        with self._lock:
            if not self._waiting:
                return None
            first, *rest = self._waiting
            self._waiting = tuple(rest)
            return first


class Thumbnails(QObject):
    """Draws what a view wants, one picture a step in the worker's second lane, and keeps the newest `capacity`."""

    ready = Signal(object)
    """The key of a picture that can be had now."""
    failed = Signal(str)
    """One sentence; wanting again tries again."""

    def __init__(self, studio: Studio, side: int, capacity: int = 600, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._side, self._capacity = studio, side, capacity
        self._kept: OrderedDict[Hashable, QPixmap] = OrderedDict()
        self._list = WantedList()
        self._document: Document | None = None
        self._task: Any = None

    def picture(self, key: Hashable) -> QPixmap | None:
        """The picture, if it is drawn already."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def want(self, document: Document, wanted: Iterable[Wanted]) -> None:
        """Draw these, in this order, and forget what was wanted before."""
        missing = {w.key: w for w in wanted if w.key not in self._kept}
        if self._document is None or self._document.model != document.model:
            self.stop()
        self._document = document
        self._list.replace(missing.values())
        self._start()

    def stop(self) -> None:
        """Want nothing; a picture being drawn is dropped."""
        self._list.replace(())
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._list = WantedList()

    def _start(self) -> None:
        if self._task is None and self._list and self._document is not None:
            steps = _draw(self._studio.renderer, self._document, self._list, self._side)
            self._task = self._studio.jobs.start("", steps, first=True, on_step=self._keep, on_end=self._end)

    @Slot(object)
    def _keep(self, step: tuple[Hashable, QImage]) -> None:
        key, image = step
        self._kept[key] = QPixmap.fromImage(image)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        self.ready.emit(key)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome == "cancelled":
            return
        self._task = None
        if outcome:
            self._list.replace(())
            self.failed.emit(outcome)
        self._start()


def _draw(renderer: Any, document: Document, wanted: WantedList, side: int) -> Iterator[tuple[Hashable, QImage]]:
    first = len(wanted.taken)
    for index, pixels in renderer.scenes(document, wanted.scenes(), side, "draft"):
        yield wanted.taken[first + index], to_image(pixels)
