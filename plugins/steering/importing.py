"""The doors through which walks come in, our own and published ones: wherever files are brought in, and
`ganstudio walk-import`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ganstudio.api import Choice, ChoiceValue, Direction, FoundDirections, Host, Model
from ganstudio_plugins.steering.edits import GROUPS, chosen
from ganstudio_plugins.steering.files import WalkError, file_of, read_walks, told_by
from ganstudio_plugins.steering.published import (
    NAMES,
    directions_of,
    edits_in,
    is_published,
    numbers_in,
    told_beside,
    walk_in,
)

OURS = "Walks of GAN Studio"
FORMAT = "Walk of “On the steerability of GANs”"
UNKNOWN = "not known"
NOTES = ("If this is one that the paper's authors published, it has no licence that lets you hand it on.",
         "Its range is the one it was taught; “Measure Reach” in the slider's menu finds how far pictures follow.")
WHY = "Nothing beside the file says it; with the wrong answer the slider has the wrong name and unit."


class WalkReader:
    """Reads files of walks as `ganstudio train walk` writes them, which people hand to each other."""

    id = "walks"
    patterns = ()

    def recognises(self, path: Path) -> bool:
        """Whether it is a file of walks, by content."""
        return path.is_file() and bool(told_by(path))

    def read(self, path: Path, model: Model, answers: Mapping[str, ChoiceValue]) -> FoundDirections:
        """The walks of a model; none, and why, for one with other weights. WalkError when they are damaged."""
        told = told_by(path)
        owner = told.get("model") or "another model"
        if told.get("fingerprint") != model.fingerprint:
            problem = (f"“{path.name}” holds walks of {owner} and cannot move “{model.name}”, which has other weights: "
                       f"open the model they were learned for.")
            return FoundDirections(OURS, path.stem, owner, problem=problem)
        return FoundDirections(OURS, path.stem, owner, tuple(read_walks(path, model.fingerprint)))


class PublishedReader:
    """Reads published walks for the model they belong to."""

    id = "published-walks"
    patterns = ("*.data-*", "*.index")

    def __init__(self, host: Host) -> None:
        self._host = host

    def recognises(self, path: Path) -> bool:
        """Whether there is a walk, by content."""
        return is_published(path)

    def read(self, path: Path, model: Model, answers: Mapping[str, ChoiceValue]) -> FoundDirections:
        """The walk's directions for a model; `answers` may say which “edit” it is. WalkError when it is damaged."""
        file = walk_in(path)
        told = told_beside(file)
        answer = str(answers.get("edit", UNKNOWN))
        found, problem = [], ""
        try:
            found = directions_of(file, model, told.edit or answer.replace(UNKNOWN, ""), self._host.edits())
        except ValueError as error:
            problem = str(error)
        name = found[0].name if len(found) == 1 else file.name
        choices = () if told.edit else self._choices(file, model)
        return FoundDirections(FORMAT, name, told.made_for, tuple(found), problem, choices, NOTES if found else ())

    def _choices(self, file: Path, model: Model) -> tuple[Choice, ...]:
        """Which edit it is: of those that a walk of this length may make."""
        count, there = edits_in(numbers_in(file), model.generator), self._host.edits()
        words = [word for word in (*there, *GROUPS) if len(chosen(word, there)[0]) == count]
        return (Choice("edit", "Which edit the walk makes", UNKNOWN, WHY, (UNKNOWN, *words)),) if words else ()


def import_walk(host: Host, path: Path, model_id: str, edit: str = "", measure: bool = True) -> list[Direction]:
    """Make sliders of a published walk, keep them with the model, and give them; ValueError in one sentence."""
    model, file = host.load_model(model_id), walk_in(path)
    if not (word := edit or told_beside(file).edit):
        raise WalkError(f"Nothing beside “{file.name}” says which edit it is: name it with --edit.")
    found = directions_of(file, model, word, host.edits())
    if measure:
        found = [d.measured(host.measure(model, d, (host.edits()[d.parameters["edit"]],))) for d in found]
    keep = f"published-{NAMES.get(word, word)}-{found[0].parameters['sha256'][:8]}.safetensors"
    host.keep(file_of(found, model, f"directions/{model.fingerprint}/{keep}"))
    return found


class ImportCommand:
    """`ganstudio walk-import`, with the program's services in hand."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(
        self,
        file: Annotated[Path, typer.Argument(help="The walk's .data file, or its folder; opt.yml may lie beside it.")],
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
