"""A photo to a latent of the model: in one pass where there is a regressor, by optimisation from the mean elsewhere.

Without a regressor the way is that of Abdal, Qin and Wonka, "Image2StyleGAN" (2019), begun as in Karras et al.,
"Analyzing and Improving the Image Quality of StyleGAN" (2020), appendix D: first one w for all layers, from the mean
of w and in units of its spread, then every layer's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from ganstudio.render.bench import Bench, Target
from ganstudio.render.refine import Best, Progress, descend, distance, faithful, refine_latent
from ganstudio.render.regression import mapped, mean_latent

SPREAD_OF = 1024
"""How many latents tell the spread of w."""
SHARED = 0.5
"""The share of the steps in which all layers have one w."""
RATE, FREE_RATE = 0.1, 0.02
"""Of Adam, in units of w's spread: with one w, and with one a layer."""
RAMP = 0.1
"""The share of the steps over which the rate rises; over the last quarter it falls."""
HELD_OUT, PAIRS, HELD_OUT_SEED = 16, 5, 3_141_592_653
"""Samples, and pairs of samples, that tell what is usual, and where their seeds begin."""
BEYOND = 4.0
"""How many deviations above what is usual a photo counts as unlike the model's world."""
NEARER = 0.7
"""Without a regressor: how much nearer than two samples to each other a photo must come to its projection."""


def project(bench: Bench, target: Target, steps: int) -> Iterator[Progress]:
    """Find the latent of a photo; each step reports the best so far, the first the guess where there is one.

    Reports carry a note once it is known that the photo is unlike what the model draws.
    """
    if bench.regressor is not None:
        return _from_guess(bench, target, steps)
    if bench.generator.space == "z":
        start = torch.randn(1, bench.generator.z_dim, generator=torch.Generator().manual_seed(0))
        return refine_latent(bench, target, start, steps)
    return _from_mean(bench, target, steps)


class World:
    """What is usual for the pictures of a model, learned from one sample at a time, between other work.

    With a regressor: how far samples are from what it makes of them. Without: how far two samples are apart.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._before: Tensor | None = None
        self._distances: list[float] = []
        self._seed = HELD_OUT_SEED

    @property
    def known(self) -> bool:
        """Whether enough was seen."""
        return len(self._distances) >= (HELD_OUT if self._bench.regressor is not None else PAIRS)

    def look(self) -> None:
        """Draw one more sample, unless enough was seen."""
        if self.known:
            return
        bench, self._seed = self._bench, self._seed + 1
        sample = bench.samples(1, self._seed)
        with torch.no_grad():
            if bench.regressor is not None:
                target = Target.whole(sample)
                self._distances.append(float(faithful(bench, target)(bench.guess(target))[0]))
            elif self._before is not None:
                self._distances.append(float(distance(bench, Target.whole(self._before), sample)))
        self._before = sample

    def unlike(self, away: float) -> str:
        """One sentence when a photo is farther from its latent's picture than is usual; empty while that is unknown."""
        if not self.known:
            return ""
        seen = torch.tensor(self._distances)
        guessed = self._bench.regressor is not None
        limit = float(seen.mean() + BEYOND * seen.std() if guessed else NEARER * seen.median())
        if away <= limit:
            return ""
        name = self._bench.model.info.name
        return (f"This photo is unlike what {name} draws ({away / limit:.1f} times as far off as its own pictures may "
                f"be): expect a likeness, not a copy.")


def _from_guess(bench: Bench, target: Target, steps: int) -> Iterator[Progress]:
    """One pass, then refine; the world is looked at meanwhile, and what is missing of it at the end."""
    world, start = World(bench), bench.guess(target)
    guess = last = _tried(bench, target, start, steps)
    yield guess
    for last in refine_latent(bench, target, start, steps):
        world.look()
        yield replace(last, note=world.unlike(guess.loss))
    while not world.known:
        world.look()
        yield replace(last, note=world.unlike(guess.loss))


def _tried(bench: Bench, target: Target, latent: Tensor, steps: int) -> Progress:
    """A latent as it is, before any step."""
    best = Best()
    with torch.no_grad():
        best.take(latent, *faithful(bench, target)(latent))
    return best.progress(0, steps)


def _from_mean(bench: Bench, target: Target, steps: int) -> Iterator[Progress]:
    """Optimise in units of the spread of w: one for all layers, then one a layer.

    How far one w comes tells whether the photo is of the model's world: with one a layer, anything can be drawn.
    """
    mean = mean_latent(bench.generator).to(bench.device)
    spread = mapped(bench.generator, SPREAD_OF, SPREAD_OF).std(dim=0).clamp(min=1e-3).to(bench.device)
    shared = max(1, round(steps * SHARED))
    away, world, note, done = torch.zeros(1, 1, mean.shape[-1], device=bench.device), World(bench), "", 0
    for count, rate, layers in ((shared, RATE, 1), (steps - shared, FREE_RATE, mean.shape[1])):
        at = away.expand(-1, layers, -1).clone().requires_grad_(True)
        for progress in _adam(bench, target, at, mean, spread, count, rate):
            away, done = ((progress.latent.to(bench.device) - mean) / spread)[:, :layers], done + 1
            world.look()
            progress = replace(progress, done=done, total=steps)
            while done == shared and not world.known:
                world.look()
                yield progress
            if done == shared:
                note = world.unlike(progress.loss)
            yield replace(progress, note=note)


def _adam(bench: Bench, target: Target, at: Tensor, mean: Tensor, spread: Tensor, steps: int,
          rate: float) -> Iterator[Progress]:
    """Adam on `at`, whose latent is `mean + spread * at`."""
    optimiser = torch.optim.Adam([at], rate)
    found = descend(lambda: mean + spread * at, faithful(bench, target), steps, optimiser)
    for number in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * _ramp((number + 0.5) / steps)
        if (progress := next(found, None)) is None:
            return
        yield progress


def _ramp(share: float) -> float:
    """How much of the rate counts after a share of the steps."""
    fall = min(1.0, (1 - share) / 0.25)
    return min(1.0, share / RAMP) * (0.5 - 0.5 * math.cos(math.pi * fall))
