"""Progressive GAN and DCGAN as Facebook's GAN zoo writes them: networks and a configuration object side by side.

Its Progressive GAN scales sums together with their bias, has a linear first layer with a bias for each place, and
keeps in its configuration alone how far the last size is blended in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import (
    Choice,
    ChoiceValue,
    Content,
    Foreign,
    Record,
    load_tensors,
    tensors_of,
)
from ganstudio.checkpoints.formats.pytorch_dcgan import dcgan, norm_tensors
from ganstudio.checkpoints.formats.reading import answered, built, numbered, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import HE, ProGAN, ProGANConfig

WRAPPERS = ("avgG", "netG")
BOUNDED = ("MSE", "DCGAN")
"""Losses whose generators end in tanh."""
Chosen = Mapping[str, ChoiceValue]
Tensors = dict[str, Tensor]


class ZooProGAN:
    """The zoo's Progressive GAN."""

    name = "GAN zoo Progressive GAN"

    def fits(self, content: Content) -> bool:
        """By the format layer and the first group."""
        return {"formatLayer.weight", "groupScale0.0.weight"} <= set(_tensors(content.tree))

    def read(self, content: Content, chosen: Chosen) -> Foreign:
        """The averaged generator."""
        name, tensors, settings = content.path.name, _tensors(content.tree), Settings(content.tree, chosen)
        stems = _stems(tensors)
        widths = tuple(shape_of(tensors, f"{stem}.weight", 4)[0] for stem in list(stems)[1::2])
        fan_in = shape_of(tensors, "formatLayer.weight", 2)[1]
        labels = settings.number("categoryVectorDim")
        normed = bool(settings.get("perChannelNormalization", True))
        generator = built(ProGAN, lambda: ProGANConfig(
            widths, fan_in - labels, labels, shape_of(tensors, "toRGBLayers.0.weight", 4)[0], joint_labels=True,
            normalise_latents=normed, pixel_norm=normed, slope=float(settings.get("leakyReluLeak", 0.2)),
            equalised=bool(settings.get("equalizedlR", True)), bias_scaled=True, bias_per_pixel=True,
            first_gain=4 * HE, rgb_gain=HE, ending="tanh" if settings.bounded(False) else "none",
            lod=settings.alpha() if len(widths) > 1 else 0.0), name)
        load_tensors(generator, _renamed(tensors, stems), name)
        return Foreign(self.name, generator, tuple(settings.choices), facts=settings.classes())


class ZooDCGAN:
    """The zoo's DCGAN."""

    name = "GAN zoo DCGAN"

    def fits(self, content: Content) -> bool:
        """By the format layer and its normalisation."""
        return {"formatLayer.weight", "main.batchNorm0.weight"} <= set(_tensors(content.tree))

    def read(self, content: Content, chosen: Chosen) -> Foreign:
        """The averaged generator."""
        tensors, settings = _tensors(content.tree), Settings(content.tree, chosen)
        inner = [f"main.convTranspose{i}" for i in numbered(tensors, "main.convTranspose{}.weight", 1)]
        stems = ["formatLayer", *inner, "main.outlayer"]
        for stem in stems:
            shape_of(tensors, f"{stem}.weight", 4)
        stages = [(tensors[f"{stem}.weight"], tensors.get(f"{stem}.bias")) for stem in stems]
        norms = [norm_tensors(tensors, f"main.batchNorm{i}") for i in range(len(stems) - 1)]
        labels, tanh = settings.number("categoryVectorDim"), settings.bounded(True)
        read = dcgan(self.name, content.path.name, stages, norms, chosen, num_classes=labels, tanh=tanh)
        return Foreign(self.name, read.generator, (*read.choices, *settings.choices), read.notes, settings.classes())


