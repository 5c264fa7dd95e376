"""Undo and redo: the documents that were current, capped by bytes. A value like all of the document."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ganstudio.document.document import Document

MEMORY = 256 * 2**20
"""How many bytes of arrays the past may hold on to."""


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
        past = _trim((*self.past, Step(self.present, label)), memory)
        return History(document, past, (), gesture)

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


def _trim(past: tuple[Step, ...], memory: int) -> tuple[Step, ...]:
    """The newest steps whose arrays, each counted once, fit into `memory`; always the newest one."""
    seen: set[int] = set()
    used = 0
    for kept, step in enumerate(reversed(past)):
        for array in _arrays(step.before):
            if id(array) not in seen:
                seen.add(id(array))
                used += array.nbytes
        if used > memory and kept:
            return past[len(past) - kept:]
    return past


def _arrays(document: Document) -> list[np.ndarray]:
    bases = [document.latent.base]
    bases += [k.value for t in document.sequence.tracks for k in t.keys if not isinstance(k.value, float | int)]
    found = [b.z for b in bases] + [b.label for b in bases if b.label is not None]
    return found + [e.direction.vector for e in document.latent.edits]
