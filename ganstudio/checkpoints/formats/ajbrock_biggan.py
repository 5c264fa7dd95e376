"""BigGAN and BigGAN-deep as ajbrock's BigGAN-PyTorch writes them: `G_ema.pth`, with its arguments in `state_dict.pth`.

Names of both files may end alike (`G_ema_best0.pth`, `state_dict_best0.pth`). Every width, the embeddings and what
becomes of z are read from the tensors; numbers that are in no tensor, from the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganstudio.checkpoints.class_lists import CIFAR10, imagenet
from ganstudio.checkpoints.foreign import (
    Choice,
    ChoiceValue,
    Content,
    Foreign,
    Format,
    Record,
    load_tensors,
    tensors_of,
)
from ganstudio.checkpoints.formats.spectral import Weights, iterated_norm
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.biggan import BigGAN, BigGANConfig, ZUse
from ganstudio.generators.biggan_deep import BigGANDeep

OUTPUT_EPS = 1e-5
"""Of the last batch-norm, whatever the arguments say of the others."""
MEANS = "stored_mean", "bn.stored_mean", "bn.running_mean"
VARIANCES = "stored_var", "bn.stored_var", "bn.running_var"
"""Names of statistics: the program's plain, own and synchronised batch-norms."""


class AjbrockBigGAN:
    """The one `Format` of this program."""

    name = "BigGAN-PyTorch (ajbrock)"

    def fits(self, content: Content) -> bool:
        """By the first and last layers and the nested list of blocks between them."""
        keys = tensors_of(content.tree)
        return {"linear.weight", "blocks.0.0.conv1.weight", "blocks.0.0.bn1.gain.weight", "output_layer.0.gain",
                "output_layer.2.weight"} <= keys.keys()

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The generator; `chosen` may answer what the arguments in a file beside it do not."""
        weights = Weights(tensors_of(content.tree), content.path.name)
        count = weights.count("blocks.{}.0.conv1.weight")
        deep = "blocks.0.0.conv4.weight" in weights
        stated = _arguments(content)
        choices = _choices(weights, stated or {}, chosen, count if deep else 0)
        answers = Answers(**{choice.key: choice.default for choice in choices})  # type: ignore[arg-type]
        config = _config(weights, answers, count, deep)
        generator: nn.Module = BigGANDeep(config) if deep else BigGAN(config)
        load_tensors(generator, _tensors(weights, config, answers.sn_eps), weights.name)
        notes = () if stated else ("There is no state_dict.pth beside this file, so what it would say is assumed.",)
        facts = {"psi": 1.0, **_names(stated or {}, config.num_classes)}
        return Foreign(f"{self.name}{', deep' if deep else ''}", generator, choices, notes, facts)


@dataclass(frozen=True)
class Answers:
    """What the tensors do not say, by the keys of the choices."""

    bn_eps: float
    sn_eps: float
    leak: float
    depth: int = 1
    gain: str = "multiplied"


def _arguments(content: Content) -> Mapping[Any, Any] | None:
    """The arguments of the training, of the file beside this one; None when there is none."""
    ending = content.path.stem.removeprefix("G").removeprefix("_ema")
    for name in dict.fromkeys((f"state_dict{ending}.pth", "state_dict.pth")):
        beside = content.sibling(name)
        if isinstance(beside, Mapping) and isinstance(beside.get("config"), Mapping):
            found: Mapping[Any, Any] = beside["config"]
            return found
    return None


def _names(stated: Mapping[Any, Any], count: int) -> dict[str, Any]:
    """The names of the classes, where the arguments say which of two data sets they are of; 1000 are ImageNet's."""
    data = str(stated.get("dataset", "I"))
    if data.startswith("C10") and count == len(CIFAR10):
        return {"class_names": CIFAR10}
    return {"class_names": imagenet()} if data.startswith("I") and count == 1000 else {}