class Settings:
    """The configuration object of a file as plain values, and the choices for what it does not say."""

    def __init__(self, tree: Any, chosen: Chosen) -> None:
        config = tree.get("config") if isinstance(tree, Mapping) else None
        state = config.state if isinstance(config, Record) else config
        self._values: Mapping[str, Any] = state if isinstance(state, Mapping) else {}
        self._chosen = chosen
        self.choices: list[Choice] = []

    def get(self, key: str, default: bool | float | str) -> bool | float | str:
        """A setting; ModelError when it is not of the default's kind."""
        value = self._values.get(key, default)
        if isinstance(default, str) != isinstance(value, str) or not isinstance(value, bool | int | float | str):
            raise ModelError(f"The configuration in this file says “{key}” is “{value}”, which it cannot be.")
        return value

    def number(self, key: str) -> int:
        """A count; 0 where the file does not say."""
        value = self.get(key, 0)
        if not isinstance(value, int) or value < 0:
            raise ModelError(f"The configuration in this file says “{key}” is “{value}”, which it cannot be.")
        return value

    def alpha(self) -> float:
        """How much of the picture one size below is blended in."""
        if "alpha" in self._values:
            return float(self.get("alpha", 0.0))
        return float(self._ask(Choice("alpha", "Share of the lower resolution", 0.0, "A training that had not ended "
                                      "blends the size below in; finished models have 0.")))

    def bounded(self, usual: bool) -> bool:
        """Whether colours pass tanh."""
        if "lossCriterion" in self._values:
            return self.get("lossCriterion", "") in BOUNDED
        return bool(self._ask(Choice("final_tanh", "Colours through tanh", usual, "Models trained with the losses MSE "
                                     "and DCGAN do; others do not.", (False, True))))

    def classes(self) -> dict[str, Any]:
        """The names of the classes where the file has them: {"class_names": [...]}, or nothing."""
        order = self._values.get("attribKeysOrder")
        entries = sorted(order.items(), key=lambda e: _place(e[1])) if isinstance(order, Mapping) else []
        names = [str(value) if len(values) > 1 else str(key) for key, entry in entries
                 for values in [_values(entry)] for value in values]
        return {"class_names": names} if names and len(names) == self.number("categoryVectorDim") else {}

    def _ask(self, choice: Choice) -> ChoiceValue:
        self.choices.append(answered(choice, self._chosen))
        return self.choices[-1].default


def _place(entry: Any) -> int:
    order = entry.get("order") if isinstance(entry, Mapping) else None
    return order if isinstance(order, int) else 0


def _values(entry: Any) -> list[Any]:
    values = entry.get("values") if isinstance(entry, Mapping) else None
    return list(values) if isinstance(values, list | tuple) else []


def _tensors(tree: Any) -> Tensors:
    for state in state_dicts(tree, WRAPPERS):
        tensors = {key.replace(".module.", "."): value for key, value in tensors_of(state).items()}
        if "formatLayer.weight" in tensors:
            return tensors
    return {}


def _stems(tensors: Tensors) -> dict[str, str]:
    """Their names of all layers, in order, with ours."""
    blocks = numbered(tensors, "scaleLayers.{}.0.weight")
    theirs = ["formatLayer", "groupScale0.0", *(f"scaleLayers.{k}.{i}" for k in blocks for i in (0, 1))]
    return {stem: f"layer{number}" for number, stem in enumerate(theirs)}


def _renamed(tensors: Tensors, stems: Mapping[str, str]) -> Tensors:
    colours = {f"toRGBLayers.{k}": f"output{k}" for k in numbered(tensors, "toRGBLayers.{}.weight")}
    renamed = {f"{ours}.{part}": tensors[f"{theirs}.{part}"] for theirs, ours in (dict(stems) | colours).items()
               for part in ("weight", "bias") if f"{theirs}.{part}" in tensors}
    linear, bias = renamed["layer0.weight"], renamed.get("layer0.bias")
    if linear.shape[0] % 16 or (bias is not None and bias.shape != linear.shape[:1]):
        raise ModelError(f"The format layer gives {linear.shape[0]} numbers, no 4 x 4 places with a bias each.")
    renamed["layer0.weight"] = linear.reshape(-1, 4, 4, linear.shape[1]).permute(0, 3, 1, 2).flip(2, 3)
    return renamed if bias is None else renamed | {"layer0.bias": bias.reshape(-1, 4, 4)}


FORMATS = (ZooProGAN(), ZooDCGAN())
