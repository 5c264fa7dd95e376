"""One model in the library: its picture, what it is, what its terms are, and what can be done with it."""

from __future__ import annotations

from textwrap import shorten

from PySide6.QtCore import QPoint, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganstudio.checkpoints.library import ModelEntry
from ganstudio.ui.amounts import size
from ganstudio.ui.hint import Hint
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

PICTURE = 52
TERMS = 60
"""Letters of the terms that stand on a card; all of them are in its tip and its details."""
FAMILIES = {"stylegan": "StyleGAN", "stylegan2": "StyleGAN2", "stylegan3": "StyleGAN3", "progan": "ProGAN",
            "dcgan": "DCGAN", "mobilestylegan": "MobileStyleGAN", "biggan": "BigGAN", "biggan_deep": "BigGAN-deep"}


class ModelCard(QFrame):
    """A click opens the model; one that is not there yet has a button to get it, after its terms."""

    chosen = Signal(str)
    wanted = Signal(str)
    """The user agreed to the terms: fetch it."""
    cancelled = Signal(str)
    menu_asked = Signal(str, QPoint)
    """(id, where on the screen): the user wants to see what can be done with it."""

    def __init__(self, entry: ModelEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.problem = "" if entry.available or _fetchable(entry) else entry.problem
        self._current = False
        self.picture, self.name, self.facts = QLabel(self), QLabel(entry.name, self), QLabel(_facts(entry), self)
        self.file = Hint(self)
        self.terms = QLabel(shorten(entry.terms, TERMS, placeholder="…"), self)
        self.note = QLabel(self)
        self.progress = QProgressBar(self, textVisible=False)
        self.get, self.agree = QPushButton(tr("Get…"), self), QPushButton(tr("Agree and Get"), self)
        self.cancel = QPushButton(tr("Cancel"), self)
        self._lay_out()
        self._connect()
        self.show_step("idle")
        self.show_problem(self.problem)

    def _lay_out(self) -> None:
        self.setProperty("role", "row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.entry.name)
        self.setToolTip(_tip(self.entry))
        self.name.setProperty("tone", "heading")
        for label in (self.facts, self.terms, self.note):
            label.setProperty("tone", "dim")
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        for label in (self.name, self.facts, self.terms, self.note):
            label.setWordWrap(True)
            label.setSizePolicy(policy)
        self.picture.setFixedSize(PICTURE, PICTURE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        texts, top, buttons, column = QVBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        texts.setSpacing(2)
        top.setSpacing(10)
        column.setContentsMargins(8, 6, 6, 6)
        column.setSpacing(4)
        for label in (self.name, self.facts, self.file, self.terms):
            texts.addWidget(label)
        texts.addStretch(1)
        top.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(texts, 1)
        buttons.addStretch(1)
        for button in (self.cancel, self.agree, self.get):
            button.setAutoDefault(True)
            buttons.addWidget(button)
        column.addLayout(top)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        self.terms.setVisible(bool(self.entry.terms))
        self.file.hide()

    def _connect(self) -> None:
        self.get.clicked.connect(self._ask)
        self.agree.clicked.connect(self._agree)
        self.cancel.clicked.connect(self._cancel)

    def show_picture(self, picture: QPixmap | None) -> None:
        """The model's picture, or its initial while there is none."""
        if picture is not None:
            scaled = picture.scaled(2 * PICTURE, 2 * PICTURE, Qt.AspectRatioMode.KeepAspectRatio,
                                    Qt.TransformationMode.SmoothTransformation)
            scaled.setDevicePixelRatio(2)
            self.picture.setPixmap(scaled)
        else:
            self.picture.setText("⚠" if self.problem else self.entry.name[:1])
            self.picture.setStyleSheet(f"background: {colour('raised').name()}; font-size: 22px;")

    def show_file(self, text: str) -> None:
        """Tell it from another model of the same name by its file; an empty text where the name says enough."""
        self.file.setText(text)
        self.file.setVisible(bool(text))

    def show_current(self, current: bool) -> None:
        """Mark the model that is open."""
        self._current = current
        self.update()

    def show_problem(self, problem: str) -> None:
        """Say why the model cannot be used; nothing else about it counts then."""
        self.problem = problem
        if problem:
            self._say(problem, error=True)

    def show_step(self, step: str, text: str = "", fraction: float = -1.0) -> None:
        """Getting it: `idle`, `asking` (the terms), `fetching`, or `failed` (then it can be tried again)."""
        offered = _fetchable(self.entry)
        self.get.setVisible(offered and step in ("idle", "failed"))
        self.get.setText(tr("Try Again") if step == "failed" else tr("Get…"))
        self.agree.setVisible(step == "asking")
        self.cancel.setVisible(step in ("asking", "fetching"))
        self.progress.setVisible(step == "fetching")
        self.progress.setRange(0, 0 if fraction < 0 else 100)
        self.progress.setValue(round(100 * max(0.0, fraction)))
        self._say(text, error=step == "failed")

    def _say(self, text: str, error: bool = False) -> None:
        self.note.setProperty("tone", "error" if error else "text")
        self.note.style().polish(self.note)
        self.note.setText(text)
        self.note.setVisible(bool(text))

    @Slot()
    def _ask(self) -> None:
        self.show_step("asking", tr("Research and non-commercial use only. It is downloaded from the Python Package "
                                    "Index into your data folder."))
        self.agree.setFocus()

    @Slot()
    def _agree(self) -> None:
        self.show_step("fetching", tr("Starting…"))
        self.wanted.emit(self.entry.id)

    @Slot()
    def _cancel(self) -> None:
        self.show_step("idle")
        self.cancelled.emit(self.entry.id)

    # What Qt calls

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens it, or asks to get it; arrows go to its neighbours."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask() if self.get.isVisible() else self._choose()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        if self.entry.available and not self.problem:
            self.chosen.emit(self.entry.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The right button, or the menu key."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_asked.emit(self.entry.id, self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame around the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The frame around the focus."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar for the open model, a frame for the focus."""
        super().paintEvent(event)
        painter = QPainter(self)
        if self._current:
            painter.fillRect(0, 0, 3, self.height(), colour("star"))
        if self.hasFocus():
            painter.setPen(QPen(colour("bright"), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


def _fetchable(entry: ModelEntry) -> bool:
    return not entry.available and entry.path is None


def _facts(entry: ModelEntry) -> str:
    """Side and family in one line; the file's name where the file says nothing of itself."""
    if not entry.family:
        return entry.path.name if entry.path else ""
    return " · ".join((tr("{side} px").format(side=entry.resolution), FAMILIES.get(entry.family, entry.family)))


def summary(entry: ModelEntry) -> str:
    """Classes and parameters in one line; empty where the file does not tell."""
    classes = tr("{count} classes").format(count=entry.classes) if entry.classes else ""
    parameters = tr("{count} million parameters").format(count=f"{entry.parameters / 1e6:.1f}")
    return " · ".join(filter(None, (classes, parameters))) if entry.parameters else ""


def _tip(entry: ModelEntry) -> str:
    """Where the file is and how large, and the terms in full."""
    lines = [summary(entry), f"{entry.path} ({size(entry.size)})" if entry.size else str(entry.path or ""), entry.terms]
    return "\n".join(line for line in lines if line)
