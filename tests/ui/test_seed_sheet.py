"""The sheet of seeds: only what is in sight is drawn, and a click starts from it."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.document.document import Document
from ganstudio.document.latent import base_from_seed
from ganstudio.document.sequence import Sequence
from ganstudio.ui.seed_sheet import QUIET, SeedSheet
from ganstudio.ui.start_bar import SEEDS
from tests.models import tiny_direction, tiny_document

Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def document() -> Document:
    document = tiny_document()
    look = replace(document.latent, base=base_from_seed(3, 4)).with_direction(tiny_direction(), 2.0)
    return replace(document, latent=look)


@pytest.fixture
def sheet(studio, shown) -> SeedSheet:
    return shown(SeedSheet(studio), 300, 400)


def seen(sheet: SeedSheet) -> list[int]:
    return list(sheet.grid.in_sight())


def filled(sheet: SeedSheet) -> bool:
    return all(sheet._picture(seed) is not None for seed in seen(sheet))


def click(sheet: SeedSheet, seed: int) -> None:
    QTest.mouseClick(sheet.grid, Left, No, sheet.grid.tile(seed).center().toPoint())


def scroll(sheet: SeedSheet, notches: int) -> None:
    at = QPointF(50, 50)
    event = QWheelEvent(at, sheet.grid.mapToGlobal(at), QPoint(), QPoint(0, -120 * notches), Qt.MouseButton.NoButton,
                        No, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(sheet.grid, event)


def test_pictures_in_sight_come_by_themselves_and_no_others(studio, sheet, qtbot):
    qtbot.waitUntil(lambda: filled(sheet))
    drawn = studio.library.load("tiny").generator.calls
    assert drawn <= len(seen(sheet)) + 2


def test_a_picture_is_that_of_its_seed_without_the_sliders(sheet, qtbot):
    qtbot.waitUntil(lambda: filled(sheet))
    z = base_from_seed(5, 4).z
    red = min(max((z[0] * 2 / 4 + 1) * 127.5, 0), 255)
    assert sheet._picture(5).toImage().pixelColor(2, 2).red() == pytest.approx(red, abs=2)


def test_a_click_starts_from_the_seed_and_keeps_the_sliders_in_one_undo_step(studio, sheet):
    click(sheet, 4)
    latent = studio.session.document.latent
    assert latent.base.seed == 4
    assert latent.edits[0].alpha == 2.0
    assert sheet.grid.current == 4
    studio.session.undo()
    assert studio.session.document.latent.base.seed == 3
    assert sheet.grid.current == 3


def test_scrolling_goes_on_without_an_end_and_forgets_what_was_passed(studio, sheet, qtbot):
    calls = studio.library.load("tiny").generator
    before = calls.calls
    for _ in range(200):
        scroll(sheet, 3)
    assert seen(sheet)[0] > 600
    assert sheet.bar.maximum() > sheet.bar.value()
    qtbot.waitUntil(lambda: filled(sheet))
    assert calls.calls - before < 4 * len(seen(sheet))


def test_tiles_scrolled_away_are_not_drawn_any_more(studio, sheet, qtbot, monkeypatch):
    generator = studio.library.load("tiny").generator
    synthesize, scrolled = generator.synthesize, Event()
    monkeypatch.setattr(generator, "synthesize", lambda *ws, **noise: scrolled.wait(30) and synthesize(*ws, **noise))
    for _ in range(3):
        sheet.grid.scroll_to(sheet.grid.top + 20)
        qtbot.wait(QUIET + 60)
    scrolled.set()
    qtbot.waitUntil(lambda: filled(sheet), timeout=10000)
    passed = range(20 * sheet.grid.columns, 24 * sheet.grid.columns)
    assert any(sheet._picture(seed) is None for seed in passed)


def test_pictures_once_drawn_are_kept(studio, sheet, qtbot):
    qtbot.waitUntil(lambda: filled(sheet))
    scroll(sheet, 10)
    qtbot.waitUntil(lambda: filled(sheet))
    drawn = studio.library.load("tiny").generator.calls
    scroll(sheet, -10)
    assert filled(sheet)
    qtbot.wait(200)
    assert studio.library.load("tiny").generator.calls == drawn


def test_a_typed_seed_is_gone_to_and_taken(studio, sheet):
    QTest.keyClicks(sheet.number, "123456")
    QTest.keyClick(sheet.number, Qt.Key.Key_Return)
    assert 123456 in seen(sheet)
    assert studio.session.document.latent.base.seed == 123456


def test_the_last_seed_of_all_can_be_reached(studio, sheet):
    QTest.keyClicks(sheet.number, str(SEEDS - 1))
    QTest.keyClick(sheet.number, Qt.Key.Key_Return)
    assert seen(sheet)[-1] == SEEDS - 1
    assert studio.session.document.latent.base.seed == SEEDS - 1


def test_keys_walk_over_the_sheet_and_enter_takes_the_seed(studio, sheet):
    sheet.grid.setFocus()
    columns = sheet.grid.columns
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(sheet.grid, key)
    assert sheet.grid.cursor == columns - 1
    for _ in range(30):
        QTest.keyClick(sheet.grid, Qt.Key.Key_Down)
    assert sheet.grid.cursor in seen(sheet)
    QTest.keyClick(sheet.grid, Qt.Key.Key_Return)
    assert studio.session.document.latent.base.seed == sheet.grid.cursor


def test_another_truncation_draws_the_sheet_anew(studio, sheet, qtbot):
    qtbot.waitUntil(lambda: filled(sheet))
    document = studio.session.document
    studio.session.change(replace(document, latent=replace(document.latent, psi=0.0)), "psi")
    assert not filled(sheet)
    qtbot.waitUntil(lambda: filled(sheet))
    colours = {sheet._picture(seed).toImage().pixelColor(2, 2).name() for seed in seen(sheet)}
    assert len(colours) == 1


def test_the_dice_take_a_seed_and_show_it(studio, sheet):
    sheet.dice.click()
    assert studio.session.document.latent.base.seed == sheet.grid.current
    assert sheet.grid.current in seen(sheet)


def test_a_narrow_and_a_wide_sheet_keep_the_first_seed_in_sight(sheet):
    sheet.grid.scroll_to(50)
    first = seen(sheet)[0]
    sheet.resize(900, 400)
    QApplication.processEvents()
    assert first in seen(sheet)
    assert sheet.grid.columns > 5


def test_with_auto_key_off_a_seed_between_keys_is_refused_in_a_sentence(studio, sheet, qtbot):
    document = studio.session.document
    looks = Sequence().with_look(0, document.latent).with_look(2, document.latent)
    studio.session.open(replace(document, sequence=looks))
    studio.preferences.change(replace(studio.preferences.value, auto_key=False))
    studio.live.set_time(1.0)
    with qtbot.waitSignal(sheet.refused):
        click(sheet, 4)
    assert studio.session.document.sequence is looks
