"""genforce's StyleGAN2 (also SeFa's and InterFaceGAN's copies): model zoo files and training snapshots.

Kernels of up-sampling layers are stored the other way round than NVIDIA's, styles without their bias of one. What is
trained with conditions joins its label as TensorFlow's StyleGAN2 does, or, in the ADA variant, as NVIDIA's does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, Format, tensors_of
from ganstudio.checkpoints.formats.reading import answered, shape_of, state_dicts
from ganstudio.checkpoints.formats.stylegan2_tensors import (
    LIVE,
    MAPPING_LR,
    Named,
    conv_place,
    generator_of,
    joint_embedding,
    taps_of,
    unknown_part,
)
from ganstudio.checkpoints.native import ModelError

SIGNATURE = ("synthesis.early_layer.const", "synthesis.layer0.noise_strength", "mapping.dense0.weight")
AVERAGED = "generator_smooth"
LAYER = re.compile(r"synthesis\.(layer|output)(\d{1,2})\.(weight|bias|noise_strength|noise|style\.weight|style\.bias)")
PARTS = {"style.weight": "affine.weight", "style.bias": "affine.bias", "noise": "noise_const"}
WEIGHT_SCALING = Choice(
    "weight_scaling", "Weights are scaled while drawing", True,
    "Nearly all trainings do (“use_wscale”); with the wrong answer pictures are all alike or burst.")


class GenforceStyleGAN2:
    """Recognised by the names of its first layers."""

    name = "genforce StyleGAN2"

    def fits(self, content: Content) -> bool:
        """Whether some state dict in the file has this program's layers."""
        return _generator(content.tree) is not None

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; asks for what training options would say."""
        tensors = _generator(content.tree)
        if tensors is None:
            raise ModelError(f"“{content.path.name}” holds no generator of this program.")
        choices = tuple(answered(choice, chosen) for choice in (MAPPING_LR, WEIGHT_SCALING))
        held = content.tree.get("models", content.tree)
        live = isinstance(held, Mapping) and "generator" in held and AVERAGED not in held
        named = renamed(tensors, float(choices[0].default), bool(choices[1].default), (LIVE,) * live)
        generator, notes = generator_of(named, content.path.name)
        return Foreign(self.name, generator, choices, notes)


def _generator(tree: Any) -> dict[str, Tensor] | None:
    wrapped = tree.get("models", tree) if isinstance(tree, Mapping) else tree
    for state in state_dicts(wrapped, (AVERAGED, "generator")):
        tensors = tensors_of(state)
        if all(key in tensors for key in SIGNATURE):
            return tensors
    return None


def renamed(tensors: Mapping[str, Tensor], mapping_lr: float, scaled: bool, notes: tuple[str, ...] = ()) -> Named:
    """This program's tensors under NVIDIA's names; without weight scaling at run time, it is taken out of them."""
    found: dict[str, Tensor] = {}
    for key, value in tensors.items():
        if not key.endswith(".kernel"):
            found.update(_renamed(key, value))
    if not scaled:
        found = {k: _unscaled(k, v) for k, v in found.items()}
    known: dict[str, Any] = {"mapping_lr": mapping_lr, "taps": _taps(tensors)}
    if "mapping.label_weight" in tensors:
        known["joint_label"] = True
        found |= joint_embedding(tensors["mapping.label_weight"])
    width, outputs = shape_of(found, "synthesis.b4.conv1.affine.weight", 2)[1], found.get("mapping.w_avg")
    if outputs is not None and tuple(outputs.shape) != (width,):
        raise ModelError("This generator has a mapping network with a w of its own for every layer, which cannot be "
                         "opened.")
    return Named(_spread(found), known, notes)


def _renamed(key: str, value: Tensor) -> dict[str, Tensor]:
    if key in ("truncation.w_avg", "mapping.label_weight"):
        return {"mapping.w_avg": value.flatten()} if key.startswith("truncation") else {}
    if key == "synthesis.early_layer.const":
        return {"synthesis.b4.const": value[0] if value.ndim == 4 and len(value) == 1 else value}
    if match := re.fullmatch(r"mapping\.(dense|LabelEmbed)(\d{0,2})\.(weight|bias)", key):
        return {f"mapping.{'fc' + match[2] if match[1] == 'dense' else 'embed'}.{match[3]}": value}
    match = LAYER.fullmatch(key)
    if match is None:
        raise unknown_part(key)
    number, part = int(match[2]), match[3]
    place = conv_place(number) if match[1] == "layer" else f"synthesis.b{4 << number}.torgb"
    flipped = match[1] == "layer" and part == "weight" and number % 2 == 1 and value.ndim == 4
    value = value.flip(2, 3) if flipped else value + 1 if part == "style.bias" else value
    return {f"{place}.{PARTS.get(part, part)}": value[0] if part == "noise" and value.ndim == 4 else value}


def _spread(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Noise as we keep it: [r, r] with a strength, or a number a channel [c, 1, 1] with a strength everywhere."""
    for key in [key for key in tensors if key.endswith("noise_const")]:
        noise, strength = tensors[key], key.replace("noise_const", "noise_strength")
        if noise.ndim == 3 and len(noise) == 1:
            tensors[key] = noise[0]
        elif strength in tensors and tensors[strength].ndim == 0:
            side = int(key.split(".")[1].removeprefix("b"))
            tensors[strength] = tensors[strength].expand(side, side)
    return tensors


def _unscaled(key: str, value: Tensor) -> Tensor:
    """A weight from which the scale that we draw with is taken out; demodulated kernels need none of it."""
    dense = key.endswith(("affine.weight", "torgb.weight", "embed.weight")) or re.match(r"mapping\.fc\d+\.weight", key)
    return value * math.sqrt(value.shape[1]) if dense and value.ndim > 1 else value


def _taps(tensors: Mapping[str, Tensor]) -> Any:
    kernel = tensors.get("synthesis.layer1.filter.kernel")
    return taps_of(None if kernel is None or kernel.ndim != 4 else kernel[0, 0].flip(0, 1), gain=4.0)


FORMATS: tuple[Format, ...] = (GenforceStyleGAN2(),)
