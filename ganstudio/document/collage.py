"""What lies on the canvas: parts of pictures, one over the other, each with its mask and its place.

All measures are shares of the frame, the picture a model draws, so a collage looks the same at every size it is
composited at; `ganstudio.render.collage` does that.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Literal, get_args

from ganstudio.document.mask import Mask
from ganstudio.document.tiles import Bytes, Tiles

SourceKind = Literal["seed", "photo", "fill", "picture"]
"""seed: a model drew it; photo: the artist's own; fill: one colour; picture: kept from earlier work."""
Blend = Literal["normal", "multiply", "screen", "overlay", "soft-light", "darken", "lighten", "colour", "luminosity"]
BLENDS: tuple[Blend, ...] = get_args(Blend)


@dataclass(frozen=True)
class Source:
    """Where a picture came from: a file's or model's `name`, and the `seed` where one drew it."""

    kind: SourceKind
    name: str = ""
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels that parts are cut from: tiles of uint8 [h, w, 3]."""

    tiles: Tiles
    source: Source

    @classmethod
    def of(cls, pixels: Bytes, source: Source) -> Picture:
        """From uint8 [h, w, 3]; ValueError for anything else."""
        if pixels.ndim != 3:
            raise ValueError(f"A picture has three channels, but this is {list(pixels.shape)}.")
        return cls(Tiles.of(pixels), source)

    @classmethod
    def fill(cls, colour: tuple[int, int, int], size: tuple[int, int]) -> Picture:
        """One colour (0..255) of a width and height."""
        return cls(Tiles.flat(*size, *colour), Source("fill"))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.tiles.size

    @property
    def key(self) -> str:
        """The hash of the pixels."""
        return self.tiles.key


@dataclass(frozen=True)
class Placement:
    """Where a part lies in the frame.

    `x`, `y`: the centre, in shares of the frame's width and height. `scale`: the picture's longer side in shares of the
    frame's longer side, so 1 fits the frame. `rotation`: degrees, clockwise; `flip` mirrors left and right before it.
    ValueError for a scale that is not above 0, or numbers that are not finite.
    """

    x: float = 0.5
    y: float = 0.5
    scale: float = 1.0
    rotation: float = 0.0
    flip: bool = False

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.x, self.y, self.scale, self.rotation))) or self.scale <= 0:
            raise ValueError(f"A part cannot be placed at {self.x}, {self.y} with scale {self.scale} and rotation "
                             f"{self.rotation}.")


def native(picture: Picture, frame: tuple[int, int], x: float = 0.5, y: float = 0.5) -> Placement:
    """Where one pixel of the picture is one pixel of a frame of this width and height."""
    return Placement(x, y, max(picture.size) / max(frame))


@dataclass(frozen=True, eq=False)
class Part:
    """A cut-out: a picture, what of it counts, and where and how it lies on what is beneath.

    `feather`: the width of its soft edge in shares of the frame's longer side. `match`: how far (0..1) its colours are
    brought to those beneath. `group`: a name shared by parts that are moved together; empty for none.
    """

    id: str
    name: str
    picture: Picture
    mask: Mask
    placement: Placement = Placement()
    opacity: float = 1.0
    feather: float = 0.0
    blend: Blend = "normal"
    match: float = 0.0
    visible: bool = True
    locked: bool = False
    group: str = ""

    def __post_init__(self) -> None:
        if self.picture.size != self.mask.size:
            raise ValueError(f"The mask of “{self.name}” is {self.mask.size} pixels, but its picture is "
                             f"{self.picture.size}.")
        if not (0 <= self.opacity <= 1 and 0 <= self.match <= 1 and 0 <= self.feather <= 1):
            raise ValueError(f"Opacity, feather and colour match of “{self.name}” must lie between 0 and 1.")

    @property
    def shown(self) -> bool:
        """Whether any of it can be seen."""
        return self.visible and self.opacity > 0 and self.mask.bounds is not None

    @cached_property
    def key(self) -> str:
        """The hash of all that decides how it looks where it lies: not its id, name, group or lock."""
        return _hash(self.picture.key, self.mask.key, self.placement, self.opacity, self.feather, self.blend,
                     self.match)


def _hash(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:24]


def part_of(picture: Picture, name: str = "", mask: Mask | None = None, placement: Placement | None = None) -> Part:
    """A new part, whole unless a mask says otherwise, fitted to the frame unless a placement does."""
    return Part(new_id(), name, picture, mask or Mask.flat(picture.size), placement or Placement())


def new_id() -> str:
    """An id that no part has or had, so that no old key speaks to a new part."""
    return secrets.token_hex(6)


@dataclass(frozen=True, eq=False)
class Collage:
    """All parts, the lowest first; without any it is false. Ids are unique (ValueError); an unknown one is KeyError."""

    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if len({p.id for p in self.parts}) != len(self.parts):
            raise ValueError("Two parts of a collage have the same id.")

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)

    @property
    def shown(self) -> tuple[Part, ...]:
        """The parts of which anything can be seen, the lowest first."""
        return tuple(p for p in self.parts if p.shown)

    @cached_property
    def key(self) -> str:
        """The hash of how it looks: equal for collages that show the same."""
        return _hash(*(p.key for p in self.shown))

    def scaled(self, share: float) -> Collage:
        """The whole smaller (below 1) or larger around the middle of the frame, locked parts too."""
        return Collage(tuple(replace(p, feather=min(1.0, p.feather * share), placement=replace(
            w := p.placement, x=0.5 + (w.x - 0.5) * share, y=0.5 + (w.y - 0.5) * share, scale=w.scale * share))
            for p in self.parts))

    def part(self, part_id: str) -> Part:
        """The part of that id."""
        return self.parts[self.index(part_id)]

    def index(self, part_id: str) -> int:
        """How many parts lie below it."""
        for i, part in enumerate(self.parts):
            if part.id == part_id:
                return i
        raise KeyError(part_id)

    def members(self, group: str) -> tuple[Part, ...]:
        """The parts of a group."""
        return tuple(p for p in self.parts if group and p.group == group)

    def with_part(self, part: Part) -> Collage:
        """Another version in place of the part of the same id."""
        i = self.index(part.id)
        return Collage((*self.parts[:i], part, *self.parts[i + 1:]))

    def added(self, part: Part, index: int | None = None) -> Collage:
        """With one more part, on top or with `index` parts below it."""
        i = len(self.parts) if index is None else index
        return Collage((*self.parts[:i], part, *self.parts[i:]))

    def without(self, part_ids: Collection[str]) -> Collage:
        """With these parts gone."""
        return Collage(tuple(p for p in self.parts if p.id not in part_ids))

    def moved(self, part_id: str, steps: int) -> Collage:
        """One part up (or down, below 0) by so many, as far as it goes; itself when that is nowhere."""
        i = self.index(part_id)
        target = min(max(i + steps, 0), len(self.parts) - 1)
        return self if target == i else self.without({part_id}).added(self.parts[i], target)

    def grouped(self, part_ids: Collection[str], group: str) -> Collage:
        """These parts in a group (an empty name: in none), gathered beneath the topmost of them, in their order."""
        if not group:
            return Collage(tuple(replace(p, group="") if p.id in part_ids else p for p in self.parts))
        chosen = tuple(replace(p, group=group) for p in self.parts if p.id in part_ids)
        if not chosen:
            return self
        rest = self.without(part_ids).parts
        below = self.index(chosen[-1].id) + 1 - len(chosen)
        return Collage((*rest[:below], *chosen, *rest[below:]))

    def duplicated(self, part_id: str, copy_id: str, name: str | None = None) -> Collage:
        """With a copy right above a part; the copy shares its pixels."""
        part = self.part(part_id)
        copy = replace(part, id=copy_id, name=part.name if name is None else name)
        return self.added(copy, self.index(part_id) + 1)
