"""Keeps the preview in step with the session: every change of document or moment becomes one request."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ganstudio.document.document import Document, ModelRef
from ganstudio.gpu import Gpu
from ganstudio.render.shot import Frame, Shot
from ganstudio.session.session import Session

REST = 150
"""Milliseconds of quiet after which a draft is drawn again in full."""
SLOW = 0.06
"""A full picture that takes longer than this, in seconds, is shown as a draft while the hand moves."""


class Live(QObject):
    """The moment on screen (the playhead) and the picture of it."""

    frame = Signal(object)
    """A `Frame`; never one that is older than a frame shown before."""
    failed = Signal(str)
    """One sentence, in place of the picture."""
    time_changed = Signal(float)
    """The playhead moved."""

    def __init__(self, session: Session, gpu: Gpu, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._gpu = session, gpu
        self._time = 0.0
        self._slow = False
        self._full: tuple[ModelRef, int] | None = None
        self._no_drafts: ModelRef | None = None
        self._newest: Shot | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._draw_in_full)
        session.changed.connect(self._follow)
        gpu.shown.connect(self._show)
        gpu.failed.connect(self._fail)

    @property
    def time(self) -> float:
        """The playhead in seconds."""
        return self._time

    def set_time(self, time: float, moving: bool = False) -> None:
        """Move the playhead; `moving` says that more moves follow (scrubbing, playing)."""
        self._time = time
        self.time_changed.emit(time)
        self.request(moving)

    def request(self, moving: bool = False) -> None:
        """Ask for the picture of now; a draft while things move and full pictures are slow."""
        draft = moving and self._slow and self._session.document.model != self._no_drafts
        self._newest = Shot(self._session.document, self._time, quality="draft" if draft else "full")
        self._gpu.show(self._newest)
        if draft:
            self._rest.start()
        else:
            self._rest.stop()

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before is not after or self._newest is None or self._newest.quality == "draft":
            self.request(self._session.gesture is not None)

    @Slot()
    def _draw_in_full(self) -> None:
        self.request()

    @Slot(object, object)
    def _show(self, shot: Shot, frame: Frame) -> None:
        if shot.quality == "full":
            self._slow, self._full = frame.seconds > SLOW, (shot.document.model, frame.pixels.size)
        elif self._full == (shot.document.model, frame.pixels.size):  # nothing is cheaper: do not draw it all twice
            self._no_drafts = shot.document.model
        self.frame.emit(frame)

    @Slot(object, str)
    def _fail(self, shot: Shot, message: str) -> None:
        if shot is self._newest:
            self.failed.emit(message)
