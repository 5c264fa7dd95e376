"""Directions that other programs found, read as data: rosinality's `factor.pt`, `.npy` boundaries, GANSpace's files.

None of these files says which model it was found in, so its numbers are fitted to one: by how many there are it is a
direction of z, of w, or of every layer's w. Pickles go through the restricted reader, arrays are read here; nothing
runs.
"""

from __future__ import annotations

import ast
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ganstudio.api import Direction, FloatArray, Generator, LayerRange, Layers, Space
from ganstudio.checkpoints.archive import Archive
from ganstudio.checkpoints.native import LoadedModel, ModelError
from ganstudio.checkpoints.pickle_machine import Budget, Unreadable
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.document.atomic import disk_sentence
from ganstudio.document.shelf import read_shelf, write_shelf

LARGEST = 256 << 20
MOST = 4096
"""Directions that are taken from one file."""
NUMPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
HEADER, DIMENSIONS = 1 << 16, 8
BOUNDARY, DEGREE, SIGMAS = 3.0, 5.0, 5.0
"""How far sliders go: the distances that InterFaceGAN's and rosinality's programs use, and GANSpace's in deviations."""


@dataclass(frozen=True, eq=False)
class DirectionFile:
    """What a file holds: `vectors` [k, dim], or [k, layers, dim] where each layer has its own.

    `reach` is how far their sliders go, `shares` each one's part of the variance (empty where unknown), `space` what
    file or name say of it ("" where they say nothing), `layers` the layers it moves, first to last (None: all).
    """

    path: Path
    source: str
    vectors: FloatArray
    reach: float
    sha256: str
    name: str
    shares: tuple[float, ...] = ()
    space: Space | str = ""
    layers: LayerRange | None = None

    @property
    def count(self) -> int:
        """How many directions there are."""
        return len(self.vectors)


def read_directions(path: Path) -> DirectionFile:
    """The directions in a file; ModelError in one sentence when it holds none."""
    data = _bytes_of(path)
    try:
        tree = _tree(path, data)
    except (Unreadable, ValueError, EOFError, MemoryError, OverflowError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"“{path.name}” cannot be read as directions: {error}.") from None
    return directions_in(path, tree, hashlib.sha256(data).hexdigest())


def directions_in(path: Path, tree: Any, sha256: str) -> DirectionFile:
    """The directions in what a file was read as; ModelError in one sentence when it holds none."""
    if (found := _known(tree)) is None:
        raise ModelError(f"“{path.name}” holds no directions: they are a NumPy array, GANSpace's “lat_comp”, or "
                         f"rosinality's “eigvec”.")
    source, vectors, reach, shares, about = found
    if not 1 <= len(vectors) <= MOST or vectors.shape[-1] < 2 or not np.isfinite(vectors).all():
        raise ModelError(f"“{path.name}” holds no directions: its numbers are too few, too many, or not finite.")
    if not np.abs(vectors).reshape(len(vectors), -1).max(axis=1).all():
        raise ModelError(f"“{path.name}” holds a direction that is all zeros, which leads nowhere.")
    return DirectionFile(path, source, vectors, reach, sha256, str(about.get("name") or _words(path.stem)), shares,
                         _space(path, about), _layers(about))


def holds_directions(tree: Any) -> bool:
    """Whether what was read out of a pickle or torch file is directions, by its keys; never raises."""
    return isinstance(tree, Mapping) and ("eigvec" in tree or "lat_comp" in tree) and _known(tree) is not None


def may_be_directions(path: Path) -> bool:
    """Whether a file is NumPy's by its first bytes, which no model is."""
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except (OSError, ValueError):
        return False
    return head.startswith(NUMPY) or (head.startswith(ZIP) and b".npy" in head)


def fit(file: DirectionFile, generator: Generator, fingerprint: str, space: str = "") -> tuple[Direction, ...]:
    """The file's directions for a model, in `space` ("z" or "w") where both would do; ModelError when neither does."""
    offered = spaces_of(file, generator)
    if not offered or (space and space not in offered):
        raise ModelError(_misfit(file, generator))
    said = file.space if file.space in offered else generator.space if generator.space in offered else offered[0]
    chosen: Space = "z" if (space or said) == "z" else "w"
    vectors, layers = _fitted(file, generator, chosen)
    return tuple(Direction(
        f"file:{file.sha256[:12]}:{index}", file.name if file.count == 1 else f"{file.name} {index}", chosen,
        np.ascontiguousarray(vector, np.float32), layers, fingerprint, (-file.reach, file.reach),
        file.shares[index] if file.shares else None, "file",
        {"file": file.path.name, "sha256": file.sha256, "format": file.source, "index": index},
    ) for index, vector in enumerate(vectors))  # fmt: skip


