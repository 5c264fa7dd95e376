"""What Qt cannot paint of a part: soft edges, matched colours, and the blends by colour and luminosity, in numpy.

The same formulas as in `ganstudio.render.blend` and `ganstudio.render.feather`, which draw what the regressor sees; a
test compares the two. Colours are 0..1 [h, w, 3], not multiplied by alpha; alphas are 0..1 [h, w].
"""

from __future__ import annotations

from math import ceil, log2, sqrt

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.collage import Blend
from ganstudio.document.region import resized
from ganstudio.document.tiles import halved

Floats = NDArray[np.float32]
LUMINANCE = np.array((0.3, 0.59, 0.11), np.float32)
OPPONENT = np.array(((0.5774, 0.5774, 0.5774), (0.4082, 0.4082, -0.8165), (0.7071, -0.7071, 0.0)), np.float32)
"""Lightness, yellow to blue, red to green, as in `ganstudio.render.blend`."""
STRETCH = 3.0
WIDEST = 4.0
"""Pixels of spread up to which a mask is blurred as it is."""
PASSES = 3
"""Boxes, one after the other, that stand for a bell curve."""
BY_HAND: tuple[Blend, ...] = ("colour", "luminosity")


def feathered(alpha: Floats, inside: Floats, width: float) -> Floats:
    """The alpha with an edge that rises over `width` pixels, drawn in where the picture (`inside`) ends."""
    spread = width / 4
    return np.minimum(blur(alpha, spread), np.clip(2 * blur(inside, spread) - 1, 0, None))


def blur(levels: Floats, spread: float) -> Floats:
    """[h, w] blurred by nearly a bell curve of this standard deviation in pixels; borders go on as they end."""
    if spread < 0.1:
        return levels
    if spread > WIDEST:
        return _blurred_small(levels, spread)
    margin = ceil(3 * spread) + 1
    wide = np.pad(levels, margin, mode="edge")
    reach, rest = _box(spread**2 / PASSES)
    for _ in range(PASSES):
        wide = _boxed(_boxed(wide, reach, rest).T, reach, rest).T
    return wide[margin:-margin, margin:-margin]


def _box(variance: float) -> tuple[int, float]:
    """Pixels that count in full on either side, and how much the next ones do, for a window of this variance."""
    reach = int((sqrt(1 + 12 * variance) - 1) / 2)
    missing = (2 * reach + 1) * (variance - reach * (reach + 1) / 3)
    return reach, missing / (2 * ((reach + 1) ** 2 - variance))


def _blurred_small(levels: Floats, spread: float) -> Floats:
    """Blurred at a smaller size, which is as good: there is nothing fine in what comes out."""
    halvings = ceil(log2(spread / WIDEST))
    step = 2**halvings
    (height, width), (down, across) = levels.shape, (-n % step for n in levels.shape)
    top, left = down // 2, across // 2
    padded = np.pad(levels, ((top, down - top), (left, across - left)), mode="edge")
    small = blur(halved(padded, halvings), sqrt(spread**2 / step**2 - 0.25))  # taking pixels together blurs, too
    return resized(small, padded.shape)[top:top + height, left:left + width]


def _boxed(levels: Floats, reach: int, rest: float) -> Floats:
    """The mean along the last axis over a window whose ends count in part."""
    padded = np.pad(levels, ((0, 0), (reach + 1, reach + 1)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    n = levels.shape[1]
    whole = sums[:, 2 * reach + 2:2 * reach + 2 + n] - sums[:, 1:1 + n]
    ends = padded[:, :n] + padded[:, 2 * reach + 2:2 * reach + 2 + n]
    return ((whole + rest * ends) / (2 * reach + 1 + 2 * rest)).astype(np.float32)


def matched(colours: Floats, alpha: Floats, beneath: Floats, below: Floats, amount: float) -> Floats:
    """The part's colours with mean and spread of what is beneath it brought near, by `amount` 0..1."""
    shared = alpha * below
    if float(shared.sum()) < 0.5:
        return colours
    mine, spread = _spread(colours * 2 - 1, alpha)
    theirs, wanted = _spread(beneath * 2 - 1, shared)
    stretch = np.clip((wanted + 1e-3) / (spread + 1e-3), 1 / STRETCH, STRETCH)
    turn = OPPONENT.T @ (stretch[:, None] * OPPONENT)
    moved = np.clip((colours * 2 - 1 - mine) @ turn.T + theirs, -1, 1)
    result: Floats = colours + ((moved + 1) / 2 - colours) * np.float32(amount)
    return result


def _spread(colours: Floats, weight: Floats) -> tuple[Floats, Floats]:
    flat, share = colours.reshape(-1, 3), (weight / weight.sum()).reshape(-1)
    mean = share @ flat
    away = (flat - mean) @ OPPONENT.T
    return mean, np.sqrt(share @ (away * away))


def blended(beneath: Floats, colours: Floats, mode: Blend) -> Floats:
    """The part's colours at the luminance of what is beneath ("colour"), or the reverse ("luminosity")."""
    hue, light = (colours, beneath) if mode == "colour" else (beneath, colours)
    return _lit(hue, light @ LUMINANCE)


def _lit(colours: Floats, light: Floats) -> Floats:
    """Colours at another luminance; what leaves 0..1 is drawn in towards grey."""
    light = light[..., None]
    colours = colours + (light - (colours @ LUMINANCE)[..., None])
    low, high = colours.min(-1, keepdims=True), colours.max(-1, keepdims=True)
    down = np.where(low < 0, light / np.maximum(light - low, 1e-6), 1.0)
    up = np.where(high > 1, (1 - light) / np.maximum(high - light, 1e-6), 1.0)
    return np.asarray(light + (colours - light) * np.minimum(down, up), np.float32)
