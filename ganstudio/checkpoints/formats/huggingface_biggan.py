"""BigGAN-deep as huggingface's pytorch-pretrained-BigGAN writes it: `pytorch_model.bin` beside a `config.json`.

The networks are DeepMind's, converted from TensorFlow. Condition vectors there are z, then class; the first linear
map ends in [4, 4, channels]; the last convolution makes more channels than the three that are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganstudio.checkpoints.class_lists import imagenet
from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, Format, load_tensors, tensors_of
from ganstudio.checkpoints.formats.spectral import Weights, stored_norm
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.biggan import BigGANConfig
from ganstudio.generators.biggan_deep import BigGANDeep

PSI = 0.4
"""The truncation at which the program shows its pictures."""
ATTENTION = {"theta": "snconv1x1_theta", "phi": "snconv1x1_phi", "g": "snconv1x1_g", "o": "snconv1x1_o_conv"}


class HuggingFaceBigGAN:
    """The one `Format` of this program."""

    name = "Hugging Face BigGAN-deep"

    def fits(self, content: Content) -> bool:
        """By the class embedding, the first linear map and the tables of statistics."""
        keys = tensors_of(content.tree)
        return {"embeddings.weight", "generator.gen_z.weight_orig", "generator.bn.running_means"} <= keys.keys()

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The generator; `chosen` may answer `up` and `eps`, unless the file beside it does."""
        weights = Weights(tensors_of(content.tree), content.path.name)
        plan = _plan(weights)
        stated = content.sibling("config.json")
        choices = _choices(plan, stated if isinstance(stated, Mapping) else {}, chosen)
        up, eps = _ups(str(choices[0].default), len(plan.blocks)), float(choices[1].default)
        notes = () if isinstance(stated, Mapping) else (
            "There is no config.json beside this file: which blocks double the side is taken from the published ones.",)
        generator = BigGANDeep(_config(weights, plan, up, eps))
        load_tensors(generator, _tensors(weights, plan), weights.name)
        names = {"class_names": imagenet()} if generator.num_classes == 1000 else {}
        return Foreign(self.name, generator, choices, notes, {"psi": PSI, **names})


@dataclass(frozen=True)
class Plan:
    """Where things stand in the file's list of layers: the numbers of the blocks, and those of attentions by how many
    blocks lie below them."""

    blocks: tuple[int, ...]
    attention: Mapping[int, int]


def _plan(weights: Weights) -> Plan:
    blocks: list[int] = []
    attention: dict[int, int] = {}
    number = 0
    while True:
        if f"generator.layers.{number}.gamma" in weights:
            attention[len(blocks)] = number
        elif f"generator.layers.{number}.conv_0.weight_orig" in weights:
            blocks.append(number)
        else:
            break
        number += 1
    if not blocks:
        raise ModelError(f"“{weights.name}” has no blocks between its first and last layer; it is damaged.")
    return Plan(tuple(blocks), attention)


def _choices(plan: Plan, stated: Mapping[Any, Any], chosen: Mapping[str, ChoiceValue]) -> tuple[Choice, Choice]:
    """The open questions, with what was chosen, stated beside the file, or published as their defaults."""
    up = chosen.get("up", _stated_ups(stated, plan)) or " ".join(str(i) for i in range(1, len(plan.blocks), 2))
    eps = chosen.get("eps", stated.get("eps", 1e-4))
    if isinstance(eps, bool) or not isinstance(eps, int | float) or not 0 <= eps < 1:
        raise ModelError(f"The “eps” of this model is {eps!r}, but it must be a small number such as 0.0001.")
    return (
        Choice("up", "Blocks that double the side", str(up), "The numbers of these blocks, from 0; published models "
               "double in every second one, and with others the picture has another size or falls apart."),
        Choice("eps", "Epsilon of batch-norms", float(eps), "0.0001 in published models; with another, contrasts "
               "shift a little."),
    )  # fmt: skip


def _stated_ups(stated: Mapping[Any, Any], plan: Plan) -> str:
    """What a config.json says of the blocks, or nothing; ModelError when it speaks of another network."""
    layers = stated.get("layers")
    if layers is None:
        return ""
    if not isinstance(layers, list | tuple) or len(layers) != len(plan.blocks) or not all(
            isinstance(layer, list | tuple) and layer for layer in layers):
        raise ModelError("The config.json beside this file describes another network: the number of blocks differs.")
    return " ".join(str(i) for i, layer in enumerate(layers) if layer[0]) or "none"


