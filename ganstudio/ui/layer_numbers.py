"""The chosen layers in numbers: where they lie, how large and turned, how they mix with what is beneath."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from ganstudio.document.collage import BLENDS, Part
from ganstudio.ui.alpha_slider import AlphaSlider
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_moves import LARGEST, SMALLEST, half_turn
from ganstudio.ui.layer_row import blend_name
from ganstudio.ui.number_box import NumberBox
from ganstudio.ui.part_geometry import Frame
from ganstudio.ui.text import tr

SHARES = {"opacity": 100.0, "feather": 0.0, "match": 0.0}
"""Values in per cent, and where they rest."""
FEATHER_END = 30.0
"""Per cent of the frame up to which the slider goes; more can be typed."""
BOXES = {"x": 1.0, "y": 1.0, "scale": 1.0, "rotation": 1.0}
"""Numbers of the placement, and how far an arrow key goes."""


class LayerNumbers(QWidget):
    """Shows the active layer's numbers; what is changed is changed on all chosen ones."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel, self.edits = easel, easel.edits
        self.boxes = {name: NumberBox(1, step, self) for name, step in BOXES.items()}
        self.sliders = {name: self._slider(name, rest) for name, rest in SHARES.items()}
        self.blend = QComboBox(self)
        self._lay_out()
        self._connect()
        self._follow()

    def _slider(self, name: str, rest: float) -> AlphaSlider:
        slider = AlphaSlider(_titles()[name], 0.0, FEATHER_END if name == "feather" else 100.0, rest, self)
        slider.box.digits = 0
        slider.set_number(rest)
        for end in (slider.low_box, slider.high_box):
            end.hide()
        return slider

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 8, 8)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        for place, (name, box) in enumerate(self.boxes.items()):
            box.setAccessibleName(_titles()[name])
            box.setToolTip(_tips()[name])
            grid.addWidget(self._label(_titles()[name]), place // 2, 2 * (place % 2))
            grid.addWidget(box, place // 2, 2 * (place % 2) + 1)
        for row, (name, slider) in enumerate(self.sliders.items(), 2):
            slider.groove.setToolTip(_tips()[name])
            grid.addWidget(self._label(_titles()[name]), row, 0)
            grid.addWidget(slider, row, 1, 1, 3)
        for blend in BLENDS:
            self.blend.addItem(blend_name(blend), blend)
        self.blend.setAccessibleName(tr("Blend"))
        self.blend.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        grid.addWidget(self._label(tr("Blend")), 5, 0)
        grid.addWidget(self.blend, 5, 1, 1, 3)

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("tone", "dim")
        return label

    def _connect(self) -> None:
        for name, box in self.boxes.items():
            box.entered.connect(partial(self._place, name))
        for name, slider in self.sliders.items():
            slider.moved.connect(partial(self._mix, name))
            slider.released.connect(partial(self._let_go, slider))
        self.blend.activated.connect(self._blend)
        self.easel.studio.session.changed.connect(self._follow)
        self.easel.studio.live.time_changed.connect(self._follow)
        self.easel.frame_changed.connect(self._follow)
        self.edits.chosen_changed.connect(self._follow)

    @Slot()
    def _follow(self, *_what: object) -> None:
        """The active layer as it is; disabled without one."""
        part = self.edits.active
        self.setEnabled(part is not None and not part.locked)
        if part is None:
            return
        for name, number in _numbers(part, self.easel.frame).items():
            self.boxes[name].set_number(number)
        for name, slider in self.sliders.items():
            slider.set_number(100 * getattr(part, name))
        self.blend.setCurrentIndex(BLENDS.index(part.blend))

    # what the user does

    def _place(self, name: str, number: float) -> None:
        """Another number for the active layer; the others change as much."""
        active = self.edits.active
        if active is None:
            return
        by = number - _numbers(active, self.easel.frame)[name]
        change = _changes(self.easel.frame)[name]
        self.edits.put([change(p, by) for p in self.edits.parts if not p.locked], _labels()[name],
                       f"{name} {self.edits.chosen}")

    def _mix(self, name: str, percent: float) -> None:
        ids = [p.id for p in self.edits.parts if not p.locked]
        value = min(max(percent / 100, 0.0), 1.0)
        self.edits.set_value(ids, _labels()[name], self.sliders[name].gesture, **{name: value})

    def _let_go(self, slider: AlphaSlider) -> None:
        self.edits.end(slider.gesture)

    @Slot(int)
    def _blend(self, index: int) -> None:
        ids = [p.id for p in self.edits.parts if not p.locked]
        self.edits.set_value(ids, tr("Change Blend"), blend=BLENDS[index])


def _numbers(part: Part, frame: Frame) -> dict[str, float]:
    """The placement as it is shown: pixels of the frame from its middle, per cent, degrees."""
    place = part.placement
    return {"x": (place.x - 0.5) * frame[0], "y": (place.y - 0.5) * frame[1], "scale": place.scale * 100,
            "rotation": place.rotation}


def _changes(frame: Frame) -> dict[str, Callable[[Part, float], Part]]:
    """A part with one of its numbers changed by so much."""

    def placed(part: Part, **values: float) -> Part:
        return replace(part, placement=replace(part.placement, **values))

    return {
        "x": lambda p, by: placed(p, x=p.placement.x + by / frame[0]),
        "y": lambda p, by: placed(p, y=p.placement.y + by / frame[1]),
        "scale": lambda p, by: placed(p, scale=min(max(p.placement.scale + by / 100, SMALLEST), LARGEST)),
        "rotation": lambda p, by: placed(p, rotation=half_turn(p.placement.rotation + by)),
    }


def _titles() -> dict[str, str]:
    return {"x": tr("X"), "y": tr("Y"), "scale": tr("Scale"), "rotation": tr("Turn"), "opacity": tr("Opacity"),
            "feather": tr("Feather"), "match": tr("Match")}


def _tips() -> dict[str, str]:
    return {"x": tr("Pixels from the middle of the frame to the right"), "y": tr("Pixels from the middle downwards"),
            "scale": tr("Per cent: 100 is as large as the frame"), "rotation": tr("Degrees, clockwise"),
            "opacity": tr("Per cent"), "feather": tr("Width of the soft edge, in per cent of the frame"),
            "match": tr("How far colours are brought to those beneath, in per cent")}


def _labels() -> dict[str, str]:
    return {"x": tr("Move Layer"), "y": tr("Move Layer"), "scale": tr("Scale Layer"), "rotation": tr("Rotate Layer"),
            "opacity": tr("Change Opacity"), "feather": tr("Change Feather"), "match": tr("Match Colours")}
