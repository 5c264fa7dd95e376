"""Growing a trained GAN to twice the resolution without forgetting: it starts as exactly the old one, seen larger.

The new generator block draws nothing yet (its to-RGB is zero), so pictures are the old ones up-sampled; the new
discriminator block says nothing yet, so it judges the shrunken picture as before. Both can learn from the first step.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ganstudio.generators.stylegan2 import StyleGAN2
from ganstudio.training.discriminator import Discriminator
from ganstudio.training.resume import Resume, ResumeError


def grow_generator(generator: StyleGAN2, old: Mapping[str, Tensor]) -> None:
    """Fill all but the last block of `generator` from the state of one of half its size; the last draws nothing."""
    last = f"b{generator.config.resolution}"
    _load(generator, old, f"synthesis.{last}.")
    block = getattr(generator.synthesis, last)
    nn.init.zeros_(block.torgb.weight)
    nn.init.zeros_(block.torgb.bias)


def grow_discriminator(discriminator: Discriminator, old: Mapping[str, Tensor]) -> None:
    """Fill all but the first block of `discriminator` likewise; the first says nothing."""
    side = discriminator.sides[0]
    _load(discriminator, old, f"b{side}.", f"from{side}.")
    getattr(discriminator, f"b{side}").silence()


def grow(generator: StyleGAN2, average: StyleGAN2, discriminator: Discriminator, old: Resume) -> None:
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
