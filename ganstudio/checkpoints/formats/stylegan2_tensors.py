"""From tensors under NVIDIA's names to a StyleGAN2: what every reader of that family ends with.

Other programs' tensors are renamed first; shapes then tell widths, depths, classes, channels and the architecture. The
rest, which shapes cannot tell, is the reader's to know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.checkpoints.foreign import Choice, load_tensors
from ganstudio.checkpoints.formats.reading import built, numbered, shape_of
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.stylegan2 import BLUR, Architecture, StyleGAN2, StyleGAN2Config, Taps

MEAN_OF, SEED = 4096, 0
"""How many z a missing mean of w is estimated from, and the seed of those and of missing noise."""
MAPPING_LR = Choice(
    "mapping_lr", "Learning rate of the mapping network", 0.01,
    "Trainings that changed it name it in their options (“lr_mlp”, “lr_multiplier”); with the wrong one all pictures "
    "look much alike, or none looks like anything.")
ESTIMATED_MEAN = f"The file has no mean w: it was estimated from {MEAN_OF} random z, and truncation pulls towards that."
LIVE = "The file holds no averaged weights: these are the ones that were being trained, whose pictures are rougher."
MADE_NOISE = "The file has no noise pictures: fixed ones were made up, so fine texture differs from other programs'."


@dataclass(frozen=True, eq=False)
class Named:
    """Tensors under NVIDIA's names, `known` fields of the config that they do not tell, and what to say to the user."""

    tensors: dict[str, Tensor]
    known: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def generator_of(named: Named, name: str) -> tuple[StyleGAN2, tuple[str, ...]]:
    """The generator of a file called `name`, with its notes; ModelError where it does not hold together.

    Noise pictures and the mean of w are made up, always the same, where there are none.
    """
    generator = built(StyleGAN2, lambda: config_of(named.tensors, named.known), name)
    assert isinstance(generator, StyleGAN2)
    made = _missing_noise(generator, named.tensors)
    mean_known = "mapping.w_avg" in named.tensors
    tensors = {"mapping.w_avg": generator.w_avg, **made, **named.tensors}
    load_tensors(generator, tensors, name)
    if not mean_known:
        generator.w_avg.copy_(mean_w(generator))
    return generator, (*named.notes, *[MADE_NOISE] * bool(made), *[ESTIMATED_MEAN] * (not mean_known))


def config_of(tensors: Mapping[str, Tensor], known: Mapping[str, Any]) -> StyleGAN2Config:
    """The shape of the network that these tensors are of."""
    sides = _sides(tensors)
    channels = tuple(shape_of(tensors, f"synthesis.b{side}.conv1.weight", 4)[0] for side in sides)
    depth = len(numbered(tensors, "mapping.fc{}.weight"))
    first, last = (shape_of(tensors, f"mapping.fc{i}.weight", 2) for i in (0, max(0, depth - 1)))
    embed_dim, classes = shape_of(tensors, "mapping.embed.weight", 2) if "mapping.embed.weight" in tensors else (0, 0)
    if first[1] <= embed_dim:
        raise ModelError("The mapping network in this file takes no z.")
    strength = tensors.get("synthesis.b4.conv1.noise_strength")
    return StyleGAN2Config(
        channels, z_dim=first[1] - embed_dim, w_dim=last[0], num_classes=classes, mapping_layers=depth,
        image_channels=shape_of(tensors, f"synthesis.b{sides[-1]}.torgb.weight", 4)[0],
        noise=strength is not None, noise_per_channel=strength is not None and strength.ndim == 2,
        architecture=_architecture(tensors, sides), mapping_width=None if first[0] == last[0] else first[0],
        embed_dim=None if embed_dim in (0, last[0]) else embed_dim, **known)


def _sides(tensors: Mapping[str, Tensor]) -> list[int]:
    pattern = re.compile(r"synthesis\.b(\d{1,5})\.conv1\.weight")
    sides = sorted(int(match[1]) for match in map(pattern.fullmatch, tensors) if match)
    if not sides or sides != [4 << k for k in range(len(sides))]:
        raise ModelError("This StyleGAN2 is not whole: its blocks do not go from 4 pixels up in steps of two.")
    return sides


def _architecture(tensors: Mapping[str, Tensor], sides: list[int]) -> Architecture:
    if "synthesis.b8.skip.weight" in tensors:
        return "resnet"
    return "skip" if len(sides) == 1 or "synthesis.b4.torgb.weight" in tensors else "orig"


def taps_of(kernel: Tensor | None, gain: float = 1.0) -> Taps:
    """A stored filter, [k] or [h, w] times `gain`, as the taps a config holds: one row where it is an outer product."""
    if kernel is None:
        return BLUR
    if kernel.ndim not in (1, 2) or not 0 < kernel.numel() <= 1024 or not bool(kernel.isfinite().all()):
        raise ModelError(f"A filter in this file has the shape {list(kernel.shape)}, which is none.")
    kernel = kernel.double() / gain
    row = kernel if kernel.ndim == 1 else _row(kernel)
    if row is None:
        return tuple(tuple(float(v) for v in line) for line in kernel.float().tolist())
    usual = torch.tensor(BLUR, dtype=torch.float64)
    same = row.shape == usual.shape and bool((row - usual).abs().max() < 1e-6)
    return BLUR if same else tuple(row.float().tolist())


def _row(kernel: Tensor) -> Tensor | None:
    """The row whose outer product with itself a kernel is, or None."""
    total = float(kernel.sum())
    if kernel.shape[0] != kernel.shape[1] or total <= 0:
        return None
    row = kernel.sum(dim=0) / total**0.5
    return row if torch.allclose(torch.outer(row, row), kernel, rtol=0, atol=1e-6) else None


def conv_place(number: int) -> str:
    """Where convolution `number`, counted from 0 at 4 pixels, has its tensors."""
    return f"synthesis.b{4 << (number + 1) // 2}.conv{1 - number % 2}"


def unknown_part(key: str) -> ModelError:
    """What to raise for a tensor that no StyleGAN2 has: drawing without it would give other pictures, silently."""
    return ModelError(f"This file's generator has a part that StyleGAN2 has not (“{key}”): it is of a kind that cannot "
                      f"be opened.")


def joint_embedding(weight: Tensor) -> dict[str, Tensor]:
    """A matrix [classes, n] that embeds labels as it is, as our embedding, which is scaled and has a bias."""
    if weight.ndim != 2:
        raise ModelError(f"The label's embedding in this file has the shape {list(weight.shape)}, which is none.")
    bias = weight.new_zeros(weight.shape[1])
    return {"mapping.embed.weight": weight.T * len(weight) ** 0.5, "mapping.embed.bias": bias}


def _missing_noise(generator: StyleGAN2, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A noise picture for every layer that has none; one file's are always the same."""
    random = torch.Generator().manual_seed(SEED)
    wanted = {k: v for k, v in generator.state_dict().items() if k.endswith(".noise_const")}
    drawn = {k: torch.randn(v.shape, generator=random) for k, v in wanted.items()}
    return {k: v for k, v in drawn.items() if k not in tensors}


@torch.inference_mode()
def mean_w(generator: StyleGAN2) -> Tensor:
    """An estimate of the mean of w [w_dim], always the same for the same weights; classes take equal parts."""
    z = torch.randn(MEAN_OF, generator.z_dim, generator=torch.Generator().manual_seed(SEED))
    classes = generator.num_classes
    labels = F.one_hot(torch.arange(MEAN_OF) % classes, classes).float() if classes else None
    return generator.map(z, labels).mean(dim=0)
