"""The one small file a training goes on from: network weights in half precision and how far it had come.

Optimiser state is left out on purpose: Adam without momentum finds its scale again within a hundred steps (the
learning rate warms up meanwhile), and the file stays small enough to travel with the source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ganstudio.document.atomic import write_atomically

FORMAT = "ganstudio-resume"
VERSION = 1


class ResumeError(ValueError):
    """A resume file that cannot be used, or weights not worth keeping; the message is one sentence for the user."""


@dataclass(frozen=True)
class Progress:
    """How far a training has come: optimiser steps, pictures of the data seen, seconds spent."""

    step: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Resume:
    """What a resume file holds: `tensors` by "network.parameter" in float32, and the recipe's plain values."""

    tensors: Mapping[str, Tensor]
    progress: Progress
    recipe: Mapping[str, Any]

    def network(self, name: str) -> dict[str, Tensor]:
        """The state of one network."""
        return {k.removeprefix(f"{name}."): v for k, v in self.tensors.items() if k.startswith(f"{name}.")}


def write_resume(
    path: Path, networks: Mapping[str, nn.Module], progress: Progress, recipe: Mapping[str, Any]
) -> None:  # fmt: skip
    """Save atomically: a crash leaves the old file. Raises ResumeError, keeping the old file, on NaN or infinity."""
    write_tensors(path, {f"{name}.{k}": v for name, net in networks.items() for k, v in net.state_dict().items()},
                  progress, recipe)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], progress: Progress, recipe: Mapping[str, Any]) -> None:
    """The same with tensors by "network.parameter"."""
    tensors = {key: _half(value) for key, value in tensors.items()}
    bad = next((k for k, v in tensors.items() if not v.isfinite().all()), None)
    if bad is not None:
        raise ResumeError(f"The training has diverged ({bad} is not finite), so the last good save is kept.")
    metadata = {"format": FORMAT, "version": str(VERSION), "progress": json.dumps(asdict(progress)),
                "recipe": json.dumps(recipe)}  # fmt: skip
    write_atomically(path, save(dict(tensors), metadata))


def _half(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float16).contiguous()


def read_resume(path: Path) -> Resume:
    """Read a resume file. Raises ResumeError."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ResumeError(f"The resume file {path} cannot be read: {error}.") from error
    if metadata.get("format") != FORMAT or metadata.get("version") != str(VERSION):
        raise ResumeError(f"{path} is not a resume file of this version of GAN Studio.")
    return Resume(tensors, Progress(**json.loads(metadata["progress"])), json.loads(metadata["recipe"]))


def load_network(network: nn.Module, resume: Resume, name: str) -> None:
    """Fill a network from a resume file. Raises ResumeError when its recipe had other networks."""
    try:
        network.load_state_dict(resume.network(name))
    except RuntimeError as error:
        raise ResumeError("The saved training is of a network of another shape than the recipe's.") from error
