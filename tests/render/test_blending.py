"""The plain blends are what they are called: exact where their answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ganstudio.render.bench import Target
from ganstudio.render.blending import Layer, blends, pixel_blend, poisson_blend
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError
from tests.models import TinyLibrary, tiny_document
from tests.regressors import ExactRegressor, TinySight, quarters

RED, GREEN = (255, 0, 0), (0, 255, 0)


def smooth(side: int = 24) -> Tensor:
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    return torch.stack([0.4 * x, 0.3 * y * x, 0.2 * (x - y)])[None]


def whole(image: Tensor) -> Layer:
    return Layer(Target.whole(image), torch.ones_like(image[:, :1]))


def patch(image: Tensor, top: int, left: int, height: int, width: int) -> Layer:
    mask = torch.zeros_like(image[:, :1])
    mask[..., top:top + height, left:left + width] = 1
    return Layer(Target.whole(image), mask)


@pytest.mark.parametrize("box", [(6, 7, 10, 9), (0, 0, 12, 12), (10, 14, 14, 10)])
def test_a_part_of_the_same_gradients_disappears_in_what_is_beneath(box):
    """Only its light differs, and gradients know no light; at the frame's edge, too."""
    ground = smooth()
    found = poisson_blend([whole(ground), patch(ground + 0.3, *box)])
    assert float((found - ground).abs().max()) < 2e-3


def test_a_part_over_everything_keeps_its_gradients():
    ground, other = torch.zeros(1, 3, 16, 16), smooth(16)
    found = poisson_blend([whole(ground), whole(other)])
    assert torch.allclose(found.diff(dim=3), other.diff(dim=3), atol=1e-3)


def test_inside_the_gradients_are_the_parts_and_at_the_edge_the_colours_beneath():
    ground, part = torch.zeros(1, 3, 24, 24), smooth()
    found = poisson_blend([whole(ground), patch(part, 6, 6, 12, 12)])
    assert float(found[..., :6, :].abs().max()) == 0
    inner, wanted = found[..., 8:16, 8:16], part[..., 8:16, 8:16]
    assert torch.allclose(_curve(inner), _curve(wanted), atol=1e-3)


def test_a_picture_that_ends_within_the_part_asks_for_no_step_there():
    ground, mask = torch.zeros(1, 3, 12, 12), torch.ones(1, 1, 12, 12)
    mask[..., 6:] = 0
    found = poisson_blend([whole(ground), Layer(Target(torch.full((1, 3, 12, 12), 0.8) * mask, mask), mask)])
    assert float(found.abs().max()) < 1e-3


def _curve(x: Tensor) -> Tensor:
    return 4 * x[..., 1:-1, 1:-1] - x[..., 2:, 1:-1] - x[..., :-2, 1:-1] - x[..., 1:-1, 2:] - x[..., 1:-1, :-2]


def test_pixels_are_laid_over_the_mean_of_their_colours():
    half = patch(torch.full((1, 3, 4, 4), 0.5), 0, 0, 2, 4)
    seen = Target(half.whole.image * half.cut, half.cut)
    assert torch.allclose(pixel_blend(seen), torch.full((1, 3, 4, 4), 0.5))


def test_all_four_are_drawn_and_the_latent_is_the_mean_of_the_parts_by_their_share():
    document = replace(tiny_document(), collage=quarters(RED, RED, RED, GREEN))
    draw = Renderer(TinyLibrary(), "cpu", sight=TinySight(ExactRegressor()))
    found = {blend.way: blend.pixels for blend in blends(draw, document, 0.0)}
    assert list(found) == ["composition", "latent", "pixel", "poisson"]
    assert np.abs(found["latent"].astype(int) - [191, 64, 0]).max() <= 1
    assert (found["composition"][24, 24] == GREEN).all()
    assert (found["pixel"][24, 24] == GREEN).all()


def test_without_a_regressor_there_is_nothing_to_compare():
    draw = Renderer(TinyLibrary(), "cpu", sight=TinySight())
    with pytest.raises(RenderError, match="nothing to compare"):
        list(blends(draw, replace(tiny_document(), collage=quarters(RED)), 0.0))
