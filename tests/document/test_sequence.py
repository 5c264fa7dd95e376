"""Pictures in time: keys, what lies between them, and the frames of one pass."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.collage import Collage, Picture, Placement, part_of
from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.document.sequence import ALPHA, BASE, EASINGS, PSI, Key, Loop, Sequence, Track, same_time
from tests.document.values import same_latent, same_sequence, sequences


def look(alpha: float = 0.0, z: tuple[float, ...] = (1.0, 0.0), psi: float = 0.7) -> Latent:
    direction = Direction("d", "d", "w", np.ones(2, np.float32), (LayerRange(0, 2),), "f")
    return Latent(Base(np.array(z, np.float32), 1), psi).with_direction(direction, alpha)


def keyed(*keys: tuple[float, float]) -> Sequence:
    """Look keys as (time, alpha), linear."""
    sequence = Sequence()
    for time, alpha in keys:
        sequence = sequence.with_look(time, look(alpha), "linear")
    return sequence


def alphas(sequence: Sequence, *times: float) -> list[float]:
    return [sequence.at(t, look()).edits[0].alpha for t in times]


def test_without_keys_the_look_is_the_documents() -> None:
    here = look(2)
    assert Sequence().at(3.0, here) is here


def test_before_the_first_and_after_the_last_key_nothing_moves() -> None:
    assert alphas(keyed((1, 1), (2, 5)), 0, 1, 1.5, 2, 9) == [1, 1, 3, 5, 5]


@pytest.mark.parametrize(("easing", "quarter", "half"), [
    ("hold", 0, 0), ("linear", 0.25, 0.5), ("ease", 0.15625, 0.5), ("ease-in", 0.0625, 0.25),
    ("ease-out", 0.4375, 0.75),
])  # fmt: skip
def test_easing_shapes_the_segment_that_starts_at_its_key(easing: str, quarter: float, half: float) -> None:
    sequence = keyed((0, 0), (1, 1), (2, 2)).with_easing(0, easing)  # type: ignore[arg-type]
    assert alphas(sequence, 0, 0.25, 0.5, 1, 1.5) == pytest.approx([0, quarter, half, 1, 1.5])


@given(st.sampled_from([*EASINGS]), st.floats(0, 1), st.floats(0, 1))
def test_easings_start_at_nothing_never_turn_back_and_end_at_one(easing: str, a: float, b: float) -> None:
    curve = EASINGS[easing]  # type: ignore[index]
    assert curve(0.0) == 0
    assert curve(min(a, b)) <= curve(max(a, b)) + 1e-12
    assert curve(1.0) == (0 if easing == "hold" else 1)


def test_the_base_moves_along_the_sphere_and_psi_in_a_line() -> None:
    sequence = Sequence().with_look(0, look(z=(1, 0), psi=0.5), "linear").with_look(1, look(z=(0, 1), psi=1.0))
    middle = sequence.at(0.5, look())
    np.testing.assert_allclose(middle.base.z, [0.5**0.5, 0.5**0.5], atol=1e-6)
    assert middle.psi == 0.75
    assert sequence.at(0.0, look()).base.seed == 1


def test_a_look_key_writes_every_track_and_keeps_the_easing_of_the_place() -> None:
    sequence = keyed((0, 0), (1, 1)).with_easing(0, "hold").with_look(0, look(3))
    assert {t.name for t in sequence.tracks} == {BASE, PSI, ALPHA + "d"}
    assert sequence.easing_at(0) == "hold"
    assert sequence.easing_at(0.5) is None
    assert sequence.times == (0, 1)


def test_a_slider_added_later_is_at_rest_in_the_looks_before() -> None:
    plain = replace(look(), edits=())
    sequence = Sequence().with_look(0, plain, "linear").with_look(1, plain, "linear").with_look(2, look(4), "linear")
    assert alphas(sequence, 0, 1, 1.5, 2) == [0, 0, 2, 4]


def test_auto_key_writes_only_what_changed() -> None:
    sequence = keyed((0, 0), (2, 2))
    changed = sequence.with_changes(1.0, sequence.at(1.0, look()).with_alpha("d", 7))
    assert {t.name: len(t.keys) for t in changed.tracks} == {BASE: 2, PSI: 2, ALPHA + "d": 3}
    assert alphas(changed, 0, 1, 2) == [0, 7, 2]


@given(st.floats(0, 3))
def test_showing_the_look_that_is_there_already_makes_no_key(time: float) -> None:
    sequence = keyed((0, 0), (1, 3), (2.5, 1))
    assert same_sequence(sequence.with_changes(time, sequence.at(time, look())), sequence)


def test_removing_a_slider_removes_its_track() -> None:
    sequence = keyed((0, 0), (2, 2))
    assert {t.name for t in sequence.with_changes(1, replace(look(), edits=())).tracks} == {BASE, PSI}


def test_a_track_of_a_slider_that_is_gone_does_no_harm() -> None:
    plain = replace(look(), edits=())
    assert keyed((0, 1)).at(0, plain).edits == ()


def test_keys_move_and_replace_what_is_there() -> None:
    sequence = keyed((0, 0), (1, 1), (2, 2))
    assert alphas(sequence.with_moved_look(1, 3), 0, 1, 2, 3) == [0, 1, 2, 1]
    assert sequence.with_moved_look(1, 3).times == (0, 2, 3)
    assert sequence.with_moved_look(1, 2).times == (0, 2)
    assert alphas(sequence.with_moved_look(1, 2), 2) == [1]
    assert sequence.with_moved_look(1, -5).times == (0, 2)
    assert alphas(sequence.with_moved_look(1, -5), 0) == [1]
    assert sequence.with_moved_look(1, 1) is sequence


def test_keys_are_copied_and_replace_what_is_there() -> None:
    sequence = keyed((0, 0), (1, 1), (2, 2)).with_easing(1, "hold")
    copied = sequence.with_copied_look(1, 3)
    assert copied.times == (0, 1, 2, 3)
    assert copied.easing_at(3) == "hold"
    assert alphas(sequence.with_copied_look(1, 2), 1, 2) == [1, 1]
    before_zero = sequence.with_copied_look(1, -2)
    assert before_zero.times == (0, 1, 2)
    assert all(len(t.keys) == 3 for t in before_zero.tracks)
    assert alphas(before_zero, 0) == [1]


def test_the_last_key_gone_leaves_no_track() -> None:
    assert keyed((1, 1)).without_look(1).tracks == ()
    assert keyed((0, 0), (1, 1)).without_look(1).times == (0,)


@given(sequences(0), st.floats(0, 50), st.floats(-5, 50))
def test_whatever_is_moved_or_copied_keys_stay_in_order_and_apart(sequence: Sequence, a: float, b: float) -> None:
    source = sequence.times[int(a) % len(sequence.times)] if sequence.times else a
    for changed in (sequence.with_moved_look(source, b), sequence.with_copied_look(source, b),
                    sequence.without_look(source), sequence.with_look(a, look())):
        for track in changed.tracks:
            times = [k.time for k in track.keys]
            assert times
            assert times == sorted(times)
            assert times[0] >= 0
            assert not any(same_time(s, t) for s, t in pairwise(times))


def test_keys_at_almost_the_same_time_are_one() -> None:
    track = Track(PSI, (Key(1.0, 0.5),)).with_key(Key(1.00005, 0.7))
    assert [k.value for k in track.keys] == [0.7]
    assert track.at(1.0) == 0.7


@pytest.mark.parametrize(("loop", "expected"), [
    ("once", [0, 0.25, 0.5, 0.75, 1]), ("loop", [0, 0.25, 0.5, 0.75]),
    ("ping-pong", [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
])  # fmt: skip
def test_the_frames_of_one_pass(loop: Loop, expected: list[float]) -> None:
    sequence = replace(keyed((0, 0), (1, 1)), fps=4.0, loop=loop)
    assert list(sequence.frame_times()) == pytest.approx(expected)


@given(st.integers(1, 100), st.sampled_from(["once", "loop", "ping-pong"]), st.floats(0, 10))
def test_a_wanted_number_of_frames_is_what_one_gets(count: int, loop: Loop, duration: float) -> None:
    times = replace(keyed((0, 0), (duration, 1)), loop=loop).frame_times(count)
    assert len(times) == count
    assert times[0] == 0
    assert all(0 <= t <= duration + 1e-9 for t in times)


def test_without_keys_there_is_one_frame() -> None:
    assert Sequence().frame_times() == (0.0,)
    assert len(Sequence().frame_times(3)) == 3


def test_playing_on_repeats_as_chosen() -> None:
    sequence = keyed((0, 0), (2, 1))
    assert [sequence.wrap(t) for t in (-1, 0, 1, 2, 5)] == [0, 0, 1, 2, 2]
    loop = replace(sequence, loop="loop")
    assert [loop.wrap(t) for t in (0, 1.5, 2, 5)] == [0, 1.5, 0, 1]
    both = replace(sequence, loop="ping-pong")
    assert [both.wrap(t) for t in (0, 1.5, 2, 3, 4, 5)] == [0, 1.5, 2, 1, 0, 1]
    assert Sequence(loop="loop").wrap(3) == 0


def test_a_loop_is_seamless_when_it_ends_as_it_began() -> None:
    assert keyed((0, 1), (1, 5), (2, 1)).seamless
    assert not keyed((0, 1), (1, 5)).seamless
    assert Sequence().seamless


@given(sequences(0), st.floats(-1, 100))
def test_a_change_of_frame_rate_moves_no_key(sequence: Sequence, time: float) -> None:
    other = replace(sequence, fps=12.5)
    plain = Latent(Base(np.zeros(5, np.float32)))
    assert same_latent(sequence.at(time, plain), other.at(time, plain))


def laid(rotation: float = 0.0, opacity: float = 1.0, scale: float = 1.0) -> Collage:
    part = part_of(Picture.fill((1, 2, 3), (4, 4)), placement=Placement(0.5, 0.5, scale, rotation))
    return Collage((replace(part, id="p", opacity=opacity),))


def turning(*rotations: float) -> Sequence:
    """Look keys a second apart, linear, of a part that is turned."""
    sequence = Sequence()
    for time, rotation in enumerate(rotations):
        sequence = sequence.with_look(time, look(), "linear", laid(rotation))
    return sequence


def test_a_look_key_holds_every_part() -> None:
    sequence = Sequence().with_look(0.0, look(), "linear", laid(10, 0.2, 1))
    sequence = sequence.with_look(2.0, look(), None, laid(20, 1, 3))
    assert [t.name for t in sequence.tracks][3:] == [f"part:p:{v}" for v in ("x", "y", "scale", "rotation", "opacity")]
    part = sequence.collage_at(1.0, laid()).part("p")
    assert (part.placement, part.opacity) == (Placement(0.5, 0.5, 2.0, 15.0), pytest.approx(0.6))
    assert sequence.at(1.0, look()).psi == look().psi


@pytest.mark.parametrize(("a", "b", "half"), [
    (350, 10, 360), (10, 350, 0), (0, 90, 45), (-30, 720, -15), (0, 359, -0.5),
])  # fmt: skip
def test_rotation_takes_the_short_way(a: float, b: float, half: float) -> None:
    sequence = turning(a, b)
    assert sequence.collage_at(0.5, laid()).part("p").placement.rotation == pytest.approx(half)
    assert [sequence.collage_at(t, laid()).part("p").placement.rotation for t in (0, 1)] == [a, b]


def test_parts_are_keyed_by_id_and_stay_the_same_where_nothing_differs() -> None:
    sequence = turning(0, 90)
    other = Collage((replace(laid().part("p"), id="q"),))
    assert sequence.collage_at(0.5, other) is other
    here = laid(90)
    assert sequence.collage_at(1.0, here) is here
    both = Collage((*other.parts, *laid().parts))
    assert sequence.collage_at(0.5, both).part("q") is both.part("q")


def test_a_part_that_comes_later_rests_where_it_is() -> None:
    sequence = Sequence().with_look(0.0, look()).with_look(1.0, look(), None, laid(40, 0.5))
    assert sequence.collage_at(0.0, laid()).part("p").placement.rotation == 40


@given(st.floats(-2, 2), st.floats(0, 3))
def test_a_track_out_of_bounds_gives_a_part_that_can_be(opacity: float, time: float) -> None:
    sequence = Sequence((Track("part:p:opacity", (Key(0.0, opacity), Key(2.0, 1.0))),))
    assert 0 <= sequence.collage_at(time, laid()).part("p").opacity <= 1
