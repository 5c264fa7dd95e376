"""The first StyleGAN: what the paper says it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from ganstudio.api import Generator, Movable, one_a_layer
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig, blur, fused_kernel


def small(**changes: Any) -> StyleGAN:
    torch.manual_seed(0)
    config = StyleGANConfig(**{"widths": (8, 8, 6), "z_dim": 10, "w_dim": 12, "mapping_layers": 2, "mapping_width": 9}
                            | changes)
    generator = StyleGAN(config).eval().requires_grad_(False)
    for number in range(config.num_ws):
        layer = generator.synthesis.layer(number)
        layer.bias.normal_()
        if config.noise:
            layer.noise_strength.normal_()
        if config.constant_input and number == 0:
            layer.const.normal_()
    return generator


def ws_of(generator, count=2):
    torch.manual_seed(1)
    return torch.randn(count, generator.num_ws, generator.w_dim)


def test_it_is_a_generator_in_the_sense_of_the_api():
    generator = small()
    assert isinstance(generator, Generator)
    assert not isinstance(generator, Movable)
    assert [(layer.name, layer.resolution) for layer in generator.layers[-2:]] == [("layer4", 16), ("layer5", 16)]
    assert generator.synthesize(ws_of(generator)).shape == (2, 3, 16, 16)


def test_the_published_widths():
    config = StyleGANConfig.published(1024)
    assert config.widths == (512, 512, 512, 512, 256, 128, 64, 32, 16)
    assert (config.resolution, config.num_ws) == (1024, 18)


def test_each_channel_gets_the_mean_and_spread_its_w_says():
    generator = small()
    layer, w = generator.synthesis.layer(3), torch.randn(2, 12)
    x = layer(torch.randn(2, 8, 8, 8), w)
    scale, shift = layer.style(w).chunk(2, dim=1)
    torch.testing.assert_close(x.mean(dim=(2, 3)), shift, rtol=0, atol=1e-4)
    torch.testing.assert_close(x.std(dim=(2, 3), correction=0), scale.abs(), rtol=1e-3, atol=1e-3)


def test_noise_none_draws_as_zero_strength_does_and_random_noise_differs():
    generator = small()
    ws = ws_of(generator)
    silent = generator.synthesize(ws, "none")
    assert (generator.synthesize(ws) - silent).abs().max() > 0.1
    assert (generator.synthesize(ws, "random") - generator.synthesize(ws, "random")).abs().max() > 0.1
    for number in range(generator.num_ws):
        generator.synthesis.layer(number).noise_strength.zero_()
    torch.testing.assert_close(generator.synthesize(ws), silent, rtol=0, atol=0)


def test_fusing_is_another_sum_only_from_its_side_on():
    plain, fused = small(fused_from=None), small(fused_from=16)
    fused.load_state_dict(plain.state_dict())
    ws = ws_of(plain)
    states = []
    for generator in (plain, fused):
        x = torch.empty(0)
        for number in range(5):
            x = generator.synthesis.layer(number)(x, ws[:, number])
            states.append(x)
    assert torch.equal(states[3], states[8])
    assert not torch.allclose(states[4], states[9], atol=0.01)


def test_a_fused_kernel_is_what_doubling_and_a_turned_kernel_give():
    weight, x = torch.randn(3, 2, 3, 3), torch.randn(1, 2, 5, 5)
    drawn = F.conv_transpose2d(x, fused_kernel(weight), stride=2, padding=1)
    wanted = F.conv2d(F.interpolate(x, scale_factor=2.0), weight.flip(2, 3), padding=1)
    torch.testing.assert_close(drawn, wanted, rtol=0, atol=1e-4)


def test_the_blur_keeps_the_side_and_the_mean():
    x = torch.ones(1, 2, 6, 6)
    drawn = blur(x, (0.25, 0.5, 0.25))
    assert drawn.shape == x.shape
    torch.testing.assert_close(drawn[:, :, 1:-1, 1:-1], x[:, :, 1:-1, 1:-1])


def test_a_network_that_still_grows_is_drawn_at_full_side():
    grown = small()
    ws = ws_of(grown)

    def at(lod):
        generator = small(lod=lod)
        generator.load_state_dict(grown.state_dict())
        return generator.synthesize(ws)

    assert torch.equal(at(1.0)[:, :, ::2, ::2], at(1.0)[:, :, 1::2, 1::2])
    torch.testing.assert_close(at(0.25), 0.75 * at(0.0) + 0.25 * at(1.0), rtol=0, atol=1e-5)
    torch.testing.assert_close(at(1.5), 0.5 * at(1.0) + 0.5 * at(2.0), rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="level of detail"):
        small(lod=2.5)
    with pytest.raises(ValueError, match="level of detail"):
        small(first_rgb=2, lod=0.5)


@pytest.mark.parametrize("changes", [{"constant_input": False}, {"noise_per_channel": True}, {"noise": False},
                                     {"num_classes": 3}, {"w_per_layer": True}, {"ending": "tanh"}, {"blur": ()},
                                     {"image_channels": 1}])
def test_every_kind_draws_and_gradients_reach_z(changes):
    generator = small(**changes)
    z = torch.randn(2, 10, requires_grad=True)
    labels = torch.eye(3)[:2] if changes.get("num_classes") else None
    ws = one_a_layer(generator, generator.map(z, labels))
    image = generator.synthesize(ws)
    image.square().mean().backward()
    assert image.shape == (2, changes.get("image_channels", 3), 16, 16)
    assert z.grad is not None
    assert (z.grad.abs().amax(dim=1) > 0).all()
    assert torch.lerp(generator.w_avg, ws, 0.5).shape == ws.shape


def test_what_sefa_factorises_is_the_style_of_scales_and_shifts():
    generator = small()
    assert generator.factor_matrix([0, 5]).shape == (12, 2 * 8 + 2 * 6)
    torch.testing.assert_close(generator.factor_matrix([5]), generator.synthesis.layer(5).style.weight.T)
