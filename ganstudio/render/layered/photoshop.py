"""Photoshop's files (.psd, .psb), read with psd-tools: data in, pixels out, everything bounded.

Layers with pixels and fills of one colour come in, with their masks and clipping applied to their alpha. What only
Photoshop can draw (adjustments, effects, vector masks) is left out and said so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from psd_tools import ParseLimits, PSDDecompressionWarning, PSDImage
from psd_tools.api.adjustments import SolidColorFill
from psd_tools.constants import BlendMode, ChannelID, ColorMode

from ganstudio.document.collage import Blend
from ganstudio.render.layered.stack import (
    MOST_BYTES,
    MOST_PIXELS,
    Allowance,
    LayerFile,
    LayerFileError,
    Levels,
    Notes,
    Raster,
    Within,
    new_group,
    plain,
)

MODES: dict[Blend, BlendMode] = {
    "normal": BlendMode.NORMAL, "multiply": BlendMode.MULTIPLY, "screen": BlendMode.SCREEN,
    "overlay": BlendMode.OVERLAY, "soft-light": BlendMode.SOFT_LIGHT, "darken": BlendMode.DARKEN,
    "lighten": BlendMode.LIGHTEN, "colour": BlendMode.COLOR, "luminosity": BlendMode.LUMINOSITY,
}  # fmt: skip
"""Our blend modes as Photoshop calls them."""
BLENDS = {mode: blend for blend, mode in MODES.items()}
KNOWN = (ColorMode.RGB, ColorMode.GRAYSCALE, ColorMode.CMYK, ColorMode.INDEXED, ColorMode.BITMAP)
LIMITS = ParseLimits(max_read_bytes=2**29, max_total_bytes=MOST_BYTES, max_objects=500_000, max_nesting_depth=64)
MEMORY = 24 * MOST_PIXELS
"""Bytes that decoding one layer may take at its peak."""


def read_photoshop(path: Path) -> LayerFile:
    """The layers of a file; LayerFileError when it is none, or asks for too much."""
    psd = _guarded(lambda: PSDImage.open(path, max_alloc_bytes=MEMORY, parse_limits=LIMITS))
    if psd.color_mode not in KNOWN:
        raise LayerFileError(f"Its colours are {psd.color_mode.name.title()}: convert it to RGB first.")
    notes, allowance = Notes(), Allowance(psd.size)
    rasters = _group(psd, Within(), allowance, notes) if len(psd) else _flat(psd, allowance)
    return LayerFile(psd.size, rasters, notes)


def _guarded(read: Any) -> Any:
    """What psd-tools gives; whatever fails inside it, also pixels it would leave black, is damage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", PSDDecompressionWarning)
            return read()
    except (LayerFileError, MemoryError):
        raise
    except OSError:
        raise LayerFileError("It is broken or cut short.") from None
    except Exception as error:  # a broken file may fail anywhere in it
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise LayerFileError(f"It is broken or of an unknown kind: {reason}") from None


def _flat(psd: PSDImage, allowance: Allowance) -> Iterator[Raster]:
    """The one picture of a file without layers."""
    allowance.take(psd.size)
    image = _guarded(psd.topil)
    if image is None:
        raise LayerFileError("It has neither layers nor a picture.")
    rgba = np.asarray(image.convert("RGBA"))
    yield Raster("Background", rgba[..., :3], rgba[..., 3])


def _group(group: Any, within: Within, allowance: Allowance, notes: Notes) -> Iterator[Raster]:
    """The layers in a group, lowest first; a clipped one shows where the one it is clipped to does."""
    base: Raster | None = None
    for layer in group:
        inner = _inner(layer, within, notes)
        if layer.is_group():
            yield from _group(layer, inner, allowance, notes)
            base = None
        elif (raster := _raster(layer, inner, allowance, notes)) is not None:
            clipped = layer.clipping and base is not None
            base = base if clipped else raster
            yield _clipped(raster, base) if clipped and base is not None else raster


def _inner(layer: Any, within: Within, notes: Notes) -> Within:
    locks = _guarded(lambda: layer.locks)
    found = Within(within.opacity * layer.opacity / 255, within.visible and layer.visible,
                   within.locked or bool(locks and (locks.complete or locks.position)), within.group)
    if not layer.is_group():
        return found
    if layer.blend_mode not in (BlendMode.PASS_THROUGH, BlendMode.NORMAL):
        notes.blend(_words(layer.blend_mode))
    if layer.has_mask():
        notes.lose("mask of a group")
    return replace(found, group=within.group or new_group(plain(layer.name) or "Group"))


