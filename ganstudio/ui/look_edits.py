"""What the controls do to the look on screen: each a change of the session, with its name in the undo history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from ganstudio.document.latent import Base, Direction, Edit, FloatArray, Latent, Layers, base_from_seed
from ganstudio.document.response import Response
from ganstudio.document.sequence import ALPHA, BASE, PSI, same_time
from ganstudio.session.studio import Studio
from ganstudio.ui.text import tr


class LookEdits(QObject):
    """Changes the look at the playhead. Keyed values get a key there; without auto-key they are left alone."""

    refused = Signal(str)
    """One sentence: why a change was not made."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio

    @property
    def look(self) -> Latent:
        """What is on screen."""
        return self._studio.session.document.look(self._studio.live.time)

    def set_alpha(self, direction_id: str, alpha: float, gesture: object = None) -> None:
        """Move a slider."""
        if self._may_change(ALPHA + direction_id):
            self._change(self.look.with_alpha(direction_id, alpha), tr("Move Slider"), gesture)

    def set_psi(self, psi: float, gesture: object = None) -> None:
        """Truncate more or less."""
        if self._may_change(PSI):
            self._change(replace(self.look, psi=psi), tr("Change Truncation"), gesture)

    def set_seed(self, seed: int) -> None:
        """Start from another seed, in the class that is shown."""
        if self._may_change(BASE):
            base = self.look.base
            drawn = replace(base_from_seed(seed, len(base.z)), label=base.label)
            self._change(replace(self.look, base=drawn), tr("Change Seed"))

    def set_classes(self, weights: FloatArray, gesture: object = None) -> None:
        """Draw another class, or a mixture, from the same seed."""
        if self._may_change(BASE):
            base = replace(self.look.base, label=weights)
            self._change(replace(self.look, base=base), tr("Change Class"), gesture)

    def set_base(self, base: Base, label: str) -> None:
        """Start from what was found for a picture, every slider at rest so that it is seen as it was found."""
        if self._may_change(BASE):
            look = self.look
            at_rest = tuple(Edit(e.direction, 0.0) for e in look.edits)
            self._change(replace(look, base=base, edits=at_rest), label)

    def add(self, directions: Iterable[Direction], alpha: float = 0.0) -> None:
        """Make directions sliders; those there already are moved to `alpha`."""
        look = self.look
        for direction in directions:
            look = look.with_direction(direction, alpha).with_alpha(direction.id, alpha)
        self._change(look, tr("Add Slider"))

    def remove(self, direction_id: str) -> None:
        """Take a slider away, with its keys."""
        self._change(self.look.without_direction(direction_id), tr("Remove Slider"))

    def set_reach(self, direction_id: str, low: float, high: float, gesture: object = None) -> None:
        """Other ends for a slider."""
        self._replace(direction_id, tr("Change Range"), gesture, reach=(low, high))

    def set_layers(self, direction_id: str, layers: Layers) -> None:
        """Other layers for a direction to act on."""
        self._replace(direction_id, tr("Change Layers"), None, layers=layers)

    def set_response(self, direction_id: str, response: Response) -> None:
        """What a direction was measured to do; its slider ends where the pictures stop following."""
        self._replace(direction_id, tr("Measure Reach"), None, response=response, reach=response.reach)

    def reset_all(self) -> None:
        """Every slider to 0."""
        look = self.look
        at_rest = tuple(Edit(e.direction, 0.0) for e in look.edits)
        if any(e.alpha for e in look.edits):
            self._change(replace(look, edits=at_rest), tr("Reset All Sliders"))

    def insert_key(self) -> None:
        """A look key of what is on screen."""
        session = self._studio.session
        session.change(session.document.with_key(self._studio.live.time), tr("Insert Key"))

    def end(self, gesture: object) -> None:
        """The hand let go of what `gesture` names; another hand's gesture goes on."""
        if self._studio.session.gesture is gesture:
            self._studio.session.end_gesture()

    def _replace(self, direction_id: str, label: str, gesture: object, **fields: object) -> None:
        look = self.look
        edit = look.edit(direction_id)
        if edit is not None:
            self._change(look.with_direction(replace(edit.direction, **fields)), label, gesture)

    def _change(self, look: Latent, label: str, gesture: object = None) -> None:
        session = self._studio.session
        session.change(session.document.with_look(self._studio.live.time, look), label, gesture)

    def _may_change(self, track_name: str) -> bool:
        """Whether a change of this value would be seen: not between keys while auto-key is off."""
        track = self._studio.session.document.sequence.track(track_name)
        if track is None or self._studio.preferences.value.auto_key:
            return True
        if any(same_time(k.time, self._studio.live.time) for k in track.keys):
            return True
        self.refused.emit(tr("This value is keyed and auto-key is off: go to a key, or switch auto-key on."))
        return False
