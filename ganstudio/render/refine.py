"""From the regressor's guess towards what is on the canvas: optimise the latent, or tune the encoder to one picture.

Chai, Wulff and Isola (ICLR 2021), per-image optimisation and fine-tuning: L-BFGS on the latent under masked L1,
masked likeness and a term that keeps the result where the encoder agrees with it; or 30 to 50 steps of Adam on the
encoder under fresh random masks. Each yields after every step, so it is a job as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.render.bench import Bench, Target
from ganstudio.render.renderer import to_pixels
from ganstudio.render.shot import Pixels

LIKENESS = 0.5
"""The share of likeness in the loss; the rest is the difference of colours."""
AGREEMENT = 0.25
"""The weight of the difference between what the encoder says of the result and of the target."""
STEPS, TUNING_STEPS = 40, 40
LINE_SEARCH, HISTORY = 10, 20
"""Evaluations that one step of L-BFGS may take, and how many steps it learns from."""
RATE, BETAS = 2e-4, (0.5, 0.999)
"""Of tuning. The paper's rate is 5e-5 for encoders of 11 million numbers and more; ours have fewer."""
GRID, CUTOFF = 6, (0.3, 1.0)
"""The masks of the paper: a grid of random numbers, up-sampled, visible below a cutoff."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far an optimisation is: the best latent so far (float32 on the CPU), its loss, its picture, and a sentence
    where the user should know something."""

    done: int
    total: int
    latent: Tensor
    loss: float
    pixels: Pixels
    note: str = ""


Judge = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A latent to how far its picture is from a target, a scalar, and that picture [1, 3, h, w]; differentiable."""


def refine_latent(bench: Bench, target: Target, start: Tensor, steps: int = STEPS,
                  agreement: float = AGREEMENT) -> Iterator[Progress]:
    """Optimise a latent from `start`, z [1, z_dim] or w+ [1, num_ws, w_dim], towards a target."""
    latent = start.detach().clone().to(bench.device).requires_grad_(True)
    optimiser = torch.optim.LBFGS([latent], max_iter=1, max_eval=LINE_SEARCH, history_size=HISTORY,
                                  line_search_fn="strong_wolfe")
    yield from descend(lambda: latent, faithful(bench, target, agreement), steps, optimiser)


def tune_encoder(bench: Bench, target: Target, steps: int = TUNING_STEPS, seed: int = 0) -> Iterator[Progress]:
    """Tune a copy of the regressor to one picture; its answer to that picture is the result."""
    assert bench.regressor is not None
    twin, weights = bench.regressor.trainable()
    random = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(list(weights), RATE, BETAS)
    near, best, judge = target.small(), Best(), faithful(bench, target)
    for done in range(1, steps + 1):
        part = target.seen(random_mask(target.mask.shape[-1], random).to(bench.device))
        picture = near.fitted(bench.picture(twin.regress(part.colours, part.mask)))
        loss = near.l2(picture) + bench.likeness(near.visible(picture), near.image)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        with torch.no_grad():
            answer = twin.regress(target.colours, target.mask)
            best.take(answer, *judge(answer))
        yield best.progress(done, steps)


def faithful(bench: Bench, target: Target, agreement: float = 0.0) -> Judge:
    """How far the picture of a latent is from a target, and, with some `agreement`, from what the encoder can see."""
    near, regressor = target.small(), bench.regressor if agreement else None
    wanted = None if regressor is None else bench.guess(target)

    def judge(latent: Tensor) -> tuple[Tensor, Tensor]:
        picture = bench.picture(latent)
        total = distance(bench, near, picture)
        if regressor is not None and wanted is not None:
            said = regressor.regress(picture, torch.ones_like(picture[:, :1]))
            total = total + agreement * F.mse_loss(said, wanted)
        return total, picture

    return judge


class Best:
    """The best latent of all that were tried, with its loss and its picture."""

    def __init__(self) -> None:
        self.loss = math.inf
        self._found: tuple[Tensor, Tensor] | None = None

    def take(self, latent: Tensor, loss: Tensor, picture: Tensor) -> None:
        """Try one more."""
        if self._found is None or float(loss.detach()) < self.loss:
            self.loss = float(loss.detach())
            self._found = latent.detach().clone(), picture.detach()

    def progress(self, done: int, total: int) -> Progress:
        """How it stands; something must have been tried."""
        assert self._found is not None
        latent, picture = self._found
        return Progress(done, total, latent.float().cpu(), self.loss, to_pixels(picture))


def distance(bench: Bench, target: Target, picture: Tensor) -> Tensor:
    """How far a picture [1, 3, h, w] is from a target: masked L1 and masked likeness, a scalar."""
    near = target.small()
    seen = near.fitted(picture)
    return (1 - LIKENESS) * near.l1(seen) + LIKENESS * bench.likeness(near.visible(seen), near.image)


def descend(latent: Callable[[], Tensor], judge: Judge, steps: int,
            optimiser: torch.optim.Optimizer) -> Iterator[Progress]:
    """Take steps down and report the best latent so far after each.

    Ends early where numbers grow past all bounds; what was best until then is kept.
    """
    best, last = Best(), 0.0

    def closure() -> Tensor:
        nonlocal last
        optimiser.zero_grad()
        value, picture = judge(latent())
        best.take(latent(), value, picture)
        value.backward()  # type: ignore[no-untyped-call]
        last = float(value.detach())
        return value

    for done in range(1, steps + 1):
        optimiser.step(closure)  # type: ignore[arg-type]
        yield best.progress(done, steps)
        if not math.isfinite(last):
            return


def random_mask(side: int, random: torch.Generator, cutoff: float | None = None) -> Tensor:
    """A mask [1, 1, side, side] of 0 and 1 in soft blotches, visible below the cutoff (drawn from `CUTOFF`)."""
    if cutoff is None:
        low, high = CUTOFF
        cutoff = low + (high - low) * float(torch.rand((), generator=random))
    grid = torch.rand(1, 1, GRID, GRID, generator=random)
    return (F.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False) < cutoff).float()
