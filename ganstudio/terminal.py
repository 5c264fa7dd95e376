"""What the command line shows while it works: a bar, notices, the list of models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from ganstudio.checkpoints.importing import Inspection
from ganstudio.checkpoints.library import ModelEntry
from ganstudio.render.export import Progress as Report


class ProgressBar:
    """Frames done, time gone and time left, on stderr; silent where that is no terminal."""

    def __init__(self, label: str) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"), console=self._console, transient=True,
            disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task(label, total=None, left="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._bar.stop()

    def report(self, report: Report) -> None:
        """Move the bar."""
        left = "" if report.seconds_left is None else f"{_clock(report.seconds_left)} left"
        self._bar.update(self._task, completed=report.done, total=report.total, left=left)

    def say(self, text: str) -> None:
        """A notice above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def show_models(entries: Iterable[ModelEntry]) -> None:
    """A table of the library on stdout."""
    table = Table("Id", "Name", "Side", "Family", "Size", "State and terms", box=None)
    for entry in entries:
        state = entry.terms if entry.available else "\n".join(filter(None, [entry.problem, entry.terms]))
        size = f"{entry.size / 2**20:.1f} MB" if entry.size else ""
        table.add_row(entry.id, entry.name, str(entry.resolution or ""), entry.family, size, state)
    Console().print(table, markup=False)


def show_inspection(inspection: Inspection, as_json: bool = False) -> None:
    """What a model file is, on stdout: for people, or as one JSON object."""
    if as_json:
        print(json.dumps(inspection.as_json(), ensure_ascii=False, indent=2))
        return
    table = Table(Column(), Column(overflow="fold"), box=None, show_header=False)
    for title, text in _facts(inspection):
        table.add_row(title, text)
    Console().print(table, markup=False, highlight=False)


def _facts(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield "Name", inspection.name
    yield "Format", f"{inspection.format} ({inspection.family})"
    yield "Pictures", f"{inspection.resolution} px"
    yield "Classes", str(inspection.classes or "none")
    yield "Parameters", f"{inspection.parameters:,}"
    yield "Layers", ", ".join(layer.name for layer in inspection.layers)
    yield "Size", f"{inspection.size / 2**20:.1f} MB"
    yield "SHA-256", inspection.sha256
    yield "Terms", inspection.terms
    for choice in inspection.choices:
        others = f" (of {', '.join(map(str, choice.values))})" if choice.values else ""
        yield f"--set {choice.key}={choice.default}", f"{choice.title}{others}. {choice.why}"
    for note in inspection.notes:
        yield "Note", note


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
