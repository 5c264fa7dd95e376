"""The middle of the window: banners, the canvas when there is a collage, the preview, and a slim bar below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from ganstudio.render.shot import Frame
from ganstudio.session.studio import Studio
from ganstudio.ui.banner import Banners
from ganstudio.ui.collage_desk import CollageDesk
from ganstudio.ui.hint import Hint
from ganstudio.ui.preview import Preview
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon

SHARES = 56, 44
"""Per cent of the width that canvas and picture have at first."""


class Stage(QWidget):
    """Puts canvas, preview, banners and view buttons together."""

    collage_shown = Signal(bool)
    """The canvas came or went."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banners = Banners(self)
        self.preview, self.desk = Preview(studio, self), CollageDesk(studio, self)
        self.split, self.look = QSplitter(Qt.Orientation.Horizontal, self), QWidget(self)
        self.zoom_label, self.facts = QLabel(self), Hint(self)
        self.collage_button = self._button("collage", tr("Compose layers on a canvas (Ctrl+L)"))
        self._lay_out()
        self.desk.hide()
        self.desk.begun.connect(lambda: self.show_collage(True))
        self.desk.view_changed.connect(self._arrange)
        self.collage_button.clicked.connect(self.show_collage)
        self.preview.zoom_changed.connect(self._show_zoom)
        studio.live.frame.connect(self._show_frame)

    def _lay_out(self) -> None:
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(2)
        self.zoom_label.setProperty("tone", "dim")
        self.zoom_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom_label.setMinimumWidth(QFontMetrics(self.zoom_label.font()).horizontalAdvance("3200 %") + 8)
        self.collage_button.setCheckable(True)
        self.collage_button.setText(tr("Collage"))
        self.collage_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row.addWidget(self.collage_button)
        row.addSpacing(6)
        row.addWidget(self.facts, 1)
        row.addWidget(self.look)
        self._lay_out_look()
        self.split.addWidget(self.desk)
        self.split.addWidget(self.preview)
        self.split.setChildrenCollapsible(False)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banners)
        column.addWidget(self.split, 1)
        column.addWidget(bar)

    def _lay_out_look(self) -> None:
        """What belongs to the preview."""
        row = QHBoxLayout(self.look)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._before_button())
        row.addSpacing(10)
        row.addWidget(self._button("fit", tr("Fit (Ctrl+0)"), self.preview.fit))
        row.addWidget(self._button("actual", tr("100 % (Ctrl+1)"), self.preview.actual_size))
        row.addWidget(self.zoom_label)

    @Slot(bool)
    def show_collage(self, on: bool) -> None:
        """Bring the canvas, or put it away; its layers stay in the document."""
        if on != self.desk.isVisibleTo(self):
            self.desk.setVisible(on)
            self._arrange()
            if on:
                self.split.setSizes([SHARES[0] * self.width() // 100, SHARES[1] * self.width() // 100])
            self.collage_shown.emit(on)
        self.collage_button.setChecked(on)

    @Slot()
    def _arrange(self) -> None:
        """The preview is there unless its picture lies over the canvas."""
        alone = self.desk.isVisibleTo(self) and self.desk.view == "over"
        self.preview.setVisible(not alone)
        self.look.setVisible(not alone)

    def _button(self, name: str, tip: str, slot: object = None) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, name)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if slot is not None:
            button.clicked.connect(slot)
        return button

    def _before_button(self) -> QToolButton:
        button = self._button("before", tr("Hold for the picture before all edits (\\)"))
        button.setText(tr("Before"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.pressed.connect(lambda: self.preview.hold_before(True))
        button.released.connect(lambda: self.preview.hold_before(False))
        return button

    @Slot(float)
    def _show_zoom(self, scale: float) -> None:
        shown = self.preview.frame is not None
        self.zoom_label.setText(tr("{percent} %").format(percent=round(scale * 100)) if shown else "")

    @Slot(object)
    def _show_frame(self, frame: Frame) -> None:
        """Size and time of the picture on screen."""
        if self.preview.before.is_mine(frame.shot):
            return
        height, width = frame.pixels.shape[:2]
        text = tr("{width} × {height} px · {ms} ms").format(width=width, height=height, ms=round(frame.seconds * 1000))
        draft = tr("draft") if frame.shot.quality == "draft" else ""
        self.facts.setText(" · ".join(filter(None, (text, draft, *map(tr, frame.notes)))))
        self.facts.setToolTip("\n".join(map(tr, frame.notes)))
        self._show_zoom(self.preview.scale)
