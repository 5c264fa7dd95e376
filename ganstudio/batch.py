"""Rendering without a window: the words of a command line to a document, and a document to a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ganstudio.api import Direction, FinderOptions, FloatArray, parse_layers
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.document.classes import class_names, class_weights, find_class
from ganstudio.document.document import Document
from ganstudio.document.file import read_project
from ganstudio.document.sequence import ALPHA, Key, Track
from ganstudio.document.sequence import Sequence as Looks
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.export import FORMATS, ExportError, ExportPlan, FormatId, Progress, export, format_of
from ganstudio.render.renderer import Renderer

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
EDIT = re.compile(rf"([a-z][a-z0-9_]*):([^:=]+):(\d+)=({NUMBER})(?:\.\.({NUMBER}))?")
FPS = 24.0
FRAMES = 48
"""How many frames a moving edit makes when the user names no number."""


class EditError(ValueError):
    """An edit that cannot be made; the message is one sentence for the user."""


@dataclass(frozen=True)
class EditText:
    """One `--edit`: number `index` of what `finder` finds in `layers`, moved from `start` to `end`."""

    finder: str
    layers: str
    index: int
    start: float
    end: float


def parse_edit(text: str) -> EditText:
    """Read `finder:layers:index=value` or `finder:layers:index=from..to`, such as `sefa:all:3=-2..2`."""
    match = EDIT.fullmatch(text.strip())
    if match is None:
        raise EditError(f"“{text}” is no edit: write finder:layers:index=value or =from..to, as in sefa:all:3=-2..2.")
    finder, layers, index, start, end = match.groups()
    return EditText(finder, layers, int(index), float(start), float(end if end is not None else start))


def find_direction(library: ModelLibrary, registry: PluginRegistry, model_id: str, edit: EditText) -> Direction:
    """The direction an edit names; ValueError with one sentence when there is none."""
    model = library.load(model_id)
    layers = parse_layers(edit.layers, model.generator.num_ws)
    options = FinderOptions(layers, count=edit.index + 1)
    found = list(registry.finder(edit.finder).find(model.generator, model.fingerprint, options))
    if len(found) <= edit.index:
        raise EditError(f"“{edit.finder}” finds {len(found)} directions in the layers “{edit.layers}” of this model: "
                        f"there is no number {edit.index}, for they count from 0.")
    return found[edit.index]


def compose(library: ModelLibrary, registry: PluginRegistry, model_id: str, edits: Sequence[EditText], *,
            seed: int | None = None, psi: float | None = None, fps: float = FPS, count: int | None = None,
            class_: str = "") -> Document:
    """A document of a model, a seed, a class and edits; edits with a range move evenly from its start to its end."""
    _check(seed, fps, count)
    document = library.default_document(model_id, seed)
    look = document.latent if psi is None else replace(document.latent, psi=psi)
    if class_:
        look = replace(look, base=replace(look.base, label=_label(library, model_id, class_)))
    moving = any(edit.start != edit.end for edit in edits)
    end = ((count or FRAMES) - 1) / fps if moving else 0.0
    tracks = []
    for edit in edits:
        direction = find_direction(library, registry, model_id, edit)
        look = look.with_direction(direction).with_alpha(direction.id, edit.start)
        if edit.start != edit.end and end > 0:
            keys = (Key(0.0, edit.start, "linear"), Key(end, edit.end))
            tracks.append(Track(ALPHA + direction.id, keys))
    return replace(document, latent=look, sequence=Looks(tuple(tracks), fps))


def _label(library: ModelLibrary, model_id: str, class_: str) -> FloatArray:
    """Weights of the class of that number or name; ValueError with one sentence when the model has none such."""
    model = library.load(model_id)
    names = class_names(model.info.about.get("class_names"), model.generator.num_classes)
    return class_weights(len(names), find_class(class_, names))


def _check(seed: int | None, fps: float, count: int | None) -> None:
    if seed is not None and not 0 <= seed < 2**32:
        raise EditError(f"A seed is a number from 0 to {2**32 - 1}, not {seed}.")
    if fps <= 0 or (count is not None and count < 1):
        raise EditError("A sequence needs at least one frame, and more than 0 frames a second.")


@dataclass(frozen=True)
class Order:
    """What `ganstudio render` was asked for: a project, or a model (an id or a file) with seed, class, psi and edits.

    What is None or empty is as the project, the model or the file name says; see `ExportPlan` for the rest.
    """

    out: Path
    project: Path | None = None
    model: str = ""
    seed: int | None = None
    psi: float | None = None
    edits: tuple[str, ...] = ()
    class_: str = ""
    format: str = ""
    side: int | None = None
    fps: float | None = None
    count: int | None = None
    exact: bool = False
    overwrite: bool = False
    device: str = "auto"


def carry_out(order: Order, say: Callable[[str], object], report: Callable[[Progress], object]) -> int:
    """Render an order, reporting each frame; the number of frames. `say` gets notices.

    Raises errors whose text is one sentence (ValueError, OSError and RenderError); nothing half-written is left.
    """
    format_id = _format(order)
    library = ModelLibrary(usual_folders())
    registry = PluginRegistry(library)
    renderer = Renderer(library, order.device, sight=Regressors(registry))
    renderer.notice = say
    document = _document(order, library, registry)
    plan = ExportPlan(order.out, format_id, order.side, order.fps or document.sequence.fps, order.count, order.exact,
                      order.overwrite)
    total = 0
    with closing(export(renderer, document, plan)) as steps:
        for progress in steps:
            report(progress)
            total = progress.total
    return total


def _format(order: Order) -> FormatId:
    if not order.format:
        return format_of(order.out)
    for name in FORMATS:
        if name == order.format.lower():
            return name
    raise ExportError(f"“{order.format}” is no format: choose {', '.join(FORMATS)}.")


def _document(order: Order, library: ModelLibrary, registry: PluginRegistry) -> Document:
    if order.project is not None:
        return read_project(order.project)
    edits = tuple(parse_edit(text) for text in order.edits)
    return compose(library, registry, _model_id(order.model, library), edits, seed=order.seed,
                   psi=order.psi, fps=order.fps or FPS, count=order.count, class_=order.class_)


def _model_id(name: str, library: ModelLibrary) -> str:
    """An id of the library, or a file's, which is then added to it."""
    if name not in (entry.id for entry in library.entries()) and Path(name).expanduser().is_file():
        return library.add(Path(name)).id
    return name
