"""A collage refined as a job ends as a value of the document, which the renderer then draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganstudio.document.collage import Collage, Placement
from ganstudio.document.document import Document
from ganstudio.render.refining import refine_collage
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError, Shot
from tests.models import TinyLibrary, tiny_document
from tests.regressors import ExactRegressor, TinySight, colour_part, quarters

RED = (255, 0, 0)


def renderer(regressor: object) -> Renderer:
    return Renderer(TinyLibrary(), "cpu", sight=TinySight(regressor))


def document(collage: Collage) -> Document:
    return replace(tiny_document(), collage=collage)


def red(draw: Renderer, shown: Document) -> int:
    return int(draw.render(Shot(shown)).pixels[8, 8, 0])


def test_what_is_found_makes_the_picture_faithful_and_less_of_it_less():
    draw, before = renderer(ExactRegressor(0.25)), document(quarters(RED, RED, RED, RED))
    found = list(refine_collage(draw, before, 0.0, "latent", 25))[-1].refinement
    assert found.fits(before.collage)
    assert found.method == "latent"
    reds = [red(draw, replace(before, refinement=replace(found, amount=a))) for a in (0.0, 0.5, 1.0)]
    assert reds[0] == red(draw, before) < reds[1] < reds[2]
    assert reds[2] >= 250


def test_a_tuned_encoder_becomes_a_latent_too():
    draw, before = renderer(ExactRegressor(0.99)), document(quarters(RED, RED, RED, RED))
    found = list(refine_collage(draw, before, 0.0, "encoder", 3))[-1].refinement
    assert found.offset.shape == (4, 4)
    assert found.method == "encoder"


def test_refining_again_goes_on_from_what_was_found():
    draw, before = renderer(ExactRegressor(0.25)), document(quarters(RED, RED, RED, RED))
    first = list(refine_collage(draw, before, 0.0, "latent", 6))[-1]
    again = next(refine_collage(draw, replace(before, refinement=first.refinement), 0.0, "latent", 6))
    assert again.progress.loss <= first.progress.loss + 1e-6
    moved = Collage((colour_part(RED, placement=Placement(x=0.7)),))
    fresh = next(refine_collage(draw, replace(before, collage=moved, refinement=first.refinement), 0.0, "latent", 6))
    assert fresh.refinement.fits(moved)


def test_without_a_regressor_the_collage_is_projected_from_the_mean():
    draw, before = renderer(None), document(quarters(RED, RED, RED, RED))
    found = list(refine_collage(draw, before, 0.0, "latent", 120))[-1].refinement
    assert np.abs(draw.render(Shot(replace(before, refinement=found))).pixels.astype(int) - RED).max() < 12


@pytest.mark.parametrize(("collage", "method", "said"), [
    (Collage((colour_part(RED, placement=Placement(x=9)),)), "latent", "nothing to follow"),
    (quarters(RED), "encoder", "no regressor that could be tuned"),
])  # fmt: skip
def test_what_cannot_be_refined_is_one_sentence(collage, method, said):
    with pytest.raises(RenderError, match=said):
        next(refine_collage(renderer(None), document(collage), 0.0, method, 3))


def test_a_job_that_is_closed_leaves_nothing_behind():
    steps = refine_collage(renderer(ExactRegressor(0.5)), document(quarters(RED)), 0.0, "latent", 9)
    assert torch.isfinite(next(steps).progress.latent).all()
    steps.close()
    assert list(steps) == []
