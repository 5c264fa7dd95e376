"""One direction in the sheet: its name, its share, and its strip of pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ganstudio.document.latent import Direction, format_layers
from ganstudio.ui.name_field import NameField
from ganstudio.ui.picture_strip import PictureStrip
from ganstudio.ui.reach import facts_text
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon

STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Where along its reach a direction is shown."""


class StripRow(QFrame):
    """Shows a direction; `picked` asks for a slider at an alpha."""

    picked = Signal(object, float)
    renamed = Signal(object, str)
    starred = Signal(object, bool)

    def __init__(self, direction: Direction, layer_count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.direction = direction
        low, high = direction.reach
        self.strip = PictureStrip([s * (high if s > 0 else -low) for s in STEPS], self)
        self.star, self.add = QToolButton(self), QToolButton(self)
        self.name, self.facts = NameField(self), QLabel(self)
        self.setProperty("role", "row")
        self._lay_out(layer_count)
        self._connect()

    def _lay_out(self, layer_count: int) -> None:
        set_icon(self.star, "star", "star-on")
        self.star.setCheckable(True)
        self.star.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.star.setAccessibleName(tr("Star"))
        self.star.setToolTip(tr("Star"))
        self.add.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layers = format_layers(self.direction.layers, layer_count) if self.direction.layers else ""
        self.facts.setText(" · ".join(filter(None, (facts_text(self.direction), layers))))
        self.facts.setToolTip(tr("What it reaches or its share of the variance, and the layers it moves"))
        self.facts.setProperty("tone", "dim")
        head = QHBoxLayout()
        head.setSpacing(4)
        for widget in (self.star, self.name, self.facts, self.add):
            head.addWidget(widget, 1 if widget is self.name else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 7)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.strip)

    def _connect(self) -> None:
        self.strip.picked.connect(lambda alpha: self.picked.emit(self.direction, alpha))
        self.add.clicked.connect(lambda: self.picked.emit(self.direction, 0.0))
        self.star.toggled.connect(lambda on: self.starred.emit(self.direction, on))
        self.name.renamed.connect(lambda name: self.renamed.emit(self.direction, name))
        self.name.double_clicked.connect(self.name.edit)

    def show_name(self, name: str, starred: bool) -> None:
        """What the user calls it, and whether it is starred."""
        self.name.show_name(name)
        self.name.setToolTip(tr("{name}: double click or F2 renames; the name stays with the model").format(
            name=name))
        self.strip.setAccessibleName(tr("{name}: pictures from minus to plus").format(name=name))
        self.star.blockSignals(True)
        self.star.setChecked(starred)
        self.star.blockSignals(False)

    def show_used(self, used: bool) -> None:
        """Whether it is a slider already."""
        if self.add.property("theme_icon") != (wanted := "tick" if used else "plus"):
            set_icon(self.add, wanted)
            self.add.setToolTip(tr("This is a slider already") if used else tr("Make it a slider"))
            self.add.setAccessibleName(self.add.toolTip())
            self.add.setEnabled(not used)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 renames."""
        if event.key() == Qt.Key.Key_F2:
            self.name.edit()
        else:
            super().keyPressEvent(event)
