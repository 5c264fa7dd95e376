"""What plain blending would do with the same parts: in pixels, in the latent, and by Poisson's equation.

The rivals of Chai, Wulff and Isola (ICLR 2021). Poisson blending is Pérez, Gangnet and Blake, "Poisson Image Editing"
(2003): inside a part the gradients are the part's, at its edge the colours those beneath; solved by conjugate
gradients, all three channels at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.document.collage import Collage, Part
from ganstudio.document.document import Document
from ganstudio.document.mask import Mask
from ganstudio.render.bench import LEAST, Bench, Target
from ganstudio.render.refining import target_of
from ganstudio.render.renderer import Renderer, to_pixels
from ganstudio.render.shot import Pixels, RenderError, Scene

STEPS, ENOUGH = 500, 1e-4
"""The most steps of conjugate gradients, and the share of the first residual at which it is solved."""
SOLID = 0.5
"""Where a part's mask is above this, Poisson blending takes its gradients."""


@dataclass(frozen=True, eq=False)
class Blend:
    """One way to make one picture of the parts, and the picture."""

    way: str
    pixels: Pixels


def blends(renderer: Renderer, document: Document, time: float) -> Iterator[Blend]:
    """Ours, and the three blends, one a step: "composition", "latent", "pixel" and "poisson".

    Raises RenderError or ModelError in one sentence.
    """
    bench, collage = renderer.bench(document, time), document.collage_at(time)
    target = target_of(renderer, bench, collage)
    if bench.regressor is None:
        raise RenderError(f"{bench.model.info.name} has no regressor, so there is nothing to compare: train one first.")
    _, pixels = next(renderer.scenes(document, [Scene.of(document, time)], None))
    yield Blend("composition", pixels)
    yield Blend("latent", to_pixels(latent_blend(renderer, bench, collage)))
    yield Blend("pixel", to_pixels(pixel_blend(target)))
    yield Blend("poisson", to_pixels(poisson_blend([layer_of(renderer, bench, part) for part in collage.shown])))


def layer_of(renderer: Renderer, bench: Bench, part: Part) -> Layer:
    """One part alone in the frame."""
    whole = replace(part, mask=Mask.flat(part.mask.size), opacity=1.0, feather=0.0)
    targets = [Target(*renderer.regression.composite(bench.model, Collage((replace(p, blend="normal", match=0.0),)),
                                                     bench.device)) for p in (whole, part)]
    return Layer(targets[0], targets[1].mask)


def latent_blend(renderer: Renderer, bench: Bench, collage: Collage) -> Tensor:
    """The picture of the mean of the parts' latents, each weighed by how much of it is seen.

    A part's latent is that of its whole picture, as if nothing were cut away.
    """
    seen, latents = torch.tensor(1.0, device=bench.device), []
    for part in reversed(collage.shown):
        layer = layer_of(renderer, bench, part)
        latents.append((float((layer.cut * seen).sum()), bench.guess(layer.whole)))
        seen = seen * (1 - layer.cut)
    total = sum(weight for weight, _ in latents)
    mean = torch.stack([latent * (weight / max(total, LEAST)) for weight, latent in latents]).sum(dim=0)
    with torch.no_grad():
        return bench.picture(mean)


def pixel_blend(target: Target) -> Tensor:
    """The parts as they lie, over the mean of their colours."""
    return target.image + mean_colour(target) * (1 - target.mask)


def mean_colour(target: Target) -> Tensor:
    """The mean of what counts, [1, 3, 1, 1]."""
    return target.image.sum(dim=(2, 3), keepdim=True) / target.mask.sum(dim=(2, 3), keepdim=True).clamp(min=LEAST)


@dataclass(frozen=True, eq=False)
class Layer:
    """A part in the frame: its whole picture, and what of it counts, `cut` [1, 1, h, w] in 0..1."""

    whole: Target
    cut: Tensor

    @property
    def gradients(self) -> tuple[Tensor, Tensor]:
        """The picture's steps to the right and downwards, 0 where it ends."""
        known = (self.whole.mask > SOLID).float()
        (across, down), (right, below) = _steps(self.whole.colours), _pairs(known)
        return across * right, down * below


def poisson_blend(layers: list[Layer]) -> Tensor:
    """Parts pasted one over the other, the lowest first as it is, the others by their gradients: [1, 3, h, w]."""
    lowest = layers[0]
    seen = Target(lowest.whole.colours * lowest.cut, lowest.cut)
    picture = pixel_blend(seen)
    for layer in layers[1:]:
        inside = (layer.cut > SOLID).float()
        if float(inside.sum()):
            wanted = [ours - theirs for ours, theirs in zip(layer.gradients, _steps(picture), strict=True)]
            picture = picture + _solved(inside, wanted[0], wanted[1])
    return picture.clamp(-1, 1)


def _solved(inside: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """x [1, 3, h, w], 0 outside, whose steps inside come nearest to these, by conjugate gradients.

    Where the frame ends there is no neighbour, so nothing is asked of the step across its edge.
    """
    residual = _divergence(across, down) * inside
    x, step, power = torch.zeros_like(residual), residual, residual.square().sum()
    enough = float(power) * ENOUGH**2
    for _ in range(STEPS):
        if float(power) <= enough:
            break
        along = _divergence(*_steps(step)) * inside
        share = power / (step * along).sum().clamp(min=1e-20)
        x, residual = x + share * step, residual - share * along
        before, power = power, residual.square().sum()
        step = residual + (power / before) * step
    return x


def _steps(x: Tensor) -> tuple[Tensor, Tensor]:
    """From each pixel to its right and its lower neighbour."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def _pairs(known: Tensor) -> tuple[Tensor, Tensor]:
    """Where a pixel and its right, or lower, neighbour are both known."""
    return known[..., 1:] * known[..., :-1], known[..., 1:, :] * known[..., :-1, :]


def _divergence(across: Tensor, down: Tensor) -> Tensor:
    """What steps add up to at each pixel; of a picture's own steps, its Laplacian (the positive form)."""
    total = F.pad(across, (1, 0)) - F.pad(across, (0, 1))
    return total + F.pad(down, (0, 0, 1, 0)) - F.pad(down, (0, 0, 0, 1))
