"""How good an encoder is, on samples it never learned from: always the same ones, with the same masks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import batch_of
from ganstudio_plugins.regressor.encoder import Encoder
from ganstudio_plugins.regressor.latents import Draw, LatentSpace
from ganstudio_plugins.regressor.masks import hide, masked_l1, random_masks

SEED = 3_141_592_653
"""No small number (torch keeps 32 bits of it): a GAN's training seeded alike began with the same numbers as weights,
and such latents are like no others (seed 1 and Landscapes: three times as far from the mean as samples are)."""
CUTOFFS = (0.4, 0.6, 0.8, 1.0)
"""One a group: a third, two thirds, nine tenths and all of a picture visible."""
GROUP = 16
COLUMNS = 8
SIDE = 256
"""Pictures are compared, and shown, at no more than this side."""


def groups(space: LatentSpace, count: int = GROUP) -> Iterator[tuple[Draw, Tensor]]:
    """Held-out samples and masks, `count` for each cutoff, in as many pieces for each as memory asks for."""
    random, side = torch.Generator().manual_seed(SEED), space.generator.resolution
    for cutoff in CUTOFFS:
        for mask in random_masks(count, side, random, cutoff).split(batch_of(side)):
            yield space.draw(len(mask), random), mask.to(space.device)


def evaluate(space: LatentSpace, encoder: Encoder) -> dict[str, float]:
    """Figures over all groups: masked L1 (visible pixels), whole L1, the latent loss, the visible share, and, to
    compare with, the whole L1 of the mean latent's picture (`blind`) and of the whole pictures (`full`)."""
    encoder.eval()
    with torch.no_grad():
        rows = [_measure(space, encoder, draw, mask) for draw, mask in groups(space)]
    figures = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    full = rows[-len(rows) // len(CUTOFFS):]
    return figures | {"full": float(np.mean([row["whole"] for row in full]))}


def _measure(space: LatentSpace, encoder: Encoder, draw: Draw, mask: Tensor) -> dict[str, float]:
    guess = encoder(draw.image, mask)
    back = _small(space.picture(guess, draw.labels))
    alike = guess if draw.labels is not None else guess[:1]  # without classes it is one picture
    mean = _small(space.picture(space.centre.expand_as(alike), draw.labels)).expand_as(back)
    truth, seen = _small(draw.image), _small(mask)
    return {
        "masked": float(masked_l1(back, truth, seen).mean()), "whole": float((back - truth).abs().mean()),
        "latent": float(space.loss(guess, draw.latents)), "visible": float(mask.mean()),
        "blind": float((mean - truth).abs().mean()),
    }  # fmt: skip


def sample_grid(space: LatentSpace, encoder: Encoder) -> NDArray[np.uint8]:
    """Three rows of eight: the samples, what is visible of them, what the encoder makes of it; uint8 [h, w, 3]."""
    encoder.eval()
    with torch.no_grad():
        parts = [(draw.image, hide(draw.image, mask), space.picture(encoder(draw.image, mask), draw.labels))
                 for draw, mask in groups(space, COLUMNS // len(CUTOFFS))]
    rows = [_small(torch.cat(row)) for row in zip(*parts, strict=True)]
    grid = torch.cat([row.permute(1, 2, 0, 3).flatten(2) for row in rows], dim=1)
    pixels: NDArray[np.uint8] = ((grid.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(pixels)


def _small(image: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(image, SIDE) if image.shape[-1] > SIDE else image
