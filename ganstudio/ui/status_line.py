"""The line at the foot of the window: how the tool in the hand is used, what draws, and the work under way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from ganstudio.session.jobs import Task
from ganstudio.session.studio import Studio
from ganstudio.ui.hint import Hint
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon

PATIENCE = 300
"""Milliseconds a job may take before it is worth a mention."""


class StatusLine(QStatusBar):
    """Follows the newest job that has a name."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._task: Task | None = None
        self.work, self.device, self.hint = QLabel(self), QLabel(self), Hint(self)
        self.bar, self.cancel = QProgressBar(self), QToolButton(self)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._reveal)
        self._lay_out()
        studio.jobs.started.connect(self._follow)
        studio.live.frame.connect(self._show_device)
        self._show_device()

    def _lay_out(self) -> None:
        self.setSizeGripEnabled(False)
        self.bar.setFixedWidth(150)
        self.bar.setTextVisible(False)
        set_icon(self.cancel, "close")
        self.cancel.setToolTip(tr("Cancel"))
        self.cancel.setAccessibleName(tr("Cancel the work under way"))
        self.cancel.clicked.connect(self._stop)
        for widget in (self.work, self.bar, self.cancel):
            self.addWidget(widget)
            widget.hide()
        self.hint.setContentsMargins(8, 0, 8, 0)
        self.addWidget(self.hint, 1)
        self.addPermanentWidget(self.device)

    @Slot(str)
    def show_hint(self, text: str) -> None:
        """How something is used; an empty text for nothing."""
        self.hint.setText(text)
        self.hint.setToolTip(text)

    @Slot()
    def _show_device(self, _frame: object = None) -> None:
        renderer = self._studio.renderer
        text = " · ".join(filter(None, (renderer.device_name, renderer.mode_text)))
        if text != self.device.text():
            self.device.setText(text)

    @Slot(object)
    def _follow(self, task: Task) -> None:
        """Jobs without a name (thumbnails) are not the user's business."""
        if not task.label:
            return
        self._task = task
        task.stepped.connect(self._step)
        task.ended.connect(self._end)
        self.work.setText(task.label)
        self.bar.setRange(0, 0)
        self._patience.start()

    @Slot()
    def _reveal(self) -> None:
        self._show(self._task is not None)

    @Slot(object)
    def _step(self, progress: Any) -> None:
        if self.sender() is not self._task or not getattr(progress, "total", 0):
            return
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        self.work.setText(f"{self._task.label} – {progress.done}/{progress.total}")

    @Slot(str)
    def _end(self, _outcome: str) -> None:
        if self.sender() is self._task:
            self._task = None
            self._patience.stop()
            self._show(False)

    def _show(self, on: bool) -> None:
        for widget in (self.work, self.bar, self.cancel):
            widget.setVisible(on)

    @Slot()
    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
