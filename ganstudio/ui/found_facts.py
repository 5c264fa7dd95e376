"""What was found in a file, as rows of title and text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ganstudio.ui.amounts import size
from ganstudio.ui.facts_table import Fact
from ganstudio.ui.model_card import FAMILIES
from ganstudio.ui.text import tr


def found_facts(found: Mapping[str, Any]) -> Iterator[Fact]:
    """The rows for a model, an encoder, or directions, as `ganstudio.import_desk` tells them."""
    yield tr("Format"), str(found.get("format", ""))
    if found["event"] == "model":
        yield from _model(found)
    elif found["event"] == "directions":
        yield from _directions(found)
    yield tr("SHA-256"), str(found.get("sha256", ""))
    yield tr("Source"), str(found.get("source") or found.get("file", ""))
    yield tr("Note"), "\n".join(map(str, found.get("notes", ())))


def _model(found: Mapping[str, Any]) -> Iterator[Fact]:
    family, layers = str(found["family"]), found["layers"]
    yield tr("Family"), FAMILIES.get(family, family)
    yield tr("Resolution"), tr("{side} px").format(side=found["resolution"])
    yield tr("Classes"), str(found["classes"]) if found["classes"] else tr("none")
    yield tr("Parameters"), f"{found['parameters']:,}".replace(",", "\u202f")
    yield tr("Layers"), tr("{count}, edited in {space}").format(count=len(layers), space=found["space"])
    yield tr("File"), size(int(found["size"]))
    yield tr("Licence"), str(found["terms"])


def _directions(found: Mapping[str, Any]) -> Iterator[Fact]:
    """Those that a plugin read have names, and may say for which model they were made."""
    if "parcel" in found:
        yield tr("Made for"), str(found["made_for"]) or tr("the file does not say")
        if found["names"]:
            yield tr("Directions"), ", ".join(map(str, found["names"]))
        return
    count, *shape = found["shape"]
    yield tr("Directions"), str(count)
    yield tr("Numbers"), " × ".join(map(str, shape))
