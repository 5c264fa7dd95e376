"""The fast StyleGAN3 draws what the plain one draws, whole or from where a look first differs."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.checkpoints.opening import read_foreign
from ganstudio.generators.fast import Mode
from ganstudio.generators.stylegan3_fast import FastStyleGAN3, Polyphase
from tests.checkpoints.fixture_folder import checkpoint, small

NAMES = ("t16", "r16", "other32")
MOVE = torch.tensor([[0.1, -0.2, 30.0]])


def opened(name="t16"):
    generator = read_foreign(checkpoint(small(f"nvidia-stylegan3/{name}"))).generator
    torch.manual_seed(0)
    return generator, generator.map(torch.randn(2 * generator.num_ws, 16),
                                    torch.ones(2 * generator.num_ws, 3) if generator.num_classes else None
                                    ).unflatten(0, (2, -1))


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_what_the_plain_form_draws(name):
    generator, ws = opened(name)
    fast = FastStyleGAN3(generator, Mode())
    torch.testing.assert_close(fast(ws), generator.synthesize(ws), rtol=0, atol=1e-5)
    moved = generator.synthesize_moved(ws[:1], MOVE)
    torch.testing.assert_close(fast(ws[:1], transform=MOVE), moved, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_near(name):
    generator, ws = opened(name)
    exact = generator.synthesize(ws)
    error = float((FastStyleGAN3(generator, Mode(dtype=torch.bfloat16))(ws) - exact).square().mean())
    assert 10 * math.log10(16 * float(exact.var()) / error) > 40


def test_layers_below_the_first_change_are_drawn_once():
    generator, ws = opened()
    fast = FastStyleGAN3(generator, Mode())
    fast(ws[:1])
    calls = []
    for number, layer in enumerate(fast._layers):
        fast._layers[number] = lambda x, w, layer=layer, number=number: (calls.append(number), layer(x, w))[1]
    changed = ws[:1].clone()
    changed[:, 4:] += 0.5
    torch.testing.assert_close(fast(changed), generator.synthesize(changed), rtol=0, atol=1e-5)
    assert calls == [3, 4]


def test_what_is_remembered_is_of_the_place_the_picture_was_at():
    generator, ws = opened()
    fast = FastStyleGAN3(generator, Mode())
    for move in (None, MOVE, None, -MOVE):
        wanted = generator.synthesize(ws[:1]) if move is None else generator.synthesize_moved(ws[:1], move)
        torch.testing.assert_close(fast(ws[:1], transform=move), wanted, rtol=0, atol=1e-5)


def test_a_sheet_leaves_what_is_remembered_alone():
    generator, ws = opened()
    fast = FastStyleGAN3(generator, Mode())
    fast(ws[:1])
    kept = fast._memory.recall(ws[:1], "")
    fast(ws[1:], remember=False)
    assert len(kept) == len(fast._memory.recall(ws[:1], "")) == generator.num_ws


@pytest.mark.parametrize(("up", "padding", "taps"), [(2, (9, 8), 12), (4, (-6, -9), 24), (2, (-11, -12), 12),
                                                     (1, (0, 0), 1), (3, (5, -4), 7), (4, (3, 14), 5)])
def test_short_filters_are_the_long_one_over_stuffed_zeros(up, padding, taps):
    side, filter_ = 24, torch.randn(taps)
    x = torch.randn(1, 3, side, side)
    polyphase = Polyphase(filter_, up, side, padding, Mode())
    stuffed = torch.zeros(1, 3, side, side * up)
    stuffed[..., ::up] = x
    stuffed = torch.nn.functional.pad(stuffed, padding)
    wanted = torch.nn.functional.conv2d(stuffed, filter_.expand(3, 1, 1, -1), groups=3)
    drawn = polyphase.wide(x, torch.ones(3))[..., :polyphase.length]
    torch.testing.assert_close(drawn, wanted, rtol=0, atol=1e-4)
    drawn = polyphase.tall(x.transpose(2, 3), 3, None)[:, :, :polyphase.length]
    torch.testing.assert_close(drawn.transpose(2, 3), wanted, rtol=0, atol=1e-4)
