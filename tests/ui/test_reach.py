"""Sliders say what they were measured to do, and are measured from their menu."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ganstudio.document.latent import Direction
from ganstudio.document.response import Response
from ganstudio.resources import bundled_plugins
from ganstudio.session.studio import Studio
from ganstudio.ui.alpha_groove import AlphaGroove
from ganstudio.ui.direction_row import step_curve
from ganstudio.ui.latent_panel import LatentPanel
from ganstudio.ui.reach import amounts_text, facts_text, facts_tip
from tests.models import tiny_direction, tiny_document
from tests.ui.tiny_studio import tiny_studio


def response(unit: str, low: float, high: float, as_: str = "") -> Response:
    return Response(unit, (-2.0, 0.0, 1.0), (low, 0.0, high), (6.0, 1.0), as_)


def measured(unit: str, low: float, high: float, as_: str = "") -> Direction:
    return tiny_direction().measured(response(unit, low, high, as_))


@pytest.mark.parametrize(("found", "text"), [
    (("px", -9.2, 8.8), "±9 px"), (("°", -4.24, 12.0), "-4.2 to 12°"), (("×", 1.5, 0.75), "1.5 to 0.8×"),
    (("levels", -43.0, 41.0), "±42 levels"),
])  # fmt: skip
def test_reach_is_told_in_the_units_of_the_picture(found: tuple[str, float, float], text: str) -> None:
    assert amounts_text(response(*found)) == text


def test_a_walk_needs_no_name_for_what_it_does_and_any_other_direction_does() -> None:
    assert facts_text(replace(measured("px", -9, 9, "Shift x"), name="Shift x")) == "±9 px"
    assert facts_text(measured("px", -9, 9, "Shift x")) == "Shift x ±9 px"
    assert facts_text(replace(tiny_direction(), share=0.25)) == "25.0 %"
    assert facts_text(tiny_direction()) == ""
    assert "from -9 px to 9 px" in facts_tip(measured("px", -9, 9, "Shift x"))


def test_the_curve_is_high_where_the_picture_changes_fast() -> None:
    curve = step_curve(measured("px", -9, 9))  # 6 levels over two alphas, then 1 over one
    assert curve == ((-2.0, 1.0), (-1.0, 1.0), (0.5, pytest.approx(1 / 3)), (1.0, pytest.approx(1 / 3)))
    assert step_curve(tiny_direction()) == ()


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:
    document = tiny_document()
    look = document.latent.with_direction(tiny_direction())
    with tiny_studio(tmp_path, replace(document, latent=look), plugins=(bundled_plugins(),)) as studio:
        yield studio


def test_measuring_from_the_menu_ends_the_slider_and_stays_with_the_model(studio: Studio, qtbot) -> None:
    panel = LatentPanel(studio)
    qtbot.addWidget(panel)
    row = panel.rows["test:red"]
    action = next(a for a in row.actions() if a.text() == "Measure Reach")
    ended: list[str] = []
    studio.jobs.started.connect(lambda task: task.ended.connect(ended.append))
    action.trigger()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert ended == [""]
    edit = studio.session.document.latent.edit("test:red")
    assert edit is not None
    found = edit.direction.response
    assert found is not None
    assert edit.direction.reach == found.reach == (row.slider.groove.low, row.slider.groove.high)
    assert row.share.text() == facts_text(edit.direction) != ""
    assert row.slider.groove.curve == step_curve(edit.direction)
    assert studio.shelves.named(tiny_direction()).response == found
    studio.session.undo()
    edit = studio.session.document.latent.edit("test:red")
    assert edit is not None
    assert edit.direction.response is None


def test_a_measurement_that_fails_is_one_sentence(studio: Studio, qtbot) -> None:
    panel = LatentPanel(studio)
    qtbot.addWidget(panel)
    foreign = replace(tiny_direction(), fingerprint="0" * 16)
    with qtbot.waitSignal(panel.edits.refused, timeout=30_000) as refused:
        panel.meter.start(foreign)
    assert "belongs to another model" in refused.args[0]


def test_the_curve_is_painted_over_the_bar(qtbot) -> None:
    groove = AlphaGroove()
    qtbot.addWidget(groove)
    groove.resize(140, 24)
    bare = groove.grab().toImage()
    groove.set_curve(((-3.0, 1.0), (0.0, 0.2), (3.0, 1.0)))
    drawn = groove.grab().toImage()
    changed = {y for x in range(140) for y in range(24) if bare.pixel(x, y) != drawn.pixel(x, y)}
    assert changed
    assert max(changed) < 12, "above the bar"
