"""ProGAN as drawn on screen: the same pictures as the plain form, whatever the variant."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.generators import progan_fast
from ganstudio.generators.fast import Mode, exact_mode
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.progan_fast import FastProGAN, doubled, normalise_
from tests.comparing import psnr
from tests.generators.fast_forms import check_equals_the_plain_form, ws_of

HALF = Mode(dtype=torch.bfloat16)
VARIANTS = {
    "published": {}, "zoo": {"bias_scaled": True, "bias_per_pixel": True, "first_gain": 4 * math.sqrt(2),
                             "rgb_gain": math.sqrt(2), "ending": "tanh"},
    "growing": {"lod": 0.4}, "half grown": {"lod": 1.0}, "between": {"lod": 1.3}, "hard": {"ending": "hardtanh"},
    "not normalised": {"pixel_norm": False, "normalise_latents": False}, "relu": {"slope": 0.0},
    "grey, with classes": {"image_channels": 1, "num_classes": 2}, "not equalised": {"equalised": False},
}  # fmt: skip


def made(**changes):
    """A generator of 64 px with biases, and pictures of the usual contrast."""
    torch.manual_seed(0)
    generator = ProGAN(ProGANConfig(**{"widths": (40, 32, 24, 16, 16), "z_dim": 12} | changes))
    generator = generator.eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("bias"):
            parameter.normal_(std=0.3)
    spread = generator.synthesize(ws_of(generator)).std()
    for k in range(len(generator.config.widths)):
        generator.output(k).weight.mul_(0.5 / spread)
        generator.output(k).bias.mul_(0.5 / spread)
    return generator


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_equals_the_plain_form(variant, onednn, monkeypatch):
    check_equals_the_plain_form(FastProGAN, made(**VARIANTS[variant]), onednn, monkeypatch)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("exact_side", [2, 16])
def test_half_precision_keeps_forty_decibels(variant, exact_side, monkeypatch):
    monkeypatch.setattr(progan_fast, "EXACT_SIDE", exact_side)
    generator = made(**VARIANTS[variant])
    ws = ws_of(generator)
    image = FastProGAN(generator, HALF)(ws)
    assert image.dtype == torch.float32
    assert psnr(image, generator.synthesize(ws)) >= 40


def test_repeating_pixels_and_convolving_is_one_transposed_convolution():
    weight, x = torch.randn(4, 3, 3, 3), torch.randn(2, 3, 5, 7)
    wide = torch.nn.functional.interpolate(x, scale_factor=2.0)
    wanted = torch.nn.functional.conv2d(wide, weight, padding=1)
    found = torch.nn.functional.conv_transpose2d(x, doubled(weight), stride=2, padding=1)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channels", [16, 40])
def test_pixels_are_normalised_in_half_precision_too(channels):
    x = torch.randn(2, channels, 6, 5).to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
    square = normalise_(x.clone(memory_format=torch.preserve_format), 1e-8).float().square().mean(dim=1)
    assert float((square - 1).abs().max()) < 0.02


def test_pictures_do_not_depend_on_those_before():
    generator = made()
    form, ws = FastProGAN(generator, exact_mode()), ws_of(generator)
    first = form(ws[:1])
    form(ws[1:])
    assert torch.equal(form(ws[:1]), first)
