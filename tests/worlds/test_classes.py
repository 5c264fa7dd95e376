"""Classes sort the same landscapes by season and width, and say so exactly."""

import numpy as np
import pytest

from ganstudio.worlds.classes import SEASON, SEASONS, ClassedLandscape
from ganstudio.worlds.factors import FACTORS, SCALED_BY_WIDTH
from ganstudio.worlds.landscape import Landscape

WIDTHS = (0.1, 0.4, 0.7, 1.0)


def test_classes_are_named_by_season_and_width() -> None:
    assert ClassedLandscape((0.25,)).class_names == SEASONS
    names = ClassedLandscape(WIDTHS).class_names
    assert len(names) == 16
    assert names[0] == "spring, width 0.1"
    assert names[-1] == "winter, width 1"


def test_every_picture_lies_in_the_season_of_its_class() -> None:
    world = ClassedLandscape((0.25,))
    for index in range(60):
        season = world.factors(3, index)[SEASON]
        nearest = round(float(season) * 4) % 4
        assert nearest == world.label(3, index)


def test_a_class_strays_as_far_as_its_width_says() -> None:
    world = ClassedLandscape(WIDTHS)
    for width, label in zip(WIDTHS, (0, 4, 8, 12), strict=True):
        values = np.stack([world.factors_of(label, 1, index) for index in range(80)])
        for i, factor in enumerate(FACTORS):
            if factor.group in SCALED_BY_WIDTH:
                reach = np.abs(values[:, i] - factor.centre).max() / ((factor.high - factor.low) / 2)
                assert width * 0.8 < reach <= width * 1.001


def test_apart_from_season_and_width_it_is_the_plain_world() -> None:
    plain, classed = Landscape(0.4).factors(5, 7), ClassedLandscape((0.4,)).factors(5, 7)
    assert np.array_equal(np.delete(plain, SEASON), np.delete(classed, SEASON))


def test_all_classes_come_up() -> None:
    world = ClassedLandscape(WIDTHS)
    counts = np.bincount([world.label(0, index) for index in range(1600)], minlength=16)
    assert counts.min() > 60


def test_no_widths_are_no_world() -> None:
    with pytest.raises(ValueError, match="at least one width"):
        ClassedLandscape(())
