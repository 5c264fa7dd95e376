"""The fast StyleGAN draws what the plain one draws, whole or from where a look first differs."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.generators.fast import Mode
from ganstudio.generators.stylegan_fast import FastStyleGAN
from tests.generators.test_stylegan import small, ws_of

KINDS = [{}, {"fused_from": 8}, {"constant_input": False}, {"noise_per_channel": True}, {"noise": False}, {"blur": ()},
         {"blur": (0.5, 0.5)}, {"lod": 0.3}, {"lod": 1.0}, {"lod": 1.5, "ending": "tanh"}, {"slope": 0.0}]


@pytest.mark.parametrize("changes", KINDS)
def test_it_draws_what_the_plain_form_draws(changes):
    generator = small(**changes)
    ws, fast = ws_of(generator), FastStyleGAN(generator, Mode())
    for noise in ("const", "none"):
        wanted = generator.synthesize(ws, noise)
        torch.testing.assert_close(fast(ws, noise), wanted, rtol=0, atol=1e-4)
        torch.testing.assert_close(fast(ws[:1], noise), wanted[:1], rtol=0, atol=1e-4)


@pytest.mark.parametrize("changes", KINDS)
@pytest.mark.parametrize("layer", [1, 3, 4, 5])
def test_a_change_from_some_layer_on_is_drawn_from_there(changes, layer):
    generator = small(**changes)
    ws, fast = ws_of(generator, 1), FastStyleGAN(generator, Mode())
    fast(ws)
    ws[:, layer:] += 0.5
    torch.testing.assert_close(fast(ws), generator.synthesize(ws), rtol=0, atol=1e-4)
    torch.testing.assert_close(fast(ws), generator.synthesize(ws), rtol=0, atol=1e-4)


def test_layers_below_the_first_change_are_drawn_once():
    generator = small()
    ws, fast = ws_of(generator, 1), FastStyleGAN(generator, Mode())
    fast(ws)
    calls = []
    for number, layer in enumerate(fast._layers):
        fast._layers[number] = lambda *args, layer=layer, number=number: (calls.append(number), layer(*args))[1]
    ws[:, 4:] += 1
    fast(ws)
    assert calls == [4, 5]


def test_half_precision_is_near():
    generator = small()
    ws = ws_of(generator)
    exact = generator.synthesize(ws)
    error = float((FastStyleGAN(generator, Mode(dtype=torch.bfloat16))(ws) - exact).square().mean())
    assert 10 * math.log10(16 * float(exact.var()) / error) > 40
