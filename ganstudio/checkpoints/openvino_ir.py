"""OpenVINO IR files (.xml graph, .bin numbers) as data: which constants there are, and what follows what.

Enough to read a published network's weights out of its graph without the OpenVINO runtime. Nothing in the files is
run: the XML may declare no document type (so no entities), and every constant must lie inside the .bin.
Format: https://docs.openvino.ai (Intermediate Representation, versions 10 and 11).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree

import torch
from torch import Tensor

from ganstudio.checkpoints.native import ModelError

MAX_XML = 16 * 2**20
MAX_STEPS = 1000

Edge = tuple[str, int, str]  # from id, port entered, to id


@dataclass(frozen=True)
class Node:
    """One operation; `data` holds its attributes as written (a constant's `shape`, `offset` and `size` in bytes)."""

    id: str
    kind: str
    name: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Step:
    """A node on a chain with the float constants that enter it there, in the order of its ports."""

    node: Node
    constants: tuple[Tensor, ...]

    @property
    def kind(self) -> str:
        """The node's operation."""
        return self.node.kind


class Graph:
    """Nodes by id, their inputs in port order and their consumers; `title` is what errors call it."""

    def __init__(self, title: str, nodes: Iterable[Node], edges: Iterable[Edge], weights: bytes) -> None:
        """Join nodes by edges; ModelError when an edge names a node that is not there."""
        self.title, self._weights = title, weights
        self.nodes = {node.id: node for node in nodes}
        inputs: dict[str, dict[int, Node]] = defaultdict(dict)
        self._consumers: dict[str, dict[str, Node]] = defaultdict(dict)
        for source, port, target in edges:
            if source not in self.nodes or target not in self.nodes:
                raise ModelError(f"“{title}” joins layers that it does not have.")
            inputs[target][port] = self.nodes[source]
            self._consumers[source][target] = self.nodes[target]
        self._inputs = {key: [ports[p] for p in sorted(ports)] for key, ports in inputs.items()}

    def named(self, name: str) -> Node:
        """The one node of this name; ModelError when there is none or several."""
        found = [node for node in self.nodes.values() if node.name == name]
        if len(found) != 1:
            raise ModelError(f"“{self.title}” has {len(found)} layers called “{name}” instead of one.")
        return found[0]

    def of_kind(self, kind: str) -> list[Node]:
        """All nodes of one operation, in the file's order."""
        return [node for node in self.nodes.values() if node.kind == kind]

    def inputs(self, node: Node) -> list[Node]:
        """What enters a node, in port order."""
        return self._inputs.get(node.id, [])

    def consumers(self, node: Node) -> list[Node]:
        """What reads a node's values (readers of its mere shape left out)."""
        return [reader for reader in self._consumers.get(node.id, {}).values() if reader.kind != "ShapeOf"]

    def chain(self, start: Node, stop: Collection[str]) -> list[Step]:
        """The steps that follow `start` to the first of a kind in `stop`, inclusive; each must have one reader."""
        steps: list[Step] = []
        node = start
        while not steps or node.kind not in stop:
            readers = self.consumers(node)
            if len(readers) != 1 or len(steps) >= MAX_STEPS:
                raise ModelError(f"“{self.title}” is another network: its layer “{node.name}” has no single successor.")
            entering = (self._float(i) for i in self.inputs(readers[0]) if i is not node or i is start)
            steps.append(Step(readers[0], tuple(tensor for tensor in entering if tensor is not None)))
            node = readers[0]
        return steps

    def _float(self, node: Node) -> Tensor | None:
        """The float constant at a node, seen through a reshape; None for anything computed or of another type."""
        if node.kind == "Reshape" and self.inputs(node):
            node = self.inputs(node)[0]
        return self.constant(node) if node.kind == "Const" and node.data.get("element_type") == "f32" else None

    def constant(self, node: Node) -> Tensor:
        """A float32 constant's values; ModelError when it does not lie inside the weights."""
        try:
            shape = [int(side) for side in node.data["shape"].split(",")] if node.data["shape"].strip() else []
            offset, size = int(node.data["offset"]), int(node.data["size"])
        except (KeyError, ValueError):
            raise ModelError(f"“{self.title}” does not say where the numbers of “{node.name}” are.") from None
        if node.kind != "Const" or node.data.get("element_type") != "f32":
            raise ModelError(f"“{self.title}” has no plain numbers at “{node.name}”.")
        if min(shape, default=1) < 1 or size != 4 * math.prod(shape):
            raise ModelError(f"“{self.title}” gives “{node.name}” a size that does not fit its shape.")
        if offset < 0 or offset + size > len(self._weights):
            raise ModelError(f"The weights of “{self.title}” are cut short: “{node.name}” lies outside them.")
        values = torch.frombuffer(bytearray(self._weights[offset:offset + size]), dtype=torch.float32)
        return values.reshape(shape)


class _NoDoctype(ElementTree.TreeBuilder):
    """Builds a tree from XML that declares nothing: entities, which can grow without bound, need a declaration."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called by the parser where a declaration begins, before anything in it counts."""
        raise ModelError("it declares a document type")


def read_ir(xml: bytes, weights: bytes, title: str) -> Graph:
    """Parse a graph; ModelError in one sentence when it is none, is too big, or tries anything."""
    if len(xml) > MAX_XML:
        raise ModelError(f"“{title}” is too big for a network's graph.")
    try:
        root = ElementTree.fromstring(xml, parser=ElementTree.XMLParser(target=_NoDoctype()))
    except (ElementTree.ParseError, ModelError, ValueError) as error:
        raise ModelError(f"“{title}” is no readable network graph ({error}).") from None
    nodes = [_node(layer) for layer in root.findall("layers/layer")]
    if not nodes:
        raise ModelError(f"“{title}” is XML, but holds no network graph.")
    try:
        edges = [(e.attrib["from-layer"], int(e.attrib["to-port"]), e.attrib["to-layer"])
                 for e in root.findall("edges/edge")]
    except (KeyError, ValueError):
        raise ModelError(f"“{title}” has a damaged graph: an edge lacks its ends.") from None
    return Graph(title, nodes, edges, weights)


def _node(layer: ElementTree.Element) -> Node:
    data = layer.find("data")
    return Node(layer.get("id", ""), layer.get("type", ""), layer.get("name", ""),
                {} if data is None else dict(data.attrib))
