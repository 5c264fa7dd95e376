"""What training needs to know of each family: the network that a recipe describes, and how it draws while it learns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganstudio.api import one_a_layer
from ganstudio.generators.biggan import BigGAN, BigGANConfig
from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.training.recipe import ModelRecipe, RecipeError

W_AVG_BETA = 0.998
SETTLING, SETTLED = 90, 32
"""Batches, and pictures in each, after which a tenth's momentum has left a ten-thousandth of what was: early in a
training a variance may be a hundredth of the one it starts from."""


@dataclass(frozen=True, eq=False)
class Draw:
    """What a step draws from: latents `z` and `others` [n, z_dim] (the upper layers' where styles mix), class weights
    [n, classes], the chance of mixing, where random numbers come from, and the precision of activations."""

    z: Tensor
    others: Tensor
    labels: Tensor | None
    mixing: float
    random: torch.Generator
    dtype: torch.dtype


@dataclass(frozen=True)
class TrainedFamily:
    """`build` makes the generator of a recipe for so many classes; `draw` gives images [n, 3, r, r], with a graph;
    `settle` measures again what an average of weights does not average."""

    build: Callable[[ModelRecipe, int], nn.Module]
    draw: Callable[[Any, Draw], Tensor]
    settle: Callable[[Any], None] = lambda generator: None


def picture_of(generator: Any, z: Tensor, labels: Tensor | None = None) -> Tensor:
    """Images [n, 3, r, r] of latents z [n, z_dim], without truncation, with the constant noise."""
    w = generator.map(generator.normalise(z), labels)
    image: Tensor = generator.synthesize(one_a_layer(generator, w))
    return image


def mix_styles(w: Tensor, other: Tensor, num_ws: int, chance: float, generator: torch.Generator) -> Tensor:
    """w+ [n, num_ws, d] of w [n, d]; with `chance`, a picture's layers above a random one take `other` [n, d]."""
    count = len(w)
    cut = torch.randint(1, num_ws, (count, 1), generator=generator)
    cut = torch.where(torch.rand(count, 1, generator=generator) < chance, cut, num_ws)
    lower = (torch.arange(num_ws) < cut).to(w.device)[:, :, None]
    return torch.where(lower, w[:, None], other[:, None])


def _draw_stylegan2(generator: StyleGAN2, draw: Draw) -> Tensor:
    """With mixed styles and fresh noise; lets `w_avg` follow."""
    labels = None if draw.labels is None else draw.labels.repeat(2, 1)
    w, other = generator.map(torch.cat([draw.z, draw.others]), labels).chunk(2)
    generator.mapping.w_avg.lerp_(w.detach().mean(dim=0), 1 - W_AVG_BETA)
    ws = mix_styles(w, other, generator.config.num_ws, draw.mixing, draw.random)
    image: Tensor = generator.synthesis(ws, noise="random", dtype=draw.dtype)
    return image


def _draw_plain(generator: Any, draw: Draw) -> Tensor:
    """As the generator is, its convolutions in the wanted precision."""
    with torch.autocast(draw.z.device.type, draw.dtype, enabled=draw.dtype != torch.float32):
        image = picture_of(generator, draw.z, draw.labels)
    return image.float()


def _stylegan2(recipe: ModelRecipe, classes: int) -> nn.Module:
    return StyleGAN2(StyleGAN2Config(
        channels=recipe.channels, z_dim=recipe.z_dim, w_dim=recipe.w_dim, num_classes=classes,
        mapping_layers=recipe.mapping_layers, mapping_lr=recipe.mapping_lr, noise=recipe.noise))  # fmt: skip


def _progan(recipe: ModelRecipe, classes: int) -> nn.Module:
    """Its biases are scaled as its weights are, so that both learn at one rate."""
    last = len(recipe.channels) - 1
    return ProGAN(ProGANConfig(widths=recipe.channels, z_dim=recipe.z_dim, num_classes=classes, first_rgb=last,
                               bias_scaled=True))


def _dcgan(recipe: ModelRecipe, classes: int) -> nn.Module:
    return DCGAN(DCGANConfig(widths=recipe.channels[:-1], z_dim=recipe.z_dim, num_classes=classes))


def _biggan(recipe: ModelRecipe, classes: int) -> nn.Module:
    if not classes:
        raise RecipeError("A biggan draws classes: name them in section [data] with 'classes'.")
    blocks = len(recipe.channels) - 1
    try:
        config = BigGANConfig(recipe.channels, (True,) * blocks, recipe.z_dim, classes, class_dim=recipe.w_dim)
    except ValueError as error:
        raise RecipeError(str(error)) from None
    generator = BigGAN(config)
    generator.initialise()
    return generator


def _settle_biggan(generator: BigGAN) -> None:
    """Let the stored statistics follow batches of samples, classes in turn, until the old ones are forgotten."""
    random, training = torch.Generator().manual_seed(0), generator.training
    generator.train()
    with torch.no_grad():
        for _ in range(SETTLING):
            z = torch.randn(SETTLED, generator.z_dim, generator=random).to(generator.linear.weight)
            picture_of(generator, z, torch.eye(generator.num_classes).repeat(SETTLED, 1)[:SETTLED].to(z))
    generator.train(training)


FAMILIES = {
    "stylegan2": TrainedFamily(_stylegan2, _draw_stylegan2),
    "progan": TrainedFamily(_progan, _draw_plain),
    "dcgan": TrainedFamily(_dcgan, _draw_plain, lambda generator: generator.measure_statistics()),
    "biggan": TrainedFamily(_biggan, _draw_plain, _settle_biggan),
}


def family_of(recipe: ModelRecipe, classes: int = 0) -> TrainedFamily:
    """The family a recipe names; RecipeError when it cannot be trained, or not with classes."""
    if recipe.family not in FAMILIES:
        raise RecipeError(f"There is no family called '{recipe.family}' to train; there are {', '.join(FAMILIES)}.")
    return FAMILIES[recipe.family]
