"""Charts for the reports, drawn by Pillow alone: curves over any range, and points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from tests.evidence.drawing import Pixels

Points = Sequence[tuple[float, float]]
COLOURS = ((38, 96, 164), (214, 84, 32), (64, 140, 72), (140, 84, 160), (180, 140, 20), (30, 150, 160), (120, 70, 40),
           (130, 130, 130), (220, 90, 140), (20, 20, 20))
LEFT, RIGHT, TOP, FOOT = 56, 116, 24, 34
GRID, INK = (228, 228, 228), (40, 40, 40)


@dataclass(frozen=True)
class Chart:
    """A chart with words for its axes; `bold` names the line drawn thick."""

    title: str
    across: str
    up: str
    lines: Mapping[str, Points]
    dots: bool = False
    bold: str = ""
    size: tuple[int, int] = (520, 300)

    def draw(self) -> Pixels:
        """uint8 [h, w, 3]."""
        image = Image.new("RGB", self.size, "white")
        pen = ImageDraw.Draw(image)
        xs, ys = ticks(*_ends([p[0] for p in self._all])), ticks(*_ends([0.0, *(p[1] for p in self._all)]))
        self._frame(pen, xs, ys)
        for index, (name, points) in enumerate(self.lines.items()):
            colour = COLOURS[index % len(COLOURS)]
            placed = [self._place(p, xs, ys) for p in points if math.isfinite(p[0]) and math.isfinite(p[1])]
            self._mark(pen, placed, colour, 4 if name == self.bold else 2)
            pen.text((self.size[0] - RIGHT + 8, TOP + 13 * index), name, fill=colour)
        return np.asarray(image)

    @property
    def _all(self) -> list[tuple[float, float]]:
        return [p for points in self.lines.values() for p in points if math.isfinite(p[0]) and math.isfinite(p[1])]

    def _mark(self, pen: ImageDraw.ImageDraw, placed: list[tuple[float, float]], colour: tuple[int, int, int],
              width: int) -> None:
        if not self.dots and len(placed) > 1:
            pen.line(placed, fill=colour, width=width, joint="curve")
        if self.dots or len(placed) <= 16:
            for x, y in placed:
                pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)

    def _place(self, point: tuple[float, float], xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
        width, height = self.size
        return (LEFT + (width - LEFT - RIGHT) * (point[0] - xs[0]) / (xs[-1] - xs[0]),
                height - FOOT - (height - TOP - FOOT) * (point[1] - ys[0]) / (ys[-1] - ys[0]))

    def _frame(self, pen: ImageDraw.ImageDraw, xs: Sequence[float], ys: Sequence[float]) -> None:
        width, height = self.size
        for x in xs:
            at = self._place((x, ys[0]), xs, ys)[0]
            pen.line((at, TOP, at, height - FOOT), fill=GRID)
            pen.text((at - 3 * len(f"{x:g}"), height - FOOT + 3), f"{x:g}", fill=INK)
        for y in ys:
            at = self._place((xs[0], y), xs, ys)[1]
            pen.line((LEFT, at, width - RIGHT, at), fill=GRID)
            pen.text((LEFT - 6 - 6 * len(f"{y:g}"), at - 6), f"{y:g}", fill=INK)
        pen.text((LEFT, 4), f"{self.title}: {self.up}" if self.up else self.title, fill=INK)
        pen.text(((LEFT + width - RIGHT) // 2 - 3 * len(self.across), height - 15), self.across, fill=INK)


def stacked(charts: Sequence[Chart], columns: int = 2) -> Pixels:
    """Charts of one size side by side, row after row."""
    drawn = [chart.draw() for chart in charts]
    drawn += [np.full_like(drawn[0], 255)] * (-len(drawn) % min(columns, len(drawn)))
    columns = min(columns, len(drawn))
    rows = [np.concatenate(drawn[i:i + columns], axis=1) for i in range(0, len(drawn), columns)]
    return np.concatenate(rows, axis=0)


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
