"""NVIDIA's StyleGAN of the TensorFlow era (`karras2019stylegan-*.pkl`): variables by block, `4x4/Const/const` on.

The variables are renamed to those of genforce's conversion, which keeps every number but turns the axes. What shapes
do not tell is in the arguments the network was built with, else as in the program that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format, load_tensors
from ganstudio.checkpoints.formats.genforce_stylegan import config_of, renamed
from ganstudio.checkpoints.formats.reading import built, scalar, shape_of
from ganstudio.checkpoints.formats.tensorflow_records import Network, averaged_network
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig

STYLE = "4x4/Conv/StyleMod/weight"
DEEPEST = 12
"""Blocks of a picture of 8192 px: no training grew so far."""
LAYER = re.compile(r"(\d+)x\1/(Const|Dense|Conv|Conv0_up|Conv1)/(.+)")
PARTS = {"const": "const", "weight": "weight", "bias": "bias", "Noise/weight": "apply_noise.weight",
         "StyleMod/weight": "style.weight", "StyleMod/bias": "style.bias"}
USUAL = {"use_styles": True, "use_pixel_norm": False, "use_instance_norm": True, "normalize_latents": True}
"""Settings that make another network when they differ, which nobody published."""
SLOPES = {"lrelu": 0.2, "relu": 0.0}


class TensorFlowStyleGAN:
    """Recognised by styles beside convolutions."""

    name = "NVIDIA StyleGAN (TensorFlow)"

    def fits(self, content: Content) -> bool:
        """By the variables of its averaged generator."""
        network = averaged_network(content.tree)
        return network is not None and STYLE in network.all_variables()

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; nothing is left open."""
        network, name = averaged_network(content.tree), content.path.name
        if network is None:
            raise ModelError(f"“{name}” holds no averaged generator.")
        tensors = _as_converted(network.all_variables())
        generator = built(StyleGAN, lambda: _config(network, tensors), name)
        load_tensors(generator, renamed(tensors, bool(network.setting("use_wscale", True))), name)
        psi = network.setting("truncation_psi", 0.7)
        return Foreign(self.name, generator, facts={"psi": 1.0 if psi is None else float(psi)})


def _config(network: Network, tensors: dict[str, Tensor]) -> StyleGANConfig:
    for key, usual in USUAL.items():
        if bool(network.setting(key, usual)) != usual:
            raise ModelError(f"This StyleGAN was built with “{key}” set to {not usual}, which cannot be drawn.")
    bends = _text(network, "nonlinearity"), _text(network, "mapping_nonlinearity")
    if not set(bends) <= set(SLOPES):
        raise ModelError(f"This StyleGAN was built with the activations {' and '.join(bends)}, which cannot be drawn.")
    return replace(config_of(tensors), mapping_lr=float(network.setting("mapping_lrmul", 0.01)), activation=bends[1],
                   slope=SLOPES[bends[0]], blur=_blur(network.setting("blur_filter", (1, 2, 1))),
                   fused_from=_fused(network.setting("fused_scale", "auto")),
                   lod=scalar(network.variables, "lod", scalar(tensors, "synthesis.lod")))


def _text(network: Network, key: str) -> str:
    return str(network.setting(key, "lrelu"))


def _fused(setting: Any) -> int | None:
    return 128 if setting == "auto" else 8 if setting else None


def _blur(setting: Any) -> tuple[float, ...]:
    """The filter after up-sampling, of sum one; () for none."""
    taps = tuple(float(tap) for tap in setting or ())
    total = sum(taps)
    if taps and not total:
        raise ModelError("The filter that this StyleGAN blurs with adds up to nothing.")
    return tuple(tap / total for tap in taps) if len(taps) > 1 else ()


def _as_converted(variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Variables under the names of genforce's conversion."""
    found: dict[str, Tensor] = {}
    blocks = sum(f"{4 << k}x{4 << k}/Conv{'1' if k else ''}/weight" in variables for k in range(DEEPEST))
    for name, value in variables.items():
        if match := LAYER.fullmatch(name):
            number = 2 * (int(match[1]).bit_length() - 3) + (match[2] in ("Conv", "Conv1"))
            if (part := PARTS.get(match[3])) is not None:
                found[f"synthesis.layer{number}.{part}"] = _turned(name, value)
        elif match := re.fullmatch(r"Dense(\d+)/(weight|bias)", name):
            found[f"mapping.dense{match[1]}.{match[2]}"] = _turned(name, value)
        elif match := re.fullmatch(r"ToRGB_lod(\d+)/(weight|bias)", name):
            found[f"synthesis.output{blocks - 1 - int(match[1])}.{match[2]}"] = _turned(name, value)
        elif match := re.fullmatch(r"noise(\d+)", name):
            found[f"synthesis.layer{match[1]}.apply_noise.noise"] = value
    others = {"LabelConcat/weight": "mapping.label_weight", "dlatent_avg": "truncation.w_avg", "lod": "synthesis.lod"}
    return found | {ours: variables[theirs] for theirs, ours in others.items() if theirs in variables}


def _turned(name: str, value: Tensor) -> Tensor:
    """Kernels [h, w, in, out] and matrices [in, out] with the outputs first; all else as it is."""
    if name.endswith("Dense/weight"):
        fan_in, units = shape_of({name: value}, name, 2)
        if units % 16:
            raise ModelError(f"“{name}” gives {units} numbers, which are no 4 x 4 places.")
        return value.reshape(fan_in, -1, 4, 4).transpose(0, 1).flip(2, 3)
    if not name.endswith("weight") or "Noise" in name:
        return value
    return value.permute(3, 2, 0, 1) if value.ndim == 4 else value.T


FORMATS: tuple[Format, ...] = (TensorFlowStyleGAN(),)
