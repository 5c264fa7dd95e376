"""What every experiment works with: a model with its regressor, a factor reader, the world, and how much of each."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from ganstudio.api import Model, Regressor
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.checkpoints.native import LoadedModel, fingerprint_of
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.bench import Bench
from ganstudio.render.regression import no_regressor
from ganstudio.render.renderer import Renderer
from ganstudio.resources import resource
from ganstudio.training.factor_reader import FactorReader
from ganstudio.training.measure import data_images, read
from ganstudio.training.resume import load_network, read_resume
from ganstudio.worlds.landscape import Landscape
from tests.evidence.drawing import sized
from tests.evidence.frame import EvidenceError
from tests.evidence.regressor.figures import BATCH, Realism

READER = Path("training/landscape-reader.safetensors")
WIDTH = 0.25
"""Of the world, for models that do not say what they learned from."""


@dataclass(frozen=True)
class Scale:
    """How much is measured: `pairs` of pictures for each edit, `contexts` with `replacements` of each part, `pictures`
    that are encoded, `optimised` of them one by one in `steps`, evidence models trained on `kimg` thousand samples,
    `shown` columns in pictures, `data` renders to compare with."""

    pairs: int = 200
    contexts: int = 12
    replacements: int = 24
    pictures: int = 1000
    optimised: int = 32
    steps: int = 40
    kimg: float = 12.0
    shown: int = 3
    data: int = 2000


QUICK = Scale(pairs=6, contexts=2, replacements=2, pictures=12, optimised=2, steps=2, kimg=0.032, shown=2, data=40)


@dataclass(frozen=True, eq=False)
class Inputs:
    """`bench` holds the model; latents are z [n, z_dim] or w+ [n, num_ws, w_dim], images [n, 3, side, side]."""

    model_id: str
    bench: Bench
    registry: PluginRegistry
    reader: FactorReader
    world: Landscape
    scale: Scale
    seed: int
    regressor_key: str = ""
    """The fingerprint of the regressor's weights, wherever its file lies and whatever else that says."""
    drawn: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    """The last samples, since several measurements in a row are of the same ones."""

    @property
    def training_key(self) -> str:
        """A folder's name for what is trained for comparison: another for other weights, seeds and lengths."""
        return f"{self.bench.model.fingerprint[:12]}-{self.scale.kimg:g}k-{self.seed}"

    @property
    def optimising_key(self) -> str:
        """The same for what is optimised picture by picture."""
        weights = f"{self.bench.model.fingerprint[:12]}-{self.regressor_key}"
        return f"{weights}-{self.scale.pictures}-{self.scale.steps}-{self.seed}"

    @property
    def side(self) -> int:
        """Of the model's pictures, in pixels."""
        return int(self.bench.generator.resolution)

    @property
    def regressor(self) -> Regressor:
        """The one that is measured."""
        assert self.bench.regressor is not None
        return self.bench.regressor

    @cached_property
    def realism(self) -> Realism:
        """Compares with the world."""
        _, images = data_images(self.world, self.scale.data, self.reader.resolution)
        return Realism(self.reader, read(self.reader, iter(images)))

    def guess(self, images: Tensor, masks: Tensor | None = None, regressor: Regressor | None = None) -> Tensor:
        """What a regressor (the measured one) says of images where masks [n, 1, side, side] count."""
        found, whole = regressor or self.regressor, torch.ones_like(images[:, :1])
        return in_batches(found.regress, images, whole if masks is None else masks)

    def picture(self, latents: Tensor) -> Tensor:
        """What the generator draws of latents."""
        return in_batches(self.bench.picture, latents).clamp(-1, 1)

    def samples(self, count: int, series: int) -> Tensor:
        """Random pictures of the model; each series has others."""
        if (count, series) not in self.drawn:
            self.drawn.clear()
            found = self.bench.samples(count, self.seed * 1000 + 3_141_592_653 + series)
            self.drawn[count, series] = found.clamp(-1, 1)
        return self.drawn[count, series]

    def likeness(self, one: Tensor, other: Tensor) -> float:
        """How different images look, in the eyes the program has for this model."""
        pairs = zip(one.split(BATCH), other.split(BATCH), strict=True)
        with torch.no_grad():
            return sum(float(self.bench.likeness(a, b)) * len(a) for a, b in pairs) / len(one)

    def for_reader(self, images: Tensor) -> Tensor:
        """Images at the size that the reader reads."""
        return sized(images, self.reader.resolution)

    def plugin(self, module: str) -> ModuleType:
        """A module of the regressor's plugin."""
        self.registry.trainings()
        return sys.modules[f"ganstudio_plugins.regressor.{module}"]


def in_batches(compute: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """Of all tensors, a few at a time, without a graph."""
    with torch.no_grad():
        return torch.cat([compute(*parts) for parts in zip(*(t.split(BATCH) for t in tensors), strict=True)])


class OneRegressor:
    """Says that this regressor belongs to the model; see `ganstudio.render.regression.Sight`."""

    def __init__(self, regressors: Regressors, regressor: Regressor) -> None:
        self._regressors, self._regressor = regressors, regressor
        self.perceptual_for = regressors.perceptual_for

    def regressor_for(self, model: LoadedModel) -> Regressor:
        """The one it was given."""
        return self._regressor


def open_inputs(model_id: str, regressor: Path | None, scale: Scale, seed: int) -> tuple[Inputs, dict[str, Any]]:
    """Everything, and what the figures will be about. EvidenceError with one sentence for what cannot be had."""
    try:
        return _opened(model_id, regressor, scale, seed)
    except (ValueError, OSError) as error:
        raise EvidenceError(str(error)) from None


def _opened(model_id: str, regressor: Path | None, scale: Scale, seed: int) -> tuple[Inputs, dict[str, Any]]:
    library = ModelLibrary(usual_folders())
    registry = PluginRegistry(library)
    sight: Any = Regressors(registry)
    loaded = library.load(model_id)
    if regressor is not None:
        reader = registry.regressors()["regressor"]
        model = Model(model_id, loaded.info.name, loaded.generator, loaded.fingerprint)
        sight, path = OneRegressor(sight, reader.read(regressor, model)), regressor
    elif (found := sight.file_for(loaded)) is None:
        raise EvidenceError(no_regressor(loaded))
    else:
        path = found
    bench = Renderer(library, "cpu", sight=sight).bench(library.default_document(model_id))
    torch.set_num_threads(1)
    reader_path = resource("models") / READER
    inputs = Inputs(model_id, replace(bench, noise="const"), registry, shipped_reader(reader_path),
                    Landscape(_width(loaded)), scale, seed, fingerprint_of(load_file(path)))
    about = {"model": loaded.info.name, "family": loaded.generator.family, "side": inputs.side,
             "weights": loaded.fingerprint, "regressor": inputs.regressor_key, "reader": _hash(reader_path),
             "seed": seed, "likeness": bench.likeness.name, "scale": asdict(scale)}
    return inputs, about


def shipped_reader(path: Path) -> FactorReader:
    """The factor reader that comes with the built-in model."""
    saved = read_resume(path)
    reader = FactorReader(int(saved.recipe["resolution"]))
    load_network(reader, saved, "reader")
    return reader.eval().requires_grad_(False)


def _width(loaded: LoadedModel) -> float:
    recipe: Any = loaded.info.about.get("recipe", {})
    data = recipe.get("data", {}) if isinstance(recipe, dict) else {}
    return float(data.get("width", WIDTH))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
