"""Our own makers of the few things that sound checkpoints name: tensors, arrays, dicts, sets.

Each takes the arguments that a file gives and checks them; none calls anything that a file chose. `ALLOWED` is the
allow-list, by exact name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganstudio.checkpoints.pickle_machine import Budget, Builder, Name, Unfinished, Unreadable, checked_keys

MAX_DIMENSIONS, MAX_NUMBER = 16, 1 << 40

DTYPES = {"Float": torch.float32, "Half": torch.float16, "Double": torch.float64, "BFloat16": torch.bfloat16,
          "Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8,
          "Bool": torch.bool, "Untyped": torch.uint8}
STORAGES = {f"{module}.{kind}Storage": dtype for kind, dtype in DTYPES.items()
            for module in ("torch", "torch.cuda", "torch.storage")}
"""The classes of storages; those of a graphics card are read like the processor's."""
NAMED_DTYPES = {f"torch.{str(dtype).removeprefix('torch.')}": dtype for dtype in DTYPES.values()}


@dataclass(frozen=True, eq=False)
class Storage:
    """Numbers in a row, as many as the file holds, of one dtype; tensors are views of it."""

    values: Tensor


def storage_of(data: memoryview, dtype: torch.dtype, *, big_endian: bool = False) -> Tensor:
    """A row of numbers out of a file's bytes: a view of them where they lie well, else a copy."""
    size = dtype.itemsize
    if len(data) % size:
        raise Unreadable("it is damaged (a tensor's bytes are cut off)")
    if not len(data):
        return torch.empty(0, dtype=dtype)
    raw = torch.frombuffer(bytearray(data) if data.readonly else data, dtype=torch.uint8)
    if dtype == torch.bool:
        return raw != 0
    if big_endian and size > 1:
        return raw.view(-1, size).flip(1).reshape(-1).view(dtype)
    return (raw.clone() if raw.data_ptr() % 16 else raw).view(dtype)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise Unreadable("it is damaged (a tensor without a proper shape)")
    return value


