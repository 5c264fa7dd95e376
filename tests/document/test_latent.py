"""The look of one picture: layer ranges as people write them, interpolation, and edits on top of a base."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.latent import (
    Base,
    Direction,
    Latent,
    LayerRange,
    base_from_seed,
    base_from_ws,
    format_layers,
    layer_indices,
    layers_of,
    lerp,
    parse_layers,
    same_array,
    slerp,
)
from tests.document.values import arrays

COUNT = 18


def direction(name: str) -> Direction:
    return Direction(name, name, "w", np.ones(3, np.float32), (LayerRange(0, 2),), "f")


@given(st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_layers_read_back_as_they_were_written(indices: set[int]) -> None:
    layers = layers_of(indices)
    assert parse_layers(format_layers(layers, COUNT), COUNT) == layers
    assert layer_indices(layers) == sorted(indices)


@given(st.sets(st.integers(0, 40)))
def test_ranges_are_in_order_and_never_touch(indices: set[int]) -> None:
    layers = layers_of(indices)
    assert all(a.last < b.first for a, b in pairwise(layers))
    assert all((i in indices) == any(i in part for part in layers) for i in range(42))


@given(st.text(max_size=12) | st.from_regex(r"[0-9,\- ]{0,10}", fullmatch=True))
def test_any_other_text_is_one_sentence(text: str) -> None:
    try:
        layers = parse_layers(text, COUNT)
    except ValueError as caught:
        words = str(caught)
    else:
        assert layers[-1].last <= COUNT
        return
    assert words.endswith(".")
    assert "no layer range" in words or "layers 0-17" in words


@pytest.mark.parametrize(("text", "count", "expected"), [
    ("all", 18, [*range(18)]), ("bottom", 18, [0, 1]), ("middle", 18, [2, 3, 4, 5]), ("top", 18, [*range(6, 18)]),
    ("top", 8, [6, 7]), ("middle", 4, [2, 3]), (" 3 ", 18, [3]), ("2-5", 18, [2, 3, 4, 5]), ("2 - 3", 18, [2, 3]),
    ("0,2-3 , 2", 18, [0, 2, 3]), ("ALL", 4, [0, 1, 2, 3]), ("bottom, top", 8, [0, 1, 6, 7]),
])  # fmt: skip
def test_what_people_write(text: str, count: int, expected: list[int]) -> None:
    assert layer_indices(parse_layers(text, count)) == expected


@pytest.mark.parametrize(("text", "words"), [
    ("", "no layer range"), ("a", "no layer range"), ("-1", "no layer range"), ("5-2", "empty"), ("18", "layers 0-17"),
    ("0-18", "layers 0-17"), ("1,,2", "no layer range"), ("1" * 5000, "no layer range"), ("٣", "no layer range"),
])  # fmt: skip
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_layers(text, COUNT)


def test_a_preset_that_a_small_model_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="layers 0-3"):
        parse_layers("top", 4)


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (2, 2), (3, 2)])
def test_a_range_holds_something(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="0 <= first < last"):
        LayerRange(first, last)


@given(arrays(6), arrays(6), st.floats(0, 1))
def test_slerp_keeps_ends_and_interpolates_length(a: np.ndarray, b: np.ndarray, t: float) -> None:
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    np.testing.assert_allclose(slerp(a, b, 0.0), a, atol=1e-4 * (1 + length_a))
    np.testing.assert_allclose(slerp(a, b, 1.0), b, atol=1e-4 * (1 + length_b))
    mixed = slerp(a, b, t)
    assert mixed.dtype == np.float32
    assert np.isfinite(mixed).all()
    cosine = float(a.astype(np.float64) @ b) / (length_a * length_b) if length_a * length_b > 1e-6 else 1.0
    if abs(cosine) < 0.99:
        assert float(np.linalg.norm(mixed)) == pytest.approx((1 - t) * length_a + t * length_b, rel=1e-3)


def test_slerp_turns_evenly() -> None:
    a, b = np.array([1, 0], np.float32), np.array([0, 2], np.float32)
    for t in (0.25, 0.5, 0.75):
        x, y = slerp(a, b, t)
        assert np.arctan2(y, x) == pytest.approx(t * np.pi / 2, abs=1e-6)


def test_parallel_and_empty_vectors_are_mixed_in_a_straight_line() -> None:
    a = np.array([1, 1], np.float32)
    for b in (a * 3, -a, a * 0):
        np.testing.assert_allclose(slerp(a, b, 0.5), lerp(a, b, 0.5))


@given(arrays(4), arrays(4), st.floats(-1, 2))
def test_mixing_bases_ends_in_the_bases_themselves(z: np.ndarray, other: np.ndarray, t: float) -> None:
    a, b = Base(z, 1, np.eye(3, dtype=np.float32)[0]), Base(other, 2, np.eye(3, dtype=np.float32)[1])
    mixed = a.mix(b, t)
    if t <= 0 or (a.same(b) and t < 1):
        assert mixed is a
    elif t >= 1:
        assert mixed is b
    else:
        assert mixed.seed is None
        np.testing.assert_allclose(mixed.label, [1 - t, t, 0], atol=1e-6)


def test_a_seed_is_the_picture_that_the_fields_programs_draw() -> None:
    base = base_from_seed(7, 4)
    np.testing.assert_array_equal(base.z, np.random.RandomState(7).randn(4).astype(np.float32))
    assert (base.seed, base.label) == (7, None)
    np.testing.assert_array_equal(base_from_seed(7, 4, 3, 2).label, [0, 0, 1])


def test_equal_numbers_are_equal_bases() -> None:
    a = Base(np.ones(3, np.float32), 1)
    assert a.same(a)
    assert a.same(Base(np.ones(3, np.float32), 2))
    assert not a.same(Base(np.zeros(3, np.float32), 1))
    assert not a.same(replace(a, label=np.ones(2, np.float32)))
    assert same_array(None, None)


def test_edits_are_added_moved_replaced_and_removed_without_touching_the_old_look() -> None:
    plain = Latent(Base(np.ones(3, np.float32)))
    look = plain.with_direction(direction("a")).with_direction(direction("b"), 2.0)
    moved = look.with_alpha("a", 1)
    assert [(e.direction.id, e.alpha) for e in moved.edits] == [("a", 1.0), ("b", 2.0)]
    assert [e.alpha for e in look.edits] == [0.0, 2.0]
    renamed = moved.with_direction(replace(direction("a"), name="A"), 9.0)
    assert [(e.direction.name, e.alpha) for e in renamed.edits] == [("A", 1.0), ("b", 2.0)]
    assert [e.direction.id for e in renamed.without_direction("a").edits] == ["b"]
    assert plain.edits == ()
    with pytest.raises(KeyError):
        look.with_alpha("c", 1)


def found(value: float) -> Base:
    return base_from_ws(np.full((3, 2), value, np.float32), 2)


def test_two_bases_that_were_found_mix_along_a_line():
    mixed = found(0.0).mix(found(4.0), 0.25)
    assert mixed.from_ws == 1
    assert (mixed.ws == 1.0).all()
    assert mixed.seed is None


def test_a_drawn_base_fades_into_a_found_one():
    drawn = base_from_seed(1, 2)
    mixed = drawn.mix(found(4.0), 0.25)
    assert mixed.from_ws == 0.25
    assert (mixed.ws == 4.0).all()
    assert np.array_equal(mixed.z, drawn.z)
    assert found(4.0).mix(drawn, 0.75).same(mixed)


def test_mixing_on_is_as_mixing_at_once():
    """Between two mixed bases the parts of all ends weigh as much as they should."""
    a, b = base_from_seed(1, 2).mix(found(2.0), 0.5), found(8.0)
    mixed = a.mix(b, 0.5)
    assert mixed.from_ws == 0.75
    assert mixed.ws == pytest.approx(np.full((3, 2), (0.25 * 2 + 0.5 * 8) / 0.75))


def test_bases_of_other_shares_are_not_the_same():
    assert not found(1.0).same(replace(found(1.0), ws_share=0.5))
    assert not found(1.0).same(base_from_seed(0, 2))
    assert found(1.0).same(found(1.0))
