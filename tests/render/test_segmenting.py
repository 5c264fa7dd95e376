"""Smart cuts of the model's own pictures: by the activations that drew them, and only where those are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganstudio.document.collage import Picture, Source, part_of
from ganstudio.document.document import Document
from ganstudio.document.region import region
from ganstudio.render.renderer import Renderer, to_pixels
from ganstudio.render.segmenting import GeneratorSegmenter, activations, grouped
from tests.fakes import TinyGenerator
from tests.models import TinyLibrary, tiny_document

SIDE = 32


class Thing(nn.Module):
    """Activations that tell a disc from what is around it, though the same waves of grey run through both."""

    def forward(self, ws: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
        disc = (torch.hypot(x - 15.5, y - 15.5) < 8).float()
        waves = torch.sin(0.9 * x) * torch.sin(0.7 * y)
        return torch.stack([*(disc, 1 - disc) * 8, waves])[None] + 0 * ws.sum()


class Discs(TinyGenerator):
    """Draws waves; inside, there is a disc. The seed decides how bright they are."""

    def __init__(self) -> None:
        super().__init__()
        self.thing = Thing()

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        waves = self.thing(ws)[:, -1:]
        return (0.4 * waves + 0.3 * torch.tanh(ws[0, 0, 0])).expand(-1, 3, -1, -1)


def studio(generator: Any) -> tuple[GeneratorSegmenter, Document, Renderer]:
    library, document = TinyLibrary(generator), tiny_document()
    renderer = Renderer(library, "cpu")
    return GeneratorSegmenter(renderer, lambda: (document, 0.0)), document, renderer


def drawn(renderer: Renderer, document: Document, seed: int) -> Picture:
    (_, pixels), = renderer.pictures(document, [document.latent.of_seed(seed)], None, "exact")
    return Picture.of(pixels, Source("seed", "tiny", seed))


def test_the_thing_in_the_activations_is_found_where_colours_do_not_show_it() -> None:
    segmenter, document, renderer = studio(Discs())
    part = part_of(drawn(renderer, document, 5))
    features = segmenter.features(part)
    assert features is not None
    found = region(part, 15, 15, features).tiles.array() > 127
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    disc = np.hypot(x - 15.5, y - 15.5) < 8
    assert (found & disc).sum() / (found | disc).sum() > 0.8


@pytest.mark.parametrize("change", [
    lambda p: replace(p, source=Source("photo", "mine")),
    lambda p: Picture.of(255 - p.tiles.array(), p.source),
    lambda p: Picture.of(p.tiles.array()[:16], p.source),
], ids=["a photo", "other pixels", "another size"])
def test_pictures_that_the_model_did_not_draw_are_left_to_colours(change: Any) -> None:
    segmenter, document, renderer = studio(Discs())
    assert segmenter.features(part_of(change(drawn(renderer, document, 5)))) is None


def test_a_model_without_layers_to_look_into_is_left_to_colours() -> None:
    segmenter, document, renderer = studio(TinyGenerator())
    assert segmenter.features(part_of(drawn(renderer, document, 5))) is None


def test_looking_into_a_generator_leaves_nothing_in_it() -> None:
    generator = Discs()
    image, layers = activations(generator, torch.zeros(1, 4, 4))
    assert [layer.shape[2] for layer in layers] == [SIDE]
    assert np.array_equal(to_pixels(image), to_pixels(generator.synthesize(torch.zeros(1, 4, 4))))
    assert not any(module._forward_hooks for module in generator.modules())


def test_groups_are_directions_far_from_each_other() -> None:
    axes = torch.eye(4).repeat_interleave(25, dim=0)
    noise = 0.05 * torch.randn(100, 4, generator=torch.Generator().manual_seed(0))
    centres = grouped(torch.nn.functional.normalize(axes + noise, dim=1), 4)
    assert (centres @ torch.eye(4)).max(dim=1).values.min() > 0.99
    assert len(set((centres @ torch.eye(4)).argmax(dim=1).tolist())) == 4
