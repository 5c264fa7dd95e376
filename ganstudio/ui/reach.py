"""What a slider was measured to do, in words, and the job that measures it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot

from ganstudio.document.latent import Direction
from ganstudio.document.response import Response
from ganstudio.render.measuring import Measuring, measure
from ganstudio.session.studio import Studio
from ganstudio.ui.look_edits import LookEdits
from ganstudio.ui.text import tr

ALIKE = 0.2
"""Two ends that differ by less than this share are told as one number."""


def facts_text(direction: Direction) -> str:
    """What is known of a direction, for its row: how far it reaches, or its share of the variance; else nothing."""
    if direction.response is not None:
        told = amounts_text(direction.response)
        as_ = direction.response.measured_as
        return told if not as_ or direction.name.casefold().startswith(as_.casefold()) else f"{as_} {told}"
    return "" if direction.share is None else tr("{share} %").format(share=f"{direction.share * 100:.1f}")


def facts_tip(direction: Direction) -> str:
    """The same in a sentence."""
    if direction.response is None:
        return tr("Share of the variance that this direction explains")
    as_ = direction.response.measured_as or tr("Change of the picture")
    return tr("Measured on other pictures: {what} from {low} to {high}").format(
        what=as_, low=_amount(direction.response, 0), high=_amount(direction.response, -1))


def amounts_text(response: Response) -> str:
    """How far a slider reaches, such as "±9 px", "-4 to 12 px" or "1.5 to 0.8×": as the slider runs."""
    low, high = response.amounts[0], response.amounts[-1]
    if low < 0 < high and abs(low + high) <= ALIKE * max(-low, high):
        return tr("±{amount}").format(amount=_with_unit((high - low) / 2, response.unit))
    return tr("{low} to {high}").format(low=_number(low), high=_with_unit(high, response.unit))


def _amount(response: Response, index: int) -> str:
    return _with_unit(response.amounts[index], response.unit)


def _with_unit(number: float, unit: str) -> str:
    tight = unit in ("×", "°", "%", "")
    return f"{_number(number)}{unit}" if tight else f"{_number(number)} {tr(unit)}"


def _number(number: float) -> str:
    return f"{number:.1f}" if abs(number) < 10 and abs(number - round(number)) > 0.05 else f"{round(number)}"


class ReachMeter(QObject):
    """Measures directions behind the preview; what it finds stays with the model and ends the slider there."""

    def __init__(self, studio: Studio, edits: LookEdits, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._edits = studio, edits

    def start(self, direction: Direction) -> None:
        """Begin; the status line shows how far it is."""
        studio = self._studio
        label = tr("Measuring {name}").format(name=studio.shelves.named(direction).name)
        steps = measure(studio.renderer, studio.session.document, direction,
                        tuple(studio.registry.edits().values()))
        studio.jobs.start(label, steps, on_step=partial(self._take, studio.session.document.model), on_end=self._end)

    def _take(self, model: object, measuring: Measuring) -> None:
        """Keep the response, and show it where the direction is still a slider of this model."""
        if measuring.response is None or measuring.direction is None:
            return
        self._studio.shelves.measure(measuring.direction, measuring.response)
        if self._studio.session.document.model == model:
            self._edits.set_response(measuring.direction.id, measuring.response)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        if outcome not in ("", "cancelled"):
            self._edits.refused.emit(outcome)
