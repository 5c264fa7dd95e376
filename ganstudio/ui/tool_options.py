"""The bar above the canvas: how the tool in the hand is set."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QColorDialog, QHBoxLayout, QLabel, QToolButton, QWidget

from ganstudio.ui.easel import Easel
from ganstudio.ui.number_box import NumberBox
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour
from ganstudio.ui.toolbox import tool_entries

BRUSHES = ("brush", "eraser")


class ColourButton(QToolButton):
    """Shows the colour in hand; a click chooses another."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._easel = easel
        self.setToolTip(tr("Colour that the brush and fills have"))
        self.setAccessibleName(tr("Colour"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.ask)
        easel.settings_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """A small square."""
        return QSize(28, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The colour."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(colour("outline"))
        painter.setBrush(QColor(*self._easel.settings.colour))
        painter.drawRect(self.rect().adjusted(4, 4, -5, -5))

    @Slot()
    def ask(self) -> None:
        """Choose a colour in a dialog."""
        found = QColorDialog.getColor(QColor(*self._easel.settings.colour), self, tr("Colour"))
        if found.isValid():
            self._easel.set(colour=(found.red(), found.green(), found.blue()))


class ToolOptions(QWidget):
    """Shows what belongs to the tool in the hand only."""

    hinted = Signal(str)
    """How the tool in the hand is used, in one line."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel = easel
        self.size_box, self.hardness_box = NumberBox(0, 1.0, self), NumberBox(0, 5.0, self)
        self.opacity_box, self.tolerance_box = NumberBox(0, 5.0, self), NumberBox(0, 1.0, self)
        self.contiguous, self.snap = QCheckBox(tr("Connected"), self), QCheckBox(tr("Snap"), self)
        self.colour = ColourButton(easel, self)
        self._shown: list[tuple[tuple[str, ...], QWidget]] = []
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(5)
        fields = ((BRUSHES, tr("Size"), self.size_box), (BRUSHES, tr("Hardness"), self.hardness_box),
                  (BRUSHES, tr("Opacity"), self.opacity_box), (("wand",), tr("Tolerance"), self.tolerance_box))
        for tools, text, box in fields:
            label = QLabel(text, self)
            label.setProperty("tone", "dim")
            box.setFixedWidth(52)
            box.setAccessibleName(text)
            for widget in (label, box):
                row.addWidget(widget)
                self._shown.append((tools, widget))
        plain = ((("wand",), self.contiguous), (("move", "transform"), self.snap), (("brush", "pick"), self.colour))
        for tools, widget in plain:
            row.addWidget(widget)
            self._shown.append((tools, widget))
        row.addStretch(1)
        self.setFixedHeight(34)

    def _connect(self) -> None:
        easel = self.easel
        easel.tool_changed.connect(self._follow)
        easel.settings_changed.connect(self._follow)
        self.size_box.entered.connect(lambda n: easel.set_brush(size=min(max(n, 1.0), 1000.0)))
        self.hardness_box.entered.connect(lambda n: easel.set_brush(hardness=_share(n)))
        self.opacity_box.entered.connect(lambda n: easel.set_brush(opacity=_share(n)))
        self.tolerance_box.entered.connect(lambda n: easel.set(tolerance=min(max(n, 0.0), 255.0)))
        self.contiguous.toggled.connect(lambda on: easel.set(contiguous=on))
        self.snap.toggled.connect(lambda on: easel.set(snap=on))

    @Slot()
    def _follow(self, *_what: object) -> None:
        """What fits the tool, with its numbers."""
        settings, tool = self.easel.settings, self.easel.tool
        self.size_box.set_number(settings.brush.size)
        self.hardness_box.set_number(settings.brush.hardness * 100)
        self.opacity_box.set_number(settings.brush.opacity * 100)
        self.tolerance_box.set_number(settings.tolerance)
        for box, on in ((self.contiguous, settings.contiguous), (self.snap, settings.snap)):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)
        for tools, widget in self._shown:
            widget.setVisible(tool in tools)
        self.hinted.emit(self.hint)

    @property
    def hint(self) -> str:
        """How the tool in the hand is used."""
        return next(e.hint for e in tool_entries() if e.id == self.easel.tool)


def _share(percent: float) -> float:
    return min(max(percent / 100, 0.0), 1.0)
