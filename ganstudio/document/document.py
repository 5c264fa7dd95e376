"""What the user makes, as one immutable value. Every change is a new `Document`; parts that stayed are shared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ganstudio.document.latent import Latent
from ganstudio.document.sequence import Sequence


@dataclass(frozen=True)
class ModelRef:
    """Which model a document is for: its place in the library and the fingerprint of its weights."""

    id: str
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Document:
    """A model, the look away from any key, and the sequence of looks."""

    model: ModelRef
    latent: Latent
    sequence: Sequence = field(default_factory=Sequence)

    def look(self, time: float) -> Latent:
        """What is to be drawn at a moment."""
        return self.sequence.at(time, self.latent)

    def with_look(self, time: float, look: Latent) -> Document:
        """The document that shows `look` at this moment: keyed values get a key there, all others change for good."""
        return replace(self, latent=look, sequence=self.sequence.with_changes(time, look))

    def with_key(self, time: float) -> Document:
        """The document with a look key of what is shown at this moment."""
        return replace(self, sequence=self.sequence.with_look(time, self.look(time)))

    def with_sequence(self, sequence: Sequence, time: float) -> Document:
        """The document with other keys; a value that loses its last one stays as it was shown at this moment."""
        left = tuple(track for track in self.sequence.tracks if sequence.track(track.name) is None)
        return replace(self, latent=Sequence(left).at(time, self.latent), sequence=sequence)
