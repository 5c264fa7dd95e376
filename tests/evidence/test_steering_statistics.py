"""The figures of the steering study on values whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.evidence.steering.statistics import (
    Moved,
    bootstrap,
    density,
    entropy,
    flatness,
    histogram,
    is_semantic,
    moved,
    rank_correlation,
    ranks,
    shared_area,
)


def test_equal_values_share_their_rank() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_ranks_see_order_alone() -> None:
    x = np.arange(10.0)
    assert rank_correlation(x, np.exp(x)) == pytest.approx(1)
    assert rank_correlation(x, -(x**3)) == pytest.approx(-1)
    assert rank_correlation(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(0.6)
    assert math.isnan(rank_correlation(x, np.ones(10)))


def test_the_interval_holds_what_is_sure_and_says_what_is_not() -> None:
    x, random = np.arange(16.0), np.random.default_rng(3)
    assert bootstrap(x, x**2, 1) == pytest.approx((1.0, 1.0))
    low, high = bootstrap(x, random.standard_normal(16), 1)
    assert low < 0 < high
    low, high = bootstrap(x, x + 6 * random.standard_normal(16), 1)
    assert 0 < low < high - 0.05
    assert bootstrap(x, x, 1) == bootstrap(x, x, 1)


def test_the_interval_of_nothing_is_no_number() -> None:
    assert all(math.isnan(end) for end in bootstrap(np.arange(4.0), np.ones(4), 1))


def test_a_density_is_that_of_the_values() -> None:
    at = np.linspace(-6, 6, 241)
    found = density(np.random.default_rng(1).standard_normal(4000), at)
    normal = np.exp(-at**2 / 2) / math.sqrt(2 * math.pi)
    assert np.trapezoid(found, at) == pytest.approx(1, abs=1e-3)
    assert np.abs(found - normal).max() < 0.03


def test_histograms_share_what_lies_in_both() -> None:
    low = histogram(np.array([0.0, 0.1, 0.2, 0.3]), 0, 1, 2)
    assert low.tolist() == [1.0, 0.0]
    half = histogram(np.array([0.1, 0.2, 0.8, 9.0]), 0, 1, 2)
    assert half.tolist() == [0.5, 0.5]
    assert (shared_area(low, low), shared_area(low, half), shared_area(low, low[::-1])) == (1.0, 0.5, 0.0)


def test_entropy_counts_the_choices() -> None:
    assert entropy(np.array([1.0, 0.0])) == 0
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(3)


def test_steps_that_shrink_towards_the_ends_are_seen() -> None:
    assert flatness(np.array([2.0, 2.0, 2.0, 2.0])) == 1
    assert flatness(np.array([1.0, 4.0, 4.0, 1.0])) == 0.25
    assert flatness(np.array([0.0, 3.0, 2.0])) == pytest.approx(1 / 3)
    assert math.isnan(flatness(np.zeros(4)))


GROUPS = {"one": [0], "circle": [1, 2], "none": [3]}


def test_only_what_all_pictures_do_alike_is_movement() -> None:
    random = np.random.default_rng(2)
    before = random.standard_normal((400, 4))
    after = before + np.array([1.0, 0.6, 0.8, 0.0]) * 2
    after[:, 3] += 4 * random.standard_normal(400)  # as much, but either way
    found = moved(before, after, np.array([0.5, 1.0, 1.0, 1.0]), GROUPS)
    assert found.names == ("one", "circle", "none")
    assert found.effects[0] == pytest.approx(2)  # 1, of a deviation of one half
    assert found.effects[1] == pytest.approx(1 / math.sqrt(2))  # the length 1 on a circle of deviations 1 and 1
    assert found.effects[2] < 0.2


def test_chance_leaves_nothing() -> None:
    random = np.random.default_rng(4)
    drawn = random.standard_normal((300, 2, 16, 1))
    effects = [moved(before, after, np.ones(1), {"a": [0]}).effects[0] for before, after in drawn]
    assert np.square(effects).mean() < 0.025 < 0.5 / 16  # uncorrected it would be the variance of the mean
    assert np.median(effects) == pytest.approx(0, abs=0.06)


def test_a_direction_is_semantic_when_it_moves_mainly_one_factor() -> None:
    pure, mixed, weak = (Moved(("a", "b", "c"), np.array(e)) for e in ((1.0, 0.5, 0.5), (1.0, 1.0, 0.5), (0.1, 0, 0)))
    assert (pure.main, pure.total) == ("a", pytest.approx(math.sqrt(1.5)))
    assert pure.share("a") == pytest.approx(2 / 3)
    assert pure.others("a") == pytest.approx(math.sqrt(0.5))
    assert is_semantic(pure, 0.25, 0.5)
    assert not is_semantic(mixed, 0.25, 0.5)
    assert not is_semantic(weak, 0.25, 0.5)
    assert not is_semantic(Moved(("a",), np.zeros(1)), 0.25, 0.5)