def _choices(weights: Weights, stated: Mapping[Any, Any], chosen: Mapping[str, ChoiceValue],
             deep_blocks: int) -> tuple[Choice, ...]:
    """The open questions, with what was chosen, stated in the arguments, or usual as their defaults."""
    asked = [
        Choice("bn_eps", "Epsilon of batch-norms", _number(stated.get("BN_eps", 1e-5), "BN_eps"),
               "Argument BN_eps of the training, 0.00001 unless it was given; another shifts contrasts a little."),
        Choice("sn_eps", "Epsilon of spectral norms", _number(stated.get("SN_eps", 1e-8), "SN_eps"),
               "Argument SN_eps of the training; it matters only where weights are next to nothing."),
        Choice("leak", "Slope of activations below zero", _leak(stated.get("G_activation")),
               "0 is the ReLU of the published program; a fork may train with another."),
    ]  # fmt: skip
    if deep_blocks:
        asked.append(_depth(stated, deep_blocks))
    if "output_layer.0.bn.running_mean" in weights:
        asked.append(Choice("gain", "Gains of synchronised batch-norms", "added", "The program multiplies by them in "
                            "training, and adds them when it draws in evaluation mode.", ("added", "multiplied")))
    return tuple(_answered(choice, chosen) for choice in asked)


def _depth(stated: Mapping[Any, Any], blocks: int) -> Choice:
    """How many blocks a side has; the last of them doubles it."""
    depth = stated.get("G_depth", 2 if blocks % 2 == 0 else 1)
    if not isinstance(depth, int) or not 1 <= depth <= blocks or blocks % depth:
        raise ModelError(f"The argument G_depth beside this file is {depth!r}, but the file has {blocks} blocks.")
    return Choice("depth", "Blocks for each side", depth, "Argument G_depth of the training; with another, the picture "
                  "has another size or falls apart.", tuple(n for n in range(1, blocks + 1) if blocks % n == 0))


def _answered(choice: Choice, chosen: Mapping[str, ChoiceValue]) -> Choice:
    """The choice with what was chosen as its default; ModelError when it cannot be that."""
    value = chosen.get(choice.key, choice.default)
    if choice.values and value not in choice.values:
        raise ModelError(f"“{choice.title}” cannot be {value!r}: choose {', '.join(str(v) for v in choice.values)}.")
    if isinstance(choice.default, float):
        value = _number(value, choice.title)
    return Choice(choice.key, choice.title, value, choice.why, choice.values)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ModelError(f"“{name}” of this model is {value!r}, but it must be a small number, at least 0 and below 1.")
    return float(value)


def _leak(activation: Any) -> float:
    """The slope of an activation's record; ModelError for those that are no rectifier."""
    if not isinstance(activation, Record) or activation.name.endswith(".ReLU"):
        return 0.0
    state = activation.state if isinstance(activation.state, Mapping) else {}
    if activation.name.endswith(".LeakyReLU"):
        return _number(state.get("negative_slope", 0.01), "negative_slope")
    raise ModelError(f"This model's activation is {activation.name[:80]}, which GAN Studio does not draw.")


