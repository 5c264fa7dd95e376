"""Training from the command line: `python -m ganstudio.training.command RECIPE`, alone or under accelerate launch.

`ganstudio train model` wraps `train_model`; this module itself needs neither Qt nor any command-line library, so that
it runs wherever torch does.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from accelerate import Accelerator  # type: ignore[import-untyped]

from ganstudio.training.data import open_stream
from ganstudio.training.gan import GanTraining
from ganstudio.training.growth import grow
from ganstudio.training.loop import Loop, Report, keep_memory
from ganstudio.training.recipe import Recipe, RecipeError, read_recipe
from ganstudio.training.resume import ResumeError, read_resume


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
        grow(task.generator, task.average, task.discriminator, read_resume(Path(recipe.train.grow_from)))
    return loop.run()


def make_loop(recipe: Recipe, task: GanTraining, output: Path, accelerator: Accelerator, json_lines: bool) -> Loop:
    """The shared loop, set up as the recipe wishes."""
    watch = recipe.watch
    return Loop(
        task, int(recipe.train.kimg * 1000), output, accelerator, recipe.as_dict(),
        say=say_json if json_lines else say_text, samples_every=watch.samples_every, save_every=watch.save_every,
        report_every=watch.report_every,
    )  # fmt: skip


def say_json(report: Report) -> None:
    """Progress as one JSON line, for the window's progress dialog."""
    print(report.as_json(), flush=True)


def say_text(report: Report) -> None:
    """Progress as one line of text."""
    print(report.as_text(), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        finished = train_model(options.recipe, options.output, json_lines=options.json, cpu=options.cpu)
    except (RecipeError, ResumeError) as error:
        print(error, file=sys.stderr)
        return 2
    _say_end(options, {"event": "finished" if finished else "interrupted"})
    return 0


def _say_end(options: argparse.Namespace, event: dict[str, Any]) -> None:
    text = "Finished." if event["event"] == "finished" else "Interrupted; the same command goes on from here."
    print(json.dumps(event) if options.json else text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train a GAN by a recipe file; the same command resumes it.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--output", type=Path, default=Path("runs/model"), help="folder for the training's files")
    parser.add_argument("--json", action="store_true", help="report progress as JSON lines")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    return parser


if __name__ == "__main__":
    sys.exit(main())
