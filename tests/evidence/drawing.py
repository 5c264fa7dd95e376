"""Pictures for reports: sheets of images with words beside them, heat maps, curves; drawn by Pillow alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

Pixels = NDArray[np.uint8]
MARGIN, LINE, GAP = 112, 14, 2
"""Pixels to the left of a sheet, above its columns, and between images."""
COLOURS = ((214, 84, 32), (38, 96, 164), (64, 140, 72), (140, 84, 160))
HEAT = np.array([(10, 12, 40), (84, 24, 110), (190, 50, 80), (246, 140, 50), (252, 250, 190)], float)
"""From nothing to the most."""


def sheet(rows: Mapping[str, Tensor], side: int = 64, heads: Mapping[str, int] | None = None) -> Pixels:
    """Rows of images [n, 3, h, w] with their names to the left, uint8 [h, w, 3].

    `heads` are the words above groups of columns, with how many each has. (Pillow's own font knows no Greek.)
    """
    count = max(len(images) for images in rows.values())
    size = (MARGIN + count * (side + GAP), LINE + len(rows) * (side + GAP))
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    at = MARGIN
    for head, columns in (heads or {}).items():
        draw.text((at, 1), head if columns else "", fill="black")
        at += columns * (side + GAP)
    for r, (name, images) in enumerate(rows.items()):
        top = LINE + r * (side + GAP)
        draw.multiline_text((2, top + 4), wrapped(name.replace("α", "alpha")), fill="black")
        for c, image in enumerate(sized(images, side)):
            canvas.paste(Image.fromarray(pixels(image)), (MARGIN + c * (side + GAP), top))
    return np.asarray(canvas)


def wrapped(words: str, width: int = 17) -> str:
    """Words in lines of at most `width` letters, as long as none is longer."""
    lines = [""]
    for word in words.split():
        fits = len(lines[-1]) + len(word) < width
        lines[-1:] = [f"{lines[-1]} {word}".strip()] if fits or not lines[-1] else [lines[-1], word]
    return "\n".join(lines)


def sized(images: Tensor, side: int) -> Tensor:
    """Images [n, c, h, w] with sides of `side` pixels."""
    if images.shape[-1] == side:
        return images
    return F.interpolate(images.float(), (side, side), mode="bilinear", antialias=True, align_corners=False)


def pixels(image: Tensor) -> Pixels:
    """Image [3, h, w] in -1..1 to uint8 [h, w, 3]."""
    levels: Pixels = ((image.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return levels


def heat(amounts: Tensor, most: float) -> Tensor:
    """A map of amounts [n, 1, h, w] in 0..most as images [n, 3, h, w]: dark where nothing is, bright at the most."""
    share = (amounts[:, 0] / max(most, 1e-9)).clamp(0, 1).cpu().numpy()
    places = np.linspace(0, 1, len(HEAT))
    colours = np.stack([np.interp(share, places, channel) for channel in HEAT.T], axis=1)
    return torch.from_numpy(colours / 127.5 - 1).float()


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str,
           size: tuple[int, int] = (480, 280)) -> Pixels:
    """Lines through points (x in 0..1, y >= 0) with their names; the words say what the axes are."""
    width, height = size
    left, right, top, foot = 40, width - 120, 20, height - 30
    most = 1.1 * max((y for points in lines.values() for _, y in points), default=1.0) or 1.0
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    for step in range(6):
        x, y = left + (right - left) * step / 5, foot - (foot - top) * step / 5
        draw.line((x, top, x, foot), fill=(230, 230, 230))
        draw.line((left, y, right, y), fill=(230, 230, 230))
        draw.text((x - 8, foot + 4), f"{step / 5:.1f}", fill="black")
        draw.text((4, y - 6), f"{most * step / 5:.2f}", fill="black")
    draw.text((right - 6 * len(across), height - 13), across, fill="black")
    draw.text((4, 3), up, fill="black")
    ends = spread([foot - (foot - top) * points[-1][1] / most for points in lines.values()], LINE)
    for i, (name, points) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        line = [(left + (right - left) * x, foot - (foot - top) * y / most) for x, y in points]
        draw.line(line, fill=colour, width=2)
        draw.text((right + 6, ends[i] - 6), name, fill=colour)
    return np.asarray(canvas)


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Places moved down just so far that each lies at least so much below the one above it; in the order given."""
    found = list(places)
    order = sorted(range(len(found)), key=found.__getitem__)
    for above, below in pairwise(order):
        found[below] = max(found[below], found[above] + apart)
    return found
