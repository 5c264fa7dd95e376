"""Tab goes as one reads: place by place, line by line, never to what cannot be seen, around the ends."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QGridLayout, QLineEdit, QMainWindow, QPushButton, QWidget

from ganstudio.ui.main_window import MainWindow
from ganstudio.ui.reading_order import next_stop

Area = Qt.DockWidgetArea


def panel(window: QWidget, *rows: str) -> QWidget:
    """Fields named by letters, made in alphabetical order, wherever they stand; "." leaves a place free."""
    made = QWidget(window)
    grid = QGridLayout(made)
    places = {letter: (y, x) for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != "."}
    for letter in sorted(places):
        field = QLineEdit(made)
        field.setObjectName(letter)
        grid.addWidget(field, *places[letter])
    return made


class Window(QMainWindow):
    """Goes by reading order, as the editor's window does."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        stop = next_stop(self, forward)
        if stop is not None:
            stop.setFocus()
        return stop is not None

    def dock(self, title: str, area: Area, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock


@pytest.fixture
def window(shown) -> Window:
    made = Window()
    made.dock("below", Area.BottomDockWidgetArea, panel(made, "a"))
    made.dock("right", Area.RightDockWidgetArea, panel(made, "db", "ec"))
    made.setCentralWidget(panel(made, "f"))
    made.dock("left", Area.LeftDockWidgetArea, panel(made, "h", "g"))
    return shown(made, 600, 400)


def walked(window: QMainWindow, count: int, key: Qt.Key = Qt.Key.Key_Tab) -> str:
    found = ""
    for _ in range(count):
        QTest.keyClick(QApplication.focusWidget() or window, key)
        focus = QApplication.focusWidget()
        found += focus.objectName() if focus is not None else "-"
    return found


def test_places_are_left_centre_right_below_and_each_is_read_line_by_line(window: Window) -> None:
    window.findChild(QLineEdit, "a").setFocus()
    assert walked(window, 9) == "hgfdbecah"
    assert walked(window, 3, Qt.Key.Key_Backtab) == "ace"


def test_what_is_hidden_disabled_or_behind_another_tab_is_passed_over(window: Window) -> None:
    behind = window.dock("behind", Area.LeftDockWidgetArea, panel(window, "x"))
    window.tabifyDockWidget(window.findChildren(QDockWidget)[2], behind)
    window.findChildren(QDockWidget)[2].raise_()
    window.findChild(QLineEdit, "f").setEnabled(False)
    window.findChild(QLineEdit, "b").hide()
    QApplication.processEvents()
    window.findChild(QLineEdit, "g").setFocus()
    assert walked(window, 4) == "deca"


def test_a_field_made_later_is_read_where_it_stands(window: Window) -> None:
    centre = window.centralWidget()
    late = QPushButton("late", centre)
    late.setObjectName("z")
    centre.layout().addWidget(late, 0, 1)
    late.show()
    QApplication.processEvents()
    window.findChild(QLineEdit, "f").setFocus()
    assert walked(window, 2) == "zd"


def test_in_the_editor_a_slider_comes_after_the_search_and_before_the_button_below(studio, shown) -> None:
    window = MainWindow(studio)
    window.files.ask = lambda: "discard"
    shown(window)
    window.panel.setFocus()
    window.stage.preview.setFocus()
    names = []
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        names.append(focus.text() if isinstance(focus, QPushButton) else focus.accessibleName())
        assert not focus.visibleRegion().isEmpty()
    assert names.index("Seed") < names.index("Search directions") < names.index("Find Directions…")
    assert names.index("Find Directions…") < names.index("Keys in time")
