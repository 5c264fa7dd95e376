"""The walks there are for a model, as directions: those that come with the program, and those the user trained."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from ganstudio.api import Direction, FinderOptions, Generator, Host, Layers, format_layers, layer_indices, layers_of
from ganstudio_plugins.steering.files import WalkError, read_walks

log = logging.getLogger(__name__)


class SteeringFinder:
    """Finds what was learned before; where a walk was learned anew, the newest counts."""

    id = "steering"
    name = "Steering"

    def __init__(self, host: Host) -> None:
        self._host = host

    def find(self, generator: Generator, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
        """Yield the walks of this model, kept to the layers that `options` say; ValueError where there are none."""
        walks: dict[str, Direction] = {}
        problems = []
        for path in self._host.direction_files(fingerprint):
            try:
                walks |= {walk.id: walk for walk in read_walks(path, fingerprint)}
            except WalkError as error:
                log.warning("%s", error)
                problems.append(str(error))
        if not walks:
            raise ValueError(problems[0] if problems else "There are no walks for this model yet: train one with "
                             "“ganstudio train walk --model ... --edit zoom”.")
        layers = options.layers if options.apply_to is None else options.apply_to
        for walk in walks.values():
            if (kept := _kept_to(walk, layers, generator.num_ws)) is not None:
                yield kept


def _kept_to(walk: Direction, layers: Layers, count: int) -> Direction | None:
    """A walk in those of its layers that are wanted, None where it has none of them; in z there are none to choose."""
    if walk.space != "w":
        return walk
    both = layers_of(set(layer_indices(walk.layers)) & set(layer_indices(layers)))
    if both == walk.layers or not both:
        return walk if both else None
    return replace(walk, id=f"{walk.id}@{format_layers(both, count).replace(' ', '')}", layers=both, response=None)
