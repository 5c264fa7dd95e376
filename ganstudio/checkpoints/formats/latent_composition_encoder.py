"""Encoders as latent-composition writes them: a ResNet from pictures with their masks to z or w+, without its model.

ProGAN's end in `fc` and were shown the mask as -0.5..0.5; StyleGAN2's end in `layer5.conv5`, were shown it as 0..1
and take pictures of 256 px whatever the model's size is. Nothing in a file says which model it belongs to, so it is
read for one, whose latent must have the same numbers. The network itself is in the regressor plugin
(`resnet.py`); here its tensors get one name for either head, and its config is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ganstudio.api import Generator
from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, tensors_of
from ganstudio.checkpoints.formats.reading import answered, numbered, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError

SMALL = 150
"""Models of fewer pixels have encoders that keep the side when they pool first."""
NATIVE = 256
Z_HEAD, W_HEAD = "fc", "layer5.conv5"


@dataclass(frozen=True, eq=False)
class ForeignEncoder:
    """An encoder read for one model: the regressor plugin's `ResNetConfig` as plain values, and its tensors."""

    format: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    choices: tuple[Choice, ...]


class LatentCompositionEncoder:
    """The encoders of latent-composition, for ProGAN (z) and StyleGAN2 (w+)."""

    name = "latent-composition encoder"

    def fits(self, content: Content) -> bool:
        """By the first convolution and a head."""
        return bool(_tensors(content.tree))

    def read(self, content: Content, generator: Generator, chosen: Mapping[str, ChoiceValue]) -> ForeignEncoder:
        """The encoder for a model's generator; ModelError in one sentence when it does not hold up, or is another's."""
        tensors = _tensors(content.tree)
        _check(tensors, content.path.name)
        head = Z_HEAD if f"{Z_HEAD}.weight" in tensors else W_HEAD
        weight = tensors[f"{head}.weight"].flatten(1)
        rows, dim = (1, generator.z_dim) if head == Z_HEAD else (generator.num_ws, generator.w_dim)
        uncertain = weight.shape[0] == 2 * rows * dim
        if (head == Z_HEAD) != (generator.space == "z") or weight.shape[0] != rows * dim * (2 if uncertain else 1):
            raise ModelError(f"“{content.path.name}” answers {weight.shape[0]} numbers for {_space(head)}, but this "
                             f"model takes {_latent(generator)}: it was made for another model.")
        halfsize = answered(_halfsize(head == Z_HEAD and generator.resolution < SMALL), chosen)
        native = 0 if head == Z_HEAD else NATIVE // 2 if halfsize.default else NATIVE
        colours, width = shape_of(tensors, "conv1.weight", 4)[1::-1]
        config = {
            "variant": _variant(colours), "width": width, "blocks": _blocks(tensors),
            "bottleneck": "layer1.0.conv3.weight" in tensors, "side": native, "halfsize": bool(halfsize.default),
            "mask_centre": 0.5 if head == Z_HEAD else 0.0, "outputs": rows, "dim": dim, "uncertain": uncertain,
        }  # fmt: skip
        body = {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()
                if not key.startswith(head)}
        named = {"fc.weight": weight.float(), "fc.bias": tensors[f"{head}.bias"].float()}
        _compare(body | named, config, content.path.name)
        return ForeignEncoder(self.name, config, body | named, (halfsize,))


def _tensors(tree: Any) -> dict[str, Tensor]:
    for state in state_dicts(tree, ("state_dict",)):
        tensors = tensors_of(state)
        first = tensors.get("conv1.weight")
        if (first is not None and first.ndim == 4 and first.shape[2:] == (7, 7) and "layer1.0.conv1.weight" in tensors
                and (f"{Z_HEAD}.weight" in tensors or f"{W_HEAD}.weight" in tensors)):
            return tensors
    return {}


def _check(tensors: Mapping[str, Tensor], name: str) -> None:
    bad = next((k for k, v in tensors.items() if not bool(v.isfinite().all())), None)
    if bad is not None:
        raise ModelError(f"“{name}” holds numbers that are not finite (in “{bad}”).")
    for key in (Z_HEAD, W_HEAD):
        if f"{key}.weight" in tensors:
            shape_of(tensors, f"{key}.weight", 2 if key == Z_HEAD else 4)
            shape_of(tensors, f"{key}.bias", 1)


def _compare(tensors: Mapping[str, Tensor], config: Mapping[str, Any], name: str) -> None:
    """ModelError unless these are the tensors of such a network, all of them and in their shapes."""
    wanted = dict(_shapes(config, tensors["fc.weight"].shape[0]))
    for key, shape in wanted.items():
        if key not in tensors:
            raise ModelError(f"“{name}” lacks the tensor “{key}”: it is not whole.")
        if tuple(tensors[key].shape) != shape:
            raise ModelError(f"The tensors of “{name}” do not fit each other: “{key}” should be {list(shape)}, not "
                             f"{list(tensors[key].shape)}.")
    if extra := sorted(set(tensors) - set(wanted)):
        raise ModelError(f"“{name}” holds tensors that are of no ResNet, such as “{extra[0]}”.")


def _shapes(config: Mapping[str, Any], answers: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of the network with its shape; see the plugin's `ResNetEncoder`."""
    below, spread = config["width"], 4 if config["bottleneck"] else 1
    yield from _convolution("", 1, 3 + (config["variant"] == "rgbm"), below, 7)
    for stage, count in enumerate(config["blocks"]):
        width = config["width"] * 2**stage
        for index in range(count):
            stem = f"layer{stage + 1}.{index}."
            kernels = (1, 3, 1) if config["bottleneck"] else (3, 3)
            ends = [below, *[width] * (len(kernels) - 1), width * spread]
            for number, kernel in enumerate(kernels, 1):
                yield from _convolution(stem, number, ends[number - 1], ends[number], kernel)
            if below != width * spread or (stage and not index):
                yield f"{stem}downsample.0.weight", (width * spread, below, 1, 1)
                yield from _norm(f"{stem}downsample.1", width * spread)
            below = width * spread
    yield "fc.weight", (answers, below)
    yield "fc.bias", (answers,)


def _convolution(stem: str, number: int, below: int, above: int, kernel: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{stem}conv{number}.weight", (above, below, kernel, kernel)
    yield from _norm(f"{stem}bn{number}", above)


def _norm(stem: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f"{stem}.{key}", (width,)) for key in ("weight", "bias", "running_mean", "running_var"))
    yield f"{stem}.num_batches_tracked", ()


def _variant(colours: int) -> str:
    if colours not in (3, 4):
        raise ModelError(f"This encoder takes {colours} channels; there must be three colours, with or without a mask.")
    return "rgbm" if colours == 4 else "rgb"


def _blocks(tensors: Mapping[str, Tensor]) -> tuple[int, ...]:
    """How many blocks each stage has."""
    stages = sum(1 for key in tensors if re.fullmatch(r"layer\d\.0\.conv1\.weight", key))
    return tuple(len(numbered(tensors, f"layer{k}.{{}}.conv1.weight")) for k in range(1, stages + 1))


def _space(head: str) -> str:
    return "z" if head == Z_HEAD else "all layers of w"


def _latent(generator: Generator) -> str:
    return f"{generator.z_dim} for z" if generator.space == "z" else f"{generator.num_ws} x {generator.w_dim} for w"


def _halfsize(usual: bool) -> Choice:
    return Choice("halfsize", "First pooling keeps the side", usual, "Encoders of ProGANs below 150 px do; with the "
                  "wrong answer what comes back has little to do with the picture.", (False, True))


ENCODERS = (LatentCompositionEncoder(),)
