"""The picture in the middle: what the document looks like now, at any zoom, or how it looked before the edits."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganstudio.render.shot import Frame
from ganstudio.session.studio import Studio
from ganstudio.ui.before import Before
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.preview_hand import PreviewHand
from ganstudio.ui.preview_paint import paint_hint, paint_label, paint_message
from ganstudio.ui.preview_view import PreviewView
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour


class Preview(PreviewHand):
    """Shows the newest frame of `studio.live`; wheel zooms at the pointer, Space or the middle button pans."""

    painted = Signal(object)
    """The shot that is on screen now, once for every frame."""
    zoom_changed = Signal(float)
    """Screen pixels a picture pixel."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.frame: Frame | None = None
        self.message = ""
        self.before = Before(studio, self)
        self._image, self._before_image = QImage(), QImage()
        self._size = QSizeF(1, 1)
        self._unpainted = self._holding = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Preview"))
        studio.live.frame.connect(self._show)
        studio.live.failed.connect(self._fail)
        studio.session.changed.connect(self._follow)
        self.before.ready.connect(self._show_before)

    def sizeHint(self) -> QSize:
        """A window's middle."""
        return QSize(640, 560)

    def minimumSizeHint(self) -> QSize:
        """Small windows keep a picture."""
        return QSize(220, 200)

    # what it shows

    @Slot(object)
    def _show(self, frame: Frame) -> None:
        if self.before.is_mine(frame.shot):
            return
        self.frame, self.message, self._unpainted = frame, "", True
        self._image = to_image(frame.pixels)
        if frame.shot.quality != "draft" or self._size == QSizeF(1, 1):
            self._size = QSizeF(self._image.size())
        self._show_before()
        self.repaint()  # now, not with the next round of events: while a slider moves, those are many

    @Slot(str)
    def _fail(self, message: str) -> None:
        self.message = message
        self.setAccessibleDescription(message)
        self.update()

    @Slot(object, object)
    def _follow(self, _before: object, _after: object) -> None:
        if self._holding and self.before.frame is None:
            self._show_before()

    def hold_before(self, on: bool) -> None:
        """Show the look before all edits, until called with False."""
        self._holding = on
        self._show_before()
        self.update()

    def toggle_before(self) -> None:
        """Show the look before all edits until called again, for those who cannot hold a key."""
        self.hold_before(not self._holding)

    @Slot()
    def _show_before(self) -> None:
        if not self._holding:
            return
        frame = self.before.frame
        if frame is None:
            self._before_image = QImage()
            self.before.ask()
        else:
            self._before_image = to_image(frame.pixels)
        self.update()

    @property
    def holding_before(self) -> bool:
        """Whether the picture on screen is the one before the edits."""
        return self._holding and not self._before_image.isNull()

    # where it lies

    def fit(self) -> None:
        """As large as the preview allows."""
        self._set_view(PreviewView())

    def pan(self, by: QPointF) -> None:
        """Move the picture under the window."""
        self._set_view(self.view.panned(by, self._area(), self._size))

    def actual_size(self) -> None:
        """One picture pixel is one pixel of the screen."""
        self._set_view(PreviewView(1 / self.devicePixelRatioF()))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller around a point, the middle by default."""
        self._set_view(self.view.zoomed(factor, at or QPointF(self.rect().center()), self._area(), self._size))

    @property
    def scale(self) -> float:
        """Pixels of the screen a picture pixel."""
        return self.view.scale_in(self._area(), self._size) * self.devicePixelRatioF()

    def _area(self) -> QSizeF:
        return QSizeF(self.size())

    def _set_view(self, view: PreviewView) -> None:
        self.view = view
        self.zoom_changed.emit(self.scale)
        self.update()

    def resizeEvent(self, event: object) -> None:
        """A fitted picture changes its scale with the window."""
        self.zoom_changed.emit(self.scale)

    # the picture of it

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, or why there is none."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("backdrop"))
        image = self._before_image if self.holding_before else self._image
        if not image.isNull():
            self._paint_picture(painter, image)
        if self.message:
            paint_message(painter, self.rect(), self.message)
        elif image.isNull():
            paint_hint(painter, self.rect(), self._hint())
        elif self.holding_before:
            paint_label(painter, self.rect(), tr("Before"))
        painter.end()
        self._tell_painted()

    def _hint(self) -> str:
        opened = bool(self._studio.session.document.model.id) or self._studio.opening.under_way
        return tr("No picture yet…") if opened else tr("Choose a model in the library, or drop one here.")

    def _tell_painted(self) -> None:
        if self._unpainted and self.frame is not None:
            self._unpainted = False
            self.painted.emit(self.frame.shot)

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        """Whole pixels where the user zoomed in to see them, smooth everywhere else."""
        pixelated = self.view.scale is not None and self.scale > 1.01 and image.width() >= self._size.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not pixelated)
        painter.drawImage(self.view.rect_in(self._area(), self._size), image)
