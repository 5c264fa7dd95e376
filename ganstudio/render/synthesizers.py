"""Which form of a generator draws: the one place that knows every family's fast form."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ganstudio.api import NoiseMode, Synthesizer
from ganstudio.render.shot import Quality

DRAFT_SIDE = 256
"""Drafts of larger models are drawn at this side, where the family can."""


class Plain:
    """A generator as it is, in float32: the exact picture, and all there is for a family without a fast form."""

    def __init__(self, generator: Any, device: torch.device) -> None:
        moved = device.type != "cpu" and isinstance(generator, nn.Module)
        self._generator = copy.deepcopy(generator).to(device) if moved else generator

    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ to image, at the generator's own side."""
        with torch.backends.cudnn.flags(allow_tf32=False):
            image: Tensor = self._generator.synthesize(ws, noise)
        return image


def make_synthesizer(generator: Any, device: torch.device, quality: Quality, side: int | None = None) -> Synthesizer:
    """A generator made ready to draw on a device; a draft's picture may be as small as `side`, others are native."""
    return Plain(generator, device)


def mode_title(device: torch.device) -> str:
    """How full pictures are computed on a device, in words for the user."""
    return "float32"
