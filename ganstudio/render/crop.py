"""The square of a photo that a model is shown: the middle, or round a face as in the FFHQ data set.

Karras, Laine and Aila, "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019) crop faces so
that eyes and mouth always lie at the same place: the square's side follows from the distance between the eyes or from
that between eyes and mouth, whichever asks for more, and it is turned with the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.document.tiles import Bytes

Point = tuple[float, float]
"""x and y in pixels of the photo."""
EYES, MOUTH, DOWN = 2.0, 1.8, 0.1
"""How many eye distances, and eye-to-mouth distances, half a side of the square is at least; and how far from the eyes
towards the mouth its middle lies."""
FINEST = 2
"""Samples a side are taken this much finer than wanted and averaged, after the photo was halved as often as fits."""


@dataclass(frozen=True)
class Square:
    """A turned square: its middle and the step (x, y) from there to the middle of its right edge, in pixels."""

    middle: Point
    right: Point

    @property
    def down(self) -> Point:
        """The step from the middle to the middle of the lower edge."""
        return -self.right[1], self.right[0]


def middle_square(width: int, height: int) -> Square:
    """The largest upright square in the middle of a photo."""
    return Square((width / 2, height / 2), (min(width, height) / 2, 0.0))


def face_square(left_eye: Point, right_eye: Point, mouth: Point) -> Square:
    """The square round a face of which the eyes' and the mouth's middles are known; left is left in the photo.

    ValueError in one sentence when the points make no face.
    """
    eyes = _between(left_eye, right_eye)
    across, along = _step(left_eye, right_eye), _step(eyes, mouth)
    if hypot(*across) < 1 or hypot(*along) < 1:
        raise ValueError("Eyes and mouth lie on one spot: put each mark on its place in the face.")
    x = (across[0] + along[1], across[1] - along[0])  # along, turned by a quarter, points to the right as well
    length = hypot(*x)
    if length < 1e-3 * hypot(*across):
        raise ValueError("These marks make no face: the mouth lies below the eyes, and the left eye left of the right.")
    reach = max(hypot(*across) * EYES, hypot(*along) * MOUTH)
    middle = (eyes[0] + DOWN * along[0], eyes[1] + DOWN * along[1])
    return Square(middle, (x[0] / length * reach, x[1] / length * reach))


def cropped(pixels: Bytes, square: Square, side: int) -> Tensor:
    """The square of a photo, uint8 [h, w, 3], as image [1, 3, side, side] in -1..1; beyond its edges it is mirrored."""
    image = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 127.5 - 1
    halvings = 0
    while 2 * hypot(*square.right) / 2 ** (halvings + 1) >= FINEST * side and min(image.shape[-2:]) >= 4:
        image = F.avg_pool2d(image, 2)
        halvings += 1
    seen = F.grid_sample(image, _grid(square, 2**halvings, image.shape, FINEST * side), mode="bilinear",
                         padding_mode="reflection", align_corners=False)
    return F.avg_pool2d(seen, FINEST)


def _grid(square: Square, scale: int, shape: torch.Size, side: int) -> Tensor:
    """Where each sample lies, [1, side, side, 2] in -1..1 of an image that was made smaller `scale` times."""
    steps = (torch.arange(side) + 0.5) / side * 2 - 1
    right, down, middle = (torch.tensor(v) / scale for v in (square.right, square.down, square.middle))
    at = middle + steps[None, :, None] * right + steps[:, None, None] * down
    return (at / torch.tensor([shape[3], shape[2]]) * 2 - 1)[None].float()


def _between(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _step(a: Point, b: Point) -> Point:
    return b[0] - a[0], b[1] - a[1]
