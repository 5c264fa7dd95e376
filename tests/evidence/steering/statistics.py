"""What the experiments compute of numbers: ranks, distributions, and which true factor a direction moves. numpy alone.

Every figure here is tested on values whose answer is known (`tests/evidence/test_steering_statistics.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
BINS = 50
"""Of the histograms, as in the authors' program."""
RESAMPLES = 2000


def ranks(values: Array) -> Array:
    """Ranks from 1; equal values share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    found = np.empty(len(values))
    found[order] = np.arange(1.0, len(values) + 1)
    for value in np.unique(values):
        same = values == value
        found[same] = found[same].mean()
    return found


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's: the correlation of the ranks, -1..1; not a number where either side has only one value."""
    a, b = ranks(np.asarray(one)), ranks(np.asarray(other))
    if a.std() == 0 or b.std() == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def bootstrap(one: Array, other: Array, seed: int, share: float = 0.95) -> tuple[float, float]:
    """The interval that holds `share` of the rank correlations of pairs drawn again with replacement."""
    one, other = np.asarray(one), np.asarray(other)
    drawn = np.random.default_rng(seed).integers(len(one), size=(RESAMPLES, len(one)))
    found = np.array([rank_correlation(one[i], other[i]) for i in drawn])
    found = found[~np.isnan(found)]
    if not len(found):
        return math.nan, math.nan
    low, high = np.quantile(found, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def density(values: Array, at: Array) -> Array:
    """Gaussian kernel density of values [n] at places [m], its width by Scott's rule as in the authors' program."""
    values = np.asarray(values, np.float64)
    width = max(float(values.std(ddof=1)) * len(values) ** -0.2, 1e-6)
    apart = (np.asarray(at)[:, None] - values[None]) / width
    found: Array = np.exp(-0.5 * np.square(apart)).mean(axis=1) / (width * math.sqrt(2 * math.pi))
    return found


def histogram(values: Array, low: float, high: float, bins: int = BINS) -> Array:
    """Shares of values [n] in bins from low to high; what lies outside counts in the end bins."""
    counts, _ = np.histogram(np.clip(values, low, high), np.linspace(low, high, bins + 1))
    return counts / max(len(values), 1)


def shared_area(one: Array, other: Array) -> float:
    """Of two histograms of shares: 1 where they are equal, 0 where they nowhere meet."""
    return float(np.minimum(one, other).sum())


def entropy(shares: Array) -> float:
    """Of a histogram of shares, in bits: 0 for one bin, log2(bins) when all are alike."""
    filled = shares[shares > 0]
    return float(-(filled * np.log2(filled)).sum())


def flatness(changes: Array) -> float:
    """How much of the step in the middle is left of the steps at both ends: 1 = no saturation, 0 = standstill."""
    changes = np.asarray(changes, np.float64)
    middle = changes[[(len(changes) - 1) // 2, len(changes) // 2]].mean()
    return float((changes[0] + changes[-1]) / 2 / middle) if middle > 0 else math.nan


@dataclass(frozen=True, eq=False)
class Moved:
    """How far directions move each true factor, in its standard deviations: `effects` [factors], >= 0."""

    names: tuple[str, ...]
    effects: Array

    @property
    def total(self) -> float:
        """All movement together."""
        return float(np.sqrt(np.square(self.effects).sum()))

    @property
    def main(self) -> str:
        """The factor moved most."""
        return self.names[int(self.effects.argmax())]

    def share(self, name: str) -> float:
        """One factor's share of all movement, by squares: 1 when nothing else moves."""
        total = float(np.square(self.effects).sum())
        return float(self.effects[self.names.index(name)] ** 2) / total if total > 0 else 0.0

    def others(self, name: str) -> float:
        """The movement of all others together."""
        return float(np.sqrt(max(0.0, self.total**2 - self.effects[self.names.index(name)] ** 2)))


def moved(before: Array, after: Array, scale: Array, groups: dict[str, list[int]]) -> Moved:
    """How far codes [n, k] went in common, half way from `before` to `after`, for each group of columns.

    Only what all pictures do alike counts: the mean, less what chance alone would leave of its square. `scale` [k] is
    each column's standard deviation in the data; a group (the two columns of a cyclic factor) counts as one.
    """
    half = (np.asarray(after, np.float64) - before) / 2
    squares = np.square(half.mean(axis=0)) - half.var(axis=0, ddof=1) / len(half)
    effects = [max(0.0, squares[columns].sum()) / np.square(scale[columns]).sum() for columns in groups.values()]
    return Moved(tuple(groups), np.sqrt(np.array(effects)))


def is_semantic(found: Moved, least: float, mainly: float) -> bool:
    """Whether a direction moves mainly one factor: at least `least` standard deviations, with the share `mainly`."""
    return bool(found.effects.max() >= least) and found.share(found.main) >= mainly
