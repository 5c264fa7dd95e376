"""How far a slider really goes: what pictures do along a direction, measured on latents that nothing learned from.

Asked for 200 px, a published walk moves things 46 (Jahanian et al., 2020): numbers on a slider are nominal until
somebody looks. At a row of alphas the pictures are compared with edits of the pictures at rest, and the amount of the
edit that explains them best is the answer; where it grows no more, the slider ends. How much the picture changes from
one alpha to the next is the paper's sign of saturation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Direction, Latent, PictureEdit, Response, truncates
from ganstudio.api import Generator as Network
from ganstudio.document.latent import base_from_seed
from ganstudio.render.latent import ws_of

SEED = 2_718_000_000
"""The held-out latents are those of this seed and the next."""
SIDE, COARSE, FEW, TRIES = 128, 32, 6, 14
"""Pictures are compared at no more than SIDE pixels; which edit fits is chosen at COARSE, by a FEW pictures and TRIES
amounts on either side."""
WIDER = 1.25
"""A direction measured before is looked at this much farther than it was found to reach."""
POINTS, CANDIDATES, STRIDE = 8, 40, 3
"""Alphas on either side of 0; amounts tried on either side of 0, and how many of them are looked over at once."""
WINDOWS = 16
"""How many windows a side are compared."""
ENOUGH = 0.95
"""The slider ends where this share of the largest amount is reached."""
FOLLOWS = 0.4
"""... or where an edit explains less than this part of what it explained at best."""
EXPLAINS = 0.3
"""The share of a change that an edit must explain for the change to be told in its unit."""
LEVELS = 127.5
PSI = 0.7
"""Truncation of the pictures measured, for models that have it: that of a new document."""

Draw = Callable[[Iterable[Latent]], Iterator[Tensor]]
"""Pictures [1, 3, h, w] in -1..1 of looks, one a step."""


@dataclass(frozen=True, eq=False)
class Probe:
    """Pictures [n, 3, h, w] along a direction: at rest, and at each of `alphas` (in order, 0 among them)."""

    alphas: tuple[float, ...]
    rest: Tensor
    moved: tuple[Tensor, ...]

    def few(self) -> Probe:
        """A few small pictures at rest, half-way and at the ends: enough to see which edit this is like."""
        chosen = sorted({0, len(self.alphas) // 4, self.alphas.index(0.0), -(-3 * len(self.alphas) // 4) - 1,
                         len(self.alphas) - 1})
        return Probe(tuple(self.alphas[i] for i in chosen), small(self.rest[:FEW], COARSE),
                     tuple(small(self.moved[i][:FEW], COARSE) for i in chosen))


@dataclass(frozen=True, eq=False)
class Fit:
    """An edit beside a probe: for each alpha the edit's own that fits all pictures best, and the share explained."""

    amounts: tuple[float, ...]
    explained: tuple[float, ...]

    @property
    def share(self) -> float:
        """What it explains at the ends, where the change is largest."""
        return (self.explained[0] + self.explained[-1]) / 2


def held_out(network: Network, count: int = 0) -> list[Latent]:
    """Looks to measure on, each of a random class where there are classes; fewer of large models."""
    count = count or (16 if network.resolution <= 128 else 12 if network.resolution <= 256 else 6)
    classes = np.random.default_rng(SEED).integers(max(1, network.num_classes), size=count)
    psi = PSI if truncates(network) else 1.0
    return [Latent(base_from_seed(SEED + i, network.z_dim, network.num_classes, int(classes[i])), psi)
            for i in range(count)]


def measured(network: Network, direction: Direction, edits: Sequence[PictureEdit]) -> Response:
    """What a direction does, told as that of `edits` which explains most of it; on the CPU, in float32."""
    *_, last = reach_steps(drawing(network), direction, held_out(network), edits, network.resolution)
    assert isinstance(last, Response)
    return last


def drawing(network: Network) -> Draw:
    """Draws with the network itself."""
    def draw(looks: Iterable[Latent]) -> Iterator[Tensor]:
        for look in looks:
            with torch.inference_mode():
                yield network.synthesize(ws_of(network, look)).float().clamp(-1, 1)

    return draw


