"""The few facts about the open model that controls need; asked of the library, which has the model in memory."""

from __future__ import annotations

from dataclasses import dataclass

from ganstudio.api import truncates
from ganstudio.document.classes import class_names
from ganstudio.document.document import Document
from ganstudio.document.latent import Space
from ganstudio.session.studio import Studio


@dataclass(frozen=True)
class ModelFacts:
    """`layers` is the number of layers that take a w; `psi` the truncation its author recommends; `classes` the names
    of what it can be told to draw, in the order of their numbers."""

    name: str = ""
    layers: int = 0
    space: Space = "w"
    psi: float = 1.0
    truncates: bool = True
    classes: tuple[str, ...] = ()


def model_facts(studio: Studio, document: Document) -> ModelFacts:
    """The facts of a document's model; without anything to choose from when the model cannot be had."""
    try:
        model = studio.library.load(document.model.id)
        generator, about = model.generator, model.info.about
        return ModelFacts(model.info.name, generator.num_ws, generator.space, float(about.get("psi", 0.7)),
                          truncates(generator), class_names(about.get("class_names"), generator.num_classes))
    except (OSError, ValueError):
        return ModelFacts()
