"""ProGAN as genforce and SeFa write it: `layer{i}.weight`, a to-RGB at every side (`output{k}`), how far it grew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, load_tensors, tensors_of
from ganstudio.checkpoints.formats.reading import answered, built, numbered, scalar, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import HE, ProGAN, ProGANConfig

WRAPPERS = ("generator_smooth", "generator")
Chosen = Mapping[str, ChoiceValue]
Tensors = dict[str, Tensor]


class GenforceProGAN:
    """genforce's PGGAN generators: converted ones, snapshots of its trainings, and bare state dicts."""

    name = "genforce ProGAN"

    def fits(self, content: Content) -> bool:
        """By a first 4 x 4 layer with a to-RGB beside it."""
        tensors = _tensors(content.tree)
        first = tensors.get("layer0.weight")
        return first is not None and first.ndim == 4 and first.shape[2:] == (4, 4) and "output0.weight" in tensors

    def read(self, content: Content, chosen: Chosen) -> Foreign:
        """The averaged generator."""
        name, tensors = content.path.name, _tensors(content.tree)
        widths = _widths(tensors)
        fan_in = shape_of(tensors, "layer0.weight", 4)[1]
        choices = [answered(c, chosen) for c in (_labels(fan_in), _tanh(), _equalised(tensors, fan_in))]
        labels, tanh, equalised = (choice.default for choice in choices)
        if len(widths) > 1 and len(set(widths)) == 1:
            choices.append(answered(_FUSED, chosen))
        fused = _is_fused(tensors, widths, choices[-1])
        colours = shape_of(tensors, f"output{len(widths) - 1}.weight", 4)[0]
        generator = built(ProGAN, lambda: _grown(ProGANConfig(
            widths, fan_in - int(labels), int(labels), colours, equalised=bool(equalised),
            ending="tanh" if tanh else "none"), tensors), name)
        load_tensors(generator, _renamed(tensors, widths, fused), name)
        return Foreign(self.name, generator, tuple(choices))


def _tensors(tree: Any) -> Tensors:
    for inner in state_dicts(tree, ("models",)):
        for state in state_dicts(inner, WRAPPERS):
            if "layer0.weight" in (tensors := tensors_of(state)):
                return tensors
    return {}


def _widths(tensors: Tensors) -> tuple[int, ...]:
    layers = numbered(tensors, "layer{}.weight")
    if not layers or len(layers) % 2:
        raise ModelError(f"This ProGAN has {len(layers)} layers; there must be two at every side.")
    return tuple(shape_of(tensors, f"layer{i}.weight", 4)[0] for i in layers[1::2])


def _grown(config: ProGANConfig, tensors: Tensors) -> ProGANConfig:
    """The config with what the file tells of growing: which to-RGBs there are, and the level of detail."""
    last = len(config.widths) - 1
    first_rgb = next(k for k in range(last + 1) if all(f"output{i}.weight" in tensors for i in range(k, last + 1)))
    return replace(config, first_rgb=first_rgb, lod=scalar(tensors, "lod"))


def _renamed(tensors: Tensors, widths: tuple[int, ...], fused: bool) -> Tensors:
    kept = {key: value for key, value in tensors.items() if key.startswith(("layer", "output"))}
    for k in range(1, len(widths)) if fused else ():
        kept[f"layer{2 * k}.weight"] = kept[f"layer{2 * k}.weight"].transpose(0, 1).flip(2, 3)
    return kept


def _is_fused(tensors: Tensors, widths: tuple[int, ...], choice: Choice) -> bool:
    """Whether up-sampling kernels are stored transposed: told by the first that is not square, else by the choice."""
    for k in range(1, len(widths)):
        shape = shape_of(tensors, f"layer{2 * k}.weight", 4)
        if widths[k] != widths[k - 1]:
            return shape[:2] == (widths[k - 1], widths[k])
    return choice.key == "fused" and bool(choice.default)


def _labels(fan_in: int) -> Choice:
    return Choice("labels", "Number of classes", 0, f"The first layer takes {fan_in} numbers, and only its training "
                  "knows how many of them name a class; with the wrong answer samples are of no class.")


def _tanh() -> Choice:
    return Choice("final_tanh", "Colours through tanh", False, "Published models do without; with the wrong answer "
                  "pictures are too flat, or too harsh.", (False, True))


def _equalised(tensors: Tensors, fan_in: int) -> Choice:
    """The answer is guessed: equalised weights have a spread about 1, others that of He's scale."""
    usual = bool(tensors["layer0.weight"].float().std() > math.sqrt(HE / math.sqrt(16 * fan_in)))
    return Choice("equalised", "Weights scaled at run time", usual, "Told by how large the weights are; with the "
                  "wrong answer there is no picture at all.", (True, False))


_FUSED = Choice("fused", "Up-sampling fused with convolution", False, "All layers are of one width, so the shapes do "
                "not tell; with the wrong answer pictures are broken.", (False, True))

FORMATS = (GenforceProGAN(),)
