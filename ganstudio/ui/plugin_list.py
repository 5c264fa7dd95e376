"""The plugins that were found, with what is wrong with those that cannot be used."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ganstudio.registry import PluginInfo
from ganstudio.session.studio import Studio
from ganstudio.settings import user_data
from ganstudio.ui.text import tr


class PluginList(QScrollArea):
    """A line a plugin; read anew whenever it is made."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows = [PluginRow(info, inside) for info in studio.registry.plugins]
        for row in self.rows:
            column.addWidget(row)
        place = QLabel(tr("Your own plugins go into {folder}, a folder each; they are found at the next start.").format(
            folder=user_data() / "plugins"), inside)
        place.setWordWrap(True)
        place.setProperty("tone", "dim")
        place.setContentsMargins(10, 10, 10, 10)
        column.addWidget(place)
        column.addStretch(1)
        self.setWidget(inside)


class PluginRow(QFrame):
    """One plugin: name, id and place; marked when it is broken."""

    def __init__(self, info: PluginInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error" if info.error else "row")
        name, place = QLabel(info.name, self), QLabel(str(info.path), self)
        self.error = QLabel(f"⚠ {info.error}" if info.error else "", self)
        name.setProperty("tone", "heading")
        place.setProperty("tone", "dim")
        self.error.setProperty("tone", "error")
        grid = QGridLayout(self)
        grid.setVerticalSpacing(2)
        for line, label in enumerate((name, place, self.error)):
            label.setWordWrap(True)
            grid.addWidget(label, line, 0)
        self.error.setVisible(bool(info.error))
        self.setAccessibleName(f"{info.name} {info.error}".strip())
