"""Directions out of the factors: which layers are factorised, which are moved, how far, and under what id."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ganstudio.api import Direction, FinderOptions, Generator, Layers, format_layers, layer_indices
from ganstudio_plugins.sefa.factorise import Factors, factorise

REACH = {"stylegan": 2.0, "stylegan2": 15.0, "mobilestylegan": 15.0, "progan": 5.0}
"""How far a slider goes either way, in a latent space of 512 numbers: the ranges of the authors' own program."""
REACH_Z, REACH_W = 5.0, 15.0
"""The same for families that it did not know."""
DIM = 512


class SeFaFinder:
    """Needs of a family only its `factor_matrix`."""

    id = "sefa"
    name = "SeFa"

    def find(self, generator: Generator, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
        """Yield `options.count` directions (fewer when the layers have no more), the largest eigenvalue first.

        ValueError in one sentence when the options do not fit the generator.
        """
        if generator.space == "z" and generator.num_ws <= 1:
            options = replace(options, layers=())  # one map from z, whatever layers were asked for
        _check(generator, options)
        factors = factorise(generator.factor_matrix(layer_indices(options.layers)), options.normalise)
        for index in range(min(options.count, len(factors.values))):
            yield _direction(generator, fingerprint, options, factors, index)


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
        reach=_reach(generator),
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


def _reach(generator: Generator) -> tuple[float, float]:
    """The family's range, in step with the length of a latent, which grows with the root of its number of dims."""
    in_z = generator.space == "z"
    dim = generator.z_dim if in_z else generator.w_dim
    reach = REACH.get(generator.family, REACH_Z if in_z else REACH_W) * math.sqrt(dim / DIM)
    rounded = float(f"{reach:.1g}") if reach < 1 else round(reach * 2) / 2
    return -rounded, rounded
