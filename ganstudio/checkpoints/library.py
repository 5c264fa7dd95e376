"""The models a user can choose from: those that come with the program, those in their folder, and opened files.

Listing reads descriptions only; a model's tensors are read when it is first needed and kept for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock

from ganstudio.api import truncates
from ganstudio.checkpoints.native import (
    FAMILIES,
    LoadedModel,
    ModelError,
    ModelInfo,
    numbers_in,
    read_info,
    read_native,
)
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.resources import resource
from ganstudio.settings import user_data

SUFFIX = ".safetensors"
Stamp = tuple[Path, int, int]
"""A file with its time and size: changes when the file does."""
KEPT = 3
"""How many models stay in memory."""
PSI = 0.7
"""Truncation of a new document, for models that have an average w."""


@dataclass(frozen=True)
class ModelEntry:
    """One line of the library.

    `id` is what documents and the command line call it; `terms` says what its licence allows; `path` is None while
    there is no file; `size` is in bytes; `parameters` is about how many numbers were learned. `available` says whether
    it can be opened, and `problem` why not (one sentence).
    """

    id: str
    name: str
    family: str
    resolution: int
    terms: str = ""
    path: Path | None = None
    available: bool = True
    size: int = 0
    problem: str = ""
    classes: int = 0
    parameters: int = 0


FACES = ModelEntry(
    "faces", "Faces", "mobilestylegan", 1024,
    "Research and non-commercial use: the wheel says Apache-2.0, but the network descends from non-commercial weights.",
    available=False, problem="“Faces” is not installed: get it in the model library, or with “ganstudio get faces”.",
)  # fmt: skip
"""A published model the program can fetch; listed before it is there, so that it can be offered."""


def usual_folders() -> tuple[Path, Path]:
    """Where models are looked for: those that come with the program, then the user's own."""
    return resource("models"), user_data() / "models"


class ModelLibrary:
    """Finds models in folders (the first folder's come first), lists them and loads them; safe from any thread."""

    def __init__(self, folders: Sequence[Path], fetchable: Sequence[ModelEntry] = (FACES,)) -> None:
        self._folders = tuple(folders)
        self._fetchable = tuple(fetchable)
        self._added: dict[str, Path] = {}
        self._described: dict[tuple[str, Stamp], ModelEntry] = {}
        self._loaded: OrderedDict[Stamp, LoadedModel] = OrderedDict()
        self._listing, self._loading = RLock(), Lock()

    def entries(self) -> tuple[ModelEntry, ...]:
        """Every model: those in the folders as they are now, those that can be fetched, then opened files."""
        found: dict[str, ModelEntry] = {}
        for folder in self._folders:
            for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stem):
                found.setdefault(path.stem, self._describe(path.stem, path))
        for entry in self._fetchable:
            found.setdefault(entry.id, entry)
        with self._listing:
            added = dict(self._added)
        return (*found.values(), *(self._describe(id_, path) for id_, path in added.items()))

    def entry(self, model_id: str) -> ModelEntry:
        """The entry of that id; a path counts as one, whether added or not. ModelError when there is none."""
        for entry in self.entries():
            if entry.id == model_id:
                return entry
        path = Path(model_id)
        if path.is_absolute():
            return self._describe(model_id, path)
        known = ", ".join(entry.id for entry in self.entries())
        raise ModelError(f"There is no model “{model_id}” in the library (it holds: {known or 'none'}).")

    def add(self, path: Path) -> ModelEntry:
        """List a model file from anywhere; ModelError when it cannot be used. A file of a folder keeps its own id."""
        path = path.expanduser().resolve()
        for entry in self.entries():
            if entry.path is not None and entry.path.resolve() == path:
                return _usable(entry)
        entry = _usable(self._describe(str(path), path))
        with self._listing:
            self._added[entry.id] = path
        return entry

    def forget(self, model_id: str) -> None:
        """List a file that was opened from anywhere no more."""
        with self._listing:
            self._added.pop(model_id, None)

    def load(self, model_id: str) -> LoadedModel:
        """The model, read from its file or from memory; ModelError with one sentence when it cannot be had."""
        path = _usable(self.entry(model_id)).path
        assert path is not None
        if (model := self._in_memory(key := _stamp(path))) is not None:
            return model
        with self._loading:
            model = self._in_memory(key) or read_native(path)
            with self._listing:
                self._loaded[key] = model
                while len(self._loaded) > KEPT:
                    self._loaded.popitem(last=False)
            return model

    def _in_memory(self, key: Stamp) -> LoadedModel | None:
        """A model that is kept, without waiting for one that is being read."""
        with self._listing:
            if key in self._loaded:
                self._loaded.move_to_end(key)
            return self._loaded.get(key)

    def default_document(self, model_id: str, seed: int | None = None) -> Document:
        """A document to begin with: the look of a seed (the one the model's file recommends, or 0), truncated a bit."""
        model = self.load(model_id)
        generator, about = model.generator, model.info.about
        start = int(about.get("first_seed", 0)) if seed is None else seed
        base = base_from_seed(start, generator.z_dim, generator.num_classes)
        psi = float(about.get("psi", PSI)) if truncates(generator) else 1.0
        return Document(ModelRef(model_id, model.fingerprint), Latent(base, psi))

    def _describe(self, model_id: str, path: Path) -> ModelEntry:
        """What a file says of itself, or, when it is none of ours, an entry that says so."""
        try:
            key = model_id, _stamp(path)
            with self._listing:
                if key not in self._described:
                    self._described[key] = _entry(model_id, path, read_info(path))
                return self._described[key]
        except ModelError as error:
            return ModelEntry(model_id, path.stem, "", 0, path=path, available=False, problem=str(error))


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"The model file “{path}” cannot be read ({error.strerror or error}).") from None
    return path, stat.st_mtime_ns, stat.st_size


def _entry(model_id: str, path: Path, info: ModelInfo) -> ModelEntry:
    return ModelEntry(model_id, info.name, info.family, _resolution(info), info.terms, path, size=path.stat().st_size,
                      classes=_classes(info), parameters=_parameters(info))


def _classes(info: ModelInfo) -> int:
    return int(getattr(FAMILIES[info.family].read(info.config), "num_classes", 0))


def _parameters(info: ModelInfo) -> int:
    """What the file says, else all the numbers in it, by its header alone."""
    told = info.about.get("parameters")
    return told if isinstance(told, int) and told > 0 else numbers_in(info.path)


def _resolution(info: ModelInfo) -> int:
    """Side of the pictures, from the description alone."""
    try:
        return FAMILIES[info.family].resolution(info.config)
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(f"The description of “{info.path.name}” makes no {info.family} network ({error}).") from None


def _usable(entry: ModelEntry) -> ModelEntry:
    if not entry.available or entry.path is None:
        raise ModelError(entry.problem or f"The model “{entry.name}” is not installed.")
    return entry
