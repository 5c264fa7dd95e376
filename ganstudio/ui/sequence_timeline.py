"""The timeline: the looks of the sequence as keys on a ruler, with play, easing, loop and frame rate."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QScrollBar, QVBoxLayout, QWidget

from ganstudio.document.document import Document
from ganstudio.document.sequence import EASINGS, Easing
from ganstudio.session.studio import Studio
from ganstudio.ui.easing_curve import easing_icon
from ganstudio.ui.key_commands import KeyCommands
from ganstudio.ui.playback import Playback
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon
from ganstudio.ui.time_axis import MARGIN
from ganstudio.ui.timeline_bar import TimelineBar, easing_name
from ganstudio.ui.timeline_strip import TimelineStrip

Context = Qt.ShortcutContext


class SequenceTimeline(QWidget):
    """Puts bar, strip and scroll bar together. `play` may be added to other widgets that should obey Space."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = TimelineStrip(studio, self)
        self.commands = KeyCommands(studio, self.strip)
        self.playback = Playback(studio.session, studio.live, self)
        self._transport = self._make_transport()
        self.play = self._transport["play"]
        self._make_editing()
        self.bar = TimelineBar(studio, self.commands, self._transport, self)
        self._scroll = QScrollBar(Qt.Orientation.Horizontal, self)
        self._lay_out()
        self._connect(studio)
        self.setAccessibleName(tr("Timeline"))

    def _make_transport(self) -> dict[str, QAction]:
        do = self.commands
        self.add_key = self._action(tr("Add Key"), do.add_key, "K", context=Context.WindowShortcut)
        QShortcut(QKeySequence("I"), self, do.add_key, context=Context.WidgetWithChildrenShortcut)
        actions = {
            "first": self._action(tr("Go to Start"), do.to_start, "Home"),
            "previous": self._action(tr("Previous Key"), do.to_previous, "PgUp", "J"),
            "play": self._action(tr("Play"), self.playback.toggle, "Space"),
            "next": self._action(tr("Next Key"), do.to_next, "PgDown", "L"),
            "last": self._action(tr("Go to End"), do.to_end, "End"),
            "key": self.add_key,
        }
        for name, action in actions.items():
            set_icon(action, name)
        return actions

    def _make_editing(self) -> None:
        do = self.commands
        self._editing = [
            self._action(tr("Copy Keys"), do.copy, "Ctrl+C"),
            self._action(tr("Paste Keys"), do.paste, "Ctrl+V"),
            self._action(tr("Delete Keys"), do.remove, "Del", "Backspace"),
            self._action(tr("Select All Keys"), do.select_all, "Ctrl+A"),
            self._action(tr("Close Loop"), do.close_loop),
        ]
        self._action(tr("Previous Frame"), do.step_back, "Left")
        self._action(tr("Next Frame"), do.step_on, "Right")
        self._action(tr("Show Whole Sequence"), self.fit, "Shift+Z")

    def _action(self, text: str, run: Callable[[], None], *keys: str,
                context: Qt.ShortcutContext = Context.WidgetWithChildrenShortcut) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(k) for k in keys])
        action.setShortcutContext(context)
        action.triggered.connect(run)
        self.addAction(action)
        return action

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.strip, 1)
        column.addWidget(self._scroll)
        self.setFocusProxy(self.strip)

    def _connect(self, studio: Studio) -> None:
        self.strip.selection_changed.connect(self.bar.refresh)
        self.strip.axis_changed.connect(self._set_scroll_bar)
        self.strip.menu_wanted.connect(self._show_menu)
        self.strip.scrubbed.connect(self.playback.pause)
        self._scroll.valueChanged.connect(self._scrolled)
        self.playback.changed.connect(self._show_playing)
        studio.session.changed.connect(self._follow)
        self._follow(studio.session.document, studio.session.document)

    @Slot()
    def fit(self) -> None:
        """Show the whole sequence."""
        self.strip.set_axis(self.strip.axis.fitted(self.commands.looks.duration, self.strip.width()))

    @Slot(bool)
    def _show_playing(self, playing: bool) -> None:
        self.play.setText(tr("Pause") if playing else tr("Play"))
        set_icon(self.play, "pause" if playing else "play")

    @Slot()
    def _set_scroll_bar(self) -> None:
        axis, width = self.strip.axis, self.strip.width()
        end = max(self.commands.looks.duration * axis.scale + 2 * MARGIN, axis.scroll + width)
        self._scroll.blockSignals(True)
        self._scroll.setRange(0, round(end - width))
        self._scroll.setPageStep(width)
        self._scroll.setSingleStep(40)
        self._scroll.setValue(round(axis.scroll))
        self._scroll.blockSignals(False)

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        self.setEnabled(bool(after.model.id))
        self._set_scroll_bar()

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self.strip.set_axis(self.strip.axis.scrolled(value))

    @Slot(object, object)
    def _show_menu(self, segment: float | None, place: QPoint) -> None:
        menu = self.menu(segment)
        menu.exec(place)
        menu.deleteLater()

    def menu(self, segment: float | None) -> QMenu:
        """What a right click offers: easings for the segment, and the commands on keys."""
        menu = QMenu(self)
        menu.addAction(self.add_key)
        if segment is not None:
            menu.addSection(tr("Easing"))
            for easing in EASINGS:
                menu.addAction(self._easing_action(menu, segment, easing))
        menu.addSeparator()
        menu.addActions(self._editing)
        return menu

    def _easing_action(self, menu: QMenu, segment: float, easing: Easing) -> QAction:
        times = self.strip.selection if segment in self.strip.selection else (segment,)
        action = QAction(easing_icon(easing), easing_name(easing), menu)
        font = action.font()
        font.setBold(self.commands.looks.easing_at(segment) == easing)
        action.setFont(font)
        action.triggered.connect(lambda: self.commands.ease(times, easing))
        return action
