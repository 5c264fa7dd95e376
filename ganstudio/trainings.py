"""Plugins' trainings on the command line: `ganstudio train <id>`, with options made from its own dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from ganstudio.api import Host, Training


def command_of(training: Training, host: Host) -> Callable[..., None]:
    """A typer-style function that trains: one option for every field, then --output, --json and --cpu."""

    def run(**words: Any) -> None:
        folder, json_lines, cpu = (words.pop(name) for name in ("output", "json_", "cpu"))
        plain = {name: value.value if isinstance(value, Enum) else value for name, value in words.items()}
        host.train(training, training.options(**plain), folder, json_lines=json_lines, cpu=cpu)

    parameters = [*_parameters(training), *_common(training)]
    run.__doc__ = f"{training.name}. The same command goes on where it stopped."
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _parameters(training: Training) -> list[inspect.Parameter]:
    kinds = get_type_hints(training.options)
    return [_parameter(f.name, _kind(f.name, kinds[f.name]), _default(f), _flag(f.name, kinds[f.name]),
                       str(f.metadata.get("help", ""))) for f in fields(training.options)]


def _flag(name: str, kind: Any) -> str:
    """How an option is written: `--batch`, or `--mirror/--no-mirror`."""
    flag = name.replace("_", "-")
    return f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}"


def _common(training: Training) -> list[inspect.Parameter]:
    """What every training can be told."""
    return [
        _parameter("output", Path, Path("runs") / training.id, "--output", "Folder for the training's files."),
        _parameter("json_", bool, False, "--json", "Report progress as JSON lines."),
        _parameter("cpu", bool, False, "--cpu", "Do not use a GPU."),
    ]


def _parameter(name: str, kind: Any, default: Any, flag: str, help_: str) -> inspect.Parameter:
    told = typer.Option(flag, help=help_)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, told])


def _kind(name: str, kind: Any) -> Any:
    """The type as typer takes it: an enumeration for a choice of texts."""
    if get_origin(kind) is Literal:
        return Enum(name, {word: word for word in get_args(kind)}, type=str)
    return kind


def _default(field_: Field[Any]) -> Any:
    return inspect.Parameter.empty if field_.default is MISSING else field_.default
