"""The loop every training shares: it steps a task, says how it goes, saves it and its samples, and stops cleanly.

A task knows how to learn one step and what it consists of; the loop knows time, files and signals. Ctrl-C or SIGTERM
finishes the step at hand, saves, and ends; starting again goes on from there.
"""

from __future__ import annotations

import ctypes
import io
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt
import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from PIL import Image
from torch import Tensor, nn

from ganstudio.document.atomic import write_atomically
from ganstudio.training.resume import Progress, load_network, read_resume, write_resume


class Task(Protocol):
    """What can be trained. `batch` counts the pictures of a step over all processes."""

    batch: int

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn step `number` (from 0); scalars to report."""
        ...

    def samples(self) -> npt.NDArray[Any] | None:
        """A picture of how it stands, uint8 [h, w, 3]."""
        ...

    def networks(self) -> Mapping[str, nn.Module]:
        """All that has to be saved to go on."""
        ...


@dataclass(frozen=True)
class Report:
    """How a training stands: pictures seen of all, pictures a second, seconds left, mean losses since the last."""

    progress: Progress
    total: int
    rate: float
    losses: Mapping[str, float]

    @property
    def left(self) -> float:
        """Seconds until the end at the present rate."""
        return max(0, self.total - self.progress.seen) / self.rate if self.rate else float("inf")

    def as_json(self) -> str:
        """One line for a program."""
        return json.dumps({
            "event": "progress", "step": self.progress.step, "seen": self.progress.seen, "total": self.total,
            "rate": round(self.rate, 2), "left": round(self.left, 1), "seconds": round(self.progress.seconds, 1),
            "losses": {k: round(v, 5) for k, v in self.losses.items()},
        })  # fmt: skip

    def as_text(self) -> str:
        """One line for a person."""
        losses = "  ".join(f"{name} {value:.3f}" for name, value in self.losses.items())
        share = 100 * self.progress.seen / self.total
        return (f"{self.progress.seen / 1000:.1f} of {self.total / 1000:g} thousand pictures ({share:.0f} %)  "
                f"{self.rate:.1f}/s  {spoken_time(self.left)} left  {losses}")  # fmt: skip


def spoken_time(seconds: float) -> str:
    """A duration as people say it: "2 h 05 min", "3 min 10 s", "7 s"."""
    minutes, rest = divmod(round(min(seconds, 1e9)), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def keep_memory() -> None:
    """Tell glibc to keep freed memory instead of asking the kernel for fresh pages every step: a tenth faster."""
    mallopt: Callable[[int, int], int] | None = None
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 1 << 28)):  # mmap_max, trim_threshold, top_pad
            mallopt(option, value)


class Interruption:
    """While entered, SIGINT and SIGTERM only set `asked`. Outside the main thread it does nothing."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        except ValueError:
            self._before.clear()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self.asked = True


@dataclass
class Loop:
    """Trains `task` until `total` pictures are seen; everything it writes lies in `folder`.

    `say` gets a line of progress every `report_every` seconds; `recipe` is written into the resume file.
    """

    task: Task
    total: int
    folder: Path
    accelerator: Accelerator
    recipe: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[Report], None] = lambda report: print(report.as_text(), flush=True)
    samples_every: float = 180.0
    save_every: float = 300.0
    report_every: float = 15.0
    progress: Progress = field(default_factory=Progress)

    @property
    def resume_path(self) -> Path:
        """The file a training goes on from."""
        return self.folder / "resume.safetensors"

    def resume(self) -> bool:
        """Go on from the resume file, if there is one. Raises ResumeError when it does not fit."""
        if not self.resume_path.exists():
            return False
        saved = read_resume(self.resume_path)
        for name, network in self.task.networks().items():
            load_network(network, saved, name)
        self.progress = saved.progress
        return True

    def run(self) -> bool:
        """Train; True when finished, False when interrupted. State and samples are saved at the end either way."""
        self._window = _Window(self.progress)
        timers = [_Timer(self.report_every, self._report), _Timer(self.samples_every, self.save_samples),
                  _Timer(self.save_every, self.save)]  # fmt: skip
        with Interruption() as interruption:
            while self.progress.seen < self.total and not self._stops(interruption):
                self._step()
                for timer in timers:
                    timer.tick()
        for timer in timers:
            timer.act()
        return self.progress.seen >= self.total

    def _step(self) -> None:
        start = time.monotonic()
        self._window.add(self.task.step(self.progress.step))
        done = self.progress
        seconds = done.seconds + time.monotonic() - start
        self.progress = Progress(done.step + 1, done.seen + self.task.batch, seconds)

    def _stops(self, interruption: Interruption) -> bool:
        """Whether any process was asked to stop: they must all leave the loop at the same step."""
        if self.accelerator.num_processes == 1:
            return interruption.asked
        asked = torch.tensor(float(interruption.asked), device=self.accelerator.device)
        return bool(self.accelerator.reduce(asked).item() > 0)

    def _report(self) -> None:
        if self.accelerator.is_main_process and self.progress.step > self._window.start.step:
            self.say(self._window.report(self.progress, self.total))
        self._window = _Window(self.progress)

    def save(self) -> None:
        """Write the resume file."""
        if self.accelerator.is_main_process:
            write_resume(self.resume_path, self.task.networks(), self.progress, self.recipe)

    def save_samples(self) -> None:
        """Write the sample grid: the newest, and one kept for each time."""
        pixels = self.task.samples() if self.accelerator.is_main_process else None
        if pixels is not None:
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, "PNG")
            for name in ("samples.png", f"samples/{self.progress.seen // 1000:06d}k.png"):
                write_atomically(self.folder / name, content.getvalue())


class _Window:
    """What happened since the last report."""

    def __init__(self, start: Progress) -> None:
        self.start, self.began = start, time.monotonic()
        self.sums: dict[str, list[Tensor]] = {}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        for name, value in losses.items():
            self.sums.setdefault(name, []).append(value)

    def report(self, now: Progress, total: int) -> Report:
        rate = (now.seen - self.start.seen) / max(time.monotonic() - self.began, 1e-9)
        return Report(now, total, rate, {k: float(torch.stack(v).mean()) for k, v in self.sums.items()})


class _Timer:
    """Calls `act` when `every` seconds have passed since it last did."""

    def __init__(self, every: float, act: Callable[[], None]) -> None:
        self.every, self.act, self.last = every, act, time.monotonic()

    def tick(self) -> None:
        if time.monotonic() - self.last >= self.every:
            self.act()
            self.last = time.monotonic()
