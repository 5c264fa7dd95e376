"""The colours of a landscape: designed for eight hours of the day and for the four seasons, and mixed in between.

All colours are RGB in 0..255 as float arrays [3]; `light` multiplies them, so a palette holds colours as they are
seen, and drawing does no arithmetic on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colour = npt.NDArray[np.float64]
Table = npt.NDArray[np.float64]
"""Colours or other numbers by row, [n, columns]."""


def _colours(*codes: str) -> Table:
    """Six-digit hex codes as rows of RGB, [n, 3]."""
    return np.array([list(bytes.fromhex(code)) for code in codes], np.float64)


HOURS = np.array([0.0, 0.11, 0.3, 0.48, 0.6, 0.665, 0.735, 0.875, 0.945])
SKY_TOP = _colours("6b7fc6", "4a9fde", "3a8edb", "5b9ed2", "43336f", "1f2a60", "0b1538", "0b1538", "2c4078")
SKY_MIDDLE = _colours("dfa3bf", "9dd2ee", "7fc5ee", "c9d2c0", "cf5a70", "5a5298", "1b3166", "1b3166", "7a74b0")
SKY_LOW = _colours("ffd7a3", "fbeccb", "d6effa", "ffdf9c", "ffab55", "d87f88", "3a5c9a", "3a5c9a", "eaa9a0")
HAZE = _colours("f3c3b0", "d3e6e6", "b9def0", "f5d6a0", "ea8460", "a0709a", "2f4c80", "2f4c80", "c094ac")
SUN = _colours("fff3cf", "fffbe0", "fffdf0", "fff2b8", "ffe08a", "ff9a6a", "ff9a6a", "ff9a6a", "ffd0a0")
LIGHT = np.array([
    [0.98, 0.82, 0.80], [1.0, 0.97, 0.90], [1.0, 1.0, 1.0], [1.04, 0.92, 0.74], [0.86, 0.56, 0.52],
    [0.50, 0.44, 0.60], [0.30, 0.40, 0.64], [0.30, 0.40, 0.64], [0.60, 0.54, 0.70],
])  # fmt: skip
"""What the hour's light leaves of each colour: factors of red, green and blue."""
DARKNESS = np.array([0.1, 0.0, 0.0, 0.0, 0.45, 0.85, 1.0, 1.0, 0.7])

SEASONS = np.array([0.0, 0.125, 0.25, 0.36, 0.43, 0.6, 0.65, 0.87, 0.92])
GRASS = _colours("93c654", "74b350", "5fa64d", "83a849", "c9a23f", "bd8f45", "eaf1f8", "eaf1f8", "a5cb6c")
LEAVES = _colours("f4a3bb", "a9c862", "3f8f4a", "6f9a40", "e9852c", "c9552f", "c9d8e6", "c9d8e6", "f2b3c4")
NEEDLES = _colours("3f8455", "2f7a4e", "28704a", "2c6e4a", "356a4a", "3d6c58", "8fb3b5", "8fb3b5", "4f8a66")
SNOW = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0])

WALLS = _colours("cfdfee", "f3ead6", "f7e6c2", "f0cf96", "dfa45c")
ROOFS = _colours("51698f", "8a5a78", "c4503f", "b0572f", "73503c")
ROCK, SNOWCAP, TRUNK, BLUER, YELLOWER, MOON, LAMP, GLASS, WHITE = _colours(
    "7d84a8", "f4f8fc", "6d4a38", "3f9d96", "d9b53c", "f4f1dc", "ffd568", "5d7f9e", "ffffff"
)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` 0 gives the first colour, 1 the second."""
    return first + (second - first) * share


def along(table: Table, share: float) -> Colour:
    """The colour at `share` 0..1 of the way through a table of evenly spaced colours."""
    place = share * (len(table) - 1)
    before = min(int(place), len(table) - 2)
    return mix(table[before], table[before + 1], place - before)


def _cyclic(places: Table, table: Table, at: float) -> Colour:
    """The row of a table whose rows lie at `places` on a circle of length 1."""
    after = int(np.searchsorted(places, at, side="right")) % len(places)
    before = after - 1
    share = (at - places[before]) % 1 / ((places[after] - places[before]) % 1)
    return mix(table[before], table[after], share)


@dataclass(frozen=True, eq=False)
class Palette:
    """Every colour one landscape is drawn with, as seen at its hour and in its season."""

    sky: Table
    """[3, 3]: top, middle and low sky."""
    haze: Colour
    sun: Colour
    moon: Colour
    cloud: Colour
    cloud_shade: Colour
    mountain: Colour
    snowcap: Colour
    hills: tuple[Colour, Colour, Colour]
    """Far, middle and near hill."""
    water: Colour
    leaves: Colour
    trunk: Colour
    wall: Colour
    roof: Colour
    door: Colour
    window: Colour
    darkness: float
    """0 at day, 1 at night."""
    snow: float
    """1 when snow lies."""


def palette_of(f: Mapping[str, float]) -> Palette:
    """The colours for these factors."""
    hour, season = f["hour"], f["season"]
    haze, light = _cyclic(HOURS, HAZE, hour), _cyclic(HOURS, LIGHT, hour)
    sky = np.stack([_cyclic(HOURS, table, hour) for table in (SKY_TOP, SKY_MIDDLE, SKY_LOW)])
    darkness = float(np.interp(hour, HOURS, DARKNESS, period=1.0))
    snow = float(np.interp(season, SEASONS, SNOW, period=1.0))
    grass = _shifted(_cyclic(SEASONS, GRASS, season), f["hill_colour"], 0.5 - 0.3 * snow)
    leaves = mix(_cyclic(SEASONS, NEEDLES, season), _cyclic(SEASONS, LEAVES, season), broad_leaved(f["tree_kind"]))
    roof = mix(along(ROOFS, f["roof_colour"]), WHITE, 0.55 * snow)
    lit = f["house_lit"] * min(1.0, darkness * 1.5)
    return Palette(
        sky=sky,
        haze=haze,
        sun=_cyclic(HOURS, SUN, hour),
        moon=MOON,
        cloud=mix(np.minimum(WHITE * light * 1.02, 255), sky[2], 0.25),
        cloud_shade=mix(np.minimum(WHITE * light, 255), sky[1], 0.5),
        mountain=mix(ROCK * light, haze, 0.38),
        snowcap=mix(SNOWCAP * light, haze, 0.25),
        hills=(
            mix(grass * 0.86 * light, haze, 0.48),
            mix(grass * 0.93 * light, haze, 0.22),
            grass * light,
        ),
        water=mix(sky[0], sky[2], 0.4),
        leaves=_shifted(leaves, f["tree_colour"], 0.45) * light * 0.94,
        trunk=TRUNK * light,
        wall=along(WALLS, f["wall_colour"]) * light,
        roof=roof * light,
        door=mix(along(ROOFS, f["roof_colour"]), TRUNK, 0.5) * light * 0.8,
        window=mix(GLASS * light, LAMP, lit),
        darkness=darkness,
        snow=snow,
    )


def broad_leaved(kind: float) -> float:
    """How broad-leaved trees of a kind look, 0..1: nearly always clearly one or the other, with a short passage."""
    return float(np.clip(4 * (kind - 0.5) + 0.5, 0, 1))


def _shifted(colour: Colour, shift: float, reach: float) -> Colour:
    """A colour moved towards blue-green (`shift` -1) or yellow (1), by at most `reach`."""
    return mix(colour, YELLOWER if shift > 0 else BLUER, abs(shift) * reach)