def reach_steps(draw: Draw, direction: Direction, looks: Sequence[Latent], edits: Sequence[PictureEdit],
                side: int) -> Iterator[float | Response]:
    """Measure as a job: how far it is (0..1) after each picture, and at last the response.

    `side` is that of the model's pictures: amounts in pixels are told in its.
    """
    low, high = (end * (WIDER if direction.response else 1.0) for end in direction.reach)
    probe = yield from _probe(draw, direction, looks, _alphas(low, high), 0.0)
    edit, fit = _best_edit(probe, edits, direction)
    amounts, explained = (_differences(probe), None) if fit is None else (fit.amounts, fit.explained)
    low, high = (float(f"{end:.3g}") for end in _ends(probe.alphas, amounts, explained))
    probe = yield from _probe(draw, direction, looks, _alphas(low, high), 0.5)
    yield _response(probe, edit, direction, side)


def _probe(draw: Draw, direction: Direction, looks: Sequence[Latent], alphas: tuple[float, ...],
           done: float) -> Generator[float, None, Probe]:
    """Draw every look at every alpha; this is half of the work."""
    total, images = len(looks) * len(alphas), []
    walked = (look.with_direction(direction).with_alpha(direction.id, alpha) for alpha in alphas for look in looks)
    for image in draw(walked):
        images.append(small(image, SIDE))
        yield done + 0.5 * len(images) / total
    rows = tuple(torch.cat(images[i:i + len(looks)]) for i in range(0, total, len(looks)))
    return Probe(alphas, rows[alphas.index(0.0)], rows)


def _alphas(low: float, high: float) -> tuple[float, ...]:
    """Evenly from low to 0 to high; a side without extent is left out."""
    below = [low * (1 - i / POINTS) for i in range(POINTS)] if low < 0 else []
    above = [high * (i + 1) / POINTS for i in range(POINTS)] if high > 0 else []
    return (*below, 0.0, *above)


def _best_edit(probe: Probe, edits: Sequence[PictureEdit],
               direction: Direction) -> tuple[PictureEdit | None, Fit | None]:
    """The edit that explains the change best, or none; a walk's own edit (the only one given) needs no comparison."""
    own = [edit for edit in edits if edit.id == direction.parameters.get("edit")]
    if len(own) == 1:
        return own[0], fit_edit(probe, own[0])
    few = probe.few()
    fits = {edit.id: fit_edit(few, edit, TRIES) for edit in edits}
    best = max(edits, key=lambda edit: fits[edit.id].share, default=None)
    if best is None or fits[best.id].share < EXPLAINS:
        return None, None
    return best, fit_edit(probe, best)


def fit_edit(probe: Probe, edit: PictureEdit, tries: int = CANDIDATES) -> Fit:
    """For every alpha of a probe the amount of an edit that brings the pictures at rest nearest to those moved.

    The gain of an amount is the squared error it takes away where the edit says what the picture must be; so an edit
    that says little about the picture (far out, a zoom) explains little. It is looked for from alpha 0 outwards, near
    the amount found before: far away, a blur may fit by chance.
    """
    amounts = torch.linspace(-edit.furthest, edit.furthest, 2 * tries + 1)
    rest, moved = pooled(probe.rest), [pooled(image) for image in probe.moved]
    gains = torch.stack([_gains(edit, float(amount), probe.rest, rest, moved) for amount in amounts])
    zero = probe.alphas.index(0.0)
    found = {zero: tries}
    for order in (range(zero + 1, len(moved)), range(zero - 1, -1, -1)):
        for i in order:
            found[i] = _climbed(gains[:, i], found[i - 1 if i > zero else i + 1])
    error = [max((image - rest).square().mean().item(), 1e-9) for image in moved]
    return Fit(tuple(0.0 if i == zero else _peak(amounts, gains[:, i], found[i]) for i in range(len(moved))),
               tuple(max(0.0, float(gains[found[i], i])) / error[i] for i in range(len(moved))))