def keep_directions(path: Path, model: LoadedModel, shelves: Path, *, name: str = "", space: str = "",
                    count: int = MOST) -> tuple[Direction, ...]:
    """Read directions, fit them to a model and save them on its shelf, with a star; ModelError or ProjectError."""
    if space not in ("", "z", "w"):
        raise ModelError(f"“{space}” is no space: write z or w.")
    file = read_directions(path)
    found = fit(replace(file, name=name or file.name), model.generator, model.fingerprint, space)[:count]
    return put_on_shelf(found, model.fingerprint, shelves)


def put_on_shelf(found: tuple[Direction, ...], fingerprint: str, shelves: Path) -> tuple[Direction, ...]:
    """Save directions with those of a model, with a star; ProjectError when it cannot be written."""
    write_shelf(shelves, fingerprint, read_shelf(shelves, fingerprint).with_kept(found))
    return found


def spaces_of(file: DirectionFile, generator: Generator) -> tuple[str, ...]:
    """In which spaces of a model the directions could lie, by their size alone."""
    size = file.vectors.shape[1:]
    in_w = generator.space == "w" and size in ((generator.w_dim,), (generator.num_ws, generator.w_dim),
                                               (generator.num_ws * generator.w_dim,))
    return tuple(space for space, there in (("z", size == (generator.z_dim,)), ("w", in_w)) if there)


def _fitted(file: DirectionFile, generator: Generator, space: Space) -> tuple[FloatArray, Layers]:
    if space == "z":
        return file.vectors, ()
    everywhere = LayerRange(0, generator.num_ws)
    moved = file.layers if file.layers and file.layers.last <= generator.num_ws else everywhere
    flat = file.vectors.ndim == 2 and file.vectors.shape[1] != generator.w_dim
    return file.vectors.reshape(file.count, generator.num_ws, generator.w_dim) if flat else file.vectors, (moved,)


def _misfit(file: DirectionFile, generator: Generator) -> str:
    size = " x ".join(str(side) for side in file.vectors.shape[1:])
    takes = f"{generator.z_dim} for z"
    if generator.space == "w":
        takes += f" and {generator.w_dim} for each of {generator.num_ws} layers of w"
    return (f"“{file.path.name}” holds directions of {size} numbers, but this model takes {takes}: they were found in "
            f"another model.")


# reading

Found = tuple[str, FloatArray, float, tuple[float, ...], Mapping[str, Any]]


def _known(tree: Any) -> Found | None:
    """Source, vectors, reach, shares and what else there is; None for what is no directions."""
    if (plain := _rows(tree)) is not None:
        return "boundaries", plain, BOUNDARY, (), {}
    if not isinstance(tree, Mapping):
        return None
    if (columns := _floats(tree.get("eigvec"))) is not None and columns.ndim == 2:
        return "rosinality factor", np.ascontiguousarray(columns.T), DEGREE, (), {}
    if (components := _rows(tree.get("lat_comp"))) is not None:
        return _ganspace(tree, components)
    named = [_rows(value) for key, value in tree.items() if re.match(r"boundar|direction", str(key), re.I)]
    arrays = [rows for rows in (named or [_rows(value) for value in tree.values()]) if rows is not None]
    return ("boundaries", arrays[0], BOUNDARY, (), {}) if len(arrays) == 1 else None


def _ganspace(tree: Mapping[str, Any], components: FloatArray) -> Found:
    """Components, each as long as its standard deviation, so that a slider counts deviations as GANSpace does."""
    count = len(components)
    spread, ratio = (_floats(tree.get(key)) for key in ("lat_stdev", "var_ratio"))
    vectors = components
    if spread is not None and spread.size == count and np.isfinite(spread).all() and (spread > 0).all():
        vectors = components * spread.reshape(count, *[1] * (components.ndim - 1))
    shares: tuple[float, ...] = ()
    if ratio is not None and ratio.size == count and np.isfinite(ratio).all():
        shares = tuple(float(share) for share in ratio.flatten())
    return "GANSpace", vectors, SIGMAS, shares, tree


