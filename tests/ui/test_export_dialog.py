"""The export dialog, through its own buttons and fields."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ganstudio.document.document import Document
from ganstudio.ui.amounts import size, span
from ganstudio.ui.export_dialog import ExportDialog
from tests.models import tiny_document


@pytest.fixture
def document() -> Document:
    return tiny_document(seconds=1.0, fps=8)


@pytest.fixture
def dialog(studio, shown) -> ExportDialog:
    return shown(ExportDialog(studio))


def choose(dialog: ExportDialog, kind: str, path) -> None:
    dialog.form.format.setCurrentIndex(dialog.form.format.findData(kind))
    dialog.form.format.activated.emit(dialog.form.format.currentIndex())
    dialog.form.path.selectAll()
    QTest.keyClicks(dialog.form.path, str(path))


def run(dialog: ExportDialog, qtbot) -> None:
    dialog.start.click()
    assert dialog.running
    qtbot.waitUntil(lambda: not dialog.running, timeout=20000)


@pytest.mark.parametrize(("kind", "name"), [("png", "film"), ("gif", "film.gif"), ("webp", "film.webp"),
                                            ("mp4", "film.mp4"), ("prores", "film.mov")])
def test_every_format_is_written_under_the_name_that_fits_it(dialog, tmp_path, qtbot, kind, name):
    choose(dialog, kind, tmp_path / "film")
    run(dialog, qtbot)
    assert (tmp_path / name).exists(), dialog.status.text()
    assert name in dialog.status.text()
    assert dialog.open_folder.isVisible()


def test_the_place_offered_is_beside_the_project_and_a_place_chosen_by_hand_stays(studio, dialog, tmp_path):
    dialog.hide()
    studio.opening.save(tmp_path / "dawn.gans")
    dialog.show()
    assert dialog.form.path.text() == str(tmp_path / "dawn.mp4")
    choose(dialog, "gif", tmp_path / "elsewhere")
    dialog.hide()
    studio.opening.save(tmp_path / "dusk.gans")
    dialog.show()
    assert dialog.form.path.text() == str(tmp_path / "elsewhere.gif")


def test_size_rate_and_count_reach_the_file(dialog, tmp_path, qtbot):
    choose(dialog, "png", tmp_path / "frames")
    dialog.form.size.setCurrentIndex(dialog.form.size.findData("half"))
    dialog.form.count.setValue(5)
    run(dialog, qtbot)
    files = sorted((tmp_path / "frames").iterdir())
    assert len(files) == 5
    with Image.open(files[0]) as image:
        assert image.size == (16, 16)


def test_the_estimate_tells_frames_size_space_and_both_times(dialog, tmp_path, qtbot):
    choose(dialog, "gif", tmp_path / "film")
    qtbot.waitUntil(lambda: "9 frames" in dialog.facts.text(), timeout=10000)
    text = dialog.facts.text()
    assert "free" in text
    assert "preview" in text
    assert "exact" in text


def test_the_estimate_follows_the_count(dialog, tmp_path, qtbot):
    choose(dialog, "gif", tmp_path / "film")
    dialog.form.count.setValue(30)
    qtbot.waitUntil(lambda: "30 frames" in dialog.facts.text(), timeout=10000)


def test_an_estimate_that_an_export_forestalled_is_made_after_it(dialog, tmp_path, qtbot):
    choose(dialog, "gif", tmp_path / "film")
    dialog.start.click()
    assert dialog.facts.text() == ""
    qtbot.waitUntil(lambda: not dialog.running, timeout=20000)
    qtbot.waitUntil(lambda: "9 frames" in dialog.facts.text(), timeout=10000)


def test_nothing_is_replaced_before_the_user_agrees(dialog, tmp_path, qtbot):
    old = tmp_path / "film.gif"
    old.write_bytes(b"old")
    choose(dialog, "gif", old)
    dialog.start.click()
    assert not dialog.running
    assert "film.gif" in dialog.replace.question.text()
    dialog.replace.no.click()
    assert old.read_bytes() == b"old"
    dialog.start.click()
    dialog.replace.yes.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=20000)
    assert old.read_bytes()[:3] == b"GIF"


def test_cancelling_leaves_nothing_behind(studio, dialog, tmp_path, qtbot, monkeypatch):
    generator = studio.library.load("tiny").generator
    synthesize = generator.synthesize
    monkeypatch.setattr(generator, "synthesize", lambda ws, noise="const": (QTest.qSleep(30), synthesize(ws, noise))[1])
    target = tmp_path / "out"
    target.mkdir()
    choose(dialog, "mp4", target / "film")
    dialog.form.count.setValue(500)
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=10000)
    assert "left" in dialog.status.text()
    dialog.cancel.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=10000)
    assert list(target.iterdir()) == []
    assert "nothing was written" in dialog.status.text()


def test_the_document_may_change_while_it_is_written(studio, dialog, tmp_path, qtbot):
    choose(dialog, "png", tmp_path / "frames")
    dialog.start.click()
    studio.session.change(tiny_document(seconds=3.0), "other")
    qtbot.waitUntil(lambda: not dialog.running, timeout=20000)
    assert len(list((tmp_path / "frames").iterdir())) == 9


def test_a_place_that_does_not_exist_is_one_sentence_in_the_dialog(dialog, tmp_path):
    choose(dialog, "mp4", tmp_path / "nowhere" / "film")
    dialog.start.click()
    assert not dialog.running
    assert "does not exist" in dialog.status.text()
    assert dialog.status.property("tone") == "error"


def test_without_keys_one_picture_is_written_and_the_dialog_says_so(studio, dialog, tmp_path, qtbot):
    studio.session.open(tiny_document())
    choose(dialog, "png", tmp_path / "still")
    qtbot.waitUntil(lambda: "1 picture" in dialog.facts.text(), timeout=10000)
    run(dialog, qtbot)
    assert (tmp_path / "still.png").is_file()


def test_choices_are_remembered_for_each_format(studio, dialog, tmp_path, qtbot):
    choose(dialog, "gif", tmp_path / "film")
    dialog.form.count.setValue(4)
    dialog.form.exact.setChecked(True)
    run(dialog, qtbot)
    again = ExportDialog(studio)
    qtbot.addWidget(again)
    assert again.form.format.currentData() == "gif"
    assert again.form.count.value() == 0  # as the rate asks: another sequence has another length
    assert again.form.exact.isChecked()
    assert again.form.plan().path.parent == tmp_path
    again.form.restore("mp4", {})
    assert again.form.plan().path.suffix == ".mp4"


def test_a_place_chosen_by_hand_stays_when_the_format_changes(dialog, tmp_path):
    choose(dialog, "mp4", tmp_path / "film")
    dialog.form.format.setCurrentIndex(dialog.form.format.findData("gif"))
    dialog.form.format.activated.emit(0)
    assert dialog.form.path.text() == str(tmp_path / "film.gif")


def test_the_rate_follows_the_timeline_unless_it_is_set(studio, dialog):
    assert dialog.form.plan().fps == 8
    document = studio.session.document
    studio.session.change(replace(document, sequence=replace(document.sequence, fps=12.0)), "rate")
    assert dialog.form.plan().fps == 12
    dialog.form.fps.setValue(30)
    assert dialog.form.plan().fps == 30


def test_remembered_choices_of_a_wrong_kind_do_no_harm(studio, qtbot):
    broken = {"format": "gif", "gif": {"count": "many", "fps": None, "size": 7, "exact": "yes", "folder": 3}}
    studio.preferences.change(replace(studio.preferences.value, last_export=broken))
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    assert dialog.form.plan().format == "gif"


def test_typing_a_name_is_not_disturbed_by_its_suffix(dialog, tmp_path):
    choose(dialog, "mp4", tmp_path / "my.fil")
    assert dialog.form.path.text() == str(tmp_path / "my.fil")
    QTest.keyClick(dialog.form.path, Qt.Key.Key_Tab)
    dialog.form.path.editingFinished.emit()
    assert dialog.form.path.text() == str(tmp_path / "my.fil.mp4")


def test_amounts_are_said_as_people_say_them():
    assert [span(s) for s in (0.2, 8.4, 200, 7800)] == ["under 1 s", "8 s", "3 min", "2 h 10 min"]
    assert [size(n) for n in (10, 120_000, 3_600_000, 12 * 2**30)] == ["1 KB", "117 KB", "3.4 MB", "12 GB"]
