"""NVIDIA StyleGAN3 snapshots (`network-snapshot-*.pkl`), configurations T and R.

Filters are stored as tensors; rates, paddings, sizes and clamps are plain attributes of each layer's module, so
nothing has to be designed or guessed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format, load_tensors
from ganstudio.checkpoints.formats.nvidia_records import Module, averaged_generator
from ganstudio.checkpoints.formats.reading import check_colours
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.stylegan3 import LayerShape, StyleGAN3, StyleGAN3Config

LARGEST = 8192
"""No canvas, padding or width of a published network comes near this; beyond it a file is damaged."""


class NvidiaStyleGAN3:
    """Recognised by the Fourier features at its input."""

    name = "NVIDIA StyleGAN3"

    def fits(self, content: Content) -> bool:
        """Whether a generator in the file begins with frequencies."""
        generator = averaged_generator(content.tree)
        start = generator.child("synthesis.input") if generator else None
        return start is not None and "freqs" in start.tensors

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; nothing is left open."""
        generator = averaged_generator(content.tree)
        if generator is None:
            raise ModelError(f"“{content.path.name}” holds no generator.")
        tensors = generator.state_dict()
        config = _config(generator)
        return Foreign(self.name, load_tensors(StyleGAN3(config), tensors, content.path.name))


def _config(generator: Module) -> StyleGAN3Config:
    synthesis, start = _child(generator, "synthesis"), _child(generator, "synthesis.input")
    mapping, first = _child(generator, "mapping"), _child(generator, "mapping.fc0")
    shapes = tuple(_shape(_child(synthesis, name)) for name in _layer_names(synthesis))
    size, rate = _size(start, "size"), _number(start, "sampling_rate")
    _check_chain(shapes, size)
    w_dim, fan_in = _tensor(first, "weight", 2).shape
    embed = mapping.child("embed")
    labels, known = (_tensor(embed, "weight", 2).shape[1], w_dim) if embed else (0, 0)
    if fan_in <= known:
        raise ModelError("The mapping network of this file has no room for z.")
    depth = sum(1 for name in mapping.children if re.fullmatch(r"fc\d+", name))
    return StyleGAN3Config(shapes, size, rate, _number(start, "bandwidth"), fan_in - known, w_dim, labels, depth,
                           _number(first, "bias_gain"), _number(synthesis, "output_scale"))


def _layer_names(synthesis: Module) -> list[str]:
    """The layers in order, from input to colours."""
    found = {int(match[1]): name for name in synthesis.children if (match := re.fullmatch(r"L(\d+)_\d+_\d+", name))}
    if not found or sorted(found) != list(range(len(found))):
        raise ModelError("The layers of this StyleGAN3 are not all there.")
    return [found[number] for number in sorted(found)]


def _shape(layer: Module) -> LayerShape:
    out_channels, in_channels, kernel, _ = _tensor(layer, "weight", 4).shape
    up, down = layer.tensors.get("up_filter"), layer.tensors.get("down_filter")
    return LayerShape(in_channels, out_channels, _size(layer, "in_size"), _size(layer, "out_size"), kernel,
                      _whole(layer, "up_factor", 1), _whole(layer, "down_factor", 1),
                      1 if up is None else len(up), 1 if down is None else len(down),
                      down is not None and down.ndim == 2, _padding(layer), _clamp(layer))


def _check_chain(shapes: tuple[LayerShape, ...], size: int) -> None:
    """ModelError where one layer's output is not the next one's input, filters do not give the stated side, or the
    last layer does not draw grey, RGB or RGBA."""
    width = shapes[0].in_channels
    for number, s in enumerate(shapes):
        wide = (s.in_size + s.kernel - 1) * s.up + 2 - s.up_taps - s.down_taps
        sides = {(wide + sum(s.padding[i:i + 2]) + s.down - 1) // s.down for i in (0, 2)}
        if (s.in_channels, s.in_size) != (width, size) or sides != {s.out_size}:
            raise ModelError(f"Layer {number} of this StyleGAN3 does not fit the layer before it, or its own filters.")
        width, size = s.out_channels, s.out_size
    check_colours(width, "this StyleGAN3")


def _child(module: Module, path: str) -> Module:
    found = module.child(path)
    if found is None:
        raise ModelError(f"This StyleGAN3 has no “{path}”.")
    return found


def _tensor(module: Module, name: str, dims: int) -> Tensor:
    tensor = module.tensors.get(name)
    if tensor is None or tensor.ndim != dims or not all(0 < n <= LARGEST for n in tensor.shape):
        raise ModelError(f"The {module.class_name} in this file has no “{name}” of {dims} dimensions.")
    return tensor


def _number(module: Module, name: str) -> float:
    value = module.attribute(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _odd(module, name)
    return float(value)


def _whole(module: Module, name: str, least: int) -> int:
    value = _number(module, name)
    if not value.is_integer() or not least <= value <= LARGEST:
        raise _odd(module, name)
    return int(value)


def _size(module: Module, name: str) -> int:
    """The side of a canvas that the file gives as a number or as width and height, which are the same."""
    value = module.attribute(name)
    sides = set(value) if isinstance(value, list | tuple) and all(isinstance(v, int) for v in value) else {value}
    side = sides.pop() if len(sides) == 1 else None
    if isinstance(side, bool) or not isinstance(side, int) or not 0 < side <= LARGEST:
        raise _odd(module, name)
    return side


def _padding(layer: Module) -> tuple[int, int, int, int]:
    value: Any = layer.attribute("padding")
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(
            isinstance(v, int) and abs(v) <= LARGEST for v in value):
        raise _odd(layer, "padding")
    left, right, top, bottom = value
    return left, right, top, bottom


def _clamp(layer: Module) -> float | None:
    return None if layer.attribute("conv_clamp") is None else _number(layer, "conv_clamp")


def _odd(module: Module, name: str) -> ModelError:
    return ModelError(f"The {module.class_name} in this file has no usable “{name}”.")


FORMATS: tuple[Format, ...] = (NvidiaStyleGAN3(),)
