"""NVIDIA's StyleGAN2 snapshots (`network-snapshot-*.pkl`): of StyleGAN2-ADA, and of the StyleGAN3 program.

Shapes tell nearly everything; the modules' plain attributes tell the clamp, the activation and how slowly the mapping
network learnt. Of the modules inside, only tensors and these attributes are read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, Format
from ganstudio.checkpoints.formats.nvidia_records import Module, averaged_generator
from ganstudio.checkpoints.formats.reading import answered
from ganstudio.checkpoints.formats.stylegan2_tensors import LIVE, MAPPING_LR, Named, generator_of, taps_of
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.mapping import ACTIVATIONS


class NvidiaStyleGAN2:
    """Recognised by its constant input at 4 pixels and a mapping network."""

    name = "NVIDIA StyleGAN2"

    def fits(self, content: Content) -> bool:
        """Whether a generator in the file begins with a learnt constant."""
        generator = averaged_generator(content.tree)
        start = generator.child("synthesis.b4") if generator else None
        return start is not None and "const" in start.tensors

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; nothing is open unless attributes are missing."""
        module = averaged_generator(content.tree)
        if module is None:
            raise ModelError(f"“{content.path.name}” holds no generator.")
        choices, lr = _mapping_lr(module, chosen)
        tensors = {k: v for k, v in module.state_dict().items() if not k.endswith("resample_filter")}
        live = isinstance(content.tree, Mapping) and content.tree.get("G_ema") is None
        named = Named(tensors, {"mapping_lr": lr, **_attributes(module)}, (LIVE,) * live)
        generator, notes = generator_of(named, content.path.name)
        return Foreign(self.name, generator, choices, notes)


def _attributes(generator: Module) -> dict[str, Any]:
    """What the modules say of themselves, as fields of the config."""
    block, conv, dense = (generator.child(path) for path in ("synthesis.b4", "synthesis.b4.conv1", "mapping.fc0"))
    if block is None or conv is None or dense is None:
        raise ModelError("This StyleGAN2 is not whole: parts of its first block or of its mapping network are missing.")
    return {"conv_clamp": _clamp(conv), "activation": _activation(conv), "mapping_activation": _activation(dense),
            "taps": taps_of(block.tensors.get("resample_filter"))}


def _clamp(conv: Module) -> float | None:
    value = conv.attribute("conv_clamp")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ModelError(f"A layer in this file is clamped to “{value}”, which is no bound.")
    return float(value)


def _activation(module: Module) -> str:
    name = module.attribute("activation", "lrelu")
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ModelError(f"This StyleGAN2 uses an activation that is not known here: “{name}”.")
    return name


def _mapping_lr(generator: Module, chosen: Mapping[str, ChoiceValue]) -> tuple[tuple[Choice, ...], float]:
    """The learning rate of the mapping network, which its biases are scaled by; a question where none is told."""
    dense = generator.child("mapping.fc0")
    told = dense.attribute("bias_gain") if dense else None
    if isinstance(told, int | float) and math.isfinite(told) and told > 0:
        return (), float(told)
    choice = answered(MAPPING_LR, chosen)
    return (choice,), float(choice.default)


FORMATS: tuple[Format, ...] = (NvidiaStyleGAN2(),)
