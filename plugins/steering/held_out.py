"""How well walks do what their edits say, on latents that they never learned from: figures, and strips to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import batch_of
from ganstudio_plugins.steering.latents import Bases
from ganstudio_plugins.steering.lesson import SEED, Lesson

COUNT = 96
COLUMNS, SAMPLES = 7, 3
SIDE = 128
"""Strips show pictures of at most this side."""


@dataclass(frozen=True)
class Judgement:
    """Mean squared errors to the edited pictures over the range learned: of pictures at rest, and along the walk."""

    at_rest: float
    walked: float

    @property
    def followed(self) -> float:
        """The share of the edit that the walk makes: 1 all of it, 0 none."""
        return 1 - self.walked / self.at_rest if self.at_rest > 0 else 0.0


def judged(lesson: Lesson) -> Judgement:
    """How far a walk follows its edit."""
    random = torch.Generator().manual_seed(SEED)
    size = batch_of(lesson.model.generator.resolution)
    errors = [_errors(lesson, size, random) for _ in range(COUNT // size)]
    at_rest, walked = np.mean(errors, axis=0)
    return Judgement(float(at_rest), float(walked))


def _errors(lesson: Lesson, count: int, random: torch.Generator) -> tuple[float, float]:
    bases = lesson.space.draw(count, random)
    alphas = lesson.alphas(count, random).to(bases.image.device)
    target, mask = lesson.edit.apply(bases.image, alphas)
    with torch.no_grad():
        return tuple(masked_l2(image, target, mask).item() for image in (bases.image, lesson.picture(bases, alphas)))


def masked_l2(image: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error of each picture where its mask [n, 1, h, w] is not 0, averaged: a scalar."""
    square = (mask * (image - target)).square().sum(dim=(1, 2, 3))
    return (square / (image.shape[1] * mask.sum(dim=(1, 2, 3))).clamp(min=1)).mean()


def strips(lessons: Sequence[Lesson]) -> NDArray[np.uint8]:
    """For each edit two rows a sample, alphas from left to right: the edited picture, and where the walk leads."""
    samples = SAMPLES if len(lessons) == 1 else 1
    rows = [row for lesson in lessons for row in _rows(lesson, samples)]
    pixels = ((torch.cat(rows, dim=1).clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(pixels)


def _rows(lesson: Lesson, samples: int) -> list[Tensor]:
    """Strips [3, side, columns x side]: for each sample what is asked for, and what comes."""
    bases = lesson.space.draw(samples, torch.Generator().manual_seed(SEED))
    alphas = lesson.row(COLUMNS)
    rows = [row for i in range(samples) for row in strip(lesson, bases, i, alphas)]
    return [_small(row).permute(1, 2, 0, 3).flatten(2) for row in rows]


def strip(lesson: Lesson, bases: Bases, index: int, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """One of the pictures `bases` at alphas [n], as the edit asks for it and as the walk makes it, images [n, 3, h, w]
    each; worked on a few at once."""
    asked, comes = [], []
    with torch.no_grad():
        for piece in alphas.to(bases.image.device).split(batch_of(lesson.model.generator.resolution)):
            one = _repeated(bases, index, len(piece))
            asked.append(lesson.edit.apply(one.image, piece)[0])
            comes.append(lesson.picture(one, piece))
    return torch.cat(asked), torch.cat(comes)


def _repeated(bases: Bases, index: int, count: int) -> Bases:
    def again(tensor: Tensor) -> Tensor:
        return tensor[index:index + 1].expand(count, *tensor.shape[1:])

    return Bases(again(bases.latents), None if bases.labels is None else again(bases.labels), again(bases.image))


def _small(image: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(image, SIDE) if image.shape[-1] > SIDE else image
