"""A small network that reads a landscape's factors off its picture, so that samples of a GAN can be measured.

It is trained on labelled renders alone and never sees a GAN. Its last hidden layer is also the space in which sets
of pictures are compared (`measure.py`): what it holds is what the world is made of.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.generators.stylegan2 import Dense, lrelu
from ganstudio.training.discriminator import Conv
from ganstudio.training.gan import fastest_precision
from ganstudio.worlds.factors import FACTORS, Factor
from ganstudio.worlds.landscape import Landscape

FloatArray = npt.NDArray[np.float32]
FEATURES = 96
READER_RATE = 0.015
WIDTHS = (24, 32, 48, 64, 96)
"""Channels at the full size and after each halving; the last stays down to 4 px."""


def code_length(factor: Factor) -> int:
    """How many numbers stand for a factor: a cyclic one is a point on a circle."""
    return 2 if factor.kind == "cyclic" else 1


def encode(factors: FloatArray) -> FloatArray:
    """Factors [n, len(FACTORS)] to codes [n, codes]: ranges become -1..1, cycles (cos, sin)."""
    columns: list[FloatArray] = []
    for factor, values in zip(FACTORS, factors.T, strict=True):
        if factor.kind == "cyclic":
            columns += [np.cos(2 * np.pi * values), np.sin(2 * np.pi * values)]
        else:
            columns.append((values - factor.centre) * 2 / (factor.high - factor.low))
    return np.stack(columns, axis=1).astype(np.float32)


def decode(codes: FloatArray) -> FloatArray:
    """Codes back to factors [n, len(FACTORS)]; not clipped, a reading may lie outside a factor's range."""
    columns, at = [], 0
    for factor in FACTORS:
        if factor.kind == "cyclic":
            columns.append(np.arctan2(codes[:, at + 1], codes[:, at]) / (2 * np.pi) % 1.0)
        else:
            columns.append(codes[:, at] * (factor.high - factor.low) / 2 + factor.centre)
        at += code_length(factor)
    return np.stack(columns, axis=1).astype(np.float32)


class FactorReader(nn.Module):
    """Images [n, 3, r, r] to codes of their factors; r = `resolution`."""

    def __init__(self, resolution: int) -> None:
        super().__init__()
        self.resolution = resolution
        halvings = int(math.log2(resolution)) - 2
        widths = [WIDTHS[min(i, len(WIDTHS) - 1)] for i in range(halvings + 1)]
        self.first = Conv(3, widths[0], 3)
        self.down = nn.ModuleList(Conv(a, b, 3, down=True) for a, b in itertools.pairwise(widths))
        self.hidden = Dense(widths[-1] * 16, FEATURES)
        self.out = Dense(FEATURES, sum(map(code_length, FACTORS)))

    def features(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """The last hidden layer [n, FEATURES], float32."""
        return lrelu(self.hidden(self.maps(images, dtype)[-1].float().flatten(1)))

    def maps(self, images: Tensor, dtype: torch.dtype = torch.float32) -> list[Tensor]:
        """What it sees: a map [n, channels, side, side] at every size, the full one first, 4 px last."""
        maps: list[Tensor] = [self.first(images.to(dtype).contiguous(memory_format=torch.channels_last))]
        for conv in self.down:
            maps.append(conv(maps[-1]))
        return maps

    def forward(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Codes [n, codes]."""
        codes: Tensor = self.out(self.features(images, dtype))
        return codes


class ReaderTraining:
    """Teaches a reader on an endless series of labelled renders; a task for `Loop`."""

    def __init__(self, resolution: int, width: float, seed: int, total: int, accelerator: Accelerator) -> None:
        torch.manual_seed(seed)
        self.world, self.seed, self.batch, self.total = Landscape(width), seed, 32, total
        self.device = accelerator.device
        self.reader = FactorReader(resolution).to(self.device)
        self.optimiser = torch.optim.Adam(self.reader.parameters(), lr=READER_RATE, betas=(0.9, 0.99))
        self.dtype = fastest_precision(self.device)

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn from the next renders; the rate falls to zero along a half cosine."""
        for group in self.optimiser.param_groups:
            group["lr"] = READER_RATE * 0.5 * (1 + math.cos(math.pi * min(1, number * self.batch / self.total)))
        factors, images = labelled(self.world, self.seed, number * self.batch, self.batch, self.reader.resolution)
        codes = torch.from_numpy(encode(factors)).to(self.device)
        loss = F.mse_loss(self.reader(images.to(self.device), self.dtype), codes)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return {"error": loss.detach()}

    def samples(self) -> None:
        """A reader draws nothing."""
        return None

    def networks(self) -> Mapping[str, nn.Module]:
        """What is saved."""
        return {"reader": self.reader}


def labelled(world: Landscape, seed: int, first: int, count: int, size: int) -> tuple[FloatArray, Tensor]:
    """Renders first .. first + count - 1 of a series: factors [n, factors], images [n, 3, size, size]."""
    factors = np.stack([world.factors(seed, first + i) for i in range(count)])
    pixels = np.stack([world.draw(f, size) for f in factors])
    return factors, torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
