"""Where Tab goes next in a window: as one reads, line by line, place by place, and only to what can be seen.

Rows come and go and docks are moved about, so the order is looked up when it is asked for and kept nowhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

Area = Qt.DockWidgetArea


def next_stop(window: QMainWindow, forward: bool) -> QWidget | None:
    """The field after (or before) the one with the focus, around the window's ends; None where there is none."""
    stops = [field for place in _places(window) for field in _fields(place)]
    if not stops:
        return None
    if (current := window.focusWidget()) not in stops:
        return stops[0 if forward else -1]
    return stops[(stops.index(current) + (1 if forward else -1)) % len(stops)]


def _places(window: QMainWindow) -> list[QWidget]:
    """Docks on the left, the centre, docks on the right and below, each with the tabs it is chosen by."""
    docks = [d for d in window.findChildren(QDockWidget) if not d.isFloating() and not d.visibleRegion().isEmpty()]
    tabs = [bar for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if bar.isVisible()]
    found: list[QWidget] = []
    for area in (Area.LeftDockWidgetArea, None, Area.RightDockWidgetArea, Area.TopDockWidgetArea,
                 Area.BottomDockWidgetArea):
        if area is None:
            found.append(window.centralWidget())
            continue
        here = [dock for dock in docks if window.dockWidgetArea(dock) == area]
        titles = {dock.windowTitle() for dock in here}
        bars = [bar for bar in tabs if titles & {bar.tabText(i) for i in range(bar.count())}]
        found += _read(window, [*here, *bars])
    return found


def _fields(place: QWidget) -> list[QWidget]:
    """What takes the focus from the keyboard in a place."""
    return _read(place, [field for field in (place, *place.findChildren(QWidget)) if _takes_focus(field)])


def _takes_focus(field: QWidget) -> bool:
    tabbed = field.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    return bool(tabbed) and field.focusProxy() is None and field.isEnabled() and field.isVisible()


def _read(place: QWidget, fields: Iterable[QWidget]) -> list[QWidget]:
    """Fields line by line, from left to right; a line is the topmost field that waits, and what is level with it."""
    waiting = sorted(((_rect(field, place), field) for field in fields), key=lambda pair: _corner(pair[0]))
    found: list[QWidget] = []
    while waiting:
        first = waiting[0][0]
        end = bisect_right(waiting, first.bottom(), key=lambda pair: pair[0].top())
        line = [pair for pair in waiting[:end] if _level(pair[0], first)]
        waiting = [pair for pair in waiting[:end] if not _level(pair[0], first)] + waiting[end:]
        found += [field for _, field in sorted(line, key=lambda pair: pair[0].left())]
    return found


def _level(rect: QRect, line: QRect) -> bool:
    """Whether one of the two has its middle within the other: a tall slider stands in a line with a flat button."""
    return line.top() <= rect.center().y() <= line.bottom() or rect.top() <= line.center().y() <= rect.bottom()


def _rect(field: QWidget, place: QWidget) -> QRect:
    return QRect(field.mapTo(place, QPoint(0, 0)), field.size())


def _corner(rect: QRect) -> tuple[int, int]:
    return rect.top(), rect.left()
