"""Sliders of the input move the whole picture, in models whose input can be moved, and say so elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ganstudio.document.file import ProjectError, read_project, write_project
from ganstudio.document.movement import movements
from ganstudio.generators.fast import Mode
from ganstudio.render.movement import transform_of
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError, Shot
from ganstudio.render.synthesizers import make_drawer, moved
from tests.fakes import TinyGenerator
from tests.generators.stylegan3_design import published
from tests.models import TINY, TinyLibrary, tiny_document

RIGHT, DOWN, TURN = movements(TINY.fingerprint)


class Sliding(TinyGenerator):
    """Rolls its picture by whole pixels."""

    def synthesize_moved(self, ws: Tensor, transform: Tensor) -> Tensor:
        right, down = (int(n) for n in (transform[0, :2] * self.resolution).round())
        return self.synthesize(ws).roll((down, right), (2, 3))


def coloured(**alphas: float):
    """A document of four coloured quarters with the three sliders."""
    document = tiny_document()
    look = replace(document.latent, base=replace(document.latent.base, z=np.array([2, 0, -2, 0], np.float32)))
    for direction in (RIGHT, DOWN, TURN):
        look = look.with_direction(direction, alphas.get(direction.id.removeprefix("input:"), 0.0))
    return replace(document, latent=look)


def test_a_slider_counts_percent_of_the_side_or_degrees_and_edits_add_up():
    look = coloured(x=25, y=-50, turn=30).latent
    transform = transform_of(Sliding(), look)
    assert transform is not None
    assert transform.tolist() == [pytest.approx([0.25, -0.5, 30])]
    twice = look.with_direction(replace(RIGHT, id="input:again"), 10.0)
    again = transform_of(Sliding(), twice)
    assert again is not None
    assert again[0, 0] == pytest.approx(0.35)
    assert transform_of(Sliding(), coloured().latent) is None


def test_the_renderer_draws_the_picture_where_the_sliders_say():
    library = TinyLibrary(Sliding())
    still, shifted = (Renderer(library).render(Shot(d)).pixels for d in (coloured(), coloured(x=25, y=50)))
    assert np.array_equal(shifted, np.roll(still, (16, 8), (0, 1)))


def test_a_sequence_moves_the_picture():
    library, document = TinyLibrary(Sliding()), coloured(x=50)
    sequence = document.sequence.with_look(0.0, coloured().latent, "linear").with_look(1.0, document.latent)
    look = replace(document, sequence=sequence).look(0.5)
    transform = transform_of(library.model.generator, look)
    assert transform is not None
    assert transform[0, 0] == pytest.approx(0.25)


def test_a_model_that_stays_where_it_is_says_so():
    with pytest.raises(RenderError, match="stays where it is"):
        Renderer(TinyLibrary()).render(Shot(coloured(x=1)))
    assert Renderer(TinyLibrary()).render(Shot(coloured())).pixels.shape == (32, 32, 3)


def test_a_vector_of_another_size_is_told():
    look = coloured(x=1).latent.with_direction(replace(RIGHT, vector=np.ones(4, np.float32)))
    with pytest.raises(ValueError, match="moving a picture takes"):
        transform_of(Sliding(), look)


def test_sliders_of_the_input_are_saved_with_the_project(tmp_path):
    write_project(tmp_path / "a.gans", coloured(x=12.5, turn=-90))
    look = read_project(tmp_path / "a.gans").latent
    assert [(e.direction.space, e.alpha) for e in look.edits] == [("input", 12.5), ("input", 0), ("input", -90)]
    assert look.edits[0].direction.vector.tolist() == RIGHT.vector.tolist()
    wrong = replace(RIGHT, vector=np.ones(4, np.float32))
    with pytest.raises(ProjectError, match="three numbers"):
        write_project(tmp_path / "b.gans", replace(coloured(), latent=coloured().latent.with_direction(wrong)))


def test_stylegan3_is_drawn_moved_by_its_fast_form_and_by_the_plain_one():
    generator = published("t", 16, channel_base=64, channel_max=6)
    ws, move = generator.map(torch.randn(1, 512))[:, None].repeat(1, 16, 1), torch.tensor([[0.1, 0.2, 30.0]])
    drawer = make_drawer(generator, Mode())
    torch.testing.assert_close(moved(drawer, move)(ws, "const", None, False), generator.synthesize_moved(ws, move),
                               rtol=0, atol=1e-4)
    still = moved(drawer, None)(ws, "const", None, True)
    torch.testing.assert_close(still, generator.synthesize(ws), rtol=0, atol=1e-4)
