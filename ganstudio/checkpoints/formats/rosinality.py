"""rosinality's StyleGAN2 (`stylegan2-pytorch`): training snapshots, and files converted from NVIDIA's.

The network is NVIDIA's under other names, always unconditional. Training files have no mean of w and, the older ones,
no noise pictures; neither kind says how slowly the mapping network learnt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format, tensors_of
from ganstudio.checkpoints.formats.reading import answered, state_dicts
from ganstudio.checkpoints.formats.stylegan2_tensors import (
    LIVE,
    MAPPING_LR,
    Named,
    conv_place,
    generator_of,
    taps_of,
    unknown_part,
)
from ganstudio.checkpoints.native import ModelError

SIGNATURE = ("conv1.conv.modulation.weight", "input.input", "style.1.weight")
FILTERS = {"taps": "convs.0.conv.blur.kernel", "colour_taps": "to_rgbs.0.upsample.kernel"}
"""Where the filters lie; a training that changes the first leaves the second as it is."""
PLACE = re.compile(r"(conv1|convs\.(\d{1,2})|to_rgb1|to_rgbs\.(\d{1,2}))\.(.+)")
PARTS = {"conv.weight": "weight", "conv.modulation.weight": "affine.weight", "conv.modulation.bias": "affine.bias",
         "activate.bias": "bias", "noise.weight": "noise_strength", "bias": "bias"}


class RosinalityStyleGAN2:
    """Recognised by the names of its first layers."""

    name = "rosinality StyleGAN2"

    def fits(self, content: Content) -> bool:
        """Whether some state dict in the file has this program's layers."""
        return _generator(content.tree) is not None

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; asks for the learning rate of the mapping network."""
        tensors = _generator(content.tree)
        if tensors is None:
            raise ModelError(f"“{content.path.name}” holds no generator of this program.")
        choice = answered(MAPPING_LR, chosen)
        live = "g" in content.tree and "g_ema" not in content.tree
        named = renamed(tensors, content.tree.get("latent_avg"), float(choice.default), (LIVE,) * live)
        generator, notes = generator_of(named, content.path.name)
        return Foreign(self.name, generator, (choice,), notes)


def has_layers(tensors: Mapping[str, Tensor]) -> bool:
    """Whether these are the names of this program's generator."""
    return all(key in tensors for key in SIGNATURE)


def _generator(tree: Any) -> dict[str, Tensor] | None:
    return next(filter(has_layers, map(tensors_of, state_dicts(tree, ("g_ema", "g")))), None)


def renamed(tensors: Mapping[str, Tensor], mean: Any, mapping_lr: float, notes: tuple[str, ...] = ()) -> Named:
    """This program's tensors under NVIDIA's names; `mean` is the file's mean of w, [w_dim] or a row a layer, if any."""
    found = dict(_renamed(key, value) for key, value in tensors.items() if not key.endswith(".kernel"))
    if isinstance(mean, Tensor) and mean.numel():
        rows = mean.detach().float().reshape(-1, mean.shape[-1]) if mean.ndim else mean.reshape(1, 1)
        found["mapping.w_avg"] = rows.mean(dim=0)
    filters = {field: taps_of(tensors.get(key), gain=4.0) for field, key in FILTERS.items()}
    return Named(found, {"mapping_lr": mapping_lr, **filters}, notes)


def _renamed(key: str, value: Tensor) -> tuple[str, Tensor]:
    if key == "input.input":
        return "synthesis.b4.const", _squeezed(value, 4)
    if match := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", key):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}", value
    if match := re.fullmatch(r"noises\.noise_(\d{1,2})", key):
        return f"{conv_place(int(match[1]))}.noise_const", _squeezed(_squeezed(value, 4), 3)
    match = PLACE.fullmatch(key)
    part = PARTS.get(match[4]) if match else None
    if match is None or part is None:
        raise unknown_part(key)
    return f"{_place(match)}.{part}", _shaped(part, value)


def _place(match: re.Match[str]) -> str:
    """Where the layer of a key lies."""
    if match[2]:
        return conv_place(int(match[2]) + 1)
    if match[3]:
        return f"synthesis.b{8 << int(match[3])}.torgb"
    return conv_place(0) if match[1] == "conv1" else "synthesis.b4.torgb"


def _shaped(part: str, value: Tensor) -> Tensor:
    """A tensor without the dimensions of one that this program keeps."""
    if part == "noise_strength":
        return value.reshape(()) if value.numel() == 1 else value
    return _squeezed(value, 5) if part == "weight" else value.flatten() if part == "bias" else value


def _squeezed(value: Tensor, dims: int) -> Tensor:
    return value[0] if value.ndim == dims and len(value) == 1 else value


FORMATS: tuple[Format, ...] = (RosinalityStyleGAN2(),)