def pooled(image: Tensor) -> Tensor:
    """Images as edits are compared by: means over windows that overlap by half, beside which the blur that comes with
    moving something by a part of a pixel is nothing."""
    stride = max(1, image.shape[-1] // WINDOWS)
    return F.avg_pool2d(image, 2 * stride + 1, stride)


def _gains(edit: PictureEdit, amount: float, whole: Tensor, rest: Tensor, moved: list[Tensor]) -> Tensor:
    """[alphas]: the mean squared error that the edit takes away at each alpha."""
    target, mask = edited(edit, whole, amount)
    target, mask = pooled(target), pooled(mask)
    return torch.stack([(mask * ((image - rest).square() - (image - target).square())).mean() for image in moved])


def _climbed(gains: Tensor, start: int) -> int:
    """The top of gains [amounts] uphill from where we are; a dip of one or two does not hold."""
    here = start
    while True:
        low, high = max(0, here - STRIDE), min(len(gains), here + STRIDE + 1)
        best = low + int(gains[low:high].argmax())
        if gains[best] <= gains[here]:
            return here
        here = best


def edited(edit: PictureEdit, image: Tensor, amount: float) -> tuple[Tensor, Tensor]:
    """Images [n, 3, h, w] edited alike, as they could be shown, and the mask of the edit."""
    target, mask = edit.apply(image, torch.full((len(image),), amount))
    return target.clamp(-1, 1), mask


def _peak(amounts: Tensor, gains: Tensor, top: int) -> float:
    """Where gains [amounts] are largest around their top, between the amounts that were tried."""
    if not 0 < top < len(amounts) - 1:
        return float(amounts[top])
    left, middle, right = (float(gains[top + d]) for d in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(amounts[top] + min(max(shift, -1.0), 1.0) * (amounts[1] - amounts[0]))


def _differences(probe: Probe) -> tuple[float, ...]:
    """How different the pictures are from those at rest, root mean square in levels; negative below 0."""
    return tuple((-1 if alpha < 0 else 1) * LEVELS * (moved - probe.rest).square().mean().sqrt().item()
                 for alpha, moved in zip(probe.alphas, probe.moved, strict=True))


def _ends(alphas: tuple[float, ...], amounts: tuple[float, ...],
          explained: tuple[float, ...] | None) -> tuple[float, float]:
    """The alphas downwards and upwards at which pictures stop following: almost all of the amount is reached.

    The side that does more tells which way the direction goes; a side that goes the same way as the other does not
    follow it, and has no extent.
    """
    sides = [_followed(_side(alphas, sign), explained) for sign in (-1, 1)]
    sums = [sum(amounts[i] for i in side) for side in sides]
    way = math.copysign(1, max((-sums[0], sums[1]), key=abs))
    low, high = (_end(alphas, [sign * way * amount for amount in amounts], side)
                 for sign, side in zip((-1, 1), sides, strict=True))
    return low, high


def _side(alphas: tuple[float, ...], sign: int) -> list[int]:
    """The alphas on one side of 0, from there outwards."""
    order = range(len(alphas)) if sign > 0 else range(len(alphas) - 1, -1, -1)
    return [i for i in order if alphas[i] * sign > 0]


def _end(alphas: tuple[float, ...], amounts: list[float], side: list[int]) -> float:
    """The first alpha of a side with almost all of its largest amount; 0 where all are below 0."""
    peak = max((amounts[i] for i in side), default=-1.0)
    return 0.0 if peak < 0 else next(alphas[i] for i in side if amounts[i] >= ENOUGH * peak)


def _followed(order: list[int], explained: tuple[float, ...] | None) -> list[int]:
    """The alphas from 0 outwards up to where an edit explains the change no more."""
    if explained is None or not order:
        return order
    best = max(order, key=lambda i: explained[i])
    for place in range(order.index(best), len(order)):
        if explained[order[place]] < FOLLOWS * explained[best]:
            return order[:place]
    return order


def _response(probe: Probe, edit: PictureEdit | None, direction: Direction, side: int) -> Response:
    """The probe of the final range, told in the unit of the edit."""
    if edit is None:
        return Response("levels", probe.alphas, _differences(probe), _changes(probe, None, ()))
    fit = fit_edit(probe, edit)
    amounts = tuple(edit.amount(alpha, side) for alpha in fit.amounts)
    return Response(edit.unit, probe.alphas, amounts, _changes(probe, edit, fit.amounts), edit.name)


def _changes(probe: Probe, edit: PictureEdit | None, amounts: tuple[float, ...]) -> tuple[float, ...]:
    """Root mean square steps between neighbouring alphas in levels, where the edit of the farther one reaches."""
    steps = []
    for i in range(len(probe.alphas) - 1):
        square = (probe.moved[i + 1] - probe.moved[i]).square()
        if edit is None:
            steps.append(LEVELS * square.mean().sqrt().item())
            continue
        far = i if probe.alphas[i] < 0 else i + 1
        _, mask = edited(edit, probe.rest, amounts[far])
        steps.append(LEVELS * ((mask * square).mean() / mask.mean().clamp(min=1e-3)).sqrt().item())
    return tuple(steps)


def small(image: Tensor, side: int) -> Tensor:
    """Images averaged down to at most `side`."""
    return F.adaptive_avg_pool2d(image, side) if image.shape[-1] > side else image
