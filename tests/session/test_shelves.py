"""Names, stars and kept directions stay with the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganstudio.session.shelves import Shelves
from tests.models import TINY, tiny_direction, tiny_document


def test_names_and_stars_are_there_the_next_time(qapp: object, tmp_path: Path) -> None:
    shelves, heard = Shelves(tmp_path), []
    shelves.changed.connect(heard.append)
    shelves.rename(tiny_direction(), " Dusk ")
    shelves.star(tiny_direction(), True)
    again = Shelves(tmp_path)
    assert again.named(tiny_direction()).name == "Dusk"
    assert again.starred(tiny_direction())
    assert [(d.id, d.name) for d in again.kept(TINY.fingerprint)] == [("test:red", "Dusk")]
    assert heard == [TINY.fingerprint] * 2
    again.star(tiny_direction(), False)
    assert Shelves(tmp_path).kept(TINY.fingerprint) == ()


def test_an_empty_name_brings_back_the_own_one(qapp: object, tmp_path: Path) -> None:
    shelves = Shelves(tmp_path)
    shelves.rename(tiny_direction(), "Dusk")
    shelves.rename(tiny_direction(), " ")
    assert shelves.named(tiny_direction()).name == "red"


def test_a_document_takes_the_names_along(qapp: object, tmp_path: Path) -> None:
    shelves = Shelves(tmp_path)
    shelves.rename(tiny_direction(), "Dusk")
    document = shelves.name_all(tiny_document(seconds=1.0))
    assert [e.direction.name for e in document.latent.edits] == ["Dusk"]


def test_a_damaged_shelf_is_set_aside_and_told(
    qapp: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Shelves(tmp_path).rename(tiny_direction(), "Dusk")
    file = tmp_path / TINY.fingerprint / "shelf.zip"
    file.write_bytes(file.read_bytes()[:50])
    shelves, heard = Shelves(tmp_path), []
    shelves.failed.connect(heard.append)
    assert shelves.named(tiny_direction()).name == "red"
    assert "damaged" in heard[0]
    assert file.with_name("shelf.damaged.zip").stat().st_size == 50
    shelves.rename(tiny_direction(), "Dawn")
    assert Shelves(tmp_path).named(tiny_direction()).name == "Dawn"


def test_a_shelf_that_cannot_be_saved_is_told_and_counts_until_the_end(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shelves, heard = Shelves(tmp_path / "file"), []
    shelves.failed.connect(heard.append)
    shelves.rename(tiny_direction(), "Dusk")
    assert shelves.named(tiny_direction()).name == "Dusk"
    assert heard
