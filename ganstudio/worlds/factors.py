"""The factors a landscape is drawn from: what each means, its range, and how pictures are sampled.

They are known exactly, so a test can ask of any direction in a GAN which factor it really moves.

Lengths are in scene units: at zoom 0 the picture shows x and y from -1 to 1, y pointing down. Cyclic factors
run from 0 to 1, and both ends look the same. A factor of kind 'present' is sampled as 0 or 1; between the two
the thing is drawn smaller, so that even presence is smooth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Group = Literal["light", "sky", "land", "lake", "house", "trees", "colour", "camera"]

SCALED_BY_WIDTH: tuple[Group, ...] = ("camera", "colour")
"""The groups whose sampling range shrinks with a world's width: those the steering plugin moves pictures along."""


@dataclass(frozen=True)
class Factor:
    """One number a landscape depends on. Any value in low..high can be drawn, whatever a world samples."""

    name: str
    group: Group
    low: float
    high: float
    meaning: str
    kind: Literal["continuous", "cyclic", "present"] = "continuous"
    chance: float = 1.0
    """Of kind 'present' only: how often sampling gives 1."""

    @property
    def centre(self) -> float:
        return (self.low + self.high) / 2

    def at(self, share: float, width: float) -> float:
        """The value that a uniform random `share` in 0..1 stands for; `width` scales camera and colour ranges."""
        if self.kind == "present":
            return float(share < self.chance)
        reach = width if self.group in SCALED_BY_WIDTH else 1.0
        return self.centre + (share - 0.5) * (self.high - self.low) * reach


FACTORS: tuple[Factor, ...] = (
    Factor("hour", "light", 0, 1, "time of day: 0 dawn, 0.3 noon, 0.6 dusk, 0.8 midnight", "cyclic"),
    Factor("season", "light", 0, 1, "0 spring, 0.25 summer, 0.5 autumn, 0.75 winter with snow", "cyclic"),
    Factor("sun_x", "sky", -0.7, 0.7, "where the sun stands; the moon stands on the other side"),
    Factor("sun_lift", "sky", -0.1, 0.15, "how much higher sun and moon stand than the hour alone says"),
    Factor("sun_size", "sky", 0.1, 0.2, "radius of the sun; the moon is a little smaller"),
    Factor("cloud_amount", "sky", 0, 1, "from clear sky to three clouds, which grow one after the other"),
    Factor("cloud_x", "sky", -0.4, 0.4, "how far the wind has carried the clouds"),
    Factor("cloud_y", "sky", -0.15, 0.15, "height of the clouds, negative is higher"),
    Factor("cloud_size", "sky", 0.7, 1.3, "size of each cloud, 1 = half a picture wide"),
    Factor("mountain_height", "land", 0.3, 0.75, "from the foot of the mountains to their highest possible peak"),
    Factor("mountain_phase", "land", 0, 1, "where the great peaks stand", "cyclic"),
    Factor("mountain_detail", "land", 0, 1, "where the small peaks stand", "cyclic"),
    Factor("mountain_rough", "land", 0.1, 0.5, "share of the small peaks in the skyline"),
    Factor("far_hill_height", "land", 0.05, 0.2, "swing of the hills before the mountains"),
    Factor("far_hill_phase", "land", 0, 1, "where these hills stand", "cyclic"),
    Factor("near_hill_height", "land", 0.03, 0.14, "swing of the hill that carries house and trees"),
    Factor("near_hill_phase", "land", 0, 1, "where this hill rises", "cyclic"),
    Factor("lake", "lake", 0, 1, "whether there is a lake between the hills", "present", chance=0.7),
    Factor("lake_x", "lake", -0.4, 0.4, "middle of the lake"),
    Factor("lake_level", "lake", 0.09, 0.19, "y of the far shore, about which the lake mirrors the land"),
    Factor("lake_size", "lake", 0.8, 1.6, "half the width of the lake"),
    Factor("house", "house", 0, 1, "whether there is a house", "present", chance=0.85),
    Factor("house_x", "house", -0.22, 0.22, "where the house stands on the near hill"),
    Factor("house_y", "house", 0.03, 0.13, "how far below the crest of the hill it stands"),
    Factor("house_size", "house", 0.8, 1.2, "1 = a little more than a third of the picture wide"),
    Factor("house_lit", "house", 0, 1, "whether its windows are lit when it is dark", "present", chance=0.85),
    Factor("tree_count", "trees", 0, 7, "number of trees; a fraction is a small last tree"),
    Factor("tree_kind", "trees", 0, 1, "0 conifers, 1 round broad-leaved trees"),
    Factor("tree_size", "trees", 0.75, 1.25, "1 = a third of the picture tall"),
    Factor("tree_x", "trees", -0.12, 0.12, "how far all trees stand to the right of their usual places"),
    Factor("wall_colour", "colour", 0, 1, "house walls from blue-white over cream to ochre"),
    Factor("roof_colour", "colour", 0, 1, "roof from slate blue over brick red to brown"),
    Factor("hill_colour", "colour", -1, 1, "hills bluer (-1) or yellower (1) than their season"),
    Factor("tree_colour", "colour", -1, 1, "trees bluer (-1) or yellower (1) than their season"),
    Factor("warmth", "colour", -1, 1, "the whole picture cooler (-1) or warmer (1)"),
    Factor("brightness", "colour", -1, 1, "the whole picture darker (-1) or brighter (1)"),
    Factor("pan_x", "camera", -0.5, 0.5, "x of the scene in the middle of the picture"),
    Factor("pan_y", "camera", -0.3, 0.3, "y of the scene in the middle of the picture"),
    Factor("zoom", "camera", -0.6, 0.6, "in octaves: 1 would show everything twice as large"),
    Factor("roll", "camera", -20, 20, "degrees that the picture is turned clockwise"),
)

