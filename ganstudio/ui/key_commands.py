"""What the timeline's buttons, menus and keys do to the document and the playhead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from ganstudio.document.document import Document
from ganstudio.document.sequence import Easing, Loop
from ganstudio.document.sequence import Sequence as Looks
from ganstudio.session.studio import Studio
from ganstudio.ui.key_edits import Clip, clips_of, closed, eased, neighbour, pasted, rated, removed
from ganstudio.ui.text import tr
from ganstudio.ui.time_axis import snapped
from ganstudio.ui.timeline_strip import TimelineStrip


class KeyCommands(QObject):
    """Works on what the strip has selected; keeps the keys that were copied."""

    def __init__(self, studio: Studio, strip: TimelineStrip) -> None:
        super().__init__(strip)
        self._studio, self._strip = studio, strip
        self.clips: tuple[Clip, ...] = ()
        studio.session.changed.connect(self._follow)

    @property
    def looks(self) -> Looks:
        """The sequence that is current."""
        return self._studio.session.document.sequence

    @Slot()
    def add_key(self) -> None:
        """Key the look on screen at the playhead, and select that key."""
        time = snapped(self._studio.live.time, self.looks.fps)
        document, now = self._studio.session.document, self._studio.live.time
        looks = self.looks.with_look(time, document.look(now), collage=document.collage_at(now))
        self._change(looks, tr("Add Key"))
        self._strip.select([time])

    @Slot()
    def remove(self) -> None:
        """Delete the selected keys."""
        if self._strip.selection:
            self._change(removed(self.looks, self._strip.selection), tr("Delete Keys"))

    @Slot()
    def copy(self) -> None:
        """Remember the selected keys."""
        if self._strip.selection:
            self.clips = clips_of(self._studio.session.document, self._strip.selection)

    @Slot()
    def paste(self) -> None:
        """Write the copied keys from the playhead on, and select them."""
        if self.clips:
            time = snapped(self._studio.live.time, self.looks.fps)
            there = self._studio.session.document.collage
            self._change(pasted(self.looks, self.clips, time, there), tr("Paste Keys"))
            self._strip.select(time + c.offset for c in self.clips)

    @Slot()
    def select_all(self) -> None:
        """Select every key."""
        self._strip.select(self._strip.times)

    @Slot()
    def close_loop(self) -> None:
        """The first look once more at the end."""
        if self._strip.times:
            self._change(closed(self._studio.session.document), tr("Close Loop"))

    def segments(self) -> tuple[float, ...]:
        """The keys that start the selected segments, or else the segment under the playhead."""
        chosen = tuple(sorted(self._strip.selection))
        if chosen:
            return chosen
        here = self._strip.segment_at(self._strip.axis.x(self._studio.live.time))
        return () if here is None else (here,)

    def ease(self, times: Iterable[float], easing: Easing) -> None:
        """Another easing for the segments that start at these keys."""
        self._change(eased(self.looks, times, easing), tr("Change Easing"))

    def repeat(self, loop: Loop) -> None:
        """Another way to repeat."""
        if loop != self.looks.loop:
            self._change(replace(self.looks, loop=loop), tr("Change Loop"))

    def rate(self, fps: float) -> None:
        """Another frame rate; a run of changes is one step."""
        if fps != self.looks.fps:
            self._change(rated(self.looks, fps), tr("Change Frame Rate"), "fps")

    @Slot()
    def step_back(self) -> None:
        """One frame earlier."""
        self._step(-1)

    @Slot()
    def step_on(self) -> None:
        """One frame later."""
        self._step(1)

    @Slot()
    def to_start(self) -> None:
        """The first frame."""
        self._studio.live.set_time(0.0)

    @Slot()
    def to_end(self) -> None:
        """The last key."""
        self._studio.live.set_time(self.looks.duration)

    @Slot()
    def to_previous(self) -> None:
        """The key before the playhead."""
        self._to_neighbour(forward=False)

    @Slot()
    def to_next(self) -> None:
        """The key after the playhead."""
        self._to_neighbour(forward=True)

    def _step(self, frames: int) -> None:
        fps = self.looks.fps
        self._studio.live.set_time(max(0, round(self._studio.live.time * fps) + frames) / fps)

    def _to_neighbour(self, forward: bool) -> None:
        time = neighbour(self.looks.times, self._studio.live.time, forward)
        if time is not None:
            self._studio.live.set_time(time)
            self._strip.select([time])

    def _change(self, looks: Looks, label: str, gesture: object = None) -> None:
        document = self._studio.session.document.with_sequence(looks, self._studio.live.time)
        self._studio.session.change(document, label, gesture)

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        if before.model != after.model:
            self.clips = ()
