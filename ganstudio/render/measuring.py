"""Measuring a direction in the window: the renderer's own pictures, one a step, so that it is a job like any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganstudio.api import Direction, Latent, PictureEdit, Response
from ganstudio.document.document import Document
from ganstudio.render.reach import Draw, held_out, reach_steps
from ganstudio.render.renderer import Renderer

PARTS = 100
"""How finely progress is told."""


@dataclass(frozen=True, eq=False)
class Measuring:
    """How far it is; at the end, of which direction this is the `response`."""

    done: int
    total: int = PARTS
    direction: Direction | None = None
    response: Response | None = None


def measure(renderer: Renderer, document: Document, direction: Direction,
            edits: Sequence[PictureEdit]) -> Iterator[Measuring]:
    """Measure a direction of the document's model; RenderError or ModelError where it cannot be drawn."""
    network = renderer.model(document).generator
    looks, draw = held_out(network), _drawing(renderer, document)
    for step in reach_steps(draw, direction, looks, edits, network.resolution):
        if isinstance(step, Response):
            yield Measuring(PARTS, direction=direction, response=step)
        else:
            yield Measuring(int(step * PARTS))


def _drawing(renderer: Renderer, document: Document) -> Draw:
    def draw(looks: Iterable[Latent]) -> Iterator[Tensor]:
        for _, pixels in renderer.pictures(document, looks, network_side(renderer, document), "full"):
            yield torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1

    return draw


def network_side(renderer: Renderer, document: Document) -> int:
    """The longer side of a model's pictures: they are measured as they are."""
    return int(renderer.model(document).generator.resolution)