def _config(weights: Weights, answers: Answers, count: int, deep: bool) -> BigGANConfig:
    """The network that the tensors describe."""
    widths = [weights.take("blocks.0.0.conv1.weight", 4).shape[1],
              *(weights.take(f"blocks.{i}.0.conv{4 if deep else 2}.weight", 4).shape[0] for i in range(count))]
    pixels, size = weights.take("linear.weight", 2).shape
    start = math.isqrt(max(pixels // widths[0], 1))
    attention = tuple(i + 1 for i in range(count) if f"blocks.{i}.1.theta.weight" in weights)
    narrow = weights.take("blocks.0.0.conv1.weight", 4).shape[0]
    num_classes, class_dim = _classes(weights)
    z_use, z_dim = _z_use(weights, count, class_dim, size, deep)
    if start * start * widths[0] != pixels or (deep and widths[0] < narrow) or count // answers.depth > 12 or z_dim < 1:
        raise ModelError(f"The widths of “{weights.name}” make no BigGAN; the file is damaged.")
    up = tuple((i + 1) % answers.depth == 0 for i in range(count))
    try:
        return BigGANConfig(tuple(widths), up, z_dim, num_classes, class_dim, z_use, attention, 1, answers.bn_eps,
                            OUTPUT_EPS, answers.leak, start, widths[0] // narrow if deep else 4,
                            "output_layer.0.bn.running_mean" in weights and answers.gain == "added")
    except ValueError as error:
        raise ModelError(f"“{weights.name}” does not hold together: {error}") from None


def _classes(weights: Weights) -> tuple[int, int]:
    """How many classes there are, and the width of the embedding they share, 0 where they share none."""
    if "shared.weight" in weights:
        classes, width = weights.take("shared.weight", 2).shape
        return classes, width
    return weights.take("blocks.0.0.bn1.gain.weight", 2).shape[0], 0


def _z_use(weights: Weights, count: int, class_dim: int, size: int, deep: bool) -> tuple[ZUse, int]:
    """What becomes of z, and how long it is, where the first linear map takes `size` numbers."""
    if deep:
        return "all", size - class_dim
    if class_dim and weights.take("blocks.0.0.bn1.gain.weight", 2).shape[1] > class_dim:
        return "chunks", size * (count + 1)
    return "first", size


def _tensors(weights: Weights, config: BigGANConfig, sn_eps: float) -> dict[str, Tensor]:
    """The file's tensors under our names."""
    found: dict[str, Tensor] = {}
    if config.class_dim:
        found["shared.weight"] = weights.take("shared.weight", 2)
    found |= _layer(weights, "linear", "linear", 2, sn_eps)
    for i in range(len(config.up)):
        found |= _block(weights, f"blocks.{i}.0", f"blocks.{i}", config, sn_eps)
    for below in config.attention:
        theirs, ours = f"blocks.{below - 1}.1", f"attention.{below}"
        found[f"{ours}.gamma"] = weights.take(f"{theirs}.gamma", 0)
        for name in ("theta", "phi", "g", "o"):
            found[f"{ours}.{name}.weight"] = _normed(weights, f"{theirs}.{name}", 4, sn_eps)
    found |= _statistics(weights, "output_layer.0", "output_norm", config.channels[-1], OUTPUT_EPS)
    found |= {f"output_norm.{name}": weights.take(f"output_layer.0.{name}", 1) for name in ("gain", "bias")}
    return found | _layer(weights, "output_layer.2", "output", 4, sn_eps)


def _block(weights: Weights, theirs: str, ours: str, config: BigGANConfig, sn_eps: float) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name in ("conv1", "conv2", "conv3", "conv4", "conv_sc"):
        if f"{theirs}.{name}.weight" in weights:
            found |= _layer(weights, f"{theirs}.{name}", f"{ours}.{name}", 4, sn_eps)
    norms = 4 if f"{theirs}.conv4.weight" in weights else 2
    for number in range(1, norms + 1):
        their_norm, our_norm = f"{theirs}.bn{number}", f"{ours}.bn{number}"
        for name in ("gain", "bias"):
            found[f"{our_norm}.{name}.weight"] = _conditional(weights, f"{their_norm}.{name}", config, sn_eps)
        width = len(found[f"{our_norm}.gain.weight"])
        found |= _statistics(weights, their_norm, our_norm, width, config.eps)
    return found


def _conditional(weights: Weights, name: str, config: BigGANConfig, sn_eps: float) -> Tensor:
    """A gain or bias as a linear map of the condition vector [width, size]; an embedding of its own is the same."""
    return _normed(weights, name, 2, sn_eps) if config.class_dim else weights.take(f"{name}.weight", 2).T.contiguous()


def _layer(weights: Weights, theirs: str, ours: str, dims: int, sn_eps: float) -> dict[str, Tensor]:
    return {f"{ours}.weight": _normed(weights, theirs, dims, sn_eps), f"{ours}.bias": weights.take(f"{theirs}.bias", 1)}


def _normed(weights: Weights, name: str, dims: int, sn_eps: float) -> Tensor:
    """A weight with its spectral norm divided out, where it was trained with one."""
    weight = weights.take(f"{name}.weight", dims)
    return weight / iterated_norm(weight, weights.take(f"{name}.u0", 2), sn_eps) if f"{name}.u0" in weights else weight


def _statistics(weights: Weights, theirs: str, ours: str, width: int, eps: float) -> dict[str, Tensor]:
    """Mean and variance [1, width]; those that change nothing where the network was trained without any."""
    mean = weights.first(tuple(f"{theirs}.{name}" for name in MEANS), 1)
    variance = weights.first(tuple(f"{theirs}.{name}" for name in VARIANCES), 1)
    if mean is None or variance is None:
        mean, variance = torch.zeros(width), torch.full((width,), 1 - eps)
    return {f"{ours}.stored_mean": mean[None], f"{ours}.stored_var": variance[None]}


FORMATS: tuple[Format, ...] = (AjbrockBigGAN(),)
