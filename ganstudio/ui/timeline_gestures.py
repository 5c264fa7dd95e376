"""What a pressed mouse button does on the timeline: one object a drag, from press to release."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, QRectF, Qt

from ganstudio.ui.key_edits import bounded, copied, moved
from ganstudio.ui.text import tr
from ganstudio.ui.time_axis import snapped

if TYPE_CHECKING:
    from ganstudio.ui.timeline_strip import TimelineStrip

SLACK = 4
"""Pixels the hand may shake before a click becomes a drag."""

COPYING = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
"""Alt as in other editors; Ctrl where the window system keeps Alt-drags for itself."""


class Gesture(Protocol):
    """A drag in progress."""

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer is here now."""

    def release(self) -> None:
        """The button came up."""

    def cancel(self) -> None:
        """Escape: as if it had not been."""


class Scrub:
    """The playhead follows the pointer along the ruler."""

    def __init__(self, strip: TimelineStrip, at: QPointF) -> None:
        self.strip, self.before = strip, strip.studio.live.time
        self.move(at, Qt.KeyboardModifier.NoModifier)

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A draft of the frame under the pointer."""
        self.strip.keep_in_view(at.x())
        self.strip.studio.live.set_time(self.strip.frame_at(at.x()), moving=True)

    def release(self) -> None:
        """That frame in full."""
        self.strip.studio.live.set_time(self.strip.studio.live.time)

    def cancel(self) -> None:
        """Back to where the playhead was."""
        self.strip.studio.live.set_time(self.before)


class MoveKeys:
    """The selected keys follow the pointer from frame to frame; with Alt or Ctrl, copies of them do.

    A click that moves nothing selects `clicked`, or, when that is None, puts the playhead on the key.
    """

    def __init__(self, strip: TimelineStrip, at: QPointF, grabbed: float,
                 clicked: frozenset[float] | None = None) -> None:
        self.strip, self.start, self.grabbed, self.clicked = strip, at, grabbed, clicked
        self.document = strip.studio.session.document
        self.times = tuple(sorted(strip.selection))
        self.dragging = False

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Always from the document at the press, so that keys passed on the way stay."""
        if not self.dragging and abs(at.x() - self.start.x()) < SLACK:
            return
        self.dragging = True
        strip, sequence = self.strip, self.document.sequence
        strip.keep_in_view(at.x())
        target = strip.axis.time(strip.axis.x(self.grabbed) + at.x() - self.start.x())
        delta = bounded(self.times, snapped(target, sequence.fps) - self.grabbed)
        copying = bool(modifiers & COPYING)
        looks = (copied if copying else moved)(sequence, self.times, delta)
        label = tr("Copy Keys") if copying else tr("Move Keys")
        strip.studio.session.change(replace(self.document, sequence=looks), label, self)
        strip.select(t + delta for t in self.times)

    def release(self) -> None:
        """The drag is one undo step."""
        if self.dragging:
            self.strip.studio.session.end_gesture()
        elif self.clicked is not None:
            self.strip.select(self.clicked)
        else:
            self.strip.studio.live.set_time(self.grabbed)

    def cancel(self) -> None:
        """The keys as they were."""
        if self.dragging and self.strip.studio.session.gesture is self:
            self.strip.studio.session.undo()
        self.strip.select(self.times)


class Marquee:
    """Selects the keys inside a rectangle; with Shift, in addition to those selected."""

    def __init__(self, strip: TimelineStrip, at: QPointF, kept: frozenset[float]) -> None:
        self.strip, self.start, self.kept, self.before = strip, at, kept, strip.selection

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Selects while the rectangle grows."""
        box = QRectF(self.start, at).normalized()
        inside = [t for t in self.strip.times if box.left() <= self.strip.axis.x(t) <= box.right()]
        self.strip.select((*self.kept, *inside), box)

    def release(self) -> None:
        """The selection stays, the rectangle goes; a mere click selects nothing."""
        self.strip.select(self.strip.selection if self.strip.marquee else self.kept)

    def cancel(self) -> None:
        """The selection as it was."""
        self.strip.select(self.before)


class Pan:
    """The strip follows the pointer."""

    def __init__(self, strip: TimelineStrip, at: QPointF) -> None:
        self.strip, self.start, self.axis = strip, at, strip.axis

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Scrolls by as much as the pointer moved."""
        self.strip.set_axis(self.axis.scrolled(self.axis.scroll + self.start.x() - at.x()))

    def release(self) -> None:
        """Nothing is left to do."""

    def cancel(self) -> None:
        """Back to where it was."""
        self.strip.set_axis(self.axis)
