"""Regions of landscapes: to the pixel where a thing is, as changing the thing alone shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ganstudio.training.factor_reader import FactorReader
from ganstudio.worlds.factors import NAMES, FloatArray, factor_vector
from ganstudio.worlds.landscape import Landscape
from tests.evidence.regions import PARTS, masks, read_factors, regions

WORLD, SIDE = Landscape(0.25), 64
CHANGES = {
    "house": ({"wall_colour": 0.0, "roof_colour": 0.0}, {"wall_colour": 1.0, "roof_colour": 1.0}),
    "trees": ({"tree_colour": -1.0}, {"tree_colour": 1.0}),
    "sky": ({"sun_x": -0.6, "cloud_amount": 0.2}, {"sun_x": 0.6, "cloud_amount": 1.0}),
}
"""What changes each part and nothing else by day, without a lake that mirrors it."""


def drawn(**values: float) -> Any:
    return WORLD.draw(landscape(**values), SIDE).astype(int)


def landscape(**values: float) -> FloatArray:
    return factor_vector(**{"hour": 0.3, "lake": 0.0, "roll": 8.0, "tree_count": 5.0, **values})


@pytest.mark.parametrize("part", PARTS)
def test_what_changes_a_part_changes_pixels_within_its_region_alone(part: str) -> None:
    one, other = (drawn(**values) for values in CHANGES[part])
    moved = np.abs(one - other).max(axis=2) > 12
    near = masks(WORLD, landscape()[None], SIDE, larger=0.02)[part][0, 0].numpy() > 0
    assert moved.sum() > 50
    assert not (moved & ~near).any()


@pytest.mark.parametrize("part", ["house", "trees"])
def test_a_region_is_all_of_a_thing(part: str) -> None:
    absent = {"house": {"house": 0.0}, "trees": {"tree_count": 0.0}}[part]
    moved = np.abs(drawn() - drawn(**absent)).max(axis=2) > 12
    region = regions(WORLD, landscape(), SIDE)[part]
    assert (moved & ~region).sum() == 0
    assert (region & ~moved).mean() < 0.01


def test_a_thing_that_is_not_there_has_no_region() -> None:
    found = regions(WORLD, landscape(house=0.0, tree_count=0.0), SIDE)
    assert not found["house"].any()
    assert not found["trees"].any()
    assert found["sky"].any()


def test_regions_do_not_overlap() -> None:
    for number in range(6):
        found = np.stack(list(regions(WORLD, WORLD.factors(3, number), SIDE).values())).astype(int)
        assert found.sum(axis=0).max() == 1


def test_the_hour_does_not_move_regions() -> None:
    day, night = (regions(WORLD, landscape(hour=hour), SIDE) for hour in (0.3, 0.8))
    assert all((day[part] == night[part]).all() for part in PARTS)


def test_read_factors_can_be_drawn() -> None:
    torch.manual_seed(2)
    factors = read_factors(FactorReader(32).eval(), 40 * torch.randn(3, 3, 32, 32))
    assert factors.shape == (3, len(NAMES))
    found = masks(WORLD, factors, 32)
    assert tuple(found) == PARTS
    assert all(mask.shape == (3, 1, 32, 32) for mask in found.values())
