"""A photo on which eyes and mouth are marked by hand; the square that the model will be shown is drawn along."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganstudio.render.crop import Point, Square, face_square, middle_square
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour

FIRST = ((0.4, 0.42), (0.6, 0.42), (0.5, 0.64))
"""Where the marks lie at first, as shares of the photo: left eye, right eye, mouth."""
REACH, RADIUS = 14.0, 6.0
"""Pixels of the screen within which a mark is taken hold of, and of its ring."""
NUDGES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class FaceMarks(QWidget):
    """Marks are dragged; 1, 2 and 3 choose one for the arrow keys. Without `face`, the middle square counts."""

    changed = Signal()
    """The square is another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo = QImage()
        self.marks: list[Point] = []
        self.face = False
        self._held = -1
        self.setMinimumSize(240, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Photo with marks on eyes and mouth"))

    def sizeHint(self) -> QSize:
        """Large enough to find eyes."""
        return QSize(380, 380)

    def show_photo(self, photo: QImage) -> None:
        """Another photo, the marks where faces often are."""
        self._photo, self._held = photo, -1
        self.marks = [(x * photo.width(), y * photo.height()) for x, y in FIRST]
        self._tell()

    def set_face(self, on: bool) -> None:
        """Whether marks count."""
        self.face = on
        self._tell()

    @property
    def square(self) -> Square:
        """What the model will be shown; ValueError in one sentence when the marks make no face."""
        if self.face:
            return face_square(*self.marks)
        return middle_square(self._photo.width(), self._photo.height())

    def move_mark(self, number: int, to: Point) -> None:
        """Put a mark somewhere on the photo (0 left eye, 1 right eye, 2 mouth)."""
        self.marks[number] = (min(max(to[0], 0.0), float(self._photo.width())),
                              min(max(to[1], 0.0), float(self._photo.height())))
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    # where things lie

    @property
    def place(self) -> QRectF:
        """Where the photo lies in the widget."""
        size = QSizeF(self._photo.size()).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2), size)

    def on_screen(self, at: Point) -> QPointF:
        """Where a point of the photo lies in the widget."""
        place, scale = self.place, self.place.width() / max(self._photo.width(), 1)
        return QPointF(place.left() + at[0] * scale, place.top() + at[1] * scale)

    def on_photo(self, at: QPointF) -> Point:
        """Which point of the photo lies there."""
        place, scale = self.place, max(self.place.width(), 1e-6) / max(self._photo.width(), 1)
        return (at.x() - place.left()) / scale, (at.y() - place.top()) / scale

    # hand and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearest mark."""
        away = [(self.on_screen(mark) - event.position()).manhattanLength() for mark in self.marks]
        near = min(range(len(away)), key=away.__getitem__, default=-1)
        self._held = near if self.face and near >= 0 and away[near] <= 2 * REACH else -1
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The mark follows."""
        if self._held >= 0 and event.buttons() & Qt.MouseButton.LeftButton:
            self.move_mark(self._held, self.on_photo(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1, 2 and 3 choose a mark, arrows move it."""
        if self.face and event.text() in ("1", "2", "3") and self.marks:
            self._held = int(event.text()) - 1
            self.update()
        elif self.face and self._held >= 0 and event.key() in NUDGES:
            (x, y), (dx, dy) = self.marks[self._held], NUDGES[Qt.Key(event.key())]
            self.move_mark(self._held, (x + dx, y + dy))
        else:
            super().keyPressEvent(event)

    # the picture of it

    def paintEvent(self, event: QPaintEvent) -> None:
        """The photo, the square, the marks."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), colour("field"))
        if self._photo.isNull():
            painter.setPen(colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Drop a photo here, or choose one."))
            return
        painter.drawImage(self.place, self._photo)
        self._paint_square(painter)
        if self.face:
            for number, mark in enumerate(self.marks):
                self._paint_mark(painter, number, self.on_screen(mark))

    def _paint_square(self, painter: QPainter) -> None:
        try:
            square = self.square
        except ValueError:
            return
        (x, y), (rx, ry), (dx, dy) = square.middle, square.right, square.down
        corners = [self.on_screen((x + a * rx + b * dx, y + a * ry + b * dy))
                   for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        painter.setPen(QPen(colour("bright"), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolygon(QPolygonF(corners))

    def _paint_mark(self, painter: QPainter, number: int, at: QPointF) -> None:
        name = (tr("left eye"), tr("right eye"), tr("mouth"))[number]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((colour("backdrop"), 4.0), (colour("star" if number == self._held else "bright"), 2.0)):
            painter.setPen(QPen(ink, width))
            painter.drawEllipse(at, RADIUS, RADIUS)
        painter.setPen(colour("bright"))
        painter.drawText(at + QPointF(RADIUS + 4, 4), name)
