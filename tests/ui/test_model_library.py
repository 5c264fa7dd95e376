"""The library panel: what it lists, opens, marks and fetches."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.session.studio import Studio
from ganstudio.ui.model_fetch import ModelFetch
from ganstudio.ui.model_library import ModelLibraryPanel
from tests.models import write_stylegan2
from tests.ui.tiny_studio import tiny_studio

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def models(data_folder, monkeypatch) -> Path:
    monkeypatch.setenv("GANSTUDIO_COMPILE", "0")
    folder = data_folder / "models"
    folder.mkdir()
    write_stylegan2(folder / "apple.safetensors")
    write_stylegan2(folder / "pear.safetensors", side=64, seed=1)
    (folder / "broken.safetensors").write_bytes(b"no model")
    return folder


@pytest.fixture
def studio(models, tmp_path) -> Iterator[Studio]:
    library = ModelLibrary((models,))
    with tiny_studio(tmp_path, library.default_document("apple"), library) as studio:
        yield studio


def panel_of(studio: Studio, qtbot, *script: str) -> ModelLibraryPanel:
    """A panel whose fetch runs these lines of Python instead of a download."""
    fetch = ModelFetch(lambda model_id: [sys.executable, "-c", "\n".join(script)])
    panel = ModelLibraryPanel(studio, fetch=fetch)
    fetch.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(260, 500)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def panel(studio, qtbot) -> ModelLibraryPanel:
    return panel_of(studio, qtbot)


def test_models_are_listed_with_name_size_and_family(panel):
    card = panel.cards["pear"]
    assert card.name.text() == "Pear"
    assert "64 px" in card.facts.text()
    assert "StyleGAN2" in card.facts.text()
    assert card.terms.text() == "free"


def test_models_of_the_same_name_are_told_apart_by_their_files(models, panel):
    assert not panel.cards["pear"].file.isVisible()
    shutil.copy(models / "pear.safetensors", models / "pear-2.safetensors")
    panel.refresh()
    assert panel.cards["pear"].name.text() == panel.cards["pear-2"].name.text()
    assert [panel.cards[id_].file.text() for id_ in ("pear", "pear-2")] == ["pear.safetensors", "pear-2.safetensors"]
    (models / "pear-2.safetensors").unlink()
    panel.refresh()
    assert not panel.cards["pear"].file.isVisible()


def test_files_of_the_same_name_are_told_apart_by_their_folders(models, studio, panel, tmp_path):
    (tmp_path / "garden").mkdir()
    studio.library.add(Path(shutil.copy(models / "pear.safetensors", tmp_path / "garden")))
    panel.refresh()
    assert {card.file.text() for card in panel.cards.values() if card.name.text() == "Pear"} == {
        "models/pear.safetensors", "garden/pear.safetensors"}


def test_the_open_model_is_scrolled_to(studio, panel, qtbot):
    panel.resize(260, 120)
    card = panel.cards["pear"]
    qtbot.waitUntil(lambda: card.visibleRegion().boundingRect() != card.rect())
    studio.session.open(studio.library.default_document("pear"))
    qtbot.waitUntil(lambda: card.visibleRegion().boundingRect() == card.rect())


def test_a_click_and_enter_ask_for_the_model(panel, qtbot):
    with qtbot.waitSignal(panel.chosen, check_params_cb=lambda id_: id_ == "pear"):
        QTest.mouseClick(panel.cards["pear"], Left)
    panel.cards["apple"].setFocus()
    with qtbot.waitSignal(panel.chosen, check_params_cb=lambda id_: id_ == "apple"):
        QTest.keyClick(panel.cards["apple"], Qt.Key.Key_Return)


def test_a_broken_file_is_marked_with_the_reason_and_does_not_open(panel):
    card = panel.cards["broken"]
    assert "no model file" in card.note.text()
    assert card.note.isVisible()
    chosen = []
    panel.chosen.connect(chosen.append)
    QTest.mouseClick(card, Left)
    assert chosen == []


def test_a_file_whose_tensors_do_not_fit_is_marked_once_it_was_tried(models, studio, panel, qtbot):
    good = (models / "pear.safetensors").read_bytes()
    (models / "pear.safetensors").write_bytes(good.replace(b"mapping_layers\\\": 2", b"mapping_layers\\\": 3"))
    panel.refresh()
    panel._want_pictures()
    qtbot.waitUntil(lambda: bool(panel.cards["pear"].problem), timeout=10000)
    assert "do not fit" in panel.cards["pear"].note.text()
    qtbot.waitUntil(lambda: not studio.jobs.running)


def test_pictures_are_drawn_once_and_kept_on_disk(studio, panel, data_folder, qtbot):
    panel._want_pictures()
    qtbot.waitUntil(lambda: len(list((data_folder / "thumbnails").glob("*.png"))) == 2, timeout=10000)
    qtbot.waitUntil(lambda: not studio.jobs.running)
    again = panel_of(studio, qtbot)
    assert not again.cards["apple"].picture.pixmap().isNull()
    again._want_pictures()
    assert not studio.jobs.running


def test_the_open_model_is_marked(studio, panel):
    assert panel.cards["apple"]._current
    studio.session.open(studio.library.default_document("pear"))
    assert panel.cards["pear"]._current
    assert not panel.cards["apple"]._current


def test_a_new_file_in_the_folder_is_listed_after_a_refresh(models, panel, qtbot):
    write_stylegan2(models / "plum.safetensors")
    panel.refresh()
    qtbot.waitUntil(panel.cards["plum"].isVisible)
    (models / "plum.safetensors").unlink()
    panel.refresh()
    assert "plum" not in panel.cards


def test_the_terms_of_faces_are_in_the_list_and_come_before_the_download(panel):
    card = panel.cards["faces"]
    assert "non-commercial" in card.terms.text()
    assert not panel.fetch.running
    card.get.click()
    assert "non-commercial" in card.note.text()
    assert not panel.fetch.running
    assert not card.get.isVisible()
    card.cancel.click()
    assert card.get.isVisible()


def test_a_fetched_model_appears_and_can_be_opened(studio, qtbot, models, tmp_path):
    made = write_stylegan2(tmp_path / "faces.safetensors")
    line = json.dumps({"text": "Half", "fraction": 0.5})
    panel = panel_of(studio, qtbot, "import shutil", f"print({line!r})",
                     f"shutil.copy({str(made)!r}, {str(models / 'faces.safetensors')!r})")
    steps = []
    panel.fetch.progressed.connect(lambda text, fraction: steps.append((text, fraction)))
    panel.cards["faces"].get.click()
    panel.cards["faces"].agree.click()
    qtbot.waitUntil(lambda: panel.cards["faces"].entry.available, timeout=10000)
    assert steps == [("Half", 0.5)]
    with qtbot.waitSignal(panel.chosen):
        QTest.mouseClick(panel.cards["faces"], Left)


def test_a_failed_fetch_says_why_and_can_be_tried_again(studio, qtbot):
    panel = panel_of(studio, qtbot, "import json, sys", "print(json.dumps({'error': 'There is no network.'}))",
                     "sys.exit(1)")
    card = panel.cards["faces"]
    card.get.click()
    card.agree.click()
    qtbot.waitUntil(lambda: card.note.text() == "There is no network.", timeout=10000)
    assert card.get.isVisible()
    assert card.get.text() == "Try Again"


def test_a_fetch_can_be_cancelled(studio, qtbot):
    panel = panel_of(studio, qtbot, "import time", "time.sleep(60)")
    card = panel.cards["faces"]
    card.get.click()
    card.agree.click()
    qtbot.waitUntil(lambda: panel.fetch.running)
    card.cancel.click()
    qtbot.waitUntil(lambda: not panel.fetch.running, timeout=5000)
    assert card.get.isVisible()


def test_a_program_that_is_not_there_is_one_sentence(studio, qtbot):
    panel = panel_of(studio, qtbot)
    panel.fetch._command = lambda model_id: ["/no/such/program"]
    card = panel.cards["faces"]
    card.get.click()
    card.agree.click()
    qtbot.waitUntil(lambda: "could not be started" in card.note.text())
