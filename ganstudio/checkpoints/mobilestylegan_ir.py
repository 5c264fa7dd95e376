"""MobileStyleGAN out of its OpenVINO graphs: which constant of the graph is which parameter of ours.

Style matrices are found by name (`m.layers.3.conv1.conv.modulation.weight`); everything else by its place on the
chain that follows them: scale, kernels, noise, bias, slope.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.openvino_ir import Graph, Step
from ganstudio.generators.mobilestylegan import MobileStyleGAN, MobileStyleGANConfig
from ganstudio.generators.stylegan2 import LRELU_GAIN, LRELU_SLOPE

Tensors = dict[str, Tensor]


class Layout(NamedTuple):
    """The operations of a layer in order, and how many constants enter them."""

    kinds: tuple[str, ...]
    constants: int


MODULATION = ("MatMul", "Add", "Reshape", "Multiply")
CONVOLUTION = Layout((*MODULATION, "Multiply", "Convolution", "Add", "Add", "PReLU"), 7)
SEPARABLE = Layout((*MODULATION, "Multiply", "GroupConvolution", "Convolution", "Add", "Add", "PReLU"), 8)
UP = Layout((*MODULATION, "VariadicSplit"), 2)
TO_RGB = Layout((*MODULATION, "Multiply", "Convolution", "Add", "VariadicSplit"), 5)
DENSE = Layout(("MatMul", "Add", "PReLU", "Multiply"), 4)


def mobilestylegan_from_ir(mapping: Graph, synthesis: Graph) -> MobileStyleGAN:
    """The generator in these two graphs, with `w_avg` measured; ModelError when they hold another network."""
    try:
        tensors = {**_mapping(mapping), **_synthesis(synthesis)}
        generator = MobileStyleGAN(_config(tensors))
        generator.load_state_dict(tensors)
    except (RuntimeError, IndexError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        reason = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"The tensors of “{synthesis.title}” do not fit together: {reason}") from None
    generator.measure_w_avg()
    return generator.eval().requires_grad_(False)


def _config(tensors: Tensors) -> MobileStyleGANConfig:
    """The shape of the network these tensors are for."""
    blocks = sum(key.endswith("conv2.bias") for key in tensors)
    widths = [len(tensors["synthesis.conv1.bias"])]
    widths += [len(tensors[f"synthesis.blocks.{k}.conv2.bias"]) for k in range(blocks)]
    w_dim, z_dim = tensors["mapping.layers.0.weight"].shape
    depth = sum(key.startswith("mapping.layers.") for key in tensors) // 2
    return MobileStyleGANConfig(tuple(widths), z_dim, w_dim, depth)


def _mapping(graph: Graph) -> Tensors:
    """The fully connected layers, in order from the one parameter of the graph."""
    starts = [reader for parameter in graph.of_kind("Parameter") for reader in graph.consumers(parameter)
              if reader.kind == "Multiply"]
    if len(starts) != 1:
        raise ModelError(f"“{graph.title}” is another network: it does not begin by normalising one z.")
    steps = graph.chain(starts[0], {"Result"})[:-1]
    tensors: Tensors = {}
    for index in range(max(1, len(steps) // 4)):
        weight, bias, slope, gain = _constants(graph, steps[4 * index:4 * index + 4], DENSE)
        _expect(graph, slope, LRELU_SLOPE)
        _expect(graph, gain, LRELU_GAIN)
        tensors[f"mapping.layers.{index}.weight"], tensors[f"mapping.layers.{index}.bias"] = weight, bias.flatten()
    return tensors | {"mapping.w_avg": torch.zeros_like(tensors["mapping.layers.0.bias"])}


def _synthesis(graph: Graph) -> Tensors:
    """Every layer of the synthesis network."""
    for node in graph.of_kind("GroupConvolutionBackpropData"):
        _expect(graph, graph.constant(graph.inputs(node)[1]).abs(), math.sqrt(0.5))
    names = {node.name for node in graph.nodes.values()}
    blocks = sum(f"m.layers.{k}.up.modulation.weight" in names for k in range(16))
    tensors = {"synthesis.const": graph.constant(graph.named("m.input.input"))[0], **_dense(graph)}
    for k in range(blocks):
        tensors |= _up(graph, f"m.layers.{k}.up", f"synthesis.blocks.{k}.up.")
        for conv in ("conv1", "conv2"):
            tensors |= _separable(graph, f"m.layers.{k}.{conv}.conv", f"synthesis.blocks.{k}.{conv}.")
    return tensors | _to_rgb(graph, f"m.layers.{blocks - 1}.to_img.conv")


def _dense(graph: Graph) -> Tensors:
    weight, bias, scale, kernel, *rest = _layer(graph, "m.conv1.conv", CONVOLUTION)
    return _prefixed("synthesis.conv1.", {**_affine(weight, bias), "weight": kernel * scale, **_ending(graph, rest)})


def _separable(graph: Graph, name: str, prefix: str) -> Tensors:
    weight, bias, scale, depthwise, pointwise, *rest = _layer(graph, name, SEPARABLE)
    return _prefixed(prefix, {**_affine(weight, bias), "depthwise": (depthwise * scale)[:, 0],
                              "pointwise": pointwise[:, :, 0, 0], **_ending(graph, rest)})


def _up(graph: Graph, name: str, prefix: str) -> Tensors:
    weight, bias = _layer(graph, name, UP)
    return _prefixed(prefix, _affine(weight, bias))


def _to_rgb(graph: Graph, name: str) -> Tensors:
    weight, bias, scale, kernel, colour = _layer(graph, name, TO_RGB)
    kernel = (kernel * scale)[:, :, 0, 0]
    return _prefixed("synthesis.torgb.", {**_affine(weight, bias), "weight": kernel, "bias": colour.flatten()})


def _affine(weight: Tensor, bias: Tensor) -> Tensors:
    return {"affine.weight": weight, "affine.bias": bias.flatten()}


def _ending(graph: Graph, constants: Sequence[Tensor]) -> Tensors:
    noise, bias, slope = constants
    _expect(graph, slope, LRELU_SLOPE)
    return {"noise_const": noise[0, 0], "bias": bias.flatten()}


def _prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {prefix + key: tensor for key, tensor in tensors.items()}


def _layer(graph: Graph, name: str, layout: Layout) -> list[Tensor]:
    """The constants along a layer, its style matrix first; ModelError when it is laid out otherwise."""
    start = graph.named(f"{name}.modulation.weight")
    return _constants(graph, graph.chain(start, {layout.kinds[-1]}), layout)


def _constants(graph: Graph, steps: Sequence[Step], layout: Layout) -> list[Tensor]:
    found = [constant for step in steps for constant in step.constants]
    if tuple(step.kind for step in steps) != layout.kinds or len(found) != layout.constants:
        where = f"at “{steps[0].node.name}”" if steps else "at its start"
        raise ModelError(f"“{graph.title}” is another network: {where} it goes a different way.")
    return found


def _expect(graph: Graph, values: Tensor, expected: float) -> None:
    """Refuse a network whose fixed numbers (slopes, gains, wavelet taps) are not the ones our form has built in."""
    if not torch.allclose(values, torch.full_like(values, expected), rtol=1e-5):
        raise ModelError(f"“{graph.title}” is a variant of the network with other fixed numbers than {expected:.4f}.")
