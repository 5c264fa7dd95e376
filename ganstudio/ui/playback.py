"""Playing the sequence: the playhead follows the clock, and frames that come too late are left out."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from ganstudio.document.document import Document
from ganstudio.session.live import Live
from ganstudio.session.session import Session


class Playback(QObject):
    """Moves `Live`'s playhead at the sequence's frame rate in real time.

    Each tick asks for the frame of now; the worker forgets requests it has not begun, so nothing queues up.
    """

    changed = Signal(bool)
    """Whether it plays now."""

    def __init__(self, session: Session, live: Live, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._live = session, live
        self._clock = QElapsedTimer()
        self._start = 0.0
        self._frame = -1
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        session.changed.connect(self._follow)

    @property
    def playing(self) -> bool:
        """Whether the clock runs."""
        return self._timer.isActive()

    @Slot()
    def toggle(self) -> None:
        """Play, or stop playing."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Start at the playhead; at the start when the playhead is at the end. Nothing without a second key."""
        sequence = self._session.document.sequence
        if sequence.duration <= 0:
            return
        self._start = self._live.time if self._live.time < sequence.duration - 0.5 / sequence.fps else 0.0
        self._frame = -1
        self._timer.setInterval(max(1, round(1000 / sequence.fps)))
        self._clock.start()
        self._timer.start()
        self.changed.emit(True)

    @Slot()
    def pause(self) -> None:
        """Stop where the playhead is, and have that frame drawn in full."""
        if self.playing:
            self._timer.stop()
            self._live.set_time(self._live.time)
            self.changed.emit(False)

    @Slot()
    def _tick(self) -> None:
        sequence = self._session.document.sequence
        elapsed = self._start + self._clock.elapsed() / 1000
        frame = math.floor(elapsed * sequence.fps + 1e-6)
        if frame == self._frame:
            return
        self._frame = frame
        self._live.set_time(sequence.wrap(frame / sequence.fps), moving=True)
        if sequence.loop == "once" and elapsed >= sequence.duration:
            self.pause()

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        sequence = after.sequence
        if sequence.duration <= 0 or before.model != after.model:
            self.pause()
        self._timer.setInterval(max(1, round(1000 / sequence.fps)))
