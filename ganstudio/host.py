"""What the program does for plugins: models, a measure of likeness, and the loop that trains.

Training needs a package that rendering does not (accelerate, in the extra `train`), so its loop is imported on need.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ganstudio.api import Direction, Learned, Model, Perceptual, PictureEdit, Pictures, Response, Training
from ganstudio.render.reach import measured
from ganstudio.resources import resource
from ganstudio.settings import user_data
from ganstudio.training.companions import adversary_beside, reader_beside
from ganstudio.training.keeping import keep
from ganstudio.training.offspring import new_model, pictures_of
from ganstudio.training.perceptual import best_perceptual

NEEDED = "Training needs the package “{name}”: pip install 'ganstudio[train]'."


class Models(Protocol):
    """The model library, as far as plugins are concerned."""

    def load(self, model_id: str, /) -> Any:
        """The model of that id (see `ganstudio.checkpoints.native.LoadedModel`)."""
        ...


class ModelHost:
    """The program's services for plugins; see `ganstudio.api.Host`."""

    def __init__(self, models: Models, edits: Callable[[], Mapping[str, PictureEdit]] = dict) -> None:
        self._models = models
        self.edits = edits

    def load_model(self, model_id: str, trainable: bool = False) -> Model:
        """A model of the library or of a file; OSError or ValueError with one sentence."""
        loaded = self._models.load(_of_file(model_id))
        generator: Any = loaded.generator
        if trainable:
            generator = copy.deepcopy(generator).requires_grad_(True)
        adversary = adversary_beside(loaded.info.path, generator.resolution)
        if adversary is None:
            return Model(model_id, loaded.info.name, generator, loaded.fingerprint)
        judge = adversary.network.requires_grad_(trainable)
        return Model(model_id, loaded.info.name, generator, loaded.fingerprint, judge, adversary.rates)

    def perceptual(self, model: Model) -> Perceptual:
        """LPIPS where installed, else features of the model's discriminator, of the factor reader, or plain pixels."""
        path: Path = self._models.load(_of_file(model.id)).info.path
        return best_perceptual(model, reader_beside(path, model.generator.resolution))

    def measure(self, model: Model, direction: Direction, edits: Sequence[PictureEdit]) -> Response:
        """What a direction does to held-out pictures, told as the edit that explains most of it."""
        return measured(model.generator, direction, edits)

    def direction_files(self, fingerprint: str) -> tuple[Path, ...]:
        """The files of directions for the model with these weights: the program's, then the user's, oldest first."""
        shipped, own = (root / "directions" / fingerprint for root in (resource(), user_data()))
        return (*sorted(shipped.glob("*.safetensors")), *sorted(own.glob("*.safetensors"), key=_time))

    def pictures(self, source: str, side: int, seed: int, classes: int = 0) -> Pictures:
        """Real pictures: of a folder, or of the procedural world (`landscape`, its width after a colon)."""
        return pictures_of(source, side, seed, classes)

    def new_model(self, generator: Any, name: str, about: Mapping[str, Any]) -> tuple[Learned, Model]:
        """The file of a generator that was trained, and the model as it will be read from there."""
        return new_model(generator, name, about)

    def keep(self, learned: Learned) -> Path:
        """Write something as its `keep` says, where the program finds it; where that is."""
        return keep(learned)

    def train(self, training: Training, options: Any, folder: Path, *, json_lines: bool = False,
              cpu: bool = False) -> bool:
        """Train with the shared loop; True when finished, False when interrupted."""
        try:
            from ganstudio.training.hosted import train
        except ModuleNotFoundError as error:
            raise ValueError(NEEDED.format(name=error.name)) from None
        return train(self, training, options, folder, json_lines=json_lines, cpu=cpu)


def _time(path: Path) -> float:
    return path.stat().st_mtime


def _of_file(model_id: str) -> str:
    """The library's id for a file, however its path is written; other ids as they are."""
    path = Path(model_id).expanduser()
    return str(path.resolve()) if path.is_file() else model_id
