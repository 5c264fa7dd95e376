"""Reads a pickle as data: a stack machine that builds plain values and never calls what a file names.

A pickle is a program for such a machine; `pickle_opcodes.py` has what each opcode does. Here a name in the file only
ever becomes a `Name`: a text. Calling a name looks it up in a table of our own functions (`allowed`), and otherwise
makes a `Record`, or refuses where the file plainly means to run something. There is no way from a name to an import.
All that grows is counted against a `Budget`.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ganstudio.checkpoints.foreign import Record

MAX_OPERATIONS = 1_500_000
MAX_MARKS = 400
MAX_LINE = 1 << 22
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
Operation = Callable[["Machine"], None]
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

    def run(self, operations: Mapping[int, Operation]) -> Any:
        """The value that the pickle makes; `at` is then behind its end. Unreadable when it makes none."""
        while not self.done:
            self.budget.step()
            code = self.take(1)[0]
            if (operation := operations.get(code)) is None:
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


def checked_keys(keys: Iterable[Any], budget: Budget) -> Iterable[Any]:
    """Values that may be keys: short to hash and to compare. Unreadable for others."""
    for key in keys:
        budget.step()
        flat = isinstance(key, tuple) and len(key) <= 16 and all(isinstance(part, Atom) for part in key)
        if not (flat or isinstance(key, (*Atom, Record))):
            raise Unreadable(f"it files something under a {type(key).__name__}, which is no name")
        yield key
