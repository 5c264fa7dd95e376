"""Training from the command line: `python -m ganstudio.training.command RECIPE`, alone or under accelerate launch.

Also `... export RUN MODEL` and `... measure MODEL`. The `ganstudio` program wraps the plain functions of this module,
which itself needs neither Qt nor any command-line library, so that it runs wherever torch does.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]

from ganstudio.checkpoints.native import read_native
from ganstudio.training.data import open_stream
from ganstudio.training.export import export_discriminator, export_model
from ganstudio.training.factor_reader import FactorReader, ReaderTraining
from ganstudio.training.gan import GanTraining
from ganstudio.training.growth import grow
from ganstudio.training.loop import Loop, Report, keep_memory
from ganstudio.training.measure import Measurement, figures_picture, figures_table, measure_against, measure_model
from ganstudio.training.recipe import Recipe, RecipeError, read_recipe
from ganstudio.training.resume import ResumeError, load_network, read_resume
from ganstudio.worlds.landscape import Landscape

LARGEST_READER = 128
"""Larger pictures are shrunk to this side before they are measured."""


def train_model(recipe_path: str | Path, output: str | Path, *, json_lines: bool = False, cpu: bool = False) -> bool:
    """Train a GAN by a recipe into the folder `output`, going on where a training there stopped.

    True when it finished, False when it was interrupted. Raises RecipeError or ResumeError, one sentence each.
    """
    keep_memory()
    recipe = read_recipe(recipe_path)
    accelerator = Accelerator(cpu=cpu)
    if recipe.train.batch % accelerator.num_processes:
        raise RecipeError(f"'batch' must be a multiple of the {accelerator.num_processes} processes.")
    stream = open_stream(recipe.data, recipe.model.resolution, recipe.seed)
    task = GanTraining(recipe, stream, accelerator)
    loop = make_loop(recipe, task, Path(output), accelerator, json_lines)
    if not loop.resume() and recipe.train.grow_from:
        old = read_resume(Path(recipe.train.grow_from))
        grow(task.generator, task.average, task.discriminator, old)
        loop.progress = old.progress
    return loop.run()


def make_loop(recipe: Recipe, task: GanTraining, output: Path, accelerator: Accelerator, json_lines: bool) -> Loop:
    """The shared loop, set up as the recipe wishes."""
    watch = recipe.watch
    return Loop(
        task, int(recipe.train.kimg * 1000), output, accelerator, recipe.as_dict(), say=teller(json_lines),
        samples_every=watch.samples_every, save_every=watch.save_every, report_every=watch.report_every,
    )  # fmt: skip


def teller(json_lines: bool) -> Callable[[Report], None]:
    """What prints progress: one JSON line for a program, or one line of text."""

    def tell(report: Report) -> None:
        print(report.as_json() if json_lines else report.as_text(), flush=True)

    return tell


def trained_reader(folder: Path, resolution: int, width: float, kimg: float, json_lines: bool = False) -> FactorReader:
    """The factor reader kept in `folder`, trained there first if it is not (a few minutes on one core)."""
    accelerator, total = Accelerator(cpu=True), int(kimg * 1000)
    task = ReaderTraining(resolution, width, 5, total, accelerator)
    loop = Loop(task, total, folder, accelerator, {"resolution": resolution, "width": width}, say=teller(json_lines))
    if not loop.resume() or loop.progress.seen < total:
        loop.run()
        load_network(task.reader, read_resume(loop.resume_path), "reader")
    return task.reader.eval().requires_grad_(False)


def measure(model: Path, output: Path, reader_folder: Path, *, count: int, width: float, kimg: float,
            against: Path | None = None) -> Measurement:
    """Measure a model against the landscapes, or against a folder of pictures: writes `figures.md` into `output`, and
    `histograms.png` where there are factors. Raises ValueError."""
    generator = read_native(model).generator
    reader = trained_reader(reader_folder, min(generator.resolution, LARGEST_READER), max(width, 0.5), kimg)
    result = (measure_model(generator, reader, Landscape(width), count) if against is None else
              measure_against(generator, reader, against, count))  # fmt: skip
    output.mkdir(parents=True, exist_ok=True)
    (output / "figures.md").write_text(figures_table(result), encoding="utf-8")
    if result.factors:
        figures_picture(result).save(output / "histograms.png")
    return result


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status. A recipe without a command in front means `train`."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] not in (*COMMANDS, "-h", "--help"):
        words.insert(0, "train")
    options = _parser().parse_args(words)
    try:
        COMMANDS[options.command](options)
    except (ValueError, ResumeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _train(options: argparse.Namespace) -> None:
    finished = train_model(options.recipe, options.output, json_lines=options.json, cpu=options.cpu)
    text = "Finished." if finished else "Interrupted; the same command goes on from here."
    event = json.dumps({"event": "finished" if finished else "interrupted"})
    print(event if options.json else text, flush=True)


def _export(options: argparse.Namespace) -> None:
    about = {"name": options.name} if options.name else {}
    resume = options.run / "resume.safetensors"
    export_model(resume, options.model, {**about, "terms": options.terms})
    if options.discriminator:
        print(f"The discriminator is {export_discriminator(resume, options.model)}")


def _measure(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    result = measure(options.model, options.output, options.reader, count=options.count, width=options.width,
                     kimg=options.reader_kimg, against=options.against)  # fmt: skip
    print(figures_table(result))


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {"train": _train, "export": _export, "measure": _measure}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train, export and measure GANs.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_train(commands.add_parser("train", help="train by a recipe file; the same command resumes"))
    export = commands.add_parser("export", help="make a model file of a training")
    export.add_argument("run", type=Path, help="the training's folder")
    export.add_argument("model", type=Path, help="the model file to write")
    export.add_argument("--name", default="", help="what the model is called (else the recipe's name)")
    export.add_argument("--terms", default="MIT, like GAN Studio itself", help="what may be done with it")
    export.add_argument("--discriminator", action="store_true",
                        help="keep the discriminator beside it too: joint training begins with it, and it judges looks")
    _add_measure(commands.add_parser("measure", help="figures of a model"))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--output", type=Path, default=Path("runs/model"), help="folder for the training's files")
    parser.add_argument("--json", action="store_true", help="report progress as JSON lines")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")


def _add_measure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path)
    parser.add_argument("--output", type=Path, default=Path("runs/measure"), help="folder for figures and picture")
    parser.add_argument("--reader", type=Path, default=Path("runs/reader"), help="folder of the factor reader")
    parser.add_argument("--reader-kimg", type=float, default=60.0, help="thousands of renders it learns from")
    parser.add_argument("--count", type=int, default=2000, help="samples to measure")
    parser.add_argument("--width", type=float, default=0.25, help="width of the world the model learned")
    parser.add_argument("--against", type=Path, help="a folder of pictures to compare with, instead of the landscapes")


if __name__ == "__main__":
    sys.exit(main())
