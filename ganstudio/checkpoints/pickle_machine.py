"""Reads a pickle as data: an interpreter of its opcodes that builds plain values and never calls what a file names.

A pickle is a program for a stack machine. This one knows every opcode of protocols 0 to 5 (the Python manual's
`pickletools` describes them), but a name in the file only ever becomes a `Name`: a text. Calling a name looks it up in
a table of our own functions (`allowed`), and otherwise makes a `Record`, or refuses where the file plainly means to
run something. There is no way from a name to an import. All that grows is counted against a `Budget`.
"""

from __future__ import annotations

import codecs
import re
import struct
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ganstudio.checkpoints.foreign import Record

MAX_OPERATIONS = 1_500_000
MAX_MARKS = 400
MAX_LINE, MAX_NAME, MAX_LONG, MAX_TEXT = 1 << 22, 400, 1 << 10, 1 << 26
SHORT = 1 << 12
"""Byte strings up to this many bytes become `bytes`; longer ones stay views of the file, uncopied."""
MEGABYTE = 1 << 20


class Unreadable(Exception):
    """Why a file is not read: half a sentence that goes after “It cannot be opened:”."""


class Budget:
    """What reading one file may cost: steps, processor time, and bytes beyond those that the file itself holds."""

    def __init__(self, size: int) -> None:
        self.steps = MAX_OPERATIONS
        self.bytes = 2 * size + 64 * MEGABYTE
        self.viewed = 4 * size + 64 * MEGABYTE
        self.nesting = 3
        self._end = time.thread_time() + 2.0 + size / (256 * MEGABYTE)

    def step(self, count: int = 1) -> None:
        """Count steps; Unreadable when there were too many, or they took too long."""
        self.steps -= count
        if self.steps < 0:
            raise Unreadable("it is built of more pieces than any model")
        if (count > 1 or not self.steps & 255) and time.thread_time() > self._end:
            raise Unreadable("it takes too long to read, as no sound model does")

    def hold(self, count: int) -> None:
        """Count bytes that are copied."""
        self.bytes -= count
        if self.bytes < 0:
            raise Unreadable("it unfolds to far more than it holds")

    def view(self, count: int) -> None:
        """Count bytes that tensors show; many tensors may show the same ones."""
        self.viewed -= count
        if self.viewed < 0:
            raise Unreadable("its tensors claim far more numbers than it holds")


class Name(Record):
    """A class or function that the file names, and nothing but its name."""


class Unfinished:
    """An object that the file describes in two goes: `finish(state)` makes it when the second has come."""

    def __init__(self, finish: Callable[[Any], Any]) -> None:
        self.finish = finish
        self.places: list[int] = []


Builder = Callable[[tuple[Any, ...], Budget], Any]
Persistent = Callable[[Any], Any]
Atom = (str, int, float, bool, bytes, type(None))

HARMLESS = frozenset({
    "torch_utils.persistence._reconstruct_persistent_obj",
    "argparse.Namespace", "types.SimpleNamespace", "functools.partial", "builtins.slice", "builtins.range",
    "builtins.complex", "builtins.object", "__builtin__.object", "__builtin__.complex", "__builtin__.slice",
    "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone",
    "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "collections.deque", "collections.Counter",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePath", "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "random.Random",
    "torch.serialization._get_layout", "torch.distributions.utils.lazy_property",
    "numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__bit_generator_ctor",
})  # fmt: skip
"""Names outside our table that sound files use; they become records all the same."""
SYSTEM = sys.stdlib_module_names | {"__builtin__", "commands", "popen2", "cPickle", "urllib2", "copy_reg"}


@dataclass
class Machine:
    """One pickle in a run: the rest of the file, the stack, where marks were set, and what was memorised."""

    data: memoryview
    allowed: Mapping[str, Builder]
    budget: Budget
    persistent: Persistent | None = None
    at: int = 0
    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    done: bool = False

    def run(self) -> Any:
        """The value that the pickle makes; `at` is then behind its end. Unreadable when it makes none."""
        while not self.done:
            self.budget.step()
            code = self.take(1)[0]
            if (operation := OPERATIONS.get(code)) is None:
                raise Unreadable(f"it is damaged, or no model file (byte {code:#04x} at {self.at - 1})")
            operation(self)
        return self.pop()

    def take(self, count: int) -> memoryview:
        """The next bytes of the file, not copied."""
        if count < 0 or count > len(self.data) - self.at:
            raise Unreadable("it ends too early; the download or copy was probably cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, kind: str) -> int:
        """The next number, packed as `struct` calls it."""
        return int(struct.unpack(kind, self.take(struct.calcsize(kind)))[0])

    def line(self, limit: int = MAX_LINE) -> bytes:
        """The bytes up to the next line's end, which is skipped."""
        for window in (SHORT, limit):
            head = bytes(self.data[self.at:self.at + min(window, limit)])
            if (end := head.find(b"\n")) >= 0:
                self.at += end + 1
                return head[:end]
        raise Unreadable("it is damaged, or no model file (a line without an end)")

    def pop(self) -> Any:
        """Take the top of the stack, but nothing from under a mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise Unreadable("it is damaged (it uses a value that is not there)")
        return self.stack.pop()

    def pop_marked(self) -> list[Any]:
        """Take all that lies on the last mark, and the mark."""
        if not self.marks:
            raise Unreadable("it is damaged (it uses a mark that is not there)")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def memorise(self, index: int) -> None:
        """Remember the top of the stack by a number."""
        value = self.pop()
        if isinstance(value, Unfinished):
            value.places.append(index)
        self.memo[index] = value
        self.stack.append(value)

    def recall(self, index: int) -> None:
        """Push what is remembered by a number."""
        if index not in self.memo:
            raise Unreadable("it is damaged (it recalls a value that it never made)")
        self.stack.append(self.memo[index])

    def finish(self, unfinished: Unfinished, state: Any) -> None:
        """Put the finished object wherever the unfinished one is remembered, and on the stack."""
        value = unfinished.finish(state)
        for index in unfinished.places:
            self.memo[index] = value
        self.stack.append(value)

    def call(self, function: Any, args: Any, *, is_class: bool = False) -> None:
        """Push what our own function for that name makes of the arguments, else a record of it all."""
        if not isinstance(function, Record) or not isinstance(args, tuple):
            raise Unreadable("it is damaged (it calls what cannot be called)")
        if isinstance(function, Name) and (builder := self.allowed.get(function.name)) is not None:
            self.stack.append(builder(args, self.budget))
        else:
            refuse_to_run(function.name, is_class)
            self.stack.append(Record(function.name, args))


def refuse_to_run(name: str, is_class: bool) -> None:
    """Nothing would run, but a file that means to run something is none to be trusted with the rest."""
    last = name.rpartition(".")[2].lstrip("_")
    system = name.partition(".")[0] in SYSTEM
    if name not in HARMLESS and (system or not (is_class or last[:1].isupper())):
        raise Unreadable(f"it asks to run “{name}”, which a model has no need of; nothing was run")


OPERATIONS: dict[int, Callable[[Machine], None]] = {}
"""What each opcode does."""
Operation = Callable[[Machine], None]


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


def checked_keys(keys: Iterable[Any], budget: Budget) -> Iterable[Any]:
    """Values that may be keys: short to hash and to compare. Unreadable for others."""
    for key in keys:
        budget.step()
        flat = isinstance(key, tuple) and len(key) <= 16 and all(isinstance(part, Atom) for part in key)
        if not (flat or isinstance(key, (*Atom, Record))):
            raise Unreadable(f"it files something under a {type(key).__name__}, which is no name")
        yield key


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
