"""OpenRaster files (.ora): a zip of PNG layers and `stack.xml`, as GIMP, Krita and MyPaint read and write them.

Source: OpenRaster specification 0.0.5, freedesktop.org. Blend modes are those of W3C Compositing and Blending, as ours
are; what others a program names comes in as normal, with a note. Of a name in the file nothing becomes a path.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ganstudio.document.collage import Blend
from ganstudio.document.tiles import MAX_SIZE
from ganstudio.render.layered.stack import (
    Allowance,
    LayerFile,
    LayerFileError,
    Levels,
    Notes,
    Raster,
    Size,
    Within,
    group_title,
    new_group,
    plain,
)
from ganstudio.render.layered.stack_xml import Element, parse, write
from ganstudio.render.photo import levels

MIMETYPE = b"image/openraster"
OPERATORS: dict[Blend, str] = {
    "normal": "svg:src-over", "multiply": "svg:multiply", "screen": "svg:screen", "overlay": "svg:overlay",
    "soft-light": "svg:soft-light", "darken": "svg:darken", "lighten": "svg:lighten", "colour": "svg:color",
    "luminosity": "svg:luminosity",
}  # fmt: skip
"""Our blend modes as the format calls them."""
BLENDS = {name: blend for blend, name in OPERATORS.items()}
MOST_ENTRIES = 5000
MOST_STACK = 4 * 2**20
MOST_LAYER = 2**29
"""Entries of the zip, bytes of its list of layers and of one layer."""
FAR = 2**20
"""Pixels from the canvas beyond which no layer may begin."""
THUMBNAIL = 256
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, KeyError, IndexError,
          NotImplementedError, RuntimeError, OverflowError, UnicodeError, ValueError, SyntaxError)
"""What zipfile and the PNG reader raise for damage."""


def read_openraster(path: Path) -> LayerFile:
    """The layers of a file; LayerFileError when it is none, or asks for too much."""
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN:
        raise LayerFileError("It is no zip archive, or cut short.") from None
    try:
        return _opened(archive)
    except BaseException:
        archive.close()
        raise


def _opened(archive: zipfile.ZipFile) -> LayerFile:
    if len(archive.namelist()) > MOST_ENTRIES:
        raise LayerFileError(f"It has more than {MOST_ENTRIES} entries.")
    if _entry(archive, "mimetype", 256).strip() != MIMETYPE:
        raise LayerFileError("It is no OpenRaster file.")
    image = parse(_entry(archive, "stack.xml", MOST_STACK))
    root = next(image.of("stack"), None)
    if image.tag != "image" or root is None:
        raise LayerFileError("Its list of layers has no layers.")
    size = image.whole("w", 1, MAX_SIZE), image.whole("h", 1, MAX_SIZE)
    notes = Notes()
    return LayerFile(size, _all(archive, root, Allowance(size), notes), notes)


def _all(archive: zipfile.ZipFile, root: Element, allowance: Allowance, notes: Notes) -> Iterator[Raster]:
    with archive:
        yield from _stack(archive, root, Within(), allowance, notes)


def _stack(archive: zipfile.ZipFile, stack: Element, within: Within, allowance: Allowance,
           notes: Notes) -> Iterator[Raster]:
    """Lowest first, while the file has the topmost first."""
    for element in reversed(list(stack.of("layer", "stack", "text"))):
        inner = _inner(element, within)
        if element.tag == "stack":
            name = plain(element.attributes.get("name", "")) or "Group"
            if (mode := element.attributes.get("composite-op", "svg:src-over")) != "svg:src-over":
                notes.blend(mode.removeprefix("svg:"))
            group = inner.group or new_group(name)
            yield from _stack(archive, element, replace(inner, group=group), allowance, notes)
        elif element.tag == "layer" and element.attributes.get("src"):
            yield _layer(archive, element, inner, allowance, notes)
        else:
            notes.lose("layer without pixels")


def _inner(element: Element, within: Within) -> Within:
    return Within(within.opacity * element.number("opacity", 1, 0, 1),
                  within.visible and element.attributes.get("visibility", "visible") != "hidden",
                  within.locked or element.attributes.get("edit-locked") == "true", within.group)


def _layer(archive: zipfile.ZipFile, element: Element, within: Within, allowance: Allowance, notes: Notes) -> Raster:
    name, mode = element.attributes.get("name", ""), element.attributes.get("composite-op", "svg:src-over")
    rgb, alpha = _decoded(_entry(archive, element.attributes["src"], MOST_LAYER), allowance)
    return Raster(plain(name) or "Layer", rgb, alpha, element.whole("x", -FAR, FAR), element.whole("y", -FAR, FAR),
                  within.opacity, BLENDS.get(mode) or notes.blend(mode.removeprefix("svg:")), within.visible,
                  within.locked, within.group)


def _decoded(data: bytes, allowance: Allowance) -> tuple[Levels, Levels]:
    """Colours and alpha of a PNG, whose size is asked before its pixels are."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; and the size is checked here
            with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
                allowance.take(image.size)
                rgb, alpha = levels(image)
    except LayerFileError:
        raise
    except Image.DecompressionBombError:
        raise LayerFileError("One of its layers has more pixels than can be opened.") from None
    except (*BROKEN, OSError):
        raise LayerFileError("One of its layers is broken or no PNG.") from None
    return rgb, np.full(rgb.shape[:2], 255, np.uint8) if alpha is None else alpha


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The bytes of an entry, refused by its declared size before it is unpacked; zipfile unpacks no more than that."""
    try:
        info = archive.getinfo(name)
        if info.file_size > limit:
            raise LayerFileError(f"“{plain(name)[:60]}” in it is too large.")
        return archive.read(info)
    except LayerFileError:
        raise
    except (*BROKEN, OSError):
        raise LayerFileError(f"“{plain(name)[:60]}” in it is missing or broken.") from None


class OpenRasterWriter:
    """Takes layers, lowest first, then the picture they make together."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._root = Element("stack", {})
        self._group, self._groups = "", 0
        self._stream = io.BytesIO()
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_STORED)
        self._zip.writestr("mimetype", MIMETYPE)
        self._count = 0

    def add(self, raster: Raster) -> None:
        """One more layer, on top of all before it."""
        source = f"data/layer{self._count:03d}.png"
        self._count += 1
        self._zip.writestr(source, _png(raster.rgb, raster.alpha))
        lock = {"edit-locked": "true"} if raster.locked else {}
        element = Element("layer", {
            "name": plain(raster.name), "src": source, "x": str(raster.x), "y": str(raster.y),
            "opacity": f"{raster.opacity:.6g}", "visibility": "visible" if raster.visible else "hidden",
            "composite-op": OPERATORS[raster.blend], **lock})
        self._stack_of(raster.group).children.insert(0, element)

    def _stack_of(self, group: str) -> Element:
        """Where a layer of a group goes: beside the last one when that was in the same."""
        if not group:
            self._group = ""
            return self._root
        if group != self._group:
            self._groups += 1
            self._root.children.insert(0, Element("stack", {"name": plain(group_title(group, self._groups)),
                                                            "isolation": "auto"}))
        self._group = group
        return self._root.children[0]

    def finish(self, merged: Levels) -> bytes:
        """The file's bytes; `merged` is uint8 [h, w, 4], what all visible layers make together."""
        image = Element("image", {"version": "0.0.5", "w": str(self._size[0]), "h": str(self._size[1])}, [self._root])
        whole = Image.fromarray(merged)
        small = whole.copy()
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
        self._zip.writestr("stack.xml", write(image), zipfile.ZIP_DEFLATED)
        self._zip.writestr("mergedimage.png", _packed(whole))
        self._zip.writestr("Thumbnails/thumbnail.png", _packed(small))
        self._zip.close()
        return self._stream.getvalue()


def _png(rgb: Levels, alpha: Levels) -> bytes:
    return _packed(Image.fromarray(np.dstack([rgb, alpha])))


def _packed(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=4)
    return stream.getvalue()
