"""How different two pictures look: LPIPS where it is installed, else through the eyes of a network of the model's own.

LPIPS is Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (CVPR 2018); it is an
optional package, for it needs torchvision and fetches a VGG. Where it cannot be had, the same distance is taken, with
all channels weighing alike, between what the model's discriminator or its factor reader sees.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import Model, Perceptual
from ganstudio.training.resume import Resume, load_network

log = logging.getLogger(__name__)

LPIPS_SIDE = 256
"""Larger pictures are averaged down to this side first, as LPIPS was made for."""
SCALES = 4
EPSILON = 1e-8


class Eyes:
    """A measure of likeness between images; see `ganstudio.api.Perceptual`."""

    def __init__(self, name: str, distance: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.name = name
        self._distance = distance

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """The mean difference of two batches of images [n, 3, h, w]: a scalar, differentiable."""
        return self._distance(one, other)


def best_perceptual(model: Model, reader: Resume | None = None) -> Perceptual:
    """The best there is here for this model; its name says which."""
    if (network := _lpips()) is not None:
        return Eyes("LPIPS (VGG)", _of_lpips(network))
    if model.discriminator is not None:
        return Eyes(f"the features of the discriminator of {model.name}", _of_maps(model.discriminator))
    if reader is not None:
        return Eyes("the features of the factor reader", _of_maps(_reader(reader)))
    return Eyes(f"pixels at {SCALES} sizes (LPIPS is not installed, and no network was kept with the model)",
                pixels_at_scales)


def _lpips() -> nn.Module | None:
    """LPIPS with frozen weights, or None where the package or its VGG cannot be had."""
    try:
        network: nn.Module = importlib.import_module("lpips").LPIPS(net="vgg", verbose=False)
    except (ImportError, OSError, RuntimeError) as error:
        log.info("LPIPS is not used (%s).", error)
        return None
    return network.eval().requires_grad_(False)


def _of_lpips(network: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    def distance(one: Tensor, other: Tensor) -> Tensor:
        network.to(one.device)
        found: Tensor = network(_at_most(one, LPIPS_SIDE), _at_most(other, LPIPS_SIDE))
        return found.mean()

    return distance


def _at_most(image: Tensor, side: int) -> Tensor:
    return F.adaptive_avg_pool2d(image, side) if max(image.shape[-2:]) > side else image


def _reader(saved: Resume) -> nn.Module:
    from ganstudio.training.factor_reader import FactorReader  # its module needs the extra `train`

    network = FactorReader(int(saved.recipe["resolution"]))
    load_network(network, saved, "reader")
    return network.eval().requires_grad_(False)


def _of_maps(network: Any) -> Callable[[Tensor, Tensor], Tensor]:
    def distance(one: Tensor, other: Tensor) -> Tensor:
        network.to(one.device)
        return map_distance(network.maps(one), network.maps(other))

    return distance


def map_distance(ones: Iterable[Tensor], others: Iterable[Tensor]) -> Tensor:
    """LPIPS with equal weights: over maps [n, c, h, w], the mean squared distance of their unit vectors a pixel."""
    pairs = zip(ones, others, strict=True)
    return torch.stack([(_unit(a) - _unit(b)).square().sum(dim=1).mean() for a, b in pairs]).mean()


def _unit(x: Tensor) -> Tensor:
    x = x.float()
    return x / (x.square().sum(dim=1, keepdim=True) + EPSILON).sqrt()


def pixels_at_scales(one: Tensor, other: Tensor) -> Tensor:
    """Mean absolute difference of colours, averaged over the full size and its halves: blur is punished less."""
    losses = []
    for _ in range(SCALES):
        losses.append((one - other).abs().mean())
        if min(one.shape[-2:]) < 2:
            break
        one, other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
    return torch.stack(losses).mean()
