"""Files that PyTorch saved, read as data: the zip archives of torch 1.6 and later, and the older row of pickles.

In both, a pickle describes the objects and names storages by a key; the numbers lie beside it. Older and nested
storages (`torch.storage._load_from_bytes`) are whole little files of the older kind, read by the same machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganstudio.checkpoints.archive import Archive
from ganstudio.checkpoints.pickle_machine import Budget, Builder, Machine, Name, Unreadable
from ganstudio.checkpoints.pickle_opcodes import OPERATIONS
from ganstudio.checkpoints.rebuilding import ALLOWED, STORAGES, Storage, storage_of

ZIP = b"PK\x03\x04"
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What the older files begin with: the number 0x1950a86a20f9469cfc6c, pickled."""


def read_bare(data: memoryview, budget: Budget) -> Any:
    """A pickle by itself."""
    return Machine(data, allowed(), budget).run(OPERATIONS)


def read_zip(data: memoryview, budget: Budget) -> Any:
    """A torch archive: `<name>/data.pkl`, and one member a storage."""
    archive = Archive(data, budget)
    roots = [name.removesuffix("data.pkl") for name in archive.names() if f"/{name}".endswith("/data.pkl")]
    if len(roots) != 1:
        raise Unreadable("it is a zip archive, but none that PyTorch saved; unpack it and open what is in it")
    if any(name.startswith(f"{roots[0]}code/") for name in archive.names()):
        raise Unreadable("it is a compiled TorchScript program; save its generator's state_dict() instead")
    big = bytes(archive.get(f"{roots[0]}byteorder") or b"").strip() == b"big"
    shelf = _Shelf(lambda key, dtype, count: _member(archive, f"{roots[0]}data/{key}", dtype, big))
    pickle = archive.get(f"{roots[0]}data.pkl")
    assert pickle is not None
    return Machine(pickle, allowed(), budget, shelf.find).run(OPERATIONS)


def _member(archive: Archive, name: str, dtype: torch.dtype, big: bool) -> Tensor:
    data = archive.get(name)
    if data is None:
        raise Unreadable("it is damaged (a tensor's numbers are missing)")
    return storage_of(data, dtype, big_endian=big)


class _Shelf:
    """The storages of one file, made once each by key: `make(key, dtype, count)`."""

    def __init__(self, make: Callable[[str, torch.dtype, int], Tensor]) -> None:
        self._make = make
        self.storages: dict[str, Storage] = {}

    def find(self, key: Any) -> Any:
        """What a persistent id stands for: a storage, part of one, or (in older files) a class with its source."""
        kind, *rest = key if isinstance(key, tuple) and key else (None, None)
        if kind == "module" and rest and isinstance(rest[0], Name):
            return rest[0]
        if kind != "storage" or len(rest) < 4:
            raise Unreadable("it refers to something outside it")
        return self._part(self._storage(rest[0], rest[1], rest[3]), rest[4] if len(rest) > 4 else None)

    def _storage(self, kind: Any, name: Any, count: Any) -> Storage:
        dtype = STORAGES.get(kind.name) if isinstance(kind, Name) else None
        if dtype is None or not isinstance(name, str | int) or isinstance(count, bool) or not isinstance(count, int):
            raise Unreadable("it holds tensors of a kind that no GAN has")
        if (found := self.storages.get(str(name))) is None:
            found = self.storages[str(name)] = Storage(self._make(str(name), dtype, count))
        if found.values.dtype != dtype:
            raise Unreadable("it is damaged (the same numbers are claimed to be of two kinds)")
        return found

    def _part(self, storage: Storage, part: Any) -> Storage:
        """The piece of a storage that very old files ask for: (its own key, first, count)."""
        if part is None:
            return storage
        first, count = part[1:] if isinstance(part, tuple) and len(part) == 3 else (None, None)
        if not isinstance(first, int) or not isinstance(count, int) or first < 0 or count < 0:
            raise Unreadable("it is damaged (a tensor without a proper shape)")
        return Storage(storage.values[first:first + count])


def read_legacy(data: memoryview, budget: Budget) -> Any:
    """Five pickles in a row (magic, version, the writer's machine, the object, storage keys), then the numbers."""
    def claim(key: str, dtype: torch.dtype, count: int) -> Tensor:
        if not 0 <= count <= len(data) // dtype.itemsize:
            raise Unreadable("it is damaged (a tensor claims more numbers than the file holds)")
        budget.hold(count * dtype.itemsize)
        return torch.empty(count, dtype=dtype)  # `_fill` fills every one, or refuses the file

    shelf, rest = _Shelf(claim), data
    values = []
    for number in range(5):
        machine = Machine(rest, allowed(), budget, shelf.find if number == 3 else None)
        values.append(machine.run(OPERATIONS))
        rest = rest[machine.at:]
    big = isinstance(values[2], Mapping) and values[2].get("little_endian") is False
    _fill(shelf.storages, values[4], rest, "big" if big else "little")
    return values[3]


def _fill(storages: Mapping[str, Storage], keys: Any, rest: memoryview, order: Any) -> None:
    """Read the numbers of each storage from where they lie one after the other, each with its count before it."""
    if not isinstance(keys, list) or {str(key) for key in keys if isinstance(key, str | int)} != set(storages):
        raise Unreadable("it is damaged (the list of its tensors' numbers does not fit)")
    for key in keys:
        values = storages[str(key)].values
        size = 8 + values.numel() * values.element_size()
        if size > len(rest):
            raise Unreadable("it ends too early; the download or copy was probably cut off")
        if int.from_bytes(rest[:8], order) != values.numel():
            raise Unreadable("it is damaged (a tensor has another count of numbers than it claims)")
        _copy(values, rest[8:size], order)
        rest = rest[size:]


def _copy(values: Tensor, data: memoryview, order: Any) -> None:
    """Fill a storage; bytes that need no turning are copied once, wherever they begin."""
    if order == "big" or values.dtype == torch.bool:
        values.copy_(storage_of(data, values.dtype, big_endian=order == "big"))
    elif len(data):
        values.view(torch.uint8).numpy()[:] = np.frombuffer(data, np.uint8)


def _nested(args: tuple[Any, ...], budget: Budget) -> Any:
    """A storage that is itself a file of the older kind, inside a pickle."""
    data = args[0] if args else None
    if not isinstance(data, bytes | memoryview):
        raise Unreadable("it is damaged (a tensor without numbers)")
    if budget.nesting <= 0:
        raise Unreadable("it is nested deeper than any model")
    budget.nesting -= 1
    budget.step(20)
    view = memoryview(data)
    made = read_zip(view, budget) if bytes(view[:4]) == ZIP else read_legacy(view, budget)
    budget.nesting += 1
    return made


def allowed() -> Mapping[str, Builder]:
    """The whole allow-list: what names in a file may make."""
    return _ALLOWED


_ALLOWED: Mapping[str, Builder] = {**ALLOWED, "torch.storage._load_from_bytes": _nested}
