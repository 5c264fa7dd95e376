"""The window: its menus do what they say, files come and go without losing work, and it opens as it was left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from ganstudio.checkpoints import library as library_module
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document
from ganstudio.document.file import write_project
from ganstudio.session.studio import Studio
from ganstudio.session.trainee import End
from ganstudio.ui.actions import Command
from ganstudio.ui.commands import MENUS
from ganstudio.ui.file_flow import FileFlow
from ganstudio.ui.main_window import MainWindow
from ganstudio.ui.text import tr
from ganstudio.ui.theme import apply_theme, current_theme, style_sheet, tokens
from ganstudio.ui.toolbox import tool_entries
from tests.models import tiny_direction, tiny_document, write_stylegan2
from tests.ui.canvas_hands import flat_part
from tests.ui.tiny_studio import tiny_studio

Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def document() -> Document:
    document = tiny_document()
    return replace(document, latent=document.latent.with_direction(tiny_direction()))


@pytest.fixture
def window(studio, qapp, shown) -> Iterator[MainWindow]:
    apply_theme(qapp, "dark")
    widget = MainWindow(studio)
    widget.files.ask = lambda: "discard"
    yield shown(widget)
    widget.files.ask = lambda: "discard"
    qapp.setStyleSheet("")


def change(studio: Studio, alpha: float = 1.0) -> None:
    document = studio.session.document
    studio.session.change(replace(document, latent=document.latent.with_alpha("test:red", alpha)), "Move Slider")


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])
    where, no_key = QPointF(50, 50), Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, no_key)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, no_key))


def said(window: MainWindow) -> list[str]:
    return [banner.text for banner in window.stage.banners.shown]


def test_every_menu_entry_exists_and_no_command_is_missing(window):
    titles = [a.text() for a in window.menuBar().actions()]
    assert titles == ["&File", "&Edit", "&View", "&Model", "&Collage", "&Help"]
    named = {id_ for ids in MENUS.values() for id_ in ids.split()}
    assert set(window.commands) <= named


def test_no_two_commands_share_a_key(window):
    keys = [key.toString() for action in window.commands.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_keys_undo_and_both_redo_keys_redo(studio, window):
    change(studio)
    assert window.commands["undo"].text() == "&Undo Move Slider"
    QTest.keyClick(window, Qt.Key.Key_Z, Control)
    assert studio.session.document.latent.edits[0].alpha == 0.0
    for key, modifiers in ((Qt.Key.Key_Z, Control | Shift), (Qt.Key.Key_Y, Control)):
        QTest.keyClick(window, key, modifiers)
        assert studio.session.document.latent.edits[0].alpha == 1.0
        studio.session.undo()
    assert not window.commands["undo"].isEnabled()


def test_a_canvas_that_was_put_away_stays_away_when_its_layers_come_back(studio, window):
    window.stage.desk.easel.edits.add([flat_part((200, 30, 30))], "Add")
    assert window.stage.desk.isVisible()
    window.toggle_collage()
    studio.session.undo()
    studio.session.redo()
    assert studio.session.document.collage
    assert not window.stage.desk.isVisible()
    studio.session.open(studio.session.document)
    assert not window.stage.desk.isVisible()


def test_a_project_with_layers_opens_with_its_canvas(studio, window):
    window.stage.desk.easel.edits.add([flat_part((200, 30, 30))], "Add")
    composed = studio.session.document
    studio.session.open(tiny_document())
    window.toggle_collage()
    studio.session.open(composed)
    assert window.stage.desk.isVisible()


def test_the_whole_window_has_room_for_how_a_tool_is_used(window):
    hint = window.status.hint
    assert not hint.text()
    window.toggle_collage()
    for tool in tool_entries():
        window.stage.desk.easel.take(tool.id)
        assert hint.text() == tool.hint
        assert hint.fontMetrics().horizontalAdvance(tool.hint) < hint.width()
    window.toggle_collage()
    assert not hint.text()


def test_a_start_under_layers_is_told_to_be_unseen(studio, window):
    window.panel.edits.set_seed(7)
    assert not said(window)
    window.stage.desk.easel.edits.add([flat_part((200, 30, 30))], "Add")
    window.panel.edits.set_seed(8)
    note, = window.stage.banners.shown
    assert "comes from the layers" in note.text
    studio.session.undo()
    studio.session.redo()
    note.buttons[0].click()
    assert not studio.session.document.collage.shown
    window.panel.edits.set_seed(9)
    assert not said(window)


def test_one_drag_of_the_truncation_is_told_of_once(studio, window):
    window.stage.desk.easel.edits.add([flat_part((200, 30, 30))], "Add")
    notes = []
    window.compositions.noted.connect(lambda text, offers: notes.append(text))
    for psi in (0.6, 0.5, 0.4):
        window.panel.edits.set_psi(psi, "drag")
    assert len(notes) == 1


def test_the_title_names_the_project_and_stars_what_is_not_saved(studio, window, tmp_path):
    assert window.windowTitle() == "Untitled[*] – GAN Studio"
    assert not window.isWindowModified()
    change(studio)
    assert window.isWindowModified()
    studio.opening.save(tmp_path / "dawn.gans")
    assert window.windowTitle() == "dawn[*] – GAN Studio"
    assert not window.isWindowModified()


def test_closing_with_unsaved_changes_asks_and_can_be_called_off(studio, window):
    answers = iter(("cancel", "discard"))
    window.files.ask = lambda: next(answers)
    change(studio)
    assert not window.close()
    assert window.isVisible()
    assert window.close()


def test_save_when_asked_saves_before_the_window_closes(studio, window, tmp_path):
    change(studio)
    studio.opening.save(tmp_path / "dawn.gans")
    change(studio, 2.0)
    window.files.ask = lambda: "save"
    assert window.close()
    assert not studio.session.dirty


def test_a_save_that_fails_keeps_the_window_open(studio, window, tmp_path, monkeypatch):
    change(studio)
    monkeypatch.setattr(type(studio.opening), "save", lambda self, path: False)
    studio.session.path = tmp_path / "dawn.gans"
    window.files.ask = lambda: "save"
    assert not window.close()


def test_nothing_is_asked_when_nothing_changed(window):
    window.files.ask = lambda: pytest.fail("asked")
    assert window.close()


def test_the_question_is_answered_with_its_buttons(studio, window, qtbot, monkeypatch):
    for button, answer in ((QMessageBox.StandardButton.Save, "save"), (QMessageBox.StandardButton.Discard, "discard"),
                           (QMessageBox.StandardButton.Cancel, "cancel")):
        monkeypatch.setattr(QMessageBox, "exec", lambda box, button=button: button)
        assert FileFlow._ask(window.files) == answer


def test_a_dropped_project_opens_and_is_recent(studio, window, qtbot, tmp_path):
    path = tmp_path / "dropped.gans"
    write_project(path, replace(studio.session.document, latent=replace(studio.session.document.latent, psi=0.25)))
    drop(window, path)
    qtbot.waitUntil(lambda: studio.session.document.latent.psi == 0.25)
    assert studio.session.path == path
    assert studio.preferences.value.recent_files == (str(path),)


def test_a_dropped_file_of_another_kind_is_answered_in_one_sentence(window, tmp_path):
    drop(window, tmp_path / "letter.docx")
    assert len(said(window)) == 1
    assert "letter.docx" in said(window)[0]


def test_a_damaged_project_is_answered_and_the_document_stays(studio, window, qtbot, tmp_path):
    path = tmp_path / "broken.gans"
    path.write_bytes(b"PK nonsense")
    before = studio.session.document
    window.files.open(path)
    qtbot.waitUntil(lambda: bool(said(window)))
    assert studio.session.document is before
    window.stage.banners.shown[0].dismiss()
    assert said(window) == []


def test_a_model_file_is_listed_and_opened(tmp_path, qapp, qtbot):
    added = write_stylegan2(tmp_path / "mine.safetensors")
    with tiny_studio(tmp_path, library=ModelLibrary((), ())) as studio:
        files = FileFlow(studio, None)
        refused, opened = [], []
        files.refused.connect(refused.append)
        studio.opening.opened.connect(lambda: opened.append(1))
        files.open(added)
        qtbot.waitUntil(lambda: bool(opened))
        assert studio.session.document.model.id == str(added)
        assert studio.preferences.value.models == (str(added),)
        files.open(tmp_path / "none.safetensors")
        assert "none.safetensors" in refused[0]


def test_a_model_file_that_does_not_open_is_told_and_not_listed_the_next_time(tmp_path, qapp, qtbot, monkeypatch):
    def misfit(path: Path) -> None:
        raise ModelError("Its tensors do not fit.")

    monkeypatch.setattr(library_module, "read_native", misfit)
    with tiny_studio(tmp_path, library=ModelLibrary((), ())) as studio:
        files, failed, before = FileFlow(studio, None), [], studio.session.document
        studio.opening.failed.connect(failed.append)
        files.open(write_stylegan2(tmp_path / "mine.safetensors"))
        qtbot.waitUntil(lambda: bool(failed))
        assert failed == ["Its tensors do not fit."]
        assert studio.session.document is before
        assert studio.preferences.value.models == ()


def test_no_zoom_is_told_before_there_is_a_picture(window):
    stage = window.stage
    frame, stage.preview.frame = stage.preview.frame, None
    stage._show_zoom(591.0)
    assert stage.zoom_label.text() == ""
    stage.preview.frame = frame


def test_what_was_said_of_a_document_goes_with_it_and_what_is_said_of_the_program_stays(studio, window, qtbot):
    banners = window.stage.banners
    banners.show_error("“Lake.psd” cannot be opened as layers.")
    banners.show_note("This picture comes from the layers.", (("Hide", lambda: None),))
    banners.show_lasting_note("This device draws grey pictures.")
    studio.preferences.failed.emit("The preferences cannot be kept.")
    with qtbot.waitSignal(studio.opening.opened):
        window.commands["new"].trigger()
    assert said(window) == ["This device draws grey pictures.", "The preferences cannot be kept."]


def test_imported_directions_are_at_hand(studio, window, qtbot):
    many = [replace(tiny_direction(f"d{i}"), name=f"Direction {i}") for i in range(20)]
    window.panel.edits.add(many)
    window.panel.search.setText("Direction 3")
    window.docks["sheet"].raise_()
    window.imports.directions_ready.emit((replace(tiny_direction("new"), name="New"),))
    row = window.panel.rows["test:new"]
    qtbot.waitUntil(lambda: row.isVisible() and row.visibleRegion().boundingRect() == row.rect())
    assert window.focusWidget() is row.slider.groove


def test_the_same_sentence_is_not_said_twice_and_few_at_once(window):
    for text in ("one", "one", "two", "three", "four"):
        window.stage.banners.show_error(text)
    assert said(window) == ["two", "three", "four"]


def test_the_window_opens_as_it_was_left(studio, window, qtbot):
    window.docks["timeline"].hide()
    window.resize(760, 640)
    window.close()
    again = MainWindow(studio)
    qtbot.addWidget(again)
    again.show()
    assert not again.docks["timeline"].isVisible()
    assert again.height() == window.height() == 640
    again.close()


def test_a_damaged_window_state_is_ignored(studio, qtbot, data_folder):
    (data_folder / "window.ini").write_text("[General]\ngeometry=rubbish\ndocks=@ByteArray(more rubbish)\n")
    window = MainWindow(studio)
    qtbot.addWidget(window)
    window.show()
    assert window.docks["sliders"].isVisible()
    window.close()


def test_backslash_works_beside_a_slider(studio, window, qtbot):
    groove = next(iter(window.panel.rows.values())).slider.groove
    groove.setFocus()
    change(studio)
    QTest.keyPress(groove, Qt.Key.Key_Backslash)
    qtbot.waitUntil(lambda: window.stage.preview.holding_before)
    QTest.keyRelease(groove, Qt.Key.Key_Backslash)
    assert not window.stage.preview.holding_before


def test_find_directions_brings_the_sheet_to_the_front(window, qtbot):
    window.panel.add.click()
    qtbot.waitUntil(lambda: window.sheet.isVisible() and not window.sheet.visibleRegion().isEmpty())
    window.docks["sliders"].raise_()


def test_the_theme_changes_with_the_preference(studio, window, qapp):
    apply_theme(qapp, "light")
    assert current_theme() == "light"
    apply_theme(qapp, "dark")
    assert current_theme() == "dark"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_is_readable_on_every_surface_it_stands_on(theme):
    colours = tokens(theme)
    for ink, surfaces in (("text", ("window", "panel", "field", "raised", "hover", "note_field", "error_field")),
                          ("dim", ("window", "panel", "field", "raised")), ("accent_text", ("accent",)),
                          ("error", ("panel",)), ("on_backdrop", ("backdrop",))):
        for surface in surfaces:
            assert contrast(colours[ink], colours[surface]) >= 4.5, f"{ink} on {surface}"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_focus_ring_stands_out(theme):
    colours = tokens(theme)
    for surface in ("panel", "field", "window"):
        assert contrast(colours["bright"], colours[surface]) >= 3.0


def test_both_themes_have_the_same_colours_and_fill_the_style_sheet():
    assert set(tokens("dark")) == set(tokens("light"))
    assert "@" not in style_sheet("dark").replace("@", "", 0).split("*/", 1)[1]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_command_is_a_plain_value():
    assert Command("a", tr("A"), print) == Command("a", "A", print)


def test_the_wheel_of_docks_has_room_for_the_picture(window):
    window.resize(1100, 700)
    QApplication.processEvents()
    assert window.size().width() <= 1100
    assert window.stage.preview.width() >= 300
    assert window.stage.preview.mapTo(window, QPoint(0, 0)).x() > 0


def test_what_a_training_learned_can_be_used_from_its_sentence(window, studio, monkeypatch, tmp_path):
    asked: list[object] = []
    monkeypatch.setattr(window.files, "open_model", asked.append)
    monkeypatch.setattr(studio.registry, "trainings", lambda: {"joint": SimpleNamespace(name="Joint: both")})
    window.trainings.take("joint", End("finished", kept=(tmp_path / "models" / "wide.safetensors",)))
    (banner,) = window.stage.banners.shown
    assert banner.text == "Joint: finished. The library has “wide” now."
    banner.buttons[0].click()
    assert asked == ["wide"]
    window.trainings.directions_ready.emit((replace(tiny_direction(), id="new", name="Learned"),))
    assert studio.session.document.latent.edits[-1].direction.name == "Learned"
