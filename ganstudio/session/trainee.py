"""A training in a child process, as the window sees it: how far it is, its losses so far, its notes and its end.

The child is this program's own `ganstudio train ... --json`, or the same under accelerate's launcher, which spreads it
over all devices. Each training has a folder of its own, named by what is trained with which options; starting the
same again goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganstudio.session.child import Child
from ganstudio.settings import user_data

PATIENCE = 60_000
"""Milliseconds a training has to finish its step, measure and save when it is told to stop."""
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """How a training stands: pictures `seen` of `total`, `rate` a second, seconds `left`, mean losses."""

    seen: int
    total: int
    rate: float
    left: float
    losses: Mapping[str, float]


@dataclass(frozen=True)
class End:
    """How it ended: "finished", "stopped" (it can go on) or "failed"; one sentence for the last, the file it wrote, and
    where what it learned is kept for the program to find."""

    kind: str
    reason: str = ""
    result: Path | None = None
    figures: Mapping[str, float] | None = None
    kept: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Started:
    """A training there is a folder of: what was trained, with which options, and whether it can go on."""

    folder: Path
    training: str
    options: Options
    finished: bool


def trainings_folder() -> Path:
    """Where the window's trainings keep their files."""
    return user_data() / "trainings"


def folder_of(training: str, options: Options) -> Path:
    """The folder of exactly this training."""
    words = json.dumps(dict(options), sort_keys=True, default=str)
    model = Path(str(options.get("model", ""))).stem
    name = "-".join(word for word in (training, model, hashlib.sha256(words.encode()).hexdigest()[:8]) if word)
    return trainings_folder() / name


def started() -> list[Started]:
    """The trainings there are folders of, the last one first; what cannot be read is left out."""
    found = []
    for about in trainings_folder().glob("*/about.json"):
        try:
            content = json.loads(about.read_text(encoding="utf-8"))
            entry = Started(about.parent, str(content["training"]), dict(content["options"]),
                            bool(content.get("finished")))
            found.append((about.stat().st_mtime, entry))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]


def words_of(training: str, options: Options, folder: Path, *, cpu: bool = False, spread: bool = False) -> list[str]:
    """The command line that trains; `spread` puts it under accelerate's launcher."""
    words = ["train", training]
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        else:
            words += [flag, str(value)]
    words += ["--output", str(folder), "--json", *(["--cpu"] if cpu else [])]
    launcher = ["-m", "accelerate.commands.launch"] if spread else []
    return [sys.executable, *launcher, "-m", "ganstudio.cli", *words]


def environment(cores: int | None) -> dict[str, str]:
    """Leaves a core to the window: a pool of threads as wide as the machine collapses when anything takes one."""
    return {"OMP_NUM_THREADS": str(max(1, (cores or 2) - 1)), "PYTHONUNBUFFERED": "1"}


class Trainee(QObject):
    """One training at a time, with what it has told so far."""

    progressed = Signal(object)
    """A `Standing`."""
    noted = Signal(str)
    """A sentence on what was chosen, or on what came out."""
    ended = Signal(object)
    """An `End`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = Path()
        self.history: list[Standing] = []
        self._last: Mapping[str, Any] = {}
        self._child = Child(self)
        self._child.said.connect(self._take)
        self._child.ended.connect(self._finish)

    @property
    def running(self) -> bool:
        """Whether a training is under way."""
        return self._child.running

    @property
    def samples(self) -> Path:
        """The picture of how it stands, which it writes every now and then."""
        return self.folder / "samples.png"

    def start(self, command: Sequence[str], folder: Path) -> None:
        """Begin, or go on."""
        if not self.running:
            self.folder, self.history, self._last = folder, [], {}
            self._child.start(command, environment(os.cpu_count()))

    @Slot()
    def stop(self) -> None:
        """Let it finish its step, save and end; `ended` follows."""
        self._child.stop(PATIENCE)

    @Slot()
    def close(self) -> None:
        """End it with the program."""
        self._child.close()

    @Slot(object)
    def _take(self, line: Mapping[str, Any]) -> None:
        event = line.get("event")
        if event == "progress":
            standing = Standing(int(line["seen"]), int(line["total"]), float(line["rate"]), float(line["left"]),
                                {str(k): float(v) for k, v in dict(line["losses"]).items()})
            self.history.append(standing)
            self.progressed.emit(standing)
        elif event == "note":
            self.noted.emit(str(line["text"]))
        else:
            self._last = line

    @Slot(str, bool)
    def _finish(self, reason: str, stopped: bool) -> None:
        event, told = self._last.get("event"), self._last.get("result")
        result = Path(str(told)) if told else None
        if event == "finished":
            kept = tuple(Path(str(path)) for path in self._last.get("kept") or ())
            end = End("finished", "", result, self._last.get("figures") or {}, kept)
        elif event == "interrupted" or stopped:
            end = End("stopped", "", result, self._last.get("figures") or {})
        else:
            end = End("failed", reason)
        self.ended.emit(end)