NAMES: tuple[str, ...] = tuple(factor.name for factor in FACTORS)


def sample_factors(rng: np.random.Generator, width: float) -> FloatArray:
    """One landscape at random, [len(FACTORS)]. It draws as many random numbers whatever the width, so the same
    generator state gives the same landscape, only seen from nearer the middle, in a narrower world."""
    shares = rng.random(len(FACTORS))
    values = [factor.at(float(share), width) for factor, share in zip(FACTORS, shares, strict=True)]
    return np.asarray(values, np.float32)


def factor_vector(**values: float) -> FloatArray:
    """Factors in the order of FACTORS, [len(FACTORS)]: those named as given, all others at their centre, present
    things present."""
    unknown = values.keys() - set(NAMES)
    if unknown:
        raise ValueError(f"No such landscape factor: {', '.join(sorted(unknown))}.")
    usual = {f.name: f.high if f.kind == "present" else f.centre for f in FACTORS}
    return np.asarray([values.get(name, usual[name]) for name in NAMES], np.float32)


def named_factors(vector: npt.ArrayLike) -> Mapping[str, float]:
    """Factor values by name. Raises ValueError where the count is wrong or a value cannot be drawn."""
    values = np.asarray(vector, np.float64)
    if values.shape != (len(FACTORS),):
        raise ValueError(f"A landscape has {len(FACTORS)} factors, but these have shape {values.shape}.")
    named = dict(zip(NAMES, values.tolist(), strict=True))
    for factor in FACTORS:
        _check(factor, named[factor.name])
    return named


def _check(factor: Factor, value: float) -> None:
    """float32 may round a bound outwards, so a millionth of the range is forgiven."""
    slack = (factor.high - factor.low) * 1e-6
    if not factor.low - slack <= value <= factor.high + slack:
        raise ValueError(
            f"Landscape factor {factor.name} must lie between {factor.low:g} and {factor.high:g}, but is {value:g}."
        )
