"""Preferences, the list of plugins and the sheet of shortcuts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from ganstudio.session.studio import Studio
from ganstudio.settings import read_settings
from ganstudio.ui.preferences_dialog import PreferencesDialog
from ganstudio.ui.sequence_timeline import SequenceTimeline
from ganstudio.ui.shortcut_sheet import ShortcutSheet
from tests.ui.tiny_studio import tiny_studio


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:
    plugins = tmp_path / "plugins"
    for name, text in (("good", 'id = "good"\nname = "Good"\napi = 1\n'), ("bad", "id = 3\n")):
        (plugins / name).mkdir(parents=True)
        (plugins / name / "plugin.toml").write_text(text)
    with tiny_studio(tmp_path, plugins=(plugins,)) as studio:
        yield studio


@pytest.fixture
def dialog(studio, shown) -> PreferencesDialog:
    return shown(PreferencesDialog(studio))


def pick(box, data) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_every_choice_counts_at_once_and_is_kept(studio, dialog):
    pick(dialog.theme, "light")
    pick(dialog.device, "cpu")
    dialog.exact.click()
    dialog.auto_key.click()
    dialog.autosave.setValue(10)
    kept = read_settings(studio.preferences.path)
    assert kept == studio.preferences.value
    assert (kept.theme, kept.device, kept.exact_export, kept.auto_key, kept.autosave_seconds) == (
        "light", "cpu", True, False, 10)


def test_the_devices_of_this_machine_are_offered(studio, dialog):
    offered = [dialog.device.itemData(i) for i in range(dialog.device.count())]
    assert offered == list(studio.renderer.devices())
    assert studio.renderer.device_name in dialog.drawn.text()


def test_a_disk_that_does_not_take_the_settings_is_one_sentence_in_the_dialog(studio, dialog, tmp_path):
    (tmp_path / "file").write_text("")
    studio.preferences.path = tmp_path / "file" / "settings.json"
    dialog.exact.click()
    assert dialog.problem.text()
    assert studio.preferences.value.exact_export


def test_plugins_are_listed_and_broken_ones_marked_with_the_reason(dialog):
    errors = {row.accessibleName().split()[0]: row.error.text() for row in dialog.plugins.rows}
    assert errors["Good"] == ""
    assert "plugin.toml" in errors["bad"]


def test_the_shortcut_sheet_gathers_the_windows_keys_and_can_be_searched(studio, qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    save = QAction("&Save", window)
    save.setShortcut(QKeySequence("Ctrl+S"))
    window.addAction(save)
    window.setCentralWidget(SequenceTimeline(studio, window))
    sheet = ShortcutSheet(studio, window)
    sheet.show()
    qtbot.waitExposed(sheet)
    assert {"Save", "Add Key", "Play", "Move finely"} <= set(sheet.shown)
    QTest.keyClicks(sheet.search, "key timeline")
    assert "Previous Key" in sheet.shown
    assert "Save" not in sheet.shown
    QTest.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
