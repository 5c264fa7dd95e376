"""Non-linear walks: n steps of a network, added from the base."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.document.steps import StepLayers, StepNetwork
from ganstudio.render.latent import ws_of
from ganstudio.render.steps import MOST_STEPS, walk_offset
from tests.fakes import TinyGenerator
from tests.models import tiny_direction

Z = np.array([1.0, -1.0, 0.5, 0.0], np.float32)
EYE, NONE = np.eye(4, dtype=np.float32), np.zeros(4, np.float32)


def grow(rate: float) -> StepLayers:
    """x + rate relu(x): what is positive grows by the rate at each step."""
    return StepLayers(EYE, NONE, EYE * np.float32(rate), NONE)


def network(**rules: object) -> StepNetwork:
    return StepNetwork(grow(1.0), grow(-0.5), **rules)  # type: ignore[arg-type]


def direction(space: str, layers: tuple[LayerRange, ...] = (), **rules: object) -> Direction:
    return Direction("walk", "walk", space, NONE, layers, "", steps=network(**rules))  # type: ignore[arg-type]


@pytest.mark.parametrize(("alpha", "factor"), [(0, 1), (1, 2), (3, 8), (1.5, 3), (-1, 0.5), (-2.5, 0.1875)])
def test_steps_multiply_forward_and_back_and_are_interpolated_between(alpha: float, factor: float) -> None:
    base = torch.tensor([[1.0, -1.0, 0.5, 0.0]])
    there = base + walk_offset(network(), base, alpha)
    assert there[0].tolist() == pytest.approx([factor, -1, factor / 2, 0])


def test_in_z_every_step_keeps_the_length() -> None:
    base = torch.tensor([[3.0, -4.0, 0.0, 0.0]])
    there = base + walk_offset(network(keep_norm=True), base, 1.0)
    assert there[0].tolist() == pytest.approx([5 * 6 / 52**0.5, -5 * 4 / 52**0.5, 0, 0])


def test_in_w_every_step_is_pulled_to_the_mean() -> None:
    base, mean = torch.tensor([[1.0, -1.0, 0.5, 0.0]]), torch.tensor([0.4, 0.0, -0.4, 0.0])
    there = base + walk_offset(network(psi=0.5), base, 1.0, mean)
    assert there[0].tolist() == pytest.approx([1.2, -0.5, 0.3, 0.0])


def test_no_number_makes_it_walk_for_ever() -> None:
    base = torch.ones(1, 4) * 1e-12
    far = walk_offset(network(), base, 1e300)
    assert torch.equal(far, walk_offset(network(), base, float(MOST_STEPS)))


def test_a_walk_adds_from_the_base_whatever_else_moves() -> None:
    look = Latent(Base(Z), psi=0.5, psi_layers=2)
    walk, line = direction("w", (LayerRange(1, 3),)), tiny_direction()
    base = ws_of(TinyGenerator(), look)
    moved = ws_of(TinyGenerator(), look.with_direction(line, 3.0).with_direction(walk, 2.0)) - base
    alone = ws_of(TinyGenerator(), look.with_direction(walk, 2.0)) - base
    straight = ws_of(TinyGenerator(), look.with_direction(line, 3.0)) - base
    torch.testing.assert_close(moved, alone + straight)
    assert not alone[0, [0, 3]].any()
    torch.testing.assert_close(alone[0, [1, 2]], 3 * base[0, [1, 2]].clamp(min=0))


def test_in_z_a_walk_starts_where_the_model_has_normalised_and_is_mapped() -> None:
    class Normed(TinyGenerator):
        def normalise(self, z: torch.Tensor) -> torch.Tensor:
            return z / 2

    found = ws_of(Normed(), Latent(Base(Z)).with_direction(direction("z"), 1.0))
    np.testing.assert_allclose(found[0], np.tile([2.0, -1.0, 1.0, 0.0], (4, 1)))


def test_steps_of_another_size_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="latents of 4 numbers, but the model has 5"):
        walk_offset(network(), torch.zeros(1, 5), 1.0)
    with pytest.raises(ValueError, match="two layers of one width"):
        StepLayers(EYE, NONE, EYE[:3], NONE)
