"""The collage and its refinement as JSON and back, every value checked; tiles go beside it, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from ganstudio.document.checks import choice, get, number, optional, unique, whole
from ganstudio.document.collage import BLENDS, Collage, Part, Picture, Placement, Source, SourceKind
from ganstudio.document.encoding import array_from
from ganstudio.document.latent import Base
from ganstudio.document.mask import Mask
from ganstudio.document.package import ArrayReader, ArrayWriter, Damage
from ganstudio.document.refinement import Method, Refinement
from ganstudio.document.sequence import PART, Sequence, is_scale
from ganstudio.document.tiles import MAX_SIZE, SIDE, Box, Tile, Tiles

Json = Mapping[str, Any]
T = TypeVar("T")
FARTHEST = 1e9
"""The greatest number that a key of a part may hold."""


def collage_json(collage: Collage, arrays: ArrayWriter) -> Json:
    """A collage as JSON."""
    return {"parts": [_part_json(p, arrays) for p in collage]}


def collage_from(data: Any, arrays: ArrayReader) -> Collage:
    """The collage that `collage_json` wrote; Damage for anything else."""
    parts = tuple(_part_from(p, arrays) for p in get(data, "parts", list))
    unique([p.id for p in parts], "part")
    return Collage(parts)


def refinement_json(refinement: Refinement | None, arrays: ArrayWriter) -> Json | None:
    """A refinement as JSON; null where there is none."""
    if (r := refinement) is None:
        return None
    return {"offset": arrays.put(r.offset), "collage": r.collage, "amount": r.amount, "method": r.method}


def refinement_from(data: Any, arrays: ArrayReader) -> Refinement | None:
    """What `refinement_json` wrote."""
    if data is None:
        return None
    method: Method = choice(data, "method", get_args(Method))
    return _valid(lambda: Refinement(array_from(data, "offset", arrays, (1, 2)), get(data, "collage", str),
                                     number(data, "amount"), method))


def check_tracks(sequence: Sequence) -> None:
    """Damage when a key would put a part where none can be."""
    for track in (t for t in sequence.tracks if t.name.startswith(PART)):
        values = [k.value for k in track.keys if not isinstance(k.value, Base)]
        if any(abs(v) > FARTHEST for v in values):
            raise Damage("a part is beyond all bounds")
        if is_scale(track.name) and min(values) <= 0:
            raise Damage("a part is scaled to nothing")


def _part_json(p: Part, arrays: ArrayWriter) -> Json:
    where, source = p.placement, p.picture.source
    return {
        "id": p.id, "name": p.name, "group": p.group, "visible": p.visible, "locked": p.locked,
        "opacity": p.opacity, "feather": p.feather, "blend": p.blend, "match": p.match,
        "placement": {"x": where.x, "y": where.y, "scale": where.scale, "rotation": where.rotation,
                      "flip": where.flip},
        "picture": _tiles_json(p.picture.tiles, arrays),
        "source": {"kind": source.kind, "name": source.name, "seed": source.seed},
        "mask": [arrays.put_tile(t) for t in p.mask.tiles],
    }  # fmt: skip


def _part_from(data: Any, arrays: ArrayReader) -> Part:
    picture = Picture(_picture_tiles(get(data, "picture", dict), arrays), _source(get(data, "source", dict)))
    mask = Mask(_tiles_from(get(data, "mask", list), picture.size, (), arrays))
    return _valid(lambda: Part(
        get(data, "id", str), get(data, "name", str), picture, mask, _placement(get(data, "placement", dict)),
        number(data, "opacity"), number(data, "feather"), choice(data, "blend", BLENDS), number(data, "match"),
        get(data, "visible", bool), get(data, "locked", bool), get(data, "group", str)))


def _tiles_json(tiles: Tiles, arrays: ArrayWriter) -> Json:
    return {"width": tiles.width, "height": tiles.height, "tiles": [arrays.put_tile(t) for t in tiles]}


def _picture_tiles(data: Any, arrays: ArrayReader) -> Tiles:
    width, height = (whole(data, key, 1, MAX_SIZE + 1) for key in ("width", "height"))
    return _tiles_from(get(data, "tiles", list), (width, height), (3,), arrays)


def _tiles_from(names: list[Any], size: tuple[int, int], channels: tuple[int, ...], arrays: ArrayReader) -> Tiles:
    """Tiles from their names, row by row."""
    width, height = size
    if len(names) != -(-width // SIDE) * -(-height // SIDE) or not all(isinstance(n, str) for n in names):
        raise Damage("a picture has too few or too many tiles")
    left = iter(names)

    def take(box: Box) -> Tile:
        return arrays.take_tile(next(left), (box[3] - box[1], box[2] - box[0], *channels))

    return _valid(lambda: Tiles.made(width, height, take))


def _source(data: Any) -> Source:
    kind: SourceKind = choice(data, "kind", get_args(SourceKind))
    return Source(kind, get(data, "name", str), optional(data, "seed", lambda: whole(data, "seed", -2**63, 2**63)))


def _placement(data: Any) -> Placement:
    x, y, scale, rotation = (number(data, key) for key in ("x", "y", "scale", "rotation"))
    return _valid(lambda: Placement(x, y, scale, rotation, get(data, "flip", bool)))


def _valid(make: Callable[[], T]) -> T:
    """A value that checks itself; what it says against itself is damage."""
    try:
        return make()
    except Damage:
        raise
    except ValueError as error:
        raise Damage(str(error).rstrip(".")) from None
