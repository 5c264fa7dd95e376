"""The plain StyleGAN3: what the paper says of its filters, its input and its layers."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from ganstudio.api import Generator, Movable, TruncatesZ
from ganstudio.generators.filtered import filtered_lrelu, stuff
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.generators.stylegan3 import StyleGAN3
from tests.checkpoints.fixture_folder import checkpoint, fixtures
from tests.generators.stylegan3_design import low_pass, published


def small(kind="t") -> StyleGAN3:
    return published(kind, 16, channel_base=64, channel_max=6)


def ws_of(generator: StyleGAN3, count=1):
    """A different w for every layer."""
    torch.manual_seed(3)
    return generator.map(torch.randn(count * generator.num_ws, generator.z_dim)).unflatten(0, (count, -1))


@pytest.mark.parametrize("kind", ["t", "r"])
def test_it_is_a_movable_generator_in_the_sense_of_the_api(kind):
    generator = small(kind)
    assert isinstance(generator, Generator)
    assert isinstance(generator, Movable)
    assert not isinstance(generator, TruncatesZ)
    assert not isinstance(StyleGAN2(StyleGAN2Config((4, 4), z_dim=4, w_dim=4)), Movable)
    assert len(generator.layers) == generator.num_ws == 16
    assert [layer.name for layer in generator.layers][::15] == ["input", "L14_16_3"]
    assert generator.synthesize(ws_of(generator)).shape == (1, 3, 16, 16)


@pytest.mark.parametrize("kind", ["t", "r"])
def test_the_published_rules_give_the_published_sizes_and_filters(kind):
    from ganstudio.checkpoints.opening import read_foreign

    theirs = read_foreign(checkpoint(fixtures(f"nv-stylegan3/{kind}_uncond64"))).generator
    ours = published(kind, 64, channel_base=512 if kind == "t" else 256, channel_max=24 if kind == "t" else 16)
    assert ours.config.layers == theirs.config.layers
    for a, b in zip(ours.synthesis.stages(), theirs.synthesis.stages(), strict=True):
        for name in ("up_filter", "down_filter"):
            wanted = getattr(b, name)
            assert (getattr(a, name) is None) == (wanted is None)
            assert wanted is None or torch.allclose(getattr(a, name), wanted, rtol=0, atol=1e-6)


def test_up_and_down_is_one_filter_where_nothing_bends():
    """Slope 1: zeros, filter, filter, drop, written out as sums."""
    x, up_filter, down_filter = torch.randn(1, 1, 7, 7), torch.randn(5), torch.randn(4)
    padding = (3, 2, 1, 4)
    drawn = filtered_lrelu(x, up_filter, down_filter, up=3, down=2, padding=padding, gain=1.0, slope=1.0, clamp=None)
    rows, columns = [torch.zeros(drawn.shape[d], 7) for d in (2, 3)]
    for matrix, before in ((rows, padding[2]), (columns, padding[0])):
        for out, source in ((o, i) for o in range(len(matrix)) for i in range(7)):
            for j, a in enumerate(up_filter.flip(0)):
                for k, b in enumerate(down_filter.flip(0)):
                    matrix[out, source] += a * b * 3 * (2 * out + k + j - before == 3 * source)
    torch.testing.assert_close(drawn[0, 0], rows @ x[0, 0] @ columns.T, rtol=1e-4, atol=1e-4)


def test_what_is_bent_is_clamped_and_scaled_at_the_higher_rate():
    x = torch.randn(1, 2, 6, 6)
    drawn = filtered_lrelu(x, None, None, up=1, down=1, padding=(0, 0, 0, 0), gain=2.0, slope=0.5, clamp=1.0)
    torch.testing.assert_close(drawn, (F.leaky_relu(x, 0.5) * 2).clamp(-1, 1))
    assert float(stuff(x, 2)[:, :, 1::2].abs().sum()) == 0


def test_a_filter_passes_what_is_slow_and_stops_what_is_fast():
    taps, at = low_pass(12, 8.0, 8.6, 64.0), torch.arange(12) / 64
    slow, fast = ((taps * torch.exp(2j * math.pi * f * at)).sum().abs() for f in (1.0, 26.0))
    assert float(slow) > 0.9
    assert float(fast) < 0.02


def test_the_input_moves_right_down_and_clockwise():
    """Exactly, by whole pixels of the first canvas and by a quarter turn."""
    start = small().synthesis.input
    w = torch.randn(1, start.affine.weight.shape[1])
    still = start(w)
    moved = start(w, torch.tensor([[2 / start.rate, 0.0, 0.0]]))
    torch.testing.assert_close(moved[..., 2:], still[..., :-2], rtol=0, atol=1e-4)
    moved = start(w, torch.tensor([[0.0, 3 / start.rate, 0.0]]))
    torch.testing.assert_close(moved[:, :, 3:], still[:, :, :-3], rtol=0, atol=1e-4)
    turned = start(w, torch.tensor([[0.0, 0.0, 90.0]]))
    torch.testing.assert_close(turned, still.rot90(-1, (2, 3)), rtol=0, atol=1e-4)


def test_it_turns_about_its_centre_and_then_moves():
    start = small().synthesis.input
    w = torch.randn(1, start.affine.weight.shape[1])
    both = start(w, torch.tensor([[1 / start.rate, 0.0, 90.0]]))
    torch.testing.assert_close(both[..., 1:], start(w).rot90(-1, (2, 3))[..., :-1], rtol=0, atol=1e-4)


def test_each_picture_of_a_batch_has_its_own_move_and_no_neighbour_changes_it():
    generator = small()
    ws, moves = ws_of(generator, 2), torch.tensor([[0.1, 0.0, 10.0], [0.0, 0.2, -5.0]])
    together = generator.synthesize_moved(ws, moves)
    alone = torch.cat([generator.synthesize_moved(ws[i:i + 1], moves[i:i + 1]) for i in range(2)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    torch.testing.assert_close(generator.synthesize_moved(ws, torch.zeros(1, 3)), generator.synthesize(ws))


def test_noise_changes_nothing():
    generator = small()
    ws = ws_of(generator)
    assert torch.equal(generator.synthesize(ws, "none"), generator.synthesize(ws, "const"))


def test_gradients_reach_the_latent_and_the_movement():
    generator = small()
    ws, move = ws_of(generator).requires_grad_(), torch.zeros(1, 3, requires_grad=True)
    generator.synthesize_moved(ws, move).square().mean().backward()
    assert ws.grad is not None
    assert move.grad is not None
    assert (ws.grad.abs().amax(dim=2) > 0).all()
    assert (move.grad.abs() > 0).all()


def test_half_precision_draws_nearly_the_same():
    generator = small()
    ws = ws_of(generator)
    exact, half = generator.synthesize(ws), generator.synthesis(ws, dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    assert float((half - exact).abs().max()) < 0.1 * float(exact.std()) * 4


def test_what_sefa_factorises_is_each_layers_style_and_the_inputs_four_numbers():
    generator = small()
    shapes = generator.config.layers
    assert generator.factor_matrix([0]).shape == (512, 4)
    assert generator.factor_matrix(range(16)).shape == (512, 4 + sum(s.in_channels for s in shapes))
    torch.testing.assert_close(generator.factor_matrix([15]), generator.synthesis.L14_16_3.affine.weight.T)
