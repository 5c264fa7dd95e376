"""The small picture under each look key, drawn again when hand and worker have time."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap

from ganstudio.document.document import Document
from ganstudio.render.shot import Scene
from ganstudio.session.studio import Studio
from ganstudio.ui.thumbnails import Thumbnails, Wanted, scene_key

REDRAW = 200
"""Milliseconds of quiet after which pictures of changed keys are drawn again."""
SIDE = 100
"""Of a picture, in pixels: twice what it takes on screen."""


class KeyPictures(QObject):
    """Follows the session; `at` answers at once, with an older picture while the new one is drawn."""

    changed = Signal()
    """Another picture can be shown."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = studio.session
        self._thumbnails = Thumbnails(studio, SIDE, 200, self)
        self._thumbnails.ready.connect(self._came)
        self._older: dict[float, QPixmap] = {}
        self._timer = QTimer(self, singleShot=True, interval=REDRAW)
        self._timer.timeout.connect(self._want)
        studio.session.changed.connect(self._follow)
        self._timer.start()

    def at(self, time: float) -> QPixmap | None:
        """The picture of the key at this moment."""
        document = self._session.document
        pixmap = self._thumbnails.picture(scene_key(document, Scene.of(document, time)))
        if pixmap is not None:
            self._older[round(time, 4)] = pixmap
        return pixmap or self._older.get(round(time, 4))

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before.model != after.model:
            self._older.clear()
        self._timer.start()

    @Slot()
    def _want(self) -> None:
        document = self._session.document
        scenes = [Scene.of(document, t) for t in document.sequence.times]
        self._thumbnails.want(document, [Wanted(scene_key(document, scene), scene) for scene in scenes])
        self._older = {t: p for t, p in self._older.items() if t in {round(t, 4) for t in document.sequence.times}}

    @Slot(object)
    def _came(self, key: object) -> None:
        self.changed.emit()