def _rows(value: Any) -> FloatArray | None:
    """[k, dim] or [k, layers, dim] of what may be [dim], [k, dim], [k, 1, dim] or [k, layers, dim]."""
    array = _floats(value)
    if array is None or not 1 <= array.ndim <= 4:
        return None
    if array.ndim == 1:
        return array[None]
    middle = tuple(side for side in array.shape[1:-1] if side != 1)
    return array.reshape(array.shape[0], *middle, array.shape[-1]) if len(middle) <= 1 else None


def _floats(value: Any) -> FloatArray | None:
    """Numbers as float32; None for what is none."""
    if isinstance(value, Tensor):
        value = value.detach().float().numpy() if value.is_floating_point() else value.detach().numpy()
    if not isinstance(value, np.ndarray | np.floating) or np.asarray(value).dtype.kind not in "fiu":
        return None
    return np.asarray(value, np.float32)


def _space(path: Path, about: Mapping[str, Any]) -> str:
    """What a file says of its space, or its name as InterFaceGAN's and GANSpace's programs write it."""
    told = str(about.get("latent_space", "")).lower()[:1]
    if told in ("z", "w"):
        return told
    match = re.search(r"(?:^|[_\-. ])(wp?|z)(?:[_\-. ]|$)", path.stem, re.I)
    return match[1].lower()[0] if match else ""


def _layers(about: Mapping[str, Any]) -> LayerRange | None:
    """The layers that a single exported direction moves, both ends told."""
    first, last = about.get("edit_start"), about.get("edit_end")
    whole = all(isinstance(end, int | np.integer) and not isinstance(end, bool) for end in (first, last))
    return LayerRange(int(first), int(last) + 1) if whole and 0 <= first <= last else None  # type: ignore[arg-type,operator]


def _words(stem: str) -> str:
    return " ".join(re.sub(r"[\s_]+", " ", stem).split())[:60] or "Direction"


def _bytes_of(path: Path) -> memoryview:
    try:
        if path.stat().st_size > LARGEST:
            raise ModelError(f"“{path.name}” is larger than any file of directions.")
        return memoryview(path.read_bytes())
    except OSError as error:
        raise ModelError(disk_sentence(error, path)) from None
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError("That is no name a file could have.") from None


def _tree(path: Path, data: memoryview) -> Any:
    """An array, a dict of arrays, or what a pickle holds."""
    if data[:len(NUMPY)] == NUMPY:
        return _array(data)
    if not may_be_directions(path):
        return read_tree(path)
    archive = Archive(data, Budget(len(data)))
    members = ((name, archive.get(name)) for name in archive.names())
    return {name.removesuffix(".npy"): _array(member) for name, member in members
            if member is not None and member[:len(NUMPY)] == NUMPY}


def _array(data: memoryview) -> NDArray[Any]:
    """The numbers of a .npy file, as many as it holds; ValueError for anything else, objects above all."""
    version = bytes(data[6:8])
    wide = version == b"\x02\x00"
    start = (12 if wide else 10) + int.from_bytes(data[8:12 if wide else 10], "little")
    if version not in (b"\x01\x00", b"\x02\x00") or start > min(HEADER, len(data)):
        raise ValueError("it is of an unknown version of NumPy's format, or torn")
    try:
        head = ast.literal_eval(bytes(data[12 if wide else 10:start]).decode("latin-1").strip())
        dtype, fortran, shape = np.dtype(str(head["descr"])), bool(head["fortran_order"]), tuple(head["shape"])
    except (SyntaxError, KeyError, TypeError, RecursionError):
        raise ValueError("it does not say what numbers it holds") from None
    if dtype.hasobject or dtype.kind not in "fiub":
        raise ValueError("it holds objects instead of numbers, and making them would run code")
    if not all(isinstance(side, int) and side >= 0 for side in shape) or len(shape) > DIMENSIONS \
            or math.prod(shape) * dtype.itemsize > len(data) - start:
        raise ValueError("it is torn: it holds fewer numbers than it claims")
    return np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape, order="F" if fortran else "C")
