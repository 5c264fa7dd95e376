"""Supervised directions: normals in w fitted to what the reader says of samples, as InterFaceGAN fits to labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.evidence.steering.readings import COLUMNS
from tests.evidence.steering.statistics import Array

RIDGE = 1e-2
ENDS = 0.2
"""The normal is drawn between this share of the samples with the least and with the most of an attribute."""
STEPS, RATE, MARGIN = 300, 0.05, 1e-3
NOON, SUMMER = 0.3, 0.25


@dataclass(frozen=True)
class Attribute:
    """Something a picture has more or less of: a factor, and where more of it lies on the circle of a cyclic one."""

    factor: str
    towards: float | None = None

    def of(self, codes: Array) -> Array:
        """How much of it pictures have whose codes [n, codes] these are, [n]."""
        columns = COLUMNS[self.factor]
        if self.towards is None:
            found: Array = codes[:, columns[0]]
            return found
        angle = 2 * np.pi * self.towards
        circle: Array = codes[:, columns] @ np.array([np.cos(angle), np.sin(angle)])
        return circle


ATTRIBUTES: Mapping[str, Attribute] = {
    "hour (noon)": Attribute("hour", NOON), "season (summer)": Attribute("season", SUMMER),
    **{name: Attribute(name) for name in (
        "zoom", "pan_x", "pan_y", "roll", "brightness", "warmth", "mountain_height", "cloud_amount", "lake", "house",
        "tree_count", "tree_kind", "sun_x")},
}  # fmt: skip


def regression_normal(latents: Array, amounts: Array) -> Tensor:
    """The unit vector of ridge regression of amounts [n] on latents [n, dim]."""
    x = latents - latents.mean(axis=0)
    y = amounts - amounts.mean()
    gram = x.T @ x / len(x)
    weights = np.linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), x.T @ y / len(x))
    return _unit(torch.from_numpy(weights).float())


def margin_normal(latents: Array, amounts: Array) -> Tensor:
    """The unit normal of the plane of widest margin (a linear SVM) between those with the most and with the least."""
    low, high = np.quantile(amounts, (ENDS, 1 - ENDS))
    chosen = (amounts <= low) | (amounts >= high)
    x = torch.from_numpy(latents[chosen] - latents.mean(axis=0)).float()
    x = x / x.std().clamp(min=1e-6)
    side = torch.from_numpy(np.where(amounts[chosen] >= high, 1.0, -1.0)).float()
    weights, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([weights, bias], lr=RATE)
    for _ in range(STEPS):
        loss = F.relu(1 - side * (x @ weights + bias)).mean() + MARGIN * weights.square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return _unit(weights.detach())


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm().clamp(min=1e-12)


def mean_cosine(vectors: list[Tensor]) -> float:
    """The mean absolute cosine between all pairs: 0 when every direction is its own. Not a number for fewer than two.
    """
    if len(vectors) < 2:
        return float("nan")
    flat = torch.stack([_unit(v.flatten()) for v in vectors])
    cosines = (flat @ flat.T).abs()
    count = len(vectors)
    return float((cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1)))
