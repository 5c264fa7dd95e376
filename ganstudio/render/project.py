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
PAIRS = 8
HELD_OUT, HELD_OUT_SEED = 24, 3_141_592_653
"""Samples that tell what is usual, and where they begin."""
BEYOND = 4.0
"""How many deviations above what is usual a photo counts as unlike the model's world."""
NEARER = 0.7
"""Without a regressor: how much nearer than two samples to each other a photo must come to its projection."""


def project(bench: Bench, target: Target, steps: int) -> Iterator[Progress]:
    """Find the latent of a photo; each step reports the best so far, the first the guess where there is one.

    Once the latent is roughly found, reports carry a note when the photo is unlike what the model draws.
    """
    if bench.regressor is not None:
        start = bench.guess(target)
        guess = _tried(bench, target, start, steps)
        found, note = refine_latent(bench, target, start, steps), unlike(bench, guess.loss)
        yield replace(guess, note=note)
    elif bench.generator.space == "z":
        start = torch.randn(1, bench.generator.z_dim, generator=torch.Generator().manual_seed(0))
        found, note = refine_latent(bench, target, start, steps), ""
    else:
        found, note = _from_mean(bench, target, steps), ""
    for progress in found:
        note = note or progress.note
        yield replace(progress, note=note)


def _tried(bench: Bench, target: Target, latent: Tensor, steps: int) -> Progress:
    """A latent as it is, before any step."""
    best = Best()
    with torch.no_grad():
        best.take(latent, *faithful(bench, target)(latent))
    return best.progress(0, steps)


def unlike(bench: Bench, distance: float) -> str:
    """One sentence when a photo is farther from what the model found for it than the model's own pictures are."""
    limit = _usual(bench) if bench.regressor is not None else NEARER * _apart(bench)
    if distance <= limit:
        return ""
    return (f"This photo is unlike what {bench.model.info.name} draws ({distance / limit:.1f} times as far off as its "
            f"own pictures may be): expect a likeness, not a copy.")


def _usual(bench: Bench) -> float:
    """How far at most the model's own pictures are from what the regressor makes of them."""
    targets = [Target.whole(image[None]) for image in bench.samples(HELD_OUT, HELD_OUT_SEED)]
    with torch.no_grad():
        found = torch.stack([faithful(bench, target)(bench.guess(target))[0] for target in targets])
    return float(found.mean() + BEYOND * found.std())


def _apart(bench: Bench) -> float:
    """How far two pictures of the model are from each other, at the median."""
    ones, others = bench.samples(2 * PAIRS, HELD_OUT_SEED).chunk(2)
    with torch.no_grad():
        found = [distance(bench, Target.whole(one[None]), other[None]) for one, other in zip(ones, others, strict=True)]
    return float(torch.stack(found).median())


def _from_mean(bench: Bench, target: Target, steps: int) -> Iterator[Progress]:
    """Optimise in units of the spread of w: one for all layers, then one a layer."""
    mean = mean_latent(bench.generator).to(bench.device)
    spread = mapped(bench.generator, SPREAD_OF, SPREAD_OF).std(dim=0).clamp(min=1e-3).to(bench.device)
    shared = max(1, round(steps * SHARED))
    away = torch.zeros(1, 1, mean.shape[-1], device=bench.device)
    for count, rate, layers, done in ((shared, RATE, 1, 0), (steps - shared, FREE_RATE, mean.shape[1], shared)):
        at = away.expand(-1, layers, -1).clone().requires_grad_(True)
        for progress in _adam(bench, target, at, mean, spread, count, rate):
            away = ((progress.latent.to(bench.device) - mean) / spread)[:, :layers]
            at_turn = layers == 1 and progress.done == count
            note = unlike(bench, progress.loss) if at_turn else ""
            yield replace(progress, done=done + progress.done, total=steps, note=note)


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
