"""All keys of the program in one list that can be searched, gathered from the window's own actions."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ganstudio.session.studio import Studio
from ganstudio.ui.text import tr

Line = tuple[str, str, str]
"""What it does, its keys, and where they work."""


class ShortcutSheet(QDialog):
    """Type to search; what the mouse does with keys held is in the list, too."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self.search = QLineEdit(self, placeholderText=tr("Search actions and keys"), clearButtonEnabled=True)
        self.list = QTreeWidget(self)
        self.setWindowTitle(tr("Keyboard Shortcuts"))
        self.list.setHeaderLabels([tr("Action"), tr("Keys"), tr("Where")])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(tr("Shortcuts"))
        for line in sorted({*_keys(window), *_hands()}, key=_order):
            item = QTreeWidgetItem(list(line))
            item.setSizeHint(0, QSize(0, 24))
            self.list.addTopLevelItem(item)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        column_ = QVBoxLayout(self)
        for widget in (self.search, self.list, buttons):
            column_.addWidget(widget)
        self.search.textChanged.connect(self._filter)
        self.resize(620, 560)
        self.search.setFocus()

    @property
    def shown(self) -> list[str]:
        """The actions that the search leaves."""
        items = [self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount())]
        return [item.text(0) for item in items if not item.isHidden()]

    @Slot(str)
    def _filter(self, text: str) -> None:
        """Keep the lines that hold every word."""
        words = text.lower().split()
        for i in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(i)
            line = " ".join(item.text(c) for c in range(3)).lower()
            item.setHidden(not all(word in line for word in words))


def _order(line: Line) -> tuple[bool, str, str]:
    """What works everywhere first, then part by part."""
    return line[2] != tr("Everywhere"), line[2], line[0]


def _keys(window: QWidget) -> Iterator[Line]:
    native = QKeySequence.SequenceFormat.NativeText
    for action in window.findChildren(QAction):
        keys = ", ".join(key.toString(native) for key in action.shortcuts() if not key.isEmpty())
        if keys and action.text():
            yield action.text().replace("&", "").rstrip("…"), keys, _place(action, window)


def _place(action: QAction, window: QWidget) -> str:
    """The part of the window that has to have the focus."""
    owner = action.parent()
    local = isinstance(owner, QWidget) and owner is not window and owner.accessibleName()
    return owner.accessibleName() if local and "Window" not in action.shortcutContext().name else tr("Everywhere")


def _hands() -> list[Line]:
    """What mouse and keys do together."""
    sliders, timeline, preview, canvas = tr("Sliders"), tr("Timeline"), tr("Preview"), tr("Canvas")
    return [
        (tr("Set back to rest"), tr("Double-click"), sliders),
        (tr("Move finely"), tr("Shift + drag"), sliders),
        (tr("Snap"), tr("Ctrl + drag"), sliders),
        (tr("Copy the dragged keys"), tr("Alt + drag, Ctrl + drag"), timeline),
        (tr("Zoom"), tr("Ctrl + wheel"), timeline),
        (tr("Add to the selection"), tr("Shift + click, Ctrl + click"), timeline),
        (tr("Take a drag back"), tr("Esc"), timeline),
        (tr("Zoom at the pointer"), tr("Wheel"), preview),
        (tr("Move the picture"), tr("Middle drag, Space + drag"), preview),
        (tr("Before the edits"), tr("Hold \\"), preview),
        (tr("Zoom at the pointer"), tr("Wheel"), canvas),
        (tr("Move the view"), tr("Middle drag, Space + drag"), canvas),
        (tr("Move the shape being drawn"), tr("Space while drawing"), canvas),
        (tr("Straight brush line from the last one"), tr("Shift + click"), canvas),
        (tr("Size of the brush"), tr("Shift + drag"), canvas),
        (tr("Take up a colour with the brush"), tr("Alt + drag"), canvas),
        (tr("Leave a copy behind"), tr("Alt + drag a layer"), canvas),
        (tr("Move along one axis"), tr("Shift + drag a layer"), canvas),
        (tr("Move without snapping"), tr("Ctrl + drag a layer"), canvas),
        (tr("Uncover with a cutting tool"), tr("Shift + drag"), canvas),
        (tr("Take away with a cutting tool"), tr("Alt + drag"), canvas),
        (tr("Play or stop"), tr("Space"), canvas),
        (tr("Apply a transform or close a polygon"), tr("Enter"), canvas),
        (tr("Take a drag back"), tr("Esc"), canvas),
    ]
