"""What the sheet of directions looks for: the finder, the layers it factorises and moves, how many it shows."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from ganstudio.api import FinderOptions
from ganstudio.ui.layers_field import LayersChoice
from ganstudio.ui.model_facts import ModelFacts
from ganstudio.ui.text import tr

STARRED = "starred"
"""In place of a finder: what the user starred before."""


class SheetOptions(QWidget):
    """The controls above the sheet; `changed` when the sheet must look again."""

    changed = Signal()
    refused = Signal(str)
    """One sentence: why these options find nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finder = QComboBox(self)
        self.layers = LayersChoice(tr("Layers to look at"), parent=self)
        self.apply_to = LayersChoice(tr("Layers to move"), optional=True, parent=self)
        self.count = QSpinBox(self)
        self.normalise = QCheckBox(tr("Normalise"), self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.setProperty("role", "panel")
        self.finder.setAccessibleName(tr("Finder"))
        self.count.setRange(1, 512)
        self.count.setValue(10)
        self.count.setKeyboardTracking(False)
        self.count.setAccessibleName(tr("Number of directions"))
        self.normalise.setChecked(True)
        self.normalise.setToolTip(tr("Every unit of the network counts the same, however large its weights are"))
        self.layers.setToolTip(tr("Layers whose weights are read: all, bottom, middle, top, 3, 2-5"))
        self.apply_to.setToolTip(tr("Layers that the found directions move"))
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 8, 8)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        for place, (text, field) in enumerate(((tr("Finder"), self.finder), (tr("Layers"), self.layers),
                                               (tr("Count"), self.count), (tr("Apply to"), self.apply_to))):
            grid.addWidget(QLabel(text, self), place // 2, place % 2 * 2)
            grid.addWidget(field, place // 2, place % 2 * 2 + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.normalise)
        foot.addStretch(1)
        grid.addLayout(foot, 2, 0, 1, 4)

    def _connect(self) -> None:
        self.finder.activated.connect(self._tell)
        self.layers.chosen.connect(self._tell)
        self.apply_to.chosen.connect(self._tell)
        self.count.valueChanged.connect(self._tell)
        self.normalise.toggled.connect(self._tell)

    @Slot()
    def _tell(self, _value: object = None) -> None:
        problem = self.layers.problem or self.apply_to.problem
        if problem and not self.starred:
            self.refused.emit(problem)
        else:
            self.changed.emit()

    def offer(self, finders: dict[str, str]) -> None:
        """The finders there are: names by id; what has a star is always there."""
        finders = {**finders, STARRED: tr("Starred")}
        if [self.finder.itemData(i) for i in range(self.finder.count())] == list(finders):
            return
        chosen = self.finder.currentData()
        self.finder.clear()
        for id_, name in finders.items():
            self.finder.addItem(name, id_)
        self.finder.setCurrentIndex(max(0, self.finder.findData(chosen)))

    def show_facts(self, facts: ModelFacts) -> None:
        """Which layers there are to choose from; with what has a star there is nothing to choose.

        In a model edited in z a direction cannot be kept to layers, but it can be found in some of them.
        """
        self.layers.set_count(facts.layers if facts.space == "w" or facts.layers > 1 else 0)
        self.apply_to.set_count(facts.layers if facts.space == "w" else 0)
        if self.starred:
            self.layers.setEnabled(False)
            self.apply_to.setEnabled(False)
        for field in (self.count, self.normalise):
            field.setEnabled(not self.starred)

    @property
    def finder_id(self) -> str:
        """The finder chosen, `STARRED`, or empty before any were offered."""
        return self.finder.currentData() or ""

    @property
    def starred(self) -> bool:
        """Whether to show what has a star, in place of looking for directions."""
        return self.finder_id == STARRED

    def options(self) -> FinderOptions:
        """The choice as finders take it; ValueError in one sentence when it does not fit the model."""
        return FinderOptions(self.layers.layers or (), self.apply_to.layers, self.count.value(),
                             self.normalise.isChecked())
