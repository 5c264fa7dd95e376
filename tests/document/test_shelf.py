"""Shelves on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.document.file import ProjectError
from ganstudio.document.latent import Direction
from ganstudio.document.response import Response
from ganstudio.document.shelf import Shelf, read_shelf, shelf_path, write_shelf
from tests.document.values import directions, responses, same_direction, texts


@given(st.dictionaries(texts, texts, max_size=3), st.frozensets(texts, max_size=3),
       directions("a"), directions("b"), st.dictionaries(texts, responses(), max_size=2))  # fmt: skip
def test_a_shelf_comes_back_as_it_was(
    tmp_path: Path, names: dict[str, str], starred: frozenset[str], one: Direction, two: Direction,
    measured: dict[str, Response],
) -> None:  # fmt: skip
    write_shelf(tmp_path, "f", Shelf(names, starred, (one, two), measured))
    shelf = read_shelf(tmp_path, "f")
    assert (shelf.names, shelf.starred, shelf.measured) == (names, starred, measured)
    assert all(same_direction(a, b) for a, b in zip(shelf.saved, (one, two), strict=True))


def test_what_was_measured_comes_with_a_direction_and_ends_its_slider() -> None:
    response = Response("px", (-2.0, 0.0, 1.0), (-9.0, 0.0, 4.0), (3.0, 2.0), "Shift x")
    direction = Direction("d", "d", "z", np.zeros(4, np.float32), (), "f")
    known = Shelf({"d": "Pan"}).with_response("d", response).known(direction)
    assert (known.name, known.response, known.reach) == ("Pan", response, (-2.0, 1.0))
    assert [response.amount(a) for a in (-5, -1, 0.5, 9)] == [-9, -4.5, 2, 4]
    assert Shelf().known(direction) is direction


def test_a_model_without_a_shelf_has_an_empty_one(tmp_path: Path) -> None:
    shelf = read_shelf(tmp_path, "f")
    assert (shelf.names, shelf.starred, shelf.saved) == ({}, frozenset(), ())


@pytest.mark.parametrize("fingerprint", ["", "../x", "a/b", "a\\b", "x" * 65, "a b", "ä"])
def test_a_fingerprint_cannot_lead_out_of_the_folder(tmp_path: Path, fingerprint: str) -> None:
    with pytest.raises(ProjectError):
        read_shelf(tmp_path, fingerprint)
    with pytest.raises(ProjectError):
        write_shelf(tmp_path, fingerprint, Shelf())


@given(st.data())
def test_a_damaged_shelf_is_one_sentence_or_makes_no_difference(tmp_path: Path, data: st.DataObject) -> None:
    write_shelf(tmp_path, "f", Shelf({"a": "b"}, frozenset("c")))
    path = shelf_path(tmp_path, "f")
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        shelf = read_shelf(tmp_path, "f")
    except ProjectError:
        return
    assert (shelf.names, shelf.starred) == ({"a": "b"}, frozenset("c"))
