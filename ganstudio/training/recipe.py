"""The recipe of a training: one TOML file that says all of it, so that a model can be made again.

Sections become the frozen dataclasses below, field by field; `read_recipe` refuses what it does not understand with
one sentence that names the place. A recipe for twice the resolution names the training it grows from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

PRECISIONS = ("auto", "bf16", "float32")
GROWING = ("stylegan2", "progan")
"""The families whose training can begin with one at half the resolution."""


class RecipeError(ValueError):
    """A recipe that cannot be trained; the message is one sentence for the user."""

@dataclass(frozen=True)
class DataRecipe:
    """Where pictures come from: a procedural `world` of some `width`, or any `folder` of pictures.

    `distinct` is how many different pictures of a world are drawn before they repeat (0: never repeat); they stay in
    memory, since drawing costs more than reading. `mirror` flips half of them left to right. `classes` makes a model
    that is told what to draw: "seasons" of the world (with `widths`, each season at each of them), or the "folders"
    that the pictures lie in.
    """

    world: str = ""
    width: float = 0.25
    distinct: int = 40_000
    folder: str = ""
    mirror: bool = False
    classes: str = ""
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class ModelRecipe:
    """The networks: `channels` from 4 px upwards set the resolution and serve generator and discriminator alike.

    `family` is one of `ganstudio.training.families`; w_dim, mapping_* and noise are for those that have them.
    """

    family: str = "stylegan2"
    resolution: int = 64
    channels: tuple[int, ...] = (128, 128, 96, 64, 32)
    z_dim: int = 128
    w_dim: int = 128
    mapping_layers: int = 4
    mapping_lr: float = 0.01
    noise: bool = False


@dataclass(frozen=True)
class TrainRecipe:
    """How it is trained. `kimg` and `ema_half_life` count thousands of pictures of the data shown.

    `batch` is over all processes together; `r1_interval` counts steps; `mixing` is the chance that a picture takes
    its upper layers from a second latent; `grow_from` is the resume file of a training at half the resolution, whose
    pictures count as seen.
    """

    kimg: float = 1000.0
    batch: int = 16
    generator_lr: float = 0.002
    discriminator_lr: float = 0.002
    r1_gamma: float = 0.3
    r1_interval: int = 16
    ema_half_life: float = 10.0
    mixing: float = 0.5
    precision: str = "auto"
    grow_from: str = ""


@dataclass(frozen=True)
class WatchRecipe:
    """What is written while it trains: seconds between sample grids, saves and lines of progress."""

    samples_every: float = 180.0
    save_every: float = 300.0
    report_every: float = 15.0


@dataclass(frozen=True)
class Recipe:
    """The whole recipe. `name` is what the trained model is called; `seed` fixes all that is random."""

    name: str = "Untitled"
    seed: int = 1
    data: DataRecipe = field(default_factory=DataRecipe)
    model: ModelRecipe = field(default_factory=ModelRecipe)
    train: TrainRecipe = field(default_factory=TrainRecipe)
    watch: WatchRecipe = field(default_factory=WatchRecipe)

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, as the TOML file would hold them."""
        return asdict(self)


def read_recipe(path: str | Path) -> Recipe:
    """Read and check a recipe file. Folders and files named in it may be relative to it. Raises RecipeError."""
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"The recipe {path} is not valid TOML: {error}.") from error
    return recipe_from(content, base=path.parent)


def recipe_from(content: Mapping[str, Any], base: Path | None = None) -> Recipe:
    """Make a checked recipe of nested plain values. `base` is what relative paths start from. Raises RecipeError."""
    recipe: Recipe = _section(Recipe, content, "recipe")
    if base is not None:
        recipe = _with_paths(recipe, base)
    for holds, complaint in _rules(recipe):
        if not holds:
            raise RecipeError(complaint)
    return recipe


def _section(kind: type[Any], content: Mapping[str, Any], place: str) -> Any:
    """Fill dataclass `kind` from a table, each value checked against the type of its field."""
    types = get_type_hints(kind)
    unknown = sorted(set(content) - {f.name for f in fields(kind)})
    if unknown:
        raise RecipeError(f"The {place} has no setting called '{unknown[0]}'; it has {', '.join(types)}.")
    return kind(**{key: _value(types[key], value, place, key) for key, value in content.items()})


