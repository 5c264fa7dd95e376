"""What an optimisation works with: the generator as trained, in float32 and differentiable, and how results are judged.

Pictures on screen are drawn by the fast forms of `synthesizers`; gradients need the plain one, which this holds on the
device that draws.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import NoiseMode, Perceptual, Regressor, one_a_layer
from ganstudio.checkpoints.native import LoadedModel

COMPARED = 256
"""Larger pictures are averaged down to this side before they are compared, as in the paper."""
LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class Bench:
    """A model to optimise with. `generator` is on `device`; `regressor` is None where there is none."""

    model: LoadedModel
    generator: Any
    device: torch.device
    likeness: Perceptual
    regressor: Regressor | None
    noise: NoiseMode = "const"
    label: Tensor | None = None

    def picture(self, latent: Tensor) -> Tensor:
        """The image [n, 3, h, w] of latents, z [n, z_dim] or w+ [n, num_ws, w_dim]; differentiable."""
        if latent.ndim == 2:
            labels = None if self.label is None else self.label.expand(len(latent), -1)
            w = self.generator.map(self.generator.normalise(latent), labels)
            latent = one_a_layer(self.generator, w)
        image: Tensor = self.generator.synthesize(latent, self.noise)
        return image if image.shape[1] == 3 else image.expand(-1, 3, -1, -1)

    def samples(self, count: int, seed: int) -> Tensor:
        """Random pictures of the model, image [count, 3, h, w]."""
        z = torch.randn(count, self.generator.z_dim, generator=torch.Generator().manual_seed(seed)).to(self.device)
        labels = None if self.label is None else self.label.expand(count, -1)
        with torch.no_grad():
            ws = one_a_layer(self.generator, self.generator.map(self.generator.normalise(z), labels))
            return torch.cat([self.picture(w[None]) for w in ws])

    def guess(self, target: Target) -> Tensor:
        """What the regressor says of a picture, without a graph; there must be one."""
        assert self.regressor is not None
        with torch.no_grad():
            return self.regressor.regress(target.colours, target.mask)


@dataclass(frozen=True, eq=False)
class Target:
    """A picture to come near to where it counts: `image` [1, 3, h, w] multiplied by `mask` [1, 1, h, w] in 0..1."""

    image: Tensor
    mask: Tensor

    @classmethod
    def whole(cls, image: Tensor) -> Target:
        """A picture that counts everywhere."""
        return cls(image, torch.ones_like(image[:, :1]))

    @property
    def colours(self) -> Tensor:
        """The picture not multiplied by its mask."""
        return (self.image / self.mask.clamp(min=LEAST)).clamp(-1, 1)

    def seen(self, share: Tensor) -> Target:
        """The same of which less counts: `share` [1, 1, h, w] in 0..1."""
        return Target(self.image * share, self.mask * share)

    def small(self) -> Target:
        """The same at the side at which pictures are compared."""
        return Target(small(self.image), small(self.mask))

    def fitted(self, picture: Tensor) -> Tensor:
        """Another picture [1, 3, h, w] at the side of this one, averaged down."""
        size = self.image.shape[-2:]
        return picture if picture.shape[-2:] == size else F.interpolate(picture, size, mode="area")

    def visible(self, picture: Tensor) -> Tensor:
        """What of another picture [1, 3, h, w] lies where this one counts."""
        return picture * self.mask

    def l1(self, picture: Tensor) -> Tensor:
        """Mean absolute difference of a picture from this one where this one counts."""
        return (self.visible(picture) - self.image).abs().sum() / (3 * self.mask.sum()).clamp(min=LEAST)

    def l2(self, picture: Tensor) -> Tensor:
        """Mean squared difference where this one counts."""
        return (self.visible(picture) - self.image).square().sum() / (3 * self.mask.sum()).clamp(min=LEAST)


def small(image: Tensor) -> Tensor:
    """An image [n, c, h, w] averaged down to at most `COMPARED` pixels a side."""
    side = max(image.shape[-2:])
    if side <= COMPARED:
        return image
    return F.interpolate(image, scale_factor=COMPARED / side, mode="area")


def on_device(generator: Any, device: torch.device) -> Any:
    """The generator itself on the processor, where library models live; a copy of it elsewhere."""
    return generator if device.type == "cpu" else copy.deepcopy(generator).to(device)
