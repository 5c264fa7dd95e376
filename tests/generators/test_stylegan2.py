"""The plain StyleGAN2: what the paper says it is. `checkpoints/formats` compares it with published programs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Generator
from ganstudio.checkpoints.native import read_native, write_native
from ganstudio.generators.stylegan2 import (
    StyleGAN2,
    StyleGAN2Config,
    fir_kernel,
    normalise_second_moment,
    upsample_image,
)


def small(**changes: Any) -> StyleGAN2:
    config = StyleGAN2Config(**{"channels": (16, 16, 12, 8), "z_dim": 16, "w_dim": 24, "mapping_layers": 3} | changes)
    generator = StyleGAN2(config).eval().requires_grad_(False)
    for conv in generator.synthesis.convolutions():
        conv.bias.normal_()
        if config.noise:
            conv.noise_strength.fill_(0.4)
    return generator


def ws_of(generator: StyleGAN2, count: int = 2) -> Tensor:
    """A different w for every layer."""
    return generator.map(torch.randn(count * generator.num_ws, generator.z_dim)).unflatten(0, (count, -1))


def test_it_is_a_generator_in_the_sense_of_the_api():
    generator = small()
    assert isinstance(generator, Generator)
    assert len(generator.layers) == generator.num_ws == 8
    assert [layer.name for layer in generator.layers[-3:]] == ["b32.conv0", "b32.conv1", "b32.torgb"]
    assert generator.synthesize(ws_of(generator)).shape == (2, 3, 32, 32)


def test_config_f_has_the_published_widths():
    config = StyleGAN2Config.config_f(1024)
    assert config.channels == (512, 512, 512, 512, 512, 256, 128, 64, 32)
    assert (config.resolution, config.num_ws) == (1024, 18)


def test_a_1024_model_factorises_seventeen_convolutions_and_the_last_to_rgb():
    generator = StyleGAN2(StyleGAN2Config(channels=(6, 6, 5, 5, 4, 4, 3, 3, 2), z_dim=8, w_dim=8, mapping_layers=1))
    assert generator.resolution == 1024
    assert len(generator.synthesis.convolutions()) == 17
    fans = [6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2]
    assert generator.factor_matrix(range(18)).shape == (8, sum(fans))
    last = generator.synthesis.b1024
    torch.testing.assert_close(generator.factor_matrix([17]), last.torgb.affine.weight.T)
    torch.testing.assert_close(generator.factor_matrix([0, 16])[:, 6:], last.conv1.affine.weight.T)


def test_z_and_the_embedded_label_are_normalised_separately():
    generator = small(num_classes=3)
    z, labels = torch.randn(2, 16), F.one_hot(torch.tensor([0, 2]), 3).float()
    w = generator.map(z, labels)
    torch.testing.assert_close(generator.map(z * 7, labels), w)
    joined = torch.cat([normalise_second_moment(z), normalise_second_moment(generator.mapping.embed(labels))], dim=1)
    first = generator.mapping.fc0
    assert first.weight.shape[1] == joined.shape[1] == 16 + 24
    for i in range(3):
        joined = F.leaky_relu(getattr(generator.mapping, f"fc{i}")(joined), 0.2) * 2**0.5
    torch.testing.assert_close(w, joined)
    assert not torch.allclose(w[0], generator.map(z, labels.flip(0))[0])


def test_noise_none_draws_as_zero_strength_does():
    generator = small()
    ws = ws_of(generator)
    silent = generator.synthesize(ws, "none")
    assert (generator.synthesize(ws) - silent).abs().max() > 0.1
    for conv in generator.synthesis.convolutions():
        conv.noise_strength.zero_()
    torch.testing.assert_close(generator.synthesize(ws), silent, rtol=0, atol=0)


def test_random_noise_differs_from_call_to_call():
    generator = small()
    ws = ws_of(generator)
    assert (generator.synthesize(ws, "random") - generator.synthesize(ws, "random")).abs().max() > 0.1


def test_scaling_activations_is_modulating_and_demodulating_weights():
    generator = small(noise=False)
    conv = generator.synthesis.b8.conv1
    x, w = torch.randn(1, 16, 8, 8), torch.randn(1, 24)
    weight = conv.weight * conv.affine(w)[0, :, None, None]
    weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
    drawn = F.leaky_relu(F.conv2d(x, weight, conv.bias, padding=1), 0.2) * 2**0.5
    torch.testing.assert_close(conv(x, w), drawn, rtol=1e-4, atol=1e-5)


def test_the_clamp_bounds_activations_and_colours():
    loose, tight = small(), small(conv_clamp=0.25)
    tight.load_state_dict(loose.state_dict())
    ws = ws_of(loose)
    assert loose.synthesize(ws).abs().max() > 1
    assert tight.synthesize(ws).abs().max() <= 0.25 * 4  # four blocks are summed


def test_colours_are_enlarged_through_the_published_filter():
    image = torch.randn(2, 3, 5, 5)
    stuffed = torch.zeros(2, 3, 10, 10)
    stuffed[:, :, ::2, ::2] = image
    kernel = fir_kernel(4.0).expand(3, 1, 4, 4)
    torch.testing.assert_close(upsample_image(image), F.conv2d(F.pad(stuffed, (2, 1, 2, 1)), kernel, groups=3))


def test_gradients_reach_the_latent():
    generator = small()
    ws = ws_of(generator).requires_grad_()
    generator.synthesize(ws).square().mean().backward()
    assert ws.grad is not None
    assert (ws.grad.abs().amax(dim=2) > 0).all()


FORMS: tuple[dict[str, Any], ...] = (
    {"architecture": "orig", "image_channels": 1}, {"architecture": "resnet", "conv_clamp": 2.0},
    {"taps": (0.5, 0.5)}, {"taps": (0.1, 0.2, 0.7), "colour_taps": (0.25, 0.5, 0.25)},
    {"taps": ((0.5, 0.1), (0.1, 0.3))}, {"activation": "swish", "mapping_activation": "tanh"},
    {"noise_per_channel": True}, {"image_channels": 4, "num_classes": 3, "embed_dim": 5, "mapping_width": 7},
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(form))
def test_every_form_is_drawn_and_differentiable_and_kept_in_a_file(tmp_path, form):
    generator = small(**form)
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again = read_native(tmp_path / "m.safetensors").generator
    assert again.config == generator.config
    labels = torch.eye(3)[:2] if generator.num_classes else None
    z = torch.randn(2, 16).requires_grad_()
    w = generator.map(z, labels)
    image = generator.synthesize(w[:, None].expand(-1, 8, -1))
    assert image.shape == (2, generator.config.image_channels, 32, 32)
    torch.testing.assert_close(again(z, labels), image)
    [gradient] = torch.autograd.grad(image.square().mean(), z)
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("form", [{}, *FORMS], ids=lambda form: "-".join(form) or "usual")
def test_half_precision_draws_nearly_the_same(form, dtype):
    generator = small(**{"conv_clamp": 256.0} | form)
    ws = torch.randn(1, 8, 24)
    exact = generator.synthesize(ws)
    half = generator.synthesis(ws, dtype=dtype)
    assert half.dtype == torch.float32
    assert (half - exact).abs().max() < 0.05 * exact.abs().max()


def test_a_filter_is_turned_as_a_convolution_turns_it():
    """Zeros between the pixels, zeros around, and the filter the other way round."""
    taps, image = (0.1, 0.2, 0.7), torch.randn(1, 1, 4, 4)
    stuffed = torch.zeros(1, 1, 8, 8)
    stuffed[:, :, ::2, ::2] = image
    row = torch.tensor(taps).flip(0)
    drawn = F.conv2d(F.pad(stuffed, (2, 0, 2, 0)), torch.outer(row, row)[None, None] * 4)
    torch.testing.assert_close(upsample_image(image, taps), drawn)


def test_up_sampling_a_flat_picture_with_an_odd_filter_leaves_its_middle_flat():
    flat = upsample_image(torch.ones(1, 1, 8, 8), (0.25, 0.5, 0.25))
    torch.testing.assert_close(flat[:, :, 3:-3, 3:-3], torch.ones(1, 1, 10, 10))


def test_noise_a_channel_is_a_number_times_a_map():
    generator = small(noise_per_channel=True)
    conv = generator.synthesis.b8.conv1
    assert conv.noise_const.shape == (16, 1, 1)
    assert conv.noise_strength.shape == (8, 8)
    assert conv.noise("random", 2).shape == (2, 16, 1, 1)
    ws = torch.randn(1, 8, 24)
    assert (generator.synthesize(ws) - generator.synthesize(ws, "none")).abs().max() > 0.1


def test_a_label_may_join_z_before_both_are_normalised():
    generator = small(num_classes=3, joint_label=True)
    z, labels = torch.randn(2, 16), torch.eye(3)[:2]
    x = normalise_second_moment(torch.cat([z, generator.mapping.embed(labels)], dim=1))
    for i in range(3):
        x = F.leaky_relu(getattr(generator.mapping, f"fc{i}")(x), 0.2) * 2**0.5
    torch.testing.assert_close(generator.map(z, labels), x)
    assert not torch.allclose(generator.map(z * 7, labels), x)
