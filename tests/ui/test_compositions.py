"""What is done with a collage as a whole: refined, varied, compared, uncropped; and a photo as the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from ganstudio.document.collage import Placement
from ganstudio.session.studio import Studio
from ganstudio.ui.key_pictures import KeyPictures
from ganstudio.ui.main_window import MainWindow
from ganstudio.ui.photo_projection import PhotoProjection
from ganstudio.ui.refine_dialog import RefineDialog
from ganstudio.ui.variants_dialog import COUNT, VariantsDialog
from tests.models import tiny_document
from tests.regressors import ExactRegressor, TinySight, quarters
from tests.ui.tiny_studio import tiny_studio

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def studio(tmp_path, qapp) -> Iterator[Studio]:
    document = replace(tiny_document(), collage=quarters(RED, RED, RED, GREEN))
    with tiny_studio(tmp_path, document) as studio:
        studio.renderer.regression.sight = TinySight(ExactRegressor(0.5))
        yield studio


@pytest.fixture
def window(studio, qtbot) -> Iterator[MainWindow]:
    window = MainWindow(studio)
    window.files.ask = lambda: "discard"
    qtbot.addWidget(window)
    window.show()
    yield window
    for dialog in list(window.compositions._dialogs.values()):
        dialog.reject()


def picture(studio: Studio, qtbot) -> np.ndarray:
    """What is on screen once the document as it is now is drawn in full."""
    document, frames = studio.session.document, []
    studio.live.frame.connect(frames.append)
    studio.live.request()
    qtbot.waitUntil(lambda: bool(frames) and frames[-1].shot.document is document
                    and frames[-1].shot.quality == "full", timeout=30000)
    return frames[-1].pixels


def refined(window: MainWindow, qtbot) -> RefineDialog:
    dialog = window.compositions.refine()
    dialog.steps.setValue(8)
    with qtbot.waitSignal(dialog.job.ended, timeout=60000):
        dialog.job.start_button.click()
    return dialog


def test_a_refinement_lands_in_the_document_and_the_slider_blends_it(window, studio, qtbot):
    guess = picture(studio, qtbot)
    dialog = refined(window, qtbot)
    found = studio.session.document.refinement
    assert found is not None
    assert (found.amount, dialog.amount.value()) == (1.0, 100)
    assert dialog.state.text() == "Refined for these parts."
    faithful = picture(studio, qtbot)
    dialog.amount.setValue(0)
    assert (picture(studio, qtbot) == guess).all()
    assert faithful[8, 8, 0] > guess[8, 8, 0]
    studio.session.undo()
    assert dialog.amount.value() == 100
    studio.session.undo()
    assert studio.session.document.refinement is None
    assert not dialog.amount.isEnabled()


def test_a_refinement_is_shown_as_stale_once_parts_move(window, studio, qtbot):
    dialog = refined(window, qtbot)
    edits = window.stage.desk.easel.edits
    part = edits.collage.parts[0]
    edits.put([replace(part, placement=Placement(x=0.6))], "Move")
    assert "Stale" in dialog.state.text()
    studio.session.undo()
    assert dialog.state.text() == "Refined for these parts."


def test_a_refinement_of_parts_that_moved_meanwhile_is_left_out(window, studio, qtbot):
    dialog = window.compositions.refine()
    dialog.steps.setValue(3)
    dialog.job.start_button.click()
    window.compositions.uncrop()
    qtbot.waitUntil(lambda: not dialog.job.running, timeout=60000)
    assert studio.session.document.refinement is None or studio.session.document.refinement.fits(
        studio.session.document.collage)
    assert "changed meanwhile" in dialog.job.status.text() or studio.session.document.refinement is not None


def test_nothing_looks_like_progress_before_and_after_a_refinement(window, qtbot):
    dialog = window.compositions.refine()
    assert not dialog.job.bar.isVisible()
    began = []
    dialog.job.stepped.connect(lambda _step: began.append(dialog.job.bar.isVisible()))
    refined(window, qtbot)
    assert began
    assert all(began)
    assert not dialog.job.bar.isVisible()


def test_cancelling_leaves_the_document_as_it_was(window, studio, qtbot):
    before = studio.session.document
    dialog = window.compositions.refine()
    dialog.steps.setValue(1000)
    dialog.job.start_button.click()
    qtbot.waitUntil(lambda: not dialog.view.image.isNull(), timeout=60000)
    dialog.job.cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.job.running, timeout=20000)
    assert studio.session.document is before
    assert dialog.job.status.text() == "Cancelled."


def test_a_chosen_variant_becomes_the_collage_in_one_step(window, studio, qtbot):
    before = studio.session.document
    dialog = window.compositions.vary("fills")
    assert isinstance(dialog, VariantsDialog)
    qtbot.waitUntil(lambda: len(dialog.choices) == COUNT and not dialog.job.running, timeout=30000)
    for row in (0, 1):
        dialog.strip.itemClicked.emit(dialog.strip.item(row))
        assert studio.session.document.collage is dialog.choices[row].document.collage
        assert len(studio.session.document.collage.parts) == 5
    studio.session.undo()
    studio.session.undo()
    assert studio.session.document is before


def test_examples_are_for_the_chosen_layer(window, studio, qtbot):
    edits = window.stage.desk.easel.edits
    chosen = edits.collage.parts[1]
    edits.choose([chosen.id])
    dialog = window.compositions.vary("examples")
    qtbot.waitUntil(lambda: len(dialog.choices) > 0, timeout=30000)
    changed = [p.id for p, q in zip(edits.collage, dialog.choices[0].document.collage, strict=True) if p is not q]
    assert changed == [chosen.id]


def test_plain_blending_is_shown_beside_ours(window, qtbot):
    dialog = window.compositions.compare()
    qtbot.waitUntil(lambda: all(not v.image.isNull() for v in dialog.views.values()), timeout=30000)
    assert not dialog.job.running or dialog.job.bar.value() == 4


def test_an_uncrop_is_one_step_and_undone_as_one(window, studio):
    before = studio.session.document
    window.compositions.uncrop()
    assert [p.placement.scale for p in studio.session.document.collage] == [0.75] * 4
    studio.session.undo()
    assert studio.session.document is before


def test_without_a_regressor_both_ways_out_are_offered(window, studio, qtbot):
    studio.renderer.regression.sight = TinySight()
    studio.renderer.regression.forget()
    with qtbot.waitSignal(studio.live.failed, timeout=5000) as failed:
        studio.live.request()
    assert "Tiny has no regressor" in failed.args[0]
    note = next(b for b in window.stage.banners.shown if b.buttons)
    assert [b.text() for b in note.buttons] == ["Train One…", "Project by Optimisation…"]
    note.buttons[1].click()
    assert isinstance(window.compositions._dialogs["refine"], RefineDialog)


def test_little_cover_is_told_below_the_picture(window, studio, qtbot):
    document = studio.session.document
    studio.session.change(replace(document, collage=document.collage.scaled(0.3)), "Scale")
    qtbot.waitUntil(lambda: "of the picture is covered" in window.stage.facts.toolTip(), timeout=5000)


def test_the_picture_before_the_edits_is_that_of_the_parts_as_they_lie_now(window, studio, qtbot):
    before = window.stage.preview.before
    picture(studio, qtbot)
    with qtbot.waitSignal(before.ready, timeout=5000):
        before.ask()
    assert (before.frame.pixels[24, 24] > [100, 180, 100]).tolist() == [False, True, False]
    window.compositions.uncrop()
    assert before.frame is None


@pytest.fixture
def photo(tmp_path) -> Path:
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:] = (200, 40, 90)
    Image.fromarray(pixels).save(tmp_path / "me.png")
    return tmp_path / "me.png"


def opened(window: MainWindow, path: Path, qtbot) -> PhotoProjection:
    dialog = window.compositions.start_from_photo()
    dialog.open_photo(path)
    qtbot.waitUntil(lambda: bool(dialog.marks.marks) or bool(dialog.job.status.text()), timeout=10000)
    return dialog


def test_a_photo_becomes_the_start_and_sliders_go_on(window, studio, qtbot, photo):
    studio.session.change(replace(studio.session.document, collage=quarters()), "Empty")
    studio.renderer.regression.sight = TinySight(ExactRegressor())
    dialog = opened(window, photo, qtbot)
    dialog.steps.setValue(2)
    with qtbot.waitSignal(dialog.job.ended, timeout=60000):
        dialog.job.start_button.click()
    assert dialog.note.text() == ""
    dialog.use.click()
    base = studio.session.document.latent.base
    assert (base.ws is not None, base.seed) == (True, None)
    assert np.abs(picture(studio, qtbot).astype(int) - (200, 40, 90)).max() <= 2
    studio.session.undo()
    assert studio.session.document.latent.base.ws is None


def test_marks_are_dragged_and_make_the_square(window, studio, qtbot, photo):
    dialog = opened(window, photo, qtbot)
    dialog.face.setChecked(True)
    marks = dialog.marks
    before = marks.square
    start = marks.on_screen(marks.marks[2]).toPoint()
    QTest.mousePress(marks, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(marks, start + QPoint(0, 30))
    marks.move_mark(2, marks.on_photo((start + QPoint(0, 30)).toPointF()))
    QTest.mouseRelease(marks, Qt.MouseButton.LeftButton, pos=start + QPoint(0, 30))
    assert marks.square.middle[1] > before.middle[1]
    mouth = marks.marks[2]
    QTest.keyClick(marks, "3")
    QTest.keyClick(marks, Qt.Key.Key_Left)
    assert marks.marks[2] == (mouth[0] - 1, mouth[1])


def test_marks_that_make_no_face_are_one_sentence(window, qtbot, photo):
    dialog = opened(window, photo, qtbot)
    dialog.face.setChecked(True)
    dialog.marks.move_mark(1, dialog.marks.marks[0])
    dialog.job.start_button.click()
    assert "one spot" in dialog.job.status.text()
    assert not dialog.job.running


def test_what_is_no_photo_is_one_sentence(window, qtbot, tmp_path):
    (tmp_path / "notes.png").write_text("hello")
    dialog = opened(window, tmp_path / "notes.png", qtbot)
    assert "notes.png" in dialog.job.status.text()
    assert not dialog.job.start_button.isEnabled()


def test_keys_show_the_picture_of_their_parts(window, studio, qtbot):
    """And another one once the parts are others."""
    studio.session.change(studio.session.document.with_key(0.0), "Insert Key")
    shown = KeyPictures(studio, window)
    qtbot.waitUntil(lambda: shown.at(0.0) is not None, timeout=10000)
    colours = shown.at(0.0).toImage()
    side = colours.width()
    assert colours.pixelColor(side * 3 // 4, side * 3 // 4).green() > 150 > colours.pixelColor(4, 4).green()
