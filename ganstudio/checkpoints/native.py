"""Our own model format: safetensors plus metadata, so that opening a model never runs code.

The metadata (all text) holds `format`, `version`, `family`, `config` (the family's config as JSON) and `about` (JSON
for people: name, terms, source, recipe, figures). Tensors carry the generator's own parameter names; half precision
on disk becomes float32 in memory.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ganstudio.checkpoints.allowance import Allowance, Unfilled, finite
from ganstudio.document.atomic import write_atomically
from ganstudio.generators.biggan import BigGAN, BigGANConfig
from ganstudio.generators.biggan_deep import BigGANDeep
from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.mobilestylegan import MobileStyleGAN, MobileStyleGANConfig
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.generators.stylegan3 import StyleGAN3, StyleGAN3Config

FORMAT = "ganstudio-model"
VERSION = 1
HEAD = 8
"""Bytes at a safetensors file's start that hold the length of its header; numbers begin at a multiple of it."""


class ModelError(ValueError):
    """A model file that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Family:
    """How to rebuild a family's generator from the config in a file; `resolution` needs no network for its answer."""

    config: type[Any]
    generator: Callable[[Any], nn.Module]

    def read(self, stored: Mapping[str, Any]) -> Any:
        """The config of a file; TypeError or ValueError when it is none of this family."""
        return self.config(**{key: _frozen(value) for key, value in stored.items()})

    def build(self, stored: Mapping[str, Any]) -> nn.Module:
        """The generator with random weights."""
        return self.generator(self.read(stored))

    def resolution(self, stored: Mapping[str, Any]) -> int:
        """Side of the pictures in pixels."""
        return int(self.read(stored).resolution)


def _frozen(value: Any) -> Any:
    """JSON's lists as the tuples a config holds."""
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


FAMILIES = {"stylegan": Family(StyleGANConfig, StyleGAN), "stylegan2": Family(StyleGAN2Config, StyleGAN2),
            "progan": Family(ProGANConfig, ProGAN), "dcgan": Family(DCGANConfig, DCGAN),
            "biggan": Family(BigGANConfig, BigGAN), "biggan_deep": Family(BigGANConfig, BigGANDeep),
            "mobilestylegan": Family(MobileStyleGANConfig, MobileStyleGAN),
            "stylegan3": Family(StyleGAN3Config, StyleGAN3)}


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says about itself without loading its tensors."""

    path: Path
    family: str
    config: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What to call it on screen."""
        return str(self.about.get("name") or self.path.stem)

    @property
    def terms(self) -> str:
        """What its licence allows, in words for the user; empty when the file does not say."""
        return str(self.about.get("terms") or "")


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A generator ready for use (float32, eval, no gradients) with its description and fingerprint."""

    info: ModelInfo
    generator: Any
    fingerprint: str


def rename(path: Path, name: str) -> None:
    """Call a model otherwise; the file's numbers, and so its fingerprint, stay as they are.

    ModelError when the file is none of ours or the name is empty; OSError when it cannot be written.
    """
    info = read_info(path)
    if not name.strip():
        raise ModelError("A model needs a name.")
    data = path.read_bytes()
    length = int.from_bytes(data[:HEAD], "little")
    header = json.loads(data[HEAD:HEAD + length])
    header["__metadata__"]["about"] = json.dumps({**info.about, "name": name.strip()})
    words = json.dumps(header, separators=(",", ":")).encode()
    words += b" " * (-len(words) % HEAD)
    write_atomically(path, len(words).to_bytes(HEAD, "little") + words + data[HEAD + length:])


def write_native(path: Path, generator: nn.Module, *, about: Mapping[str, Any], half: bool = True) -> None:
    """Save a generator atomically; its class must have `family` and a dataclass `config`."""
    tensors = {k: _stored(v, half) for k, v in generator.state_dict().items()}
    config: Any = generator.config
    metadata = {"format": FORMAT, "version": str(VERSION), "family": str(generator.family),
                "config": json.dumps(asdict(config)), "about": json.dumps(dict(about))}
    write_atomically(path, save(tensors, metadata))


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().to("cpu").contiguous()
    return tensor.half() if half and tensor.is_floating_point() else tensor


def read_info(path: Path) -> ModelInfo:
    """Read a model file's description only; ModelError when it is none of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise ModelError(f"There is no file “{path}”.") from None
    except (SafetensorError, OSError) as error:
        raise ModelError(f"“{path.name}” is no model file, or it is damaged ({error}).") from None
    if metadata.get("format") != FORMAT:
        raise ModelError(f"“{path.name}” holds tensors, but no GAN Studio model.")
    return _info(path, metadata)


def _info(path: Path, metadata: Mapping[str, str]) -> ModelInfo:
    try:
        if int(metadata["version"]) > VERSION:
            raise ModelError(f"“{path.name}” was made by a newer GAN Studio: update the program to open it.")
        family, config = metadata["family"], json.loads(metadata["config"])
        about = json.loads(metadata.get("about", "{}"))
    except (KeyError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"“{path.name}” has a damaged description ({error}).") from None
    if family not in FAMILIES or not isinstance(config, dict) or not isinstance(about, dict):
        raise ModelError(f"“{path.name}” is of a family this version does not know: “{family}”.")
    return ModelInfo(path, family, config, about)


def numbers_in(path: Path) -> int:
    """How many numbers a model file holds, by its header; 0 when it cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            return sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
    except (SafetensorError, OSError):
        return 0


def outline(info: ModelInfo) -> Any:
    """A model's generator without its numbers, which takes no time: sizes are all that may be asked of it."""
    try:
        with torch.device("meta"):
            return FAMILIES[info.family].build(info.config)
    except (RuntimeError, NotImplementedError):
        return FAMILIES[info.family].build(info.config)


def read_native(path: Path) -> LoadedModel:
    """Load a model for rendering; ModelError in one sentence when file, config and tensors do not fit together."""
    info = read_info(path)
    tensors = _read_tensors(path)
    try:
        with Allowance(4 * path.stat().st_size), Unfilled():
            generator = FAMILIES[info.family].build(info.config)
        generator.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"The tensors of “{path.name}” do not fit its {info.family} description: {first}") from None
    return LoadedModel(info, generator.eval().requires_grad_(False), fingerprint_of(tensors))


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelError(f"“{path.name}” is damaged ({error}).") from None
    bad = [k for k, v in stored.items() if v.is_floating_point() and not finite(v)]
    if bad:
        raise ModelError(f"“{path.name}” holds numbers that are not finite (in “{bad[0]}”); it cannot draw a picture.")
    return {k: v.float() if v.is_floating_point() else v for k, v in stored.items()}


def fingerprint_of(tensors: Mapping[str, Tensor]) -> str:
    """A short name for exactly these weights: the first 16 hex digits of a SHA-256 over names, shapes and values."""
    digest = hashlib.sha256()
    for key in sorted(tensors):
        tensor = tensors[key].detach().to("cpu").contiguous()
        digest.update(f"{key} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()[:16]