def _ups(text: str, count: int) -> tuple[bool, ...]:
    """Which of so many blocks double the side, of `1 3 5`."""
    words = [] if text.strip() == "none" else text.replace(",", " ").split()
    if not all(word.isdecimal() and len(word) < 5 and int(word) < count for word in words):
        raise ModelError(f"“{text[:40]}” does not name blocks that double the side: write numbers from 0 to "
                         f"{count - 1}, such as 1 3 5.")
    return tuple(i in {int(word) for word in words} for i in range(count))


def _config(weights: Weights, plan: Plan, up: tuple[bool, ...], eps: float) -> BigGANConfig:
    z_dim, num_classes = weights.take("embeddings.weight", 2).shape
    blocks = [f"generator.layers.{number}" for number in plan.blocks]
    width, narrow = (weights.take(f"{blocks[0]}.conv_0.weight_orig", 4).shape[i] for i in (1, 0))
    leaving = [weights.take(f"{block}.conv_3.weight_orig", 4).shape[0] for block in blocks]
    rows = weights.take("generator.bn.running_means", 2).shape[0]
    if width < narrow or sum(up) > 12:
        raise ModelError(f"“{weights.name}” is no BigGAN-deep that can be drawn: its blocks widen inside, or double "
                         f"the side too often.")
    try:
        return BigGANConfig((width, *leaving), up, z_dim, num_classes, z_dim, "all", tuple(plan.attention), rows, eps,
                            eps, reduction=width // narrow)
    except ValueError as error:
        raise ModelError(f"“{weights.name}” does not hold together: {error}") from None


def _tensors(weights: Weights, plan: Plan) -> dict[str, Tensor]:
    """The file's tensors under our names."""
    found = {"shared.weight": weights.take("embeddings.weight", 2).T.contiguous(), **_first(weights)}
    for index, number in enumerate(plan.blocks):
        found |= _block(weights, f"generator.layers.{number}", f"blocks.{index}")
    for below, number in plan.attention.items():
        theirs, ours = f"generator.layers.{number}", f"attention.{below}"
        found[f"{ours}.gamma"] = weights.take(f"{theirs}.gamma", 1)[0]
        found |= {f"{ours}.{key}.weight": _normed(weights, f"{theirs}.{name}", 4) for key, name in ATTENTION.items()}
    last = _convolution(weights, "generator.conv_to_rgb", "output")
    found |= {key: tensor[:3] for key, tensor in last.items()} | _statistics(weights, "generator.bn", "output_norm")
    found["output_norm.gain"] = weights.take("generator.bn.weight", 1)
    found["output_norm.bias"] = weights.take("generator.bn.bias", 1)
    return found


def _first(weights: Weights) -> dict[str, Tensor]:
    """The first linear map: [4, 4, c] of each condition vector to [c, 4, 4]."""
    weight = _class_first(_normed(weights, "generator.gen_z", 2))
    bias = weights.take("generator.gen_z.bias", 1)
    if len(weight) % 16 or len(bias) != len(weight):
        raise ModelError(f"The first layer of “{weights.name}” does not make 4 x 4 pixels; the file is damaged.")
    return {"linear.weight": weight.view(16, -1, weight.shape[1]).transpose(0, 1).flatten(0, 1).contiguous(),
            "linear.bias": bias.view(16, -1).T.flatten()}


def _block(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for i in range(4):
        norm = f"{ours}.bn{i + 1}"
        found |= _convolution(weights, f"{theirs}.conv_{i}", f"{ours}.conv{i + 1}")
        found |= _statistics(weights, f"{theirs}.bn_{i}", norm)
        found[f"{norm}.gain.weight"] = _class_first(_normed(weights, f"{theirs}.bn_{i}.scale", 2))
        found[f"{norm}.bias.weight"] = _class_first(_normed(weights, f"{theirs}.bn_{i}.offset", 2))
    return found


def _convolution(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    return {f"{ours}.weight": _normed(weights, theirs, 4), f"{ours}.bias": weights.take(f"{theirs}.bias", 1)}


def _statistics(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    return {f"{ours}.stored_mean": weights.take(f"{theirs}.running_means", 2),
            f"{ours}.stored_var": weights.take(f"{theirs}.running_vars", 2)}


def _normed(weights: Weights, name: str, dims: int) -> Tensor:
    weight = weights.take(f"{name}.weight_orig", dims)
    return weight / stored_norm(weight, *(weights.take(f"{name}.weight_{side}", 1) for side in "uv"))


def _class_first(weight: Tensor) -> Tensor:
    """Columns for z, then class, as columns for class, then z."""
    return torch.cat([*weight.chunk(2, dim=1)][::-1], dim=1)


FORMATS: tuple[Format, ...] = (HuggingFaceBigGAN(),)
