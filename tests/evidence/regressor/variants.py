"""What an encoder should be shown: colours and mask, colours alone, or colours with the holes filled.

Three encoders of one shape learn from equally many samples, and are given held-out ones of which a third, two thirds
and all is visible; then collages of four pictures' parts, as the paper's distances are taken of composites.
"""

from __future__ import annotations

from functools import partial

import torch

from ganstudio.api import Regressor
from tests.evidence.drawing import sheet
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.regressor.figures import l1, masked_l1
from tests.evidence.regressor.inputs import Inputs
from tests.evidence.regressor.learning import variant
from tests.evidence.regressor.scenes import automatic, scenes

CUTOFFS = (0.4, 0.6, 1.0)
NAMES = {"rgbm": "RGB and mask", "rgb": "RGB", "rgb-filled": "RGB, filled"}
GIVEN = "given"
"""The regressor that is measured everywhere else, beside those trained for this."""


def at_cutoff(inputs: Inputs, regressor: Regressor, cutoff: float, count: int) -> dict[str, float]:
    """Errors of samples with masks of a cutoff: over what is visible, over what is hidden and over all of it."""
    images = inputs.samples(count, series=7)
    random = torch.Generator().manual_seed(inputs.seed + 13)
    masks = inputs.plugin("masks").random_masks(count, inputs.side, random, cutoff)
    results = inputs.picture(inputs.guess(images, masks, regressor))
    return {"share": float(masks.mean()), "visible": masked_l1(results, images, masks),
            "hidden": masked_l1(results, images, 1 - masks), "whole": l1(results, images),
            "looks": inputs.likeness(results, images), "realism": inputs.realism.distance(results)}


def measure(inputs: Inputs, name: str, place: Place) -> Figures:
    """Train one, unless it is the given, and measure it."""
    regressor = inputs.regressor if name == GIVEN else variant(inputs, place, name)
    found = {str(cutoff): at_cutoff(inputs, regressor, cutoff, inputs.scale.pictures) for cutoff in CUTOFFS}
    collages, masks = automatic(scenes(inputs, "samples", inputs.scale.pictures, series=8))
    results = inputs.picture(inputs.guess(collages, masks, regressor))
    columns = 3 * inputs.scale.shown
    place.picture(f"variants-{name}", sheet({"Collage": (collages * masks)[:columns], "Comes back": results[:columns]}))
    return {**found, "collages": {
        "visible": masked_l1(results, collages, masks), "realism": inputs.realism.distance(results),
        "before": inputs.realism.distance(collages), **inputs.realism.neighbours(results)}}


def experiments(inputs: Inputs) -> list[Experiment]:
    """One for each."""
    return [Experiment(f"variants-{name}", f"an encoder shown {NAMES.get(name, 'what the given one is')}",
                       partial(measure, inputs, name)) for name in (*NAMES, GIVEN)]
