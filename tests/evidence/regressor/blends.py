"""One part of a picture replaced: by composition through the regressor, and by plain blending.

The paper's table: how far the result is from the context (where neither part is), from the target (where the new part
is) and from the collage (all that is visible of it). Its rivals mix two whole pictures half and half, in the latent
space or in pixels; Poisson blending and plain pasting stay in pixels too, but keep to the part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from ganstudio.render.bench import Target
from ganstudio.render.blending import Layer, poisson_blend
from tests.evidence.drawing import Pixels, sheet
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.regions import PARTS
from tests.evidence.regressor.figures import masked_l1
from tests.evidence.regressor.inputs import Inputs
from tests.evidence.regressor.scenes import SOURCES, SPARE, Edits, Source, edits, scenes

ALPHA = 0.5
FEWEST = 2
"""Pairs without which there is nothing to compare."""
Way = Callable[[Inputs, Edits], Tensor]


def composition(inputs: Inputs, these: Edits) -> Tensor:
    """What the regressor makes of the collage."""
    return inputs.picture(inputs.guess(these.collage, these.visible))


def latent_blend(inputs: Inputs, these: Edits) -> Tensor:
    """The picture of the mean of both pictures' latents."""
    context, target = inputs.guess(these.context), inputs.guess(these.target)
    return inputs.picture(torch.lerp(context, target, ALPHA))


def pixel_blend(inputs: Inputs, these: Edits) -> Tensor:
    """The mean of both pictures."""
    return torch.lerp(these.context, these.target, ALPHA)


def poisson(inputs: Inputs, these: Edits) -> Tensor:
    """The new part pasted by its gradients."""
    rows = zip(*(x.split(1) for x in (these.context, these.target, these.new)), strict=True)
    return torch.cat([_pasted(*row) for row in rows])


def _pasted(context: Tensor, target: Tensor, new: Tensor) -> Tensor:
    beneath, above = Target.whole(context), Target.whole(target)
    return poisson_blend([Layer(beneath, beneath.mask), Layer(above, new)])


def paste(inputs: Inputs, these: Edits) -> Tensor:
    """The collage itself."""
    return these.collage


def unedited(inputs: Inputs, these: Edits) -> Tensor:
    """What the regressor makes of the context alone: the nearest that any composition can come to it."""
    return inputs.picture(inputs.guess(these.context))


WAYS: Mapping[str, tuple[str, Way]] = {
    "composition": ("Composition", composition), "latent": ("Latent α-blend", latent_blend),
    "pixel": ("Pixel α-blend", pixel_blend), "poisson": ("Poisson", poisson), "paste": ("The collage itself", paste),
    "unedited": ("The context, re-encoded", unedited),
}
"""What each is called, and how it is made."""


def distances(result: Tensor, these: Edits) -> dict[str, float]:
    """How far results are from context, target and collage: masked L1."""
    return {"context": masked_l1(result, these.context, these.outside),
            "target": masked_l1(result, these.target, these.new),
            "collage": masked_l1(result, these.collage, these.visible)}


def compare(inputs: Inputs, source: Source, place: Place) -> Figures:
    """All ways for all parts of scenes of a kind; of a part that hardly any scene has, only how many have it."""
    found = scenes(inputs, source, round(inputs.scale.pairs * SPARE))
    shown: dict[str, dict[str, Tensor]] = {}
    figures: dict[str, dict[str, object]] = {}
    for part in PARTS:
        these = edits(found, part, inputs.scale.pairs)
        figures[part] = {"count": len(these.context)}
        if len(these.context) >= FEWEST:
            results = {name: way(inputs, these) for name, (_, way) in WAYS.items()}
            figures[part] |= {name: {**distances(x, these), "realism": inputs.realism.distance(x)}
                              for name, x in results.items()}
            shown[part] = {name: x[:inputs.scale.shown] for name, x in _rows(these, results).items()}
    if shown:
        place.picture(f"blends-{source}", _sheet(shown))
    return figures


def _sheet(shown: Mapping[str, Mapping[str, Tensor]]) -> Pixels:
    """The first edits of each part side by side."""
    names = next(iter(shown.values()))
    rows = {name: torch.cat([rows[name] for rows in shown.values()]) for name in names}
    return sheet(rows, heads={part: len(these["Context"]) for part, these in shown.items()})


def _rows(these: Edits, results: Mapping[str, Tensor]) -> dict[str, Tensor]:
    seen = these.collage * these.visible
    named = {WAYS[name][0]: images for name, images in results.items() if name not in ("paste", "unedited")}
    return {"Context": these.context, "Target": these.target, "Collage": seen, **named}


def experiments(inputs: Inputs) -> list[Experiment]:
    """One for each kind of pictures."""
    return [Experiment(f"blends-{source}", f"composition against blends, {source}", partial(compare, inputs, source))
            for source in SOURCES]
