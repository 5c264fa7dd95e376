"""DCGAN as drawn on screen: the same pictures as the plain form, whatever the variant."""

from __future__ import annotations

import pytest
import torch

from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.dcgan_fast import FastDCGAN
from ganstudio.generators.fast import Mode
from tests.comparing import psnr
from tests.generators.fast_forms import check_equals_the_plain_form, ws_of

HALF = Mode(dtype=torch.bfloat16)
VARIANTS = {
    "published": {}, "biased": {"bias": True}, "open": {"ending": "none"}, "grey": {"image_channels": 1},
    "small start": {"start": 3, "kernel": 2}, "large kernels": {"kernel": 6}, "with classes": {"num_classes": 2},
}  # fmt: skip


def made(**changes):
    """A generator whose normalisation has something to do, and pictures of the usual contrast."""
    torch.manual_seed(0)
    generator = DCGAN(DCGANConfig(**{"widths": (40, 24, 16, 16), "z_dim": 12} | changes)).requires_grad_(False)
    for conv in generator.convolutions:
        conv.weight.normal_(std=0.2)
        if conv.bias is not None:
            conv.bias.normal_(std=0.3)
    for norm in generator.norms:
        norm.bias.normal_(std=0.3)
        norm.weight.uniform_(0.5, 1.5)
    generator.measure_statistics(2, 16)
    spread = generator.main[:-1](torch.randn(4, generator.w_dim, 1, 1)).std()
    generator.convolutions[-1].weight.mul_(0.5 / spread)
    return generator.eval()


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_equals_the_plain_form(variant, onednn, monkeypatch):
    check_equals_the_plain_form(FastDCGAN, made(**VARIANTS[variant]), onednn, monkeypatch)


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_precision_keeps_forty_decibels(variant):
    generator = made(**VARIANTS[variant])
    ws = ws_of(generator)
    assert psnr(FastDCGAN(generator, HALF)(ws), generator.synthesize(ws)) >= 40
