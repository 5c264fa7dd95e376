"""The meter reads what a direction does, in units people know."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from ganstudio.api import Direction, LayerRange, PictureEdit, Response
from ganstudio.registry import PluginRegistry
from ganstudio.render.reach import drawing, held_out, measured, reach_steps
from tests.models import TinyLibrary
from tests.steered import LEVEL, PIXELS, Steered


@pytest.fixture(scope="module")
def edits() -> tuple[PictureEdit, ...]:
    return tuple(PluginRegistry(TinyLibrary()).edits().values())


def along(number: int, reach: tuple[float, float] = (-1.5, 1.5), **fields: object) -> Direction:
    vector = np.eye(4, dtype=np.float32)[number]
    return Direction("d", "d", "w", vector, (LayerRange(0, 2),), "f" * 16, reach, **fields)  # type: ignore[arg-type]


def test_a_shift_is_told_in_pixels_whatever_the_slider_says(edits: tuple[PictureEdit, ...]) -> None:
    found = measured(Steered(), along(0), edits)
    assert (found.unit, found.measured_as) == ("px", "Shift x")
    for alpha, amount in zip(found.alphas, found.amounts, strict=True):
        assert amount == pytest.approx(PIXELS * alpha, abs=0.4)
    assert found.reach == (-1.5, 1.5)


def test_brightness_is_told_in_levels(edits: tuple[PictureEdit, ...]) -> None:
    found = measured(Steered(), along(1, (-1.0, 1.0)), edits)
    assert found.unit in ("levels", "L")
    whiten = next(edit for edit in edits if edit.id == "whiten")
    found = measured(Steered(), along(1, (-1.0, 1.0)), [whiten])
    assert found.amounts[-1] == pytest.approx(LEVEL * 127.5, rel=0.1)
    assert found.amount(0.5) == pytest.approx(LEVEL * 127.5 / 2, rel=0.1)


def test_a_walk_is_told_as_its_own_edit(edits: tuple[PictureEdit, ...]) -> None:
    found = measured(Steered(), along(0, parameters={"edit": "zoom"}), edits)
    assert (found.unit, found.measured_as) == ("×", "Zoom")


def test_what_no_edit_explains_is_told_as_a_difference(edits: tuple[PictureEdit, ...]) -> None:
    class Speckled(Steered):
        def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
            speckles = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(1)).sign()
            return (0.2 * ws[:, 0, 0, None, None, None] * speckles).expand(-1, 3, -1, -1)

    found = measured(Speckled(), along(0, (-1.0, 1.0)), edits)
    assert (found.unit, found.measured_as) == ("levels", "")
    assert found.amounts[-1] == pytest.approx(0.2 * 127.5, rel=0.05)


class Saturating(Steered):
    """Follows up to 1 in w, and then no more."""

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        return super().synthesize(2 * torch.tanh(ws / 2))


def test_the_slider_ends_where_the_pictures_stop_following(edits: tuple[PictureEdit, ...]) -> None:
    class Stopping(Steered):
        def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
            return super().synthesize(torch.cat([ws[..., :1].clamp(-2, 1), ws[..., 1:]], dim=-1))

    network = Stopping()
    looks = [replace(look, base=replace(look.base, z=np.zeros(4, np.float32))) for look in held_out(network, 2)]
    *_, found = reach_steps(drawing(network), along(0, (-4.0, 4.0)), looks, edits, 32)
    assert isinstance(found, Response)
    assert found.reach == (-2.0, 1.0)
    assert found.amounts[-1] == pytest.approx(PIXELS, abs=0.5)


def test_a_side_on_which_the_pictures_go_the_other_way_has_no_extent(edits: tuple[PictureEdit, ...]) -> None:
    class Turning(Steered):
        def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
            return super().synthesize(torch.cat([ws[..., :1].abs() * self.way, ws[..., 1:]], dim=-1))

        way = 1.0

    network = Turning()
    looks = [replace(look, base=replace(look.base, z=np.zeros(4, np.float32))) for look in held_out(network, 2)]
    for network.way, low, high in ((1.0, -0.5, 1.5), (-1.0, -0.5, 1.5), (1.0, -1.5, 0.5)):
        *_, found = reach_steps(drawing(network), along(0, (low, high)), looks, edits, 32)
        assert isinstance(found, Response)
        assert found.reach == ((0.0, high) if high > -low else (low, 0.0))
        assert 0.0 in (found.amounts[0], found.amounts[-1])


def test_steps_get_small_where_it_saturates(edits: tuple[PictureEdit, ...]) -> None:
    network = Saturating()
    looks = [replace(look, base=replace(look.base, z=np.zeros(4, np.float32))) for look in held_out(network, 1)]
    *_, found = reach_steps(drawing(network), along(0, (-4.0, 4.0)), looks, edits, 32)
    assert isinstance(found, Response)
    speeds = [c / (b - a) for c, (a, b) in zip(found.changes, pairwise(found.alphas), strict=True)]
    assert max(speeds[0], speeds[-1]) < 0.5 * max(speeds)


def test_measuring_tells_how_far_it_is_and_can_be_left(edits: tuple[PictureEdit, ...]) -> None:
    steps = reach_steps(drawing(Steered()), along(0), held_out(Steered(), 2), edits, 32)
    shares = [step for step, _ in zip(steps, range(10), strict=False)]
    assert shares == sorted(shares)  # type: ignore[type-var]
    assert 0 < shares[0] < shares[-1] < 1  # type: ignore[operator]
    steps.close()  # type: ignore[attr-defined]


def test_a_measured_direction_can_be_found_to_reach_farther(edits: tuple[PictureEdit, ...]) -> None:
    short = Response("px", (-0.5, 0.0, 0.5), (-2.0, 0.0, 2.0), (1.0, 1.0), "Shift x")
    found = measured(Steered(), along(0).measured(short), edits)
    assert found.reach[0] < -0.5
    assert found.reach[1] > 0.5


def test_held_out_pictures_are_of_all_classes_and_always_the_same() -> None:
    network = Steered()
    network.num_classes = 3
    looks = held_out(network, 30)
    labels = np.stack([look.base.label for look in looks if look.base.label is not None])
    assert labels.sum(axis=0).min() > 0
    assert all(a.base.same(b.base) for a, b in zip(looks, held_out(network, 30), strict=True))
