"""Pictures in time: tracks of keys, and the look at any moment.

A look key is a key in every track at one time. Times are seconds, so a change of frame rate moves no key.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from ganstudio.document.collage import Collage, Part, Placement
from ganstudio.document.latent import Base, Latent

Value = float | Base
Easing = Literal["hold", "linear", "ease", "ease-in", "ease-out"]
Loop = Literal["once", "loop", "ping-pong"]

EASINGS: dict[Easing, Callable[[float], float]] = {
    "hold": lambda t: 0.0,
    "linear": lambda t: t,
    "ease": lambda t: t * t * (3 - 2 * t),
    "ease-in": lambda t: t * t,
    "ease-out": lambda t: t * (2 - t),
}
LOOPS: tuple[Loop, ...] = ("once", "loop", "ping-pong")
NO_COLLAGE = Collage()
TIME_STEP = 1e-4
"""Keys closer than this, in seconds, are at the same time."""

BASE, PSI, ALPHA = "base", "psi", "alpha:"
"""Names of the tracks; `alpha:` is followed by the direction's id."""
PART = "part:"
PART_VALUES = ("x", "y", "scale", "rotation", "opacity")
"""What of a part has a track: `part:<id>:x` and so on."""


@dataclass(frozen=True, eq=False)
class Key:
    """One fixed moment of one track; `easing` shapes the segment that starts here."""

    time: float
    value: Value
    easing: Easing = "ease"


@dataclass(frozen=True, eq=False)
class Track:
    """One value in time; the keys are in order of time, at least one."""

    name: str
    keys: tuple[Key, ...]

    def at(self, time: float) -> Value:
        """The value at a moment: the first key's before it, the last key's after it, eased between."""
        i = bisect_right([k.time for k in self.keys], time + TIME_STEP / 2)
        if i == 0:
            return self.keys[0].value
        left = self.keys[i - 1]
        if i == len(self.keys):
            return left.value
        right = self.keys[i]
        t = max(0.0, time - left.time) / (right.time - left.time)
        between = _turned if _is_part(self.name, "rotation") else _between
        return between(left.value, right.value, EASINGS[left.easing](t))

    def with_key(self, key: Key) -> Track:
        """The track with this key in place of any at the same time."""
        others = [k for k in self.keys if not same_time(k.time, key.time)]
        return Track(self.name, tuple(sorted([*others, key], key=lambda k: k.time)))


def same_time(a: float, b: float) -> bool:
    """Whether two moments count as one."""
    return abs(a - b) < TIME_STEP


def same_value(a: Value, b: Value) -> bool:
    """Whether two values of a track are equal."""
    return a.same(b) if isinstance(a, Base) and isinstance(b, Base) else a == b


def _between(a: Value, b: Value, t: float) -> Value:
    if isinstance(a, Base) and isinstance(b, Base):
        return a.mix(b, t)
    assert not isinstance(a, Base)
    assert not isinstance(b, Base)
    return a + (b - a) * t


def _turned(a: Value, b: Value, t: float) -> Value:
    """Between two rotations in degrees, the short way round."""
    assert not isinstance(a, Base)
    assert not isinstance(b, Base)
    return a + ((b - a + 180) % 360 - 180) * t


def _is_part(name: str, value: str) -> bool:
    return name.startswith(PART) and name.endswith(":" + value)


def is_scale(name: str) -> bool:
    """Whether a track holds the scale of a part, which must be above 0."""
    return _is_part(name, "scale")


