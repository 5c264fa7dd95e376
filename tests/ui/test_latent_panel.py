"""The direction panel mirrors the look on screen, and changes it in steps that undo one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from ganstudio.document.document import Document
from ganstudio.document.latent import Direction, LayerRange
from ganstudio.document.response import Response
from ganstudio.session.shelves import Shelves
from ganstudio.session.studio import Studio
from ganstudio.ui.direction_row import DirectionRow
from ganstudio.ui.latent_panel import LatentPanel
from ganstudio.ui.layers_field import LayersField
from tests.models import tiny_direction, tiny_document

Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
NAMES = ("red", "green", "blue")


def direction(name: str) -> Direction:
    return replace(tiny_direction(name), share=0.0313)


@pytest.fixture
def document() -> Document:
    document = tiny_document()
    look = document.latent
    for name in NAMES:
        look = look.with_direction(direction(name))
    return replace(document, latent=look)


@pytest.fixture
def panel(studio, shown) -> LatentPanel:
    return shown(LatentPanel(studio), 360, 700)


def row(panel: LatentPanel, name: str) -> DirectionRow:
    return panel.rows[f"test:{name}"]


def alpha(studio: Studio, name: str) -> float:
    edit = studio.session.document.look(studio.live.time).edit(f"test:{name}")
    assert edit is not None
    return edit.alpha


def drag(row: DirectionRow, *numbers: float) -> None:
    groove = row.slider.groove

    def at(number: float) -> QPoint:
        return QPoint(round(groove.x_of(number)), groove.height() // 2)

    QTest.mousePress(groove, Left, No, at(groove.number))
    for number in numbers:
        QTest.mouseEvent(QTest.MouseAction.MouseMove, groove, Left, No, at(number))
    QTest.mouseRelease(groove, Left, No, at(numbers[-1]))
    row.slider._release()


def order(panel: LatentPanel) -> list[str]:
    widgets = (panel._list.itemAt(i).widget() for i in range(panel._list.count()))
    return [w.direction_id.removeprefix("test:") for w in widgets if not w.isHidden()]


def test_each_direction_of_the_look_has_a_row(panel):
    assert order(panel) == list(NAMES)
    assert row(panel, "red").share.text() == "3.1 %"
    assert row(panel, "red").layers.text() == "all"


def test_a_direction_in_z_has_no_layers_to_choose(panel, document):
    shown, direction = row(panel, "red"), document.latent.edits[0].direction
    shown.show_direction(replace(direction, space="z", layers=()), 1)
    assert shown.layers.isHidden()
    assert not shown.choose_layers.isVisible()
    shown.show_direction(direction, 4)
    assert not shown.layers.isHidden()


def test_a_drag_moves_the_document_and_is_one_undo_step(studio, panel):
    drag(row(panel, "red"), 0.5, 1.0, 2.0)
    assert alpha(studio, "red") == pytest.approx(2.0, abs=0.05)
    drag(row(panel, "green"), 1.0)
    studio.session.undo()
    assert alpha(studio, "green") == 0.0
    assert alpha(studio, "red") != 0.0
    studio.session.undo()
    assert alpha(studio, "red") == 0.0
    assert row(panel, "red").slider.number == 0.0
    assert studio.session.undo_label == ""


def test_a_drag_builds_no_row_anew(panel):
    before = dict(panel.rows)
    drag(row(panel, "red"), 1.0, 2.0)
    assert panel.rows == before


def test_two_drags_of_one_slider_are_two_steps(studio, panel):
    drag(row(panel, "red"), 1.0)
    first = alpha(studio, "red")
    drag(row(panel, "red"), 2.0)
    studio.session.undo()
    assert alpha(studio, "red") == first


def test_a_row_appears_for_a_new_direction_and_goes_with_it(studio, panel):
    panel.edits.add([direction("new")], 1.0)
    assert order(panel) == [*NAMES, "new"]
    assert row(panel, "new").slider.number == 1.0
    panel.edits.remove("test:green")
    assert order(panel) == ["red", "blue", "new"]
    studio.session.undo()
    assert order(panel) == [*NAMES, "new"]


def test_reset_all_is_one_step(studio, panel):
    drag(row(panel, "red"), 1.0)
    drag(row(panel, "blue"), -1.0)
    panel.reset_all.click()
    assert (alpha(studio, "red"), alpha(studio, "blue")) == (0.0, 0.0)
    studio.session.undo()
    assert alpha(studio, "red") != 0.0
    assert alpha(studio, "blue") != 0.0


def test_double_click_on_the_name_resets(studio, panel):
    drag(row(panel, "red"), 1.0)
    QTest.mouseDClick(row(panel, "red").name, Left)
    assert alpha(studio, "red") == 0.0


def test_a_name_has_the_room_it_needs_beside_what_the_slider_reaches(panel):
    response = Response("levels", (-0.3, 0.0, 0.3), (-30.0, 0.0, 30.0), (6.0, 6.0))
    panel.resize(350, 700)
    panel.edits.add([replace(direction("new").measured(response), name="Whiten or darken")])
    field = row(panel, "new").name
    assert row(panel, "new").share.text() == "±30 levels"
    assert field.elided == field.text() == "Whiten or darken"


def test_a_name_too_long_for_its_room_ends_in_dots_and_its_tip_has_it_whole(panel):
    name = "The sun goes down behind the hills of a land without any houses"
    panel.edits.add([replace(direction("new"), name=name)])
    field = row(panel, "new").name
    assert field.elided.endswith("…")
    assert name.startswith(field.elided[:-1])
    assert name in field.toolTip()
    drawn = field.grab().toImage()
    field.show_name(field.elided)
    assert field.grab().toImage() == drawn
    field.show_name(name)
    field.edit()
    assert field.text() == name


def test_a_new_name_stays_with_the_model(studio, panel, tmp_path):
    field = row(panel, "red").name
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_F2)
    QTest.keyClicks(field, "Sunset")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "Sunset"
    assert row(panel, "red").slider.groove.accessibleName() == "Sunset"
    assert Shelves(tmp_path / "directions").named(direction("red")).name == "Sunset"


def test_escape_keeps_the_old_name(panel):
    field = row(panel, "red").name
    field.edit()
    QTest.keyClicks(field, "Nonsense")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "red"


def test_stars_come_first_when_asked_for(studio, panel):
    row(panel, "blue").star.click()
    assert order(panel) == list(NAMES)
    panel.starred_first.click()
    assert order(panel) == ["blue", "red", "green"]
    assert studio.shelves.starred(direction("blue"))


def test_the_search_finds_names_and_ids(panel):
    panel.search.setText("GRE")
    assert order(panel) == ["green"]
    panel.search.setText("nothing of the kind")
    assert order(panel) == []
    assert panel.empty.isVisible()
    assert "search" in panel.empty.text()
    panel.search.clear()
    assert order(panel) == list(NAMES)


def test_a_layer_range_is_typed_and_undone(studio, panel):
    field = row(panel, "red").layers
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1-2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert studio.session.document.latent.edit("test:red").direction.layers == (LayerRange(1, 3),)
    studio.session.undo()
    assert field.text() == "all"


def test_what_is_starred_is_kept_with_the_layers_chosen_since(studio, panel):
    row(panel, "red").star.click()
    row(panel, "red").layers_chosen.emit((LayerRange(1, 3),))
    assert [d.layers for d in studio.shelves.kept(direction("red").fingerprint)] == [(LayerRange(1, 3),)]


def test_a_wrong_layer_range_is_answered_in_the_row(studio, panel):
    field = row(panel, "red").layers
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "2-9")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert row(panel, "red").problem.isVisible()
    assert "0-3" in row(panel, "red").problem.text()
    assert studio.session.undo_label == ""
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not row(panel, "red").problem.isVisible()
    assert field.text() == "all"


def test_the_range_is_edited_in_place_and_kept_in_the_document(studio, panel):
    slider = row(panel, "red").slider
    slider.high_box.setFocus()
    slider.high_box.selectAll()
    QTest.keyClicks(slider.high_box, "8")
    QTest.keyClick(slider.high_box, Qt.Key.Key_Return)
    assert studio.session.document.latent.edit("test:red").direction.reach == (-3.0, 8.0)
    assert slider.groove.high == 8.0


def test_a_value_typed_beyond_the_range_is_one_step(studio, panel):
    slider = row(panel, "red").slider
    slider.box.setFocus()
    slider.box.selectAll()
    QTest.keyClicks(slider.box, "7")
    QTest.keyClick(slider.box, Qt.Key.Key_Return)
    assert alpha(studio, "red") == 7.0
    studio.session.undo()
    assert alpha(studio, "red") == 0.0
    assert studio.session.document.latent.edit("test:red").direction.reach == (-3.0, 3.0)


def test_seed_and_truncation_are_part_of_the_look(studio, panel):
    panel.start.seed.setFocus()
    panel.start.seed.selectAll()
    QTest.keyClicks(panel.start.seed, "42")
    QTest.keyClick(panel.start.seed, Qt.Key.Key_Return)
    assert studio.session.document.latent.base.seed == 42
    panel.start.next()
    assert studio.session.document.latent.base.seed == 43
    panel.start.previous()
    panel.start.previous()
    assert panel.start.seed.text() == "41"
    panel.start.psi.box.setFocus()
    panel.start.psi.box.selectAll()
    QTest.keyClicks(panel.start.psi.box, "0.5")
    QTest.keyClick(panel.start.psi.box, Qt.Key.Key_Return)
    assert studio.session.document.latent.psi == 0.5
    studio.session.undo()
    assert panel.start.psi.number == 1.0


def test_a_mixed_base_has_no_seed(studio, panel):
    document = studio.session.document
    base = replace(document.latent.base, seed=None)
    studio.session.change(replace(document, latent=replace(document.latent, base=base)), "mix")
    assert panel.start.seed.text() == ""
    assert panel.start.seed.placeholderText() == "mixed"


def test_keyed_sliders_show_a_diamond_and_follow_the_playhead(studio, panel):
    assert not row(panel, "red").key.isVisible()
    row(panel, "red").key_asked.emit()
    studio.live.set_time(1.0)
    drag(row(panel, "red"), 2.0)
    assert row(panel, "red").key.isVisible()
    there = alpha(studio, "red")
    studio.live.set_time(0.0)
    assert row(panel, "red").slider.number == 0.0
    studio.live.set_time(0.5)
    assert 0.0 < row(panel, "red").slider.number < there


def test_without_auto_key_a_keyed_value_between_keys_says_why_it_stays(studio, panel):
    panel.edits.insert_key()
    studio.preferences.change(replace(studio.preferences.value, auto_key=False))
    studio.live.set_time(1.0)
    said = []
    panel.edits.refused.connect(said.append)
    panel.edits.set_alpha("test:red", 1.0)
    assert alpha(studio, "red") == 0.0
    assert "auto-key is off" in said[0]


def test_the_menu_of_a_row_offers_what_can_be_done(panel):
    texts = [a.text() for a in row(panel, "red").actions()]
    assert texts == ["Reset", "Negate", "Set Range…", "Rename", "Insert Key", "Choose Layers",
                     "Measure Reach", "Star", "Remove"]
    assert [a.text() for a in row(panel, "red").more.menu().actions()] == texts


def test_i_over_a_slider_inserts_a_key(studio, panel):
    groove = row(panel, "red").slider.groove
    groove.setFocus()
    QTest.keyClick(groove, Qt.Key.Key_I)
    assert studio.session.document.sequence.times == (0.0,)


def test_a_drag_begun_during_another_sliders_double_click_time_stays_one_step(studio, panel):
    red, green = row(panel, "red").slider, row(panel, "green").slider
    QTest.mouseClick(red.groove, Left, No, QPoint(round(red.groove.x_of(1.0)), 10))
    gesture = green.gesture
    panel.edits.set_alpha("test:green", 0.5, gesture)
    red._release()
    panel.edits.set_alpha("test:green", 1.0, gesture)
    green._release()
    studio.session.undo()
    assert alpha(studio, "green") == 0.0


def test_an_empty_look_says_what_to_do(studio, panel):
    for name in NAMES:
        panel.edits.remove(f"test:{name}")
    assert panel.empty.isVisible()
    assert "Find Directions" in panel.empty.text()


def test_layers_of_a_z_direction_cannot_be_chosen(qtbot):
    field = LayersField()
    qtbot.addWidget(field)
    field.show_layers((), 4)
    assert field.text() == "–"
    assert not field.isEnabled()