def _raster(layer: Any, within: Within, allowance: Allowance, notes: Notes) -> Raster | None:
    """A layer's pixels; None when it has none."""
    pixels = _guarded(lambda: _pixels(layer, allowance))
    if pixels is None:
        if layer.kind == "pixel":
            return None
        notes.lose(_KINDS.get(layer.kind, "layer without pixels"))
        return None
    if _guarded(layer.has_effects):
        notes.lose("layer effects")
    if layer.has_vector_mask() and layer.kind != "solidcolorfill":
        notes.lose("vector mask")
    rgb, alpha, x, y = pixels
    mode = layer.blend_mode
    return Raster(plain(layer.name) or "Layer", rgb, alpha, x, y, within.opacity * layer.fill_opacity / 255,
                  BLENDS.get(mode) or notes.blend(_words(mode)), within.visible, within.locked, within.group)


_KINDS = {"type": "text without pixels", "shape": "shape", "smartobject": "smart object without pixels",
          "gradientfill": "gradient", "patternfill": "pattern", "solidcolorfill": "fill"}


def _words(mode: BlendMode) -> str:
    return mode.name.lower().replace("_", "-")


def _pixels(layer: Any, allowance: Allowance) -> tuple[Levels, Levels, int, int] | None:
    """Colours, alpha with the mask, and the place of a layer."""
    if isinstance(layer, SolidColorFill) and not layer.has_vector_mask():
        rgb, alpha, x, y = _fill(layer, allowance)
    elif layer.has_pixels() and layer.width and layer.height:
        allowance.take(layer.size)
        image = layer.topil()
        if image is None:
            return None
        shape = layer.topil(ChannelID.TRANSPARENCY_MASK)
        rgb, (x, y) = np.asarray(image.convert("RGB")), layer.offset
        alpha = np.full(rgb.shape[:2], 255, np.uint8) if shape is None else np.asarray(shape.convert("L"))
    else:
        return None
    cover = _mask(layer, (x, y, x + rgb.shape[1], y + rgb.shape[0]), allowance)
    return rgb, alpha if cover is None else _times(alpha, cover), x, y


def _fill(layer: SolidColorFill, allowance: Allowance) -> tuple[Levels, Levels, int, int]:
    """One colour over all of the canvas."""
    found: Any = layer.data
    width, height = layer._psd.size
    allowance.take((width, height))
    colour = [int(min(max(float(found[key]), 0), 255) + 0.5) for key in (b"Rd  ", b"Grn ", b"Bl  ")]
    rgb = np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)).copy()
    return rgb, np.full((height, width), 255, np.uint8), 0, 0


def _mask(layer: Any, box: tuple[int, int, int, int], allowance: Allowance) -> Levels | None:
    """The layer's mask where the layer is; None where it has none that counts."""
    mask = layer.mask
    if mask is None or mask.disabled:
        return None
    cover = np.full((box[3] - box[1], box[2] - box[0]), mask.background_color, np.uint8)
    if mask.width > 0 and mask.height > 0:
        Allowance(mask.size)
        found = mask.topil()
        if found is not None:
            _put(cover, np.asarray(found.convert("L")), mask.left - box[0], mask.top - box[1])
    return cover


def _put(target: Levels, source: Levels, x: int, y: int) -> None:
    """Write an array into another at a place that may leave it."""
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + source.shape[1], target.shape[1]), min(y + source.shape[0], target.shape[0])
    if left < right and top < bottom:
        target[top:bottom, left:right] = source[top - y:bottom - y, left - x:right - x]


def _clipped(raster: Raster, base: Raster) -> Raster:
    cover = np.zeros_like(raster.alpha)
    _put(cover, base.alpha, base.x - raster.x, base.y - raster.y)
    return replace(raster, alpha=_times(raster.alpha, cover), opacity=raster.opacity * base.opacity,
                   visible=raster.visible and base.visible)


def _times(a: Levels, b: Levels) -> Levels:
    return ((a.astype(np.uint16) * b + 127) // 255).astype(np.uint8)
