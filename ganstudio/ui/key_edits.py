"""What the timeline does with several look keys at once, as functions from one sequence to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ganstudio.document.collage import Collage
from ganstudio.document.document import Document
from ganstudio.document.latent import Latent
from ganstudio.document.sequence import NO_COLLAGE, Easing, same_time
from ganstudio.document.sequence import Sequence as Looks


@dataclass(frozen=True, eq=False)
class Clip:
    """A copied look key: how long after the first copied one, what it shows, how it leaves."""

    offset: float
    look: Latent
    easing: Easing
    collage: Collage = NO_COLLAGE


def moved(looks: Looks, times: Iterable[float], delta: float) -> Looks:
    """These keys shifted in time together, none below 0; keys in the way are replaced."""
    return _shifted(looks, times, delta, Looks.with_moved_look)


def copied(looks: Looks, times: Iterable[float], delta: float) -> Looks:
    """Copies of these keys, shifted together; a key in the way is replaced, one being copied too."""
    return _shifted(looks, times, delta, Looks.with_copied_look)


def _shifted(looks: Looks, times: Iterable[float], delta: float, put: Callable[[Looks, float, float], Looks]) -> Looks:
    """Put each key `delta` later, farthest first, so that none lands on one that has still to go."""
    times = sorted(times)
    delta = bounded(times, delta)
    for time in reversed(times) if delta > 0 else times:
        looks = put(looks, time, time + delta)
    return looks


def bounded(times: Sequence[float], delta: float) -> float:
    """As much of a shift as keeps the earliest of the times at or after 0."""
    return max(delta, -min(times)) if times else delta


def removed(looks: Looks, times: Iterable[float]) -> Looks:
    """Without these keys."""
    for time in times:
        looks = looks.without_look(time)
    return looks


def eased(looks: Looks, times: Iterable[float], easing: Easing) -> Looks:
    """Another easing for the segments that start at these keys."""
    for time in times:
        looks = looks.with_easing(time, easing)
    return looks


def clips_of(document: Document, times: Iterable[float]) -> tuple[Clip, ...]:
    """What copying these keys puts on the clipboard."""
    times = sorted(times)
    easing_at = document.sequence.easing_at
    return tuple(Clip(t - times[0], document.look(t), easing_at(t) or "ease", document.collage_at(t)) for t in times)


def pasted(looks: Looks, clips: Iterable[Clip], time: float, there: Collage = NO_COLLAGE) -> Looks:
    """Copied keys written again, the first of them at `time`; layers that are not `there` any more are left out."""
    for clip in clips:
        collage = Collage(tuple(p for p in clip.collage if any(p.id == q.id for q in there)))
        looks = looks.with_look(time + clip.offset, clip.look, clip.easing, collage)
    return looks


def closed(document: Document) -> Looks:
    """The first look once more at the end, one segment after the last key, so that a loop shows no jump."""
    looks = document.sequence
    times = looks.times
    gap = times[-1] - times[-2] if len(times) > 1 else 1.0
    return looks.with_look(times[-1] + gap, document.look(times[0]), "ease", document.collage_at(times[0]))


def rated(looks: Looks, fps: float) -> Looks:
    """Another frame rate; keys stay at their seconds."""
    return replace(looks, fps=fps)


def neighbour(times: Sequence[float], time: float, forward: bool) -> float | None:
    """The next key after a moment, or the one before it."""
    if forward:
        return next((t for t in times if t > time and not same_time(t, time)), None)
    return next((t for t in reversed(times) if t < time and not same_time(t, time)), None)
