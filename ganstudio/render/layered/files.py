"""Files of layers in and out: told by content, read into parts, written from a document, each as a job.

psd-tools takes a second to load, so the module of a format is loaded when a file of it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ganstudio.document.atomic import disk_sentence, write_atomically
from ganstudio.document.collage import Collage, Part, Picture, Placement, Source, part_of
from ganstudio.document.document import Document
from ganstudio.document.mask import Mask
from ganstudio.document.tiles import Tiles
from ganstudio.render.layered.baking import Baker, Place
from ganstudio.render.layered.stack import MOST_BYTES, LayerFile, LayerFileError, Levels, Raster, Size
from ganstudio.render.photo import LONGEST, Photo
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Shot

PSD, ORA = ".psd", ".ora"
SUFFIXES = (PSD, ".psb", ORA)
"""Names of files that may hold layers."""
PACKAGE = "ganstudio.render.layered"
KINDS = {b"8BPS": (f"{PACKAGE}.photoshop", "read_photoshop"), b"PK\x03\x04": (f"{PACKAGE}.openraster",
                                                                             "read_openraster")}
WRITERS = {PSD: (f"{PACKAGE}.photoshop_writer", "PhotoshopWriter"), ORA: (f"{PACKAGE}.openraster", "OpenRasterWriter")}
MOST_SIDE = 4096
"""Pixels of the longer side beyond which layers are not written."""


class Writer(Protocol):
    """Takes layers, lowest first; `finish` gives the file's bytes from the picture they make."""

    def add(self, raster: Raster) -> None: ...
    def finish(self, merged: Levels) -> bytes: ...


@dataclass(frozen=True)
class LayersPlan:
    """What to write: PSD or OpenRaster by the path's suffix, `scale` pixels for one of the frame, and where the drawn
    picture goes; it is then called `title`."""

    path: Path
    scale: int = 1
    picture: Place = "none"
    title: str = "Picture"


@dataclass(frozen=True)
class Progress:
    """Layers done and to do, and at the end a sentence on what is not in the file."""

    done: int
    total: int
    note: str = ""


# in


def is_layered(path: Path) -> bool:
    """Whether a file is to be read as layers, by its name."""
    return path.suffix.lower() in SUFFIXES


def read_parts(path: Path, frame: Size) -> Iterator[Photo]:
    """The layers of a file as parts in a frame of this width and height, one a step, lowest first.

    The file's canvas is fitted into the frame, keeping its proportions; layers keep their own pixels. The last step
    carries a sentence on what is lost. LayerFileError when the file cannot be used.
    """
    try:
        yield from _parts(path, frame)
    except LayerFileError as error:
        raise LayerFileError(f"“{path.name}” cannot be opened as layers: {_inside(str(error))}") from None
    except OSError as error:
        raise LayerFileError(disk_sentence(error, path)) from None
    except MemoryError:
        raise LayerFileError(f"There is not enough memory for “{path.name}”.") from None


def _parts(path: Path, frame: Size) -> Iterator[Photo]:
    file = _open(path)
    last, reduced, empty = None, 0, 0
    for raster in file.rasters:
        if not raster.alpha.any():
            empty += 1
            continue
        if last is not None:
            yield Photo(last)
        fitted = _fitted(raster)
        reduced += fitted is not raster
        last = _part(fitted, raster, path.name, file.size, frame)
    if last is None:
        raise LayerFileError("It has no layer with anything to see.")
    notes = [file.notes.sentence(), f"Empty layers left out: {empty}." if empty else "",
             f"Layers longer than {LONGEST} pixels made smaller: {reduced}." if reduced else ""]
    told = " ".join(filter(None, notes))
    yield Photo(last, f"“{path.name}”: {_inside(told)}" if told else "")


def _open(path: Path) -> LayerFile:
    with path.open("rb") as file:
        kind = KINDS.get(file.read(4))
    if kind is None:
        raise LayerFileError("It is neither a Photoshop nor an OpenRaster file.")
    if path.stat().st_size > MOST_BYTES:
        raise LayerFileError(f"It is larger than {MOST_BYTES // 2**20} MB.")
    opened: LayerFile = _found(*kind)(path)
    return opened


