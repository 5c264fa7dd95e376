"""Landscapes are known, smooth functions of their factors, and the same for everyone who asks again."""

import numpy as np
import numpy.typing as npt
import pytest

from ganstudio.worlds.factors import FACTORS, NAMES, SCALED_BY_WIDTH, Factor, factor_vector
from ganstudio.worlds.landscape import Landscape

SIZE = 64
EVENING = {"hour": 0.655, "tree_count": 6.5, "tree_kind": 0.4, "cloud_amount": 0.6, "lake_size": 1.2}
"""A look in which every factor shows: sun, moon and lit windows together."""

PINNED = [[110.3, 87.1, 80.9], [62.4, 67.0, 85.4], [161.1, 165.5, 148.5], [72.7, 84.9, 131.1]]
"""Mean red, green and blue of the first pictures of series 0 in the world of the default width."""


def draw(size: int = SIZE, **values: float) -> npt.NDArray[np.float64]:
    return Landscape().draw(factor_vector(**values), size).astype(np.float64)


def difference(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("size", [32, 63, 64, 128])
def test_pictures_are_uint8_of_the_size_asked_for(size: int) -> None:
    (picture,) = Landscape().pictures(seed=1, count=1, size=size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


def test_the_same_seed_and_number_give_the_same_picture() -> None:
    world = Landscape()
    all_five = list(world.pictures(seed=3, count=5, size=32))
    (fourth,) = Landscape().pictures(seed=3, count=1, size=32, first=3)
    assert np.array_equal(all_five[3], fourth)
    assert np.array_equal(world.draw(world.factors(3, 3), 32), fourth)


def test_other_seeds_and_numbers_give_other_pictures() -> None:
    world = Landscape()
    looks = [world.factors(seed, index) for seed in (0, 1) for index in (0, 1)]
    assert len({look.tobytes() for look in looks}) == 4


def test_the_shipped_models_pictures_have_not_changed() -> None:
    """The built-in model learned from these; a little room is left for another Pillow's rounding."""
    pictures = np.stack(list(Landscape().pictures(seed=0, count=4, size=SIZE))).astype(np.float64)
    assert np.allclose(pictures.mean(axis=(1, 2)), PINNED, atol=0.5)


@pytest.mark.parametrize("factor", FACTORS, ids=NAMES)
def test_every_factor_changes_the_picture(factor: Factor) -> None:
    far = factor.centre if factor.kind == "cyclic" else factor.high
    assert difference(draw(**EVENING | {factor.name: factor.low}), draw(**EVENING | {factor.name: far})) > 0.1


@pytest.mark.parametrize("factor", [f for f in FACTORS if f.kind == "cyclic"], ids=lambda f: f.name)
def test_cyclic_factors_look_the_same_at_both_ends(factor: Factor) -> None:
    ends = draw(**EVENING | {factor.name: 0.0}), draw(**EVENING | {factor.name: 1.0})
    assert difference(*ends) < 0.05


@pytest.mark.parametrize("factor", FACTORS, ids=NAMES)
def test_a_small_change_of_a_factor_is_a_small_change_of_the_picture(factor: Factor) -> None:
    """No step of a hundredth of the range changes more than a few grey levels, wherever it is taken."""
    span = factor.high - factor.low
    for share in (0.013, 0.31, 0.5, 0.69):
        value = factor.low + share * span
        step = {factor.name: value + 0.01 * span}
        assert difference(draw(**EVENING | {factor.name: value}), draw(**EVENING | step)) < 4.5


def test_width_narrows_camera_and_colour_only() -> None:
    narrow, wide = Landscape(width=0.25), Landscape(width=1)
    for index in range(20):
        pairs = zip(FACTORS, narrow.factors(5, index), wide.factors(5, index), strict=True)
        for factor, near, far in pairs:
            if factor.group in SCALED_BY_WIDTH:
                assert near - factor.centre == pytest.approx((far - factor.centre) / 4, abs=1e-5)
            else:
                assert near == far


def test_samples_fill_their_ranges_and_never_leave_them() -> None:
    looks = np.stack([Landscape(width=1).factors(2, index) for index in range(400)])
    low, high = np.array([[f.low, f.high] for f in FACTORS]).T
    assert (looks >= low - 1e-6).all()
    assert (looks <= high + 1e-6).all()
    assert (np.ptp(looks, axis=0) > 0.95 * (high - low)).all()


def test_things_are_present_as_often_as_their_chance_says() -> None:
    looks = np.stack([Landscape().factors(2, index) for index in range(600)])
    for factor, values in zip(FACTORS, looks.T, strict=True):
        if factor.kind == "present":
            assert set(values.tolist()) == {0.0, 1.0}
            assert values.mean() == pytest.approx(factor.chance, abs=0.07)


@pytest.mark.parametrize("roll", [-20.0, 20.0])
@pytest.mark.parametrize("pan_x", [-0.5, 0.5])
@pytest.mark.parametrize("pan_y", [-0.3, 0.3])
def test_no_camera_shows_an_end_of_the_world(roll: float, pan_x: float, pan_y: float) -> None:
    """Sky in both upper corners and the near hill's green in both lower ones, at the widest view."""
    view = draw(hour=0.3, season=0.25, cloud_amount=0, lake=0, roll=roll, pan_x=pan_x, pan_y=pan_y, zoom=-0.6)
    for corner in (view[0, 0], view[0, -1]):
        assert corner[2] > corner[1] > corner[0]
    for corner in (view[-1, 0], view[-1, -1]):
        assert corner[1] > max(corner[0], corner[2]) + 20


def test_panning_moves_the_picture_by_as_much() -> None:
    """Half a scene unit is a quarter of the picture, and sampling noise of the edges is all that is left."""
    middle, right = draw(hour=0.3, sun_x=0), draw(hour=0.3, sun_x=0, pan_x=0.5)
    assert difference(middle[:, 16:], right[:, :48]) < 1.5


def test_zooming_by_half_an_octave_keeps_the_middle_in_place() -> None:
    near = draw(128, zoom=0.5, pan_y=0.3)[64, 64]
    assert np.allclose(near, draw(128, pan_y=0.3)[64, 64], atol=4)


def test_rolling_turns_the_picture_clockwise() -> None:
    """The left side of the horizon rises, so that more ground shows on the left edge than on the right one."""
    view = draw(hour=0.3, season=0.25, roll=15, house=0, tree_count=0, lake=0, cloud_amount=0)
    left, right = (view[..., 1] - view[..., 2] > 20)[:, [0, -1]].sum(axis=0)
    assert left > right + 8


def test_lit_windows_are_warm_at_night_and_dark_ones_are_not() -> None:
    def warmest(lit: float) -> float:
        view = draw(128, hour=0.8, season=0.25, house_lit=lit, tree_count=0)
        return float((view[..., 0] - view[..., 2]).max())

    assert warmest(1) > 100
    assert warmest(0) < 40


def test_the_lake_reflects_what_stands_behind_it() -> None:
    """The mirrored sky makes it blue where without a lake there is grass, and the low sun shines in it."""
    scene = {"hour": 0.3, "season": 0.25, "house": 0.0, "tree_count": 0.0, "lake_size": 1.6, "cloud_amount": 0.0}
    water, meadow = draw(**scene)[48, 32], draw(**scene | {"lake": 0.0})[48, 32]
    assert water[2] > water[1] > water[0]
    assert meadow[1] > meadow[2]
    dusk = scene | {"hour": 0.6, "lake_x": 0.0, "mountain_height": 0.3}
    left, right = draw(**dusk, sun_x=-0.5), draw(**dusk, sun_x=0.5)
    shore = slice(43, 48)
    assert left[shore, :24].mean() > right[shore, :24].mean() + 3
    assert right[shore, 40:].mean() > left[shore, 40:].mean() + 3


def test_a_factor_out_of_range_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Landscape factor zoom must lie between -0\.6 and 0\.6, but is 3"):
        Landscape().draw(factor_vector(zoom=3), 32)


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="hour must lie between 0 and 1, but is nan"):
        Landscape().draw(factor_vector(hour=float("nan")), 32)


def test_a_wrong_number_of_factors_is_refused() -> None:
    with pytest.raises(ValueError, match=f"A landscape has {len(FACTORS)} factors"):
        Landscape().draw(np.zeros(3), 32)


def test_an_unknown_factor_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No such landscape factor: dragons\."):
        factor_vector(dragons=1)


@pytest.mark.parametrize("width", [-0.1, 1.5])
def test_a_world_of_impossible_width_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match="width of a world must lie between 0 and 1"):
        Landscape(width=width)
