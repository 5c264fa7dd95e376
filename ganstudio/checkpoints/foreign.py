"""What other programs' checkpoints have in common once they are read as data: the contract of every format.

A file becomes `Content` (inert: dicts, lists, texts, numbers, tensors, arrays and `Record`s, nothing that can run). A
`Format` recognises content by what is in it, never by the file's name, and makes a `Foreign` of it: one of our
generators with the file's averaged weights, and the questions that the file leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from ganstudio.api import Choice, ChoiceValue
from ganstudio.checkpoints.allowance import finite
from ganstudio.checkpoints.native import ModelError

__all__ = ["Choice", "ChoiceValue", "Content", "Foreign", "Format", "Record", "load_tensors", "tensors_of"]


@dataclass(frozen=True, eq=False)
class Record:
    """What stands in for an object of a class we do not build: the class's full name, and what the file said of it.

    `args` is what it would have been called with, `state` what it would have been given; both inert. `items` holds
    what a list- or dict-like object was filled with.
    """

    name: str
    args: tuple[Any, ...] = ()
    state: Any = None
    items: Any = None


@dataclass(frozen=True, eq=False)
class Content:
    """A checkpoint read as data: `tree` is what the file (or a folder's main file) holds.

    `sibling(name)` is the content of a file beside it, read the same way (JSON files as dicts too), or None where
    there is none: the configuration some programs keep apart.
    """

    path: Path
    tree: Any
    sibling: Callable[[str], Any] = lambda name: None


@dataclass(frozen=True, eq=False)
class Foreign:
    """A generator out of another program's file: float32, weights loaded, with all there is to tell.

    `format` names the program and family for people (“NVIDIA StyleGAN2-ADA”); `choices` are the open questions with
    the answers used as their defaults; `notes` are sentences for the user (such as how the mean w was found);
    `facts` go into the model's description (`psi`, `class_names`, ...).
    """

    format: str
    generator: nn.Module
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Format(Protocol):
    """One way in which a program writes its generators."""

    name: str

    def fits(self, content: Content) -> bool:
        """Whether this content is of that format, by its keys alone; never raises, never slow."""
        ...

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The generator; `chosen` answers choices by key. ModelError in one sentence when content does not hold up."""
        ...


def tensors_of(tree: Any, *, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a flat state dict whose keys begin with `prefix`, without it and without `module.` before it."""
    found: dict[str, Tensor] = {}
    for key, value in tree.items() if isinstance(tree, Mapping) else ():
        if isinstance(key, str) and isinstance(value, Tensor):
            name = key.removeprefix("module.")
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = value
    return found


def load_tensors(generator: nn.Module, tensors: Mapping[str, Tensor], name: str) -> nn.Module:
    """Fill a generator; ModelError when names or shapes differ, or numbers are not finite. Left in eval, float32."""
    floats = {k: v.detach().float() if v.is_floating_point() else v.detach() for k, v in tensors.items()}
    bad = next((k for k, v in floats.items() if not finite(v)), None)
    if bad is not None:
        raise ModelError(f"“{name}” holds numbers that are not finite (in “{bad}”); it cannot draw a picture.")
    try:
        generator.load_state_dict(floats)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"The tensors of “{name}” do not fit each other: {first}") from None
    return generator.eval().requires_grad_(False)
