"""The slider's habits (USERS.md 4.2), by mouse and key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog

from ganstudio.ui.alpha_groove import nice_step
from ganstudio.ui.alpha_slider import AlphaSlider
from ganstudio.ui.number_box import number_text, parse_number

Left = Qt.MouseButton.LeftButton
No, Shift, Control = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
                      Qt.KeyboardModifier.ControlModifier)


class Watched:
    """A slider on screen and everything it said."""

    def __init__(self, slider: AlphaSlider) -> None:
        self.slider, self.groove, self.box = slider, slider.groove, slider.box
        self.moves: list[float] = []
        self.releases = 0
        self.ranges: list[tuple[float, float]] = []
        slider.moved.connect(self.moves.append)
        slider.released.connect(self._count)
        slider.range_edited.connect(lambda low, high: self.ranges.append((low, high)))

    def _count(self) -> None:
        self.releases += 1

    def at(self, number: float) -> QPoint:
        return QPoint(round(self.groove.x_of(number)), self.groove.height() // 2)

    def press(self, number: float, modifier: Qt.KeyboardModifier = No) -> None:
        QTest.mousePress(self.groove, Left, modifier, self.at(number))

    def move(self, point: QPoint, modifier: Qt.KeyboardModifier = No) -> None:
        QTest.mouseEvent(QTest.MouseAction.MouseMove, self.groove, Left, modifier, point)

    def release(self, point: QPoint) -> None:
        QTest.mouseRelease(self.groove, Left, No, point)

    def wheel(self, widget, turns: int) -> None:
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120 * turns),
                            Qt.MouseButton.NoButton, No, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(widget, event)


@pytest.fixture
def seen(qtbot) -> Iterator[Watched]:
    slider = AlphaSlider("Smile", -3.0, 3.0)
    qtbot.addWidget(slider)
    slider.resize(420, 26)
    slider.show()
    qtbot.waitExposed(slider)
    yield Watched(slider)
    slider._pause.stop()


def test_a_drag_follows_the_hand_and_is_released_once(seen, qtbot):
    seen.press(0.0)
    seen.move(seen.at(1.0))
    seen.move(seen.at(2.0))
    seen.release(seen.at(2.0))
    assert seen.moves[-1] == pytest.approx(2.0, abs=0.03)
    assert seen.box.text() == number_text(seen.moves[-1])
    qtbot.waitUntil(lambda: seen.releases == 1)


def test_one_drag_has_one_gesture_and_the_next_another(seen, qtbot):
    gestures = []
    seen.slider.moved.connect(lambda _: gestures.append(seen.slider.gesture))
    for end in (1.0, 2.0):
        seen.press(seen.slider.number)
        seen.move(seen.at(end - 0.3))
        seen.move(seen.at(end))
        seen.release(seen.at(end))
        seen.slider._release()
    assert len(set(map(id, gestures))) == 2


def test_shift_moves_a_tenth_as_far(seen):
    seen.press(0.0, Shift)
    seen.move(seen.at(2.0), Shift)
    assert seen.slider.number == pytest.approx(0.2, abs=0.01)
    seen.release(seen.at(2.0))


def test_letting_shift_go_in_a_drag_does_not_jump(seen):
    seen.press(0.0, Shift)
    seen.move(seen.at(2.0), Shift)
    fine = seen.slider.number
    seen.move(seen.at(2.0))
    assert seen.slider.number == fine
    seen.release(seen.at(2.0))


def test_control_snaps_to_round_steps_and_to_zero(seen):
    seen.press(0.0)
    seen.move(seen.at(1.37), Control)
    assert seen.slider.number == 1.5
    seen.move(seen.at(0.11), Control)
    assert seen.slider.number == 0.0
    seen.release(seen.at(0.11))


def test_zero_holds_a_drag_that_passes_near(seen):
    seen.press(2.0)
    seen.move(QPoint(round(seen.groove.x_of(0.0)) + 2, 10))
    assert seen.slider.number == 0.0
    seen.release(seen.at(0.0))


def test_a_drag_stays_within_the_range(seen):
    seen.press(0.0)
    seen.move(QPoint(5000, 10))
    assert seen.slider.number == 3.0
    seen.release(QPoint(5000, 10))


def test_double_click_resets_within_the_gesture_of_its_first_click(seen, qtbot):
    seen.slider.set_number(1.0)
    gestures = []
    seen.slider.moved.connect(lambda _: gestures.append(seen.slider.gesture))
    QTest.mouseClick(seen.groove, Left, No, seen.at(2.5))
    QTest.mouseDClick(seen.groove, Left, No, seen.at(2.5))
    assert seen.slider.number == 0.0
    assert len(set(map(id, gestures))) == 1
    assert seen.releases >= 1


def test_a_typed_value_is_taken_with_point_or_comma(seen):
    for text, number in (("1.25", 1.25), ("-0,5", -0.5)):
        seen.box.setFocus()
        seen.box.selectAll()
        QTest.keyClicks(seen.box, text)
        QTest.keyClick(seen.box, Qt.Key.Key_Return)
        assert seen.slider.number == number
    assert seen.moves == [1.25, -0.5]
    assert seen.releases == 2


def test_a_typed_value_beyond_the_range_widens_it(seen):
    seen.box.setFocus()
    seen.box.selectAll()
    QTest.keyClicks(seen.box, "4.5")
    QTest.keyClick(seen.box, Qt.Key.Key_Return)
    assert seen.ranges == [(-3.0, 4.5)]
    assert seen.moves == [4.5]


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "1..2", "1e999"])
def test_what_is_no_number_is_taken_back(seen, text):
    seen.box.setFocus()
    seen.box.selectAll()
    QTest.keyClick(seen.box, Qt.Key.Key_Delete)
    QTest.keyClicks(seen.box, text)
    QTest.keyClick(seen.box, Qt.Key.Key_Return)
    assert seen.moves == []
    assert seen.box.text() == "0.00"


def test_a_number_beyond_all_bounds_is_brought_back(seen):
    seen.box.setFocus()
    seen.box.selectAll()
    QTest.keyClicks(seen.box, "1e38")
    QTest.keyClick(seen.box, Qt.Key.Key_Return)
    assert seen.moves == [9999.0]


def test_both_ends_are_asked_for_in_one_line(seen, monkeypatch):
    for text in ("-8; 8,5", "nonsense", "3 1", "1 nan"):
        monkeypatch.setattr(QInputDialog, "getText", lambda *_, answer=text, **__: (answer, True))
        seen.slider.ask_range()
    assert seen.ranges == [(-8.0, 8.5)]


def test_escape_takes_back_what_is_being_typed(seen):
    seen.box.setFocus()
    QTest.keyClicks(seen.box, "9")
    QTest.keyClick(seen.box, Qt.Key.Key_Escape)
    assert seen.box.text() == "0.00"
    assert seen.moves == []


def test_the_wheel_counts_only_with_the_focus(seen):
    seen.slider.low_box.setFocus()
    seen.wheel(seen.groove, 1)
    assert seen.moves == []
    seen.groove.setFocus()
    seen.wheel(seen.groove, 1)
    assert seen.moves == [pytest.approx(0.1)]


@pytest.mark.parametrize(("key", "modifier", "number"), [
    (Qt.Key.Key_Right, No, 1.1), (Qt.Key.Key_Left, No, 0.9), (Qt.Key.Key_Right, Shift, 1.01),
    (Qt.Key.Key_Right, Control, 1.5), (Qt.Key.Key_Home, No, -3.0), (Qt.Key.Key_End, No, 3.0),
    (Qt.Key.Key_Minus, No, -1.0), (Qt.Key.Key_Backspace, No, 0.0), (Qt.Key.Key_PageUp, No, 1.5),
])  # fmt: skip
def test_keys_move_the_knob(seen, key, modifier, number):
    seen.slider.set_number(1.0)
    seen.groove.setFocus()
    QTest.keyClick(seen.groove, key, modifier)
    assert seen.slider.number == pytest.approx(number)


def test_the_ends_are_seen_and_edited(seen):
    assert (seen.slider.low_box.text(), seen.slider.high_box.text()) == ("-3.0", "3.0")
    seen.slider.high_box.setFocus()
    seen.slider.high_box.selectAll()
    QTest.keyClicks(seen.slider.high_box, "5")
    QTest.keyClick(seen.slider.high_box, Qt.Key.Key_Return)
    assert seen.ranges == [(-3.0, 5.0)]


def test_ends_in_the_wrong_order_are_taken_back(seen):
    seen.slider.high_box.setFocus()
    seen.slider.high_box.selectAll()
    QTest.keyClicks(seen.slider.high_box, "-7")
    QTest.keyClick(seen.slider.high_box, Qt.Key.Key_Return)
    assert seen.ranges == []
    assert seen.slider.high_box.number == 3.0


def test_showing_a_number_tells_nobody_and_leaves_a_knob_in_the_hand(seen):
    seen.slider.set_number(1.5)
    assert seen.moves == []
    seen.press(1.5)
    seen.slider.set_number(-2.0)
    assert seen.slider.number == 1.5
    seen.release(seen.at(1.5))


def test_a_screen_reader_finds_name_and_value(seen):
    assert seen.groove.accessibleName() == "Smile"
    seen.slider.set_number(1.5)
    assert seen.groove.value() == 150


def test_another_button_than_the_left_changes_nothing(seen):
    QTest.mousePress(seen.groove, Qt.MouseButton.MiddleButton, No, seen.at(2.0))
    QTest.mouseRelease(seen.groove, Qt.MouseButton.MiddleButton, No, seen.at(2.0))
    assert seen.moves == []


@pytest.mark.parametrize(("span", "count", "step"), [(6.0, 12, 0.5), (6.0, 60, 0.1), (30.0, 60, 0.5), (1.5, 60, 0.02)])
def test_steps_are_round(span, count, step):
    assert nice_step(span, count) == pytest.approx(step)


@pytest.mark.parametrize(("text", "number"), [("1,5", 1.5), ("−2", -2.0), (" 3 ", 3.0), ("x", None), ("inf", None)])
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text) == number
