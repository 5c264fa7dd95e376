"""Parts on the canvas become the picture: composited, regressed, edited and synthesized, or a sentence says why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganstudio.document.collage import Collage, Placement
from ganstudio.document.document import Document
from ganstudio.document.latent import Base, Direction, base_from_ws
from ganstudio.document.refinement import Refinement
from ganstudio.document.sequence import Key, Sequence, Track
from ganstudio.render.latent import ws_of
from ganstudio.render.renderer import NOTHING_SHOWN, Renderer
from ganstudio.render.shot import RenderError, Shot
from tests.fakes import TinyGenerator
from tests.models import TINY, TinyLibrary, tiny_direction, tiny_document
from tests.regressors import ExactRegressor, TinySight, colour_part, quarters

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
GREY = [128, 128, 128]


def corners(pixels: np.ndarray) -> list[list[int]]:
    """The colours of the four quarters."""
    return [pixels[y, x].tolist() for y in (8, 24) for x in (8, 24)]


def renderer(regressor: object = None, generator: object = None) -> Renderer:
    return Renderer(TinyLibrary(generator), "cpu", sight=TinySight(regressor))


def with_collage(collage: Collage, **latent: object) -> Document:
    return replace(tiny_document(**latent), collage=collage)


def test_parts_come_back_as_the_picture_of_their_latent():
    document = with_collage(quarters(RED, GREEN, BLUE))
    frame = renderer(ExactRegressor()).render(Shot(document))
    assert corners(frame.pixels) == [[255, 0, 0], [0, 255, 0], [0, 0, 255], GREY]
    assert frame.notes == ()


def test_sliders_add_on_top_of_a_collage():
    look = tiny_document().latent.with_direction(tiny_direction(), 4.0)
    document = replace(with_collage(quarters(GREEN, GREEN, GREEN, GREEN)), latent=look)
    frame = renderer(ExactRegressor()).render(Shot(document))
    assert corners(frame.pixels) == [[128, 255, 0]] * 4


def test_truncation_leaves_a_collage_alone():
    """The mean of w is no grey, so that truncation would show."""
    document = with_collage(quarters(RED, GREEN), psi=0.2)
    full = with_collage(quarters(RED, GREEN), psi=1.0)
    draw = renderer(ExactRegressor())
    assert (draw.render(Shot(document)).pixels == draw.render(Shot(full)).pixels).all()


def test_sliders_of_z_rest_on_a_collage_and_a_note_says_so():
    z = Direction("test:z", "z", "z", np.eye(4, dtype=np.float32)[0], (), TINY.fingerprint)
    document = with_collage(quarters(GREEN, GREEN, GREEN, GREEN))
    document = replace(document, latent=document.latent.with_direction(z, 2.0))
    frame = renderer(ExactRegressor()).render(Shot(document))
    assert corners(frame.pixels) == [[0, 255, 0]] * 4
    assert any("Sliders that move z" in note for note in frame.notes)
    assert renderer().render(Shot(replace(document, collage=Collage()))).notes == ()


def test_a_regressor_that_answers_in_z_takes_edits_of_z():
    z = Direction("test:z", "z", "z", np.eye(4, dtype=np.float32)[0], (), TINY.fingerprint)
    look = tiny_document().latent.with_direction(z, 1.0)
    ws = ws_of(TinyGenerator(), look, torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    assert ws[0, 0].tolist() == [4.0, 0.0, 0.0, 0.0]  # the tiny mapping doubles


def test_an_empty_canvas_and_hidden_parts_leave_the_plain_picture():
    plain = renderer().render(Shot(tiny_document())).pixels
    hidden = Collage((colour_part(RED, visible=False), colour_part(RED, opacity=0.0), colour_part(RED, (0, 0, 0, 0))))
    for collage in (Collage(), hidden):
        draw = renderer(ExactRegressor()).render(Shot(with_collage(collage)))
        assert (draw.pixels == plain).all()
    assert draw.notes == (NOTHING_SHOWN,)


def test_a_part_off_the_canvas_counts_for_nothing_and_a_note_says_so():
    away = Collage((colour_part(RED, placement=Placement(x=9.0)),))
    frame = renderer(ExactRegressor()).render(Shot(with_collage(away)))
    assert (frame.pixels == renderer().render(Shot(tiny_document())).pixels).all()
    assert frame.notes == (NOTHING_SHOWN,)


def test_little_cover_is_noted():
    document = with_collage(Collage((colour_part(RED, (0, 0, 8, 8)),)))
    frame = renderer(ExactRegressor()).render(Shot(document))
    assert frame.notes[0].startswith("6% of the picture is covered")


def test_without_a_regressor_there_is_a_sentence_and_no_wrong_picture():
    with pytest.raises(RenderError, match=r"Tiny has no regressor.* train one, or have this collage projected"):
        renderer().render(Shot(with_collage(quarters(RED))))
    with pytest.raises(RenderError, match="no regressor"):
        Renderer(TinyLibrary(), "cpu").render(Shot(with_collage(quarters(RED))))


def test_a_regressor_of_another_model_is_refused_in_its_readers_words():
    broken = renderer(ValueError("“a.safetensors” belongs to other weights (Cats), not to this Tiny."))
    with pytest.raises(RenderError, match="belongs to other weights"):
        broken.render(Shot(with_collage(quarters(RED))))


def test_a_refinement_steps_from_the_guess_as_far_as_its_amount():
    collage = quarters(GREEN, GREEN, GREEN, GREEN)
    offset = np.zeros((4, 4), np.float32)
    offset[0, 0] = 8.0
    draw = renderer(ExactRegressor())
    for amount, red in ((0.0, 0), (0.5, 128), (1.0, 255)):
        document = replace(with_collage(collage), refinement=Refinement(offset, collage.key, amount))
        assert corners(draw.render(Shot(document)).pixels)[0] == [red, 255, 0]


def test_without_a_regressor_a_projected_collage_is_drawn_until_parts_move():
    """Its offset counts from the mean of w, [0.4, 0, -0.4]."""
    collage = quarters(RED)
    offset = np.tile(np.array([3.6, 0, 0.4, 0], np.float32), (4, 1))
    document = replace(with_collage(collage), refinement=Refinement(offset, collage.key))
    assert corners(renderer().render(Shot(document)).pixels) == [[255, 128, 128]] * 4
    moved = Collage((replace(collage.parts[0], placement=Placement(x=0.6)),))
    with pytest.raises(RenderError, match="have changed since they were projected"):
        renderer().render(Shot(replace(document, collage=moved)))


def test_a_refinement_of_another_latent_space_is_a_sentence():
    collage = quarters(RED)
    document = replace(with_collage(collage), refinement=Refinement(np.zeros(7, np.float32), collage.key))
    with pytest.raises(RenderError, match="another latent space"):
        renderer(ExactRegressor()).render(Shot(document))


def test_keys_move_parts():
    part = colour_part(RED, (0, 0, 16, 16))
    sequence = Sequence((Track(f"part:{part.id}:x", (Key(0.0, 0.5, "linear"), Key(1.0, 1.0))),))
    document = replace(with_collage(Collage((part,))), sequence=sequence)
    draw = renderer(ExactRegressor())
    assert corners(draw.render(Shot(document, 0.0)).pixels)[:2] == [[255, 0, 0], GREY]
    assert corners(draw.render(Shot(document, 1.0)).pixels)[:2] == [GREY, [255, 0, 0]]


def test_a_collage_that_stays_is_regressed_once():
    regressor = ExactRegressor()
    draw = renderer(regressor)
    document = with_collage(quarters(RED))
    draw.render(Shot(document))
    draw.render(Shot(replace(document, latent=document.latent.with_direction(tiny_direction(), 1.0))))
    assert regressor.calls == 1
    draw.render(Shot(with_collage(quarters(BLUE))))
    assert regressor.calls == 2


def test_a_base_in_w_is_drawn_as_it_is_and_edits_add_to_it():
    red = base_from_ws(np.tile(np.array([4, -4, -4, 0], np.float32), (4, 1)), 4)
    look = replace(tiny_document(psi=0.3).latent, base=red)
    draw = renderer()
    document = replace(tiny_document(), latent=look)
    assert (draw.render(Shot(document)).pixels == [255, 0, 0]).all()
    edited = replace(document, latent=look.with_direction(tiny_direction(), -4.0))
    assert (draw.render(Shot(edited)).pixels == [128, 0, 0]).all()


def test_a_drawn_base_fades_into_one_in_w():
    red = base_from_ws(np.tile(np.array([4, -4, -4, 0], np.float32), (4, 1)), 4)
    half = Base(np.zeros(4, np.float32)).mix(red, 0.5)
    document = replace(tiny_document(), latent=replace(tiny_document().latent, base=half))
    assert (renderer().render(Shot(document)).pixels == [191, 64, 64]).all()


def test_a_base_in_w_of_another_model_is_a_sentence():
    other = base_from_ws(np.zeros((7, 4), np.float32), 4)
    document = replace(tiny_document(), latent=replace(tiny_document().latent, base=other))
    with pytest.raises(RenderError, match="latent of other layers"):
        renderer().render(Shot(document))