def _value(kind: Any, value: Any, place: str, key: str) -> Any:
    """`value` as the type a field wants; a wrong type is a RecipeError."""
    if hasattr(kind, "__dataclass_fields__") and isinstance(value, Mapping):
        return _section(kind, value, f"section [{key}]")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == tuple[int, ...] and isinstance(value, list | tuple) and all(type(v) is int for v in value):
        return tuple(value)
    if kind == tuple[float, ...] and isinstance(value, list | tuple) and all(type(v) in (int, float) for v in value):
        return tuple(map(float, value))
    if isinstance(kind, type) and type(value) is kind:
        return value
    wanted = {int: "a whole number", float: "a number", str: "a text in quotes", bool: "true or false",
              tuple[float, ...]: "a list of numbers"}
    raise RecipeError(f"'{key}' in the {place} must be {wanted.get(kind, 'a list of whole numbers or a section')}.")


def _with_paths(recipe: Recipe, base: Path) -> Recipe:
    """The recipe with its relative paths resolved against `base`."""
    data, train = asdict(recipe.data), asdict(recipe.train)
    data["folder"] = str(base / data["folder"]) if data["folder"] else ""
    train["grow_from"] = str(base / train["grow_from"]) if train["grow_from"] else ""
    return Recipe(recipe.name, recipe.seed, DataRecipe(**data), recipe.model, TrainRecipe(**train), recipe.watch)


def _rules(recipe: Recipe) -> list[tuple[bool, str]]:
    """Every demand on the values, with the sentence for whoever breaks it."""
    return [*_data_rules(recipe.data), *_model_rules(recipe.model), *_train_rules(recipe)]


def _data_rules(data: DataRecipe) -> list[tuple[bool, str]]:
    return [
        (bool(data.world) != bool(data.folder), "Section [data] must name either a world or a folder of pictures."),
        (data.world in ("", "landscape"), f"There is no world called '{data.world}'; there is 'landscape'."),
        (0 <= data.width <= 1, f"'width' must lie between 0 and 1, but is {data.width:g}."),
        (data.distinct >= 0, f"'distinct' must be 0 or more, but is {data.distinct}."),
        (data.classes in ("", "folders" if data.folder else "seasons"),
         f"'classes' must be \"\", \"seasons\" of a world or \"folders\" of pictures, but is \"{data.classes}\"."),
        (not data.widths or data.classes == "seasons", "'widths' are for classes = \"seasons\"."),
        (all(0 <= w <= 1 for w in data.widths), "'widths' must lie between 0 and 1."),
    ]


def _model_rules(model: ModelRecipe) -> list[tuple[bool, str]]:
    side = 4 * 2 ** (len(model.channels) - 1) if model.channels else 0
    sizes = (*model.channels, model.z_dim, model.w_dim, model.mapping_layers)
    return [
        (side == model.resolution, f"{len(model.channels)} channel widths make {side:g} px, not {model.resolution}."),
        (side >= 8, "A model needs at least two channel widths (8 px)."),
        (all(v > 0 for v in sizes), "Channel widths, z_dim, w_dim and mapping_layers must be above 0."),
        (model.mapping_lr > 0, f"'mapping_lr' must be above 0, but is {model.mapping_lr:g}."),
    ]


def _train_rules(recipe: Recipe) -> list[tuple[bool, str]]:
    train = recipe.train
    positive = ("kimg", "batch", "generator_lr", "discriminator_lr", "r1_interval", "ema_half_life")
    return [
        (recipe.seed >= 0, f"'seed' must be 0 or more, but is {recipe.seed}."),
        *((getattr(train, key) > 0, f"'{key}' must be above 0, but is {getattr(train, key):g}.") for key in positive),
        (train.r1_gamma >= 0, f"'r1_gamma' must be 0 or more, but is {train.r1_gamma:g}."),
        (0 <= train.mixing <= 1, f"'mixing' must lie between 0 and 1, but is {train.mixing:g}."),
        (not train.grow_from or recipe.model.family in GROWING,
         f"Only a {' or a '.join(GROWING)} can grow from a smaller one."),
        (train.precision in PRECISIONS, f"'precision' must be one of {', '.join(PRECISIONS)}."),
        *((value > 0, f"'{key}' must be above 0 seconds.") for key, value in asdict(recipe.watch).items()),
    ]
