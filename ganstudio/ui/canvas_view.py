"""How the canvas is looked at: the wheel zooms at the pointer, Space or the middle button pans, keys fit it.

A base class, as for the preview: event filters in Python are not safe in PySide 6.11.
"""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

WHEEL = 1.2
SMALLEST, LARGEST = 0.05, 64.0
"""Bounds of the zoom, in screen pixels for one of the frame."""
MARGIN = 38.0
"""Pixels around a fitted frame: room for the knob that turns a layer as large as it."""
AROUND = 8
"""The scene is so many times as large as the view, whatever the zoom: Qt would move one that fits into the view to its
middle, and a frame of 1024 px is smaller on most screens than it is."""
TURN_LIMIT = 1200
TAP = 250
"""Milliseconds below which Space is a tap (play) and not a hold (pan)."""


class CanvasView(QGraphicsView):
    """A view of a scene whose coordinates are pixels of the frame."""

    zoom_changed = Signal(float)
    """Screen pixels for one of the frame."""
    tapped = Signal()
    """Space was tapped, not held."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.fitted = True
        self.space = self._panned = False
        self._since = QElapsedTimer()
        self._from: QPointF | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setMouseTracking(True)

    def frame_rect(self) -> QRectF:
        """What a fitted view shows; the canvas says."""
        raise NotImplementedError

    @property
    def zoom(self) -> float:
        """Screen pixels for one of the frame."""
        return self.transform().m11()

    # the view

    def fit(self) -> None:
        """As large as there is room for, in the middle."""
        self.fitted = True
        rect, port = self.frame_rect(), self.viewport().rect()
        room = min((port.width() - 2 * MARGIN) / rect.width(), (port.height() - 2 * MARGIN) / rect.height())
        self._look(min(max(room, SMALLEST), LARGEST), QPointF(port.center()) + QPointF(0.5, 0.5), rect.center())

    def actual_size(self) -> None:
        """One pixel of the frame is one of the screen."""
        self.fitted = False
        middle = QPointF(self.viewport().rect().center())
        self._look(1 / self.devicePixelRatioF(), QPointF(round(middle.x()), round(middle.y())),
                   self.frame_rect().center())

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller, with the point under the pointer (the middle without one) staying there."""
        self.fitted = False
        at = at or QPointF(self.viewport().rect().center())
        self._look(min(max(self.zoom * factor, SMALLEST), LARGEST), at, self.to_frame(at))

    def pan(self, by: QPointF) -> None:
        """Move the frame under the window."""
        self.fitted = False
        self._look(self.zoom, by, self.to_frame(QPointF()))

    def to_frame(self, at: QPointF) -> QPointF:
        """A point of the view in pixels of the frame, with its fraction."""
        return self.viewportTransform().inverted()[0].map(at)

    def _look(self, zoom: float, at: QPointF, on: QPointF) -> None:
        """Put the point `on` of the frame at the point `at` of the view."""
        far = AROUND * max(self.width(), self.height(), 1) / zoom
        self.setSceneRect(QRectF(-far, -far, 2 * far, 2 * far))
        shift = at - on * zoom
        self.setTransform(QTransform(zoom, 0, 0, zoom, shift.x(), shift.y()))
        self._unscroll()
        self.zoom_changed.emit(zoom * self.devicePixelRatioF())

    def _unscroll(self) -> None:
        """Everything is in the transform, so scroll bars stay at 0."""
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.setRange(0, 0)
            bar.setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted frame stays fitted."""
        super().resizeEvent(event)
        if self.fitted:
            self.fit()
        else:
            self._unscroll()

    # the hand

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        if turn := max(-TURN_LIMIT, min(TURN_LIMIT, event.angleDelta().y())):
            self.zoom_by(WHEEL ** (turn / 120), event.position())
        event.accept()

    def begin_pan(self, event: QMouseEvent, hand: bool = False) -> bool:
        """Whether this press pans: the middle button, or the left one with Space held or the `hand` tool."""
        left = event.button() == Qt.MouseButton.LeftButton and (self.space or hand)
        if left or event.button() == Qt.MouseButton.MiddleButton:
            self._from = event.position()
        return self._from is not None

    def go_on_panning(self, event: QMouseEvent) -> bool:
        """Whether this move pans."""
        if self._from is None:
            return False
        by, self._from = event.position() - self._from, event.position()
        self._panned = True
        self.pan(by)
        return True

    def end_pan(self) -> bool:
        """Whether a pan came to its end."""
        panning, self._from = self._from is not None, None
        return panning

    def hold_space(self, event: QKeyEvent, busy: bool = False) -> None:
        """Space went down; while the hand is `busy` with a drag it is no tap."""
        if not event.isAutoRepeat():
            self.space, self._panned = True, busy
            self._since.start()

    def let_go_of_space(self, event: QKeyEvent) -> None:
        """Space came up."""
        if event.isAutoRepeat():
            return
        tapped = self.space and not self._panned and self._since.elapsed() < TAP
        self.space = False
        if tapped:
            self.tapped.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key let go elsewhere is let go."""
        super().focusOutEvent(event)
        self.space = False
