"""Whatever happens to a checkpoint, opening it ends in a generator that draws, or in one ModelError.

A few hundred cases run with the suite; `GANSTUDIO_FUZZ=20000 python -m pytest tests/checkpoints/test_fuzz.py` tries
so many of each kind, other ones at each call.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ganstudio.api import one_a_layer
from ganstudio.checkpoints.foreign import Content, Record
from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.opening import open_foreign, read_content
from tests.checkpoints.fixture_folder import HERE, NO_CHECKPOINT

FILES = sorted(path for path in (HERE / "fixtures").glob("*/*/*")
               if path.suffix not in NO_CHECKPOINT and path.stat().st_size < 200_000)
CASES = int(os.environ.get("GANSTUDIO_FUZZ", "150"))
SEARCH = settings(max_examples=CASES, derandomize="GANSTUDIO_FUZZ" not in os.environ, database=None,
                  phases=(Phase.generate, Phase.shrink))


def opens_or_says_why(content: Content) -> bool:
    """Open it; whether there is a generator, which must then draw. Anything but a ModelError goes through."""
    generator: Any = None
    said = "."
    try:
        generator = open_foreign(content).generator
    except ModelError as error:
        said = str(error)
    assert said.endswith(".")
    assert "\n" not in said
    if generator is not None:
        draws(generator)
    return generator is not None


def draws(generator: Any) -> None:
    """It makes a picture of the size it says."""
    labels = torch.zeros(1, generator.num_classes) if generator.num_classes else None
    with torch.no_grad():
        ws = one_a_layer(generator, generator.map(generator.normalise(torch.ones(1, generator.z_dim)), labels))
        image = generator.synthesize(ws)
    assert image.shape[1] in (1, 3, 4)
    assert (image.shape[0], *image.shape[2:]) == (1, generator.resolution, generator.resolution)


# Changed bytes.
SPANS = st.integers(1, 12)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(("set", "cut", "put", "double", "swap")), SPANS,
                             st.binary(min_size=1, max_size=12)), min_size=1, max_size=4)
OPCODES = bytes(range(33, 127)) + bytes(range(0x80, 0x99))


def changed(data: bytes, changes: list[tuple[float, str, int, bytes]]) -> bytes:
    """Bytes with a few places set, cut out, put in, doubled or swapped."""
    for place, kind, span, piece in changes:
        at = int(place * len(data))
        head, part, tail = data[:at], data[at:at + span], data[at + span:]
        data = {"set": head + piece[:len(part)] + data[at + len(piece[:len(part)]):], "cut": head + tail,
                "put": head + piece + part + tail, "double": head + part * 2 + tail,
                "swap": head + part[::-1] + tail}[kind]
    return data


def with_pickle_changed(data: bytes, changes: list[tuple[float, str, int, bytes]]) -> bytes:
    """The same, but in a torch archive only what describes the objects; numbers seldom matter."""
    if data[:2] != b"PK":
        return changed(data, changes)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info.filename, changed(part, changes) if info.filename.endswith("data.pkl") else part)
    return file.getvalue()


def check_bytes(folder: Path, data: bytes) -> None:
    """Open a file of these bytes."""
    path = folder / "fuzz.pkl"
    path.write_bytes(data)
    try:
        content = read_content(path)
    except ModelError:
        return
    opens_or_says_why(content)


@SEARCH
@given(source=st.sampled_from(FILES), changes=CHANGES)
def test_files_with_changed_bytes_open_or_say_why(tmp_path_factory, source, changes):
    check_bytes(tmp_path_factory.getbasetemp(), with_pickle_changed(source.read_bytes(), changes))


@SEARCH
@given(source=st.sampled_from(FILES), changes=CHANGES, length=st.floats(0, 1))
def test_files_changed_anywhere_and_cut_off_open_or_say_why(tmp_path_factory, source, changes, length):
    data = changed(source.read_bytes(), changes)
    check_bytes(tmp_path_factory.getbasetemp(), data[:int(length * len(data)) + 1])


@SEARCH
@given(opcodes=st.lists(st.one_of(st.sampled_from(OPCODES).map(lambda code: bytes([code])),
                                  st.binary(min_size=1, max_size=6)), max_size=60))
def test_opcodes_in_any_order_open_or_say_why(tmp_path_factory, opcodes):
    check_bytes(tmp_path_factory.getbasetemp(), b"\x80\x04" + b"".join(opcodes) + b".")


# Changed contents.
ODD = st.sampled_from((None, True, -1, 0, 3, 1 << 20, 1 << 70, float("nan"), "x", (), [], {}, b"x", np.float32(2),
                       torch.zeros(()), torch.zeros(0), torch.ones(2, 2), torch.tensor([float("inf")]), Record("a.B")))
EDITS = st.lists(st.tuples(st.integers(0, 1 << 30), st.sampled_from(("drop", "odd", "reshape", "rename", "borrow")),
                           st.integers(0, 1 << 30), ODD), min_size=1, max_size=3)


def places(tree: Any, found: list[tuple[Any, Any]] | None = None) -> list[tuple[Any, Any]]:
    """Every (dict or list, key) of a tree, to be changed in place; parts of records as well."""
    found = [] if found is None else found
    if isinstance(tree, Record):
        for part in (*tree.args, tree.state, tree.items):
            places(part, found)
    elif isinstance(tree, dict | list):
        for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
            found.append((tree, key))
            places(value, found)
    elif isinstance(tree, tuple):
        for part in tree:
            places(part, found)
    return found


def edited(tree: Any, edits: list[tuple[int, str, int, Any]]) -> Any:
    """A tree (fresh from its file) in which a few values are missing, odd, of another shape, or somewhere else."""
    for first, kind, second, odd in edits:
        there = places(tree)
        if not there:
            return tree
        holder, key = there[first % len(there)]
        other, other_key = there[second % len(there)]
        value = holder[key]
        if kind == "drop" and isinstance(holder, dict):
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[f"{key}x" if isinstance(key, str) else key] = holder.pop(key)
        elif kind == "reshape" and isinstance(value, torch.Tensor) and value.ndim:
            holder[key] = (value[:1], value.flatten(), value[None], value.transpose(0, -1))[second % 4]
        else:
            holder[key] = other[other_key] if kind == "borrow" and not inside(other[other_key], holder) else odd
    return tree


def inside(tree: Any, holder: Any) -> bool:
    """Whether a dict or list lies in a tree: what is borrowed may not hold the place it is put."""
    return tree is holder or any(part is holder or value_of(part, key) is holder for part, key in places(tree))


def value_of(holder: Any, key: Any) -> Any:
    return holder[key]


@SEARCH
@given(source=st.sampled_from(FILES), edits=EDITS)
def test_files_that_say_something_else_open_or_say_why(source, edits):
    content = read_content(source)
    opens_or_says_why(Content(content.path, edited(content.tree, edits), content.sibling))


def test_files_as_they_are_open():
    opened = 0
    for path in FILES:
        if "encoder" not in str(path) and path.name != "state_dict.pth":
            assert opens_or_says_why(read_content(path)), path
            opened += 1
    assert opened > 10
