"""Where a walk walks: z, one w for all layers, or a w a layer (w+), of any generator through its protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Generator, Layers, TruncatesZ, layer_indices, one_a_layer, parse_layers

Where = Literal["auto", "z", "w", "w+"]

def place_of(generator: Generator, where: str, linear: bool) -> str:
    """What "auto" means for a generator; ValueError with one sentence where it cannot be walked so."""
    if where not in get_args(Where):
        raise ValueError(f"There is no space “{where}”; there are {', '.join(get_args(Where))}.")
    if where == "auto":
        return "z" if generator.space != "w" else "w+" if linear else "w"
    if where == "w+" and not linear:
        raise ValueError("Non-linear walks step in z or in one w for all layers, not in w+: choose --space w.")
    if where != "z" and generator.space != "w":
        raise ValueError(f"A {generator.family} model has no w to walk in: choose --space z.")
    return where


@dataclass(frozen=True, eq=False)
class Bases:
    """Starting points: `latents` in the space of the walk, `labels` [n, classes] or None, pictures `image`."""

    latents: Tensor
    labels: Tensor | None
    image: Tensor


class WalkSpace:
    """Draws starting points of one generator and makes pictures of where walks lead."""

    def __init__(self, generator: Generator, where: str, layers: str, label: int, psi: float,
                 device: torch.device) -> None:
        self.generator, self.where, self.label, self.psi, self.device = generator, where, label, psi, device
        if label >= max(1, generator.num_classes) or (label >= 0 and not generator.num_classes):
            count = generator.num_classes
            there = f"its classes are 0-{count - 1}" if count else "it has no classes"
            raise ValueError(f"There is no class {label} in this model: {there}.")
        self.layers: Layers = () if where == "z" else parse_layers(layers, generator.num_ws)
        self._moved = torch.zeros(1, max(1, generator.num_ws), 1, device=device)
        self._moved[:, layer_indices(self.layers)] = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one latent that a walk moves."""
        generator = self.generator
        return {"z": (generator.z_dim,), "w": (generator.w_dim,),
                "w+": (generator.num_ws, generator.w_dim)}[self.where]

    def draw(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Bases:
        """Starting points with their pictures, without a graph; of `count` drawn, those of `share`."""
        with torch.no_grad():
            return self.begin(count, random, share)

    def begin(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Bases:
        """The same with a graph to the generator's weights, where they learn."""
        z, labels = self._inputs(count, random)
        z, labels = z[share].to(self.device), None if labels is None else labels[share].to(self.device)
        latents = self.generator.normalise(z) * (self.psi if isinstance(self.generator, TruncatesZ) else 1)
        if self.where != "z":
            latents = self._truncated(one_a_layer(self.generator, self.generator.map(latents, labels)))
        return Bases(latents, labels, self._drawn(self._ws(latents, labels)))

    def picture(self, bases: Bases, moved: Tensor) -> Tensor:
        """Images [n, 3, h, w] where a walk moved `start` to `moved` (as `start` gave them); differentiable."""
        if self.where == "z":
            return self._drawn(self._ws(moved, bases.labels))
        offset = moved - self.start(bases)
        offset = offset if offset.ndim == 3 else offset[:, None]
        return self._drawn(bases.latents + self._moved * offset)

    def start(self, bases: Bases) -> Tensor:
        """The latents a walk is handed: [n, dim], or [n, num_ws, dim] in w+."""
        return bases.latents[:, 0] if self.where == "w" else bases.latents

    def _ws(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """w+ of what `draw` calls latents."""
        if self.where != "z":
            return latents
        return self._truncated(one_a_layer(self.generator, self.generator.map(latents, labels)))

    def _truncated(self, ws: Tensor) -> Tensor:
        if isinstance(self.generator, TruncatesZ):
            return self.generator.at_psi(ws, self.psi)
        average = self.generator.w_avg
        return ws if average is None or self.psi == 1 else torch.lerp(average, ws, self.psi)

    def _drawn(self, ws: Tensor) -> Tensor:
        return self.generator.synthesize(ws).float()

    def _inputs(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """z [n, z_dim], and one class each where there are classes."""
        generator = self.generator
        z = torch.randn(count, generator.z_dim, generator=random)
        if not generator.num_classes:
            return z, None
        classes = torch.randint(generator.num_classes, (count,), generator=random)
        if self.label >= 0:
            classes = torch.full_like(classes, self.label)
        return z, F.one_hot(classes, generator.num_classes).float()
