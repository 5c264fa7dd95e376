"""What belongs together in a picture of the model's own, by the activations inside the generator that drew it.

Activations of one layer that point the same way belong to one kind of thing (Collins et al., "Editing in Style", 2020):
spherical k-means groups them, and what a pixel is, is how near it is to each group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.checkpoints.native import LoadedModel
from ganstudio.document.collage import Collage, Part, Picture, part_of
from ganstudio.document.document import Document
from ganstudio.document.region import Floats
from ganstudio.generators.fast import exact_mode
from ganstudio.render.latent import ws_of
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Scene

FINEST, COARSEST = 128, 16
"""Sides of the layers that are looked at: coarser ones know no outlines, finer ones only texture."""
GROUPS, ROUNDS = 8, 20
SHARPNESS = 12.0
"""How quickly a pixel stops to belong to a group as its activations turn away from it."""
COLOUR = 0.6
"""How much colours count beside groups, so that outlines fall where the picture has them."""
SAME, LIKE = 3.0, 20.0
"""Levels, on average, by which a picture drawn again may differ: from a known latent, and from a regressed one."""


class GeneratorSegmenter:
    """Knows pictures that the open model drew, or could have drawn; asked on the worker.

    The latent of a picture is that of the document, with its own base or its seed's, else what the regressor finds for
    it. Only one from which the model draws this very picture (nearly, for a regressed one) is believed.
    """

    def __init__(self, renderer: Renderer, moment: Callable[[], tuple[Document, float]]) -> None:
        self._renderer, self._moment = renderer, moment

    def features(self, part: Part) -> Floats | None:
        """[h, w, c] how near each pixel is to each group of activations, and its colour; see `Segmenter`."""
        document, time = self._moment()
        model = self._renderer.model(document)
        if part.picture.size != (model.generator.resolution,) * 2 or part.picture.source.kind == "fill":
            return None
        for ws, limit in self._candidates(model, document, time, part.picture):
            image, layers = activations(model.generator, ws, document.look(time).noise)
            if layers and image.shape[1] == 3 and _difference(image, part.picture) <= limit:
                return _described(image, layers)
        return None

    def _candidates(self, model: LoadedModel, document: Document, time: float,
                    picture: Picture) -> Iterator[tuple[Tensor, float]]:
        """w+ [1, num_ws, w_dim] that may have drawn a picture, each with how far off it may be."""
        scene, mode = Scene.of(document, time), exact_mode(torch.device("cpu"))
        if picture.source.seed is not None:
            yield ws_of(model.generator, scene.look.of_seed(picture.source.seed)), SAME
        find = self._renderer.regression.find
        if picture.source.kind == "picture":
            found = find(model, scene.collage, scene.refinement, mode) if scene.collage else None
            yield ws_of(model.generator, scene.look, None if found is None else found.latent), SAME
        if self._renderer.regression.regressor_for(model) is not None:
            whole = find(model, Collage((part_of(picture),)), None, mode)
            if whole is not None:
                plain = scene.look.of_seed(0)
                yield ws_of(model.generator, plain, whole.latent), LIKE


def activations(generator: Any, ws: Tensor, noise: str = "const") -> tuple[Tensor, list[Tensor]]:
    """The image [1, 3, h, w] of w+ [1, num_ws, w_dim], and the last activations [1, c, s, s] of each side s that
    divides the picture's; none from a family whose layers reach beyond the picture."""
    seen: dict[int, Tensor] = {}

    def keep(_module: nn.Module, _given: object, made: object) -> None:
        if isinstance(made, Tensor) and made.ndim == 4 and made.shape[1] > 4 and made.shape[2] == made.shape[3]:
            seen[made.shape[2]] = made

    with torch.inference_mode(), _watched(generator, keep):
        image = generator.synthesize(ws, noise)
    sides = [s for s in sorted(seen) if COARSEST <= s <= FINEST and image.shape[2] % s == 0]
    return image, [seen[s].float() for s in sides]


@contextmanager
def _watched(generator: nn.Module, keep: Callable[[nn.Module, object, object], None]) -> Iterator[None]:
    hooks = [module.register_forward_hook(keep) for module in generator.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _difference(image: Tensor, picture: Picture) -> float:
    """Levels by which an image differs from a picture on average."""
    drawn = ((image[0].permute(1, 2, 0).float() + 1) * 127.5).clamp(0, 255).cpu().numpy()
    return float(np.abs(drawn - picture.tiles.array()).mean())


def _described(image: Tensor, layers: list[Tensor]) -> Floats:
    """[h, w, c] at the side of the finest layer."""
    side = max(layer.shape[2] for layer in layers)
    wide = [F.interpolate(_turned(layer), (side, side), mode="bilinear", align_corners=False) for layer in layers]
    points = F.normalize(torch.cat(wide, dim=1)[0].flatten(1).T, dim=1)
    belonging = torch.softmax(SHARPNESS * (points @ grouped(points, GROUPS).T), dim=1)
    colours = F.interpolate(image.float(), (side, side), mode="area")[0].flatten(1).T
    features: Floats = torch.cat([belonging, COLOUR / 2 * colours], dim=1).reshape(side, side, -1).numpy()
    return features


def _turned(layer: Tensor) -> Tensor:
    """Activations [1, c, s, s] as directions, in which every channel counts the same."""
    spread = layer.std(dim=(2, 3), keepdim=True).clamp(min=1e-6)
    return F.normalize((layer - layer.mean(dim=(2, 3), keepdim=True)) / spread, dim=1)


def grouped(points: Tensor, count: int) -> Tensor:
    """Centres [count, c] of unit length for unit points [n, c], by spherical k-means from points far apart."""
    centres = points[:1]
    while len(centres) < min(count, len(points)):
        nearest = (points @ centres.T).max(dim=1).values
        centres = torch.cat([centres, points[nearest.argmin()][None]])
    for _ in range(ROUNDS):
        owner = (points @ centres.T).argmax(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, owner, points)
        centres = torch.where(sums.norm(dim=1, keepdim=True) > 1e-6, F.normalize(sums, dim=1), centres)
    return centres
