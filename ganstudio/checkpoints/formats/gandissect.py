"""ProGAN as GAN Dissection and latent-composition write it: `layer1.conv.weight`, `layer1.wscale.b`, one to-RGB.

The oldest files count from `features.0` and end in `output`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, load_tensors, tensors_of
from ganstudio.checkpoints.formats.reading import answered, built, numbered, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import ProGAN, ProGANConfig

WRAPPERS = ("generator_smooth", "state_dict", "generator", "netG")
HARD = Choice("hardtanh", "Colours cut off at -1 and 1", True, "The published programs do so unless told otherwise; "
              "without it, colours may leave the range and are cut only on screen.", (True, False))


class GANDissect:
    """The ProGANs of GAN Dissection and of latent-composition."""

    name = "GAN Dissection ProGAN"

    def fits(self, content: Content) -> bool:
        """By its first layer's names, old or new."""
        return bool(_tensors(content.tree))

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The generator."""
        name, tensors = content.path.name, _renamed(_tensors(content.tree))
        layers = numbered(tensors, "layer{}.weight")
        if len(layers) % 2:
            raise ModelError(f"This ProGAN has {len(layers)} layers; there must be two at every side.")
        widths = tuple(shape_of(tensors, f"layer{i}.weight", 4)[0] for i in layers[1::2])
        last, hard = len(widths) - 1, answered(HARD, chosen)
        z_dim = shape_of(tensors, "layer0.weight", 4)[1]
        colours = shape_of(tensors, f"output{last}.weight", 4)[0]
        generator = built(ProGAN, lambda: ProGANConfig(
            widths, z_dim, image_channels=colours, first_rgb=last, ending="hardtanh" if hard.default else "none"), name)
        load_tensors(generator, tensors, name)
        return Foreign(self.name, generator, (hard,))


def _tensors(tree: Any) -> dict[str, Tensor]:
    for state in state_dicts(tree, WRAPPERS):
        tensors = tensors_of(state)
        if {"layer1.conv.weight", "layer1.wscale.b"} <= set(tensors) or "features.0.wscale.b" in tensors:
            return tensors
    return {}


def _renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """To our names; scales that the oldest files store besides follow from the shapes."""
    old = "features.0.conv.weight" in tensors
    pattern, first = ("features.{}.conv.weight", 0) if old else ("layer{}.conv.weight", 1)
    numbers = numbered(tensors, pattern, first)
    side = 2 * 2 ** (len(numbers) // 2)
    stems = {pattern.format(i).removesuffix(".conv.weight"): f"layer{i - first}" for i in numbers}
    stems["output" if old else f"output_{side}x{side}"] = f"output{len(numbers) // 2 - 1}"
    return {f"{ours}.{part}": tensors[f"{theirs}.{end}"] for theirs, ours in stems.items()
            for part, end in (("weight", "conv.weight"), ("bias", "wscale.b")) if f"{theirs}.{end}" in tensors}


FORMATS = (GANDissect(),)
