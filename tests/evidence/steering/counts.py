"""How many of SeFa's directions change a picture, and how many mean something: the paper's table by layer group.

People counted in the paper. Here a direction is visible when the pictures change by at least VISIBLE levels at the ends
of its slider, and semantic when, of the factors that can be read, it moves mainly one: at least LEAST of that factor's
standard deviations in the data, with at least MAINLY of all movement (by squares).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ganstudio.api import FinderOptions, Layers, Model, layers_of, parse_layers
from tests.evidence.frame import Experiment, Figures, Place
from tests.evidence.steering.plots import Chart
from tests.evidence.steering.pushing import Stand, offset_of, stand
from tests.evidence.steering.readings import Ruler, ruler
from tests.evidence.steering.statistics import is_semantic
from tests.evidence.steering.workshop import Scale, Workshop, workshop

FAMILIES = ("stylegan2", "progan", "dcgan", "biggan")
GROUPS = {"bottom": "bottom", "middle": "middle", "top": "top"}
VISIBLE = 5.0
LEAST, MAINLY = 0.25, 0.5
SERIES = 1


def experiments(scale: Scale) -> list[Experiment]:
    """`f-FAMILY`."""
    return [Experiment(f"f-{family}", f"SeFa's directions that are seen and that mean something, {family}",
                       partial(measure, scale, family)) for family in FAMILIES]  # fmt: skip


def groups_of(model: Model) -> dict[str, Layers]:
    """The paper's layer groups; where directions lie in z there is one."""
    generator = model.generator
    if generator.space != "w":
        return {"all": layers_of(range(generator.num_ws))}
    return {name: parse_layers(text, generator.num_ws) for name, text in GROUPS.items()}


def measure(scale: Scale, family: str, place: Place) -> Figures:
    """Every direction of every group."""
    shop = workshop(place.scratch, scale)
    path = shop.model_file(family)
    model, held = shop.load(path), ruler(shop.reader, scale.data)
    pictures = stand(shop, model, scale.samples // 4, SERIES)
    found = {name: group(shop, model, held, pictures, layers) for name, layers in groups_of(model).items()}
    lines = {name: list(enumerate(each["change"])) for name, each in found.items()}
    place.picture(f"f-{family}", Chart(family, "direction", "change at the slider's ends, levels", lines).draw())
    return {"model": shop.told(path), "legible": {n: round(held.legible[n], 2) for n in held.names}, "groups": found}


def group(shop: Workshop, model: Model, held: Ruler, pictures: Stand, layers: Layers) -> dict[str, Any]:
    """The first directions of one group: how much each changes, what it moves mainly and by how much."""
    options = FinderOptions(layers, count=shop.scale.directions)
    change, main, share, semantic = [], [], [], []
    for direction in shop.registry.finder("sefa").find(model.generator, model.fingerprint, options):
        offset, alpha = offset_of(direction, model), direction.reach[1]
        seen = pictures.moves(offset, alpha, held)
        change.append(round(pictures.change(offset, alpha), 2))
        main.append(seen.main)
        share.append(round(seen.share(seen.main), 3))
        semantic.append(change[-1] >= VISIBLE and is_semantic(seen, LEAST, MAINLY))
    return {"count": len(change), "visible": sum(c >= VISIBLE for c in change), "semantic": sum(semantic),
            "factors": sorted({name for name, counts in zip(main, semantic, strict=True) if counts}),
            "change": change, "main": main, "share": share}  # fmt: skip
