"""How much of a picture moves when one of its parts is replaced: the less outside of the part, the better.

Mean absolute change of the regenerated picture, inside and outside of the region of the old and the new part, over
random replacements; beside it the same for mixing the latents of both pictures half and half, and how far two
unrelated pictures of the model are from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from tests.evidence.drawing import Pixels, heat, sheet
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.regions import PARTS
from tests.evidence.regressor.blends import composition, latent_blend, unedited
from tests.evidence.regressor.figures import l1, masked_l1, mean
from tests.evidence.regressor.inputs import Inputs
from tests.evidence.regressor.scenes import SPARE, Scenes, edited, scenes

WAYS = {"composition": composition, "latent": latent_blend}


def changes(before: Tensor, after: Tensor, outside: Tensor) -> dict[str, float]:
    """Mean absolute change of images [n, 3, h, w] outside of a region and inside."""
    return {"outside": masked_l1(before, after, outside), "inside": masked_l1(before, after, 1 - outside)}


def change_map(before: Tensor, after: Tensor) -> Tensor:
    """Mean absolute change of each pixel over all pictures, [1, 1, h, w]."""
    return (after - before).abs().mean(dim=(0, 1))[None, None]


def measure(inputs: Inputs, place: Place) -> Figures:
    """All parts of the model's samples."""
    found = scenes(inputs, "samples", round((inputs.scale.contexts + inputs.scale.replacements) * SPARE), series=1)
    figures: dict[str, Figures] = {}
    shown: dict[str, list[dict[str, Tensor]]] = {}
    for part in PARTS:
        figures[part], shown[part] = _of_part(inputs, found, part)
    if any(shown.values()):
        place.picture("independence", _picture(shown))
    pictures = inputs.samples(2 * inputs.scale.replacements, series=2)
    return {**figures, "apart": l1(*pictures.chunk(2))}


def _of_part(inputs: Inputs, found: Scenes, part: str) -> tuple[Figures, list[dict[str, Tensor]]]:
    """Figures, and what is shown of the first contexts."""
    index = found.having(part)
    contexts, others = index[:inputs.scale.contexts], index[inputs.scale.contexts:][:inputs.scale.replacements]
    if not len(others):
        return {}, []
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    shown = []
    for context in contexts:
        these = edited(found.at(context.repeat(len(others))), found.at(others), part)
        if not len(these.context):
            continue
        before = unedited(inputs, these)
        after = {way: make(inputs, these) for way, make in WAYS.items()}
        for way in WAYS:
            rows[way].append(changes(before, after[way], these.outside))
        shown.append({"picture": these.context[:1], "again": before[:1],
                      **{way: change_map(before, after[way]) for way in WAYS}})
    return {way: _means(found) for way, found in rows.items()}, shown[:inputs.scale.shown]


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    found = {name: mean([row[name] for row in rows]) for name in ("outside", "inside")}
    return {**found, "share": found["outside"] / found["inside"] if found["inside"] else float("nan")}


def _picture(shown: Mapping[str, list[dict[str, Tensor]]]) -> Pixels:
    """Contexts, and below them where they move; both maps of a column are as bright as their brightest pixel."""
    columns = [column for part in shown.values() for column in part]
    most = [max(float(column[way].max()) for way in WAYS) for column in columns]
    maps = {way: torch.cat([heat(c[way], m) for c, m in zip(columns, most, strict=True)]) for way in WAYS}
    return sheet({"Context": torch.cat([c["picture"] for c in columns]),
                  "The same re-encoded": torch.cat([c["again"] for c in columns]),
                  "Moves: composition": maps["composition"], "Moves: latent α-blend": maps["latent"]},
                 heads={part: len(those) for part, those in shown.items()})


def experiments(inputs: Inputs) -> list[Experiment]:
    """The one."""
    return [Experiment("independence", "what moves when a part is replaced", partial(measure, inputs))]
