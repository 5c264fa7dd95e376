"""Pictures seen before: a strip below the canvas from which any can be taken as a layer. View state, kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from ganstudio.document.document import Document
from ganstudio.render.shot import Frame, Pixels
from ganstudio.session.studio import Studio
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.text import tr

SIDE = 56
MOST = 48
MEMORY = 96 * 2**20
"""Side of a picture in the strip, and the most pictures and bytes that are kept."""
REST = 600
"""Milliseconds that a picture must have been on screen to be one that was seen."""


class EarlierPictures(QListWidget):
    """The newest first; a double click, Enter or the menu takes one as a layer."""

    taken = Signal(object, str)
    """Pixels of a picture, and what to call it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._kept: OrderedDict[str, tuple[Pixels, QListWidgetItem]] = OrderedDict()
        self._newest: Frame | None = None
        self._count = 0
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.keep_newest)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setSpacing(2)
        self.setFixedHeight(SIDE + 26)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Earlier pictures"))
        self.itemActivated.connect(self._take)
        studio.live.frame.connect(self._note)
        studio.session.changed.connect(self._follow)

    @Slot(object)
    def _note(self, frame: Frame) -> None:
        """A picture that stays on screen for a while is kept."""
        if frame.shot.quality != "draft" and frame.shot.side is None:
            self._newest = frame
            self._rest.start()

    @Slot(object, object)
    def _follow(self, before: Document, after: Document) -> None:
        """Pictures of another model are of no use here."""
        if before.model != after.model:
            self._kept.clear()
            self.clear()
            self._newest = None

    @Slot()
    def keep_newest(self) -> None:
        """Keep the picture on screen, unless it is there already or a hand still changes it."""
        if self._newest is None or self._studio.session.gesture is not None:
            return
        pixels = self._newest.pixels
        key = sha256(pixels.tobytes()).hexdigest()
        if key not in self._kept:
            self._count += 1
            self._kept[key] = pixels, self._item(pixels)
            self._forget()

    def _item(self, pixels: Pixels) -> QListWidgetItem:
        picture = QPixmap.fromImage(to_image(pixels)).scaled(
            SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        item = QListWidgetItem(QIcon(picture), "")
        name = tr("Picture {number}").format(number=self._count)
        item.setToolTip(tr("{name}: double click makes it a layer").format(name=name))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, name)
        self.insertItem(0, item)
        return item

    def _forget(self) -> None:
        """The oldest go when there are too many."""
        while len(self._kept) > MOST or sum(p.nbytes for p, _ in self._kept.values()) > max(MEMORY, 1):
            _, (_, item) = self._kept.popitem(last=False)
            self.takeItem(self.row(item))

    @Slot(QListWidgetItem)
    def _take(self, item: QListWidgetItem) -> None:
        pixels = next((pixels for pixels, kept in self._kept.values() if kept is item), None)
        if pixels is not None:
            self.taken.emit(pixels, str(item.data(Qt.ItemDataRole.AccessibleTextRole)))
