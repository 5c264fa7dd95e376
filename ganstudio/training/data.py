"""Pictures for training: any source as one endless, seeded stream that can be entered anywhere.

Picture number n of the stream depends on the seed and n alone, so a resumed training goes on where it stopped and
every process of a distributed one takes its own share without talking to the others.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ganstudio.training.recipe import DataRecipe, RecipeError
from ganstudio.worlds.classes import ClassedLandscape
from ganstudio.worlds.landscape import Landscape

Pixels = npt.NDArray[np.uint8]
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
CACHE_BYTES = 2 << 30
"""Up to this much decoded data stays in memory; a larger source is drawn or decoded anew each time."""

ENDLESS = 1 << 40
"""The count of a world that never repeats; its stream is taken in order."""

log = logging.getLogger(__name__)


class Source(Protocol):
    """Numbered pictures of one size."""

    count: int
    size: int
    class_names: tuple[str, ...]

    def pixels(self, index: int) -> Pixels:
        """Picture 0 <= index < count as uint8 [size, size, 3]."""
        ...

    def label(self, index: int) -> int:
        """The class of that picture, 0 where there are no classes."""
        ...


class WorldSource:
    """The first `count` pictures of a procedural world's series `seed`."""

    def __init__(self, world: Landscape, seed: int, size: int, count: int) -> None:
        self.world, self.seed, self.size, self.count = world, seed, size, count
        self.class_names = world.class_names if isinstance(world, ClassedLandscape) else ()

    def pixels(self, index: int) -> Pixels:
        """Draw one."""
        return self.world.draw(self.world.factors(self.seed, index), self.size)

    def label(self, index: int) -> int:
        """The class it is drawn from."""
        return self.world.label(self.seed, index) if isinstance(self.world, ClassedLandscape) else 0


class FolderSource:
    """All pictures below a folder, in order of their names: middle square, shrunk to `size`.

    With `classes`, every folder directly below it is a class of that name.

    A picture that cannot be read is named in the log once, and the next readable one stands in for it. Raises
    RecipeError when there is none at all.
    """

    def __init__(self, folder: str | Path, size: int, classes: bool = False) -> None:
        if not Path(folder).is_dir():
            raise RecipeError(f"The picture folder {folder} does not exist.")
        self.paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        self.size, self.count = size, len(self.paths)
        self.folder, self.broken = folder, set[int]()
        if not self.paths:
            raise RecipeError(f"There are no pictures in the folder {folder}.")
        self.class_names = tuple(sorted({self._class(p) for p in self.paths})) if classes else ()
        if "" in self.class_names or len(self.class_names) == 1:
            raise RecipeError(f"For classes, the pictures in {folder} must lie in two or more folders, one a class.")

    def label(self, index: int) -> int:
        """The number of the folder the picture lies in."""
        return self.class_names.index(self._class(self.paths[index])) if self.class_names else 0

    def _class(self, path: Path) -> str:
        """The name of the folder directly below ours that holds a picture; empty for a picture beside them."""
        parts = path.relative_to(self.folder).parts
        return parts[0] if len(parts) > 1 else ""

    def pixels(self, index: int) -> Pixels:
        """Read one, or the next readable one."""
        for step in range(self.count):
            found = self._read((index + step) % self.count)
            if found is not None:
                return found
        raise RecipeError(f"None of the {self.count} pictures in the folder {self.folder} can be read.")

    def _read(self, index: int) -> Pixels | None:
        if index in self.broken:
            return None
        try:
            with Image.open(self.paths[index]) as image:
                return fit_square(image, self.size)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            self.broken.add(index)
            log.warning("skipped %s: %s", self.paths[index], error)
            return None


def fit_square(image: Image.Image, size: int) -> Pixels:
    """The middle square of a picture, upright, on white where it is transparent: uint8 [size, size, 3]."""
    image = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    fitted = ImageOps.fit(ground.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.uint8)


class Cached:
    """A source whose pictures are kept once made."""

    def __init__(self, source: Source) -> None:
        self.source, self.count, self.size, self.class_names = source, source.count, source.size, source.class_names
        self.kept = np.empty((self.count, self.size, self.size, 3), np.uint8)
        self.known = np.zeros(self.count, bool)

    def pixels(self, index: int) -> Pixels:
        """From memory where possible."""
        if not self.known[index]:
            self.kept[index] = self.source.pixels(index)
            self.known[index] = True
        kept: Pixels = self.kept[index]
        return kept

    def label(self, index: int) -> int:
        """The class of that picture."""
        return self.source.label(index)


class Stream:
    """A source shuffled anew each time round, mirrored half the time if wished: picture n for every n >= 0."""

    def __init__(self, source: Source, seed: int, mirror: bool = False) -> None:
        self.source, self.seed, self.mirror = source, seed, mirror
        self._round, self._order = -1, np.empty(0, np.int64)

    def index(self, number: int) -> int:
        """Which picture of the source is number `number` of the stream."""
        turn, place = divmod(number, self.source.count)
        if self.source.count == ENDLESS:
            return place
        if turn != self._round:
            self._round, self._order = turn, np.random.default_rng([self.seed, turn]).permutation(self.source.count)
        return int(self._order[place])

    def pixels(self, number: int) -> Pixels:
        """Picture `number` of the stream, uint8 [size, size, 3]."""
        pixels = self.source.pixels(self.index(number))
        flip = self.mirror and np.random.default_rng([self.seed, 1, number]).random() < 0.5
        return pixels[:, ::-1] if flip else pixels

    def images(self, first: int, count: int) -> Tensor:
        """Pictures first .. first + count - 1 as float32 [count, 3, size, size] in -1..1."""
        batch = np.stack([self.pixels(first + i) for i in range(count)])
        return torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 127.5 - 1


    def labels(self, first: int, count: int) -> Tensor | None:
        """The classes of these pictures as weights, float32 [count, classes], or None where there are none."""
        if not self.source.class_names:
            return None
        labels = torch.tensor([self.source.label(self.index(first + i)) for i in range(count)])
        return torch.nn.functional.one_hot(labels, len(self.source.class_names)).float()


def open_stream(data: DataRecipe, size: int, seed: int) -> Stream:
    """The stream a recipe asks for at `size` pixels. Raises RecipeError for a folder without pictures."""
    source: Source
    if data.folder:
        source = FolderSource(data.folder, size, classes=bool(data.classes))
    else:
        source = WorldSource(world_of(data), seed, size, data.distinct or ENDLESS)
    if source.count * size * size * 3 <= CACHE_BYTES:
        source = Cached(source)
    return Stream(source, seed, data.mirror)


def world_of(data: DataRecipe) -> Landscape:
    """The procedural world a recipe learns from."""
    return ClassedLandscape(data.widths or (data.width,)) if data.classes else Landscape(data.width)


def class_names_of(data: DataRecipe) -> tuple[str, ...]:
    """What the classes are called that a recipe tells apart; none where it tells none. Raises RecipeError."""
    if not data.classes:
        return ()
    if data.folder:
        return FolderSource(data.folder, 1, classes=True).class_names
    world = world_of(data)
    return world.class_names if isinstance(world, ClassedLandscape) else ()
