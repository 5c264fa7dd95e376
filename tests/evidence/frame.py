"""Studies made of named experiments: run one by one, each kept as soon as it is done, and told in one report.

An experiment's figures are kept as JSON with the seed, the command, the date and the seconds they took; the report is
written anew after each. So a study can be interrupted at any time, and the same command goes on. Figures that were
taken of other weights, or on another scale, do not count: what has not been run says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganstudio.document.atomic import write_atomically

Figures = Mapping[str, Any]
"""What an experiment found: numbers and texts by name, nested as it likes; JSON can hold them."""
COLOURS = 256
"""A picture for the report has no more."""
NOT_RUN = "not run"
NOT_MEASURED = "–"


class EvidenceError(ValueError):
    """A study that cannot be made; the message is one sentence for whoever started it."""


class Interrupted(Exception):
    """A training within an experiment was asked to stop, and has saved what it had learned."""


@dataclass(frozen=True)
class Place:
    """Where a study writes: report, pictures and figures into `output`, what only serves to go on into `scratch`."""

    output: Path
    scratch: Path
    drawn: list[str] = field(default_factory=list, compare=False)
    """The pictures that the experiment under way has written."""

    def picture(self, name: str, pixels: NDArray[np.uint8]) -> None:
        """Write a picture for the report, uint8 [h, w, 3], as `name`.png."""
        self.output.mkdir(parents=True, exist_ok=True)
        in_few_colours(Image.fromarray(pixels)).save(self.output / f"{name}.png", optimize=True)
        self.drawn.append(name)

    def kept(self, name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """An array that takes long to make: from `scratch` where it has been made before."""
        path = self.scratch / f"{name}.npy"
        if not path.exists():
            array = make()
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.stem}-part.npy")
            np.save(part, array)
            part.replace(path)
        return np.asarray(np.load(path, allow_pickle=False))


def in_few_colours(image: Image.Image) -> Image.Image:
    """A picture as it is where it has few colours; else in those that suit it best, in a third of the room."""
    if image.getcolors(COLOURS) is not None:
        return image
    return image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)


@dataclass(frozen=True)
class Record:
    """What an experiment found, how, and the pictures it wrote.

    `about` says of what: a study's figures count only for what it is about.
    """

    experiment: str
    figures: Figures
    about: Mapping[str, Any]
    command: str
    finished: str
    seconds: float
    pictures: Sequence[str] = ()


@dataclass(frozen=True)
class Experiment:
    """One thing to find out; `run` takes the place it may write pictures to."""

    name: str
    title: str
    run: Callable[[Place], Figures]


Records = Mapping[str, Record]
"""Those that have been run, by experiment."""


@dataclass(frozen=True)
class Study:
    """Experiments about one thing (`about`: model, weights, seed, scale), and the report of what they found."""

    name: str
    about: Mapping[str, Any]
    experiments: Sequence[Experiment]
    report: Callable[[Records], str]


def run(study: Study, place: Place, *, only: str = "", again: bool = False, command: str = "",
        say: Callable[[str], object] = print) -> Records:
    """Run what has not been run; `only` those whose names begin so (several with commas), `again` even what has been.

    Raises EvidenceError when no experiment is called so.
    """
    wanted = [e for e in study.experiments if e.name.startswith(tuple(only.split(",")))]
    if not wanted:
        names = ", ".join(e.name for e in study.experiments)
        raise EvidenceError(f"There is no experiment “{only}”; there are {names}.")
    write_report(study, place)
    for number, experiment in enumerate(wanted, 1):
        if read(study, place, experiment.name) is not None and not again:
            continue
        say(f"{number} of {len(wanted)}: {experiment.name} ({experiment.title})")
        record = _made(study, experiment, place, command)
        write_atomically(_file(place, experiment.name), json.dumps(asdict(record), indent=1).encode())
        write_report(study, place)
        say(f"   {record.seconds:.0f} s")
    return records(study, place)


def _made(study: Study, experiment: Experiment, place: Place, command: str) -> Record:
    place.drawn.clear()
    start = perf_counter()
    figures = plain(experiment.run(place))
    seconds = perf_counter() - start
    finished = datetime.now().isoformat(timespec="seconds")
    return Record(experiment.name, figures, study.about, command, finished, seconds, tuple(place.drawn))


def plain(value: Any) -> Any:
    """As JSON holds it: what is not a number becomes None."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    return None if isinstance(value, float) and not isfinite(value) else value


def records(study: Study, place: Place) -> Records:
    """What has been run of a study so far."""
    found = {e.name: read(study, place, e.name) for e in study.experiments}
    return {name: record for name, record in found.items() if record is not None}


def read(study: Study, place: Place, name: str) -> Record | None:
    """What was kept of an experiment; None where it has not been run, or was about something else."""
    try:
        record = Record(**json.loads(_file(place, name).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return None
    return record if record.about == json.loads(json.dumps(dict(study.about))) else None


def write_report(study: Study, place: Place) -> None:
    """Write the report as it stands, with a list of what has been run and how."""
    found = records(study, place)
    text = f"{study.report(found).strip()}\n\n## How\n\n{_how(study, found)}"
    write_atomically(place.output / "README.md", text.encode())


def _how(study: Study, found: Records) -> str:
    rows = [[e.name, *_told(found.get(e.name))] for e in study.experiments]
    facts = "; ".join(f"{name}: {_fact(value)}" for name, value in study.about.items())
    return f"{facts}.\n\n{table(('experiment', 'finished', 'seconds', 'command'), rows)}"


def _fact(value: Any) -> str:
    """Something a study is about, in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_fact(each)}" for name, each in value.items())
    return str(value)


def _told(record: Record | None) -> list[Any]:
    if record is None:
        return [NOT_RUN, NOT_MEASURED, NOT_MEASURED]
    return [record.finished, round(record.seconds), f"`{record.command}`"]


def _file(place: Place, name: str) -> Path:
    return place.output / "figures" / f"{name}.json"


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; numbers are rounded, None says that there is nothing."""
    lines = [header, ["---"] * len(header), *([cell(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(value: Any) -> str:
    """A value as tables show it: three figures of a number."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)


def pictures(found: Records, experiment: str) -> str:
    """The pictures that an experiment wrote, in Markdown; nothing where it has not been run."""
    names = found[experiment].pictures if experiment in found else ()
    return "".join(f"\n![{name}]({name}.png)\n" for name in names)


def figure(found: Records, experiment: str, *path: str) -> Any:
    """One figure of a record by its path; NOT_RUN without the record, None where the experiment took no such figure."""
    if experiment not in found:
        return NOT_RUN
    value: Any = found[experiment].figures
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
