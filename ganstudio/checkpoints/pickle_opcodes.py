"""What every opcode of pickle protocols 0 to 5 does on our machine, as the Python manual's `pickletools` lists them.

Left out, and so refused: the registry of extensions (EXT1, EXT2, EXT4) and buffers outside the file.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable
from typing import Any

from ganstudio.checkpoints.foreign import Record
from ganstudio.checkpoints.pickle_machine import (
    MAX_MARKS,
    SHORT,
    Budget,
    Machine,
    Name,
    Operation,
    Unfinished,
    Unreadable,
    checked_keys,
)

OPERATIONS: dict[int, Operation] = {}
"""What each opcode does."""
MAX_NAME, MAX_LONG, MAX_TEXT = 400, 1 << 10, 1 << 26


def on(code: bytes) -> Callable[[Operation], Operation]:
    """Mark a function as what an opcode does."""
    def keep(function: Operation) -> Operation:
        OPERATIONS[code[0]] = function
        return function
    return keep


def _pushes(code: bytes, read: Callable[[Machine], Any]) -> None:
    OPERATIONS[code[0]] = lambda machine: machine.stack.append(read(machine))


def _text(data: bytes | memoryview, encoding: str = "utf-8") -> str:
    if len(data) > MAX_TEXT:
        raise Unreadable("it holds a text longer than any model's")
    try:
        return str(data, encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError:
        raise Unreadable("it is damaged (a text that is none)") from None


def _bytes(machine: Machine, count: int) -> bytes | memoryview:
    data = machine.take(count)
    return bytes(data) if count <= SHORT else data


def _integer(line: bytes) -> int | bool:
    """A whole number written out, as protocol 0 has it: 00 and 01 are false and true."""
    if line in (b"00", b"01"):
        return line == b"01"
    if not re.fullmatch(rb"-?[0-9]{1,320}", text := line.strip().rstrip(b"L")):
        raise Unreadable("it is damaged (a number that is none)")
    return int(text)


def _float(line: bytes) -> float:
    try:
        return float(line[:400])
    except ValueError:
        raise Unreadable("it is damaged (a number that is none)") from None


def _long(machine: Machine, count: int) -> int:
    if count > MAX_LONG:
        raise Unreadable("it holds a number longer than any model's")
    return int.from_bytes(machine.take(count), "little", signed=True)


def _quoted(line: bytes) -> str:
    """A text in quotes with escapes, as protocol 0 has it."""
    text = line.strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
        raise Unreadable("it is damaged (a text without quotes)")
    try:
        decoded: bytes = codecs.escape_decode(text[1:-1])[0]
    except ValueError:
        raise Unreadable("it is damaged (a text that is none)") from None
    return decoded.decode("latin1")


_pushes(b"N", lambda m: None)
_pushes(b"\x88", lambda m: True)
_pushes(b"\x89", lambda m: False)
_pushes(b"I", lambda m: _integer(m.line(MAX_NAME)))
_pushes(b"L", lambda m: _integer(m.line(MAX_NAME)))
_pushes(b"J", lambda m: m.number("<i"))
_pushes(b"K", lambda m: m.number("<B"))
_pushes(b"M", lambda m: m.number("<H"))
_pushes(b"\x8a", lambda m: _long(m, m.number("<B")))
_pushes(b"\x8b", lambda m: _long(m, m.number("<i")))
_pushes(b"F", lambda m: _float(m.line(MAX_NAME)))
_pushes(b"G", lambda m: struct.unpack(">d", m.take(8))[0])
_pushes(b"S", lambda m: _quoted(m.line()))
_pushes(b"T", lambda m: _text(m.take(m.number("<i")), "latin1"))
_pushes(b"U", lambda m: _text(m.take(m.number("<B")), "latin1"))
_pushes(b"V", lambda m: _text(m.line(), "raw-unicode-escape"))
_pushes(b"X", lambda m: _text(m.take(m.number("<I"))))
_pushes(b"\x8c", lambda m: _text(m.take(m.number("<B"))))
_pushes(b"\x8d", lambda m: _text(m.take(m.number("<Q"))))
_pushes(b"B", lambda m: _bytes(m, m.number("<I")))
_pushes(b"C", lambda m: _bytes(m, m.number("<B")))
_pushes(b"\x8e", lambda m: _bytes(m, m.number("<Q")))
_pushes(b"\x96", lambda m: _bytes(m, m.number("<Q")))
_pushes(b"]", lambda m: [])
_pushes(b"l", lambda m: m.pop_marked())
_pushes(b"}", lambda m: {})
_pushes(b"d", lambda m: _filled({}, m.pop_marked(), m.budget))
_pushes(b"\x8f", lambda m: set())
_pushes(b"\x91", lambda m: frozenset(checked_keys(m.pop_marked(), m.budget)))
_pushes(b")", lambda m: ())
_pushes(b"t", lambda m: tuple(m.pop_marked()))
_pushes(b"\x85", lambda m: (m.pop(),))
_pushes(b"\x86", lambda m: (m.pop(), m.pop())[::-1])
_pushes(b"\x87", lambda m: (m.pop(), m.pop(), m.pop())[::-1])


@on(b"\x80")
def _protocol(machine: Machine) -> None:
    if (protocol := machine.number("<B")) > 5:
        raise Unreadable(f"it is written in a newer way than this version reads (pickle protocol {protocol})")


@on(b"\x95")
def _frame(machine: Machine) -> None:
    if machine.number("<Q") > len(machine.data) - machine.at:
        raise Unreadable("it ends too early; the download or copy was probably cut off")


@on(b".")
def _stop(machine: Machine) -> None:
    machine.done = True


@on(b"(")
def _mark(machine: Machine) -> None:
    if len(machine.marks) >= MAX_MARKS:
        raise Unreadable("it is nested deeper than any model")
    machine.marks.append(len(machine.stack))


@on(b"0")
def _drop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.pop()


@on(b"1")
def _drop_marked(machine: Machine) -> None:
    machine.pop_marked()


@on(b"2")
def _double(machine: Machine) -> None:
    value = machine.pop()
    machine.stack += [value, value]


OPERATIONS[b"p"[0]] = lambda m: m.memorise(_integer(m.line(MAX_NAME)))
OPERATIONS[b"q"[0]] = lambda m: m.memorise(m.number("<B"))
OPERATIONS[b"r"[0]] = lambda m: m.memorise(m.number("<I"))
OPERATIONS[0x94] = lambda m: m.memorise(len(m.memo))
OPERATIONS[b"g"[0]] = lambda m: m.recall(_integer(m.line(MAX_NAME)))
OPERATIONS[b"h"[0]] = lambda m: m.recall(m.number("<B"))
OPERATIONS[b"j"[0]] = lambda m: m.recall(m.number("<I"))


def _filled(target: dict[Any, Any], flat: list[Any], budget: Budget) -> dict[Any, Any]:
    """A dict with keys and values added that come in turn."""
    if len(flat) % 2:
        raise Unreadable("it is damaged (a name without a value)")
    for key, value in zip(checked_keys(flat[::2], budget), flat[1::2], strict=True):
        target[key] = value
    return target


def _items(target: Any, kind: type[Any]) -> Any:
    """Where items go: the value itself, or a record's items."""
    if isinstance(target, kind):
        return target
    if not isinstance(target, Record) or isinstance(target, Name):
        raise Unreadable(f"it is damaged (it fills a {type(target).__name__})")
    if target.items is None:
        object.__setattr__(target, "items", kind())
    return _items(target.items, kind)


