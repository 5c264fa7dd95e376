"""How good a landscape model is, in figures: how far its pictures lie from the data's, and which factors it draws.

The Fréchet distance (Heusel et al., 2017) is taken in the features of a factor reader, beside the distance between
two sets of real pictures, which is the floor. For each factor the reading's histogram over samples is laid over that
over data; the shared area says how much of the variety was learned. Any folder of pictures can stand in the world's
place; then there are no factors to compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

from ganstudio.training.data import FolderSource
from ganstudio.training.factor_reader import FactorReader, decode, labelled
from ganstudio.training.families import picture_of
from ganstudio.training.neighbours import K as NEAREST
from ganstudio.training.neighbours import Neighbours, neighbours
from ganstudio.worlds.factors import FACTORS
from ganstudio.worlds.landscape import Landscape

FloatArray = npt.NDArray[np.floating[Any]]
BINS = 20
DATA_SEED = 991
"""The series of real pictures to compare with; no training uses it."""
BATCH = 50


@dataclass(frozen=True, eq=False)
class Readings:
    """A set of pictures as a reader sees it: features [n, FEATURES], factors [n, len(FACTORS)]."""

    features: FloatArray
    factors: FloatArray


@dataclass(frozen=True, eq=False)
class FactorFigure:
    """One factor: histograms over the same bins, their shared area 0..1, that of two real sets (the ceiling), and
    the correlation of reading and truth (what the reader knows of this factor at all)."""

    name: str
    data: FloatArray
    samples: FloatArray
    overlap: float
    ceiling: float
    legible: float


@dataclass(frozen=True, eq=False)
class Measurement:
    """The figures of a model over `count` samples: Fréchet distance and neighbours to the data, the same between two
    sets of the data (floor and ceiling), and the factors of a world that has them."""

    count: int
    distance: float
    floor: float
    near: Neighbours
    near_ceiling: Neighbours
    factors: tuple[FactorFigure, ...] = ()

    @property
    def overlap(self) -> float:
        """Mean shared area over all factors."""
        return float(np.mean([f.overlap for f in self.factors]))


def frechet_distance(one: FloatArray, two: FloatArray) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) between the Gaussians fitted to two sets [n, d]."""
    (mean1, cov1), (mean2, cov2) = ((x.astype(np.float64).mean(axis=0), np.cov(x.astype(np.float64), rowvar=False))
                                    for x in (one, two))  # fmt: skip
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cov2 @ root).clip(0)).sum()
    return float(np.square(mean1 - mean2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross)


def overlap(one: FloatArray, two: FloatArray) -> float:
    """The area two histograms share when each has area 1: 1 = alike, 0 = disjoint."""
    return float(np.minimum(one / max(one.sum(), 1), two / max(two.sum(), 1)).sum())


def sample_images(generator: Any, count: int, seed: int = 0) -> Iterator[Tensor]:
    """`count` pictures of a generator without truncation, of all its classes, in batches [<= BATCH, 3, r, r]."""
    random = torch.Generator().manual_seed(seed)
    device, classes = next(generator.parameters()).device, generator.num_classes
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        z = torch.randn(size, generator.z_dim, generator=random).to(device)
        labels = torch.eye(classes)[torch.randint(classes, (size,), generator=random)].to(device) if classes else None
        with torch.inference_mode():
            yield picture_of(generator, z, labels).clamp(-1, 1)


def data_images(world: Landscape, count: int, size: int, first: int = 0) -> tuple[FloatArray, list[Tensor]]:
    """The truth [count, factors] and the pictures, in batches."""
    parts = [labelled(world, DATA_SEED, first + i, min(BATCH, count - i), size) for i in range(0, count, BATCH)]
    return np.concatenate([factors for factors, _ in parts]), [images for _, images in parts]


def read(reader: FactorReader, batches: Iterator[Tensor]) -> Readings:
    """What the reader sees in pictures."""
    features, codes = [], []
    for images in batches:
        with torch.inference_mode():
            found = reader.features(images)
            features.append(found.cpu().numpy())
            codes.append(reader.out(found).cpu().numpy())
    return Readings(np.concatenate(features), decode(np.concatenate(codes)))


def measure_model(generator: Any, reader: FactorReader, world: Landscape, count: int) -> Measurement:
    """Compare `count` samples with `count` pictures of the world, and these with `count` others."""
    size = reader.resolution
    truth, images = data_images(world, count, size)
    data = read(reader, iter(images))
    others = read(reader, iter(data_images(world, count, size, first=count)[1]))
    samples = read(reader, (_sized(images, size) for images in sample_images(generator, count)))
    figures = tuple(_factor_figure(i, truth, data, others, samples) for i in range(len(FACTORS)))
    return _measurement(count, data, others, samples, figures)


def measure_against(generator: Any, reader: FactorReader, folder: Path, count: int) -> Measurement:
    """Compare samples with the pictures of a folder, and one half of these with the other; at most `count` of each.

    RecipeError in one sentence when the folder holds none, ValueError when too few.
    """
    source = FolderSource(folder, reader.resolution)
    half = min(count, source.count // 2)
    if half <= NEAREST:
        raise ValueError(f"The folder “{folder}” holds {source.count} pictures; measuring takes {2 * NEAREST + 2}.")
    order = np.random.default_rng(DATA_SEED).permutation(source.count)
    data, others = (read(reader, _pictures(source, order[part])) for part in (slice(half), slice(half, 2 * half)))
    samples = read(reader, (_sized(images, reader.resolution) for images in sample_images(generator, half)))
    return _measurement(half, data, others, samples)


def _measurement(count: int, data: Readings, others: Readings, samples: Readings,
                 factors: tuple[FactorFigure, ...] = ()) -> Measurement:
    pairs = [(data.features, x.features) for x in (samples, others)]
    (distance, floor), (near, ceiling) = [frechet_distance(*p) for p in pairs], [neighbours(*p) for p in pairs]
    return Measurement(count, distance, floor, near, ceiling, factors)


def _pictures(source: FolderSource, numbers: npt.NDArray[np.int64]) -> Iterator[Tensor]:
    """Those pictures of a folder, in batches [<= BATCH, 3, r, r]."""
    for first in range(0, len(numbers), BATCH):
        pixels = np.stack([source.pixels(int(n)) for n in numbers[first : first + BATCH]])
        yield torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def _sized(images: Tensor, side: int) -> Tensor:
    """Images [n, c, h, w] as a reader takes them: three colours, `side` pixels."""
    images = images[:, :3].expand(-1, 3, -1, -1)
    if images.shape[-1] == side:
        return images
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)


def _factor_figure(i: int, truth: FloatArray, data: Readings, others: Readings, samples: Readings) -> FactorFigure:
    """Histograms of factor i over the range of the data's readings; what lies outside counts in the end bins."""
    low, high = np.quantile(data.factors[:, i], (0.002, 0.998))
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    mine, other, drawn = (
        np.histogram(r.factors[:, i].clip(edges[0], edges[-1]), edges)[0].astype(float) for r in (data, others, samples)
    )
    return FactorFigure(
        FACTORS[i].name, mine, drawn, overlap(mine, drawn), overlap(mine, other),
        _correlation(i, truth[:, i], data.factors[:, i]),
    )  # fmt: skip


def _correlation(i: int, truth: FloatArray, reading: FloatArray) -> float:
    """Between -1 and 1; of a cyclic factor, the mean cosine of the angle between truth and reading."""
    if FACTORS[i].kind == "cyclic":
        return float(np.cos(2 * np.pi * (truth - reading)).mean())
    if truth.std() == 0 or reading.std() == 0:
        return 0.0
    return float(np.corrcoef(truth, reading)[0, 1])


def figures_table(result: Measurement) -> str:
    """The figures as Markdown."""
    near, ceiling = result.near, result.near_ceiling
    told = (
        f"Fréchet distance in the factor reader's features, {result.count} samples: **{result.distance:.3f}** "
        f"(real against real: {result.floor:.3f}).\n\n"
        f"| | precision | recall | density | coverage |\n|---|---|---|---|---|\n"
        f"| samples | {near.precision:.2f} | {near.recall:.2f} | {near.density:.2f} | {near.coverage:.2f} |\n"
        f"| real pictures | {ceiling.precision:.2f} | {ceiling.recall:.2f} | {ceiling.density:.2f} | "
        f"{ceiling.coverage:.2f} |\n"
    )
    if not result.factors:
        return told
    rows = "\n".join(f"| {f.name} | {f.overlap:.2f} | {f.ceiling:.2f} | {f.legible:.2f} |" for f in result.factors)
    return (
        f"{told}\nMean overlap of factor histograms: **{result.overlap:.2f}**.\n\n"
        f"| factor | overlap with data | data with data | reader's correlation with the truth |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def figures_picture(result: Measurement, columns: int = 8) -> Image.Image:
    """Each factor's histograms: data as grey ground, samples as a line over it."""
    width, height = 150, 96
    rows = -(-len(result.factors) // columns)
    image = Image.new("RGB", (columns * width, rows * height), "white")
    draw = ImageDraw.Draw(image)
    for i, figure in enumerate(result.factors):
        _draw_figure(draw, figure, i % columns * width + 6, i // columns * height + 4, width - 12, height - 8)
    return image


def _draw_figure(draw: ImageDraw.ImageDraw, figure: FactorFigure, x: int, y: int, width: int, height: int) -> None:
    top, foot = y + 14, y + height
    peak = max(figure.data.max(), figure.samples.max(), 1)
    draw.text((x, y), f"{figure.name}  {figure.overlap:.2f}", fill="black")
    step = width / BINS
    levels = [[foot - (foot - top) * v / peak for v in values] for values in (figure.data, figure.samples)]
    for i, level in enumerate(levels[0]):
        draw.rectangle((x + i * step, level, x + (i + 1) * step - 1, foot), fill=(205, 208, 214))
    points = [(x + (i + side) * step, level) for i, level in enumerate(levels[1]) for side in (0, 1)]
    draw.line(points, fill=(214, 84, 32), width=2)
