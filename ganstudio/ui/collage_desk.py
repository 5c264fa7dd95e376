"""The collage's part of the window's middle: tools, their options, the canvas, and how the drawn picture is shown.

It is hidden until a collage is begun, so that a window of sliders alone stays simple.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QMimeData, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QVBoxLayout, QWidget

from ganstudio.document.document import Document
from ganstudio.session.studio import Studio
from ganstudio.ui.actions import fill_menu
from ganstudio.ui.canvas_commands import (
    ADD_MENU,
    LAYER_MENU,
    layer_commands,
    place_commands,
    source_commands,
    tool_commands,
    view_commands,
)
from ganstudio.ui.canvas_keys import CanvasKeys
from ganstudio.ui.collage_canvas import CollageCanvas
from ganstudio.ui.collage_notes import collage_note
from ganstudio.ui.earlier_pictures import EarlierPictures
from ganstudio.ui.easel import Easel
from ganstudio.ui.hint import Hint
from ganstudio.ui.layer_clipboard import LayerClipboard
from ganstudio.ui.layer_commands import LayerCommands, PlaceCommands
from ganstudio.ui.layer_sources import LayerSources
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon
from ganstudio.ui.tool_column import ToolColumn
from ganstudio.ui.tool_options import ToolOptions

View = Literal["beside", "over"]
OVERLAY = 50
"""Per cent of the drawn picture over the canvas at first."""


class CollageDesk(QWidget):
    """Builds what belongs to the collage once and wires it."""

    view_changed = Signal()
    """The drawn picture is to be shown beside the canvas, or over it."""
    begun = Signal()
    """There are layers where there were none, or some were added: the desk should be seen."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.easel = Easel(studio, self)
        self.keys = CanvasKeys(self)
        self.setAccessibleName(tr("Canvas"))
        self.canvas = CollageCanvas(self.easel, self.keys, self)
        self.layers, self.places = LayerCommands(self.easel, self), PlaceCommands(self.easel, self)
        self.sources = LayerSources(self.easel, self)
        self.clipboard = LayerClipboard(self.easel, self.sources, self)
        for commands in (tool_commands(self.easel), view_commands(self.canvas, self.easel),
                         layer_commands(self.layers), place_commands(self.places),
                         source_commands(self.sources, self.clipboard, self)):
            self.keys.add(commands)
        self.view: View = "beside"
        self.options, self.tools = ToolOptions(self.easel, self), ToolColumn(self.easel, self)
        self.note, self.share = Hint(self), QSlider(Qt.Orientation.Horizontal, self)
        self.earlier, self.strip = EarlierPictures(studio, self), self._view_button("strip")
        self.beside, self.over = self._view_button("beside"), self._view_button("overlay")
        self._lay_out()
        self._connect()
        self._follow(studio.session.document, studio.session.document)

    def _view_button(self, icon: str) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, icon)
        button.setCheckable(True)
        tip = {"beside": tr("Picture beside the canvas"), "overlay": tr("Picture over the canvas"),
               "strip": tr("Earlier pictures, to take as layers")}[icon]
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        self.share.setRange(0, 100)
        self.share.setValue(OVERLAY)
        self.share.setFixedWidth(110)
        self.share.setToolTip(tr("How much of the drawn picture lies over the canvas"))
        self.share.setAccessibleName(tr("Picture over the canvas"))
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 3, 8, 3)
        foot.setSpacing(2)
        foot.addWidget(self.note, 1)
        for widget in (self.share, self.strip, self.beside, self.over):
            foot.addWidget(widget)
        middle, row = QVBoxLayout(), QHBoxLayout(self)
        middle.setSpacing(0)
        middle.addWidget(self.options)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.earlier)
        self.earlier.hide()
        middle.addLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tools)
        row.addLayout(middle, 1)
        self.setMinimumWidth(320)

    def _connect(self) -> None:
        self.beside.clicked.connect(lambda: self.show_view("beside"))
        self.over.clicked.connect(lambda: self.show_view("over"))
        self.share.valueChanged.connect(self._show_share)
        self.canvas.dropped.connect(self._drop)
        self.strip.toggled.connect(self.earlier.setVisible)
        self.earlier.taken.connect(self.sources.add_pixels)
        self.sources.added.connect(self.begun)
        self.studio.session.changed.connect(self._follow)
        self.studio.live.time_changed.connect(self._note)
        self.show_view("beside")

    def show_view(self, view: View) -> None:
        """The drawn picture beside the canvas, or over it."""
        self.view = view
        self.beside.setChecked(view == "beside")
        self.over.setChecked(view == "over")
        self.share.setVisible(view == "over")
        self._show_share()
        self.view_changed.emit()

    @Slot()
    def _show_share(self, *_value: object) -> None:
        self.canvas.set_overlay(self.share.value() / 100 if self.view == "over" else 0.0)

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        """A canvas that was put away stays away when layers only come back."""
        self._note()
        if after.collage and not before.collage and not self.studio.session.stepping:
            self.begun.emit()

    @Slot()
    def _note(self, *_time: object) -> None:
        self.note.setText(collage_note(self.easel.edits.collage, self.easel.frame))
        self.note.setToolTip(self.note.text())

    @Slot(object, object)
    def _drop(self, data: QMimeData, at: QPointF) -> None:
        self.sources.add_dropped(data, at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chosen layers, or added."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.keys.actions, LAYER_MENU if self.easel.edits.parts else ADD_MENU)
        menu.popup(event.globalPos())
