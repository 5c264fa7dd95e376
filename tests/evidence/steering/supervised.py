"""Directions with a teacher against SeFa and steering: re-scored by the true factors, at equal change of the picture.

Every direction is followed to where the pictures change by LEVELS levels, so that none wins by going farther. There
the reader says how far the wanted factor went, and how far all others went with it. SeFa has no labels: of its first
directions in every layer group the one that moves the factor most purely is taken, chosen on other pictures than those
it is judged by. Steering has directions for factors that an edit moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from ganstudio.api import FinderOptions, Model, layers_of
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.counts import groups_of
from tests.evidence.steering.fitting import ATTRIBUTES, margin_normal, mean_cosine, regression_normal
from tests.evidence.steering.plots import Chart
from tests.evidence.steering.pushing import Stand, offset_of, stand
from tests.evidence.steering.readings import AIMS, Ruler, ruler, see
from tests.evidence.steering.statistics import Array, Moved
from tests.evidence.steering.walking import taught
from tests.evidence.steering.workshop import Scale, Workshop, workshop

LEVELS = 12.0
CANDIDATES = 10
"""SeFa's directions of a group among which one is chosen."""
FIT, CHOOSE, JUDGE = 2, 3, 4
METHODS = ("regression", "margin", "sefa", "steering")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A direction, and how far each factor goes with it on the pictures for choosing."""

    offset: Tensor
    moves: Moved


def experiments(scale: Scale) -> list[Experiment]:
    """`g`."""
    return [Experiment("g", "supervised directions against SeFa and steering", partial(measure, scale))]


def measure(scale: Scale, place: Place) -> Figures:
    """Every attribute that can be read, by every method."""
    shop = workshop(place.scratch, scale)
    path = shop.model_file("stylegan2")
    model, held = shop.load(path), ruler(shop.reader, scale.data)
    judge = stand(shop, model, scale.samples, JUDGE)
    wanted = {name: each for name, each in ATTRIBUTES.items() if each.factor in held.names}
    offsets = {"regression": {}, "margin": {}, "sefa": _chosen(shop, model, held, list(wanted)),
               "steering": _walks(shop, model, [each.factor for each in wanted.values()])}  # fmt: skip
    latents, codes = _labelled(shop, model)
    for name, attribute in wanted.items():
        amounts = attribute.of(codes)
        for method, normal in (("regression", regression_normal), ("margin", margin_normal)):
            offsets[method][name] = normal(latents, amounts).expand(model.generator.num_ws, -1)
    scores = {method: {name: score(judge, offset, ATTRIBUTES[name].factor, held) for name, offset in found.items()}
              for method, found in offsets.items()}
    place.picture("g", picture(scores))
    return {"model": shop.told(path), "attributes": list(wanted), "scores": scores,
            "cosine": {method: mean_cosine(list(found.values())) for method, found in offsets.items()}}  # fmt: skip


def score(judge: Stand, offset: Tensor, factor: str, held: Ruler) -> dict[str, Any]:
    """How far the wanted factor goes where the pictures change by LEVELS, how far the others, and which of them most.
    """
    alpha = judge.alpha_for(offset, LEVELS)
    found = judge.moves(offset, alpha, held)
    order = [found.names[i] for i in np.argsort(-found.effects) if found.names[i] != factor]
    return {"own": float(found.effects[found.names.index(factor)]), "others": found.others(factor),
            "purity": found.share(factor), "next": order[0] if order else "", "alpha": alpha,
            "scores": dict(zip(found.names, map(float, found.effects), strict=True))}  # fmt: skip


def _labelled(shop: Workshop, model: Model) -> tuple[Array, Array]:
    """Samples to fit to: their w [n, w_dim] and what the reader sees of them [n, codes]."""
    found = stand(shop, model, shop.scale.fitted, FIT)
    latents = np.concatenate([bases.latents[:, 0].numpy() for bases in found.drawn]).astype(np.float64)
    return latents, np.concatenate([see(shop.reader, bases.image).codes for bases in found.drawn])


def _chosen(shop: Workshop, model: Model, held: Ruler, names: list[str]) -> dict[str, Tensor]:
    """SeFa's best direction for each attribute."""
    choose = stand(shop, model, shop.scale.samples // 2, CHOOSE)
    candidates = []
    for layers in (layers_of(range(model.generator.num_ws)), *groups_of(model).values()):
        options = FinderOptions(layers, count=min(CANDIDATES, shop.scale.directions))
        for direction in shop.registry.finder("sefa").find(model.generator, model.fingerprint, options):
            offset = offset_of(direction, model)
            candidates.append(Candidate(offset, choose.moves(offset, choose.alpha_for(offset, LEVELS), held)))
    return {name: max(candidates, key=lambda c: c.moves.share(ATTRIBUTES[name].factor)).offset for name in names}


def _walks(shop: Workshop, model: Model, factors: list[str]) -> dict[str, Tensor]:
    """The straight walks of the edits that move one of these factors."""
    found = {}
    for edit, aim in AIMS.items():
        if aim.factor in factors:
            lesson = taught(shop, "stylegan2", model, edit)
            found[aim.factor] = lesson.walk.vectors[0].detach()
    return found


def picture(scores: dict[str, Any]) -> Any:
    """Each direction as a dot: how far its own factor goes, and how far all others do."""
    lines = {method: [(each["own"], each["others"]) for each in found.values()] for method, found in scores.items()}
    return Chart("g", "movement of the wanted factor, standard deviations", "movement of all others", lines,
                 dots=True).draw()
