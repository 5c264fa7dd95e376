"""The canvas: every gesture gives the document it should, in one undo step, and nothing when it is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.document.collage import Part, Placement
from ganstudio.document.mask import Mask, ellipse, polygon, rectangle
from ganstudio.document.tiles import Tiles
from ganstudio.session.studio import Studio
from ganstudio.settings import Settings
from ganstudio.ui.collage_canvas import CollageCanvas
from ganstudio.ui.collage_desk import CollageDesk
from ganstudio.ui.easel import ToolSettings
from tests.models import tiny_document
from tests.ui.canvas_hands import (
    Alt,
    Ctrl,
    Shift,
    click,
    drag,
    flat_part,
    key,
    move,
    on_screen,
    pixels_of,
    press,
    release,
)
from tests.ui.tiny_studio import tiny_studio

RED, BLUE = (200, 30, 30), (30, 30, 200)
Key = Qt.Key


@pytest.fixture(scope="module")
def shared(tmp_path_factory, qapp) -> Iterator[CollageDesk]:
    """One studio and one desk for all: building them takes far longer than a gesture."""
    with tiny_studio(tmp_path_factory.mktemp("studio")) as studio:
        desk = CollageDesk(studio)
        desk.resize(560, 480)
        desk.show()
        yield desk
        desk.close()


@pytest.fixture
def studio(shared) -> Iterator[Studio]:
    """With nothing on the canvas, no key, no history and the settings as they are at first."""
    studio = shared.studio
    studio.preferences.change(Settings())
    studio.live.set_time(0.0)
    studio.session.open(tiny_document())
    yield studio
    assert studio.gpu.wait_until_idle()
    QApplication.processEvents()
    shared.earlier._rest.stop()  # it waits for the last picture to stay on screen


@pytest.fixture
def desk(shared, studio) -> CollageDesk:
    shared.canvas.give_up()
    shared.easel.take("move")
    shared.easel.settings = ToolSettings(snap=False)
    shared.easel.edits.choose(())
    shared.show_view("beside")
    shared.canvas.fit()
    return shared


@pytest.fixture
def canvas(desk) -> CollageCanvas:
    """32 frame pixels are some 400 of the screen, so that whole ones can be hit exactly."""
    desk.canvas.setFocus()
    return desk.canvas


def add(desk: CollageDesk, *parts: Part) -> None:
    for part in parts:
        desk.easel.edits.choose(())
        desk.easel.edits.add([part], "Add")


def only(studio: Studio) -> Part:
    part, = studio.session.document.collage.parts
    return part


def levels(mask: Mask) -> np.ndarray:
    return mask.tiles.array()


# what is shown


def test_layers_show_in_the_resolution_of_the_frame_and_nothing_stays_transparent(desk, canvas):
    part = replace(flat_part(RED), mask=rectangle((32, 32), 4, 6, 20, 30))
    add(desk, part)
    shown = pixels_of(desk.easel.picture())
    assert shown.shape == (32, 32, 4)
    assert (shown[6:30, 4:20] == (*RED, 255)).all()
    assert shown[..., 3].sum() == 255 * 16 * 24
    colours = {canvas.grab().toImage().pixelColor(on_screen(canvas, at)).name() for at in ((10, 10), (28, 3))}
    assert "#c81e1e" in colours
    assert len(colours) == 2


def test_an_empty_canvas_says_what_to_do(desk, canvas):
    assert desk.note.text().startswith("No layers")
    canvas.grab()


@pytest.mark.parametrize(("change", "words"), [
    ({"visible": False}, "is hidden"),
    ({"opacity": 0.0}, "fully transparent"),
    ({"mask": Mask.flat((32, 32), 0.0)}, "cut away"),
    ({"placement": Placement(5.0, 0.5)}, "beyond the frame"),
])
def test_a_layer_that_cannot_be_seen_is_explained(desk, canvas, change, words):
    add(desk, replace(flat_part(RED, "sky"), **change))
    assert words in desk.note.text()
    assert "sky" in desk.note.text()
    assert pixels_of(desk.easel.picture())[..., 3].max() == 0
    canvas.grab()


# move, scale, turn


def test_a_drag_moves_the_layer_under_the_pointer_in_one_step(studio, desk, canvas):
    add(desk, flat_part(RED), replace(flat_part(BLUE), mask=rectangle((32, 32), 0, 0, 8, 8)))
    below, above = studio.session.document.collage.parts
    drag(canvas, (20, 20), (23, 20), (26, 24))
    moved = studio.session.document.collage.part(below.id).placement
    assert (moved.x, moved.y) == pytest.approx((0.5 + 6 / 32, 0.5 + 4 / 32), abs=0.01)
    assert studio.session.document.collage.part(above.id) is above
    assert desk.easel.edits.chosen == (below.id,)
    assert studio.session.undo_label == "Move Layer"
    studio.session.undo()
    assert studio.session.document.collage.part(below.id) is below


def test_moves_are_provisional_until_the_hand_lets_go(studio, desk, canvas):
    add(desk, flat_part(RED))
    before = studio.session.document
    press(canvas, (16, 16))
    move(canvas, (20, 16))
    assert studio.session.document is not before
    key(canvas, Key.Key_Escape)
    assert studio.session.document is before
    assert studio.session.redo_label == ""
    assert studio.session.undo_label == "Add"


def test_shift_keeps_a_move_to_one_axis(studio, desk, canvas):
    add(desk, flat_part(RED))
    press(canvas, (16, 16))
    move(canvas, (24, 19), Shift)
    assert only(studio).placement.y == 0.5
    assert only(studio).placement.x == pytest.approx(0.75, abs=0.01)
    canvas.give_up()


def test_a_move_sticks_to_the_frame_and_not_with_ctrl(studio, desk, canvas):
    desk.easel.set(snap=True)
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 8, 8, 16, 16)))
    press(canvas, (12, 12))
    move(canvas, (4.2, 12.0))
    assert only(studio).placement.x == pytest.approx(0.25)
    canvas.grab()
    move(canvas, (4.2, 12.0), Ctrl)
    assert only(studio).placement.x != pytest.approx(0.25, abs=1e-4)
    canvas.give_up()


def test_alt_leaves_a_copy_behind_in_one_step(studio, desk, canvas):
    add(desk, flat_part(RED))
    original = only(studio)
    drag(canvas, (16, 16), (20, 16), (24, 16), keys=Alt)
    stayed, copy = studio.session.document.collage.parts
    assert stayed is original
    assert copy.placement.x == pytest.approx(0.75, abs=0.01)
    assert copy.picture is original.picture
    studio.session.undo()
    assert only(studio) is original


def test_a_corner_scales_around_the_one_across(studio, desk, canvas):
    add(desk, flat_part(RED))
    drag(canvas, (32, 32), (28, 28), (24, 24))
    place = only(studio).placement
    assert place.scale == pytest.approx(0.75, abs=0.01)
    assert (place.x, place.y) == pytest.approx((0.375, 0.375), abs=0.01)
    assert studio.session.undo_label == "Scale Layer"


def test_the_knob_turns_around_the_middle_and_shift_by_steps(studio, desk, canvas):
    add(desk, replace(flat_part(RED), placement=Placement(scale=0.5)))
    knob = canvas.tools["move"].handles().knob(canvas.zoom)
    press(canvas, (knob.x(), knob.y()))
    move(canvas, (30, 15.0), Shift)
    canvas.end(canvas.touch(QPointF(), Shift))
    assert only(studio).placement.rotation == pytest.approx(90)
    assert (only(studio).placement.x, only(studio).placement.y) == pytest.approx((0.5, 0.5))


def test_transform_is_one_step_until_enter_and_none_after_escape(studio, desk, canvas):
    add(desk, flat_part(RED))
    before = studio.session.document
    key(canvas, Key.Key_T, Ctrl)
    drag(canvas, (16, 16), (20, 16), (24, 16))
    drag(canvas, (20, 16), (20, 20), (20, 24))
    key(canvas, Key.Key_Return)
    studio.session.undo()
    assert studio.session.document is before
    studio.session.redo()
    drag(canvas, (24, 20), (20, 16), (12, 12))
    key(canvas, Key.Key_Escape)
    assert only(studio).placement.x == pytest.approx(0.75, abs=0.01)


def test_clicks_choose_and_shift_adds(studio, desk, canvas):
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 0, 0, 10, 10)),
        replace(flat_part(BLUE), mask=rectangle((32, 32), 20, 20, 32, 32)))
    red, blue = (p.id for p in studio.session.document.collage)
    click(canvas, (15, 15))
    assert desk.easel.edits.chosen == ()
    click(canvas, (5, 5))
    click(canvas, (26, 26), Shift)
    assert desk.easel.edits.chosen == (red, blue)
    drag(canvas, (5, 5), (7, 5), (9, 5))
    xs = [p.placement.x for p in studio.session.document.collage]
    assert xs == pytest.approx([0.625, 0.625], abs=0.01)


def test_locked_layers_are_looked_through(studio, desk, canvas):
    add(desk, flat_part(RED), replace(flat_part(BLUE), locked=True))
    drag(canvas, (16, 16), (20, 16), (24, 16))
    red, blue = studio.session.document.collage.parts
    assert red.placement.x > 0.6
    assert blue.placement.x == 0.5


# cutting


@pytest.mark.parametrize(("keys", "expected"), [
    (Qt.KeyboardModifier.NoModifier, 4 * 4), (Shift, 16 * 16 + 8 * 8 - 4 * 4), (Alt, 16 * 16 - 4 * 4)])
def test_a_rectangle_keeps_uncovers_or_takes_away(studio, desk, canvas, keys, expected):
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 0, 0, 16, 16)))
    key(canvas, Key.Key_M)
    drag(canvas, (12, 12), (16, 18), (20, 20), keys=keys)
    assert levels(only(studio).mask).sum() / 255 == pytest.approx(expected, abs=3)
    assert studio.session.undo_label == "Cut Rectangle"


def test_the_mask_follows_the_hand_and_escape_restores_it(studio, desk, canvas):
    add(desk, flat_part(RED))
    before = studio.session.document
    desk.easel.take("rectangle")
    press(canvas, (4, 4))
    move(canvas, (10, 10))
    small = levels(only(studio).mask).sum()
    move(canvas, (20, 20))
    assert levels(only(studio).mask).sum() > 3 * small
    canvas.grab()
    key(canvas, Key.Key_Escape)
    assert studio.session.document is before


def test_an_ellipse_is_cut_exactly(studio, desk, canvas):
    add(desk, flat_part(RED))
    key(canvas, Key.Key_M, Shift)
    drag(canvas, (4, 8), (20, 20), (28, 24))
    wanted = levels(ellipse((32, 32), 4, 8, 28, 24)).astype(float)
    assert np.abs(levels(only(studio).mask) - wanted).mean() < 4


def test_cuts_fit_layers_that_are_turned_scaled_and_mirrored(studio, desk, canvas):
    add(desk, replace(flat_part(RED, side=64), placement=Placement(0.5, 0.5, 0.8, 30.0, True)))
    desk.easel.take("rectangle")
    drag(canvas, (12, 12), (16, 16), (20, 22))
    shown = pixels_of(desk.easel.picture())[..., 3]
    assert shown[14:20, 14:18].min() == 255
    assert shown.sum() / 255 == pytest.approx(8 * 10, rel=0.08)


def test_lasso_and_polygon_cut_along_the_line(studio, desk, canvas):
    corners = [(4, 4), (28, 8), (16, 28)]
    wanted = levels(polygon((32, 32), corners)).astype(float)
    add(desk, flat_part(RED))
    key(canvas, Key.Key_L)
    drag(canvas, *corners)
    assert np.abs(levels(only(studio).mask) - wanted).mean() < 4
    studio.session.undo()
    key(canvas, Key.Key_L, Shift)
    for at in corners:
        click(canvas, at)
    move(canvas, (10, 10), buttons=Qt.MouseButton.NoButton)
    canvas.grab()
    assert studio.session.redo_label == "Cut with Lasso"  # nothing is cut before the line is closed
    key(canvas, Key.Key_Return)
    assert np.abs(levels(only(studio).mask) - wanted).mean() < 4
    assert studio.session.undo_label == "Cut Polygon"


def test_a_polygon_closes_at_its_first_corner_and_escape_forgets_it(studio, desk, canvas):
    add(desk, flat_part(RED))
    desk.easel.take("polygon")
    before = studio.session.document
    for at in ((4, 4), (28, 8), (16, 28)):
        click(canvas, at)
    key(canvas, Key.Key_Escape)
    assert studio.session.document is before
    for at in ((4, 4), (28, 8), (16, 28), (4.2, 4.2)):
        click(canvas, at)
    assert studio.session.undo_label == "Cut Polygon"


def test_a_cut_that_leaves_nothing_is_refused(studio, desk, canvas):
    said = []
    desk.easel.edits.refused.connect(said.append)
    add(desk, replace(flat_part(RED, "sky"), mask=rectangle((32, 32), 0, 0, 8, 8)))
    before = studio.session.document
    desk.easel.take("rectangle")
    drag(canvas, (16, 16), (20, 20), (28, 28))
    assert studio.session.document.collage.parts == before.collage.parts
    assert "leave nothing of “sky”" in said[0]


def test_tools_without_a_layer_say_so(studio, desk, canvas):
    said = []
    desk.easel.edits.refused.connect(said.append)
    for tool in ("rectangle", "lasso", "polygon", "wand", "smart", "eraser"):
        desk.easel.take(tool)
        drag(canvas, (4, 4), (8, 8), (9, 3))
        assert "no layer" in said.pop()
    assert not studio.session.document.collage


def test_locked_layers_are_not_cut(studio, desk, canvas):
    said = []
    desk.easel.edits.refused.connect(said.append)
    add(desk, replace(flat_part(RED), locked=True))
    before = studio.session.document
    for tool in ("rectangle", "brush", "eraser", "wand"):
        desk.easel.take(tool)
        drag(canvas, (4, 4), (8, 8), (9, 3))
        assert "locked" in said.pop()
    assert studio.session.document is before


def test_the_wand_keeps_like_colours(studio, desk, canvas, qtbot):
    pixels = np.full((32, 32, 3), RED, np.uint8)
    pixels[:, 16:] = BLUE
    part = replace(flat_part(RED), picture=replace(flat_part(RED).picture, tiles=Tiles.of(pixels)))
    add(desk, part)
    key(canvas, Key.Key_W)
    click(canvas, (24, 10))
    qtbot.waitUntil(lambda: studio.session.undo_label == "Cut with Wand")
    assert (levels(only(studio).mask)[:, 16:] == 255).all()
    assert (levels(only(studio).mask)[:, :16] == 0).all()


def test_the_smart_cut_keeps_the_thing_under_the_pointer(studio, desk, canvas, qtbot):
    side = 64
    y, x = np.mgrid[0:side, 0:side]
    inside = np.hypot(x - 40, y - 24) < 14
    noise = np.random.default_rng(0).normal(0, 12, (side, side, 3))
    pixels = np.where(inside[..., None], (220, 60, 40), (60, 110, 60)) + noise
    part = flat_part(RED, side=side)
    add(desk, replace(part, picture=replace(part.picture, tiles=Tiles.of(pixels.clip(0, 255).astype(np.uint8)))))
    desk.easel.take("smart")
    click(canvas, (20, 12))
    qtbot.waitUntil(lambda: studio.session.undo_label == "Smart Cut")
    found = levels(only(studio).mask) > 127
    assert (found & inside).sum() / (found | inside).sum() > 0.85


def test_space_moves_a_shape_while_it_is_drawn(studio, desk, canvas):
    taps = []
    canvas.tapped.connect(lambda: taps.append(1))
    add(desk, flat_part(RED))
    for tool in ("rectangle", "lasso"):
        desk.easel.take(tool)
        press(canvas, (4, 4))
        for at in ((12, 4), (12, 12), (4, 12)) if tool == "lasso" else ((12, 12),):
            move(canvas, at)
        QTest.keyPress(canvas, Key.Key_Space)
        here = (4, 12) if tool == "lasso" else (12, 12)
        move(canvas, (here[0] + 10, here[1] + 6))
        QTest.keyRelease(canvas, Key.Key_Space)
        release(canvas, (here[0] + 10, here[1] + 6))
        wanted = levels(rectangle((32, 32), 14, 10, 22, 18)).astype(float)
        assert np.abs(levels(only(studio).mask) - wanted).mean() < 4, tool
        studio.session.undo()
    assert taps == []


# brush and eraser


def test_the_eraser_hides_and_the_brush_uncovers(studio, desk, canvas):
    add(desk, flat_part(RED))
    desk.easel.set_brush(size=8.0, hardness=1.0)
    key(canvas, Key.Key_E)
    drag(canvas, (8, 16), (16, 16), (24, 16))
    mask = levels(only(studio).mask)
    assert mask[16, 8:24].max() == 0
    assert mask[4].min() == 255
    assert studio.session.undo_label == "Erase"
    key(canvas, Key.Key_B)
    drag(canvas, (12, 16), (14, 16))
    assert levels(only(studio).mask)[16, 13] == 255
    studio.session.undo()
    studio.session.undo()
    assert levels(only(studio).mask).min() == 255


def test_the_brush_is_as_wide_on_the_canvas_whatever_the_layer_s_scale(studio, desk, canvas):
    add(desk, replace(flat_part(RED, side=64), placement=Placement(scale=1.0)))
    desk.easel.set_brush(size=8.0, hardness=1.0)
    desk.easel.take("eraser")
    click(canvas, (16, 16))
    hidden = 255 - pixels_of(desk.easel.picture())[..., 3].astype(float)
    assert hidden.sum() / 255 == pytest.approx(np.pi * 16, rel=0.1)


def test_shift_and_a_click_draw_straight_from_the_last_stroke_in_one_step(studio, desk, canvas):
    add(desk, flat_part(RED))
    desk.easel.set_brush(size=4.0, hardness=1.0)
    desk.easel.take("eraser")
    drag(canvas, (4, 8), (6, 8))
    click(canvas, (26, 28), Shift)
    assert levels(only(studio).mask)[18, 16] == 0  # half way
    assert levels(only(studio).mask)[28, 6] == 255
    assert desk.easel.settings.brush.size == 4.0
    click(canvas, (26, 4), Shift)
    assert levels(only(studio).mask)[16, 26] == 0
    studio.session.undo()
    studio.session.undo()
    assert levels(only(studio).mask)[18, 16] == 255
    assert levels(only(studio).mask)[8, 5] == 0


def test_a_brush_without_a_layer_paints_one_and_goes_on_with_it(studio, desk, canvas):
    desk.easel.set(colour=BLUE)
    desk.easel.set_brush(size=6.0)
    desk.easel.take("brush")
    drag(canvas, (8, 8), (16, 8))
    drag(canvas, (8, 24), (16, 24))
    part = only(studio)
    assert part.picture.source.kind == "fill"
    shown = pixels_of(desk.easel.picture())
    assert tuple(shown[8, 12]) == tuple(shown[24, 12]) == (*BLUE, 255)
    desk.easel.set(colour=RED)
    drag(canvas, (8, 16), (16, 16))
    assert len(studio.session.document.collage.parts) == 2
    for _ in range(3):
        studio.session.undo()
    assert not studio.session.document.collage


def test_escape_during_a_stroke_leaves_no_layer(studio, desk, canvas):
    desk.easel.take("brush")
    press(canvas, (8, 8))
    move(canvas, (16, 8))
    assert studio.session.document.collage
    key(canvas, Key.Key_Escape)
    assert not studio.session.document.collage
    assert studio.session.undo_label == studio.session.redo_label == ""


def test_a_pen_s_pressure_is_the_width_of_the_stroke(studio, desk, canvas):
    add(desk, flat_part(RED))
    desk.easel.set_brush(size=12.0, hardness=1.0)
    desk.easel.take("eraser")
    pen = QPointingDevice("pen", 7, QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen,
                          QInputDevice.Capability.Pressure, 1, 1)
    kinds = QTabletEvent.Type
    way = ((kinds.TabletPress, 8, 0.25), (kinds.TabletMove, 24, 1.0), (kinds.TabletRelease, 24, 0.0))
    for kind, x, pressure in way:
        at = QPointF(on_screen(canvas, (x, 16)))
        down = Qt.MouseButton.NoButton if kind == kinds.TabletRelease else Qt.MouseButton.LeftButton
        button = Qt.MouseButton.NoButton if kind == kinds.TabletMove else Qt.MouseButton.LeftButton
        QApplication.sendEvent(canvas.viewport(), QTabletEvent(
            kind, pen, at, canvas.viewport().mapToGlobal(at), pressure, 0.0, 0.0, 0.0, 0.0, 0.0,
            Qt.KeyboardModifier.NoModifier, button, down))
    hidden = (levels(only(studio).mask) < 128).sum(axis=0)
    assert 1 <= hidden[8] < hidden[16] < hidden[24] <= 13
    assert studio.session.undo_label == "Erase"


def test_shift_drag_and_brackets_change_the_brush(desk, canvas):
    desk.easel.take("brush")
    desk.easel.set_brush(size=10.0)
    drag(canvas, (8, 8), (10, 8), (13, 8), keys=Shift)
    assert desk.easel.settings.brush.size == pytest.approx(20, abs=0.5)
    key(canvas, Key.Key_BracketRight)
    assert desk.easel.settings.brush.size == 25
    key(canvas, Key.Key_BracketLeft)
    assert desk.easel.settings.brush.size == 20


def test_the_picker_takes_the_colour_it_sees(desk, canvas):
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 0, 0, 16, 32)))
    before = desk.easel.settings.colour
    key(canvas, Key.Key_I)
    click(canvas, (24, 16))
    assert desk.easel.settings.colour == before
    click(canvas, (8, 16))
    assert desk.easel.settings.colour == RED


# keys


def test_keys_take_tools(desk, canvas):
    for code, keys, tool in ((Key.Key_M, None, "rectangle"), (Key.Key_M, Shift, "ellipse"), (Key.Key_L, None, "lasso"),
                             (Key.Key_L, Shift, "polygon"), (Key.Key_W, None, "wand"), (Key.Key_B, None, "brush"),
                             (Key.Key_E, None, "eraser"), (Key.Key_I, None, "pick"), (Key.Key_H, None, "hand"),
                             (Key.Key_V, None, "move"), (Key.Key_T, Ctrl, "transform")):
        key(canvas, code, keys or Qt.KeyboardModifier.NoModifier)
        assert desk.easel.tool == tool


def test_arrows_nudge_in_one_step_and_shift_by_ten(studio, desk, canvas):
    add(desk, flat_part(RED))
    before = studio.session.document
    for _ in range(3):
        key(canvas, Key.Key_Right)
    key(canvas, Key.Key_Down, Shift)
    assert only(studio).placement.x * 32 == pytest.approx(16 + 3)
    assert only(studio).placement.y * 32 == pytest.approx(16 + 10)
    studio.session.undo()
    assert studio.session.document is before


def test_cuts_are_uncovered_and_inverted_by_keys(studio, desk, canvas):
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 0, 0, 16, 32)))
    key(canvas, Key.Key_I, Ctrl | Shift)
    assert (levels(only(studio).mask)[:, 16:] == 255).all()
    assert (levels(only(studio).mask)[:, :16] == 0).all()
    key(canvas, Key.Key_D, Ctrl)
    assert levels(only(studio).mask).min() == 255


def test_layers_are_copied_ordered_grouped_hidden_locked_and_deleted_by_keys(studio, desk, canvas):
    add(desk, flat_part(RED, "a"), flat_part(BLUE, "b"))

    def names() -> list[str]:
        return [p.name for p in studio.session.document.collage]

    key(canvas, Key.Key_BracketLeft, Ctrl)
    assert names() == ["b", "a"]
    key(canvas, Key.Key_BracketRight, Ctrl)
    assert names() == ["a", "b"]
    key(canvas, Key.Key_J, Ctrl)
    assert names() == ["a", "b", "b copy"]
    key(canvas, Key.Key_A, Ctrl)
    key(canvas, Key.Key_G, Ctrl)
    assert len({p.group for p in studio.session.document.collage}) == 1
    assert studio.session.document.collage.parts[0].group
    key(canvas, Key.Key_G, Ctrl | Shift)
    assert not any(p.group for p in studio.session.document.collage)
    key(canvas, Key.Key_BracketRight, Alt)
    key(canvas, Key.Key_H, Ctrl)
    assert [p.visible for p in studio.session.document.collage] == [True, True, False]
    key(canvas, Key.Key_Slash, Ctrl)
    key(canvas, Key.Key_Delete)
    assert len(names()) == 3  # it is locked
    key(canvas, Key.Key_Slash, Ctrl)
    key(canvas, Key.Key_Delete)
    assert names() == ["a", "b"]


def test_merging_down_shows_the_same_picture(studio, desk, canvas):
    add(desk, flat_part(RED), replace(flat_part(BLUE), mask=ellipse((32, 32), 4, 4, 28, 28), opacity=0.5))
    before = pixels_of(desk.easel.picture()).astype(int)
    key(canvas, Key.Key_E, Ctrl)
    assert only(studio).picture.size == (32, 32)
    assert np.abs(pixels_of(desk.easel.picture()) - before).max() <= 2


def test_flips_mirror_what_is_seen_in_place(studio, desk, canvas):
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, :16] = RED
    part = flat_part(RED)
    picture = replace(part.picture, tiles=Tiles.of(pixels))
    add(desk, replace(part, picture=picture, mask=rectangle((32, 32), 8, 0, 32, 32)))
    before = pixels_of(desk.easel.picture())
    key(canvas, Key.Key_H, Shift)
    assert np.array_equal(pixels_of(desk.easel.picture())[:, 8:], before[:, 8:][:, ::-1])
    key(canvas, Key.Key_H, Shift)
    key(canvas, Key.Key_V, Shift)
    assert np.array_equal(pixels_of(desk.easel.picture()), before[::-1])


def test_layers_align_to_the_frame_and_to_each_other(studio, desk, canvas):
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 8, 8, 16, 16)))
    desk.keys.actions["align_left"].trigger()
    assert only(studio).placement.x * 32 == pytest.approx(8)
    add(desk, replace(flat_part(BLUE), mask=rectangle((32, 32), 4, 20, 8, 24)))
    key(canvas, Key.Key_A, Ctrl)
    desk.keys.actions["align_top"].trigger()
    tops = [p.placement.y * 32 for p in studio.session.document.collage]
    assert tops == pytest.approx([16, 4])


def test_a_group_aligns_as_one(studio, desk, canvas):
    edits = desk.easel.edits
    add(desk, *(replace(flat_part(c), mask=rectangle((32, 32), 8, y, 16, y + 4)) for c, y in ((RED, 8), (BLUE, 20))))
    edits.choose(p.id for p in edits.collage)
    key(canvas, Key.Key_G, Ctrl)
    desk.keys.actions["align_bottom"].trigger()
    assert [p.placement.y * 32 for p in studio.session.document.collage] == pytest.approx([24, 24])
    add(desk, replace(flat_part(RED), mask=rectangle((32, 32), 8, 0, 16, 4)))
    edits.choose(p.id for p in edits.collage)
    desk.keys.actions["align_top"].trigger()
    assert [p.placement.y * 32 for p in studio.session.document.collage] == pytest.approx([8, 8, 16])


def test_layers_that_come_back_are_the_chosen_ones(studio, desk, canvas):
    add(desk, flat_part(RED, "below"), flat_part(BLUE, "above"))
    below, above = (p.id for p in studio.session.document.collage)
    studio.session.undo()
    assert desk.easel.edits.chosen == ()
    studio.session.redo()
    assert desk.easel.edits.chosen == (above,)
    desk.easel.edits.choose([below])
    studio.session.undo()
    assert desk.easel.edits.chosen == (below,)


def test_undo_back_to_empty_and_redo_to_the_end_gives_the_same_picture(studio, desk, canvas):
    add(desk, flat_part(RED), flat_part(BLUE, side=64))
    drag(canvas, (16, 16), (20, 16), (24, 18))
    desk.easel.take("lasso")
    drag(canvas, (10, 10), (30, 12), (28, 30), (12, 28))
    desk.easel.take("eraser")
    drag(canvas, (18, 18), (22, 22))
    key(canvas, Key.Key_J, Ctrl)
    desk.easel.edits.set_value(desk.easel.edits.chosen, "Blend", blend="multiply", feather=0.1)
    end, picture = studio.session.document, pixels_of(desk.easel.picture())
    steps = 0
    while studio.session.undo_label:
        studio.session.undo()
        steps += 1
    assert not studio.session.document.collage
    assert pixels_of(desk.easel.picture()).max() == 0
    for _ in range(steps):
        studio.session.redo()
    assert studio.session.document is end
    assert np.array_equal(pixels_of(desk.easel.picture()), picture)


# the view


def test_the_wheel_keeps_the_point_under_the_pointer(canvas):
    at = QPointF(120, 90)
    before = canvas.to_frame(at)
    canvas.zoom_by(1.7, at)
    after = canvas.to_frame(at)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    key(canvas, Key.Key_1, Ctrl)
    assert canvas.zoom == pytest.approx(1 / canvas.devicePixelRatioF())
    key(canvas, Key.Key_0, Ctrl)
    assert canvas.to_frame(QPointF(canvas.viewport().rect().center())).x() == pytest.approx(16, abs=0.2)


def test_space_and_the_hand_pan_and_draw_nothing(studio, desk, canvas):
    add(desk, flat_part(RED))
    before, corner = studio.session.document, canvas.to_frame(QPointF(0, 0))
    QTest.keyPress(canvas, Key.Key_Space)
    drag(canvas, (16, 16), (18, 16))
    QTest.keyRelease(canvas, Key.Key_Space)
    assert canvas.to_frame(QPointF(0, 0)).x() == pytest.approx(corner.x() - 2, abs=0.1)
    key(canvas, Key.Key_H)
    drag(canvas, (16, 16), (14, 16))
    assert canvas.to_frame(QPointF(0, 0)).x() == pytest.approx(corner.x(), abs=0.2)
    assert studio.session.document is before


def test_a_tap_on_space_is_told(canvas):
    taps = []
    canvas.tapped.connect(lambda: taps.append(1))
    key(canvas, Key.Key_Space)
    assert taps == [1]


def test_the_drawn_picture_lies_over_the_canvas_when_asked(studio, desk, canvas, qtbot):
    studio.live.request()
    qtbot.waitUntil(lambda: not canvas._drawn.image.isNull())
    desk.show_view("over")
    desk.share.setValue(100)
    at = on_screen(canvas, (3, 3))
    assert canvas.grab().toImage().pixelColor(at).getRgb()[:3] == (128, 128, 128)
    desk.show_view("beside")
    assert canvas.grab().toImage().pixelColor(at).getRgb()[:3] != (128, 128, 128)


def test_no_older_picture_lies_over_layers_that_cannot_be_drawn(studio, desk, canvas, qtbot):
    studio.live.request()
    qtbot.waitUntil(lambda: not canvas._drawn.image.isNull())
    desk.show_view("over")
    desk.share.setValue(100)
    with qtbot.waitSignal(studio.live.failed, timeout=5000) as failed:
        add(desk, flat_part(RED))
    assert "no regressor" in failed.args[0]
    assert canvas.failure == canvas.accessibleDescription() == failed.args[0]
    seen = canvas.grab().toImage()
    assert seen.pixelColor(on_screen(canvas, (16, 3))).getRgb()[:3] == RED
    studio.session.undo()
    qtbot.waitUntil(lambda: not canvas.failure)
    assert seen.copy(0, canvas.height() - 60, canvas.width(), 40) != canvas.grab().toImage().copy(
        0, canvas.height() - 60, canvas.width(), 40)


# keys of the sequence


def test_a_move_away_from_a_key_makes_a_key_or_says_why_not(studio, desk, canvas):
    add(desk, flat_part(RED))
    session = studio.session
    session.change(session.document.with_key(0.0), "key")
    studio.live.set_time(1.0)
    drag(canvas, (16, 16), (20, 16), (24, 16))
    assert session.document.collage_at(0.0).parts[0].placement.x == 0.5
    assert session.document.collage_at(1.0).parts[0].placement.x == pytest.approx(0.75, abs=0.01)
    assert session.document.collage_at(0.5).parts[0].placement.x == pytest.approx(0.625, abs=0.01)
    preferences = studio.preferences
    preferences.change(replace(preferences.value, auto_key=False))
    said = []
    desk.easel.edits.refused.connect(said.append)
    studio.live.set_time(0.5)
    before = session.document
    drag(canvas, (20, 16), (22, 16), (26, 16))
    assert session.document is before
    assert "auto-key is off" in said[0]
