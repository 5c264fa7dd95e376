"""Opening and saving: never in the GUI thread, never half, always one sentence when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ganstudio.api import Direction, FinderOptions, LayerRange
from ganstudio.checkpoints.native import LoadedModel, ModelError
from ganstudio.document.document import ModelRef
from ganstudio.document.file import read_project, write_project
from tests.models import TINY, tiny_direction, tiny_document
from tests.session.conftest import Desk

ALL = FinderOptions((LayerRange(0, 4),), count=3)


def ids(desk: Desk) -> list[str]:
    return [e.direction.id for e in desk.session.document.latent.edits]


def failure(desk: Desk) -> str:
    (kind, words), = desk.heard
    assert kind == "failed"
    assert words.endswith(".")
    return str(words)


def test_a_fresh_model_has_sliders_at_rest_under_their_given_names(desk: Desk) -> None:
    desk.opening.open_model("tiny", 5)
    desk.settle()
    first = desk.session.document.latent.edits[0].direction
    desk.shelves.rename(first, "Night")
    desk.opening.open_model("tiny", 5)
    desk.settle()
    look = desk.session.document.latent
    assert ids(desk) == [f"sefa:all:{i}" for i in range(4)]
    assert [e.alpha for e in look.edits] == [0] * 4
    assert (look.base.seed, look.edits[0].direction.name) == (5, "Night")
    assert desk.heard == ["opened", "opened"]
    assert not desk.session.dirty


def test_the_window_never_waits_for_a_model(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    load = desk.library.load
    monkeypatch.setattr(desk.library, "load", lambda id_: (threads.append(threading.get_ident()), load(id_))[1])
    desk.opening.open_model("tiny")
    desk.settle()
    desk.opening.add_directions("sefa", ALL)
    desk.settle()
    assert threads
    assert threading.get_ident() not in threads


def test_a_saved_project_comes_back(desk: Desk, tmp_path: Path) -> None:
    desk.session.change(tiny_document(seconds=1.0), "Keys")
    assert desk.opening.save(tmp_path / "a.gans")
    assert not desk.session.dirty
    desk.opening.open_model("tiny")
    desk.opening.open_project(tmp_path / "a.gans")
    desk.settle()
    assert desk.session.document.sequence.times == (0, 1)
    assert desk.session.path == tmp_path / "a.gans"
    assert desk.preferences.value.recent_files == (str(tmp_path / "a.gans"),)
    assert desk.heard == ["saved", "opened"]


def test_of_two_openings_the_later_one_counts(desk: Desk) -> None:
    for seed in range(5):
        desk.opening.open_model("tiny", seed)
    desk.settle()
    assert desk.session.document.latent.base.seed == 4
    assert desk.heard == ["opened"]


def test_a_project_carries_the_names_its_directions_have_here(desk: Desk, tmp_path: Path) -> None:
    desk.session.change(tiny_document(seconds=1.0), "Keys")
    desk.shelves.rename(tiny_direction(), "Dusk")
    desk.opening.save(tmp_path / "a.gans")
    assert read_project(tmp_path / "a.gans").latent.edits[0].direction.name == "Dusk"


def _remove(path: Path) -> None:
    path.unlink()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _newer(path: Path) -> None:
    path.write_bytes(b"no project")


@pytest.mark.parametrize("spoil", [_remove, _truncate, _newer])
def test_a_project_that_cannot_be_read_leaves_the_document(
    desk: Desk, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path, before = tmp_path / "a.gans", desk.session.document
    write_project(path, tiny_document())
    spoil(path)
    desk.opening.open_project(path)
    desk.settle()
    assert "a.gans" in failure(desk)
    assert desk.session.document is before


def test_a_project_of_another_version_of_its_model_names_the_model(desk: Desk, tmp_path: Path) -> None:
    before = desk.session.document
    write_project(tmp_path / "a.gans", replace(tiny_document(), model=ModelRef("tiny", "other")))
    desk.opening.open_project(tmp_path / "a.gans")
    desk.settle()
    assert "another version of the model “tiny”" in failure(desk)
    assert desk.session.document is before


def test_a_project_without_its_model_names_the_model(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(model_id: str) -> LoadedModel:
        raise ModelError(f"There is no model “{model_id}” in the library.")

    monkeypatch.setattr(desk.library, "load", gone)
    write_project(tmp_path / "a.gans", tiny_document())
    desk.opening.open_project(tmp_path / "a.gans")
    desk.settle()
    assert "“a.gans” needs the model “tiny”" in failure(desk)


def test_a_save_that_fails_is_told_and_stays_dirty(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    desk.session.change(tiny_document(seconds=1.0), "Keys")
    assert not desk.opening.save(tmp_path / "file" / "a.gans")
    assert desk.session.dirty
    assert desk.session.path is None
    failure(desk)


def test_directions_are_added_in_one_step_and_none_twice(desk: Desk) -> None:
    before = desk.session.document
    for _ in range(2):
        desk.opening.add_directions("sefa", ALL)
        desk.settle()
    assert ids(desk) == ["sefa:all:0", "sefa:all:1", "sefa:all:2"]
    desk.session.undo()
    assert desk.session.document is before


def test_directions_can_be_looked_at_before_they_are_added(desk: Desk) -> None:
    desk.opening.find_directions("sefa", ALL)
    desk.settle()
    (kind, found), = desk.heard
    assert (kind, [d.id for d in found]) == ("found", ["sefa:all:0", "sefa:all:1", "sefa:all:2"])
    assert ids(desk) == []


def test_directions_of_a_model_that_was_left_meanwhile_are_dropped(desk: Desk) -> None:
    desk.opening.add_directions("sefa", ALL)
    desk.session.open(replace(tiny_document(), model=ModelRef("tiny", "other")))
    desk.settle()
    assert ids(desk) == []
    assert TINY.fingerprint != "other"


@pytest.mark.parametrize(("finder", "options", "words"), [
    ("nobody", ALL, "no finder “nobody”"), ("sefa", FinderOptions((LayerRange(0, 9),)), "layers 0-3"),
])  # fmt: skip
def test_finding_that_fails_is_one_sentence(desk: Desk, finder: str, options: Any, words: str) -> None:
    desk.opening.add_directions(finder, options)
    desk.settle()
    assert words in failure(desk)


def test_a_model_that_gives_no_directions_opens_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.library.model.generator, "factor_matrix", lambda layers: torch.zeros(4, 4))
    desk.opening.open_model("tiny")
    desk.settle()
    assert desk.heard == ["opened"]
    assert ids(desk) == []


def test_recovered_work_counts_as_unsaved_work_of_its_project(desk: Desk, tmp_path: Path) -> None:
    write_project(tmp_path / "snapshot.gans", tiny_document())
    desk.opening.open_recovered(tmp_path / "snapshot.gans", tmp_path / "mine.gans")
    desk.settle()
    assert desk.session.dirty
    assert desk.session.path == tmp_path / "mine.gans"


def test_a_model_whose_input_can_be_moved_opens_with_sliders_for_that(desk: Desk) -> None:
    generator = desk.library.load("tiny").generator
    generator.synthesize_moved = lambda ws, transform: ws
    try:
        desk.opening.open_model("tiny")
        desk.settle()
    finally:
        del generator.synthesize_moved
    assert ids(desk) == [*[f"sefa:all:{i}" for i in range(4)], "input:x", "input:y", "input:turn"]
    assert [e.alpha for e in desk.session.document.latent.edits] == [0] * 7


def test_what_was_learned_for_a_model_comes_before_what_its_weights_say(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Walks:
        id, name = "steering", "Steering"

        def find(self, generator: Any, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
            yield tiny_direction("zoom")

    finder = desk.opening._registry.finder
    monkeypatch.setattr(desk.opening._registry, "finder", lambda id_: Walks() if id_ == "steering" else finder(id_))
    desk.opening.open_model("tiny")
    desk.settle()
    assert ids(desk) == ["test:zoom", *[f"sefa:all:{i}" for i in range(4)]]
