"""The whole program, offscreen: it starts with a picture and sliders, and the picture follows the hand to the end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.app import Editor, EndSignals, build_library, build_studio, close_studio
from ganstudio.document.file import write_project
from ganstudio.render.export import ExportPlan, export
from ganstudio.render.shot import Shot
from ganstudio.session.preferences import Preferences
from ganstudio.ui.theme import apply_theme, current_theme
from tests.models import TinyLibrary, tiny_document, write_stylegan2

Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@contextmanager
def running(qapp: QApplication, *paths: Path) -> Iterator[Editor]:
    """The program as `run` builds it, on the exact tiny model."""
    studio = build_studio(TinyLibrary())
    apply_theme(qapp, "dark")
    editor = Editor(studio)
    editor.window.files.ask = lambda: "discard"
    try:
        editor.start(paths)
        yield editor
    finally:
        editor.window.close()
        close_studio(studio)
        editor.window.deleteLater()
        qapp.setStyleSheet("")


@pytest.fixture
def editor(qapp) -> Iterator[Editor]:
    with running(qapp) as editor:
        yield editor


def settled(editor: Editor, qtbot) -> None:
    """Wait until the current document is on screen."""
    session, preview = editor.studio.session, editor.window.stage.preview
    qtbot.waitUntil(lambda: preview.frame is not None and preview.frame.shot.document is session.document
                    and not preview._unpainted and editor.studio.gpu.wait_until_idle(0.01), timeout=15000)


def said(editor: Editor) -> list[str]:
    return [banner.text for banner in editor.window.stage.banners.shown]


def drag(editor: Editor, moves: int, pause: float = 0.0) -> list[Shot]:
    """Drag the first slider to and fro; every shot that was painted meanwhile."""
    painted: list[Shot] = []
    editor.window.stage.preview.painted.connect(painted.append)
    groove = next(iter(editor.window.panel.rows.values())).slider.groove
    middle, reach = groove.rect().center(), groove.width() // 3
    QTest.mousePress(groove, Left, No, QPoint(round(groove.x_of(0.0)), middle.y()))
    for i in range(1, moves + 1):
        QTest.mouseEvent(QTest.MouseAction.MouseMove, groove, Left, No,
                         middle + QPoint(round(reach * (i % 100) / 100) + 5, 0))
        QApplication.processEvents()
        time.sleep(pause)
    QTest.mouseRelease(groove, Left, No, middle + QPoint(reach, 0))
    return painted


def test_it_starts_with_a_picture_and_sliders(editor, qtbot):
    settled(editor, qtbot)
    assert len(editor.window.panel.rows) == 4
    assert not editor.studio.session.dirty
    assert editor.window.stage.preview.message == ""
    assert said(editor) == []


def test_a_drag_shows_its_last_position(editor, qtbot):
    settled(editor, qtbot)
    painted = drag(editor, 20, 0.005)
    settled(editor, qtbot)
    assert painted[-1].document is editor.studio.session.document
    assert editor.studio.session.document.latent.edits[0].alpha > 0


def test_after_400_moves_the_last_picture_is_the_last_position(editor, qtbot):
    settled(editor, qtbot)
    painted = drag(editor, 400)
    settled(editor, qtbot)
    assert painted[-1].document is editor.studio.session.document
    next(iter(editor.window.panel.rows.values())).slider._release()
    assert editor.studio.session.undo_label == "Move Slider"
    editor.studio.session.undo()
    assert editor.studio.session.undo_label == ""


def test_frames_never_go_back_in_time(editor, qtbot):
    settled(editor, qtbot)
    order = []
    editor.studio.session.changed.connect(lambda _, after: order.append(after))
    painted = drag(editor, 120, 0.002)
    settled(editor, qtbot)
    places = [max(i for i, d in enumerate(order) if d is shot.document) for shot in painted]
    assert places == sorted(places)


def test_a_project_named_on_the_command_line_is_opened(qapp, qtbot, tmp_path):
    path = tmp_path / "dawn.gans"
    write_project(path, tiny_document(psi=0.5))
    with running(qapp, path) as editor:
        settled(editor, qtbot)
        assert editor.studio.session.document.latent.psi == 0.5
        assert editor.window.windowTitle().startswith("dawn")


def test_a_file_that_cannot_be_opened_is_one_sentence_and_the_window_stays(qapp, qtbot, tmp_path):
    with running(qapp, tmp_path / "gone.gans") as editor:
        qtbot.waitUntil(lambda: bool(said(editor)))
        assert "gone.gans" in said(editor)[0]
        assert editor.window.isVisible()


def test_work_that_a_crash_left_is_offered_and_restored(qapp, qtbot):
    with running(qapp) as crashed:
        settled(crashed, qtbot)
        drag(crashed, 5)
        wanted = crashed.studio.session.document.latent.edits[0].alpha
        crashed.recovery.snapshot()
        crashed.recovery._lock.unlock()
        crashed.recovery.close = lambda: crashed.recovery._timer.stop()
    with running(qapp) as editor:
        settled(editor, qtbot)
        assert "ended unexpectedly" in said(editor)[0]
        editor.window.stage.banners.shown[0].buttons[0].click()
        qtbot.waitUntil(lambda: editor.studio.session.dirty)
        assert editor.studio.session.document.latent.edits[0].alpha == pytest.approx(wanted)
        assert said(editor) == []
    with running(qapp) as again:
        settled(again, qtbot)
        assert said(again) == []


def test_a_signal_to_end_is_heard_in_the_window(qapp, qtbot):
    before = signal.getsignal(signal.SIGTERM)
    ends, heard = EndSignals(), []
    ends.came.connect(lambda: heard.append(QThread.currentThread() is qapp.thread()))
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: heard == [True])
    ends.close()
    assert signal.getsignal(signal.SIGTERM) is before


def test_told_to_end_it_keeps_unsaved_work_and_leaves_no_half_export(qapp, qtbot, tmp_path, monkeypatch):
    ended = []
    monkeypatch.setattr(QApplication, "exit", ended.append)
    with running(qapp) as editor:
        settled(editor, qtbot)
        drag(editor, 5)
        studio = editor.studio
        plan = ExportPlan(tmp_path / "film.mp4", "mp4", count=10_000)
        studio.jobs.start("Export", export(studio.renderer, studio.session.document, plan))
        qtbot.waitUntil(lambda: any(f.suffix == ".part" for f in tmp_path.iterdir()))
        editor.leave()
        close_studio(studio)
        assert ended == [0]
        assert [f.name for f in tmp_path.iterdir() if "film" in f.name] == []
        assert editor.recovery._file.exists()


def test_preferences_take_effect_at_once(editor, qtbot):
    settled(editor, qtbot)
    preferences = editor.studio.preferences
    preferences.change(preferences.value.__class__(theme="light"))
    assert current_theme() == "light"
    preferences.change(preferences.value.__class__(theme="dark", device="cpu"))
    assert current_theme() == "dark"
    settled(editor, qtbot)


def test_a_mistake_of_ours_is_told_and_the_program_goes_on(editor, qtbot):
    settled(editor, qtbot)
    try:
        raise RuntimeError("three left feet")
    except RuntimeError:
        editor.report(*sys.exc_info())
    assert "three left feet" in said(editor)[0]
    assert "still there" in said(editor)[0]


def test_a_notice_from_the_renderer_reaches_the_user(editor, qtbot):
    settled(editor, qtbot)
    editor.studio.renderer.notice("The graphics card was lost.")
    qtbot.waitUntil(lambda: said(editor) == ["The graphics card was lost."])


def test_model_files_of_the_user_are_listed_and_missing_ones_forgotten(tmp_path, data_folder):
    path = write_stylegan2(tmp_path / "mine.safetensors")
    preferences = Preferences()
    preferences.change(preferences.value.__class__(models=(str(path), str(tmp_path / "gone.safetensors"))))
    ids = [entry.id for entry in build_library(preferences).entries()]
    assert str(path) in ids
    assert not any("gone" in id_ for id_ in ids)
