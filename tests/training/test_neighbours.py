"""Precision, recall, density and coverage tell fidelity from variety on sets whose answer is known."""

import numpy as np
import pytest

from ganstudio.training.neighbours import neighbours


def cloud(count: int, seed: int, centre: float = 0.0, spread: float = 1.0) -> np.ndarray:
    return centre + spread * np.random.default_rng(seed).standard_normal((count, 4))


def test_two_sets_of_one_kind_agree_in_everything() -> None:
    found = neighbours(cloud(900, 0), cloud(900, 1))
    assert found.precision > 0.9
    assert found.recall > 0.9
    assert found.density == pytest.approx(1, abs=0.1)
    assert found.coverage > 0.9


def test_sets_far_apart_share_nothing() -> None:
    found = neighbours(cloud(50, 0), cloud(50, 1, centre=100))
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_a_narrow_set_in_the_middle_is_precise_but_recalls_little() -> None:
    found = neighbours(cloud(600, 0), cloud(600, 1, spread=0.2))
    assert found.precision > 0.99
    assert found.recall < 0.2
    assert found.coverage < 0.7
    assert found.density > 1.2


def test_a_wide_set_recalls_more_than_it_is_precise() -> None:
    found = neighbours(cloud(600, 0), cloud(600, 1, spread=3))
    assert found.recall > found.precision


def test_by_hand_on_a_line() -> None:
    real, samples = np.array([[0.0], [1.0], [10.0]]), np.array([[0.5], [5.0], [10.5]])
    found = neighbours(real, samples, k=1)
    # real balls reach 1, 1 and 9; sample balls 4.5, 4.5 and 5.5
    assert found.precision == 1
    assert found.recall == 1
    assert found.density == pytest.approx((1 + 1 + 2) / 3)
    assert found.coverage == 1


def test_the_answer_does_not_depend_on_how_the_rows_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    real, samples = cloud(70, 0), cloud(60, 1)
    whole = neighbours(real, samples)
    monkeypatch.setattr("ganstudio.training.neighbours.ROWS", 16)
    assert neighbours(real, samples) == whole


def test_too_few_pictures_are_said_so() -> None:
    with pytest.raises(ValueError, match="more than 5 pictures"):
        neighbours(cloud(5, 0), cloud(50, 1))