def _append(machine: Machine, values: list[Any]) -> None:
    target = machine.pop()
    _items(target, list).extend(values)
    machine.stack.append(target)


def _set(machine: Machine, flat: list[Any]) -> None:
    target = machine.pop()
    _filled(_items(target, dict), flat, machine.budget)
    machine.stack.append(target)


OPERATIONS[b"a"[0]] = lambda m: _append(m, [m.pop()])
OPERATIONS[b"e"[0]] = lambda m: _append(m, m.pop_marked())
OPERATIONS[b"s"[0]] = lambda m: _set(m, [m.pop(), m.pop()][::-1])
OPERATIONS[b"u"[0]] = lambda m: _set(m, m.pop_marked())


@on(b"\x90")
def _add_items(machine: Machine) -> None:
    values = machine.pop_marked()
    target = machine.pop()
    _items(target, set).update(checked_keys(values, machine.budget))
    machine.stack.append(target)


def _name(module: Any, name: Any) -> Name:
    if not isinstance(module, str) or not isinstance(name, str) or len(module) + len(name) > MAX_NAME:
        raise Unreadable("it is damaged (a class without a name)")
    return Name(f"{module}.{name}")


def _named_in_lines(machine: Machine) -> Name:
    return _name(_text(machine.line(MAX_NAME)), _text(machine.line(MAX_NAME)))


