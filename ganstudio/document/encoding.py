"""The document's values as JSON and back, every one checked: what project files and shelves are made of.

Arrays go through an `ArrayWriter` or come from an `ArrayReader`; JSON holds their names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from ganstudio.document.checks import choice, fingerprint, get, number, optional, plain, unique, whole
from ganstudio.document.encoding_walk import response_from, response_json, steps_from, steps_json
from ganstudio.document.latent import (
    Base,
    Direction,
    Edit,
    FloatArray,
    Latent,
    LayerRange,
    Layers,
    NoiseMode,
    Space,
    layer_indices,
    layers_of,
)
from ganstudio.document.movement import MOVES
from ganstudio.document.package import ArrayReader, ArrayWriter, Damage
from ganstudio.document.sequence import BASE, EASINGS, LOOPS, TIME_STEP, Key, Sequence, Track, Value

Json = Mapping[str, Any]
MAX_LAYERS = 4096


def latent_json(latent: Latent, arrays: ArrayWriter) -> Json:
    """A look as JSON."""
    return {
        "base": base_json(latent.base, arrays), "psi": latent.psi, "psi_layers": latent.psi_layers,
        "noise": latent.noise,
        "edits": [{"direction": direction_json(e.direction, arrays), "alpha": e.alpha} for e in latent.edits],
    }  # fmt: skip


def latent_from(data: Any, arrays: ArrayReader) -> Latent:
    """The look that `latent_json` wrote; Damage for anything else."""
    edits = tuple(Edit(direction_from(get(e, "direction", dict), arrays), number(e, "alpha"))
                  for e in get(data, "edits", list))
    unique([e.direction.id for e in edits], "direction")
    layers = optional(data, "psi_layers", lambda: whole(data, "psi_layers", 0, MAX_LAYERS))
    noise: NoiseMode = choice(data, "noise", get_args(NoiseMode))
    return Latent(base_from(get(data, "base", dict), arrays), number(data, "psi"), layers, noise, edits)


def base_json(base: Base, arrays: ArrayWriter) -> Json:
    """A base as JSON."""
    label = None if base.label is None else arrays.put(base.label)
    ws = None if base.ws is None else {"array": arrays.put(base.ws), "share": base.ws_share}
    return {"z": arrays.put(base.z), "seed": base.seed, "label": label, "ws": ws}


def base_from(data: Any, arrays: ArrayReader) -> Base:
    """The base that `base_json` wrote."""
    label = optional(data, "label", lambda: array_from(data, "label", arrays, (1,)))
    seed = optional(data, "seed", lambda: whole(data, "seed", -2**63, 2**63))
    z, ws = array_from(data, "z", arrays, (1,)), optional(data, "ws", lambda: get(data, "ws", dict))
    if ws is None:
        return Base(z, seed, label)
    share = number(ws, "share")
    if not 0 < share <= 1:
        raise Damage("“share” is not between 0 and 1")
    return Base(z, seed, label, array_from(ws, "array", arrays, (2,)), share)


def direction_json(direction: Direction, arrays: ArrayWriter) -> Json:
    """A direction as JSON; its parameters must be JSON already."""
    d = direction
    return {
        "id": d.id, "name": d.name, "space": d.space, "vector": arrays.put(d.vector),
        "layers": [[part.first, part.last] for part in d.layers], "fingerprint": d.fingerprint,
        "reach": list(d.reach), "share": d.share, "source": d.source, "parameters": dict(d.parameters),
        "steps": steps_json(d.steps, arrays), "response": response_json(d.response),
    }  # fmt: skip


def direction_from(data: Any, arrays: ArrayReader) -> Direction:
    """The direction that `direction_json` wrote."""
    space: Space = choice(data, "space", get_args(Space))
    parameters = get(data, "parameters", dict)
    if not _finite(parameters):
        raise Damage("“parameters” holds numbers that are not finite")
    return Direction(
        get(data, "id", str), get(data, "name", str), space, array_from(data, "vector", arrays, (1, 2)),
        _layers(data), fingerprint(data), _reach(data),
        optional(data, "share", lambda: number(data, "share")), get(data, "source", str), parameters,
        steps_from(data.get("steps"), arrays), response_from(data.get("response")),
    )  # fmt: skip


def sequence_json(sequence: Sequence, arrays: ArrayWriter) -> Json:
    """A sequence as JSON."""
    return {"fps": sequence.fps, "loop": sequence.loop, "tracks": [
        {"name": t.name, "keys": [{"time": k.time, "easing": k.easing, "value": _value_json(k.value, arrays)}
                                  for k in t.keys]} for t in sequence.tracks]}


def sequence_from(data: Any, arrays: ArrayReader) -> Sequence:
    """The sequence that `sequence_json` wrote."""
    tracks = tuple(_track(t, arrays) for t in get(data, "tracks", list))
    unique([t.name for t in tracks], "track")
    fps = number(data, "fps")
    if fps <= 0:
        raise Damage("“fps” is not above 0")
    return Sequence(tracks, fps, choice(data, "loop", LOOPS))


def check_fit(latent: Latent, sequence: Sequence) -> None:
    """Damage when the bases of a document are not of one size, or a direction is of another than its space."""
    bases = [latent.base, *(k.value for t in sequence.tracks for k in t.keys if isinstance(k.value, Base))]
    labels, found = ([a.shape for a in arrays if a is not None] for arrays in (
        [b.label for b in bases], [b.ws for b in bases]))
    if any(len(set(shapes)) > 1 for shapes in ([b.z.shape for b in bases], labels, found)):
        raise Damage("its starting points are of different sizes")
    if any(e.direction.space == "z" and e.direction.vector.shape != latent.base.z.shape for e in latent.edits):
        raise Damage("a direction is of another size than z")
    if any(e.direction.space == "input" and e.direction.vector.shape != (MOVES,) for e in latent.edits):
        raise Damage("a direction that moves the picture does not say so in three numbers")
    if any(e.direction.steps and e.direction.steps.dim != e.direction.vector.shape[-1] for e in latent.edits):
        raise Damage("a direction is of another size than its steps")


def _value_json(value: Value, arrays: ArrayWriter) -> float | Json:
    return base_json(value, arrays) if isinstance(value, Base) else value


def _track(data: Any, arrays: ArrayReader) -> Track:
    name = get(data, "name", str)
    keys = tuple(_key(k, name, arrays) for k in get(data, "keys", list))
    times = [k.time for k in keys]
    if not keys or any(b - a < TIME_STEP / 2 for a, b in zip([-1.0, *times], times, strict=False)):
        raise Damage("the keys of a track are not in order")
    return Track(name, keys)


def _key(data: Any, track: str, arrays: ArrayReader) -> Key:
    value: Value = base_from(get(data, "value", dict), arrays) if track == BASE else number(data, "value")
    time = number(data, "time")
    if not 0 <= time <= 1e6:
        raise Damage("a key lies outside of time")
    return Key(time, value, choice(data, "easing", EASINGS))


def array_from(data: Any, key: str, arrays: ArrayReader, dims: tuple[int, ...]) -> FloatArray:
    """The array that a table names under a key, with one of these numbers of dimensions."""
    array = arrays.take(get(data, key, str))
    if array.ndim not in dims:
        raise Damage(f"“{key}” has {array.ndim} dimensions")
    return np.asarray(array)


def _layers(data: Any) -> Layers:
    try:
        layers = tuple(LayerRange(plain(first), plain(last)) for first, last in get(data, "layers", list))
    except (TypeError, ValueError):
        raise Damage("“layers” are no layer ranges") from None
    if any(part.last > MAX_LAYERS for part in layers) or len(layers) > MAX_LAYERS:
        raise Damage("“layers” are too many")
    return layers_of(layer_indices(layers))


def _reach(data: Any) -> tuple[float, float]:
    ends = get(data, "reach", list)
    if len(ends) != 2:
        raise Damage("“reach” has not two ends")
    low, high = number({"reach": ends[0]}, "reach"), number({"reach": ends[1]}, "reach")
    if low >= high:
        raise Damage("“reach” is empty")
    return low, high


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_finite(v) for v in value.values())
    if isinstance(value, list):
        return all(_finite(v) for v in value)
    return not isinstance(value, float) or math.isfinite(value)
