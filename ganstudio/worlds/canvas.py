"""What a landscape is painted on: scene geometry in, an anti-aliased picture out, seen through a camera."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Points = npt.NDArray[np.float64]
"""Corners in scene units, [n, 2]."""
Values = npt.NDArray[np.float64]
"""Any row of numbers, [n]."""
Grid = npt.NDArray[np.float32]
"""One number a pixel, [size, size]."""
Pixels = npt.NDArray[np.uint8]

FAR_BELOW = 9.0
"""A y that no camera sees, where ground ends."""

CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 33)), np.sin(np.linspace(0, 2 * np.pi, 33))], axis=1)


@dataclass(frozen=True, eq=False)
class Camera:
    """From scene units to shares of the picture's width, (0, 0) top left: place = matrix @ scene + offset."""

    matrix: Points
    offset: Values

    @classmethod
    def at(cls, pan_x: float, pan_y: float, zoom: float, roll: float) -> "Camera":
        """`zoom` in octaves; `roll` in degrees, turning the picture clockwise about its middle."""
        turn = np.deg2rad(roll)
        cos, sin = np.cos(turn), np.sin(turn)
        matrix = 0.5 * 2.0**zoom * np.array([[cos, -sin], [sin, cos]])
        return cls(matrix, 0.5 - matrix @ np.array([pan_x, pan_y]))

    def mirrored(self, level: float, squash: float) -> "Camera":
        """Sees the scene as still water does whose far shore is at y = `level`; `squash` below 1 shows more of the
        sky in little water: a height h above the shore appears squash * h below it."""
        flip = self.matrix * np.array([1.0, -squash])
        return Camera(flip, self.offset + self.matrix @ np.array([0.0, (1 + squash) * level]))

    def place(self, points: Points) -> Points:
        return points @ self.matrix.T + self.offset

    def scene(self, size: int) -> tuple[Grid, Grid]:
        """Scene x and y of each pixel's middle, each [size, size]."""
        start = self._back @ (0.5 / size - self.offset)
        step = (np.arange(size)[:, None, None] / size * self._back).astype(np.float32)
        x, y = (np.float32(start[i]) + step[None, :, i, 0] + step[:, None, i, 1] for i in range(2))
        return x, y

    def span(self, count: int) -> Values:
        """`count` x positions that reach past both sides of the picture."""
        middle = self._back[0] @ (0.5 - self.offset)
        reach = 0.5 * np.abs(self._back[0]).sum() + 0.05
        return np.linspace(middle - reach, middle + reach, count)

    @cached_property
    def _back(self) -> Points:
        return np.asarray(np.linalg.inv(self.matrix), np.float64)


class Canvas:
    """Paints `fine` times finer than the picture it gives, which is what smooths its edges."""

    def __init__(self, camera: Camera, background: Pixels, size: int, fine: int) -> None:
        """`background`, of any resolution, is scaled to the picture's `size`."""
        self.camera = camera
        self.size = size
        self.fine = fine
        self.image = self._enlarged(self._scaled(background))
        self._pen = ImageDraw.Draw(self.image)

    def polygon(self, points: Points, colour: Values) -> None:
        """`colour` RGB 0..255, as everywhere."""
        self._pen.polygon(self._corners(points).ravel().tolist(), fill=_fill(colour))

    def ellipses(self, middles: npt.ArrayLike, radii: npt.ArrayLike, colour: Values) -> None:
        """Middles and radii in scene units, each [n, 2]."""
        rings = CIRCLE * np.asarray(radii)[:, None] + np.asarray(middles)[:, None]
        fill = _fill(colour)
        for ring in self._corners(rings.reshape(-1, 2)).reshape(len(rings), -1).tolist():
            self._pen.polygon(ring, fill=fill)

    def ground(self, crest: Callable[[Values], Values], colour: Values) -> None:
        """All below a line, given as its y for each x."""
        x = self.camera.span(64)
        line = np.empty((len(x) + 2, 2))
        line[:-2, 0], line[:-2, 1] = x, crest(x)
        line[-2:] = (x[-1], FAR_BELOW), (x[0], FAR_BELOW)
        self.polygon(line, colour)

    def veil(self, colour: Values, strength: Grid) -> None:
        """Blends a colour over everything painted so far, by `strength` 0..1; rows where it is 0 cost nothing."""
        rows = np.flatnonzero(strength.any(axis=1))
        if len(rows):
            mask = Image.fromarray((strength[rows[0] : rows[-1] + 1] * 255).astype(np.uint8))
            self.image.paste(_fill(colour), (0, int(rows[0]) * self.fine), self._enlarged(mask))

    def inlay(self, pixels: Pixels, outline: Points) -> None:
        """Puts another picture, scaled to this one's size, in place of what lies within an outline."""
        corners = self._corners(outline)
        left, top = np.clip(corners.min(axis=0) // self.fine, 0, self.size).astype(int).tolist()
        right, bottom = np.clip(corners.max(axis=0) // self.fine + 1, 0, self.size).astype(int).tolist()
        if left < right and top < bottom:
            patch = self._enlarged(self._scaled(pixels).crop((left, top, right, bottom)))
            mask = Image.new("L", patch.size)
            origin = (left * self.fine, top * self.fine)
            ImageDraw.Draw(mask).polygon((corners - origin).ravel().tolist(), fill=255)
            self.image.paste(patch, origin, mask)

    def pixels(self) -> Pixels:
        """The picture, [size, size, 3]."""
        return np.asarray(self.image.reduce(self.fine))

    def _scaled(self, pixels: Pixels) -> Image.Image:
        return Image.fromarray(pixels).resize((self.size, self.size), Image.Resampling.BILINEAR)

    def _enlarged(self, image: Image.Image) -> Image.Image:
        return image.resize((image.width * self.fine, image.height * self.fine), Image.Resampling.NEAREST)

    def _corners(self, points: Points) -> Points:
        """Pillow cuts coordinates off to whole pixels; rounding first keeps shapes from drifting up and left."""
        return np.rint(self.camera.place(points) * (self.size * self.fine) - 0.5)


def _fill(colour: Values) -> tuple[int, int, int]:
    red, green, blue = colour.tolist()
    return min(255, int(red)), min(255, int(green)), min(255, int(blue))
