"""A world of flat, layered landscapes, drawn from factors that are known exactly.

The built-in models learn from it, so that sliders found in them can be measured against the truth. Pictures depend
smoothly on every factor: a GAN can follow them, and a small step of a slider means a small step of a factor.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from ganstudio.worlds.canvas import Camera, Canvas, Grid, Pixels, Values
from ganstudio.worlds.factors import FloatArray, named_factors, sample_factors
from ganstudio.worlds.palette import LAMP, Colour, Palette, mix, palette_of
from ganstudio.worlds.things import draw_house, draw_tree, house_lamp

Named = Mapping[str, float]

HORIZON = -0.02
FAR_CREST, MIDDLE_CREST, NEAR_CREST = -0.05, 0.05, 0.58
"""Mean y of the hills' crests."""

TREES = (
    (-0.66, 0.02), (0.64, 0.0), (0.93, 0.03), (-0.93, 0.0), (0.70, 0.30), (-0.42, -0.01), (-0.80, 0.34),
)  # fmt: skip
"""Where trees stand, in the order in which they appear: x, and y below the crest of the near hill."""

CLOUDS = ((-0.45, -0.66, 1.0), (0.5, -0.45, 0.8), (0.3, -0.88, 0.65))
"""x, y and size of each cloud."""
PUFFS = np.array([
    (0, 0, 0.46, 0.075), (-0.27, -0.03, 0.13, 0.12), (-0.1, -0.1, 0.18, 0.16), (0.12, -0.07, 0.15, 0.13),
])  # fmt: skip
"""Middle and radii of the parts of a cloud of size 1."""

SHORE = np.stack([np.linspace(-1, 1, 33), 1 - np.abs(np.linspace(-1, 1, 33)) ** 2.5], axis=1)
"""Outline of a lake of half width and depth 1: straight at the far shore, round at the near one, [n, 2]."""

STARS = np.array([
    (-0.85, -0.82), (-0.2, -0.9), (0.42, -0.62), (0.85, -0.88), (-0.5, -0.5), (0.1, -0.42),
    (0.72, -0.38), (-0.9, -0.35), (-1.3, -0.7), (1.25, -0.55), (0.5, -1.15), (-0.55, -1.2),
])  # fmt: skip
STAR_SIZES = np.linspace(0.018, 0.009, len(STARS))[:, None].repeat(2, axis=1)


