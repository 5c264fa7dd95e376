"""Variants are documents to choose from: each differs by parts alone, follows its seed, and keeps what it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ganstudio.document.collage import Collage
from ganstudio.document.document import Document
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError, Shot
from ganstudio.render.variants import FILL, variants
from tests.models import TinyLibrary, tiny_document
from tests.regressors import ExactRegressor, TinySight, colour_part, quarters

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def draw() -> Renderer:
    return Renderer(TinyLibrary(), "cpu", sight=TinySight(ExactRegressor()))


def document(collage: Collage) -> Document:
    return replace(tiny_document(), collage=collage)


def test_fills_differ_where_nothing_lay_and_keep_the_parts(draw):
    found = list(variants(draw, document(quarters(RED)), 0.0, "fills", (1, 2, 3)))
    assert all((v.pixels[8, 8] == RED).all() for v in found)
    assert len({v.pixels[24, 24].tobytes() for v in found}) > 1
    assert [len(v.document.collage.parts) for v in found] == [2, 2, 2]
    assert found[0].document.collage.parts[0].id.startswith(FILL)


def test_another_fill_takes_the_place_of_the_one_before(draw):
    first = next(variants(draw, document(quarters(RED)), 0.0, "fills", (1,)))
    second = next(variants(draw, first.document, 0.0, "fills", (2,)))
    assert [p.id.startswith(FILL) for p in second.document.collage] == [True, False]


def test_the_same_seed_gives_the_same_variant_and_its_document_the_same_picture(draw):
    for kind in ("fills", "examples", "automatic"):
        one, other = (next(variants(draw, document(quarters(RED, GREEN)), 0.0, kind, (5,))) for _ in range(2))
        assert (one.pixels == other.pixels).all()
        assert (draw.render(Shot(one.document)).pixels == one.pixels).all()


def test_an_example_changes_its_region_alone(draw):
    base = document(quarters(RED, GREEN))
    found = next(variants(draw, base, 0.0, "examples", (4,), base.collage.parts[0].id))
    assert found.document.collage.parts[1] is base.collage.parts[1]
    assert found.document.collage.parts[0].picture.source.seed == 4
    assert (found.pixels[8, 24] == GREEN).all()
    assert (found.pixels[8, 8] != RED).any()


def test_an_automatic_collage_takes_every_region_from_another_picture(draw):
    base = document(quarters(RED, GREEN))
    found = next(variants(draw, base, 0.0, "automatic", (9,)))
    seeds = [p.picture.source.seed for p in found.document.collage]
    assert len(set(seeds)) == 2
    assert [p.mask.bounds for p in found.document.collage] == [(0, 0, 16, 16), (16, 0, 32, 16)]


def test_without_parts_an_automatic_collage_is_made_of_bands(draw):
    found = next(variants(draw, document(Collage()), 0.0, "automatic", (9,)))
    _, mask = draw.regression.composite(draw.model(found.document), found.document.collage, "cpu")
    assert len(found.document.collage.parts) == 3
    assert float(mask.min()) == 1


@pytest.mark.parametrize("kind", ["fills", "examples"])
def test_an_empty_canvas_has_no_variants_and_says_so(draw, kind):
    for collage in (Collage(), Collage((colour_part(RED, visible=False),))):
        with pytest.raises(RenderError, match="add one first"):
            next(variants(draw, document(collage), 0.0, kind, (1,)))


def test_class_and_truncation_are_those_on_screen(draw):
    flat = replace(document(quarters(RED)), latent=replace(tiny_document().latent, psi=0.0))
    found = next(variants(draw, flat, 0.0, "examples", (4,)))
    colours = found.document.collage.parts[0].picture.tiles.array()[8, 8]
    assert np.abs(colours.astype(int) - [140, 128, 115]).max() <= 1  # the mean of w, a quarter of it
