"""The landscape world sorted into classes, for models that are told what to draw.

A class is a season, and, where there are several widths, how far camera and colours stray in it. So it is known
exactly how varied the pictures of every class are.
"""

from __future__ import annotations

import numpy as np

from ganstudio.worlds.factors import NAMES, FloatArray, sample_factors
from ganstudio.worlds.landscape import Landscape

SEASONS = ("spring", "summer", "autumn", "winter")
SEASON = NAMES.index("season")


class ClassedLandscape(Landscape):
    """Landscapes in `4 * len(widths)` classes, all equally often: class `4 k + s` is season s at `widths[k]`."""

    def __init__(self, widths: tuple[float, ...]) -> None:
        if not widths:
            raise ValueError("A world in classes needs at least one width.")
        super().__init__(max(widths))
        self.widths = tuple(Landscape(width).width for width in widths)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, in order."""
        if len(self.widths) == 1:
            return SEASONS
        return tuple(f"{season}, width {width:g}" for width in self.widths for season in SEASONS)

    def label(self, seed: int, index: int) -> int:
        """The class of picture number `index` in the series `seed`."""
        return int(np.random.default_rng([seed, index, 1]).integers(4 * len(self.widths)))

    def factors(self, seed: int, index: int) -> FloatArray:
        """Factors of picture number `index`: those of the plain world, in the season and width of its class."""
        return self.factors_of(self.label(seed, index), seed, index)

    def factors_of(self, label: int, seed: int, index: int) -> FloatArray:
        """Picture number `index` as it looks in class `label`, whatever its own class is."""
        width, season = divmod(label, len(SEASONS))
        values = sample_factors(np.random.default_rng([seed, index]), self.widths[width])
        values[SEASON] = (season + values[SEASON] - 0.5) / len(SEASONS) % 1
        return values
