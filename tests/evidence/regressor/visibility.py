"""How much of a picture must be visible: the error against the share that is."""

from __future__ import annotations

from functools import partial

from tests.evidence.drawing import curves
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.regressor.inputs import Inputs
from tests.evidence.regressor.variants import at_cutoff

CUTOFFS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
"""All that training draws, and one below."""
LINES = {"visible": "where visible", "hidden": "where hidden", "whole": "everywhere"}


def measure(inputs: Inputs, place: Place) -> Figures:
    """Errors at each cutoff, and their curves."""
    found = {str(cutoff): at_cutoff(inputs, inputs.regressor, cutoff, inputs.scale.pictures) for cutoff in CUTOFFS}
    place.picture("visibility", curves({
        words: [(row["share"], row[name]) for row in found.values() if row[name] == row[name]]
        for name, words in LINES.items()}, "visible share", "mean absolute error"))
    return found


def experiments(inputs: Inputs) -> list[Experiment]:
    """The one."""
    return [Experiment("visibility", "visible share against error", partial(measure, inputs))]
