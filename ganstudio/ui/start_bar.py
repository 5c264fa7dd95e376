"""Where the picture starts: the seed, with a step either way and a throw of dice, and the truncation."""

from __future__ import annotations

import random

from PySide6.QtCore import QRegularExpression, Qt, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from ganstudio.document.latent import Latent
from ganstudio.ui.alpha_slider import AlphaSlider
from ganstudio.ui.model_facts import ModelFacts
from ganstudio.ui.text import tr
from ganstudio.ui.theme import set_icon

SEEDS = 2**32
"""Seeds run from 0 to one less than this."""


class StartBar(QWidget):
    """Seed and truncation of the look on screen."""

    seed_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seed = QLineEdit(self)
        self.psi = AlphaSlider(tr("Truncation"), 0.0, 1.5, 0.7, self)
        self._shown: int | None = None
        self.setProperty("role", "panel")
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,10}"), self.seed))
        self.seed.setAccessibleName(tr("Seed"))
        self.seed.setToolTip(tr("Each seed is another picture to start from"))
        self.seed.editingFinished.connect(self._commit)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 6, 6, 6)
        grid.setVerticalSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.seed, 1)
        for icon, tip, slot in (("previous", tr("Previous seed"), self.previous), ("next", tr("Next seed"), self.next),
                                ("dice", tr("Random seed"), self.throw)):
            button = QToolButton(self)
            set_icon(button, icon)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(slot)
            row.addWidget(button)
        for line, (text, content) in enumerate(((tr("Seed"), row), (tr("Truncation"), self.psi))):
            grid.addWidget(QLabel(text, self), line, 0)
            if isinstance(content, QWidget):
                grid.addWidget(content, line, 1)
            else:
                grid.addLayout(content, line, 1)
        self.psi.setToolTip(tr("1 is everything the model can draw; less is closer to its average picture"))
        grid.setColumnStretch(1, 1)

    def show_look(self, look: Latent) -> None:
        """Show a look's seed and truncation."""
        self.psi.set_number(look.psi)
        if not (self.seed.hasFocus() and self.seed.isModified()):
            if (seed := look.base.seed) == self._shown and self.seed.text():
                return
            self._shown = seed
            self.seed.setText("" if seed is None else str(seed))
            self.seed.setPlaceholderText(tr("mixed") if seed is None else "")

    def show_facts(self, facts: ModelFacts) -> None:
        """What a reset of the truncation returns to, and whether the model has one."""
        self.psi.set_rest(facts.psi)
        self.psi.setEnabled(facts.truncates)

    @Slot()
    def previous(self) -> None:
        """The seed before this one."""
        self._choose((self._shown or 0) - 1)

    @Slot()
    def next(self) -> None:
        """The seed after this one."""
        self._choose((-1 if self._shown is None else self._shown) + 1)

    @Slot()
    def throw(self) -> None:
        """Any seed; small ones are easier to remember."""
        self._choose(random.randrange(1_000_000))

    @Slot()
    def _commit(self) -> None:
        if self.seed.isModified() and self.seed.text():
            self.seed.setModified(False)
            self._choose(int(self.seed.text()))

    def _choose(self, seed: int) -> None:
        self.seed.setModified(False)
        if seed % SEEDS != self._shown:
            self.seed_chosen.emit(seed % SEEDS)
