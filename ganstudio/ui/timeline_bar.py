"""The row above the timeline: transport, easing, loop, frame rate, and what the user should know about the keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from ganstudio.document.document import Document
from ganstudio.document.sequence import EASINGS, LOOPS, Easing, Loop
from ganstudio.session.studio import Studio
from ganstudio.ui.easing_curve import easing_icon
from ganstudio.ui.key_commands import KeyCommands
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour
from ganstudio.ui.time_axis import clock

FLASH = 2500
"""Milliseconds for which a new automatic key is named."""


def easing_name(easing: Easing) -> str:
    """What to call an easing on screen."""
    return {"hold": tr("Hold"), "linear": tr("Linear"), "ease": tr("Ease"), "ease-in": tr("Ease in"),
            "ease-out": tr("Ease out")}[easing]


def loop_name(loop: Loop) -> str:
    """What to call a way to repeat on screen."""
    return {"once": tr("Once"), "loop": tr("Loop"), "ping-pong": tr("Ping-pong")}[loop]


class TimelineBar(QWidget):
    """Shows the state of the sequence; every control changes the document through `KeyCommands`."""

    def __init__(self, studio: Studio, commands: KeyCommands, actions: dict[str, QAction],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._commands, self._actions = studio, commands, actions
        self.place = QLabel(self)
        self.easing, self.loop = QComboBox(self), QComboBox(self)
        self.fps = QDoubleSpinBox(self, minimum=1, maximum=120, decimals=2, keyboardTracking=False)
        self.hint, self.auto_key = QLabel(self), QToolButton(self, checkable=True)
        self.close_loop = QPushButton(tr("Close Loop"), self)
        self._flash = QTimer(self, singleShot=True, interval=FLASH)
        self._set_up()
        self._lay_out()
        self._connect()
        self.refresh()

    def _set_up(self) -> None:
        for easing in EASINGS:
            self.easing.addItem(easing_name(easing), easing)
        self.easing.setPlaceholderText(tr("Easing"))
        for loop in LOOPS:
            self.loop.addItem(loop_name(loop), loop)
        self.fps.setSuffix(tr(" fps"))
        self.fps.setMinimumWidth(86)
        for widget, name, tip in (
                (self.easing, tr("Easing"), tr("How the selected segments move from key to key")),
                (self.loop, tr("Loop"), tr("How the sequence repeats")),
                (self.fps, tr("Frame rate"), tr("Frames a second; keys stay at their seconds"))):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        self.close_loop.setToolTip(tr("Put the first look once more at the end, so that the loop shows no jump"))
        self.auto_key.setToolTip(tr("On: changing a keyed value away from a key makes a key at the playhead"))
        self.auto_key.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hint.setProperty("tone", "dim")
        metrics = self.place.fontMetrics()
        self.place.setMinimumWidth(metrics.horizontalAdvance("00:00.00 · frame 0000") + 8)
        self._draw_icons()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(4)
        for name in ("first", "previous", "play", "next", "last"):
            row.addWidget(self._button(name))
        row.addWidget(self.place)
        row.addWidget(self._button("key", text=True))
        for widget in (self.easing, self.loop, self.fps):
            row.addWidget(widget)
        row.addSpacing(6)
        row.addWidget(self.hint)
        row.addWidget(self.close_loop)
        row.addStretch(1)
        row.addWidget(self.auto_key)

    def _button(self, name: str, text: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._actions[name])
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if text:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _connect(self) -> None:
        self.easing.activated.connect(self._ease)
        self.loop.activated.connect(self._repeat)
        self.fps.valueChanged.connect(self._commands.rate)
        self.fps.editingFinished.connect(self._studio.session.end_gesture)
        self.close_loop.clicked.connect(self._commands.close_loop)
        self._flash.timeout.connect(self._show_auto_key)
        self.auto_key.clicked.connect(self._set_auto_key)
        self._studio.preferences.changed.connect(self._show_auto_key)
        self._studio.session.changed.connect(self._follow)
        self._studio.live.time_changed.connect(self._show_time)

    @Slot(int)
    def _ease(self, index: int) -> None:
        self._commands.ease(self._commands.segments(), self.easing.itemData(index))

    @Slot(int)
    def _repeat(self, index: int) -> None:
        self._commands.repeat(self.loop.itemData(index))

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        time = self._studio.live.time
        if before.sequence.tracks and _has(after.sequence.times, time) and not _has(before.sequence.times, time):
            self._flash.start()
        if before.sequence is not after.sequence:
            self.refresh()

    @Slot(float)
    def _show_time(self, time: float) -> None:
        fps = self._commands.looks.fps
        self.place.setText(tr("{time} · frame {frame}").format(time=clock(time), frame=round(time * fps)))
        self._show_easing()

    @Slot()
    def refresh(self) -> None:
        """Show the sequence and the selection as they are."""
        looks = self._commands.looks
        self.loop.setCurrentIndex(LOOPS.index(looks.loop))
        with QSignalBlocker(self.fps):
            self.fps.setValue(looks.fps)
        self._show_hint()
        self._show_time(self._studio.live.time)

    def _show_easing(self) -> None:
        looks = self._commands.looks
        found = {looks.easing_at(t) for t in self._commands.segments()} - {None}
        self.easing.setEnabled(bool(found))
        self.easing.setCurrentIndex(list(EASINGS).index(found.pop()) if len(found) == 1 else -1)

    def _show_hint(self) -> None:
        looks = self._commands.looks
        loops = looks.loop == "loop" and len(looks.times) > 0
        closed = looks.seamless and looks.duration > 0
        self.hint.setVisible(loops)
        self.hint.setText(tr("Seamless loop") if closed else tr("The loop jumps at its end"))
        self.close_loop.setVisible(loops and not closed)
        self._show_auto_key()

    @Slot()
    def _show_auto_key(self) -> None:
        """Red while it is on, as in other editors; names the key it made."""
        on = self._studio.preferences.value.auto_key
        made = tr("Keyed at {time}").format(time=clock(self._studio.live.time))
        self.auto_key.setChecked(on)
        self.auto_key.setText(("● " if on else "○ ") + (made if self._flash.isActive() else tr("Auto-Key")))
        self.auto_key.setStyleSheet(f"color: {colour('error').name()}" if on else "")

    @Slot(bool)
    def _set_auto_key(self, on: bool) -> None:
        preferences = self._studio.preferences
        preferences.change(replace(preferences.value, auto_key=on))

    def changeEvent(self, event: QEvent) -> None:
        """Another theme, other icons."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()
            self._show_auto_key()

    def _draw_icons(self) -> None:
        for i, easing in enumerate(EASINGS):
            self.easing.setItemIcon(i, easing_icon(easing))


def _has(times: Iterable[float], time: float) -> bool:
    return any(abs(t - time) < 1e-3 for t in times)