@dataclass(frozen=True, eq=False)
class Sequence:
    """All tracks, the frame rate in frames a second and how it repeats."""

    tracks: tuple[Track, ...] = ()
    fps: float = 24.0
    loop: Loop = "once"

    @property
    def times(self) -> tuple[float, ...]:
        """The moments that hold a key in any track, in order."""
        found: list[float] = []
        for time in sorted(k.time for track in self.tracks for k in track.keys):
            if not found or not same_time(found[-1], time):
                found.append(time)
        return tuple(found)

    @property
    def duration(self) -> float:
        """Seconds from 0 to the last key; 0 without keys."""
        return max((track.keys[-1].time for track in self.tracks), default=0.0)

    def track(self, name: str) -> Track | None:
        """The track of that name, if it has keys."""
        return next((t for t in self.tracks if t.name == name), None)

    def at(self, time: float, latent: Latent) -> Latent:
        """The look at a moment: keyed values from their tracks, all others from `latent`."""
        for track in self.tracks:
            latent = _set_value(latent, track.name, track.at(time))
        return latent

    def collage_at(self, time: float, collage: Collage) -> Collage:
        """The collage at a moment: keyed values from their tracks; itself when nothing of it differs."""
        moments = ((t.name, t.at(time)) for t in self.tracks if t.name.startswith(PART))
        values = {name: value for name, value in moments if not isinstance(value, Base)}
        parts = tuple(_placed(part, values) for part in collage) if values else collage.parts
        return collage if parts == collage.parts else Collage(parts)

    def easing_at(self, time: float) -> Easing | None:
        """The easing of the segment that starts at this key; None when there is no key."""
        return next((k.easing for t in self.tracks for k in t.keys if same_time(k.time, time)), None)

    def with_look(self, time: float, look: Latent, easing: Easing | None = None,
                  collage: Collage = NO_COLLAGE) -> Sequence:
        """Write a look key: every value of the look and of the collage's parts, in every track, at one time."""
        shape = easing or self.easing_at(time) or "ease"
        tracks = {t.name: t for t in self.tracks}
        for name, value in chain(values_of(look), part_values(collage)):
            key = Key(time, value, shape)
            tracks[name] = tracks[name].with_key(key) if name in tracks else self._new_track(key, name)
        return replace(self, tracks=tuple(tracks.values()))

    def _new_track(self, key: Key, name: str) -> Track:
        """A track for a value that the look keys so far did not know: at rest (0) in all of them."""
        rest = () if not name.startswith(ALPHA) else tuple(
            Key(t, 0.0, self.easing_at(t) or "ease") for t in self.times)
        return Track(name, rest).with_key(key)

    def with_changes(self, time: float, look: Latent, collage: Collage = NO_COLLAGE) -> Sequence:
        """Auto-key: a key at `time` in each keyed track whose value there differs from that of the look or collage.

        Tracks of directions and parts that are in neither go. Itself if nothing changes.
        """
        values: dict[str, Value] = {**dict(values_of(look)), **dict(part_values(collage))}
        tracks = []
        for track in self.tracks:
            if track.name not in values:
                continue
            value = values[track.name]
            changed = not same_value(track.at(time), value)
            tracks.append(track.with_key(Key(time, value, self.easing_at(time) or "ease")) if changed else track)
        return self if tuple(tracks) == self.tracks else replace(self, tracks=tuple(tracks))

    def without_look(self, time: float) -> Sequence:
        """Without any key at this time."""
        return self._each_track(lambda keys: [k for k in keys if not same_time(k.time, time)])

    def with_moved_look(self, source: float, target: float) -> Sequence:
        """The look key at `source` moved to `target` (not below 0), replacing a look that is there."""
        target = max(0.0, target)
        if same_time(source, target):
            return self
        return self.without_look(target)._each_track(
            lambda keys: [replace(k, time=target) if same_time(k.time, source) else k for k in keys])

    def with_copied_look(self, source: float, target: float) -> Sequence:
        """A copy of the look key at `source` put at `target` (not below 0), replacing a look that is there."""
        target = max(0.0, target)
        if same_time(source, target):
            return self
        return self.without_look(target)._each_track(
            lambda keys: [*keys, *(replace(k, time=target) for k in keys if same_time(k.time, source))])

    def with_easing(self, time: float, easing: Easing) -> Sequence:
        """Another easing for the segment that starts at this key."""
        return self._each_track(
            lambda keys: [replace(k, easing=easing) if same_time(k.time, time) else k for k in keys])

    def _each_track(self, change: Callable[[tuple[Key, ...]], list[Key]]) -> Sequence:
        tracks = ((t.name, sorted(change(t.keys), key=lambda k: k.time)) for t in self.tracks)
        return replace(self, tracks=tuple(Track(name, tuple(keys)) for name, keys in tracks if keys))

    def frame_times(self, count: int | None = None) -> tuple[float, ...]:
        """The moments of one pass: `count` frames, or as many as the frame rate asks for.

        Once: from 0 to the end, both included. Loop: without the end, which the next pass begins with. Ping-pong:
        there and back without showing either end twice.
        """
        steps = round(self.duration * self.fps) if count is None else _steps(count, self.loop)
        if steps <= 0:
            return (0.0,)
        forward = [self.duration * i / steps for i in range(steps + 1)]
        if self.loop == "once":
            return tuple(forward)
        if self.loop == "loop":
            return tuple(forward[:-1])
        both = forward + forward[-2:0:-1]
        return tuple(both if count is None else both[:count])

    def wrap(self, elapsed: float) -> float:
        """The moment shown after playing for `elapsed` seconds."""
        end = self.duration
        if end <= 0 or self.loop == "once":
            return min(max(elapsed, 0.0), end)
        if self.loop == "loop":
            return elapsed % end
        phase = elapsed % (2 * end)
        return phase if phase <= end else 2 * end - phase

    @property
    def seamless(self) -> bool:
        """Whether the last look equals the first, so that a loop shows no jump."""
        return all(same_value(t.at(0.0), t.at(self.duration)) for t in self.tracks)


def _steps(count: int, loop: Loop) -> int:
    if loop == "once":
        return count - 1
    return count if loop == "loop" else math.ceil(count / 2)


def values_of(look: Latent) -> Iterator[tuple[str, Value]]:
    """Every value of a look that can be keyed, by its track's name."""
    yield BASE, look.base
    yield PSI, look.psi
    for edit in look.edits:
        yield ALPHA + edit.direction.id, edit.alpha


def part_values(collage: Collage) -> Iterator[tuple[str, float]]:
    """Every value of a collage's parts that can be keyed, by its track's name."""
    for part in collage:
        for value in PART_VALUES:
            yield f"{PART}{part.id}:{value}", getattr(part if value == "opacity" else part.placement, value)


def _placed(part: Part, values: Mapping[str, float]) -> Part:
    """The part with its keyed values; itself when they are what it has."""
    x, y, scale, rotation, opacity = (values.get(name, now) for name, now in part_values(Collage((part,))))
    placement = Placement(x, y, scale, rotation, part.placement.flip)
    opacity = min(max(opacity, 0.0), 1.0)
    same = placement == part.placement and opacity == part.opacity
    return part if same else replace(part, placement=placement, opacity=opacity)


def _set_value(latent: Latent, name: str, value: Value) -> Latent:
    if isinstance(value, Base):
        return replace(latent, base=value)
    if name == PSI:
        return replace(latent, psi=value)
    direction_id = name.removeprefix(ALPHA)
    known = name.startswith(ALPHA) and latent.edit(direction_id) is not None
    return latent.with_alpha(direction_id, value) if known else latent
