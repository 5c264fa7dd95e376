"""MobileStyleGAN: the wavelet transform is the exact inverse, the fast form draws the same, gradients flow."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from ganstudio.api import Generator
from ganstudio.checkpoints.native import read_native, write_native
from ganstudio.generators import mobilestylegan_fast
from ganstudio.generators.fast import Mode
from ganstudio.generators.mobilestylegan import MobileStyleGAN, MobileStyleGANConfig, inverse_haar
from ganstudio.generators.mobilestylegan_fast import FastMobileStyleGAN, double, subband_order

CONFIG = MobileStyleGANConfig((16, 16, 8, 8, 8), z_dim=6, w_dim=10, mapping_layers=2)


@pytest.fixture
def generator():
    made = MobileStyleGAN(CONFIG).eval().requires_grad_(False)
    for name, tensor in made.state_dict().items():
        if name.endswith(("noise_const", "bias")):
            tensor.normal_(std=0.3)
    return made


@pytest.fixture
def ws(generator):
    return torch.randn(2, generator.num_ws, generator.w_dim)


def haar(image):
    """Wavelet analysis, written down apart from the code: averages, then three details an image channel."""
    a, b = image[:, :, 0::2, 0::2], image[:, :, 0::2, 1::2]
    c, d = image[:, :, 1::2, 0::2], image[:, :, 1::2, 1::2]
    details = torch.stack([a + b - c - d, a - b + c - d, a - b - c + d], dim=2)
    return torch.cat([a + b + c + d, details.flatten(1, 2)], dim=1) / 2


def test_the_transform_is_the_inverse_of_wavelet_analysis():
    image = torch.randn(2, 5, 6, 8)
    torch.testing.assert_close(inverse_haar(haar(image)), image)
    torch.testing.assert_close(haar(image).square().sum(), image.square().sum())


def test_the_fast_transform_is_twice_the_exact_one():
    x = torch.randn(2, 12, 4, 6)
    torch.testing.assert_close(double(x[:, subband_order(12)]), 2 * inverse_haar(x))


def test_it_is_a_generator(generator, ws):
    assert isinstance(generator, Generator)
    assert (generator.resolution, generator.num_ws, len(generator.layers)) == (128, 14, 14)
    assert [layer.name for layer in generator.layers][:4] == ["b4.conv1", "b8.up", "b8.conv1", "b8.conv2"]
    assert generator.layers[-1].resolution == 128
    assert generator.map(torch.randn(3, 6)).shape == (3, 10)
    assert generator.synthesize(ws).shape == (2, 3, 128, 128)


@pytest.mark.parametrize("noise", ["const", "none"])
def test_the_fast_form_draws_the_same(generator, ws, noise):
    fast = FastMobileStyleGAN(generator, Mode())
    torch.testing.assert_close(fast(ws, noise), generator.synthesize(ws, noise), rtol=1e-4, atol=1e-4)


def test_strips_draw_the_same(generator, ws, monkeypatch):
    monkeypatch.setattr(mobilestylegan_fast, "STRIP_BYTES", 2 * 64 * 8 * 4 * 3)
    fast = FastMobileStyleGAN(generator, Mode())
    torch.testing.assert_close(fast(ws), generator.synthesize(ws), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("first", [0, 1, 3, 4, 9, 13])
def test_layers_that_are_used_again_draw_the_same(generator, ws, first):
    fast, edited = FastMobileStyleGAN(generator, Mode()), ws[:1].clone()
    fast(ws[:1])
    edited[:, first:] += 0.5
    assert torch.equal(fast(edited), FastMobileStyleGAN(generator, Mode())(edited))
    assert torch.equal(fast(ws[:1], "none"), FastMobileStyleGAN(generator, Mode())(ws[:1], "none"))


def test_blocks_below_an_edit_are_not_drawn_again(generator, ws, monkeypatch):
    fast, edited, drawn = FastMobileStyleGAN(generator, Mode()), ws[:1].clone(), []
    fast(ws[:1])
    fast(ws[1:], remember=False)
    strips = mobilestylegan_fast.FastBlock.strips
    monkeypatch.setattr(mobilestylegan_fast.FastBlock, "strips", lambda self, x, w, noise: (
        drawn.append(2 * x.shape[2]), strips(self, x, w, noise))[1])
    edited[:, 7:] += 0.5
    fast(edited)
    assert drawn == [32, 64]


def test_bfloat16_is_close(generator, ws):
    image = FastMobileStyleGAN(generator, Mode(dtype=torch.bfloat16))(ws)
    exact = generator.synthesize(ws)
    assert (image - exact).square().mean() < 1e-3 * exact.square().mean()


def test_gradients_reach_w_and_z(generator):
    z = torch.randn(2, 6, requires_grad=True)
    w = generator.map(z)
    generator.synthesize(w[:, None].expand(-1, generator.num_ws, -1)).square().mean().backward()
    assert z.grad.abs().sum() > 0


def test_only_its_own_ws_move_a_layer(generator, ws):
    """A block's w changes the picture; the noise of each draw is fresh when asked for."""
    for index in range(generator.num_ws):
        edited = ws.clone()
        edited[:, index] += 1
        assert not torch.allclose(generator.synthesize(edited), generator.synthesize(ws))
    assert not torch.allclose(generator.synthesize(ws, "random"), generator.synthesize(ws, "random"))


def test_factor_matrix_has_a_row_for_each_number_of_w(generator):
    assert generator.factor_matrix(range(14)).shape == (10, 16 + (16 + 4 + 16) + (16 + 4 + 8) + 2 * (8 + 2 + 8) + 8)
    up = generator.factor_matrix([1])
    delta = torch.randn(10)
    moved = generator.synthesis.blocks[0].up.affine(delta) - generator.synthesis.blocks[0].up.affine.bias
    torch.testing.assert_close(delta @ up, moved)


def test_the_measured_mean_is_that_of_many_w(generator):
    generator.measure_w_avg()
    with torch.no_grad():
        other = generator.map(torch.randn(20_000, 6)).mean(0)
    assert F.mse_loss(generator.w_avg, other).sqrt() < 0.05 * generator.map(torch.randn(100, 6)).std()


def test_a_file_gives_it_back(generator, ws, tmp_path):
    write_native(tmp_path / "m.safetensors", generator, about={"name": "M"}, half=False)
    model = read_native(tmp_path / "m.safetensors")
    torch.testing.assert_close(model.generator.synthesize(ws), generator.synthesize(ws))


@pytest.mark.parametrize("channels", [(), (6, 8), (0, 8)])
def test_impossible_widths_are_refused(channels):
    with pytest.raises(ValueError, match="divide by four"):
        MobileStyleGANConfig(channels)
