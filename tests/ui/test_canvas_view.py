"""However large the frame and however the window changes, the frame lies where the view says."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QApplication

from ganstudio.ui.canvas_view import MARGIN, CanvasView


class Frame(CanvasView):
    """Shows a square frame of a side."""

    def __init__(self, side: int) -> None:
        self.side = side
        super().__init__()

    def frame_rect(self) -> QRectF:
        return QRectF(0, 0, self.side, self.side)


def seen(view: CanvasView) -> QRectF:
    """Where the frame lies in the view, in its pixels."""
    return view.viewportTransform().mapRect(view.frame_rect())


@pytest.mark.parametrize("side", [32, 128, 256, 1024, 4096])
def test_a_fitted_frame_lies_in_the_middle_with_its_margin(shown, side: int) -> None:
    view = shown(Frame(side), 380, 480)
    for size in (380, 480), (900, 700), (320, 300):
        view.resize(*size)
        QApplication.processEvents()
        rect, port = seen(view), QRectF(view.viewport().rect())
        assert rect.center().x() == pytest.approx(port.center().x(), abs=1)
        assert rect.center().y() == pytest.approx(port.center().y(), abs=1)
        assert min(rect.left(), rect.top()) == pytest.approx(MARGIN, abs=1)


@pytest.mark.parametrize("side", [64, 1024])
def test_what_is_under_the_pointer_stays_there_through_zooms_pans_and_resizes(shown, side: int) -> None:
    view = shown(Frame(side), 380, 480)
    at = QPointF(120, 200)
    for factor in (0.25, 0.5, 8.0, 3.0, 0.1):
        before = view.to_frame(at)
        view.zoom_by(factor, at)
        after = view.to_frame(at)
        assert after.x() == pytest.approx(before.x(), abs=1e-6 * side)
        assert after.y() == pytest.approx(before.y(), abs=1e-6 * side)
    before = seen(view)
    view.pan(QPointF(30, -40))
    assert seen(view).topLeft() - before.topLeft() == QPointF(30, -40)
    before = seen(view)
    view.resize(1500, 1200)
    QApplication.processEvents()
    assert seen(view) == before
