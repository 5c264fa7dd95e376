"""What a finished training left is told by what it is, and becomes sliders at a click."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ganstudio.api import FoundDirections, Model
from ganstudio.session.studio import Studio
from ganstudio.ui.learned import LearnedSliders, learned_of
from tests.models import tiny_direction

DATA = Path("data")
MODEL, WALK = DATA / "models" / "pond-wide.safetensors", DATA / "directions" / "f00d" / "zoom.safetensors"
ENCODER = DATA / "models" / "regressors" / "pond.safetensors"


class Reader:
    """Finds a direction named after the file; files called "foreign" are of other weights."""

    id, patterns = "named", ()

    def recognises(self, path: Path) -> bool:
        return path.suffix == ".walk"

    def read(self, path: Path, model: Model, answers: Mapping[str, Any]) -> FoundDirections:
        problem = "It has other weights." if path.stem == "foreign" else ""
        found = replace(tiny_direction(), id=path.stem, name=f"{path.stem} of {model.fingerprint}")
        return FoundDirections("Walk", path.stem, directions=() if problem else (found,), problem=problem)


@pytest.fixture
def sliders(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[LearnedSliders]:
    monkeypatch.setattr(studio.registry, "direction_readers", lambda: {"named": Reader()})  # as a plugin would
    parent = QObject()
    yield LearnedSliders(studio, parent)
    parent.deleteLater()


def test_what_was_kept_is_known_by_its_place() -> None:
    found = learned_of([MODEL, WALK, ENCODER])
    assert found.models == ("pond-wide",)
    assert found.directions == {"f00d": (WALK,)}
    assert found.other == (ENCODER,)


def test_each_kind_has_its_sentence() -> None:
    said = [learned_of(kept).sentence("Joint", {"pond-wide": "Wide Pond"})
            for kept in ([MODEL, WALK], [WALK], [ENCODER], [])]
    assert "The library has “Wide Pond” now." in said[0]
    assert "sheet of directions" in said[1]
    assert "in use" in said[2]
    assert "nothing came of it" in said[3]


def test_files_become_directions_of_the_open_model(qtbot: QtBot, studio: Studio, sliders: LearnedSliders) -> None:
    with qtbot.waitSignal(sliders.ready) as ready:
        sliders.read([Path("zoom.walk"), Path("notes.txt"), Path("pan.walk")])
    assert ready.args is not None
    fingerprint = studio.session.document.model.fingerprint
    assert [d.name for d in ready.args[0]] == [f"zoom of {fingerprint}", f"pan of {fingerprint}"]


def test_a_file_of_other_weights_is_one_sentence(qtbot: QtBot, sliders: LearnedSliders) -> None:
    with qtbot.waitSignal(sliders.failed) as failed:
        sliders.read([Path("foreign.walk")])
    assert failed.args == ["It has other weights."]
