"""All that a plugin may rely on: the document's words, and the protocols between models, finders and the program.

A plugin imports this module and third-party libraries, nothing else of ours. `API_VERSION` changes when a plugin
written for the old one would break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ganstudio.document.latent import (
    Base,
    Direction,
    Edit,
    FloatArray,
    Latent,
    LayerRange,
    Layers,
    NoiseMode,
    Space,
    format_layers,
    layer_indices,
    layers_of,
    parse_layers,
)

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "API_VERSION", "Base", "Direction", "DirectionFinder", "Edit", "FinderOptions", "FloatArray", "Generator", "Host",
    "Latent", "LayerInfo", "LayerRange", "Layers", "NoiseMode", "Registry", "Space", "Synthesizer", "format_layers",
    "layer_indices", "layers_of", "parse_layers",
]

API_VERSION = 1


@dataclass(frozen=True)
class LayerInfo:
    """One layer that takes its own w: its name in the checkpoint and the side of what it draws, in pixels."""

    name: str
    resolution: int


class Synthesizer(Protocol):
    """A generator prepared for showing pictures on one device in one precision; keeps layers it can re-use."""

    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, 3, h, w] float32 on the same device, not differentiable."""
        ...


@runtime_checkable
class Generator(Protocol):
    """What every model family offers. Number i of `layers` is styled by `ws[:, i]`."""

    family: str
    resolution: int
    space: Space
    z_dim: int
    w_dim: int
    num_ws: int
    num_classes: int
    w_avg: Tensor | None

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layers that take a w, in order; `len(layers) == num_ws`."""
        ...

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] and class weights [n, num_classes] to w [n, w_dim]; differentiable, float32."""
        ...

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, h, w] in -1..1; differentiable, float32."""
        ...

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The first linear map of these layers as float32 [latent dim, units]: what SeFa factorises."""
        ...


@dataclass(frozen=True)
class FinderOptions:
    """What the user may choose for a finder: where to look, where to apply (None: the same), how many to return."""

    layers: Layers
    apply_to: Layers | None = None
    count: int = 10
    normalise: bool = True


class DirectionFinder(Protocol):
    """Finds directions in a generator: from its weights, or from samples. Iterating is the work, so it can be a job."""

    id: str
    name: str

    def find(self, generator: Generator, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
        """Yield directions, the most telling first; ValueError with one sentence when the options do not fit."""
        ...


class Host(Protocol):
    """What the program offers a plugin beyond this module; handed to it through the registry."""

    def load_model(self, model_id: str) -> Generator:
        """A float32 generator of the model library; OSError or ValueError with one sentence when it cannot be had."""
        ...


class Registry(Protocol):
    """Where a plugin's `register(registry)` hands in what it brings."""

    @property
    def host(self) -> Host:
        """The program's services."""
        ...

    def add_finder(self, finder: DirectionFinder) -> None:
        """Offer a way to find directions."""
        ...

    def add_command(self, name: str, run: Callable[..., Any]) -> None:
        """Offer a command line entry `ganstudio <name>`; `run` is a typer-style function."""
        ...
