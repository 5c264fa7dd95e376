"""Real mouse and key events on the canvas, at pixels of the frame, for tests."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.document.collage import Part, Picture, Source, part_of
from ganstudio.ui.collage_canvas import CollageCanvas

No, Left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
Shift, Alt, Ctrl = (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
                    Qt.KeyboardModifier.ControlModifier)
Point = tuple[float, float]


def on_screen(canvas: CollageCanvas, at: Point) -> QPoint:
    """Where a pixel of the frame is in the view."""
    return canvas.viewportTransform().map(QPointF(*at)).toPoint()


def _send(canvas: CollageCanvas, kind: QMouseEvent.Type, at: Point, button: Qt.MouseButton, buttons: Qt.MouseButton,
          keys: Qt.KeyboardModifier) -> None:
    point = QPointF(on_screen(canvas, at))
    QApplication.sendEvent(canvas.viewport(), QMouseEvent(
        kind, point, canvas.viewport().mapToGlobal(point), button, buttons, keys))


def press(canvas: CollageCanvas, at: Point, keys: Qt.KeyboardModifier = No) -> None:
    _send(canvas, QMouseEvent.Type.MouseButtonPress, at, Left, Left, keys)


def move(canvas: CollageCanvas, at: Point, keys: Qt.KeyboardModifier = No, buttons: Qt.MouseButton = Left) -> None:
    _send(canvas, QMouseEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, buttons, keys)


def release(canvas: CollageCanvas, at: Point, keys: Qt.KeyboardModifier = No) -> None:
    _send(canvas, QMouseEvent.Type.MouseButtonRelease, at, Left, Qt.MouseButton.NoButton, keys)


def click(canvas: CollageCanvas, at: Point, keys: Qt.KeyboardModifier = No) -> None:
    press(canvas, at, keys)
    release(canvas, at, keys)


def drag(canvas: CollageCanvas, *way: Point, keys: Qt.KeyboardModifier = No) -> None:
    """Press at the first point, move through the others, let go at the last."""
    press(canvas, way[0], keys)
    for at in way[1:]:
        move(canvas, at, keys)
    release(canvas, way[-1], keys)


def key(canvas: CollageCanvas, code: Qt.Key, keys: Qt.KeyboardModifier = No) -> None:
    QTest.keyClick(canvas, code, keys)


def flat_part(colour: tuple[int, int, int], name: str = "part", side: int = 32) -> Part:
    """A picture of one colour, that is no fill."""
    pixels = np.full((side, side, 3), colour, np.uint8)
    return part_of(Picture.of(pixels, Source("photo", name)), name)


def pixels_of(image: QImage) -> np.ndarray:
    """uint8 [h, w, 4]: red, green, blue, alpha."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4).copy()
