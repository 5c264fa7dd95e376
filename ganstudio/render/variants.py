"""Other collages to choose from: fills for what is hidden, a region by other examples, whole collages from a pool.

Chai, Wulff and Isola (ICLR 2021) fill one hole in many ways, edit by example, and compose pictures from random samples,
one a part. Here each way only adds or replaces parts, so whatever is chosen stays live, can be edited, and is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganstudio.document.collage import Collage, Part, Picture, Source, new_id, part_of
from ganstudio.document.document import Document
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.document.mask import Mask
from ganstudio.document.tiles import Tiles
from ganstudio.render.refine import random_mask
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Pixels, RenderError, Scene

Kind = Literal["fills", "examples", "automatic"]
FILL = "fill-"
"""What the ids of fills begin with: another fill takes the place of the one before."""
CUTOFFS = (0.35, 0.7)
"""How much of a fill is there: enough to say what it is, not all, so that the model joins it to the parts."""
BANDS = ((0.0, 0.42), (0.34, 0.66), (0.58, 1.0))
"""What automatic collages are made of where there are no parts: above, middle, below, as shares of the height."""
SEED_STEP = 7919


@dataclass(frozen=True, eq=False)
class Variant:
    """A document to choose and its picture."""

    document: Document
    pixels: Pixels


def variants(renderer: Renderer, document: Document, time: float, kind: Kind, seeds: Sequence[int],
             part_id: str = "") -> Iterator[Variant]:
    """A variant for each seed, without the refinement, which was found for other parts. `part_id` is the part whose
    region examples are for, the topmost if empty.

    Raises RenderError or ModelError in one sentence.
    """
    collage, side = document.collage_at(time), renderer.model(document).generator.resolution
    makers: dict[Kind, Callable[[int], Collage]] = {
        "fills": partial(_filled, renderer, document, collage, side),
        "examples": partial(_by_example, renderer, document, collage, part_id),
        "automatic": partial(_automatic, renderer, document, collage, side),
    }
    for seed in seeds:
        made = replace(document.with_collage(time, makers[kind](seed)), refinement=None)
        _, pixels = next(renderer.scenes(made, [Scene.of(made, time)], None))
        yield Variant(made, pixels)


def sample(renderer: Renderer, document: Document, seed: int) -> Picture:
    """The model's picture of a seed, in the class and at the truncation of a document, without sliders."""
    look = document.latent
    base = replace(base_from_seed(seed, len(look.base.z)), label=look.base.label)
    _, pixels = next(renderer.pictures(document, [Latent(base, look.psi, look.psi_layers, look.noise)], None, "full"))
    return Picture.of(pixels, Source("seed", document.model.id, seed))


def _filled(renderer: Renderer, document: Document, collage: Collage, side: int, seed: int) -> Collage:
    """Blotches of a random picture beneath everything."""
    if not collage.shown:
        raise RenderError("There are no parts on the canvas to fill the rest of the picture for: add one first.")
    random = torch.Generator().manual_seed(seed)
    low, high = CUTOFFS
    blotches = random_mask(side, random, low + (high - low) * float(torch.rand((), generator=random)))
    picture = sample(renderer, document, seed)
    part = replace(part_of(picture, f"Fill {seed}", _mask(blotches, picture)), id=FILL + new_id())
    return collage.without({p.id for p in collage if p.id.startswith(FILL)}).added(part, 0)


def _by_example(renderer: Renderer, document: Document, collage: Collage, part_id: str, seed: int) -> Collage:
    """The region of one part from another picture."""
    if not collage.shown:
        raise RenderError("There is no part on the canvas whose region could be shown otherwise: add one first.")
    part = collage.part(part_id) if part_id else collage.shown[-1]
    return collage.with_part(_other(renderer, document, part, seed))


def _automatic(renderer: Renderer, document: Document, collage: Collage, side: int, seed: int) -> Collage:
    """Every part from a picture of its own."""
    parts = [p for p in collage.shown if not p.id.startswith(FILL)]
    if not parts:
        parts = [_band(top, bottom, side) for top, bottom in BANDS]
    return Collage(tuple(_other(renderer, document, part, seed + i * SEED_STEP) for i, part in enumerate(parts)))


def _other(renderer: Renderer, document: Document, part: Part, seed: int) -> Part:
    """Another picture where a part lies."""
    seed %= 2**32
    picture, model = sample(renderer, document, seed), renderer.model(document)
    whole = Collage((replace(part, opacity=1.0, visible=True),))
    _, covered = renderer.regression.composite(model, whole, torch.device("cpu"))
    made = part_of(picture, f"Seed {seed}", _mask(covered, picture))
    return replace(made, id=part.id, opacity=part.opacity, group=part.group)


def _band(top: float, bottom: float, side: int) -> Part:
    """A stripe across the frame."""
    cover = np.zeros((side, side), np.uint8)
    cover[round(top * side):round(bottom * side)] = 255
    return part_of(Picture.fill((0, 0, 0), (side, side)), "", Mask(Tiles.of(cover)))


def _mask(cover: Tensor, picture: Picture) -> Mask:
    """A mask [1, 1, h, w] in 0..1 for a picture of the same size."""
    levels = (cover[0, 0] * 255).round().byte().cpu().numpy()
    if picture.size != levels.shape[::-1]:
        raise RenderError(f"The model's pictures are {picture.size} pixels, not {levels.shape[::-1]}.")
    return Mask(Tiles.of(np.ascontiguousarray(levels)))
