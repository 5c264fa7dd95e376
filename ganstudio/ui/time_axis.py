"""Where a moment lies on screen: the horizontal scale of the timeline, as a value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

MARGIN = 34
"""Pixels left of second 0, so that the first key and its picture are whole."""
SPACING = 76
"""Pixels that the labels of two ticks need between them."""
SCALES = (4.0, 1200.0)
"""Fewest and most pixels a second."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds between labelled ticks, where they are whole."""


@dataclass(frozen=True)
class Tick:
    """A mark on the ruler; those without text are short."""

    time: float
    text: str = ""
    frame: str = ""


@dataclass(frozen=True)
class TimeAxis:
    """Pixels a second, and how many pixels are scrolled out on the left."""

    scale: float = 90.0
    scroll: float = 0.0

    def x(self, time: float) -> float:
        """Where a moment is drawn."""
        return MARGIN + time * self.scale - self.scroll

    def time(self, x: float) -> float:
        """The moment drawn there; never before 0."""
        return max(0.0, (x - MARGIN + self.scroll) / self.scale)

    def zoomed(self, factor: float, x: float) -> TimeAxis:
        """Finer or coarser, the moment at `x` staying where it is."""
        fixed = self.time(x)
        scale = min(max(self.scale * factor, SCALES[0]), SCALES[1])
        return TimeAxis(scale, max(0.0, MARGIN + fixed * scale - x))

    def scrolled(self, scroll: float) -> TimeAxis:
        """The same scale from another start."""
        return replace(self, scroll=max(0.0, scroll))

    def fitted(self, duration: float, width: float) -> TimeAxis:
        """The scale at which the whole sequence fits the width."""
        scale = (width - 2 * MARGIN) / max(duration, 1.0)
        return TimeAxis(min(max(scale, SCALES[0]), SCALES[1]), 0.0)

    def ticks(self, width: float, fps: float) -> Iterator[Tick]:
        """The ruler's marks from left to right: labelled ones, and short ones between."""
        step, parts = self._step(fps)
        first = math.floor(self.time(0) / step) * parts
        for i in range(first, math.ceil(self.time(width) / step) * parts + 1):
            time = i * step / parts
            yield Tick(time) if i % parts else Tick(time, clock(time, step < 1), str(round(time * fps)))

    def _step(self, fps: float) -> tuple[float, int]:
        """Seconds between labels, and into how many parts the short marks divide them."""
        for frames in (1, 2, 5, 10):
            if frames < fps and frames / fps * self.scale >= SPACING:
                return frames / fps, frames
        step = next((s for s in STEPS if s * self.scale >= SPACING), STEPS[-1])
        parts = next((p for p in (round(step * fps), 10, 5, 2) if p and step * self.scale / p >= 7), 1)
        return float(step), parts


def clock(time: float, hundredths: bool = True) -> str:
    """A moment as minutes and seconds, such as 1:02.50."""
    whole = round(time * 100)
    minutes, rest = divmod(whole, 6000)
    seconds = f"{rest // 100:02d}"
    return f"{minutes}:{seconds}.{rest % 100:02d}" if hundredths else f"{minutes}:{seconds}"


def snapped(time: float, fps: float) -> float:
    """The nearest frame's moment."""
    return max(0, round(time * fps)) / fps
