"""Walks as the paper's authors published them: the raw numbers of a TensorFlow checkpoint, without TensorFlow.

A `.data` file is little-endian float32 and nothing else. Straight walks are [1, dim, edits]; dim is that of z, or of
all layers' w one after the other. Step networks are four layers, each its biases and then its matrix [in, out]: two
for a step forward, two for one back. `opt.yml` beside it says which edit it is, and of which generator. They are
another group's work, without a licence to hand on: whoever has them may use them here, none come with the program.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganstudio.api import Direction, Generator, LayerRange, Model, PictureEdit, StepLayers, StepNetwork
from ganstudio_plugins.steering.edits import GROUPS, chosen
from ganstudio_plugins.steering.files import WalkError

NAMES = {"shiftx": "shift-x", "shifty": "shift-y", "rotate2d": "rotate", "rotate3d": "rotate-depth",
         "color": "colour", "colorlab": "lab"}
"""The authors' names of edits, where ours differ."""
AS_STEPS = {"colour": "whiten", "lab": "luminance"}
"""A step of a group's network is one step of everything in it."""
FAMILIES = {"biggan": ("biggan", "BigGAN"), "stylegan": ("stylegan", "StyleGAN"), "pgan": ("progan", "ProGAN")}
"""The authors' names of generators: our family, and how it is called."""
REACH, STEPS = 1.5, 10.0
"""How far straight walks and step networks are measured; the authors' alphas are fed as ours are."""
LARGEST, GLANCE = 32 << 20, 1 << 16
"""Bytes of the largest file, and those looked at to recognise one."""
LEAST, MOST = 1e-12, 1e4
"""Between these lie a walk's numbers; texts, archives and pictures read as numbers lie anywhere."""
INDEX_END = bytes.fromhex("57fb808b247547db")
"""How the index beside a checkpoint ends."""
OPTIONS = "opt.yml"


@dataclass(frozen=True)
class Told:
    """What `opt.yml` beside a walk says, empty where it does not: the edit in our words (of a group, perhaps one
    `channel`), the authors' name of the generator, and what that was trained on."""

    edit: str = ""
    generator: str = ""
    dataset: str = ""
    channel: int | None = None

    @property
    def made_for(self) -> str:
        """The generator in words for people."""
        title = FAMILIES.get(self.generator, ("", self.generator))[1]
        return f"{title}, {self.dataset}" if self.dataset and self.generator != "biggan" else title


@dataclass(frozen=True, eq=False)
class Published:
    """The numbers of a file: vectors [edits, ...], or a step network."""

    space: str
    vectors: np.ndarray
    steps: StepNetwork | None = None


# files

