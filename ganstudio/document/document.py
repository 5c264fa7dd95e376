"""What the user makes, as one immutable value. Every change is a new `Document`; parts that stayed are shared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ganstudio.document.collage import Collage
from ganstudio.document.latent import Latent
from ganstudio.document.refinement import Refinement
from ganstudio.document.sequence import Sequence


@dataclass(frozen=True)
class ModelRef:
    """Which model a document is for: its place in the library and the fingerprint of its weights."""

    id: str
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Document:
    """A model, the look away from any key, the sequence of looks, the parts on the canvas (none: no collage) and what a
    refinement found for them (None: what the regressor guesses is drawn)."""

    model: ModelRef
    latent: Latent
    sequence: Sequence = field(default_factory=Sequence)
    collage: Collage = field(default_factory=Collage)
    refinement: Refinement | None = None

    def look(self, time: float) -> Latent:
        """What is to be drawn at a moment."""
        return self.sequence.at(time, self.latent)

    def collage_at(self, time: float) -> Collage:
        """The parts as they lie at a moment."""
        return self.sequence.collage_at(time, self.collage)

    def with_look(self, time: float, look: Latent) -> Document:
        """The document that shows `look` at this moment: keyed values get a key there, all others change for good."""
        sequence = self.sequence.with_changes(time, look, self.collage_at(time))
        return replace(self, latent=look, sequence=sequence)

    def with_collage(self, time: float, collage: Collage) -> Document:
        """The document that shows `collage` at this moment: keyed values get a key there, all others change for good.

        Tracks of parts that are gone go with them.
        """
        return replace(self, collage=collage, sequence=self.sequence.with_changes(time, self.look(time), collage))

    def with_key(self, time: float) -> Document:
        """The document with a look key of what is shown at this moment."""
        sequence = self.sequence.with_look(time, self.look(time), collage=self.collage_at(time))
        return replace(self, sequence=sequence)

    def with_sequence(self, sequence: Sequence, time: float) -> Document:
        """The document with other keys; a value that loses its last one stays as it was shown at this moment."""
        left = Sequence(tuple(t for t in self.sequence.tracks if sequence.track(t.name) is None))
        latent, collage = left.at(time, self.latent), left.collage_at(time, self.collage)
        return replace(self, latent=latent, sequence=sequence, collage=collage)
