"""A collage to the latent of one coherent picture: composite, regress, add what a refinement found.

Chai, Wulff and Isola (ICLR 2021): `G(E(C, m))`, where C is what lies on the canvas and m what it covers. Nothing is
computed twice: cut-outs, the parts below the one that moves, and the latents of the last collages are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ganstudio.api import Perceptual, Regressor
from ganstudio.checkpoints.native import LoadedModel
from ganstudio.document.collage import Collage
from ganstudio.document.refinement import Refinement
from ganstudio.generators.fast import Mode
from ganstudio.render.collage import Compositor
from ganstudio.render.kept import Kept

GUESSES = 4 * 2**20
"""Bytes of latents that are kept."""
LITTLE = 0.2
"""Regressors learn from pictures of which at least this share is visible; below it their guesses grow vague."""
MEASURED = 4096


class CollageError(ValueError):
    """A collage that cannot be turned into a picture; the message is one sentence for the user."""


class Sight(Protocol):
    """What the renderer is given of what plugins bring: regressors and eyes, by model."""

    def regressor_for(self, model: LoadedModel) -> Regressor | None:
        """The regressor of a model, or None; ValueError in one sentence for one that cannot be used."""
        ...

    def perceptual_for(self, model: LoadedModel) -> Perceptual:
        """A measure of likeness for its pictures."""
        ...


@dataclass(frozen=True, eq=False)
class Guess:
    """The latent of a collage, float32 on the CPU: z [1, z_dim] or w+ [1, num_ws, w_dim]; and the share it covers."""

    latent: Tensor
    coverage: float

    @property
    def note(self) -> str:
        """One sentence where the guess is likely to be vague, else empty."""
        if self.coverage >= LITTLE:
            return ""
        share = f"{self.coverage:.0%}" if self.coverage >= 0.01 else "Less than 1%"
        return f"{share} of the picture is covered: cover {LITTLE:.0%} or more for a picture that follows the parts."


class Regression:
    """Turns collages into latents on one device."""

    def __init__(self, sight: Sight | None) -> None:
        self.sight = sight
        self._compositors: dict[torch.device, Compositor] = {}
        self._ready: list[tuple[Regressor, Mode, Regressor]] = []
        self._guesses: Kept[Guess] = Kept(GUESSES, lambda guess: guess.latent.nbytes)

    def regressor_for(self, model: LoadedModel) -> Regressor | None:
        """The regressor of a model; CollageError with its reader's sentence when it is there but cannot be used."""
        try:
            return None if self.sight is None else self.sight.regressor_for(model)
        except ValueError as error:
            raise CollageError(str(error)) from None

    def composite(self, model: LoadedModel, collage: Collage, device: torch.device) -> tuple[Tensor, Tensor]:
        """Image [1, 3, h, w] and mask [1, 1, h, w] at the side of the model's pictures."""
        side = model.generator.resolution
        if device not in self._compositors:
            self._compositors = {device: Compositor(device)}
        return self._compositors[device].composite(collage, (side, side))

    def find(self, model: LoadedModel, collage: Collage, refinement: Refinement | None, mode: Mode) -> Guess | None:
        """The latent to draw; None where nothing is on the canvas to be seen. CollageError when there is none."""
        if not collage.shown:
            return None
        regressor = self.regressor_for(model)
        guess = self._mean(model, collage, refinement) if regressor is None else self._guess(
            model, regressor, collage, mode)
        if guess is None or refinement is None or not refinement.amount:
            return guess
        return Guess(_stepped(guess.latent, refinement), guess.coverage)

    def _guess(self, model: LoadedModel, regressor: Regressor, collage: Collage, mode: Mode) -> Guess | None:
        key = (regressor, mode, collage.key)
        guess = self._guesses.get(key, lambda: self._regressed(model, regressor, collage, mode))
        return guess if guess.coverage > 0 else None

    def _regressed(self, model: LoadedModel, regressor: Regressor, collage: Collage, mode: Mode) -> Guess:
        image, mask = self.composite(model, collage, mode.device)
        with torch.inference_mode():
            coverage = float(mask.mean())
            colours = image / mask.clamp(min=1e-6)  # the regressor itself multiplies by the mask
            latent = self.prepared(regressor, mode).regress(colours, mask).float().cpu()
        return Guess(latent, coverage)

    def prepared(self, regressor: Regressor, mode: Mode) -> Regressor:
        """A regressor made ready for a mode; the last two stay so."""
        for original, its, ready in self._ready:
            if original is regressor and its == mode:
                return ready
        made = regressor.prepared(mode.device, mode.dtype)
        self._ready = [*self._ready, (regressor, mode, made)][-2:]
        return made

    def _mean(self, model: LoadedModel, collage: Collage, refinement: Refinement | None) -> Guess | None:
        """Without a regressor: the mean latent, from which a refinement found this very collage; or why that fails."""
        coverage = float(self.composite(model, collage, torch.device("cpu"))[1].mean())
        if coverage == 0:
            return None
        if refinement is None:
            raise CollageError(no_regressor(model))
        if not refinement.fits(collage):
            raise CollageError(f"The parts have changed since they were projected, and {model.info.name} has no "
                               f"regressor to follow them: project them again.")
        return Guess(mean_latent(model.generator), coverage)

    def forget(self) -> None:
        """Let go of everything that is kept."""
        self._compositors, self._ready = {}, []
        self._guesses = Kept(GUESSES, lambda guess: guess.latent.nbytes)


def no_regressor(model: LoadedModel) -> str:
    """What is missing, and what can be done, in one sentence."""
    return (f"{model.info.name} has no regressor, so the parts on the canvas cannot become one picture at once: train "
            f"one, or have this collage projected by optimisation.")


def mean_latent(generator: Any) -> Tensor:
    """Where there is no guess: the mean of w+ [1, num_ws, w_dim], or that of z, which is 0 [1, z_dim]."""
    if generator.space == "z":
        return torch.zeros(1, generator.z_dim)
    average: Tensor | None = generator.w_avg
    if average is None:
        average = mapped(generator, MEASURED, MEASURED).mean(dim=0)
    return average.detach().cpu()[None, None].repeat(1, generator.num_ws, 1)


def mapped(generator: Any, count: int, seed: int) -> Tensor:
    """Random w [count, w_dim] of a generator whose layers share them, in its first class."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.z_dim, generator=random)
    labels = torch.eye(generator.num_classes)[:1].expand(count, -1) if generator.num_classes else None
    with torch.no_grad():
        w: Tensor = generator.map(z, labels)
    return w


def _stepped(latent: Tensor, refinement: Refinement) -> Tensor:
    offset = torch.tensor(refinement.offset, dtype=torch.float32)
    if offset.shape != latent.shape[1:]:
        raise CollageError("The refinement of this collage was made for a regressor of another latent space: refine "
                           "again.")
    return latent + refinement.amount * offset
