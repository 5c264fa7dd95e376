"""Encoders into StyleGAN2's space with the generator they were trained for: pSp, e4e and their relatives.

Such a file holds the encoder, a generator under rosinality's names, and the mean of w, often a row a layer. Only the
generator is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format, tensors_of
from ganstudio.checkpoints.formats.reading import answered, state_dicts
from ganstudio.checkpoints.formats.rosinality import has_layers, renamed
from ganstudio.checkpoints.formats.stylegan2_tensors import MAPPING_LR, generator_of
from ganstudio.checkpoints.native import ModelError

LEFT_OUT = "The file also holds an encoder from photos to latents; only its generator was read."


class EncodersDecoder:
    """Recognised by rosinality's layers under `decoder.`."""

    name = "StyleGAN2 of a pSp or e4e encoder"

    def fits(self, content: Content) -> bool:
        """Whether there is a decoder with rosinality's layers."""
        return _decoder(content.tree) is not None

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The decoder; asks for the learning rate of its mapping network."""
        tensors = _decoder(content.tree)
        if tensors is None:
            raise ModelError(f"“{content.path.name}” holds no decoder.")
        choice = answered(MAPPING_LR, chosen)
        named = renamed(tensors, content.tree.get("latent_avg"), float(choice.default), (LEFT_OUT,))
        generator, notes = generator_of(named, content.path.name)
        return Foreign(self.name, generator, (choice,), notes)


def _decoder(tree: Any) -> dict[str, Tensor] | None:
    found = (tensors_of(state, prefix="decoder.") for state in state_dicts(tree, ("state_dict",)))
    return next(filter(has_layers, found), None)


FORMATS: tuple[Format, ...] = (EncodersDecoder(),)
