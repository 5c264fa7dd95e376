"""Small models for tests: the exact tiny generator behind a library, and random StyleGAN2s as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ganstudio.checkpoints.library import ModelEntry, ModelLibrary
from ganstudio.checkpoints.native import LoadedModel, ModelInfo, write_native
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.document.sequence import Sequence
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from tests.fakes import TinyGenerator

TINY = ModelRef("tiny", "f" * 16)


class TinyLibrary(ModelLibrary):
    """A library that holds the exact `TinyGenerator` under the id "tiny" and nothing else."""

    def __init__(self, generator: Any = None) -> None:
        super().__init__((), ())
        info = ModelInfo(Path("tiny.safetensors"), "tiny", {}, {"name": "Tiny"})
        self.model = LoadedModel(info, generator or TinyGenerator(), TINY.fingerprint)

    def entries(self) -> tuple[ModelEntry, ...]:
        return (ModelEntry("tiny", "Tiny", "tiny", 32),)

    def load(self, model_id: str) -> LoadedModel:
        return self.model


def tiny_direction(name: str = "red", layers: tuple[LayerRange, ...] = (LayerRange(0, 4),)) -> Direction:
    """Moves the first number of w, which is the red of each quarter: alpha 4 takes it from 0 to full."""
    return Direction(f"test:{name}", name, "w", np.eye(4, dtype=np.float32)[0], layers, TINY.fingerprint)


def tiny_document(*, seconds: float = 0.0, fps: float = 24.0, **latent: Any) -> Document:
    """A grey picture without truncation; with `seconds`, two keys between which it goes from grey to red."""
    look = Latent(Base(np.zeros(4, np.float32)), **latent)
    document = Document(TINY, look, Sequence(fps=fps))
    if not seconds:
        return document
    red = look.with_direction(tiny_direction(), 4.0)
    document = replace(document, latent=red)
    sequence = document.sequence.with_look(0.0, red.with_alpha("test:red", 0.0), "linear")
    return replace(document, sequence=sequence.with_look(seconds, red))


def write_stylegan2(path: Path, *, side: int = 32, seed: int = 0, **config: Any) -> Path:
    """A random StyleGAN2 of a few channels in our format."""
    torch.manual_seed(seed)
    channels = tuple(8 for _ in range(side.bit_length() - 2))
    generator = StyleGAN2(StyleGAN2Config(channels, z_dim=8, w_dim=8, mapping_layers=2, **config))
    write_native(path, generator, about={"name": path.stem.title(), "terms": "free"})
    return path
