"""NVIDIA's StyleGAN2 of the TensorFlow era (`stylegan2-*-config-*.pkl`).

Kernels lie the other way round, [h, w, in, out]; up-sampling ones are flipped, and styles lack their bias of one.
Settings that are not in the file have the defaults of the program that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format
from ganstudio.checkpoints.formats.reading import WIDEST
from ganstudio.checkpoints.formats.stylegan2_tensors import (
    Named,
    conv_place,
    generator_of,
    joint_embedding,
    taps_of,
    unknown_part,
)
from ganstudio.checkpoints.formats.tensorflow_records import Network, averaged_network
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.mapping import ACTIVATIONS

SIGNATURE = ("4x4/Const/const", "4x4/Conv/mod_weight", "Dense0/weight")
LAYER = re.compile(r"(\d{1,5})x\1/(Conv|Conv0_up|Conv1|ToRGB|Skip)/"
                   r"(weight|bias|noise_strength|mod_weight|mod_bias)")
PLACES = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}
PARTS = {"mod_weight": "affine.weight", "mod_bias": "affine.bias"}
IGNORED = ("lod",)


class TensorFlowStyleGAN2:
    """Recognised by the names of its variables."""

    name = "NVIDIA StyleGAN2 (TensorFlow)"

    def fits(self, content: Content) -> bool:
        """Whether the last network has a constant input and modulated layers."""
        network = averaged_network(content.tree)
        variables = network.all_variables() if network else {}
        return all(key in variables for key in SIGNATURE)

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; nothing is left open."""
        network = averaged_network(content.tree)
        if network is None:
            raise ModelError(f"“{content.path.name}” holds no generator.")
        generator, notes = generator_of(renamed(network), content.path.name)
        return Foreign(self.name, generator, (), notes)


def renamed(network: Network) -> Named:
    """A network's variables under NVIDIA's later names, and what its settings say."""
    found: dict[str, Tensor] = {}
    for key, value in network.all_variables().items():
        if key not in IGNORED:
            found.update(_renamed(key, value))
    known: dict[str, Any] = {"mapping_lr": _number(network, "mapping_lrmul", 0.01),
                             "activation": _activation(network, "act"),
                             "mapping_activation": _activation(network, "mapping_nonlinearity"),
                             "taps": _taps(network.setting("resample_kernel"))}
    if "mapping.embed.weight" in found:
        known["joint_label"] = True
    if network.setting("normalize_latents", True) is False:
        raise ModelError("This StyleGAN2 takes z as it is, without normalising it first, which cannot be drawn here.")
    return Named(found, known)


def _renamed(key: str, value: Tensor) -> dict[str, Tensor]:
    if key == "dlatent_avg":
        return {"mapping.w_avg": value}
    if key == "LabelConcat/weight":
        return joint_embedding(value)
    if key == "4x4/Const/const":
        return {"synthesis.b4.const": value[0] if value.ndim == 4 and len(value) == 1 else value}
    if match := re.fullmatch(r"Dense(\d{1,2})/(weight|bias)", key):
        return {f"mapping.fc{match[1]}.{match[2]}": value.T if value.ndim == 2 else value}
    if match := re.fullmatch(r"noise(\d{1,2})", key):
        return {f"{conv_place(int(match[1]))}.noise_const": value[0, 0] if value.ndim == 4 else value}
    return _layer(key, value)


def _layer(key: str, value: Tensor) -> dict[str, Tensor]:
    match = LAYER.fullmatch(key)
    if match is None:
        raise unknown_part(key)
    part = match[3]
    if part == "weight" and value.ndim == 4:
        value = value.permute(3, 2, 0, 1)
        value = value.flip(2, 3) if match[2] == "Conv0_up" else value
    elif part == "mod_weight" and value.ndim == 2:
        value = value.T
    elif part == "mod_bias":
        value = value + 1
    return {f"synthesis.b{match[1]}.{PLACES[match[2]]}.{PARTS.get(part, part)}": value}


def _number(network: Network, key: str, default: float) -> float:
    value = network.setting(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < WIDEST:
        raise ModelError(f"This file says “{value}” for “{key}”, which is no number for it.")
    return float(value)


def _activation(network: Network, key: str) -> str:
    name = network.setting(key, "lrelu")
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ModelError(f"This StyleGAN2 uses an activation that is not known here: “{name}”.")
    return name


def _taps(listed: Any) -> Any:
    """A filter as the settings list it, before it is normalised."""
    if listed is None:
        return taps_of(None)
    numbers = listed if isinstance(listed, list | tuple) and listed else ["?"]
    if not all(isinstance(value, int | float) for value in numbers) or not sum(numbers):
        raise ModelError("The filter in this file's settings is none.")
    taps = torch.tensor([float(value) for value in numbers])
    return taps_of(taps / taps.sum())


FORMATS: tuple[Format, ...] = (TensorFlowStyleGAN2(),)
