"""A balanced folder of samples: as many pictures of every collage as of any other.

Chai, Wulff and Isola (ICLR 2021) rebalance what a generator draws by composing: a collage fixes what a class of
pictures has in common (its parts), a random sample behind it makes each picture another one. Every collage gets a
folder of its name; a folder that has pictures already is filled up to the count, so that a lopsided set of real ones
can be evened out too.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.document.atomic import disk_sentence, write_atomically
from ganstudio.document.collage import part_of
from ganstudio.document.document import Document
from ganstudio.document.file import SUFFIX, read_project
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.export import Progress
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Pixels, Shot
from ganstudio.render.variants import sample

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
TABLE = "samples.csv"
MOST = 1_000_000


class RebalanceError(ValueError):
    """A set that cannot be balanced; the message is one sentence for the user."""


@dataclass(frozen=True)
class Order:
    """What `ganstudio rebalance` was asked for.

    `collages` are projects, or folders of them; `count` is how many pictures each is to have in `out`; `context` 0..1
    is how much of the random sample behind the parts is seen (0: the regressor alone completes them, so that all
    pictures of a collage are alike).
    """

    collages: tuple[Path, ...]
    out: Path
    count: int
    model: str = ""
    seed: int = 0
    context: float = 1.0
    device: str = "auto"


def rebalance(order: Order, say: Callable[[str], object]) -> Iterator[Progress]:
    """Write the pictures, one a step; a table `samples.csv` tells file, class and seed of each.

    Errors are RebalanceError, ValueError, OSError or RenderError with one sentence; pictures already written stay.
    """
    library = ModelLibrary(usual_folders())
    renderer = Renderer(library, order.device, sight=Regressors(PluginRegistry(library)))
    renderer.notice = say
    classes = {name: _with_model(read_project(path), library, order) for name, path in _projects(order).items()}
    wanted = [(name, number) for name in classes for number in _missing(order.out / name, name, order.count)]
    rows: list[tuple[str, str, int]] = []
    start = perf_counter()
    try:
        for name, number in wanted:
            seed = (order.seed + number) % 2**32
            path = _file(order.out / name, name, number)
            _write(path, renderer.render(Shot(_composed(renderer, classes[name], seed, order.context))).pixels)
            rows.append((path.relative_to(order.out).as_posix(), name, seed))
            left = (perf_counter() - start) / len(rows) * (len(wanted) - len(rows))
            yield Progress(len(rows), len(wanted), left)
    finally:
        _tell(order.out, rows)


def _projects(order: Order) -> dict[str, Path]:
    """Every project by the name of its class; RebalanceError where there is nothing to balance."""
    if not 1 <= order.count <= MOST or not 0 <= order.context <= 1:
        raise RebalanceError(f"A set needs 1 to {MOST} pictures a collage, and a context from 0 to 1.")
    found: dict[str, Path] = {}
    for path in order.collages:
        for file in sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]:
            if file.stem in found:
                raise RebalanceError(f"Two collages are called “{file.stem}”: rename one, for it names the class.")
            found[file.stem] = file
    if not found:
        raise RebalanceError(f"There is no project ({SUFFIX}) to take a collage from.")
    return found


def _with_model(document: Document, library: ModelLibrary, order: Order) -> Document:
    """The project's document; with another model where one was asked for, in that model's own look."""
    if not document.collage.shown:
        raise RebalanceError("A project without visible parts says nothing of its class: put parts on its canvas.")
    if not order.model or order.model == document.model.id:
        return document
    return replace(library.default_document(order.model), collage=document.collage)


def _composed(renderer: Renderer, document: Document, seed: int, context: float) -> Document:
    """The parts over a random sample."""
    collage = document.collage_at(0.0)
    if not context:
        return replace(document, collage=collage, refinement=None)
    behind = replace(part_of(sample(renderer, document, seed), f"Seed {seed}"), opacity=context)
    return replace(document, collage=collage.added(behind, 0), refinement=None)


def _missing(folder: Path, name: str, count: int) -> list[int]:
    """The numbers of the pictures that a class still needs; no picture that is there is touched."""
    there = sum(path.suffix.lower() in PICTURES for path in folder.iterdir()) if folder.is_dir() else 0
    free = (number for number in itertools.count() if not _file(folder, name, number).exists())
    return list(itertools.islice(free, max(0, count - there)))


def _file(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}_{number:05}.png"


def _write(path: Path, pixels: Pixels) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, stream.getvalue())
    except OSError as error:
        raise RebalanceError(disk_sentence(error, path)) from None


def _tell(out: Path, rows: Sequence[tuple[str, str, int]]) -> None:
    """Add what was written to the table."""
    if not rows:
        return
    path, stream = out / TABLE, io.StringIO()
    known = path.read_text("utf-8") if path.is_file() else "file,class,seed\n"
    csv.writer(stream, lineterminator="\n").writerows(rows)
    write_atomically(path, (known + stream.getvalue()).encode("utf-8"))
