"""The look before all edits: one more shot for the worker, kept while its base stays the same."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.document.document import Document
from ganstudio.document.latent import Edit, Latent
from ganstudio.document.sequence import Sequence
from ganstudio.render.shot import Frame, Shot
from ganstudio.session.studio import Studio


def without_edits(document: Document, time: float) -> Document:
    """The document whose only look is that of this moment with every slider at 0, its parts as they lie then."""
    look = document.look(time)
    return replace(document, latent=replace(look, edits=tuple(Edit(e.direction, 0.0) for e in look.edits)),
                   sequence=Sequence(), collage=document.collage_at(time))


def same_base(a: Document, b: Document) -> bool:
    """Whether two documents look the same without edits."""
    one, two = a.latent, b.latent
    parts = a.collage.key == b.collage.key and a.refinement is b.refinement
    return a.model == b.model and parts and one.base.same(two.base) and _numbers(one) == _numbers(two)


def _numbers(look: Latent) -> tuple[object, ...]:
    return look.psi, look.psi_layers, look.noise


class Before(QObject):
    """Holds `frame`, the picture before the edits, once it is there; asks for it when somebody wants to see it."""

    ready = Signal()
    """The frame is there."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._frame: Frame | None = None
        self._asked: Shot | None = None
        studio.gpu.shown.connect(self._take)

    @property
    def frame(self) -> Frame | None:
        """The picture before the edits, if it fits what is on screen now."""
        wanted = without_edits(self._studio.session.document, self._studio.live.time)
        if self._frame is not None and same_base(self._frame.shot.document, wanted):
            return self._frame
        return None

    def ask(self) -> None:
        """Have it drawn. It may push aside the preview's own request, so `_take` asks for that again."""
        document = without_edits(self._studio.session.document, self._studio.live.time)
        self._asked = Shot(document)
        self._studio.gpu.show(self._asked)

    def is_mine(self, shot: Shot) -> bool:
        """Whether a shot is one of these and not the preview's."""
        return shot is self._asked or (self._frame is not None and shot is self._frame.shot)

    @Slot(object, object)
    def _take(self, shot: Shot, frame: Frame) -> None:
        if shot is self._asked:
            self._frame, self._asked = frame, None
            self._studio.live.request()
            self.ready.emit()
