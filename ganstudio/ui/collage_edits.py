"""What hands do to the collage on screen: each a change of the session, with its name in the undo history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.document.collage import Collage, Part
from ganstudio.document.document import Document
from ganstudio.document.sequence import PART, part_values, same_time
from ganstudio.session.studio import Studio
from ganstudio.ui.text import tr


class CollageEdits(QObject):
    """Changes the collage at the playhead and knows which layers are chosen.

    Keyed values get a key there; between keys without auto-key, and for locked layers, a change is refused.
    """

    refused = Signal(str)
    """One sentence: why a change was not made."""
    chosen_changed = Signal()
    """Other layers are chosen."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.chosen: tuple[str, ...] = ()
        self._shown: tuple[Document, float, Collage] | None = None
        studio.session.changed.connect(self._follow)

    # what there is

    @property
    def collage(self) -> Collage:
        """The layers as they lie at the playhead; the very same until document or playhead change."""
        document, time = self.studio.session.document, self.studio.live.time
        if self._shown is None or self._shown[0] is not document or self._shown[1] != time:
            self._shown = (document, time, document.collage_at(time))
        return self._shown[2]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The chosen layers, lowest first."""
        return tuple(p for p in self.collage if p.id in self.chosen)

    @property
    def active(self) -> Part | None:
        """The layer that tools work on: the one chosen last."""
        return next((p for p in self.collage if self.chosen and p.id == self.chosen[-1]), None)

    def choose(self, ids: Iterable[str]) -> None:
        """Choose these layers; the last of them is the active one. Members of a group come along."""
        asked = tuple(dict.fromkeys(ids))
        groups = {p.group for p in self.collage if p.id in asked and p.group}
        along = tuple(p.id for p in self.collage if p.group in groups and p.id not in asked)
        if (chosen := (*along, *asked)) != self.chosen:
            self.chosen = chosen
            self.chosen_changed.emit()

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        """Layers that are gone are chosen no more; those that an undo or a redo brings back are the chosen ones."""
        was, there = {p.id for p in before.collage}, {p.id for p in after.collage}
        back = tuple(p.id for p in after.collage if p.id not in was) if self.studio.session.stepping else ()
        chosen = back or tuple(id_ for id_ in self.chosen if id_ in there)
        if chosen != self.chosen:
            self.chosen = chosen
            self.chosen_changed.emit()

    # changes

    def change(self, collage: Collage, label: str, gesture: object = None) -> bool:
        """Make a collage current; whether it was."""
        session, time = self.studio.session, self.studio.live.time
        if collage is self.collage or not self._may_change(collage):
            return False
        session.change(session.document.with_collage(time, collage), label, gesture)
        return True

    def put(self, parts: Iterable[Part], label: str, gesture: object = None) -> bool:
        """Other versions in place of parts of the same ids."""
        collage = self.collage
        for part in parts:
            collage = collage.with_part(part)
        return self.change(collage, label, gesture)

    def add(self, parts: Iterable[Part], label: str) -> bool:
        """New layers above the active one (on top without one), which are then the chosen ones."""
        collage, new = self.collage, tuple(parts)
        index = collage.index(self.active.id) + 1 if self.active else len(collage.parts)
        for part in reversed(new):
            collage = collage.added(part, index)
        if done := self.change(collage, label):
            self.choose(p.id for p in new)
        return done

    def set_value(self, ids: Iterable[str], label: str, gesture: object = None, **values: Any) -> bool:
        """Give fields of these layers other values."""
        collage = self.collage
        return self.put([replace(p, **values) for p in collage if p.id in set(ids)], label, gesture)

    def may_draw_on(self, part: Part) -> bool:
        """Whether a tool may work on a layer; says why not."""
        if part.locked:
            self.refused.emit(tr("“{name}” is locked: unlock it in the list of layers first.").format(name=part.name))
        return not part.locked

    def end(self, gesture: object) -> None:
        """The hand let go of what `gesture` names."""
        if self.studio.session.gesture is gesture:
            self.studio.session.end_gesture()

    def cancel(self, gesture: object) -> None:
        """As if the gesture had not been; its step leaves no trace."""
        if self.studio.session.gesture is gesture:
            self.studio.session.cancel_gesture()

    def _may_change(self, collage: Collage) -> bool:
        """Whether a change of keyed values would be seen: not between keys while auto-key is off."""
        sequence, time = self.studio.session.document.sequence, self.studio.live.time
        if self.studio.preferences.value.auto_key:
            return True
        before, after = dict(part_values(self.collage)), dict(part_values(collage))
        for track in sequence.tracks:
            name = track.name
            moved = name.startswith(PART) and name in before and name in after and before[name] != after[name]
            if moved and not any(same_time(k.time, time) for k in track.keys):
                self.refused.emit(tr("This layer is keyed and auto-key is off: go to a key, or switch auto-key on."))
                return False
        return True