_pushes(b"c", _named_in_lines)
_pushes(b"\x93", lambda m: _name(*(m.pop(), m.pop())[::-1]))


@on(b"R")
def _reduce(machine: Machine) -> None:
    args, function = machine.pop(), machine.pop()
    if isinstance(function, Name) and function.name in ("copyreg._reconstructor", "copy_reg._reconstructor"):
        if not isinstance(args, tuple) or not args:
            raise Unreadable("it is damaged (an object of no class)")
        machine.call(args[0], (), is_class=True)
    elif isinstance(function, Name) and function.name in ("copyreg.__newobj__", "copyreg.__newobj_ex__"):
        if not isinstance(args, tuple) or not args:
            raise Unreadable("it is damaged (an object of no class)")
        machine.call(args[0], args[1:], is_class=True)
    else:
        machine.call(function, args)


@on(b"\x81")
def _new(machine: Machine) -> None:
    args, kind = machine.pop(), machine.pop()
    machine.call(kind, args, is_class=True)


@on(b"\x92")
def _new_with_names(machine: Machine) -> None:
    named, args, kind = machine.pop(), machine.pop(), machine.pop()
    machine.call(kind, (*args, named) if named and isinstance(args, tuple) else args, is_class=True)


@on(b"i")
def _instance(machine: Machine) -> None:
    kind = _named_in_lines(machine)
    machine.call(kind, tuple(machine.pop_marked()))


@on(b"o")
def _object(machine: Machine) -> None:
    kind, *args = machine.pop_marked() or [None]
    machine.call(kind, tuple(args))


@on(b"b")
def _build(machine: Machine) -> None:
    """Give an object its state: kept in a record; dicts, tensors and the like have no need of theirs."""
    state, target = machine.pop(), machine.pop()
    if isinstance(target, Unfinished):
        machine.finish(target, state)
        return
    if isinstance(target, Name):
        raise Unreadable(f"it means to change the class “{target.name}”; nothing was changed")
    if isinstance(target, Record):
        object.__setattr__(target, "state", _merged(state, machine.budget))
    machine.stack.append(target)


def _merged(state: Any, budget: Budget) -> Any:
    """The state of a class with slots, which comes in two dicts, as one."""
    if isinstance(state, tuple) and len(state) == 2 and all(isinstance(part, dict | None) for part in state):
        budget.step(sum(len(part or ()) for part in state))
        return {**(state[0] or {}), **(state[1] or {})}
    return state


def _persistent(machine: Machine, key: Any) -> None:
    if machine.persistent is None:
        raise Unreadable("it refers to something outside it")
    machine.stack.append(machine.persistent(key))


OPERATIONS[b"P"[0]] = lambda m: _persistent(m, _text(m.line(MAX_NAME)))
OPERATIONS[b"Q"[0]] = lambda m: _persistent(m, m.pop())
