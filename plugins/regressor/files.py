"""Regressors on disk: safetensors with metadata that names the generator they belong to; opening one runs no code.

Metadata, all text: `format`, `version`, `fingerprint` (of the generator's weights), `network` (one of `NETWORKS`;
without it, the one we train), `config` (JSON of that network's config) and `about` (JSON for people: options, figures,
whose eyes judged likeness, the model's name). What we train is stored in half precision; all is float32 in memory.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganstudio.api import Learned, Model, Space
from ganstudio_plugins.regressor.encoder import Encoder, EncoderConfig
from ganstudio_plugins.regressor.masks import check
from ganstudio_plugins.regressor.resnet import ResNetConfig, ResNetEncoder

FORMAT = "ganstudio-regressor"
VERSION = 1
AnyEncoder = Encoder | ResNetEncoder
NETWORKS: dict[str, tuple[type[Any], Callable[[Any], AnyEncoder]]] = {
    "residual": (EncoderConfig, Encoder), "resnet": (ResNetConfig, ResNetEncoder)}
"""By the name in a file's metadata: what describes a network, and what builds it."""


class RegressorError(ValueError):
    """A regressor that cannot be used; the message is one sentence for the user."""


class TrainedRegressor:
    """A trained encoder; see `ganstudio.api.Regressor`. `about` is what its file tells people."""

    def __init__(self, encoder: AnyEncoder, fingerprint: str, space: Space, about: Mapping[str, Any]) -> None:
        self.encoder, self.fingerprint, self.about = encoder.eval().requires_grad_(False), fingerprint, about
        self.space: Space = space

    def regress(self, image: Tensor, mask: Tensor) -> Tensor:
        """z [n, z_dim] or w+ [n, num_ws, w_dim] of images [n, 3, h, w] where masks [n, 1, h, w] say they count."""
        check(image, mask)
        latents: Tensor = self.encoder(image, mask)
        return latents[:, 0] if self.space == "z" else latents

    def prepared(self, device: torch.device, precision: torch.dtype) -> TrainedRegressor:
        """A copy on a device whose activations are of this precision; its answers stay float32."""
        encoder = copy.deepcopy(self.encoder).to(device).in_precision(precision)
        return TrainedRegressor(encoder, self.fingerprint, self.space, self.about)

    def trainable(self) -> tuple[TrainedRegressor, Sequence[Tensor]]:
        """A copy with weights of its own, and these."""
        twin = TrainedRegressor(copy.deepcopy(self.encoder), self.fingerprint, self.space, self.about)
        return twin, tuple(twin.encoder.requires_grad_(True).parameters())


class RegressorFiles:
    """Registered with the program: opens the files of `training`."""

    id = "regressor"

    def read(self, path: Path, model: Model) -> TrainedRegressor:
        """The regressor of `model` in that file; RegressorError when it is none, or another model's."""
        metadata, tensors = _read(path)
        if metadata.get("format") != FORMAT or metadata.get("version") != str(VERSION):
            raise RegressorError(f"“{path.name}” is no regressor of this version of GAN Studio.")
        if metadata.get("fingerprint") != model.fingerprint:
            owner = _about(metadata).get("model") or "another model"
            raise RegressorError(f"“{path.name}” belongs to other weights ({owner}), not to this {model.name}: train a "
                                 f"regressor for it, or take that file out of “{path.parent}”.")
        encoder = _rebuilt(path, metadata, tensors)
        return TrainedRegressor(encoder, model.fingerprint, model.generator.space, _about(metadata))


def file_of(encoder: Encoder, model: Model, about: Mapping[str, Any]) -> Learned:
    """What to write for an encoder of `model`; the figures in `about` are what the program tells."""
    metadata = {"format": FORMAT, "version": str(VERSION), "fingerprint": model.fingerprint,
                "config": json.dumps(asdict(encoder.config)), "about": json.dumps(dict(about))}
    keep = f"models/regressors/{Path(model.id).stem}-{model.fingerprint[:8]}.safetensors"
    return Learned({k: v.half() for k, v in encoder.state_dict().items()}, metadata, about.get("figures", {}),
                   keep=keep)


def _read(path: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise RegressorError(f"“{path.name}” is no regressor, or it is damaged ({error}).") from None


def _about(metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        about = json.loads(metadata.get("about", "{}"))
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def _rebuilt(path: Path, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> AnyEncoder:
    try:
        config, network = NETWORKS[metadata.get("network", "residual")]
        stored = json.loads(metadata["config"])
        encoder = network(config(**{key: tuple(v) if isinstance(v, list) else v for key, v in stored.items()}))
        encoder.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise RegressorError(f"The tensors of “{path.name}” do not fit its description: {first}") from None
    if not all(bool(torch.isfinite(v).all()) for v in tensors.values()):
        raise RegressorError(f"“{path.name}” holds numbers that are not finite.")
    return encoder