class Landscape:
    """The world. `width` 0..1 scales how far camera and colours stray from their middle when sampling: a model
    trained on a narrow world has seen the house only near the middle, upright and at one size."""

    def __init__(self, width: float = 0.25) -> None:
        if not 0 <= width <= 1:
            raise ValueError(f"The width of a world must lie between 0 and 1, but is {width:g}.")
        self.width = width

    def sample(self, rng: np.random.Generator) -> FloatArray:
        """Factors of a random landscape, [len(FACTORS)] in the order of FACTORS."""
        return sample_factors(rng, self.width)

    def factors(self, seed: int, index: int) -> FloatArray:
        """Factors of picture number `index` in the endless series `seed`: always the same, and without drawing
        those before it."""
        return self.sample(np.random.default_rng([seed, index]))

    def pictures(self, seed: int, count: int, size: int, first: int = 0) -> Iterator[Pixels]:
        """Pictures first .. first + count - 1 of the series `seed`, each uint8 [size, size, 3]."""
        return (self.draw(self.factors(seed, first + i), size) for i in range(count))

    def draw(self, factors: npt.ArrayLike, size: int) -> Pixels:
        """The picture of these factors, uint8 [size, size, 3]. Raises ValueError where a factor is out of range."""
        f = named_factors(factors)
        colours = palette_of(f)
        camera = Camera.at(f["pan_x"], f["pan_y"], f["zoom"], f["roll"])
        canvas = _backdrop(f, colours, camera, size, fine=min(4, max(2, 384 // size)))
        if f["lake"] > 0:
            _lake(canvas, f, colours)
        _foreground(canvas, f, colours)
        return _graded(_lamplight(canvas, f, colours), f)


def _backdrop(f: Named, colours: Palette, camera: Camera, size: int, fine: int) -> Canvas:
    """Everything the lake can mirror: sky, sun, clouds, mountains and the hills behind the lake."""
    canvas = Canvas(camera, _sky(f, colours, camera, (size + 1) // 2), size, fine)
    _stars(canvas, colours)
    _sun_and_moon(canvas, f, colours)
    _clouds(canvas, f, colours)
    _mountains(canvas, f, colours)
    _, y = camera.scene(size)
    canvas.veil(colours.haze, 0.75 * np.maximum(1 - np.abs(y - HORIZON) * 2.5, 0))
    canvas.ground(lambda x: _far_hill(f, x), colours.hills[0])
    canvas.ground(lambda x: _middle_hill(f, x), colours.hills[1])
    return canvas


def _sky(f: Named, colours: Palette, camera: Camera, size: int) -> Pixels:
    """A gradient from top to horizon, with a glow about the sun and a fainter one about the moon; so smooth that half
    the resolution is enough."""
    grid = camera.scene(size)
    ramp = np.stack([np.interp(np.linspace(0, 2, 256), (0, 1.1, 2), band) for band in colours.sky.T], axis=1)
    steps = np.clip((grid[1] + 1.1) * (255 / (1.1 + HORIZON)), 0, 255).astype(np.intp)
    sky = ramp.astype(np.float32).take(steps, axis=0)
    _glow(sky, grid, _sun(f), 2.6 * f["sun_size"], colours.sun, 0.75 - 0.6 * colours.darkness**2)
    _glow(sky, grid, _moon(f), 1.8 * f["sun_size"], colours.moon, 0.35 * colours.darkness)
    pixels: Pixels = sky.astype(np.uint8)
    return pixels


def _glow(
    pixels: FloatArray,
    grid: tuple[Grid, Grid],
    source: tuple[float, float],
    reach: float,
    colour: Colour,
    strength: float,
) -> None:
    """Blends a colour into pixels in place: `strength` at the source, a quarter of it at distance `reach`."""
    if strength > 0:
        far = 1 + ((grid[0] - source[0]) ** 2 + (grid[1] - source[1]) ** 2) * (1 / reach**2)
        pixels += (strength / (far * far))[..., None] * (colour.astype(np.float32) - pixels)


def _sun(f: Named) -> tuple[float, float]:
    """Where the sun stands; at night below the horizon, behind the hills."""
    return f["sun_x"], -0.27 - f["sun_lift"] - 0.42 * _height_of_day(f)


def _moon(f: Named) -> tuple[float, float]:
    return -f["sun_x"], 0.06 - f["sun_lift"] + 0.68 * _height_of_day(f)


def _height_of_day(f: Named) -> float:
    """1 at noon, 0 at dawn and dusk, -1 at midnight; days are longer than nights."""
    return float(np.sin(np.pi * np.interp(f["hour"], (0, 0.6, 1), (0, 1, 2))))


def _stars(canvas: Canvas, colours: Palette) -> None:
    shine = max(0.0, colours.darkness * 1.8 - 0.8)
    if shine > 0:
        canvas.ellipses(STARS, STAR_SIZES * shine, mix(colours.sky[1], colours.moon, 0.8 * shine))


def _sun_and_moon(canvas: Canvas, f: Named, colours: Palette) -> None:
    canvas.ellipses([_sun(f)], [[f["sun_size"]] * 2], colours.sun)
    canvas.ellipses([_moon(f)], [[f["sun_size"] * 0.8] * 2], colours.moon)


def _clouds(canvas: Canvas, f: Named, colours: Palette) -> None:
    for i, (x, y, size) in enumerate(CLOUDS):
        scale = size * f["cloud_size"] * _grown(3.4 * f["cloud_amount"] - i)
        if scale > 0:
            middles = PUFFS[:, :2] * scale + (x + f["cloud_x"], y + f["cloud_y"])
            radii = PUFFS[:, 2:] * scale
            canvas.ellipses(middles + np.array([0, 0.035 * scale]), radii, colours.cloud_shade)
            canvas.ellipses(middles, radii, colours.cloud)


def _mountains(canvas: Canvas, f: Named, colours: Palette) -> None:
    x = canvas.camera.span(128)
    ridge = _ridge(f, x)
    canvas.polygon(np.stack([np.r_[x, x[-1], x[0]], np.r_[ridge, 2, 2]], axis=1), colours.mountain)
    line = -0.3 + 0.22 * colours.snow + 0.045 * _zigzag(x * 5)
    foot = np.maximum(ridge, line)
    canvas.polygon(np.stack([np.r_[x, x[::-1]], np.r_[ridge, foot[::-1]]], axis=1), colours.snowcap)


def _ridge(f: Named, x: Values) -> Values:
    """Skyline of the mountains: y for each x."""
    phase, rough = f["mountain_phase"], f["mountain_rough"]
    great = 0.65 * _zigzag(0.55 * x + phase) + 0.35 * _zigzag(0.9 * x + 2 * phase + 0.3)
    rise = (1 - rough) * great + rough * _zigzag(1.9 * x + f["mountain_detail"])
    return 0.04 - f["mountain_height"] * (0.55 + 0.45 * rise)


def skyline(f: Named, x: Values) -> Values:
    """Where the sky ends: y of the highest land for each x. House and trees may stand out above it."""
    land: Values = np.minimum.reduce([_ridge(f, x), _far_hill(f, x), _middle_hill(f, x), _near_hill(f, x)])
    return land


def _grown(count: float) -> float:
    """Size of a thing of which there are `count`, 0..1: small only in a short passage, so that most are whole."""
    return min(1.0, max(0.0, (count - 0.4) / 0.2))


def _zigzag(turns: Values) -> Values:
    """A triangle wave of period 1 between -1 and 1."""
    return 4 * np.abs(turns - np.floor(turns) - 0.5) - 1


def _wave(turns: Values) -> Values:
    return np.sin(2 * np.pi * turns)


def _far_hill(f: Named, x: Values) -> Values:
    phase = f["far_hill_phase"]
    return FAR_CREST - f["far_hill_height"] * (0.6 * _wave(0.45 * x + phase) + 0.4 * _wave(0.8 * x - phase))


def _middle_hill(f: Named, x: Values) -> Values:
    return MIDDLE_CREST - 0.5 * f["far_hill_height"] * _wave(0.4 * x - f["far_hill_phase"] + 0.4)


def _near_hill(f: Named, x: Values) -> Values:
    phase = f["near_hill_phase"]
    swing = 0.75 * _wave(0.35 * x + phase) + 0.25 * _wave(0.8 * x + phase)
    return NEAR_CREST - f["near_hill_height"] * swing


def _lake(canvas: Canvas, f: Named, colours: Palette) -> None:
    """Mirrors the backdrop within the shore: squashed, so that even a small lake shows some sky, and at half the
    resolution, which is as soft as water."""
    mirror = canvas.camera.mirrored(f["lake_level"], squash=0.6)
    reflection = _backdrop(f, colours, mirror, (canvas.size + 1) // 2, fine=3).pixels()
    water = (reflection * 0.65 + 0.35 * colours.water).astype(np.uint8)
    shore = SHORE * f["lake"] * (f["lake_size"], 0.6) + (f["lake_x"], f["lake_level"])
    canvas.inlay(water, shore)


def _foreground(canvas: Canvas, f: Named, colours: Palette) -> None:
    """The near hill with house and trees, the farthest first."""
    canvas.ground(lambda x: _near_hill(f, x), colours.hills[2])
    for behind in (True, False):
        for i, (x, below) in enumerate(TREES):
            scale = (1 + below) * _grown(f["tree_count"] - i)
            if scale > 0 and (below < 0.2) == behind:
                place = x + f["tree_x"]
                draw_tree(canvas, place, _height(f, place) + below, scale, f, colours)
        if behind and f["house"] > 0:
            draw_house(canvas, f["house_x"], _doorstep(f), f["house_size"] * f["house"], colours)


def _height(f: Named, x: float) -> float:
    return float(_near_hill(f, np.array([x]))[0])


def _doorstep(f: Named) -> float:
    return _height(f, f["house_x"]) + f["house_y"]


def _lamplight(canvas: Canvas, f: Named, colours: Palette) -> FloatArray:
    """The painted picture, with the glow that lit windows throw about the house at night; [size, size, 3]."""
    pixels = canvas.pixels().astype(np.float32)
    strength = 0.36 * colours.darkness * f["house_lit"] * f["house"]
    if strength > 0:
        lamp = house_lamp(f["house_x"], _doorstep(f), f["house_size"])
        _glow(pixels, canvas.camera.scene(canvas.size), lamp, 0.32, LAMP * 0.9, strength)
    return pixels


def _graded(pixels: FloatArray, f: Named) -> Pixels:
    """Brightness and warmth of the whole picture."""
    warm = 0.14 * f["warmth"] * np.array([1.0, 0.1, -1.0])
    gain = 2.0 ** (0.35 * f["brightness"]) * (1 + warm)
    graded: Pixels = np.clip(pixels * gain.astype(np.float32) + 0.5, 0, 255).astype(np.uint8)
    return graded
