"""The list of layers in an OpenRaster file, `stack.xml`, read without trusting it and written.

No document type is allowed, so there are no entities to expand; size, depth and number of elements are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat

from ganstudio.render.layered.stack import LayerFileError

MOST_DEPTH = 64
MOST_ELEMENTS = 20_000


@dataclass
class Element:
    """An element with its attributes and what is in it; text is of no use here."""

    tag: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)

    def of(self, *tags: str) -> Iterator[Element]:
        """The children of these kinds, in order."""
        return (child for child in self.children if child.tag in tags)

    def number(self, name: str, usual: float, low: float, high: float) -> float:
        """An attribute as a number within bounds; LayerFileError when it is none."""
        try:
            value = float(self.attributes.get(name, usual))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise LayerFileError(f"Its list of layers gives “{self.attributes.get(name, '')[:40]}” for {name}.")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """An attribute as a whole number; 0 when it is not there."""
        return round(self.number(name, 0, low, high))


def parse(text: bytes) -> Element:
    """The root element; LayerFileError for anything that is no plain, small XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(text, True)
    except (expat.ExpatError, ValueError, UnicodeError) as error:
        if isinstance(error, LayerFileError):
            raise
        raise LayerFileError("Its list of layers is no XML that can be read.") from None
    return reader.root.children[0]


class _Reader:
    """Builds elements while the parser goes through the text."""

    def __init__(self) -> None:
        self.root = Element("", {})
        self._open, self._count = [self.root], 0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _refuse(self, *_: object) -> None:
        raise LayerFileError("Its list of layers declares a document type, which no layers need: it is not opened.")

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > MOST_DEPTH:
            raise LayerFileError("Its list of layers is too long or too deep.")
        element = Element(tag, attributes)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()


def write(root: Element) -> bytes:
    """The text of an element and all that is in it."""
    text: bytes = ElementTree.tostring(_tree(root), encoding="UTF-8", xml_declaration=True)
    return text


def _tree(element: Element) -> ElementTree.Element:
    made = ElementTree.Element(element.tag, dict(element.attributes))
    made.extend([_tree(child) for child in element.children])
    return made
