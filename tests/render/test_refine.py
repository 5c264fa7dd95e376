"""Refining comes nearer to what counts and leaves the rest to the model; projecting finds a picture's latent."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ganstudio.render.bench import Bench, Target
from ganstudio.render.project import project
from ganstudio.render.refine import Progress, refine_latent, tune_encoder
from ganstudio.render.regression import mean_latent
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError
from tests.fakes import TinyGenerator
from tests.models import TinyLibrary, tiny_document
from tests.regressors import ExactRegressor, TinySight

RED = torch.tensor([4.0, -4.0, -4.0, 0.0])


def bench(regressor: Any = None, generator: Any = None) -> Bench:
    return Renderer(TinyLibrary(generator), "cpu", sight=TinySight(regressor)).bench(tiny_document())


def target(ws: Tensor, visible: float = 1.0) -> Target:
    """The picture of w+ [4, 4]; of each quarter so much counts, from the left."""
    image = TinyGenerator().synthesize(ws[None])
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., :round(16 * visible)] = 1
    mask[..., 16:16 + round(16 * visible)] = 1
    return Target(image * mask, mask)


def last(steps: Any) -> Progress:
    return list(steps)[-1]


def test_a_wrong_guess_is_refined_until_the_picture_is_the_target():
    wanted = target(RED.expand(4, 4))
    found = last(refine_latent(bench(ExactRegressor(0.5)), wanted, torch.zeros(1, 4, 4), 30, agreement=0.0))
    assert (found.done, found.total) == (30, 30)
    assert found.latent[0, :, :3] == pytest.approx(RED[:3].expand(4, 3), abs=0.02)
    assert np.abs(found.pixels.astype(int) - [255, 0, 0]).max() <= 1


def test_the_loss_never_grows_and_each_step_brings_a_picture():
    steps = list(refine_latent(bench(ExactRegressor(0.5)), target(RED.expand(4, 4)), torch.zeros(1, 4, 4), 5))
    losses = [step.loss for step in steps]
    assert losses == sorted(losses, reverse=True)
    assert all(step.pixels.shape == (32, 32, 3) for step in steps)


def test_what_does_not_count_has_no_influence():
    """The right half of the picture is another in the target, but hidden there."""
    seen = target(RED.expand(4, 4))
    mask = seen.mask.clone()
    mask[..., 16:] = 0
    start = torch.ones(1, 4, 4)
    found = last(refine_latent(bench(), Target(seen.image * mask, mask), start, 20, agreement=0.0))
    assert found.latent[0, 0, :3] == pytest.approx(RED[:3], abs=0.05)
    assert torch.equal(found.latent[0, 1], start[0, 1])


def test_agreement_holds_the_latent_near_what_the_encoder_sees():
    """An encoder that is sure of half of it pulls the result back."""
    wanted, start = target(RED.expand(4, 4)), torch.zeros(1, 4, 4)
    free = last(refine_latent(bench(ExactRegressor(0.5)), wanted, start, 30, agreement=0.0))
    torn = last(refine_latent(bench(_Stubborn()), wanted, start, 30, agreement=50.0))
    assert float((torn.latent[0, :, :3] - RED[:3]).abs().mean()) > float((free.latent[0, :, :3] - RED[:3]).abs().mean())


class _Stubborn(ExactRegressor):
    """Says grey of the target, and the truth of what it is shown later."""

    def regress(self, image: Tensor, mask: Tensor) -> Tensor:
        said = super().regress(image, mask)
        return said if self.calls > 1 else torch.zeros_like(said)


def test_a_tuned_encoder_answers_for_its_picture_and_the_original_stays():
    regressor = ExactRegressor(0.99)
    wanted = target(RED.expand(4, 4))
    found = last(tune_encoder(bench(regressor), wanted, 40))
    assert float(regressor.gain) == pytest.approx(0.99)
    assert found.latent[0, :, :3] == pytest.approx(RED[:3].expand(4, 3), abs=0.04)
    before = regressor.regress(wanted.colours, wanted.mask)
    assert float((found.latent - RED).abs().max()) <= float((before - RED).abs().max())


def test_numbers_past_all_bounds_end_it_with_what_was_best():
    class Bursting(TinyGenerator):
        def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
            picture = super().synthesize(ws, noise)
            return picture * float("nan") if self.calls > 1 else picture

    found = list(refine_latent(bench(generator=Bursting()), target(RED.expand(4, 4)), torch.zeros(1, 4, 4), 30))
    assert len(found) < 30
    assert torch.isfinite(found[-1].latent).all()


def test_a_photo_is_found_in_one_pass_with_a_regressor():
    ws = torch.stack([RED, -RED, RED / 2, RED * 0])
    steps = list(project(bench(ExactRegressor()), target(ws), 3))
    assert steps[0].done == 0
    assert steps[0].loss == pytest.approx(0, abs=1e-6)
    assert steps[0].latent[0, :, :3] == pytest.approx(ws[:, :3], abs=1e-5)
    assert steps[-1].note == ""


def test_a_photo_is_found_from_the_mean_without_one():
    ws = torch.stack([RED, RED, RED, RED / 2])
    steps = list(project(bench(), target(ws), 120))
    assert sorted({s.done for s in steps}) == list(range(1, 121))
    assert steps[-1].loss < 0.02 < steps[0].loss
    first = steps[0].latent[0]
    assert torch.equal(first, first[:1].expand(4, 4))  # one w for all layers to begin with


def test_a_photo_unlike_the_models_world_is_said_to_be():
    """A chequered picture is nothing that four flat quarters can show."""
    squares = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8).repeat_interleave(2, 0).repeat_interleave(2, 1)
    chequered = Target.whole(squares.expand(1, 3, 32, 32).clone())
    for regressor in (ExactRegressor(), None):
        steps = list(project(bench(regressor), chequered, 10))
        assert "unlike what Tiny draws" in steps[-1].note


def test_the_models_world_is_looked_at_a_sample_a_step():
    """So that no step takes long: the preview waits for it."""
    generator = TinyGenerator()
    steps = project(bench(ExactRegressor(), generator), target(RED.expand(4, 4)), 5)
    calls = []
    for _ in steps:
        calls.append(generator.calls)
    assert max(b - a for a, b in itertools.pairwise(calls)) <= 14  # a line search, a sample and its picture


def test_a_picture_of_the_model_is_not():
    ws = TinyGenerator().map(torch.randn(1, 4))[:, None].expand(-1, 4, -1)[0]
    for regressor in (ExactRegressor(), None):
        assert list(project(bench(regressor), target(ws), 60))[-1].note == ""


def test_models_in_z_are_projected_in_z():
    class Z(TinyGenerator):
        space = "z"
        w_avg = None

        def __init__(self) -> None:
            torch.nn.Module.__init__(self)
            self.calls = 0

    found = last(project(bench(generator=Z()), target(RED.expand(4, 4)), 30))
    assert found.latent.shape == (1, 4)
    assert found.latent[0, :3] == pytest.approx(RED[:3] / 2, abs=0.05)
    assert torch.equal(mean_latent(Z()), torch.zeros(1, 4))


def test_without_any_plugins_there_is_a_sentence():
    with pytest.raises(RenderError, match="no plugins here"):
        Renderer(TinyLibrary(), "cpu").bench(tiny_document())
    refused = Renderer(TinyLibrary(), "cpu", sight=TinySight(ValueError("It belongs to other weights.")))
    with pytest.raises(RenderError, match="other weights"):
        refused.bench(tiny_document())


def test_soft_edges_count_as_much_as_their_mask_says():
    image, mask = torch.full((1, 3, 8, 8), 0.5), torch.full((1, 1, 8, 8), 0.25)
    soft = Target(image * mask, mask)
    assert torch.allclose(soft.colours, image)
    assert float(soft.l1(image)) == pytest.approx(0)
    assert float(soft.l1(image + 0.2)) == pytest.approx(0.2)
    assert float(replace(soft, mask=mask * 0, image=image * 0).l1(image)) == 0
