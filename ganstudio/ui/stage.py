"""The middle of the window: banners, the preview, and a slim bar to look at it with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ganstudio.render.shot import Frame
from ganstudio.session.studio import Studio
from ganstudio.ui.banner import Banners
from ganstudio.ui.preview import Preview
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon


class Stage(QWidget):
    """Puts preview, banners and view buttons together."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banners = Banners(self)
        self.preview = Preview(studio, self)
        self.zoom_label, self.facts = QLabel(self), QLabel(self)
        self._lay_out()
        self.preview.zoom_changed.connect(self._show_zoom)
        studio.live.frame.connect(self._show_frame)

    def _lay_out(self) -> None:
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(2)
        self.facts.setProperty("tone", "dim")
        self.zoom_label.setProperty("tone", "dim")
        self.zoom_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom_label.setMinimumWidth(QFontMetrics(self.zoom_label.font()).horizontalAdvance("3200 %") + 8)
        row.addWidget(self.facts)
        row.addStretch(1)
        row.addWidget(self._before_button())
        row.addSpacing(10)
        row.addWidget(self._button("fit", tr("Fit (Ctrl+0)"), self.preview.fit))
        row.addWidget(self._button("actual", tr("100 % (Ctrl+1)"), self.preview.actual_size))
        row.addWidget(self.zoom_label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banners)
        column.addWidget(self.preview, 1)
        column.addWidget(bar)

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
        if self.preview.frame is not frame:
            return
        height, width = frame.pixels.shape[:2]
        text = tr("{width} × {height} px · {ms} ms").format(width=width, height=height, ms=round(frame.seconds * 1000))
        draft = tr("draft") if frame.shot.quality == "draft" else ""
        self.facts.setText(" · ".join(filter(None, (text, draft))))
        self._show_zoom(self.preview.scale)
