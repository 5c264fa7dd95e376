"""Walks on disk: safetensors with metadata that names the generator they belong to; opening one runs no code.

Metadata, all text: `format`, `version`, `fingerprint` (of the generator's weights), `model` (its name) and `walks`
(JSON: for each its id, name, edit, space, layers, reach, response, figures, how it was learned). The tensors of walk i
are `i.vector`, and for non-linear ones `i.forward.first` and so on; half precision on disk, float32 in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganstudio.api import Direction, LayerRange, Learned, Model, Response, StepLayers, StepNetwork

FORMAT = "ganstudio-walks"
VERSION = 1
LAYERS = ("first", "first_bias", "second", "second_bias")
SIDES = ("forward", "reverse")
MOST = 1000


class WalkError(ValueError):
    """A file of walks that cannot be used; the message is one sentence for the user."""


def file_of(directions: Sequence[Direction], model: Model, keep: str = "", **told: Any) -> Learned:
    """What to write for walks of a model; `told` is handed on to `Learned`."""
    metadata = {"format": FORMAT, "version": str(VERSION), "fingerprint": model.fingerprint, "model": model.name,
                "walks": json.dumps([_described(d) for d in directions])}
    tensors = {f"{i}.{key}": tensor for i, d in enumerate(directions) for key, tensor in _tensors(d).items()}
    return Learned(tensors, metadata, keep=keep if directions else "", **told)


def read_walks(path: Path, fingerprint: str) -> list[Direction]:
    """The walks in a file; WalkError when it is none, or belongs to a model with other weights than these."""
    metadata, tensors = _read(path)
    if metadata.get("format") != FORMAT or metadata.get("version") != str(VERSION):
        raise WalkError(f"“{path.name}” holds no walks, or those of a newer GAN Studio.")
    if metadata.get("fingerprint") != fingerprint:
        owner = metadata.get("model") or "another model"
        raise WalkError(f"“{path.name}” holds walks of other weights ({owner}) than this model's.")
    try:
        walks = json.loads(metadata["walks"])
        if len(walks) > MOST:
            raise ValueError("too many walks")
        return [_direction(fingerprint, told, tensors, i) for i, told in enumerate(walks)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WalkError(f"The walks in “{path.name}” are damaged ({error}).") from None


def told_by(path: Path) -> Mapping[str, str]:
    """What a file of walks tells of itself; empty for anything else."""
    try:
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
    except (SafetensorError, OSError):
        return {}
    return told if told.get("format") == FORMAT else {}


def _described(direction: Direction) -> dict[str, Any]:
    d = direction
    steps = None if d.steps is None else {"keep_norm": d.steps.keep_norm, "psi": d.steps.psi}
    return {"id": d.id, "name": d.name, "space": d.space, "layers": [[r.first, r.last] for r in d.layers],
            "reach": list(d.reach), "response": None if d.response is None else asdict(d.response),
            "parameters": dict(d.parameters), "steps": steps}


def _tensors(direction: Direction) -> dict[str, Tensor]:
    found = {"vector": torch.from_numpy(direction.vector)}
    if direction.steps is not None:
        for side in SIDES:
            layers: StepLayers = getattr(direction.steps, side)
            found |= {f"{side}.{key}": torch.from_numpy(getattr(layers, key)) for key in LAYERS}
    return {key: tensor.half() for key, tensor in found.items()}


def _read(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise WalkError(f"There is no file “{path}”.") from None
    except (SafetensorError, OSError) as error:
        raise WalkError(f"“{path.name}” is no file of walks, or it is damaged ({error}).") from None


def _direction(fingerprint: str, told: Mapping[str, Any], tensors: Mapping[str, Tensor], index: int) -> Direction:
    low, high = (float(end) for end in told["reach"])
    if told["space"] not in ("z", "w") or not np.isfinite([low, high]).all() or low >= high:
        raise ValueError("a walk without a space or a reach")
    return Direction(
        id=str(told["id"]), name=str(told["name"]), space=told["space"],
        vector=_array(tensors, f"{index}.vector", (1, 2)),
        layers=tuple(LayerRange(int(first), int(last)) for first, last in told["layers"]), fingerprint=fingerprint,
        reach=(low, high), source="steering", parameters=dict(told["parameters"]),
        steps=_steps(told["steps"], tensors, index), response=_response(told["response"]),
    )  # fmt: skip


def _steps(told: Mapping[str, Any] | None, tensors: Mapping[str, Tensor], index: int) -> StepNetwork | None:
    if told is None:
        return None
    sides = (StepLayers(*(_array(tensors, f"{index}.{side}.{key}", (1, 2)) for key in LAYERS)) for side in SIDES)
    return StepNetwork(*sides, keep_norm=bool(told["keep_norm"]), psi=float(told["psi"]))


def _response(told: Mapping[str, Any] | None) -> Response | None:
    if told is None:
        return None
    alphas, amounts, changes = (tuple(float(v) for v in told[key]) for key in ("alphas", "amounts", "changes"))
    if not np.isfinite([*alphas, *amounts, *changes]).all():
        raise ValueError("a response that is not finite")
    return Response(str(told["unit"]), alphas, amounts, changes, str(told["measured_as"]))


def _array(tensors: Mapping[str, Tensor], key: str, dims: tuple[int, ...]) -> np.ndarray:
    array = tensors[key].numpy()
    if array.ndim not in dims or not np.isfinite(array).all():
        raise ValueError(f"“{key}” is not what it should be")
    return array
