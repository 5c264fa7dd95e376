"""The preview shows every frame exactly, where the user put it, and says why when there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qimage2ndarray import rgb_view

from ganstudio.session.studio import Studio
from ganstudio.ui.pixel_image import to_image
from ganstudio.ui.preview import Preview
from ganstudio.ui.preview_view import PreviewView
from tests.models import tiny_direction, tiny_document

AREA, PICTURE = QSizeF(400, 300), QSizeF(32, 32)
No = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def preview(studio, shown) -> Preview:
    widget: Preview = shown(Preview(studio), 400, 300)
    widget.setFocus()
    return widget


def red(studio: Studio, alpha: float, **gesture: object) -> None:
    document = studio.session.document
    studio.session.change(replace(document, latent=document.latent.with_direction(tiny_direction()).with_alpha(
        "test:red", alpha)), "red", **gesture)


def painted(studio: Studio, preview: Preview, qtbot) -> None:
    """Wait until the current document is on screen."""
    qtbot.waitUntil(lambda: preview.frame is not None and not preview._unpainted
                    and preview.frame.shot.document is studio.session.document)


def colour_in_the_middle(preview: Preview) -> QColor:
    return preview.grab().toImage().pixelColor(preview.width() // 2 - 20, preview.height() // 2 - 20)


def test_pixels_reach_the_screen_unchanged(studio, preview, qtbot):
    red(studio, 4.0)
    painted(studio, preview, qtbot)
    assert colour_in_the_middle(preview).getRgb()[:3] == (255, 128, 128)


def test_each_frame_is_reported_once_when_it_is_painted(studio, preview, qtbot):
    shots = []
    preview.painted.connect(shots.append)
    red(studio, 1.0)
    painted(studio, preview, qtbot)
    preview.repaint()
    assert [s.document for s in shots] == [studio.session.document]


def test_an_image_keeps_every_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    image = to_image(pixels)
    assert np.array_equal(rgb_view(image), pixels)


def test_a_picture_is_fitted_until_the_user_says_otherwise():
    assert PreviewView().rect_in(AREA, PICTURE).height() == 300 - 24
    assert PreviewView(1.0).rect_in(AREA, PICTURE).getRect() == (184, 134, 32, 32)


def test_zoom_keeps_the_point_under_the_pointer():
    at, view = QPointF(130, 90), PreviewView(3.0, QPointF(20, -10))
    zoomed = view.zoomed(2.0, at, AREA, PICTURE)

    def point(v: PreviewView) -> tuple[float, float]:
        centre = QPointF(200, 150) + v.shift
        return ((at.x() - centre.x()) / v.scale, (at.y() - centre.y()) / v.scale)

    assert point(zoomed) == pytest.approx(point(view))
    assert zoomed.scale == 6.0


def test_a_picture_cannot_be_panned_out_of_sight():
    view = PreviewView(4.0).panned(QPointF(1e6, 1e6), AREA, PICTURE)
    assert view.rect_in(AREA, PICTURE).intersects(PreviewView(12.5).rect_in(AREA, PICTURE))


def test_wheel_keys_and_buttons_zoom(studio, preview, qtbot):
    red(studio, 1.0)
    painted(studio, preview, qtbot)
    fitted = preview.scale
    middle = QPointF(200, 150)
    QApplication.sendEvent(preview, QWheelEvent(
        middle, preview.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, No,
        Qt.ScrollPhase.NoScrollPhase, False))
    assert preview.scale == pytest.approx(fitted * 1.2)
    preview.actual_size()
    assert preview.scale == 1.0
    QTest.keyClick(preview, Qt.Key.Key_Plus)
    assert preview.scale == pytest.approx(1.2)
    preview.fit()
    assert preview.scale == fitted


@pytest.mark.parametrize("button", [Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton])
def test_middle_button_and_space_pan(studio, preview, qtbot, button):
    red(studio, 1.0)
    painted(studio, preview, qtbot)
    if button == Qt.MouseButton.LeftButton:
        QTest.keyPress(preview, Qt.Key.Key_Space)
    QTest.mousePress(preview, button, No, QPoint(200, 150))
    QTest.mouseEvent(QTest.MouseAction.MouseMove, preview, button, No, QPoint(230, 140))
    QTest.mouseRelease(preview, button, No, QPoint(230, 140))
    QTest.keyRelease(preview, Qt.Key.Key_Space)
    assert preview.view.shift == QPointF(30, -10)


def test_a_tap_on_space_is_told_and_a_pan_is_not(studio, preview, qtbot):
    taps = []
    preview.tapped.connect(lambda: taps.append(1))
    QTest.keyClick(preview, Qt.Key.Key_Space)
    assert taps == [1]
    QTest.keyPress(preview, Qt.Key.Key_Space)
    QTest.mousePress(preview, Qt.MouseButton.LeftButton, No, QPoint(200, 150))
    QTest.mouseEvent(QTest.MouseAction.MouseMove, preview, Qt.MouseButton.LeftButton, No, QPoint(220, 150))
    QTest.mouseRelease(preview, Qt.MouseButton.LeftButton, No, QPoint(220, 150))
    QTest.keyRelease(preview, Qt.Key.Key_Space)
    assert taps == [1]


def test_backslash_shows_the_look_before_the_edits_while_it_is_held(studio, preview, qtbot):
    red(studio, 4.0)
    painted(studio, preview, qtbot)
    QTest.keyPress(preview, Qt.Key.Key_Backslash)
    qtbot.waitUntil(lambda: preview.holding_before)
    assert colour_in_the_middle(preview).getRgb()[:3] == (128, 128, 128)
    QTest.keyRelease(preview, Qt.Key.Key_Backslash)
    assert colour_in_the_middle(preview).getRgb()[:3] == (255, 128, 128)


def test_the_picture_before_the_edits_is_kept_while_its_base_stays(studio, preview, qtbot):
    red(studio, 4.0)
    painted(studio, preview, qtbot)
    preview.hold_before(True)
    qtbot.waitUntil(lambda: preview.holding_before)
    preview.hold_before(False)
    red(studio, 2.0)
    painted(studio, preview, qtbot)
    assert preview.before.frame is not None
    document = studio.session.document
    studio.session.change(replace(document, latent=replace(document.latent, psi=0.5)), "psi")
    assert preview.before.frame is None


def test_asking_for_the_picture_before_loses_no_frame(studio, preview, qtbot):
    red(studio, 1.0)
    preview.hold_before(True)
    red(studio, 3.0)
    painted(studio, preview, qtbot)
    qtbot.waitUntil(lambda: preview.holding_before)
    preview.hold_before(False)
    assert studio.gpu.wait_until_idle()
    qtbot.waitUntil(lambda: colour_in_the_middle(preview).red() > 200)


def test_a_failure_is_a_sentence_over_the_picture_until_the_next_frame(studio, preview, qtbot):
    red(studio, 1.0)
    painted(studio, preview, qtbot)
    other = replace(tiny_direction(), fingerprint="0" * 16)
    document = studio.session.document
    studio.session.change(replace(document, latent=document.latent.with_direction(other, 1.0)), "wrong")
    qtbot.waitUntil(lambda: "another model" in preview.message)
    assert preview.accessibleDescription() == preview.message
    preview.grab()
    studio.session.undo()
    qtbot.waitUntil(lambda: preview.message == "")


def test_nothing_to_see_is_said(studio, preview):
    assert preview.frame is None
    preview.grab()
    assert preview._hint() == "No picture yet…"
    studio.session.open(replace(tiny_document(), model=replace(tiny_document().model, id="")))
    assert "Choose a model" in preview._hint()
