"""The timeline, used as a hand would: keys are made, dragged, copied, eased, played and scrubbed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.document.latent import Base
from ganstudio.session.studio import Studio
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.sequence_timeline import SequenceTimeline
from ganstudio.ui.time_axis import TimeAxis
from ganstudio.ui.timeline_paint import LANE, RULER
from tests.models import tiny_document

Left = Qt.MouseButton.LeftButton
No, Alt, Shift, Control = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier,
                           Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def timeline(studio, shown) -> SequenceTimeline:
    widget: SequenceTimeline = shown(SequenceTimeline(studio), 1000, 190)
    widget.strip.setFocus()
    return widget


def keys(studio: Studio) -> list[float]:
    return [round(t, 3) for t in studio.session.document.sequence.times]


def with_keys(studio: Studio, *times: float) -> None:
    document = studio.session.document
    for i, time in enumerate(times):
        look = replace(document.latent, base=Base(document.latent.base.z + i))
        document = replace(document, sequence=document.sequence.with_look(time, look))
    studio.session.open(document)


def lane(timeline: SequenceTimeline, time: float) -> QPoint:
    return QPoint(round(timeline.strip.axis.x(time)), RULER + LANE // 2)


def ruler(timeline: SequenceTimeline, time: float) -> QPoint:
    return QPoint(round(timeline.strip.axis.x(time)), 6)


def drag(timeline: SequenceTimeline, start: QPoint, end: QPoint, modifier: Qt.KeyboardModifier = No,
         release: bool = True) -> None:
    strip = timeline.strip
    QTest.mousePress(strip, Left, modifier, start)
    for i in range(1, 6):
        QTest.mouseEvent(QTest.MouseAction.MouseMove, strip, Left, modifier, start + (end - start) * i / 5)
    if release:
        QTest.mouseRelease(strip, Left, modifier, end)


def press(timeline: SequenceTimeline, key: Qt.Key, modifier: Qt.KeyboardModifier = No) -> None:
    QTest.keyClick(timeline.strip, key, modifier)


def test_k_keys_the_look_on_screen_at_the_playhead_as_one_undo_step(studio, timeline):
    studio.live.set_time(1.5)
    press(timeline, Qt.Key.Key_K)
    assert keys(studio) == [1.5]
    assert studio.session.undo_label == "Add Key"
    studio.session.undo()
    assert keys(studio) == []


def test_i_keys_as_well(studio, timeline):
    press(timeline, Qt.Key.Key_I)
    assert keys(studio) == [0.0]


def test_dragging_a_key_snaps_to_frames_and_is_one_undo_step(studio, timeline):
    with_keys(studio, 0, 2)
    drag(timeline, lane(timeline, 2), lane(timeline, 3) + QPoint(1, 0))
    assert keys(studio) == [0, 3]
    assert studio.session.gesture is None
    studio.session.undo()
    assert keys(studio) == [0, 2]
    assert not studio.session.undo_label


def test_a_key_dragged_over_another_and_past_it_leaves_it_alone(studio, timeline):
    with_keys(studio, 0, 1, 2)
    drag(timeline, lane(timeline, 1), lane(timeline, 3))
    assert keys(studio) == [0, 2, 3]


def test_escape_takes_a_drag_back(studio, timeline):
    with_keys(studio, 0, 2)
    drag(timeline, lane(timeline, 2), lane(timeline, 3), release=False)
    press(timeline, Qt.Key.Key_Escape)
    assert keys(studio) == [0, 2]
    QTest.mouseRelease(timeline.strip, Left, No, lane(timeline, 3))
    assert keys(studio) == [0, 2]


@pytest.mark.parametrize("modifier", [Alt, Control])
def test_dragging_with_alt_or_ctrl_copies(studio, timeline, modifier):
    with_keys(studio, 0, 2)
    drag(timeline, lane(timeline, 2), lane(timeline, 4), modifier)
    assert keys(studio) == [0, 2, 4]
    assert studio.session.document.sequence.seamless is False


def test_several_selected_keys_move_together_and_none_below_zero(studio, timeline):
    with_keys(studio, 1, 2, 5)
    press(timeline, Qt.Key.Key_A, Control)
    drag(timeline, lane(timeline, 2), lane(timeline, 0))
    assert keys(studio) == [0, 1, 4]


def test_a_rectangle_selects_and_delete_removes(studio, timeline):
    with_keys(studio, 0, 1, 2, 5)
    drag(timeline, lane(timeline, 0.5), lane(timeline, 2.5) + QPoint(0, 30))
    assert len(timeline.strip.selection) == 2
    press(timeline, Qt.Key.Key_Delete)
    assert keys(studio) == [0, 5]
    assert studio.session.undo_label == "Delete Keys"


def test_deleting_the_last_key_leaves_the_picture_as_it_is(studio, timeline):
    with_keys(studio, 0, 2)
    studio.live.set_time(1.0)
    shown = studio.session.document.look(1.0)
    press(timeline, Qt.Key.Key_A, Control)
    press(timeline, Qt.Key.Key_Delete)
    left = studio.session.document.look(1.0)
    assert [e.alpha for e in left.edits] == [e.alpha for e in shown.edits]
    assert left.base.same(shown.base)


def test_ctrl_click_adds_to_the_selection_and_takes_away(studio, timeline):
    with_keys(studio, 0, 2, 4)
    QTest.mouseClick(timeline.strip, Left, No, lane(timeline, 0))
    QTest.mouseClick(timeline.strip, Left, Control, lane(timeline, 4))
    assert timeline.strip.selection == {0, 4}
    QTest.mouseClick(timeline.strip, Left, Control, lane(timeline, 0))
    assert timeline.strip.selection == {4}


def test_clicking_a_key_puts_the_playhead_on_it(studio, timeline):
    with_keys(studio, 0, 2)
    QTest.mouseClick(timeline.strip, Left, No, lane(timeline, 2))
    assert studio.live.time == pytest.approx(2)


def test_copied_keys_are_pasted_at_the_playhead(studio, timeline):
    with_keys(studio, 0, 1)
    press(timeline, Qt.Key.Key_A, Control)
    press(timeline, Qt.Key.Key_C, Control)
    studio.live.set_time(3)
    press(timeline, Qt.Key.Key_V, Control)
    assert keys(studio) == [0, 1, 3, 4]
    looks = studio.session.document
    assert looks.look(4).base.same(looks.look(1).base)


def test_a_segment_menu_changes_the_easing(studio, timeline):
    with_keys(studio, 0, 2)
    menu = timeline.menu(timeline.strip.segment_at(timeline.strip.axis.x(1)))
    next(a for a in menu.actions() if a.text() == "Hold").trigger()
    assert studio.session.document.sequence.easing_at(0) == "hold"
    menu.deleteLater()


def test_the_easing_box_shows_and_changes_the_segment_under_the_playhead(studio, timeline):
    with_keys(studio, 0, 2)
    studio.live.set_time(1)
    assert timeline.bar.easing.currentData() == "ease"
    timeline.bar.easing.activated.emit(1)
    assert studio.session.document.sequence.easing_at(0) == "linear"
    assert timeline.bar.easing.currentData() == "linear"


def test_another_frame_rate_moves_no_key(studio, timeline):
    with_keys(studio, 0, 1.5)
    timeline.bar.fps.setValue(30)
    assert studio.session.document.sequence.fps == 30
    assert keys(studio) == [0, 1.5]


def test_dragging_the_ruler_scrubs_and_ends_with_a_full_picture(studio, timeline, qtbot):
    with_keys(studio, 0, 4)
    frames = []
    studio.live.frame.connect(frames.append)
    drag(timeline, ruler(timeline, 1), ruler(timeline, 3))
    assert studio.live.time == pytest.approx(3)
    qtbot.waitUntil(lambda: bool(frames) and frames[-1].shot.time == studio.live.time)
    assert frames[-1].shot.quality == "full"


def test_arrows_step_frames_and_page_keys_step_keys(studio, timeline):
    with_keys(studio, 0, 1, 2)
    press(timeline, Qt.Key.Key_Right)
    press(timeline, Qt.Key.Key_Right)
    press(timeline, Qt.Key.Key_Left)
    assert studio.live.time == pytest.approx(1 / 24)
    press(timeline, Qt.Key.Key_PageDown)
    assert studio.live.time == pytest.approx(1)
    press(timeline, Qt.Key.Key_End)
    assert studio.live.time == pytest.approx(2)
    press(timeline, Qt.Key.Key_J)
    assert studio.live.time == pytest.approx(1)
    press(timeline, Qt.Key.Key_Home)
    assert studio.live.time == 0


def test_playing_follows_the_clock_and_stops_at_the_end(studio, timeline, qtbot):
    with_keys(studio, 0, 0.3)
    press(timeline, Qt.Key.Key_Space)
    assert timeline.playback.playing
    qtbot.waitUntil(lambda: not timeline.playback.playing, timeout=5000)
    assert studio.live.time == pytest.approx(0.3, abs=0.03)


def test_a_loop_plays_on_until_space(studio, timeline, qtbot):
    with_keys(studio, 0, 0.2)
    timeline.bar.loop.activated.emit(1)
    times = []
    studio.live.time_changed.connect(times.append)
    press(timeline, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(times)), timeout=5000)
    press(timeline, Qt.Key.Key_Space)
    assert not timeline.playback.playing


def test_a_slow_model_is_played_in_real_time_with_frames_left_out(studio, timeline, qtbot, monkeypatch):
    generator = studio.library.load("tiny").generator
    synthesize = generator.synthesize

    def slow(ws, noise="const"):
        QTest.qSleep(80)
        return synthesize(ws, noise)

    monkeypatch.setattr(generator, "synthesize", slow)
    with_keys(studio, 0, 0.6)
    shown = []
    studio.live.frame.connect(shown.append)
    press(timeline, Qt.Key.Key_Space)
    with qtbot.waitSignal(timeline.playback.changed, timeout=3000):
        pass
    qtbot.waitUntil(lambda: bool(shown) and shown[-1].shot.time == studio.live.time, timeout=3000)
    assert len(shown) < 12


def test_close_loop_makes_the_loop_seamless(studio, timeline):
    with_keys(studio, 0, 1)
    timeline.bar.loop.activated.emit(1)
    assert timeline.bar.close_loop.isVisible()
    timeline.bar.close_loop.click()
    assert keys(studio) == [0, 1, 2]
    assert studio.session.document.sequence.seamless
    assert not timeline.bar.close_loop.isVisible()


def test_a_change_away_from_a_key_makes_a_key_and_says_so(studio, timeline):
    with_keys(studio, 0, 2)
    studio.live.set_time(1)
    LookEdits(studio, timeline).set_psi(0.5)
    assert keys(studio) == [0, 1, 2]
    assert "0:01.00" in timeline.bar.auto_key.text()


def test_auto_key_can_be_switched_off(studio, timeline):
    timeline.bar.auto_key.click()
    assert not studio.preferences.value.auto_key
    assert timeline.bar.auto_key.text() == "○ Auto-Key"


def test_ctrl_wheel_zooms_at_the_pointer_and_wheel_scrolls(studio, timeline):
    strip, at = timeline.strip, QPointF(400, 30)
    before = strip.axis.time(400)

    def turn(modifier):
        QApplication.sendEvent(strip, QWheelEvent(
            at, strip.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, modifier,
            Qt.ScrollPhase.NoScrollPhase, False))

    turn(Control)
    assert strip.axis.scale > TimeAxis().scale
    assert strip.axis.time(400) == pytest.approx(before)
    scroll = strip.axis.scroll
    turn(No)
    assert strip.axis.scroll == max(0, scroll - 120)


def test_pictures_of_the_keys_come_by_themselves(studio, timeline, qtbot):
    studio.session.open(tiny_document(seconds=1.0))
    qtbot.waitUntil(lambda: timeline.strip._pictures.at(1.0) is not None)
    red = timeline.strip._pictures.at(1.0).toImage().pixelColor(5, 5)
    assert red.red() == 255
    assert red.green() < 200


def test_undo_drops_keys_from_the_selection(studio, timeline):
    press(timeline, Qt.Key.Key_K)
    assert timeline.strip.selection
    studio.session.undo()
    assert not timeline.strip.selection


def test_the_empty_timeline_says_what_to_do(timeline):
    image = timeline.strip.grab().toImage()
    lit = {image.pixelColor(x, y).lightness() > 120 for x in range(250, 750) for y in range(60, 110)}
    assert lit == {True, False}
