"""The frames of a document are its moments in the order its loop mode shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganstudio.render.renderer import Renderer
from ganstudio.render.sequence import frames, moments
from tests.models import TinyLibrary, tiny_document


def reds(loop, fps=4.0, count=None):
    document = tiny_document(seconds=1.0)
    document = replace(document, sequence=replace(document.sequence, loop=loop))
    times = moments(document, fps, count)
    return [int(f.pixels[0, 0, 0]) for f in frames(Renderer(TinyLibrary()), document, times)]


def test_once_shows_both_ends():
    assert reds("once") == [128, 159, 191, 223, 255]


def test_a_loop_leaves_out_the_end_that_the_next_pass_begins_with():
    assert reds("loop") == [128, 159, 191, 223]


def test_ping_pong_comes_back_without_showing_an_end_twice():
    assert reds("ping-pong", fps=2.0) == [128, 191, 255, 191]


@pytest.mark.parametrize("loop", ["once", "loop", "ping-pong"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_count_is_kept_whatever_the_rate(loop, count):
    assert len(reds(loop, 24.0, count)) == count


def test_a_document_without_keys_is_one_picture_or_so_many_as_asked_for():
    assert moments(tiny_document(), 24.0) == (0.0,)
    assert moments(tiny_document(), 24.0, 3) == (0.0, 0.0, 0.0)


def test_frames_are_drawn_only_when_they_are_asked_for():
    library = TinyLibrary()
    steps = frames(Renderer(library), tiny_document(seconds=1.0), (0.0, 0.5, 1.0), 16)
    assert library.model.generator.calls == 0
    assert next(steps).pixels.shape == (16, 16, 3)
    assert library.model.generator.calls == 1
