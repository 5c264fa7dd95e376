"""What can be done with a model of the library: opened, renamed, removed, shown, looked up, compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QFile, QPoint
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from ganstudio.checkpoints.importing import import_model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.session.studio import Studio
from ganstudio.ui.device_comparison import DeviceComparison
from ganstudio.ui.model_card import summary
from ganstudio.ui.model_details import ModelDetails
from ganstudio.ui.model_library import ModelLibraryPanel
from ganstudio.ui.model_menu import reveal_command
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.models import write_stylegan2
from tests.ui.tiny_studio import tiny_studio


@pytest.fixture
def studio(data_folder, tmp_path) -> Iterator[Studio]:
    for name in ("apple", "pear"):
        write_stylegan2(data_folder / "models" / f"{name}.safetensors", num_classes=3 * (name == "pear"))
    write_stylegan2(tmp_path / "shipped" / "plum.safetensors")
    library = ModelLibrary((tmp_path / "shipped", data_folder / "models"), ())
    with tiny_studio(tmp_path, library.default_document("apple"), library) as studio:
        yield studio


@pytest.fixture
def panel(studio, qtbot) -> ModelLibraryPanel:
    panel = ModelLibraryPanel(studio)
    qtbot.addWidget(panel)
    panel.menu.confirm = lambda title, question: True
    panel.resize(260, 500)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def entries(panel, model_id) -> dict[str, tuple[bool, str]]:
    menu = panel.menu.menu(panel.cards[model_id].entry)
    return {a.text().replace("&", "").rstrip("…"): (a.isEnabled(), a.toolTip()) for a in menu.actions() if a.text()}


def test_the_menu_offers_what_is_possible_and_says_why_not(studio, panel):
    own, open_one, shipped = (entries(panel, name) for name in ("pear", "apple", "plum"))
    assert all(enabled for enabled, _ in own.values())
    assert open_one["Remove"] == (False, "It is open: open another model first.")
    assert shipped["Remove"] == shipped["Rename"] == (False, "It came with the program.")
    assert shipped["Open"][0]


def test_the_right_button_and_the_menu_key_bring_it(panel):
    card, shown = panel.cards["pear"], []
    panel.menu.show = lambda entry, at: shown.append((entry.id, at))
    where = card.mapToGlobal(QPoint(4, 4))
    for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
        QApplication.sendEvent(card, QContextMenuEvent(reason, QPoint(4, 4), where))
    assert shown == [("pear", where), ("pear", card.mapToGlobal(card.rect().center()))]


def test_its_entries_do_what_they_say(panel, qtbot):
    menu = panel.menu.menu(panel.cards["pear"].entry)
    with qtbot.waitSignal(panel.chosen, check_params_cb=lambda id_: id_ == "pear"):
        menu.actions()[0].trigger()
    menu.actions()[-1].trigger()
    [dialog] = panel.findChildren(ModelDetails)
    assert dialog.isVisible()
    dialog.close()


def test_a_new_name_is_in_the_file_and_the_id_and_numbers_stay(studio, panel, data_folder, qtbot):
    before = studio.library.load("pear")
    panel.menu.ask_name = lambda name: f" Big {name} "
    panel.menu.rename(panel.cards["pear"].entry)
    qtbot.waitUntil(lambda: panel.cards["pear"].name.text() == "Big Pear")
    after = ModelLibrary((data_folder / "models",), ()).load("pear")
    assert after.info.name == "Big Pear"
    assert after.fingerprint == before.fingerprint
    assert after.info.about["terms"] == "free"


def test_no_name_and_the_same_name_change_nothing(studio, panel):
    path = panel.cards["pear"].entry.path
    stamp = path.stat().st_mtime_ns
    for name in ("", "  ", "Pear"):
        panel.menu.ask_name = lambda old, name=name: name
        panel.menu.rename(panel.cards["pear"].entry)
    assert not studio.jobs.running
    assert path.stat().st_mtime_ns == stamp


def test_removing_asks_then_puts_the_file_into_the_trash(panel, monkeypatch):
    thrown, asked = [], []

    def trash(path: str) -> bool:
        thrown.append(path)
        Path(path).unlink()
        return True

    monkeypatch.setattr(QFile, "moveToTrash", trash)
    entry = panel.cards["pear"].entry
    panel.menu.confirm = lambda title, question: asked.append(question)
    panel.menu.remove(entry)
    assert thrown == []
    panel.menu.confirm = lambda title, question: True
    panel.menu.remove(entry)
    assert thrown == [str(entry.path)]
    assert "“Pear”" in asked[0]
    assert "pear" not in panel.cards


def test_where_there_is_no_trash_it_is_deleted_only_after_a_second_question(panel, monkeypatch):
    monkeypatch.setattr(QFile, "moveToTrash", lambda path: False)
    entry, answers = panel.cards["pear"].entry, iter((True, False, True, True))
    panel.menu.confirm = lambda title, question: next(answers)
    panel.menu.remove(entry)
    assert entry.path.exists()
    panel.menu.remove(entry)
    assert not entry.path.exists()
    assert "pear" not in panel.cards


def test_what_came_with_the_program_is_never_removed(panel):
    entry = panel.cards["plum"].entry
    panel.menu.remove(entry)
    assert entry.path.exists()


def test_a_file_from_elsewhere_leaves_the_list_and_stays_on_disk(studio, panel, tmp_path):
    path = write_stylegan2(tmp_path / "kiwi.safetensors")
    studio.library.add(path)
    studio.preferences.change(replace(studio.preferences.value, models=(str(path),)))
    panel.refresh()
    assert "Remove from the List" in entries(panel, str(path))
    panel.menu.forget(panel.cards[str(path)].entry)
    assert str(path) not in panel.cards
    assert studio.preferences.value.models == ()
    assert path.exists()


def test_details_tell_source_hash_answers_and_sizes(studio, panel, data_folder, qtbot):
    path = checkpoint(small("genforce-progan/plain16"))
    list(import_model(path, data_folder / "models", name="Lake"))
    panel.refresh()
    dialog = ModelDetails(panel.cards["lake"].entry)
    qtbot.addWidget(dialog)
    texts = dialog.table.texts
    assert texts["Source"] == str(path)
    assert len(texts["SHA-256"]) == 64
    assert "final_tanh = False" in texts["Answers"]
    count = sum(p.numel() for p in studio.library.load("lake").generator.parameters())
    assert texts["Parameters"].replace("\u202f", "") == str(count)
    dialog.copy.click()
    assert texts["SHA-256"] in QGuiApplication.clipboard().text()


def test_a_card_tells_classes_and_parameters(panel):
    assert summary(panel.cards["pear"].entry).startswith("3 classes · ")
    assert summary(panel.cards["apple"].entry).endswith("million parameters")


def test_long_terms_are_short_on_the_card_and_whole_in_its_tip(studio, panel, data_folder):
    list(import_model(small("nvidia-stylegan2/cond16"), data_folder / "models", name="Sea"))
    panel.refresh()
    card = panel.cards["sea"]
    assert len(card.terms.text()) <= 60
    assert card.terms.text().endswith("…")
    assert card.entry.terms in card.toolTip()


def test_devices_are_compared_in_a_table(studio, panel, qtbot):
    dialog = DeviceComparison(studio, panel.cards["pear"].entry)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "Compared" in dialog.status.text(), timeout=20000)
    assert dialog.table.rowCount() >= 1
    assert all("the same" in dialog.table.item(row, 3).text() for row in range(dialog.table.rowCount()))


def test_the_file_manager_is_asked_in_each_systems_way(tmp_path):
    assert reveal_command(tmp_path, "darwin")[:2] == ("open", "-R")
    assert reveal_command(tmp_path, "win32")[0] == "explorer"
    assert reveal_command(tmp_path, "linux") == ("",)
