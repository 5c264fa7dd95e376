"""StyleGAN as genforce and SeFa write it: `synthesis.layer{i}.style.weight`, a to-RGB at every side, its growth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, Format, load_tensors, tensors_of
from ganstudio.checkpoints.formats.reading import answered, built, numbered, scalar, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import HE
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig

WRAPPERS = ("generator_smooth", "generator")
CONST, FIRST, LABEL = "synthesis.layer0.const", "synthesis.layer0.weight", "mapping.label_weight"
FUSED = {"auto": 128, "yes": 8, "no": None}
"""From which side up-sampling is fused, by answer."""
Chosen = Mapping[str, ChoiceValue]
Tensors = dict[str, Tensor]

_FUSED = Choice("fused_scale", "Up-sampling fused with convolution", "auto", "Published models fuse from 128 px on "
                "(auto); with the wrong answer larger shapes are right and fine texture is not.", ("auto", "yes", "no"))
_LR = Choice("mapping_lr", "Learning rate of the mapping network", 0.01, "Published models have 0.01; with the wrong "
             "answer all samples look alike, or broken.")
_TANH = Choice("final_tanh", "Colours through tanh", False, "Published models do without; with the wrong answer "
               "pictures are too flat, or too harsh.", (False, True))
_SCALED = Choice("equalised", "Weights scaled at run time", True, "Published models scale them; with the wrong answer "
                 "there is no picture at all.", (True, False))


class GenforceStyleGAN:
    """Converted ones, snapshots of its trainings, and bare state dicts."""

    name = "genforce StyleGAN"

    def fits(self, content: Content) -> bool:
        """By layers that have a style each, the first with a constant or a kernel of its own."""
        tensors = _tensors(content.tree)
        return "synthesis.layer0.style.weight" in tensors and (CONST in tensors or FIRST in tensors)

    def read(self, content: Content, chosen: Chosen) -> Foreign:
        """The averaged generator."""
        name, tensors = content.path.name, _tensors(content.tree)
        choices = tuple(answered(choice, chosen) for choice in (_FUSED, _LR, _TANH, _SCALED))
        answers = {choice.key: choice.default for choice in choices}
        generator = built(StyleGAN, lambda: replace(
            config_of(tensors), mapping_lr=float(answers["mapping_lr"]), fused_from=FUSED[str(answers["fused_scale"])],
            blur=_blur(tensors), ending="tanh" if answers["final_tanh"] else "none"), name)
        load_tensors(generator, renamed(tensors, bool(answers["equalised"])), name)
        return Foreign(self.name, generator, choices)


def _tensors(tree: Any) -> Tensors:
    for inner in state_dicts(tree, ("models",)):
        for state in state_dicts(inner, WRAPPERS):
            if "synthesis.layer0.style.weight" in (tensors := tensors_of(state)):
                return tensors
    return {}


def config_of(tensors: Tensors) -> StyleGANConfig:
    """What this program's tensors tell; the rest as in the paper. ModelError when they do not hold together."""
    layers = numbered(tensors, "synthesis.layer{}.style.weight")
    if not layers or len(layers) % 2:
        raise ModelError(f"This StyleGAN has {len(layers)} layers; there must be two at every side.")
    widths = tuple(shape_of(tensors, f"synthesis.layer{i}.bias", 1)[0] for i in layers[1::2])
    last = len(widths) - 1
    lowest = next((k for k in range(last) if all(f"synthesis.output{i}.weight" in tensors
                                                 for i in range(k, last + 1))), last)
    w_dim = shape_of(tensors, "synthesis.layer0.style.weight", 2)[1]
    depth = len(numbered(tensors, "mapping.dense{}.weight"))
    (width, z_dim), (outputs, _) = (shape_of(tensors, f"mapping.dense{i}.weight", 2) for i in (0, max(depth - 1, 0)))
    labels, z_dim = shape_of(tensors, LABEL, 2) if LABEL in tensors else (0, z_dim)
    strength = tensors.get("synthesis.layer0.apply_noise.weight")
    return StyleGANConfig(
        widths, z_dim, w_dim, labels, depth, width, image_channels=shape_of(tensors, f"synthesis.output{last}.weight",
                                                                            4)[0],
        constant_input=CONST in tensors, noise=strength is not None,
        noise_per_channel=strength is not None and strength.ndim == 2, first_rgb=lowest,
        lod=scalar(tensors, "synthesis.lod"), w_per_layer=outputs != w_dim)


def _blur(tensors: Tensors) -> tuple[float, ...]:
    """The filter after up-sampling, as stored with the first layer that has one; () without."""
    if "synthesis.layer2.blur.kernel" not in tensors:
        return ()
    shape_of(tensors, "synthesis.layer2.blur.kernel", 4)
    kernel = tensors["synthesis.layer2.blur.kernel"][0, 0].float()
    return tuple(float(tap) for tap in kernel.sum(dim=0) / kernel.sum().sqrt())


def renamed(tensors: Tensors, equalised: bool) -> Tensors:
    """To our names: root 2 moves from weights to after the activation, the one that scales begin at into the bias."""
    found: Tensors = {}
    for key, value in tensors.items():
        part = key.rpartition(".")[2]
        if key.startswith("mapping.dense"):
            key, gain = key.replace("dense", "fc"), HE
            value = value / HE if part == "bias" else value
        elif key.startswith("synthesis.layer"):
            gain = 1.0 if ".style." in key else HE
            value = _with_ones(value) if key.endswith(".style.bias") else value
            key = key.replace("apply_noise.noise", "noise").replace("apply_noise.weight", "noise_strength")
        elif key.startswith("synthesis.output"):
            gain = 1.0
        else:
            continue
        if part == "weight" and not equalised and "noise" not in key:
            value = value * (math.sqrt(value[0].numel()) / gain)
        if part != "kernel":
            found[key] = value
    if "truncation.w_avg" in tensors:
        found["mapping.w_avg"] = tensors["truncation.w_avg"]
    return found | _label(tensors)


def _with_ones(bias: Tensor) -> Tensor:
    """Style biases [2c]: scales are stored less one."""
    first = torch.arange(len(bias)) < len(bias) // 2
    return bias + first.to(bias.dtype)


def _label(tensors: Tensors) -> Tensors:
    """The label's embedding [classes, z_dim], which has no run-time scale and no bias."""
    if LABEL not in tensors:
        return {}
    classes, z_dim = shape_of(tensors, LABEL, 2)
    return {"mapping.embed.weight": tensors[LABEL].T * math.sqrt(classes),
            "mapping.embed.bias": torch.zeros(z_dim)}


FORMATS: tuple[Format, ...] = (GenforceStyleGAN(),)
