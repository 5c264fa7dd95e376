"""Undo and redo: the documents that were current, capped by bytes. A value like all of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ganstudio.document.document import Document
from ganstudio.document.latent import Base
from ganstudio.document.tiles import Tile

MEMORY = 256 * 2**20
"""How many bytes of arrays and pixels, beyond those of the document that is current, the past may hold on to."""


@dataclass(frozen=True, eq=False)
class Step:
    """A change: the document before it, and what the user did."""

    before: Document
    label: str


@dataclass(frozen=True, eq=False)
class History:
    """The current document between what can be undone and what can be redone.

    `gesture` names the drag in progress: changes of one gesture are one step.
    """

    present: Document
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()
    gesture: object = None

    def push(self, document: Document, label: str, gesture: object = None, memory: int = MEMORY) -> History:
        """The history after a change; a change of the gesture in progress joins its step."""
        if gesture is not None and gesture == self.gesture and self.past:
            return replace(self, present=document, future=())
        past = _trim((*self.past, Step(self.present, label)), memory, document)
        return History(document, past, (), gesture)

    def cancelled(self) -> History:
        """As if the gesture in progress had not been; itself when there is none."""
        if self.gesture is None or not self.past:
            return self
        return History(self.past[-1].before, self.past[:-1])

    def undo(self) -> History:
        """One step back; itself when there is none."""
        if not self.past:
            return self
        step = self.past[-1]
        return History(step.before, self.past[:-1], (*self.future, Step(self.present, step.label)))

    def redo(self) -> History:
        """One step forward; itself when there is none."""
        if not self.future:
            return self
        step = self.future[-1]
        return History(step.before, (*self.past, Step(self.present, step.label)), self.future[:-1])


def _trim(past: tuple[Step, ...], memory: int, present: Document) -> tuple[Step, ...]:
    """The newest steps whose arrays and tiles, each counted once, fit into `memory`; always the newest one."""
    seen: set[int] = set()
    _new_bytes(present, seen)
    used = 0
    for kept, step in enumerate(reversed(past)):
        used += _new_bytes(step.before, seen)
        if used > memory and kept:
            return past[len(past) - kept:]
    return past


def _new_bytes(document: Document, seen: set[int]) -> int:
    """The bytes of what a document holds and `seen` (ids of arrays, pictures, rows) has not; they are added to it."""
    bases = [document.latent.base]
    bases += [k.value for t in document.sequence.tracks for k in t.keys if isinstance(k.value, Base)]
    arrays: list[np.ndarray] = [a for b in bases for a in (b.z, b.label, b.ws) if a is not None]
    arrays += [] if document.refinement is None else [document.refinement.offset]
    arrays += [e.direction.vector for e in document.latent.edits]
    arrays += [a for e in document.latent.edits if e.direction.steps is not None for a in e.direction.steps.arrays]
    arrays += [tile.data for row in _rows(document, seen) for tile in row]
    return sum(array.nbytes for array in arrays if _first(array, seen))


def _rows(document: Document, seen: set[int]) -> Iterator[tuple[Tile, ...]]:
    """The rows of tiles that were not seen: a stroke leaves most rows of a mask the very same."""
    for part in document.collage:
        for tiles in (part.picture.tiles, part.mask.tiles):
            if _first(tiles, seen):
                yield from (row for row in tiles.rows if _first(row, seen))


def _first(value: object, seen: set[int]) -> bool:
    """Whether a value was not seen before; a picture that was is not looked into again."""
    if id(value) in seen:
        return False
    seen.add(id(value))
    return True
