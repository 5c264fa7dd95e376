"""The look of one picture as a value: base latent, truncation and the edits on top.

numpy only. Nothing here knows a network; `ganstudio.render.latent` turns a `Latent` into w+.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.response import Response
from ganstudio.document.steps import StepNetwork

FloatArray = NDArray[np.float32]
Space = Literal["z", "w", "input"]
NoiseMode = Literal["const", "none"]

PRESETS = {"all": (0, None), "bottom": (0, 2), "middle": (2, 6), "top": (6, None)}
"""Named layer ranges as (first, last); `None` runs to the model's last layer."""


@dataclass(frozen=True, order=True)
class LayerRange:
    """The layers `first <= i < last`. On screen and on the command line `a-b` includes both ends."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.last:
            raise ValueError(f"A layer range needs 0 <= first < last, but got {self.first} and {self.last}.")

    def __contains__(self, layer: int) -> bool:
        return self.first <= layer < self.last


Layers = tuple[LayerRange, ...]
"""A free choice of layers: ranges in order that neither touch nor overlap."""


def layers_of(indices: Iterable[int]) -> Layers:
    """The fewest ranges that hold exactly these layer numbers."""
    found: list[LayerRange] = []
    for i in sorted(set(indices)):
        if found and found[-1].last == i:
            found[-1] = LayerRange(found[-1].first, i + 1)
        else:
            found.append(LayerRange(i, i + 1))
    return tuple(found)


def layer_indices(layers: Layers) -> list[int]:
    """The layer numbers in order."""
    return [i for part in layers for i in range(part.first, part.last)]


def parse_layers(text: str, count: int) -> Layers:
    """Read what a user types: `all`, `bottom`, `middle`, `top`, `3`, `2-5` (both ends), or a list with commas.

    `count` is the model's number of layers. Raises ValueError with one sentence for anything else.
    """
    indices: set[int] = set()
    for word in (w.strip().lower() for w in text.split(",")):
        indices.update(_parse_word(word, count))
    return layers_of(indices)


def _parse_word(word: str, count: int) -> range:
    if word in PRESETS:
        first, end = PRESETS[word]
        last = count if end is None else min(end, count)
    elif match := re.fullmatch(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?", word):
        first, last = int(match[1]), int(match[2] or match[1]) + 1
    else:
        raise ValueError(f"“{word[:40]}” is no layer range: write all, bottom, middle, top, a number, or 2-5.")
    if first >= last:
        raise ValueError(f"The layer range “{word}” is empty: this model has layers 0-{count - 1}.")
    if last > count:
        raise ValueError(f"The layer range “{word}” leaves the model: it has layers 0-{count - 1}.")
    return range(first, last)


def format_layers(layers: Layers, count: int) -> str:
    """The shortest text that `parse_layers` reads back to `layers`."""
    if layers == (LayerRange(0, count),):
        return "all"
    return ", ".join(str(r.first) if r.last == r.first + 1 else f"{r.first}-{r.last - 1}" for r in layers)


@dataclass(frozen=True, eq=False)
class Direction:
    """What a slider moves: a vector for every layer of one model's latent space.

    `id` is stable and unique within a model (such as `sefa:all:3`); `vector` is [dim] (the same in every layer) or
    [num_ws, dim]; `layers` says which layers move (empty in z, which has none). In the space "input" it moves the whole
    picture instead (see `ganstudio.document.movement`). alpha multiplies the vector. `reach` is the slider's range in
    alpha, `share` its part of the variance where the finder knows it, `source` and `parameters` say where it came from,
    and `fingerprint` which generator it belongs to. A non-linear direction has `steps`: alpha counts them, and `vector`
    is only their mean. `response` is what it was measured to do.
    """

    id: str
    name: str
    space: Space
    vector: FloatArray
    layers: Layers
    fingerprint: str
    reach: tuple[float, float] = (-3.0, 3.0)
    share: float | None = None
    source: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    steps: StepNetwork | None = None
    response: Response | None = None

    def measured(self, response: Response | None) -> Direction:
        """The direction with what it was measured to do, its slider ending where the pictures stop following."""
        return self if response is None else replace(self, response=response, reach=response.reach)


@dataclass(frozen=True, eq=False)
class Edit:
    """A direction and how far along it."""

    direction: Direction
    alpha: float = 0.0


@dataclass(frozen=True, eq=False)
class Base:
    """Where a picture starts: `z` [z_dim] float32, the `seed` it was drawn from (None once it was mixed from others)
    and `label`, [num_classes] class weights, for models that have classes.

    A picture that was found rather than drawn (a photo) starts from `ws` [num_ws, w_dim] float32, which takes the place
    of mapping and truncation; `ws_share` says how far: 1 is all of it, less is part of the way from what z makes.
    """

    z: FloatArray
    seed: int | None = None
    label: FloatArray | None = None
    ws: FloatArray | None = None
    ws_share: float = 1.0

    @property
    def from_ws(self) -> float:
        """How much of it comes from `ws`, 0..1."""
        return 0.0 if self.ws is None else self.ws_share

    def same(self, other: Base) -> bool:
        """Whether both start from the same numbers."""
        return self is other or (
            same_array(self.z, other.z) and same_array(self.label, other.label) and same_array(self.ws, other.ws)
            and self.from_ws == other.from_ws)

    def mix(self, other: Base, t: float) -> Base:
        """Between two bases: z by slerp, class weights and w by lerp; the ends themselves at t = 0 and 1."""
        if t <= 0 or t >= 1 or self.same(other):
            return self if t < 1 else other
        label = self.label if self.label is None or other.label is None else lerp(self.label, other.label, t)
        share = self.from_ws + (other.from_ws - self.from_ws) * t
        return Base(_mixed_z(self, other, t), None, label, _mixed_ws(self, other, t), share if share else 1.0)


@dataclass(frozen=True, eq=False)
class Latent:
    """Everything that makes one picture of one model.

    `psi` pulls w towards `w_avg` in the first `psi_layers` layers (None: in all). All edits add to the base; none
    accumulates on another.
    """

    base: Base
    psi: float = 1.0
    psi_layers: int | None = None
    noise: NoiseMode = "const"
    edits: tuple[Edit, ...] = ()

    def of_seed(self, seed: int) -> Latent:
        """The look of a seed at this truncation and in this class, without sliders."""
        base = replace(base_from_seed(seed, len(self.base.z)), label=self.base.label)
        return replace(self, base=base, edits=())

    def edit(self, direction_id: str) -> Edit | None:
        """The edit of that direction, if there is one."""
        return next((e for e in self.edits if e.direction.id == direction_id), None)

    def with_alpha(self, direction_id: str, alpha: float) -> Latent:
        """The same look with one slider moved; KeyError when there is no such slider."""
        if self.edit(direction_id) is None:
            raise KeyError(direction_id)
        return replace(self, edits=tuple(
            Edit(e.direction, float(alpha)) if e.direction.id == direction_id else e for e in self.edits))

    def with_direction(self, direction: Direction, alpha: float = 0.0) -> Latent:
        """The same look with a slider added, or, where the id is there already, its direction replaced."""
        if (old := self.edit(direction.id)) is not None:
            return replace(self, edits=tuple(Edit(direction, e.alpha) if e is old else e for e in self.edits))
        return replace(self, edits=(*self.edits, Edit(direction, alpha)))

    def without_direction(self, direction_id: str) -> Latent:
        """The same look with one slider removed."""
        return replace(self, edits=tuple(e for e in self.edits if e.direction.id != direction_id))


def base_from_seed(seed: int, z_dim: int, num_classes: int = 0, label: int = 0) -> Base:
    """The base that the field's programs draw for a seed (`RandomState(seed).randn`, then float32) in one class."""
    z = np.random.RandomState(seed).randn(z_dim).astype(np.float32)
    return Base(z, seed, np.eye(num_classes, dtype=np.float32)[label] if num_classes else None)


