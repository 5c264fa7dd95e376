"""What was learned in the training dialog is offered for use, and becomes sliders at a click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ganstudio.api import FoundDirections, Model
from ganstudio.session.studio import Studio
from ganstudio.session.trainee import End
from ganstudio.ui.trainings import Trainings
from tests.models import tiny_direction


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
def trainings(studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Trainings:
    monkeypatch.setattr(studio.registry, "direction_readers", lambda: {"named": Reader()})  # as a plugin would
    monkeypatch.setattr(studio.registry, "trainings", lambda: {"walk": SimpleNamespace(name="Walk: a slider")})
    window = QWidget()
    qtbot.addWidget(window)
    return Trainings(studio, window)


def test_only_what_can_be_used_here_is_offered(trainings: Trainings, studio: Studio, tmp_path: Path) -> None:
    noted: list[tuple[str, list[str]]] = []
    trainings.noted.connect(lambda text, offers: noted.append((text, [name for name, _ in offers])))
    mine, others = (tmp_path / "directions" / owner / "zoom.walk"
                    for owner in (studio.session.document.model.fingerprint, "f00d"))
    for kept in (mine,), (others,), (tmp_path / "models" / "wide.safetensors", others), ():
        trainings.take("walk", End("finished", kept=kept))
    assert [offers for _, offers in noted] == [["Add Sliders"], [], ["Open"], []]
    assert all(text.startswith("Walk: finished") for text, _ in noted)


def test_files_become_directions_of_the_open_model(qtbot: QtBot, studio: Studio, trainings: Trainings) -> None:
    with qtbot.waitSignal(trainings.directions_ready) as ready:
        trainings.add_sliders([Path("zoom.walk"), Path("notes.txt"), Path("pan.walk")])
    assert ready.args is not None
    fingerprint = studio.session.document.model.fingerprint
    assert [d.name for d in ready.args[0]] == [f"zoom of {fingerprint}", f"pan of {fingerprint}"]


def test_a_file_of_other_weights_is_one_sentence(qtbot: QtBot, trainings: Trainings) -> None:
    with qtbot.waitSignal(trainings.failed) as failed:
        trainings.add_sliders([Path("foreign.walk")])
    assert failed.args == ["It has other weights."]
