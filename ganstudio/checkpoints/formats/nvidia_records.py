"""NVIDIA's persistent modules, from the inert records in a snapshot: class names, plain attributes and tensors.

A snapshot pickles each network module as a call that would compile the module's own source text. Here that text is
never looked at: what the module held (`_parameters`, `_buffers`, `_modules` and its plain attributes) lies beside it
as data, and is all that a reader needs. Modules that were pickled without that machinery are read the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np
from torch import Tensor

from ganstudio.checkpoints.foreign import Record
from ganstudio.checkpoints.native import ModelError

DEEPEST, MOST = 16, 4096
"""Bounds on nesting and number of modules; published networks have five levels and some hundred modules."""


@dataclass(frozen=True, eq=False)
class Module:
    """One network module as data: what its class was called, what it held, and the modules inside it."""

    class_name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    children: Mapping[str, Module] = field(default_factory=dict)

    def attribute(self, name: str, default: Any = None) -> Any:
        """A plain attribute; NumPy's scalars come as Python's numbers, its arrays as lists."""
        value = self.attributes.get(name, default)
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else value

    def child(self, path: str) -> Module | None:
        """The module at a dotted path below this one, or None."""
        found: Module | None = self
        for name in path.split("."):
            found = found.children.get(name) if found else None
        return found

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each with its dotted path (its own is empty)."""
        yield prefix, self
        for name, child in self.children.items():
            yield from child.walk(f"{prefix}.{name}" if prefix else name)

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter and buffer by its dotted name, as torch would list them."""
        return {f"{path}.{name}" if path else name: tensor
                for path, module in self.walk() for name, tensor in module.tensors.items()}


def averaged_generator(tree: Any) -> Module | None:
    """The generator of a snapshot, its averaged weights where there are some; None where this is no snapshot.

    A generator saved by itself is taken as well. Never raises: modules nested beyond all reason are no snapshot.
    """
    found = next((tree[key] for key in ("G_ema", "G") if key in tree), None) if isinstance(tree, Mapping) else tree
    try:
        return module_of(found) if is_module(found) else None
    except ModelError:
        return None


def is_module(value: Any) -> TypeGuard[Record]:
    """Whether a record stands for a network module."""
    state = _state(value)
    return isinstance(state, Mapping) and all(isinstance(state.get(k), Mapping) for k in ("_parameters", "_modules"))


def module_of(record: Record) -> Module:
    """The module that a record stands for; ModelError when modules are nested beyond all reason."""
    return _module(record, DEEPEST, [0])


def _module(record: Record, depth: int, count: list[int]) -> Module:
    count[0] += 1
    if not depth or count[0] > MOST:
        raise ModelError("The network in this file has more modules inside each other than any generator.")
    state: Mapping[Any, Any] = _state(record)
    held = [state["_parameters"], state.get("_buffers")]
    tensors = {str(k): v for group in held if isinstance(group, Mapping) for k, v in group.items()
               if isinstance(v, Tensor)}
    children = {str(k): _module(v, depth - 1, count) for k, v in state["_modules"].items() if is_module(v)}
    attributes = {k: v for k, v in state.items() if isinstance(k, str) and k not in ("_parameters", "_buffers",
                                                                                     "_modules")}
    return Module(_class_name(record), attributes, tensors, children)


def _meta(value: Any) -> Mapping[Any, Any]:
    """What a persistent object says of itself: `class_name`, `state` and a source text; empty for others."""
    args = value.args if isinstance(value, Record) else ()
    return args[0] if len(args) == 1 and isinstance(args[0], Mapping) else {}


def _state(value: Any) -> Any:
    if not isinstance(value, Record):
        return None
    return _meta(value).get("state") or value.state


def _class_name(record: Record) -> str:
    return str(_meta(record).get("class_name") or record.name.rpartition(".")[2])