def _wholes(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or len(values) > MAX_DIMENSIONS:
        raise Unreadable("it is damaged (a tensor without a proper shape)")
    return tuple(_whole(value) for value in values)


def view_of(storage: Any, offset: Any, size: Any, stride: Any, budget: Budget) -> Tensor:
    """A tensor over a storage; Unreadable when a single number of it would lie outside."""
    if not isinstance(storage, Storage):
        raise Unreadable("it is damaged (a tensor without numbers)")
    first, shape, steps = _whole(offset), _wholes(size), _wholes(stride)
    if len(shape) != len(steps):
        raise Unreadable("it is damaged (a tensor without a proper shape)")
    count = math.prod(shape)
    last = first + sum((side - 1) * step for side, step in zip(shape, steps, strict=True))
    if (first if count == 0 else last + 1) > storage.values.numel():
        raise Unreadable("it is damaged (a tensor reaches beyond the numbers that the file holds)")
    budget.view(count * storage.values.element_size())
    return storage.values.as_strided(shape, steps, first)


def _tensor(args: tuple[Any, ...], budget: Budget) -> Tensor:
    storage, offset, size, stride = _at_least(args, 4)[:4]
    return view_of(storage, offset, size, stride, budget)


def _tensor_v3(args: tuple[Any, ...], budget: Budget) -> Tensor:
    """Bytes in a row, and the dtype apart."""
    storage, offset, size, stride, _, _, dtype = _at_least(args, 7)[:7]
    kind = NAMED_DTYPES.get(dtype.name) if isinstance(dtype, Name) else None
    if kind in (None, torch.bool) or not isinstance(storage, Storage) or storage.values.numel() % kind.itemsize:
        raise Unreadable("it is damaged (a tensor of no known kind)")
    return view_of(Storage(storage.values.view(torch.uint8).view(kind)), offset, size, stride, budget)


def _parameter(args: tuple[Any, ...], budget: Budget) -> Tensor:
    tensor = _at_least(args, 1)[0]
    if not isinstance(tensor, Tensor):
        raise Unreadable("it is damaged (a parameter without a tensor)")
    return tensor


def _subclass(args: tuple[Any, ...], budget: Budget) -> Any:
    """A tensor of a class of its own: the tensor."""
    rebuild, _, inner = _at_least(args, 3)[:3]
    makers = {f"torch._utils.{name}": maker for name, maker in TENSORS.items()}
    if not isinstance(rebuild, Name) or rebuild.name not in makers or not isinstance(inner, tuple):
        raise Unreadable("it is damaged (a tensor of no known kind)")
    return makers[rebuild.name](inner, budget)


TENSORS: Mapping[str, Builder] = {
    "_rebuild_tensor": _tensor, "_rebuild_tensor_v2": _tensor, "_rebuild_tensor_v3": _tensor_v3,
    "_rebuild_parameter": _parameter, "_rebuild_parameter_with_state": _parameter,
}


def _at_least(args: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    if len(args) < count:
        raise Unreadable("it is damaged (something is made of too little)")
    return args


def _dict(args: tuple[Any, ...], budget: Budget) -> dict[Any, Any]:
    """A dict of whatever class, perhaps with the pairs that Python 2 gave it at once."""
    pairs = next((arg for arg in args if isinstance(arg, list | tuple | dict)), ())
    pairs = list(pairs.items()) if isinstance(pairs, dict) else pairs
    made: dict[Any, Any] = {}
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Unreadable("it is damaged (a name without a value)")
        made.update(zip(checked_keys(pair[:1], budget), pair[1:], strict=True))
    return made


def _set(args: tuple[Any, ...], budget: Budget) -> set[Any]:
    values = args[0] if args else ()
    if not isinstance(values, list | tuple | set | frozenset):
        raise Unreadable("it is damaged (a set of nothing)")
    return set(checked_keys(values, budget))


def _frozenset(args: tuple[Any, ...], budget: Budget) -> frozenset[Any]:
    return frozenset(_set(args, budget))


def _encoded(args: tuple[Any, ...], budget: Budget) -> bytes:
    """Bytes that were written as a text of as many characters (protocol 2)."""
    text, encoding = (*args, "latin1")[:2] if args else (None, None)
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "iso-8859-1"):
        raise Unreadable("it is damaged (bytes that are none)")
    budget.hold(len(text))
    return _latin(text)


def _plain_bytes(args: tuple[Any, ...], budget: Budget) -> bytes:
    data = args[0] if args else b""
    if not isinstance(data, bytes | memoryview):
        raise Unreadable("it is damaged (bytes that are none)")
    budget.hold(len(data))
    return bytes(data)


def _latin(text: str) -> bytes:
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        raise Unreadable("it is damaged (bytes that are none)") from None


def _raw(data: Any, budget: Budget) -> bytes | memoryview:
    """An array's bytes; Python 2 wrote them as a text."""
    if not isinstance(data, str | bytes | memoryview):
        raise Unreadable("it is damaged (an array without numbers)")
    budget.hold(2 * len(data))
    return _latin(data) if isinstance(data, str) else data


PLAIN = re.compile(r"[<>|=]?(?:[?]|b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,3})")
"""Numbers, truths and texts of a fixed length: what arrays may hold. Python objects are not among them."""


def _dtype(args: tuple[Any, ...], budget: Budget) -> Unfinished:
    text = args[0] if args else None
    if not isinstance(text, str) or not PLAIN.fullmatch(text):
        raise Unreadable("it holds an array of something other than numbers")
    dtype = np.dtype(text)

    def finish(state: Any) -> np.dtype[Any]:
        order = state[1] if isinstance(state, tuple) and len(state) > 4 else None
        if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
            raise Unreadable("it holds an array of something other than numbers")
        return dtype if order == "|" else dtype.newbyteorder(order)

    return Unfinished(finish)


def array_of(data: Any, dtype: Any, shape: Any, order: str, budget: Budget) -> NDArray[Any]:
    """An array of its own, in this machine's byte order; Unreadable when shape and bytes do not agree."""
    sides = _wholes(shape)
    raw = _raw(data, budget)
    if not isinstance(dtype, np.dtype) or math.prod(sides) * dtype.itemsize != len(raw):
        raise Unreadable("it is damaged (an array does not have the numbers that it claims)")
    native = dtype.newbyteorder("=")
    return np.frombuffer(raw, dtype).reshape(sides, order="F" if order == "F" else "C").astype(native)


def _array(args: tuple[Any, ...], budget: Budget) -> Unfinished:
    def finish(state: Any) -> NDArray[Any]:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise Unreadable("it is damaged (an array without numbers)")
        shape, dtype, by_columns, data = state[-4:]
        return array_of(data, dtype, shape, "F" if by_columns else "C", budget)

    return Unfinished(finish)


def _array_at_once(args: tuple[Any, ...], budget: Budget) -> NDArray[Any]:
    data, dtype, shape, order = _at_least(args, 4)[:4]
    return array_of(data, dtype, shape, order, budget)


def _scalar(args: tuple[Any, ...], budget: Budget) -> Any:
    dtype, data = _at_least(args, 2)[:2]
    return array_of(data, dtype, (), "C", budget)[()]


def _device(args: tuple[Any, ...], budget: Budget) -> str:
    return ":".join(str(part) for part in args[:2] if isinstance(part, str | int))


def _size(args: tuple[Any, ...], budget: Budget) -> tuple[int, ...]:
    return _wholes(args[0] if args else ())


DICTS = ("collections.OrderedDict", "collections.defaultdict", "collections.Counter", "dnnlib.util.EasyDict",
         "dnnlib.EasyDict", "easydict.EasyDict", "config.EasyDict", "misc.EasyDict", "builtins.dict",
         "__builtin__.dict")

ALLOWED: Mapping[str, Builder] = {
    **{f"torch._utils.{name}": maker for name, maker in TENSORS.items()},
    "torch._tensor._rebuild_from_type_v2": _subclass,
    "torch.nn.parameter.Parameter": _parameter, "torch.autograd.variable.Variable": _parameter,
    "torch.Size": _size, "torch.device": _device,
    **dict.fromkeys(DICTS, _dict),
    **dict.fromkeys(("builtins.set", "__builtin__.set"), _set),
    **dict.fromkeys(("builtins.frozenset", "__builtin__.frozenset"), _frozenset),
    **{f"{module}.{kind}": _plain_bytes for module in ("builtins", "__builtin__") for kind in ("bytes", "bytearray")},
    "_codecs.encode": _encoded, "numpy.dtype": _dtype,
    **{f"numpy.{core}.multiarray.{name}": maker for core in ("core", "_core")
       for name, maker in (("_reconstruct", _array), ("scalar", _scalar))},
    **{f"numpy.{core}.numeric._frombuffer": _array_at_once for core in ("core", "_core")},
}  # fmt: skip
