"""A picture put in its place in a frame: moved, scaled, turned, mirrored, with every pixel where it belongs.

Where pixels fall on pixels (whole steps, quarter turns, natural size) they are copied; elsewhere they are interpolated,
and edges are softened over one pixel of the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.document.collage import Placement
from ganstudio.document.tiles import Box
from ganstudio.render.texture import Texture

SPILL = 3.0
"""Pixels of the frame by which interpolation between halves may widen a mask."""
FAR = 1e6
"""Shares of the frame, and pixels for one, beyond which nothing is looked at."""
EXACT = 1e-3
"""Pixels of the frame within which a place counts as a whole one."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A part in its place: the `box` of the frame it takes, its `colours` [1, 3, h, w] in -1..1 there, its `alpha`
    [1, 1, h, w], and `inside`, 1 where its picture is at all."""

    box: Box
    colours: Tensor
    alpha: Tensor
    inside: Tensor

    @property
    def nbytes(self) -> int:
        """The memory it takes."""
        return self.colours.nbytes + self.alpha.nbytes + self.inside.nbytes


@dataclass(frozen=True)
class Geometry:
    """Where a picture of `width` x `height` pixels lies, in pixels of the frame: its centre, `scale` frame pixels for
    one of its own, and its axes turned."""

    width: int
    height: int
    x: float
    y: float
    scale: float
    cos: float
    sin: float
    flip: bool

    @property
    def halvings(self) -> float:
        """How often the picture is halved until a pixel of it is about one of the frame; below 0 when magnified."""
        return math.log2(1 / self.scale)

    def place(self, region: Box) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the frame of a region of the picture's pixels."""
        u = [(x - self.width / 2) * (-self.scale if self.flip else self.scale) for x in (region[0], region[2])]
        v = [(y - self.height / 2) * self.scale for y in (region[1], region[3])]
        x = [self.x + a * self.cos - b * self.sin for a in u for b in v]
        y = [self.y + a * self.sin + b * self.cos for a in u for b in v]
        return min(x), min(y), max(x), max(y)

    def box(self, region: Box, size: tuple[int, int], margin: float = 0.0) -> Box | None:
        """The pixels within `margin` of a region in a frame of this height and width; None when it touches none."""
        left, top, right, bottom = self.place(region)
        x0, y0 = (max(0, math.floor(start - margin + EXACT)) for start in (left, top))
        x1, y1 = (min(n, math.ceil(end + margin - EXACT)) for n, end in zip(size[::-1], (right, bottom), strict=True))
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def geometry(placement: Placement, picture: tuple[int, int], size: tuple[int, int]) -> Geometry:
    """The placement of a picture of this width and height in a frame of this height and width."""
    width, height = picture
    scale = placement.scale * max(size) / max(picture)
    if abs(scale - 1) * max(picture) < EXACT:
        scale = 1.0
    quarter = round(placement.rotation / 90)
    if abs(placement.rotation - 90 * quarter) < 1e-6:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarter % 4]
    else:
        angle = math.radians(placement.rotation)
        cos, sin = math.cos(angle), math.sin(angle)
    x, y = (min(max(share, -FAR), FAR) * n for share, n in ((placement.x, size[1]), (placement.y, size[0])))
    return Geometry(width, height, x, y, min(max(scale, 1 / FAR), FAR), cos, sin, placement.flip)


def cut(colours: Texture, mask: Texture, region: Box, place: Geometry, size: tuple[int, int],
        margin: float = 0.0) -> Cut | None:
    """A picture and its mask in a frame of this height and width.

    Only the `region` of the picture's pixels is looked at, and `margin` pixels of the frame around it. None when
    nothing of it is in the frame.
    """
    corner = _corner(place)
    box = place.box(region, size, margin + SPILL if corner is None else margin)
    if box is None or place.box((0, 0, place.width, place.height), size) is None:
        return None
    if corner is None:
        return _sampled(colours, mask, place, box)
    return _copied(colours.levels[0], mask.levels[0], place, corner, box)


def _corner(place: Geometry) -> tuple[int, int] | None:
    """The pixel of the frame on which the left top one falls, when all fall on whole ones."""
    if place.scale != 1 or place.cos * place.sin != 0:
        return None
    left, top, _, _ = place.place((0, 0, place.width, place.height))
    near = abs(left - round(left)) < EXACT and abs(top - round(top)) < EXACT
    return (round(left), round(top)) if near else None


def _copied(colours: Tensor, mask: Tensor, place: Geometry, corner: tuple[int, int], box: Box) -> Cut:
    """Pixels turned by quarters and copied; nothing is interpolated."""
    turns = {(1, 0): 0, (0, 1): -1, (-1, 0): 2, (0, -1): 1}[int(place.cos), int(place.sin)]

    def put(level: Tensor) -> Tensor:
        level = torch.rot90(level.flip(3) if place.flip else level, turns, (2, 3))
        height, width = level.shape[2:]
        left, top = box[0] - corner[0], box[1] - corner[1]
        right, bottom = box[2] - corner[0], box[3] - corner[1]
        inner = level[..., max(top, 0):min(bottom, height), max(left, 0):min(right, width)]
        beyond = [max(-left, 0), max(right - width, 0), max(-top, 0), max(bottom - height, 0)]
        return F.pad(inner, beyond) if any(beyond) else inner.contiguous()

    return Cut(box, put(colours), put(mask), put(torch.ones_like(mask)))


def _sampled(colours: Texture, mask: Texture, place: Geometry, box: Box) -> Cut:
    u, v = _shares(place, box, colours.levels[0].device)
    inside = _edge(u, place.width * place.scale) * _edge(v, place.height * place.scale)
    alpha = mask.at(u, v, place.halvings) * inside
    return Cut(box, colours.at(u, v, place.halvings), alpha, inside[None, None])


def _shares(place: Geometry, box: Box, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where each pixel of the box lies in the picture: from -1/2 at the left and top to 1/2, [h, w] each."""
    x = torch.arange(box[0], box[2], device=device) + (0.5 - place.x)
    y = (torch.arange(box[1], box[3], device=device) + (0.5 - place.y))[:, None]
    u = (x * place.cos + y * place.sin) / (place.width * place.scale)
    v = (y * place.cos - x * place.sin) / (place.height * place.scale)
    return -u if place.flip else u, v


def _edge(share: Tensor, length: float) -> Tensor:
    """How much of a pixel is inside along one axis, where the picture is `length` pixels of the frame long."""
    return ((0.5 - share.abs()) * length + 0.5).clamp(0, min(1.0, length))
