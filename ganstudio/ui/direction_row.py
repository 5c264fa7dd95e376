"""One direction in the panel: star, name, share of the variance, layers, and its slider."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from ganstudio.document.latent import Direction
from ganstudio.ui.alpha_groove import Curve
from ganstudio.ui.alpha_slider import AlphaSlider
from ganstudio.ui.layers_field import LayersField
from ganstudio.ui.name_field import NameField
from ganstudio.ui.reach import facts_text, facts_tip
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon


def step_curve(direction: Direction) -> Curve:
    """How much the picture changes from step to step along a measured direction, the largest step at 1."""
    if (response := direction.response) is None:
        return ()
    pairs = [*pairwise(response.alphas)]
    speeds = [change / (b - a) for change, (a, b) in zip(response.changes, pairs, strict=True)]
    largest = max(speeds) or 1.0
    line = [((a + b) / 2, speed / largest) for speed, (a, b) in zip(speeds, pairs, strict=True)]
    return ((response.alphas[0], line[0][1]), *line, (response.alphas[-1], line[-1][1]))


class DirectionRow(QFrame):
    """Shows what it is told to and reports what the user wants; it changes nothing itself."""

    renamed = Signal(str)
    starred = Signal(bool)
    layers_chosen = Signal(object)
    key_asked = Signal()
    measure_asked = Signal()
    remove_asked = Signal()

    def __init__(self, direction: Direction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.direction_id = direction.id
        self.setProperty("role", "row")
        self.star = self._button("star", tr("Star"), checked="star-on")
        self.key = self._button("key-on", tr("Keyed: the sequence moves this slider"))
        set_icon(self.key, "key-on", tint="key")
        self.more = self._button("more", tr("More"))
        self.name = NameField(self)
        self.share = QLabel(self)
        self.layers = LayersField(self)
        self.slider = AlphaSlider(direction.name, *direction.reach, parent=self)
        self.problem = QLabel(self)
        self._lay_out()
        self._connect()
        self._add_actions()

    def _button(self, icon: str, tip: str, checked: str | None = None) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, icon, checked)
        button.setCheckable(checked is not None)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        for widget in (self.star, self.name, self.key, self.share, self.layers, self.more):
            head.addWidget(widget, 1 if widget is self.name else 0)
        self.layers.setFixedWidth(QFontMetrics(self.layers.font()).horizontalAdvance("10-15") + 24)
        self.share.setProperty("tone", "dim")
        self.problem.setProperty("tone", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(6, 3, 6, 3)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(self.slider)
        rows.addWidget(self.problem)

    def _connect(self) -> None:
        self.star.toggled.connect(self.starred)
        self.key.clicked.connect(self.key_asked)
        self.name.renamed.connect(self.renamed)
        self.name.double_clicked.connect(self.slider.reset)
        self.layers.entered.connect(self.layers_chosen)
        self.layers.refused.connect(self._complain)

    def _add_actions(self) -> None:
        """The menu: what the slider offers, then what the row adds."""
        self.addActions(self.slider.actions())
        self._add(tr("Rename"), self.name.edit, "F2")
        self._add(tr("Insert Key"), self.key_asked.emit)
        self.choose_layers = self._add(tr("Choose Layers"), self._edit_layers)
        self._add(tr("Measure Reach"), self.measure_asked.emit)
        self._add(tr("Star"), self.star.toggle)
        self._add(tr("Remove"), self.remove_asked.emit)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        menu = QMenu(self.more)
        menu.addActions(self.actions())
        self.more.setMenu(menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _add(self, text: str, slot: Callable[[], object], shortcut: str = "") -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda: slot())
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(action)
        return action

    @Slot()
    def _edit_layers(self) -> None:
        self.layers.setFocus(Qt.FocusReason.OtherFocusReason)
        self.layers.selectAll()

    @Slot(str)
    def _complain(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`I` over a slider inserts a key, as in Blender."""
        if event.key() == Qt.Key.Key_I and not event.modifiers():
            self.key_asked.emit()
        else:
            super().keyPressEvent(event)

    # what it shows

    def show_direction(self, direction: Direction, layer_count: int) -> None:
        """Range, layers (where it has any to choose from: in z there are none), and what is known of its direction."""
        groove = self.slider.groove
        if (groove.low, groove.high) != direction.reach:
            self.slider.set_range(*direction.reach)
        self.layers.show_layers(direction.layers, layer_count)
        for part in (self.layers, self.choose_layers):
            part.setVisible(bool(direction.layers))
        self.share.setText(facts_text(direction))
        self.share.setToolTip(facts_tip(direction))
        groove.set_curve(step_curve(direction))
        groove.setAccessibleDescription(facts_tip(direction) if direction.response else "")

    def show_name(self, name: str, starred: bool) -> None:
        """What the user calls it, and whether it is starred."""
        self.name.show_name(name)
        self.name.setToolTip(tr("{name}: double click resets, F2 renames").format(name=name))
        self.slider.set_name(name)
        self.star.blockSignals(True)
        self.star.setChecked(starred)
        self.star.blockSignals(False)

    def show_value(self, alpha: float, keyed: bool) -> None:
        """Where its slider stands, and whether keys move it."""
        self.slider.set_number(alpha)
        if self.key.isVisibleTo(self) != keyed:
            self.key.setVisible(keyed)
