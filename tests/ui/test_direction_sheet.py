"""The sheet shows what each direction does to the picture on screen, behind the preview, and only while in sight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.resources import bundled_plugins, resource
from ganstudio.session.studio import Studio
from ganstudio.ui.direction_sheet import DirectionSheet
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.picture_strip import PictureStrip
from ganstudio.ui.sheet_options import STARRED
from ganstudio.ui.strip_row import STEPS
from tests.models import tiny_direction
from tests.ui.tiny_studio import tiny_studio

Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:
    with tiny_studio(tmp_path, plugins=(bundled_plugins(),)) as studio:
        yield studio


@pytest.fixture
def sheet(studio, shown) -> Iterator[DirectionSheet]:
    widget: DirectionSheet = shown(DirectionSheet(studio, LookEdits(studio)), 380, 700)
    yield widget
    widget.hide()


def full(sheet: DirectionSheet) -> bool:
    return bool(sheet.rows) and sheet._task is None and all(r.strip.filled == len(STEPS) for r in sheet.rows)


def filled(sheet: DirectionSheet, qtbot) -> None:
    qtbot.waitUntil(lambda: full(sheet), timeout=10000)


def colour(strip: PictureStrip, index: int) -> tuple[int, int, int]:
    picture = strip._pictures[index]
    assert picture is not None
    return picture.toImage().pixelColor(10, 10).getRgb()[:3]


def test_each_direction_has_a_strip_from_minus_to_plus(sheet, qtbot):
    filled(sheet, qtbot)
    assert len(sheet.rows) == 4
    strip = sheet.rows[0].strip
    low, high = sheet.rows[0].direction.reach
    assert strip.alphas == (low, low / 2, 0.0, high / 2, high)
    assert len({colour(row.strip, i) for row in sheet.rows for i in range(5)}) >= 3


def test_the_pictures_are_those_of_the_look_on_screen(studio, sheet, qtbot):
    filled(sheet, qtbot)
    before = colour(sheet.rows[0].strip, 2)
    document = studio.session.document
    base = replace(document.latent.base, z=document.latent.base.z + 0.5)
    studio.session.change(replace(document, latent=replace(document.latent, base=base)), "seed")
    qtbot.waitUntil(lambda: full(sheet) and colour(sheet.rows[0].strip, 2) != before, timeout=10000)


def test_strips_wait_until_the_hand_rests(studio, sheet, qtbot):
    filled(sheet, qtbot)
    hand = object()
    document = studio.session.document
    studio.session.change(replace(document, latent=replace(document.latent, psi=0.5)), "psi", hand)
    qtbot.wait(400)
    assert sheet.rows[0].strip.filled == len(STEPS)
    studio.session.end_gesture()
    qtbot.waitUntil(lambda: not full(sheet) or bool(sheet._rest.isActive()))
    filled(sheet, qtbot)


def test_a_click_makes_a_slider_of_what_was_clicked(studio, sheet, qtbot):
    filled(sheet, qtbot)
    row = sheet.rows[1]
    QTest.mouseClick(row.strip, Left, No, row.strip.cell(4).center())
    edit = studio.session.document.latent.edit(row.direction.id)
    assert edit is not None
    assert edit.alpha == row.strip.alphas[4]
    assert not row.add.isEnabled()
    studio.session.undo()
    assert studio.session.document.latent.edits == ()
    assert row.add.isEnabled()


def test_the_button_makes_a_slider_at_rest(studio, sheet, qtbot):
    filled(sheet, qtbot)
    sheet.rows[2].add.click()
    assert studio.session.document.latent.edits[0].alpha == 0.0


def test_keys_walk_along_a_strip_and_pick(studio, sheet, qtbot):
    filled(sheet, qtbot)
    strip = sheet.rows[0].strip
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert strip.accessibleDescription() == f"at {strip.alphas[1]:g}"
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert studio.session.document.latent.edits[0].alpha == strip.alphas[1]


def test_a_name_given_here_stays_with_the_model(studio, sheet, qtbot):
    filled(sheet, qtbot)
    field = sheet.rows[0].name
    QTest.mouseDClick(field, Left)
    QTest.keyClicks(field, "Season")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert studio.shelves.named(sheet.rows[0].direction).name == "Season"
    sheet.rows[0].star.click()
    assert studio.shelves.starred(sheet.rows[0].direction)


def show_starred(sheet: DirectionSheet) -> None:
    sheet.options.finder.setCurrentIndex(sheet.options.finder.findData(STARRED))
    sheet.options.finder.activated.emit(sheet.options.finder.currentIndex())


def test_what_has_a_star_is_offered_again_whatever_it_was_found_with(studio, sheet, qtbot):
    filled(sheet, qtbot)
    show_starred(sheet)
    assert sheet.rows == []
    assert "star" in sheet.note.text()
    assert not sheet.options.layers.isEnabled()
    direction = replace(tiny_direction(), id="sefa:1-2:0")
    studio.shelves.star(direction, True)
    assert [row.direction.id for row in sheet.rows] == ["sefa:1-2:0"]
    filled(sheet, qtbot)
    sheet.rows[0].add.click()
    assert studio.session.document.latent.edit("sefa:1-2:0") is not None


def test_a_star_taken_by_mistake_can_be_given_back(studio, sheet, qtbot):
    filled(sheet, qtbot)
    direction = sheet.rows[1].direction
    sheet.rows[1].star.click()
    show_starred(sheet)
    sheet.rows[0].star.click()
    assert studio.shelves.kept(direction.fingerprint) == ()
    sheet.rows[0].star.click()
    assert [d.id for d in studio.shelves.kept(direction.fingerprint)] == [direction.id]
    sheet.rows[0].star.click()
    show_starred(sheet)
    assert sheet.rows == []


def test_out_of_sight_it_asks_for_nothing(studio, sheet, qtbot):
    filled(sheet, qtbot)
    sheet.hide()
    document = studio.session.document
    studio.session.change(replace(document, latent=replace(document.latent, psi=0.1)), "psi")
    assert studio.gpu.wait_until_idle()
    assert not sheet._rest.isActive()
    sheet.show()
    filled(sheet, qtbot)


def test_behind_another_tab_it_asks_for_nothing(studio, sheet, qtbot):
    filled(sheet, qtbot)
    sheet.set_in_sight(False)
    document = studio.session.document
    studio.session.change(replace(document, latent=replace(document.latent, psi=0.1)), "psi")
    assert not sheet._rest.isActive()
    sheet.set_in_sight(True)
    assert sheet._rest.isActive()
    filled(sheet, qtbot)


def test_hidden_while_it_finds_it_begins_again_when_shown(studio, sheet, qtbot):
    sheet.hide()
    assert studio.gpu.wait_until_idle()
    sheet.show()
    filled(sheet, qtbot)
    assert len(sheet.rows) == 4


def test_other_options_find_other_directions(sheet, qtbot):
    filled(sheet, qtbot)
    sheet.options.layers.setCurrentText("1-2")
    sheet.options.layers.lineEdit().editingFinished.emit()
    qtbot.waitUntil(lambda: bool(sheet.rows) and sheet.rows[0].direction.id.startswith("sefa:1-2"))
    sheet.options.count.setValue(2)
    qtbot.waitUntil(lambda: len(sheet.rows) == 2 and sheet._task is None)
    filled(sheet, qtbot)


def test_layers_that_the_model_does_not_have_are_answered_in_the_sheet(sheet, qtbot):
    filled(sheet, qtbot)
    sheet.options.layers.setCurrentText("7")
    sheet.options.layers.lineEdit().editingFinished.emit()
    assert sheet.note.isVisible()
    assert "0-3" in sheet.note.text()


def test_the_preview_comes_first(studio, sheet, qtbot):
    """A frame asked for while strips are drawn is there before the strips are."""
    shown = []
    studio.live.frame.connect(lambda frame: shown.append((frame, full(sheet))))
    qtbot.waitUntil(lambda: any(r.strip.filled for r in sheet.rows))
    studio.live.request()
    qtbot.waitUntil(lambda: bool(shown))
    filled(sheet, qtbot)


def test_narrow_strips_get_small_pictures(qtbot):
    strip = PictureStrip((-1.0, 0.0, 1.0))
    qtbot.addWidget(strip)
    strip.resize(150, strip.heightForWidth(150))
    assert strip.cell(2).right() <= 150
    assert strip.heightForWidth(150) == strip.cell(0).height()
    assert strip._cell_at(QPoint(149, 5).x()) in (-1, 2)


@pytest.mark.parametrize(("model", "layers", "moved"), [
    ("landscape", True, True), ("landscape-biggan", True, False), ("landscape-dcgan", False, False),
    ("landscape-progan", False, False)])
def test_every_built_in_model_has_directions_of_every_finder(model, layers, moved, tmp_path, shown, qtbot):
    library = ModelLibrary((resource("models"),))
    with tiny_studio(tmp_path, library.default_document(model), library, (bundled_plugins(),)) as studio:
        sheet = shown(DirectionSheet(studio, LookEdits(studio)), 380, 700)
        options = sheet.options
        for finder in studio.registry.finders():
            options.finder.setCurrentIndex(options.finder.findData(finder))
            options.changed.emit()
            qtbot.waitUntil(lambda: sheet._task is None, timeout=20000)
            assert sheet.rows, f"{finder}: {sheet.note.text()}"
        assert (options.layers.isEnabled(), options.apply_to.isEnabled()) == (layers, moved)
        sheet.hide()
