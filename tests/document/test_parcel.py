"""Directions between processes: they arrive as they were, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given

from ganstudio.document.latent import Direction
from ganstudio.document.package import ArrayWriter, Damage, pack
from ganstudio.document.parcel import packed, unpacked
from tests.document.values import directions, same_direction


@given(directions("a"), directions("b"))
def test_directions_arrive_as_they_were(one: Direction, two: Direction) -> None:
    assert all(same_direction(a, b) for a, b in zip(unpacked(packed((one, two))), (one, two), strict=True))
    assert unpacked(packed(())) == ()


@pytest.mark.parametrize("data", [b"", b"PK", pack({"directions": {}}, ArrayWriter()),
                                  pack({"directions": [{"id": "a"}]}, ArrayWriter())])  # fmt: skip
def test_anything_else_is_damage(data: bytes) -> None:
    with pytest.raises(Damage):
        unpacked(data)
