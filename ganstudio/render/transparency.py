"""Pictures with an alpha channel where it cannot be kept: over a checkerboard on screen, over black in films.

A model that draws RGBA gives pixels [h, w, 4], alpha straight (colours are not multiplied by it). PNG files keep it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganstudio.render.shot import Pixels

SQUARE, DARK, LIGHT = 8, 102, 153
"""The checkerboard: pixels a side of a square, and its two greys."""


def over_checks(pixels: Pixels) -> Pixels:
    """Pixels [h, w, 3] as they are; [h, w, 4] over the checkerboard that means "nothing here"."""
    if pixels.shape[2] == 3:
        return pixels
    rows, columns = (np.arange(side) // SQUARE for side in pixels.shape[:2])
    odd = (rows[:, None] + columns[None]) % 2
    return _over(pixels, np.where(odd, LIGHT, DARK)[..., None])


def over_black(pixels: Pixels) -> Pixels:
    """Pixels [h, w, 3] as they are; [h, w, 4] over black, for formats without alpha."""
    return pixels if pixels.shape[2] == 3 else _over(pixels, np.zeros((1, 1, 1), np.int64))


def _over(pixels: Pixels, behind: NDArray[np.int64]) -> Pixels:
    alpha = pixels[..., 3:].astype(np.int64)
    mixed = pixels[..., :3] * alpha + behind * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
