"""The collage on screen refined, as a job: what the window starts and what comes back as a value of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from ganstudio.document.collage import Collage
from ganstudio.document.document import Document
from ganstudio.document.refinement import Method, Refinement
from ganstudio.render.bench import Bench, Target
from ganstudio.render.project import project
from ganstudio.render.refine import Progress, refine_latent, tune_encoder
from ganstudio.render.regression import mean_latent
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError

NOTHING = "Nothing of the parts on the canvas shows in the frame, so there is nothing to follow: move one into it."
NO_ENCODER = "{name} has no regressor that could be tuned: train one, or refine the latent."


@dataclass(frozen=True, eq=False)
class Refined:
    """How far it is, and what the document gets if it ends here."""

    progress: Progress
    refinement: Refinement


def refine_collage(renderer: Renderer, document: Document, time: float, method: Method,
                   steps: int) -> Iterator[Refined]:
    """Refine the collage of a moment; goes on from what was found for this very collage before.

    Raises RenderError or ModelError in one sentence.
    """
    bench, collage = renderer.bench(document, time), document.collage_at(time)
    target = target_of(renderer, bench, collage)
    if method == "encoder" and bench.regressor is None:
        raise RenderError(NO_ENCODER.format(name=bench.model.info.name))
    guess = mean_latent(bench.generator).cpu() if bench.regressor is None else bench.guess(target).float().cpu()
    for progress in _steps(bench, target, method, steps, _begun(guess, document.refinement, collage)):
        offset = (progress.latent - guess)[0].numpy()
        yield Refined(progress, Refinement(offset, collage.key, 1.0, method))


def target_of(renderer: Renderer, bench: Bench, collage: Collage) -> Target:
    """What the parts show in the frame; RenderError where that is nothing."""
    image, mask = renderer.regression.composite(bench.model, collage, bench.device)
    if float(mask.sum()) == 0:
        raise RenderError(NOTHING)
    return Target(image, mask)


def _steps(bench: Bench, target: Target, method: Method, steps: int, start: Tensor | None) -> Iterator[Progress]:
    if method == "encoder":
        return tune_encoder(bench, target, steps)
    return project(bench, target, steps) if start is None else refine_latent(bench, target, start, steps)


def _begun(guess: Tensor, found: Refinement | None, collage: Collage) -> Tensor | None:
    """The latent that an earlier refinement of the same collage ended with."""
    if found is None or not found.fits(collage) or found.offset.shape != guess.shape[1:]:
        return None
    return guess + guess.new_tensor(found.offset)
