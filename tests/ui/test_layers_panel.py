"""Layers come in from everywhere, the panel mirrors them, and what is done there is one undo step each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from ganstudio.document.collage import Part, Placement
from ganstudio.document.mask import Mask, rectangle
from ganstudio.session.studio import Studio
from ganstudio.ui.collage_canvas import CollageCanvas
from ganstudio.ui.collage_desk import CollageDesk
from ganstudio.ui.layer_list import LayerList
from ganstudio.ui.layers_panel import LayersPanel
from ganstudio.ui.seed_grid import SEEDS_MIME
from tests.regressors import ExactRegressor, TinySight
from tests.ui.canvas_hands import Ctrl, Shift, flat_part, on_screen, pixels_of
from tests.ui.tiny_studio import tiny_studio

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 200, 30)
Left = Qt.MouseButton.LeftButton
No = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:
    with tiny_studio(tmp_path, sight=TinySight(ExactRegressor())) as studio:
        yield studio


@pytest.fixture
def desk(studio, shown) -> CollageDesk:
    return shown(CollageDesk(studio), 560, 480)


@pytest.fixture
def panel(desk, shown) -> LayersPanel:
    return shown(LayersPanel(desk.easel, desk.keys), 320, 620)


def add(desk: CollageDesk, *parts: Part) -> None:
    for part in parts:
        desk.easel.edits.choose(())
        desk.easel.edits.add([part], "Add")


def names(studio: Studio) -> list[str]:
    """From the top, as the list has them."""
    return [p.name for p in reversed(studio.session.document.collage.parts)]


def shown(rows: LayerList) -> list[str]:
    ordered = sorted(rows.rows.values(), key=lambda row: row.y())
    return [row.name.text() for row in ordered]


def wait_for_layers(studio: Studio, qtbot, count: int) -> None:
    qtbot.waitUntil(lambda: len(studio.session.document.collage.parts) == count)


def drop(canvas: CollageCanvas, data: QMimeData, at: tuple[float, float]) -> bool:
    """Drop on the canvas at a pixel of the frame; whether it was taken."""
    point = QPointF(on_screen(canvas, at))
    enter = QDragEnterEvent(point.toPoint(), Qt.DropAction.CopyAction, data, Left, No)
    canvas.dragEnterEvent(enter)
    if enter.isAccepted():
        canvas.dropEvent(QDropEvent(point, Qt.DropAction.CopyAction, data, Left, No))
    return enter.isAccepted()


def photo(folder: Path, name: str = "sky.png", size: tuple[int, int] = (16, 8)) -> Path:
    path = folder / name
    Image.new("RGB", size, GREEN).save(path)
    return path


# where layers come from


def test_dropped_seeds_are_layers_in_their_native_resolution_in_one_step(studio, desk, qtbot):
    begun = []
    desk.begun.connect(lambda: begun.append(1))
    data = QMimeData()
    data.setData(SEEDS_MIME, b"3 5")
    assert drop(desk.canvas, data, (4, 4))
    wait_for_layers(studio, qtbot, 2)
    assert names(studio) == ["Seed 5", "Seed 3"]
    for part in studio.session.document.collage:
        assert part.picture.size == (32, 32)
        assert part.placement == Placement()
        assert part.picture.source.name == "tiny"
    assert begun
    studio.session.undo()
    assert not studio.session.document.collage


def test_a_dropped_photo_lies_where_it_fell_at_its_own_size(studio, desk, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo(tmp_path)))])
    assert drop(desk.canvas, data, (10, 20))
    wait_for_layers(studio, qtbot, 1)
    part, = studio.session.document.collage
    assert (part.placement.x, part.placement.y) == pytest.approx((10 / 32, 20 / 32), abs=0.02)
    assert part.placement.scale == 0.5
    assert part.name == "sky"


def test_a_large_photo_is_fitted_into_the_frame(studio, desk, qtbot, tmp_path):
    desk.sources.add_files([photo(tmp_path, size=(100, 400))])
    wait_for_layers(studio, qtbot, 1)
    assert studio.session.document.collage.parts[0].placement == Placement(scale=1.0)


def test_a_broken_photo_is_a_sentence_and_the_others_come(studio, desk, qtbot, tmp_path):
    said = []
    desk.sources.refused.connect(said.append)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    desk.sources.add_files([tmp_path / "broken.jpg", photo(tmp_path)])
    wait_for_layers(studio, qtbot, 1)
    assert said == ["“broken.jpg” is not a picture that can be read."]


def test_projects_and_models_are_left_to_the_window(desk, tmp_path):
    for name in ("work.gans", "model.safetensors"):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        assert not drop(desk.canvas, data, (4, 4))


def test_a_picture_is_pasted_with_what_is_transparent_hidden(studio, desk, qtbot):
    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    image.setPixelColor(2, 3, Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    desk.clipboard.paste()
    wait_for_layers(studio, qtbot, 1)
    assert studio.session.document.collage.parts[0].mask.bounds == (2, 3, 3, 4)
    QGuiApplication.clipboard().clear()
    said = []
    desk.sources.refused.connect(said.append)
    desk.clipboard.paste()
    assert said == ["There is no picture in the clipboard."]


def test_what_is_copied_can_be_pasted_as_it_looked(studio, desk, qtbot):
    assert not desk.clipboard.copy()
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 4, 4, 20, 20)))
    before = pixels_of(desk.easel.picture())
    assert desk.clipboard.copy()
    desk.layers.delete()
    desk.clipboard.paste()
    wait_for_layers(studio, qtbot, 1)
    assert np.array_equal(pixels_of(desk.easel.picture()), before)
    QGuiApplication.clipboard().clear()


def test_the_picture_on_screen_becomes_a_layer(studio, desk, qtbot):
    add(desk, flat_part(RED))
    desk.sources.add_current()
    wait_for_layers(studio, qtbot, 2)
    top = studio.session.document.collage.parts[-1]
    assert top.picture.size == (32, 32)
    assert np.abs(top.picture.tiles.array().astype(int) - RED).max() <= 2  # regressed and drawn: it is the same red


def test_pictures_seen_before_can_be_taken_once_each(studio, desk, qtbot):
    for seed_colour in (RED, BLUE, RED):
        add(desk, flat_part(seed_colour))
        studio.session.end_gesture()
        qtbot.waitUntil(lambda: desk.earlier._newest is not None
                        and desk.earlier._newest.shot.document is studio.session.document)
        desk.earlier.keep_newest()
    assert desk.earlier.count() == 2
    desk.earlier.itemActivated.emit(desk.earlier.item(0))
    assert names(studio)[0] == "Picture 2"
    assert tuple(studio.session.document.collage.parts[-1].picture.tiles.array()[0, 0]) == pytest.approx(BLUE, abs=2)


def test_fills_have_the_colour_in_hand(studio, desk):
    desk.easel.set(colour=GREEN)
    desk.sources.add_fill()
    part, = studio.session.document.collage
    assert part.name == "Fill #1ec81e"
    assert (pixels_of(desk.easel.picture()) == (*GREEN, 255)).all()


def test_new_layers_come_above_the_active_one(studio, desk):
    add(desk, flat_part(RED, "a"), flat_part(BLUE, "b"))
    desk.easel.edits.choose([studio.session.document.collage.parts[0].id])
    desk.easel.edits.add([flat_part(GREEN, "c")], "Add")
    assert names(studio) == ["b", "c", "a"]


# the list


def test_the_list_mirrors_what_was_there_and_what_is_new(studio, desk, qtbot, panel):
    assert not panel.empty.isHidden()
    add(desk, flat_part(RED, "a"), flat_part(BLUE, "b"))
    QTest.qWait(20)
    assert shown(panel.list) == ["b", "a"] == names(studio)
    assert panel.empty.isHidden()
    other = LayerList(desk.easel)
    qtbot.addWidget(other)
    assert set(other.rows) == set(panel.list.rows)
    studio.session.undo()
    assert list(panel.list.rows) == [studio.session.document.collage.parts[0].id]


def row_of(panel: LayersPanel, studio: Studio, name: str):
    part = next(p for p in studio.session.document.collage if p.name == name)
    return panel.list.rows[part.id]


def test_clicks_choose_with_ctrl_and_shift(studio, desk, panel):
    add(desk, *(flat_part(RED, name) for name in "abcd"))
    QTest.qWait(20)

    def click(name: str, keys: Qt.KeyboardModifier = No) -> list[str]:
        QTest.mouseClick(panel.list, Left, keys, row_of(panel, studio, name).pos() + QPoint(150, 10))
        return sorted(p.name for p in desk.easel.edits.parts)

    assert click("b") == ["b"]
    assert click("d", Shift) == ["b", "c", "d"]
    assert click("c", Ctrl) == ["b", "d"]
    assert click("a") == ["a"]


def test_eye_and_lock_and_name(studio, desk, panel):
    add(desk, flat_part(RED, "a"))
    row = row_of(panel, studio, "a")
    QTest.mouseClick(row.eye, Left)
    assert not studio.session.document.collage.parts[0].visible
    QTest.mouseClick(row.lock, Left)
    assert studio.session.document.collage.parts[0].locked
    assert not panel.numbers.isEnabled()
    row.name.edit()
    row.name.setText("sun")
    QTest.keyClick(row.name, Qt.Key.Key_Return)
    assert names(studio) == ["sun"]
    for _ in range(3):
        studio.session.undo()
    part, = studio.session.document.collage
    assert (part.name, part.visible, part.locked) == ("a", True, False)
    assert row.eye.isChecked()


def test_alt_click_shows_one_layer_alone_and_then_all_again(studio, desk, panel):
    add(desk, flat_part(RED, "a"), replace(flat_part(RED, "b"), visible=False), flat_part(RED, "c"))
    QTest.qWait(20)
    row = row_of(panel, studio, "a")
    at = row.pos() + row.thumb.geometry().center()
    QTest.mouseClick(panel.list, Left, Qt.KeyboardModifier.AltModifier, at)
    assert [p.visible for p in studio.session.document.collage] == [True, False, False]
    QTest.mouseClick(panel.list, Left, Qt.KeyboardModifier.AltModifier, at)
    assert [p.visible for p in studio.session.document.collage] == [True, False, True]


@pytest.mark.parametrize(("source", "target", "expected"), [
    ("d", "a", ["c", "b", "a", "d"]), ("a", "d", ["a", "d", "c", "b"]), ("b", "d", ["b", "d", "c", "a"])])
def test_a_row_is_dragged_to_another_place(studio, desk, panel, source, target, expected):
    add(desk, *(flat_part(RED, name) for name in "abcd"))
    QTest.qWait(20)
    row, to = row_of(panel, studio, source), row_of(panel, studio, target)
    down = row.y() < to.y()
    start = row.pos() + QPoint(150, 10)
    end = to.pos() + QPoint(150, to.height() - 3 if down else 3)
    QTest.mousePress(panel.list, Left, No, start)
    for step in (1, 2, 3):
        at = start + (end - start) * step / 3
        QTest.mouseEvent(QTest.MouseAction.MouseMove, panel.list, Left, No, at)
    panel.grab()
    QTest.mouseRelease(panel.list, Left, No, end)
    assert names(studio) == expected
    assert studio.session.undo_label == "Order Layers"


def test_choosing_a_member_chooses_its_group(studio, desk, panel):
    add(desk, flat_part(RED, "a"), flat_part(BLUE, "b"), flat_part(GREEN, "c"))
    first, _, third = studio.session.document.collage.parts
    desk.easel.edits.choose([first.id, third.id])
    desk.layers.group()
    desk.easel.edits.choose([])
    desk.easel.edits.choose([first.id])
    assert {p.name for p in desk.easel.edits.parts} == {"a", "c"}
    panel.grab()


def test_keys_work_in_the_panel(studio, desk, panel):
    add(desk, flat_part(RED, "a"))
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_J, Ctrl)
    assert names(studio) == ["a copy", "a"]
    QTest.keyClick(panel, Qt.Key.Key_Delete)
    assert names(studio) == ["a"]


# numbers


def test_numbers_show_and_set_where_a_layer_lies(studio, desk, panel):
    add(desk, replace(flat_part(RED), placement=Placement(0.75, 0.25, 0.5, 30.0)))
    boxes = panel.numbers.boxes
    assert [boxes[n].text() for n in ("x", "y", "scale", "rotation")] == ["8.0", "-8.0", "50.0", "30.0"]
    for name, number in (("x", 4.0), ("y", 2.0), ("scale", 200.0), ("rotation", -90.0)):
        boxes[name].entered.emit(number)
    placement = studio.session.document.collage.parts[0].placement
    assert placement == Placement(0.5 + 4 / 32, 0.5 + 2 / 32, 2.0, -90.0)


def test_a_drag_of_a_slider_is_one_step_on_all_chosen_layers(studio, desk, panel):
    add(desk, flat_part(RED, "a"), flat_part(BLUE, "b"))
    desk.easel.edits.choose(p.id for p in studio.session.document.collage)
    before = studio.session.document
    slider = panel.numbers.sliders["opacity"]
    for percent in (80.0, 60.0, 40.0):
        slider.moved.emit(percent)
    slider.released.emit()
    assert [p.opacity for p in studio.session.document.collage] == [0.4, 0.4]
    assert studio.session.undo_label == "Change Opacity"
    studio.session.undo()
    assert studio.session.document is before
    panel.numbers.sliders["feather"].moved.emit(10.0)
    panel.numbers.sliders["match"].moved.emit(100.0)
    part = studio.session.document.collage.parts[0]
    assert (part.feather, part.match) == (0.1, 1.0)


def test_the_blend_is_chosen_from_a_list(studio, desk, panel):
    add(desk, flat_part(RED))
    panel.numbers.blend.setCurrentIndex(1)
    panel.numbers.blend.activated.emit(1)
    assert studio.session.document.collage.parts[0].blend == "multiply"
    assert "Multiply" in next(iter(panel.list.rows.values())).about.text()


def test_a_layer_that_is_cut_away_says_so(desk, panel):
    add(desk, replace(flat_part(RED), mask=Mask.flat((32, 32), 0.0)))
    assert "all of it cut away" in next(iter(panel.list.rows.values())).about.text()


# the whole way


def test_composing_shows_one_picture_and_undo_and_redo_show_the_same(studio, desk, qtbot):
    frames = []
    studio.live.frame.connect(frames.append)

    def picture() -> np.ndarray:
        qtbot.waitUntil(lambda: bool(frames) and frames[-1].shot.document is studio.session.document
                        and frames[-1].shot.quality == "full")
        return frames[-1].pixels

    studio.live.request()
    start = picture()
    add(desk, flat_part(RED), replace(flat_part(BLUE), mask=rectangle((32, 32), 0, 0, 16, 16)))
    end = picture()
    assert tuple(end[24, 24]) == pytest.approx(RED, abs=2)
    assert tuple(end[4, 4]) == pytest.approx(BLUE, abs=2)
    studio.session.undo()
    studio.session.undo()
    assert np.array_equal(picture(), start)
    studio.session.redo()
    studio.session.redo()
    assert np.array_equal(picture(), end)


def test_numbers_rest_where_they_will_begin(panel):
    texts = {name: slider.box.text() for name, slider in panel.numbers.sliders.items()}
    assert texts == {"opacity": "100", "feather": "0", "match": "0"}


def test_a_button_is_not_lit_once_its_menu_is_gone(panel):
    button = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Align")
    QTest.mouseMove(panel, QPoint(2, 2))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    button.menu().aboutToHide.emit()
    assert not button.underMouse()
