"""What every experiment works with: models trained for evidence, the factor reader, the plugins, and how much of each.

Everything that takes long lies in a scratch folder under a name that holds what it was made from, so that it is made
once, goes on where it was stopped, and is never mistaken for what another recipe made.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from accelerate import Accelerator

from ganstudio.api import Model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import read_info
from ganstudio.registry import PluginRegistry
from ganstudio.resources import resource
from ganstudio.training.command import make_loop, trained_reader
from ganstudio.training.companions import companion_path
from ganstudio.training.data import Stream, open_stream
from ganstudio.training.export import export_model
from ganstudio.training.factor_reader import FactorReader
from ganstudio.training.gan import GanTraining
from ganstudio.training.loop import keep_memory
from ganstudio.training.recipe import Recipe, read_recipe
from ganstudio.training.resume import read_resume, write_tensors
from ganstudio.worlds.classes import ClassedLandscape
from tests.evidence.frame import Figures, Interrupted

SIDE = 32
STRETCH = 5000
"""A training looks at the clock after so many pictures."""
RECIPES = Path(__file__).parents[1] / "recipes"
OURS = resource("models")
SUBJECTS = {
    "stylegan2": OURS / "landscape-32.toml", "dcgan": OURS / "landscape-dcgan.toml",
    "progan": OURS / "landscape-progan.toml", "biggan": OURS / "landscape-biggan.toml",
    "classes": RECIPES / "classes.toml",
}  # fmt: skip
SHIPPED = {family: OURS / f"landscape-{family}.safetensors" for family in ("dcgan", "progan", "biggan")}
"""Where the program brings a model of the recipe, that one is measured."""


@dataclass(frozen=True)
class Scale:
    """How much is done: `minutes` for each model at most (`model_kimg` 0: what its recipe says), thousands of pictures
    for readers, walks and the `more` of joint training; `samples` a measurement, `wide` ones of distributions, `data`
    renders to compare with, `fitted` samples that directions are fitted to, `directions` of SeFa a group. `seed` fixes
    walks and measurements; models and reader are of the seeds in their recipes."""

    minutes: float = 20.0
    model_kimg: float = 0.0
    reader_kimg: float = 60.0
    walk_kimg: float = 12.0
    more: float = 20.0
    samples: int = 256
    wide: int = 1000
    data: int = 2000
    fitted: int = 4000
    directions: int = 50
    seed: int = 0
    tiny: bool = False


WHOLE = Scale()
QUICK = Scale(1.0, 0.064, 0.064, 0.032, 0.064, samples=12, wide=16, data=64, fitted=64, directions=4, tiny=True)


@dataclass(frozen=True, eq=False)
class Workshop:
    """Makes and keeps all of it in `scratch`."""

    scratch: Path
    scale: Scale

    @cached_property
    def registry(self) -> PluginRegistry:
        """The plugins, with a library that opens files alone."""
        found = PluginRegistry(ModelLibrary((), ()))
        found.edits()
        return found

    def steering(self, name: str) -> ModuleType:
        """A module of the steering plugin."""
        self.registry.edits()
        return sys.modules[f"ganstudio_plugins.steering.{name}"]

    @cached_property
    def reader(self) -> FactorReader:
        """Reads factors in pictures of 32 px; it learned from the widest world, so that it knows how far things go."""
        total = int(self.scale.reader_kimg * 1000)
        folder = self.scratch / f"reader-{total}"
        found = trained_reader(folder, SIDE, 1.0, self.scale.reader_kimg)
        if read_resume(folder / "resume.safetensors").progress.seen < total:
            raise Interrupted
        return found

    def recipe(self, subject: str) -> Recipe:
        """The recipe of a subject, made tiny for a quick look."""
        recipe = read_recipe(SUBJECTS[subject])
        train = replace(recipe.train, kimg=self.scale.model_kimg or recipe.train.kimg)
        if not self.scale.tiny:
            return replace(recipe, train=train)
        model = replace(recipe.model, channels=(16, 16, 8, 8), z_dim=16, w_dim=16, mapping_layers=2)
        return replace(recipe, model=model, train=train, data=replace(recipe.data, distinct=64))

    def model_file(self, subject: str) -> Path:
        """The model of a subject: the one that ships, or one trained here."""
        if subject in SHIPPED and SHIPPED[subject].exists() and not self.scale.tiny:
            return SHIPPED[subject]
        recipe = self.recipe(subject)
        return self.trained(subject, recipe, open_stream(recipe.data, SIDE, recipe.seed))

    def state_of(self, path: Path) -> Path:
        """The resume file by which the training of a model goes on. What ships has its discriminator beside it alone:
        there the generator that ships begins both as generator and as average."""
        beside = companion_path(path)
        saved, made = read_resume(beside), self.scratch / f"begin-{path.stem}.safetensors"
        if saved.network("generator"):
            return beside
        if not made.exists():
            own = self.load(path).generator.state_dict()  # type: ignore[attr-defined]
            twice = {f"{network}.{key}": value for network in ("generator", "average") for key, value in own.items()}
            write_tensors(made, {**saved.tensors, **twice}, saved.progress, saved.recipe)
        return made

    def trained(self, name: str, recipe: Recipe, stream: Stream, begin: Path | None = None, how: str = "") -> Path:
        """The model file of a training by a recipe, which may begin where another one stopped (its resume file).

        Beside a model without classes lies what joint training needs. Raises Interrupted when it is asked to stop.
        """
        folder = self.folder(name, {**recipe.as_dict(), "begin": begin and str(begin), "how": how})
        resume, model = folder / "resume.safetensors", folder / "model.safetensors"
        if model.exists():
            return model
        if begin is not None and not resume.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(begin, resume)
        start = 0.0 if begin is None else read_resume(begin).progress.seconds
        self._train(recipe, stream, folder, start)
        if not recipe.data.classes:
            companion_path(model).parent.mkdir(exist_ok=True)
            shutil.copyfile(resume, companion_path(model))
        export_model(resume, model, {"name": f"{recipe.name} ({name})"})
        return model

    def _train(self, recipe: Recipe, stream: Stream, folder: Path, start: float) -> None:
        """Train to the end of the recipe, or as long as a model may take."""
        keep_memory()
        accelerator = Accelerator(cpu=True)
        loop = make_loop(recipe, GanTraining(recipe, stream, accelerator), folder, accelerator, json_lines=False)
        loop.resume()
        total = loop.total
        while loop.progress.seen < total and loop.progress.seconds - start < 60 * self.scale.minutes:
            loop.total = min(total, loop.progress.seen + STRETCH)
            if not loop.run():
                raise Interrupted

    def folder(self, name: str, about: Mapping[str, Any]) -> Path:
        """Where something is kept that was made so."""
        told = json.dumps([name, dict(about)], sort_keys=True, default=str)
        return self.scratch / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    def load(self, path: Path) -> Model:
        """The model of a file."""
        return self.registry.host.load_model(str(path))

    def told(self, path: Path) -> Figures:
        """What a report says of a model."""
        about = read_info(path).about
        return {"name": about.get("name", path.stem), "trained": about.get("trained", {}),
                "fingerprint": self.load(path).fingerprint, "shipped": path in SHIPPED.values()}

    @property
    def classes(self) -> ClassedLandscape:
        """The world of the model in classes."""
        return ClassedLandscape(self.recipe("classes").data.widths)


@lru_cache(maxsize=2)
def workshop(scratch: Path, scale: Scale) -> Workshop:
    """The one for a folder and a scale, so that all experiments share what was made."""
    return Workshop(scratch, scale)


def seeded(seed: int) -> torch.Generator:
    """Random numbers."""
    return torch.Generator().manual_seed(seed)
