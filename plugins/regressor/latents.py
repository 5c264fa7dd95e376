"""What a regressor answers with: z, or w+ where a model has a mapped space, and how answers are judged.

In z the paper's loss is 1 - cosine, for the generators it had in mind normalise z; in w+ it is the mean squared
difference from the sampled w in every layer. We measure it in standard deviations of each number of w, so that it
weighs the same for every model.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Generator, one_a_layer

MEASURED = 4096
"""How many latents tell the mean and the deviation of w."""
MEASURED_SEED = 2_718_281_828
"""No small number, for the reason given in `held_out`."""
LEAST_SPREAD = 1e-3


@dataclass(frozen=True, eq=False)
class Draw:
    """Samples of a generator: `latents` [n, outputs, dim], class weights `labels` or None, `image` [n, 3, h, w]."""

    latents: Tensor
    labels: Tensor | None
    image: Tensor


class LatentSpace:
    """The latents of one generator: drawing them, their pictures, and how far a guess is from the truth."""

    def __init__(self, generator: Generator, psi: float, device: torch.device) -> None:
        self.generator, self.psi, self.device = generator, psi, device
        self.in_z = generator.space == "z"
        self.outputs = 1 if self.in_z else generator.num_ws
        self.dim = generator.z_dim if self.in_z else generator.w_dim
        self.centre, self.spread = self._measured()

    def _measured(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation [dim] of the latents as they are drawn."""
        if self.in_z:
            return torch.zeros(self.dim, device=self.device), torch.ones(self.dim, device=self.device)
        z, labels = self._inputs(MEASURED, torch.Generator().manual_seed(MEASURED_SEED))
        with torch.no_grad():
            w = self._truncated(self.generator.map(z, labels))
        return w.mean(dim=0), w.std(dim=0).clamp(min=LEAST_SPREAD)

    def draw(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Draw:
        """Samples with their pictures, without a graph; of `count` drawn, those of `share`."""
        z, labels = (None if x is None else x[share] for x in self._inputs(count, random))
        assert z is not None
        with torch.no_grad():
            if self.in_z:
                latents = z[:, None]
            else:
                latents = self._truncated(self.generator.map(z, labels))[:, None].expand(-1, self.outputs, -1)
            return Draw(latents, labels, self.picture(latents, labels))

    def picture(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """The image [n, 3, h, w] of latents [n, outputs, dim]; differentiable."""
        ws = latents
        if self.in_z:
            ws = one_a_layer(self.generator, self.generator.map(latents[:, 0], labels))
        return self.generator.synthesize(ws)

    def loss(self, guess: Tensor, truth: Tensor) -> Tensor:
        """How far latents [n, outputs, dim] are from the truth: a scalar."""
        if self.in_z:
            return 1 - F.cosine_similarity(guess, truth, dim=2).mean()
        return ((guess - truth) / self.spread).square().mean()

    def _inputs(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """z [n, z_dim] and, for models with classes, one class each."""
        z = torch.randn(count, self.generator.z_dim, generator=random).to(self.device)
        if not self.generator.num_classes:
            return z, None
        classes = torch.randint(self.generator.num_classes, (count,), generator=random)
        return z, F.one_hot(classes, self.generator.num_classes).float().to(self.device)

    def _truncated(self, w: Tensor) -> Tensor:
        average = self.generator.w_avg
        return w if average is None or self.psi == 1 else average + self.psi * (w - average)
