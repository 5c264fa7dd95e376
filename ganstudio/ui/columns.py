"""What panels of one column share: the thin line between two of their parts, and the part that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def line(parent: QWidget) -> QFrame:
    """A thin line across."""
    made = QFrame(parent)
    made.setProperty("role", "line")
    return made


def scrolled(content: QWidget, parent: QWidget) -> QScrollArea:
    """Content as wide as there is room for, scrolled up and down where it is higher."""
    area = QScrollArea(parent)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