def is_published(path: Path) -> bool:
    """Whether a file holds what a walk does, or lies beside one, or a folder has one; by content, never raises."""
    try:
        return any(_plain(np.fromfile(file, "<f4", GLANCE // 4)) for file in _files(path) if _walk_sized(file))
    except (OSError, ValueError):
        return False


def walk_in(path: Path) -> Path:
    """The numbers' file of what may be that file, its index, its options, or their folder; else WalkError."""
    try:
        files = _files(path)
    except OSError as error:
        raise WalkError(f"“{path}” cannot be read ({error.strerror or error}).") from None
    final = [file for file in files if "final" in file.name]
    for found in (files, final):
        if len(found) == 1:
            return found[0]
    raise WalkError(f"There are {len(files)} walks in “{path.name}”: open one of them.")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.data-*"))
    if path.name == OPTIONS:
        return _files(path.parent)
    if path.suffix == ".index" and path.read_bytes()[-len(INDEX_END):] == INDEX_END:
        return sorted(path.parent.glob(f"{path.stem}.data-*"))
    return [path]


def _walk_sized(file: Path) -> bool:
    size = file.stat().st_size
    return file.is_file() and 0 < size <= LARGEST and size % 4 == 0


def _plain(numbers: np.ndarray) -> bool:
    sizes = np.abs(numbers[numbers != 0])
    return bool(sizes.size and np.isfinite(sizes).all() and sizes.min() >= LEAST and sizes.max() <= MOST)


def told_beside(path: Path) -> Told:
    """What the options beside a file say."""
    try:
        text = (path.parent / OPTIONS).read_text("utf-8", errors="replace")
    except OSError:
        return Told()

    def word(key: str) -> str:
        match = re.search(rf"^[ \t]*{key}:[ \t]*['\"]?(\w+)", text, re.MULTILINE)
        return match[1] if match and match[1] != "null" else ""

    edit, channel = word("transform"), word("channel")
    return Told(NAMES.get(edit, edit), word("model"), word("dataset"), int(channel) if channel.isdecimal() else None)


# numbers

def numbers_in(path: Path) -> np.ndarray:
    """All numbers of a file; WalkError when they are none."""
    try:
        numbers = np.fromfile(path, "<f4") if _walk_sized(path) else np.empty(0, "<f4")
    except OSError as error:
        raise WalkError(f"“{path}” cannot be read ({error.strerror or error}).") from None
    if not numbers.size or not np.isfinite(numbers).all():
        raise WalkError(f"“{path.name}” is no walk: it does not hold plain numbers.")
    return numbers


def edits_in(numbers: np.ndarray, generator: Generator) -> int:
    """How many edits a walk of this generator has that is so long: 1 or 3; 0 where none is."""
    z, ws = generator.z_dim, _ws_size(generator)
    return next((count for count in (1, 3) if numbers.size in (z * count, ws * count or -1)),
                int(numbers.size == _network_size(z)))


def read_published(path: Path, generator: Generator, edits: int) -> Published:
    """The walk of so many edits in a file, if it has the size of one for this generator; else WalkError."""
    numbers = numbers_in(path)
    z, ws = generator.z_dim, _ws_size(generator)
    if numbers.size == z * edits:
        return Published("z", _columns(numbers, edits))
    if ws and numbers.size == ws * edits:
        return Published("w", _columns(numbers, edits).reshape(edits, generator.num_ws, generator.w_dim))
    if numbers.size == _network_size(z) and edits == 1:
        return Published("z", np.zeros((1, z), np.float32), _network(numbers, z))
    *others, last = (str(size) for size in (z * edits, ws * edits, _network_size(z) * (edits == 1)) if size)
    sizes = f"{', '.join(others)} or {last}" if others else last
    raise WalkError(f"“{path.name}” holds {numbers.size} numbers, but a walk of this model has {sizes}: open the model "
                    f"it was made for.")


def _ws_size(generator: Generator) -> int:
    return generator.num_ws * generator.w_dim if generator.space == "w" else 0


def _network_size(z: int) -> int:
    return 4 * (z * z + z)


def _columns(numbers: np.ndarray, edits: int) -> np.ndarray:
    return np.ascontiguousarray(numbers.reshape(-1, edits).T, dtype=np.float32)


def _network(numbers: np.ndarray, dim: int) -> StepNetwork:
    rows = numbers.astype(np.float32).reshape(4, dim + dim * dim)
    layers = [(np.ascontiguousarray(row[dim:].reshape(dim, dim).T), row[:dim].copy()) for row in rows]
    forward, reverse = (StepLayers(*layers[i], *layers[i + 1]) for i in (0, 2))
    return StepNetwork(forward, reverse, keep_norm=True)


# sliders

def directions_of(path: Path, model: Model, word: str, there: Mapping[str, PictureEdit]) -> list[Direction]:
    """A direction of a model for each edit of the walk in a file, not yet measured; `word` is the edit, in our words
    or the authors', or empty where nobody knows. ValueError in one sentence where it cannot be had."""
    told = told_beside(path)
    _check_family(path, model, told)
    if not word:
        read_published(path, model.generator, edits_in(numbers_in(path), model.generator) or 1)
        raise WalkError(f"Nothing beside “{path.name}” says which edit this walk makes: say which.")
    edits = _edits(NAMES.get(word, word), told, numbers_in(path).size == _network_size(model.generator.z_dim), there)
    published = read_published(path, model.generator, len(edits))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return [_direction(published, i, edit, model, {"edit": edit.id, "file": path.name, "sha256": digest})
            for i, edit in enumerate(edits)]


def _check_family(path: Path, model: Model, told: Told) -> None:
    family, _ = FAMILIES.get(told.generator, ("", ""))
    if family and model.generator.family != family:
        raise WalkError(f"“{path.name}” is a walk of another model ({told.made_for}) and cannot move “{model.name}”: "
                        f"open the model it was made for.")


def _edits(word: str, told: Told, steps: bool, there: Mapping[str, PictureEdit]) -> tuple[PictureEdit, ...]:
    if word in GROUPS and (steps or told.channel in range(3)):
        word = GROUPS[word][told.channel] if told.channel in range(3) else AS_STEPS[word]
    groups = chosen(word, there)
    if len(groups) > 1:
        raise WalkError("A published walk is of one edit, or of colour or lab.")
    return groups[0]


def _direction(published: Published, index: int, edit: PictureEdit, model: Model,
               parameters: Mapping[str, str]) -> Direction:
    steps = published.steps
    reach = REACH if steps is None else STEPS
    return Direction(
        id=f"steering:{edit.id}~published{'~steps' if steps else ''}~{parameters['sha256'][:8]}",
        name=f"{edit.name}, published", space="z" if published.space == "z" else "w",
        vector=published.vectors[index], fingerprint=model.fingerprint, reach=(-reach, reach), source="steering",
        layers=(LayerRange(0, model.generator.num_ws),) if published.space == "w" else (), parameters=parameters,
        steps=steps,
    )  # fmt: skip
