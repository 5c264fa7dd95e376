"""Directions out of the factors: which layers are factorised, which are moved, how far, and under what id."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ganstudio.api import Direction, FinderOptions, Generator, LayerRange, Layers, format_layers, layer_indices
from ganstudio_plugins.sefa.factorise import Factors, factorise

EFFECT = 0.5
"""What a slider's end does: how much the layer's units change there, root mean square, for weights of unit length.

A style rests at about 1, so 0.5 is a strong change that a picture mostly survives. The authors' program gives every
slider of a family one range (5 for ProGAN, 2 for StyleGAN, 15 for StyleGAN2); on the Faces model, half of 15 leaves
nothing of the picture along the first two directions, while the third is at its best there.
"""
FURTHEST = 20.0
"""No slider goes further, however little its direction does."""


class SeFaFinder:
    """Needs of a family only its `factor_matrix`."""

    id = "sefa"
    name = "SeFa"

    def find(self, generator: Generator, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
        """Yield `options.count` directions (fewer when the layers have no more), the largest eigenvalue first.

        ValueError in one sentence when the options do not fit the generator.
        """
        if generator.space == "z":
            options = replace(options, layers=_maps_of_z(generator, options.layers))
        _check(generator, options)
        factors = factorise(generator.factor_matrix(layer_indices(options.layers)), options.normalise)
        for index in range(min(options.count, len(factors.values))):
            yield _direction(generator, fingerprint, options, factors, index)


def _maps_of_z(generator: Generator, asked: Layers) -> Layers:
    """The layers whose maps of z count: one map, whatever was asked for, or of several all where none are named."""
    if generator.num_ws <= 1:
        return ()
    return asked or (LayerRange(0, generator.num_ws),)


def _check(generator: Generator, options: FinderOptions) -> None:
    if options.count < 1:
        raise ValueError(f"SeFa was asked for {options.count} directions: ask for at least one.")
    if generator.space == "z" and options.apply_to is not None:
        raise ValueError(f"A {generator.family} model is edited in z, which has no layers to apply a direction to.")
    for layers in (options.layers, options.layers if options.apply_to is None else options.apply_to):
        _check_layers(layers, generator)


def _check_layers(layers: Layers, generator: Generator) -> None:
    if not layers and generator.space == "w":
        raise ValueError("SeFa needs at least one layer: write all, a number, or 2-5.")
    if layers and layers[-1].last > generator.num_ws:
        raise ValueError(f"Layer {layers[-1].last - 1} leaves the model: it has layers 0-{generator.num_ws - 1}.")


def _direction(
    generator: Generator, fingerprint: str, options: FinderOptions, factors: Factors, index: int
) -> Direction:
    value = float(factors.values[index])
    moved = options.layers if options.apply_to is None else options.apply_to
    return Direction(
        id=f"sefa:{_choice(generator, options)}:{index}",
        name=f"SeFa {index}",
        space=generator.space,
        vector=factors.vectors[index].numpy().copy(),
        layers=moved if generator.space == "w" else (),
        fingerprint=fingerprint,
        reach=_reach(value / factors.total),
        share=value / factors.total,
        source="sefa",
        parameters={
            "layers": _text(options.layers, generator), "apply_to": _text(moved, generator),
            "normalise": options.normalise, "index": index, "eigenvalue": value,
        },
    )  # fmt: skip


def _choice(generator: Generator, options: FinderOptions) -> str:
    """What was chosen, as it stands in the id: `all`, `2-5`, `2-5~raw` (columns as they are), `2-5@0-1` (applied
    elsewhere)."""
    text = _text(options.layers, generator) + ("" if options.normalise else "~raw")
    if options.apply_to is not None and options.apply_to != options.layers:
        text += "@" + _text(options.apply_to, generator)
    return text


def _text(layers: Layers, generator: Generator) -> str:
    return format_layers(layers, generator.num_ws).replace(" ", "") if layers and generator.num_ws > 1 else "all"


def _reach(share: float) -> tuple[float, float]:
    """A range at whose ends every slider does equally much: alpha times the root of its share is `EFFECT`."""
    end = float(f"{min(FURTHEST, EFFECT / math.sqrt(share)):.2g}")
    return -end, end