def base_from_ws(ws: FloatArray, z_dim: int, label: FloatArray | None = None) -> Base:
    """The base of a picture that was found: w+ [num_ws, w_dim], without a seed."""
    return Base(np.zeros(z_dim, np.float32), None, label, np.asarray(ws, np.float32))


def _mixed_z(a: Base, b: Base, t: float) -> FloatArray:
    """The z between two bases; that of a base which is all w says nothing."""
    if a.from_ws == 1 or b.from_ws == 1:
        return b.z if a.from_ws == 1 else a.z
    return slerp(a.z, b.z, t)


def _mixed_ws(a: Base, b: Base, t: float) -> FloatArray | None:
    """The w between two bases, each weighed by its share; the one there is where only one has any."""
    if a.ws is None or b.ws is None:
        return b.ws if a.ws is None else a.ws
    mine, theirs = (1 - t) * a.ws_share, t * b.ws_share
    return lerp(a.ws, b.ws, theirs / (mine + theirs))


def slerp(a: FloatArray, b: FloatArray, t: float) -> FloatArray:
    """From `a` to `b` along the sphere, length interpolated in step; a straight line where they are parallel."""
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if min(length_a, length_b) < 1e-8:
        return lerp(a, b, t)
    cosine = float(np.clip(np.dot(a / length_a, b / length_b), -1.0, 1.0))
    angle = float(np.arccos(cosine))
    if angle < 1e-4 or np.pi - angle < 1e-4:
        return lerp(a, b, t)
    mixed = (np.sin((1 - t) * angle) * a / length_a + np.sin(t * angle) * b / length_b) / np.sin(angle)
    return np.asarray(mixed * ((1 - t) * length_a + t * length_b), dtype=np.float32)


def lerp(a: FloatArray, b: FloatArray, t: float) -> FloatArray:
    """From `a` to `b` in a straight line."""
    return np.asarray(a + (b - a) * np.float32(t), dtype=np.float32)


def same_array(a: FloatArray | None, b: FloatArray | None) -> bool:
    """Whether two optional arrays hold the same numbers."""
    if a is b:
        return True
    return a is not None and b is not None and np.array_equal(a, b)