def _found(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def _inside(sentence: str) -> str:
    """A sentence as it goes on after a colon."""
    return sentence[:1].lower() + sentence[1:]


def _fitted(raster: Raster) -> Raster:
    """No side longer than a photo's may be."""
    width, height = raster.size
    if max(width, height) <= LONGEST:
        return raster
    share = LONGEST / max(width, height)
    size = max(1, round(width * share)), max(1, round(height * share))
    levels = np.asarray(Image.fromarray(np.dstack([raster.rgb, raster.alpha])).resize(size, Image.Resampling.BICUBIC))
    return replace(raster, rgb=np.ascontiguousarray(levels[..., :3]), alpha=np.ascontiguousarray(levels[..., 3]))


def _part(raster: Raster, placed: Raster, source: str, canvas: Size, frame: Size) -> Part:
    """A part that lies in the frame as the raster `placed` does in its canvas."""
    (width, height), fit = placed.size, min(frame[0] / canvas[0], frame[1] / canvas[1])
    x, y = (0.5 + (start + length / 2 - whole / 2) * fit / side for start, length, whole, side in zip(
        (placed.x, placed.y), (width, height), canvas, frame, strict=True))
    picture = Picture(Tiles.of(raster.rgb), Source("photo", source))
    made = part_of(picture, raster.name, Mask(Tiles.of(raster.alpha)),
                   Placement(x, y, max(width, height) * fit / max(frame)))
    return replace(made, opacity=raster.opacity, blend=raster.blend, visible=raster.visible, locked=raster.locked,
                   group=raster.group)


# out


def check(plan: LayersPlan, frame: Size, collage: Collage) -> None:
    """Refuse, with LayerFileError, what cannot be written."""
    target = Path(os.path.realpath(plan.path))
    if not collage and plan.picture == "none":
        raise LayerFileError("There is no layer on the canvas to export.")
    if plan.path.suffix.lower() not in WRITERS:
        raise LayerFileError(f"“{plan.path.name}” is no format for layers: use {PSD} or {ORA}.")
    if max(frame) * plan.scale > MOST_SIDE:
        raise LayerFileError(f"Layers can have at most {MOST_SIDE} pixels a side, not {max(frame) * plan.scale}.")
    if target.is_dir():
        raise LayerFileError(f"“{target}” is a folder: choose another name.")
    if not target.parent.is_dir():
        raise LayerFileError(f"The folder “{target.parent}” does not exist.")


def write_layers(renderer: Renderer, document: Document, time: float, frame: Size,
                 plan: LayersPlan) -> Generator[Progress, None, None]:
    """Write the layers of a document at a moment, one a step; leaving it early leaves nothing behind.

    LayerFileError, RenderError or ModelError with one sentence; what was at the target is then still there.
    """
    collage = document.collage_at(time)
    check(plan, frame, collage)
    width, height = (side * plan.scale for side in frame)
    writer: Writer = _found(*WRITERS[plan.path.suffix.lower()])((width, height))
    baker = Baker((height, width))
    total = len(collage.parts) + (plan.picture != "none") + 1
    rasters = _rasters(baker, collage, plan, lambda: _drawn(renderer, document, time, (width, height)))
    for done, raster in enumerate(rasters, 1):
        if raster is not None:
            writer.add(raster)
        yield Progress(done, total)
    if len(baker.hidden) == total - 1:
        raise LayerFileError("Nothing of the layers is in the frame: there is nothing to export.")
    try:
        write_atomically(plan.path, writer.finish(baker.merged()))
    except OSError as error:
        raise LayerFileError(disk_sentence(error, plan.path)) from error
    yield Progress(total, total, _hidden(baker.hidden))


def _rasters(baker: Baker, collage: Collage, plan: LayersPlan, draw: Callable[[], Levels]) -> Iterator[Raster | None]:
    if plan.picture == "bottom":
        yield baker.picture(draw(), plan.title)
    yield from baker.layers(collage)
    if plan.picture == "top":
        yield baker.picture(draw(), plan.title)


def _drawn(renderer: Renderer, document: Document, time: float, size: Size) -> Levels:
    """The picture of a document, as large as asked for."""
    pixels = renderer.render(Shot(document, time, max(size))).pixels
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _hidden(names: list[str]) -> str:
    if not names:
        return ""
    few = ", ".join(f"“{name}”" for name in names[:3]) + (" …" if len(names) > 3 else "")
    return f"Nothing of {few} is in the frame, so it is not in the file."
