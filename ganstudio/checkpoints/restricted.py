"""The one door for other programs' files: reads a pickle or torch file as inert data, and runs none of it.

To audit it, read this module, then `pickle_machine.py` and `pickle_opcodes.py` (how a pickle is followed),
`rebuilding.py` (the allow-list), `torch_files.py` and `archive.py` (where numbers lie). No name in a file is ever
imported, looked up or called; nothing is written to disk; steps, time, memory and depth are bounded before they are
spent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ganstudio.checkpoints.foreign import Record
from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.pickle_machine import Budget, Unreadable
from ganstudio.checkpoints.rebuilding import Storage
from ganstudio.checkpoints.torch_files import LEGACY, ZIP, read_bare, read_legacy, read_zip
from ganstudio.document.atomic import disk_sentence

MAX_FILE = 16 << 30
MAX_UNFOLDED, MAX_DEPTH = 2_000_000, 300


def read_tree(path: Path) -> Any:
    """What a bare pickle, torch zip or older torch file holds.

    Dicts (of whatever class), lists, tuples, sets, texts, numbers, tensors, arrays, and a `Record` for anything else;
    long byte strings are memoryviews. No cycles, and few enough pieces to be walked by recursion. ModelError in one
    sentence when it is damaged, hostile, or of another kind.
    """
    try:
        return _read(_bytes_of(path))
    except Unreadable as error:
        raise ModelError(f"“{path.name}” cannot be opened: {error}.") from None
    except OSError as error:
        raise ModelError(disk_sentence(error, path)) from None
    except (MemoryError, RecursionError, OverflowError):
        raise ModelError(f"“{path.name}” cannot be opened: it needs more memory than there is.") from None


def _bytes_of(path: Path) -> memoryview:
    size = path.stat().st_size
    if size > MAX_FILE:
        raise Unreadable("it is larger than any model")
    data = np.empty(size, np.uint8).data
    with path.open("rb") as file:
        if file.readinto(data) != size:
            raise Unreadable("it changed while it was read")
    return data


def _read(data: memoryview) -> Any:
    budget = Budget(len(data))
    if data[:2] == ZIP[:2]:
        tree = read_zip(data, budget)
    elif data[:len(LEGACY)] == LEGACY:
        tree = read_legacy(data, budget)
    else:
        tree = read_bare(data, budget)
    check_tree(tree)
    return tree


def _parts(node: Any) -> tuple[Any, ...] | list[Any]:
    """What a value is made of; Unreadable for anything that is no data."""
    if isinstance(node, dict):
        return list(node.values())
    if isinstance(node, list | tuple):
        return node
    if isinstance(node, Record):
        return [node.args, node.state, node.items]
    plain = (str, int, float, bytes, memoryview, set, frozenset, Tensor, np.ndarray, np.generic, np.dtype, Storage)
    if node is None or isinstance(node, plain):
        return ()
    raise Unreadable("it is damaged (something in it was begun and never finished)")


def check_tree(tree: Any) -> None:
    """Unreadable when a value contains itself, is nested too deep, or would be too long to walk.

    Counts as a recursive walk would, shared parts again and again, but visits each part once: a few lists that hold
    each other twice would otherwise take longer than the world has stood.
    """
    lengths: dict[int, int] = {}
    path: list[tuple[Any, Iterator[Any], list[int]]] = [(tree, iter(_parts(tree)), [1])]
    above = {id(tree)}
    while path:
        node, rest, length = path[-1]
        for part in rest:
            if id(part) in lengths:
                length[0] += lengths[id(part)]
            elif not (parts := _parts(part)):
                length[0] += 1
            elif id(part) in above or len(path) >= MAX_DEPTH:
                raise Unreadable("it is nested deeper than any model")
            else:
                path.append((part, iter(parts), [1]))
                above.add(id(part))
                break
        else:
            path.pop()
            above.discard(id(node))
            lengths[id(node)] = length[0]
            if path:
                path[-1][2][0] += length[0]
        if length[0] > MAX_UNFOLDED:
            raise Unreadable("it unfolds to more pieces than any model")
