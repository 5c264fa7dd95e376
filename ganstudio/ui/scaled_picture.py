"""A picture from a file, shown as large as there is room for, in its own proportions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget


class ScaledPicture(QWidget):
    """Shows `empty` until there is one."""

    def __init__(self, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty, self._pixmap = empty, QPixmap()
        self._stamp: tuple[Path, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    @property
    def pixmap(self) -> QPixmap:
        """What is shown."""
        return self._pixmap

    def show_file(self, path: Path) -> None:
        """Show a file's picture, unless that very one is shown already; a file that is not there changes nothing."""
        try:
            stamp = path, path.stat().st_mtime_ns
        except OSError:
            return
        if stamp != self._stamp:
            pixmap = QPixmap(str(path))
            if not pixmap.isNull():
                self._stamp, self._pixmap = stamp, pixmap
                self.update()

    def sizeHint(self) -> QSize:
        """Room for a grid of samples."""
        return QSize(480, 360)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in the middle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        if self._pixmap.isNull():
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = QSizeF(self._pixmap.size()).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2, size.width(),
                       size.height())
        painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
