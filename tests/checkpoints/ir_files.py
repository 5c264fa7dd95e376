"""OpenVINO IR files written for tests: any chain of layers, and a MobileStyleGAN laid out as the published one.

Written from the form of the published graph: style matrices carry names, other constants are numbered.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

import torch
from torch import Tensor

from ganstudio.generators.mobilestylegan import MobileStyleGAN


class IrWriter:
    """Collects layers and their numbers; nodes are ids."""

    def __init__(self) -> None:
        self.net = ElementTree.Element("net", name="Test", version="10")
        self.layers, self.edges = (ElementTree.SubElement(self.net, part) for part in ("layers", "edges"))
        self.weights = b""

    def add(self, kind: str, *inputs: str, name: str = "", **data: str) -> str:
        """A layer with its inputs in port order; its id."""
        number = str(len(self.layers))
        layer = ElementTree.SubElement(self.layers, "layer", id=number, name=name or f"{kind}_{number}", type=kind)
        ElementTree.SubElement(layer, "data", data)
        for port, source in enumerate(inputs):
            ElementTree.SubElement(self.edges, "edge", {"from-layer": source, "from-port": "0", "to-layer": number,
                                                        "to-port": str(port)})
        return number

    def constant(self, values: Tensor, name: str = "") -> str:
        """A float32 constant."""
        content = values.detach().float().contiguous().numpy().tobytes()
        shape = ", ".join(str(side) for side in values.shape)
        offset = len(self.weights)
        self.weights += content
        return self.add("Const", name=name, element_type="f32", shape=shape, offset=str(offset), size=str(len(content)))

    def scalar(self, value: float) -> str:
        """A constant of one number."""
        return self.constant(torch.tensor([value]))

    @property
    def xml(self) -> bytes:
        """The graph."""
        return ElementTree.tostring(self.net)


def mapping_ir(generator: MobileStyleGAN, slope: float = 0.2) -> IrWriter:
    """The mapping network: normalised z, then fully connected layers."""
    ir = IrWriter()
    z = ir.add("Parameter", element_type="f32", shape="1,6")
    x = ir.add("Multiply", z, ir.add("Power", z, ir.scalar(2.0)))
    for layer in generator.mapping.layers:
        x = ir.add("MatMul", x, ir.constant(layer.weight))
        shape = ir.add("ShapeOf", x)
        x = ir.add("Add", x, ir.add("Reshape", ir.constant(layer.bias), shape))
        x = ir.add("Multiply", ir.add("PReLU", x, ir.scalar(slope)), ir.scalar(math.sqrt(2)))
    ir.add("Result", x)
    return ir


class SynthesisWriter:
    """The synthesis network layer by layer, kernels scaled up by 8 and styles down, as exporters do."""

    def __init__(self, generator: MobileStyleGAN) -> None:
        self.ir, network = IrWriter(), generator.synthesis
        self.w = self.ir.add("Parameter", element_type="f32", shape="1,10")
        x = self.ir.add("Tile", self.ir.constant(network.const[None], "m.input.input"))
        conv = network.conv1
        x = self.ir.add("Convolution", self.styled(x, conv.affine, "m.conv1.conv"), self.ir.constant(conv.weight * 8))
        x = self.ended(x, conv)
        for k, block in enumerate(network.blocks):
            x = self.haar(self.styled(x, block.up.affine, f"m.layers.{k}.up", scaled=False))
            for part in ("conv1", "conv2"):
                conv = getattr(block, part)
                x = self.styled(x, conv.affine, f"m.layers.{k}.{part}.conv")
                x = self.ir.add("GroupConvolution", x, self.ir.constant(conv.depthwise[:, None] * 8))
                x = self.ended(self.ir.add("Convolution", x, self.ir.constant(conv.pointwise[:, :, None, None])), conv)
        rgb = network.torgb
        x = self.styled(x, rgb.affine, f"m.layers.{k}.to_img.conv")
        x = self.ir.add("Convolution", x, self.ir.constant(rgb.weight[:, :, None, None] * 8))
        self.ir.add("Result", self.haar(self.ir.add("Add", x, self.ir.constant(rgb.bias[None, :, None, None]))))

    def styled(self, x: str, affine: torch.nn.Linear, name: str, scaled: bool = True) -> str:
        """Activations times their style."""
        style = self.ir.add("MatMul", self.w, self.ir.constant(affine.weight, f"{name}.modulation.weight"))
        style = self.ir.add("Add", style, self.ir.constant(affine.bias[None]))
        style = self.ir.add("Reshape", style, self.ir.add("ShapeOf", self.w))
        style = self.ir.add("Multiply", style, self.ir.scalar(1 / 8)) if scaled else style
        return self.ir.add("Multiply", style, x)

    def ended(self, x: str, conv: torch.nn.Module) -> str:
        """Noise, bias, leaky ReLU."""
        x = self.ir.add("Add", x, self.ir.constant(conv.noise_const[None, None]))
        x = self.ir.add("Add", x, self.ir.constant(conv.bias[None, :, None, None]))
        return self.ir.add("PReLU", x, self.ir.scalar(0.2))

    def haar(self, x: str) -> str:
        """A stand-in for the transform: its split and one of its transposed convolutions."""
        split = self.ir.add("VariadicSplit", x)
        return self.ir.add("GroupConvolutionBackpropData", split, self.ir.constant(torch.tensor([0.5, 0.5]).sqrt()))
