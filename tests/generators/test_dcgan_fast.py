"""DCGAN as drawn on screen: the same pictures as the plain form, whatever the variant."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.generators import fast
from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.dcgan_fast import FastDCGAN
from ganstudio.generators.fast import Mode, exact_mode

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


def ws_of(generator, count=2):
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(1))
    return generator.map(z, torch.eye(2)[:count] if generator.num_classes else None)[:, None]


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_equals_the_plain_form(variant, onednn, monkeypatch):
    if not onednn:
        monkeypatch.setattr(fast, "has_onednn", lambda device: False)
    generator = made(**VARIANTS[variant])
    ws = ws_of(generator)
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    assert float((FastDCGAN(generator, exact_mode())(ws) - generator.synthesize(ws)).abs().max()) < 1e-4
    assert all(torch.equal(v, before[k]) for k, v in generator.state_dict().items())


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_precision_keeps_forty_decibels(variant):
    generator = made(**VARIANTS[variant])
    ws = ws_of(generator)
    error = (FastDCGAN(generator, HALF)(ws) - generator.synthesize(ws)).square().mean()
    assert 10 * math.log10(4 / float(error)) >= 40
