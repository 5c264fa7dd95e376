"""Growing a trained GAN to twice the resolution without forgetting: it starts as exactly the old one, seen larger.

The new block of a StyleGAN2 draws nothing yet (its to-RGB is zero), so pictures are the old ones up-sampled. In a
ProGAN each block draws from the one below, so the new one hands on those of its channels that its to-RGB needs most,
and pictures are nearly the old ones (the paper fades the new block in instead). The new discriminator block says
nothing yet, so it judges the shrunken picture as before. All can learn from the first step.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganstudio.generators.progan import Layer, ProGAN
from ganstudio.generators.stylegan2 import StyleGAN2
from ganstudio.training.discriminator import Discriminator
from ganstudio.training.resume import Resume, ResumeError

STIR = 0.1
"""What the new kernels of a ProGAN keep of their random beginning, so that no two channels stay the same."""


def grow_generator(generator: StyleGAN2 | ProGAN, old: Mapping[str, Tensor]) -> None:
    """Fill all but the last block of `generator` from the state of one of half its size; the last adds nothing."""
    if isinstance(generator, ProGAN):
        _grow_progan(generator, old)
        return
    last = f"b{generator.config.resolution}"
    _load(generator, old, f"synthesis.{last}.")
    block = getattr(generator.synthesis, last)
    nn.init.zeros_(block.torgb.weight)
    nn.init.zeros_(block.torgb.bias)


def _grow_progan(generator: ProGAN, old: Mapping[str, Tensor]) -> None:
    last = len(generator.config.widths) - 1
    was, new = f"output{last - 1}.", (f"layer{2 * last}.", f"layer{2 * last + 1}.", f"output{last}.")
    _load(generator, {k: v for k, v in old.items() if not k.startswith(was)}, *new)
    colours, up, same = generator.output(last), generator.layer(2 * last), generator.layer(2 * last + 1)
    weight = old[f"{was}weight"]
    needed = weight.square().sum(dim=(0, 2, 3)).argsort(descending=True)[: up.weight.shape[0]]
    _hand_on(up, needed)
    _hand_on(same, torch.arange(len(needed)))
    with torch.no_grad():
        colours.weight.copy_(weight[:, needed] * (1 / weight.shape[1] ** 0.5) / colours.scale)
        colours.bias.copy_(old[f"{was}bias"])


def _hand_on(layer: Layer, channels: Tensor) -> None:
    """Let a layer give, as its first ones, these of the channels it is given, and little else."""
    middle = layer.weight.shape[-1] // 2
    with torch.no_grad():
        layer.weight.mul_(STIR)
        layer.weight[torch.arange(len(channels)), channels, middle, middle] += 1 / layer.scale
        layer.bias.zero_()


def grow_discriminator(discriminator: Discriminator, old: Mapping[str, Tensor]) -> None:
    """Fill all but the first block of `discriminator` likewise; the first says nothing."""
    side = discriminator.sides[0]
    _load(discriminator, old, f"b{side}.", f"from{side}.")
    getattr(discriminator, f"b{side}").silence()


def grow(generator: StyleGAN2 | ProGAN, average: StyleGAN2 | ProGAN, discriminator: Discriminator, old: Resume) -> None:
    """Start all three networks from a training at half the resolution. Raises ResumeError when widths differ."""
    grow_generator(generator, old.network("generator"))
    grow_generator(average, old.network("average"))
    grow_discriminator(discriminator, old.network("discriminator"))


def _load(network: nn.Module, old: Mapping[str, Tensor], *new: str) -> None:
    """Load `old`, demanding that exactly the parameters with a prefix in `new` are missing from it."""
    current = network.state_dict()
    expected = {k: v.shape for k, v in current.items() if not k.startswith(new)}
    if expected != {k: v.shape for k, v in old.items()}:
        raise ResumeError("Only a training at half the resolution, with the same widths below, can be grown from.")
    network.load_state_dict({**current, **old})
