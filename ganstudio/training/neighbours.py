"""How two sets of pictures lie among each other: fidelity and variety told apart by nearest neighbours.

Precision and recall after Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models"
(2019); density and coverage after Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models"
(2020). Every picture is a point [d] of some network's features; the ball about a point reaches to its k-th neighbour
in its own set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
K = 5
"""Which neighbour a ball reaches to, as in the second paper."""
ROWS = 512
"""How many distances are held at once, times the size of the other set."""


@dataclass(frozen=True)
class Neighbours:
    """Precision: samples within some real ball. Recall: real pictures within some sample's ball. Density: in how many
    of k real balls a sample lies (1 for equal sets; more is possible). Coverage: real balls with a sample in them."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: FloatArray, samples: FloatArray, k: int = K) -> Neighbours:
    """Compare features [n, d] and [m, d]; ValueError when a set is too small for a k-th neighbour."""
    if min(len(real), len(samples)) <= k:
        raise ValueError(f"Precision and recall need more than {k} pictures on either side.")
    real_reach, sample_reach = _reach(real, k), _reach(samples, k)
    precise = np.zeros(len(samples), bool)
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    inside = 0
    for start in range(0, len(real), ROWS):
        rows = slice(start, start + ROWS)
        distance = _distances(real[rows], samples)  # [rows, m]
        within = distance < real_reach[rows, None]
        precise |= within.any(axis=0)
        inside += int(within.sum())
        recalled[rows] = (distance < sample_reach[None]).any(axis=1)
        covered[rows] = within.any(axis=1)
    return Neighbours(float(precise.mean()), float(recalled.mean()), inside / (k * len(samples)), float(covered.mean()))


def _reach(points: FloatArray, k: int) -> FloatArray:
    """Squared distance of each point [n, d] to its k-th neighbour in the same set."""
    blocks = (_distances(points[i : i + ROWS], points) for i in range(0, len(points), ROWS))
    return np.concatenate([np.partition(block, k, axis=1)[:, k] for block in blocks])


def _distances(one: FloatArray, two: FloatArray) -> FloatArray:
    """Squared distances [n, m] between points [n, d] and [m, d]."""
    one, two = one.astype(np.float64), two.astype(np.float64)
    squares = np.square(one).sum(axis=1)[:, None] + np.square(two).sum(axis=1)[None] - 2 * one @ two.T
    found: FloatArray = np.maximum(squares, 0)
    return found
