"""NVIDIA's TensorFlow-era networks, from the inert records in a pickle: settings and variables.

A file holds the generator, the discriminator and the averaged generator, `(G, D, Gs)`. Each is a record with the
keyword arguments it was built with, the networks inside it, its variables by name, and a source text that the
original would run and that is never looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganstudio.checkpoints.foreign import Record
from ganstudio.checkpoints.native import ModelError

DEEPEST = 4
"""How deep networks may lie inside each other; published ones have two levels."""


@dataclass(frozen=True, eq=False)
class Network:
    """A TensorFlow network as data: `build` is the name of the function that made it, `settings` its arguments."""

    name: str
    build: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Tensor] = field(default_factory=dict)
    components: Mapping[str, Network] = field(default_factory=dict)

    def setting(self, key: str, default: Any = None) -> Any:
        """A keyword argument of this network or of the networks inside it; NumPy's scalars come as numbers."""
        for network in (self, *self.components.values()):
            if key in network.settings:
                value = network.settings[key]
                return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
        return default

    def all_variables(self) -> dict[str, Tensor]:
        """The variables of this network and of those inside it; their names do not collide in published files."""
        found = dict(self.variables)
        for network in self.components.values():
            found |= network.all_variables()
        return found


def averaged_network(tree: Any) -> Network | None:
    """The averaged generator `Gs`: the last of a file's networks, or the only one. None where there is no network.

    Never raises: networks nested beyond all reason are none.
    """
    networks = list(tree) if isinstance(tree, tuple | list) and len(tree) <= 3 else [tree]
    try:
        return _network(networks[-1], DEEPEST) if networks and all(map(_is_network, networks)) else None
    except ModelError:
        return None


def _is_network(value: Any) -> bool:
    return isinstance(value, Record) and value.name.rpartition(".")[2] == "Network" and isinstance(value.state, Mapping)


def _network(record: Record, depth: int) -> Network:
    if not depth:
        raise ModelError("The networks in this file lie deeper inside each other than in any generator.")
    state = {_text(k): v for k, v in record.state.items()}
    components = _mapping(state.get("components"))
    return Network(_text(state.get("name")), _text(state.get("build_func_name")), _mapping(state.get("static_kwargs")),
                   _variables(state.get("variables")),
                   {k: _network(v, depth - 1) for k, v in components.items() if _is_network(v)})


def _variables(listed: Any) -> dict[str, Tensor]:
    """Variables as the file lists them, (name, array) each; arrays in machine byte order, floats as float32."""
    pairs = listed.items() if isinstance(listed, Mapping) else listed if isinstance(listed, list | tuple) else ()
    return {_text(pair[0]): _tensor(pair[1]) for pair in pairs
            if isinstance(pair, list | tuple) and len(pair) == 2 and _numeric(pair[1])}


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float | Tensor) or (
        isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "fiub")


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.float()
    return torch.from_numpy(np.array(value, dtype=np.float32, order="C"))


def _mapping(value: Any) -> dict[str, Any]:
    return {_text(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else "" if value is None else str(value)
