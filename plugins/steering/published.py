"""Walks as the paper's authors published them: the raw numbers of a TensorFlow checkpoint, without TensorFlow.

A `.data` file is little-endian float32 and nothing else. Straight walks are [1, dim, edits]; dim is that of z, or of
all layers' w one after the other. Step networks are four layers, each its biases and then its matrix [in, out]: two
for a step forward, two for one back. `opt.yml` beside it says which edit it is. They are another group's work,
without a licence to hand on: whoever has them may use them here, none come with the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ganstudio.api import Direction, Generator, Host, LayerRange, Model, PictureEdit, StepLayers, StepNetwork
from ganstudio_plugins.steering.edits import chosen
from ganstudio_plugins.steering.files import WalkError, file_of

NAMES = {"shiftx": "shift-x", "shifty": "shift-y", "rotate2d": "rotate", "rotate3d": "rotate-depth",
         "color": "colour", "colorlab": "lab"}
"""The authors' names of edits, where ours differ."""
REACH, STEPS = 1.5, 10.0
"""How far straight walks and step networks are measured; the authors' alphas are fed as ours are."""
LARGEST = 256 * 2**20


@dataclass(frozen=True, eq=False)
class Published:
    """The numbers of a file: vectors [edits, ...], or a step network."""

    space: str
    vectors: np.ndarray
    steps: StepNetwork | None = None


def read_published(path: Path, generator: Generator, edits: int) -> Published:
    """The walk of so many edits in a file, if it has the size of one for this generator; else WalkError."""
    try:
        size = path.stat().st_size
        numbers = np.fromfile(path, "<f4") if size <= LARGEST and size % 4 == 0 else np.empty(0, "<f4")
    except OSError as error:
        raise WalkError(f"“{path}” cannot be read ({error.strerror or error}).") from None
    if not numbers.size or not np.isfinite(numbers).all():
        raise WalkError(f"“{path.name}” is no walk: it does not hold plain numbers.")
    z, ws = generator.z_dim, generator.num_ws * generator.w_dim
    if numbers.size == z * edits:
        return Published("z", _columns(numbers, edits))
    if generator.space == "w" and numbers.size == ws * edits:
        return Published("w", _columns(numbers, edits).reshape(edits, generator.num_ws, generator.w_dim))
    if numbers.size == 4 * (z * z + z):
        return Published("z", np.zeros((1, z), np.float32), _network(numbers, z))
    raise WalkError(f"“{path.name}” holds {numbers.size} numbers, but a walk of this model has {z * edits}"
                    + (f", {ws * edits}" if generator.space == "w" else "") + f" or {4 * (z * z + z)}.")


def _columns(numbers: np.ndarray, edits: int) -> np.ndarray:
    return np.ascontiguousarray(numbers.reshape(-1, edits).T, dtype=np.float32)


def _network(numbers: np.ndarray, dim: int) -> StepNetwork:
    rows = numbers.astype(np.float32).reshape(4, dim + dim * dim)
    layers = [(np.ascontiguousarray(row[dim:].reshape(dim, dim).T), row[:dim].copy()) for row in rows]
    forward, reverse = (StepLayers(*layers[i], *layers[i + 1]) for i in (0, 2))
    return StepNetwork(forward, reverse, keep_norm=True)


def told_edit(path: Path) -> str:
    """The edit that `opt.yml` beside a file names, in our words; empty where it names none."""
    try:
        text = (path.parent / "opt.yml").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(r"^\s*transform:\s*['\"]?(\w+)", text, re.MULTILINE)
    return NAMES.get(match[1], match[1]) if match else ""


def directions_of(published: Published, model: Model, edits: tuple[PictureEdit, ...]) -> list[Direction]:
    """A direction for each edit of a published walk, not yet measured."""
    count = model.generator.num_ws
    steps = published.steps
    reach = REACH if steps is None else STEPS
    return [Direction(
        id=f"steering:{edit.id}~published" + ("~steps" if steps else ""), name=f"{edit.name}, published",
        space="z" if published.space == "z" else "w", vector=published.vectors[i],
        layers=(LayerRange(0, count),) if published.space == "w" else (), fingerprint=model.fingerprint,
        reach=(-reach, reach), source="steering", parameters={"edit": edit.id}, steps=steps,
    ) for i, edit in enumerate(edits)]  # fmt: skip


def import_walk(host: Host, path: Path, model_id: str, edit: str = "", measure: bool = True) -> list[Direction]:
    """Make sliders of a published walk, keep them with the model, and give them; ValueError in one sentence."""
    model = host.load_model(model_id)
    if not (word := edit or told_edit(path)):
        raise WalkError(f"Nothing beside “{path.name}” says which edit it is: name it with --edit.")
    groups = chosen(NAMES.get(word, word), host.edits())
    edits = groups[0]
    if len(groups) > 1:
        raise WalkError("A published walk is of one edit, or of colour or lab.")
    found = directions_of(read_published(path, model.generator, len(edits)), model, edits)
    if measure:
        found = [d.measured(host.measure(model, d, (e,))) for d, e in zip(found, edits, strict=True)]
    host.keep(file_of(found, model, f"directions/{model.fingerprint}/published-{word}-{path.stem}.safetensors"))
    return found


class ImportCommand:
    """`ganstudio walk-import`, with the program's services in hand."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(
        self,
        file: Annotated[Path, typer.Argument(help="The walk's .data file; opt.yml may lie beside it.")],
        model: Annotated[str, typer.Option("--model", help="The model it was made for: an id, or a file.")],
        edit: Annotated[str, typer.Option("--edit", help="What it does, such as zoom or colour.")] = "",
        measure: Annotated[bool, typer.Option("--measure/--no-measure",
                                              help="Measure its reach (slow for large models).")] = True,
    ) -> None:
        """Make sliders of a published walk, for the model it belongs to."""
        for direction in import_walk(self._host, file, model, edit, measure):
            told = direction.response
            reach = f": {told.amounts[0]:.3g} to {told.amounts[-1]:.3g} {told.unit}" if told else ""
            typer.echo(f"{direction.name}{reach}")
