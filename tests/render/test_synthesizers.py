"""Every family draws through its fast form, which looks like its plain one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganstudio.api import one_a_layer
from ganstudio.generators.biggan import BigGAN, BigGANConfig
from ganstudio.generators.biggan_deep import BigGANDeep
from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.fast import exact_mode
from ganstudio.generators.mobilestylegan import MobileStyleGAN, MobileStyleGANConfig
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.render.precision import best_mode
from ganstudio.render.synthesizers import FAST, make_drawer
from tests.fakes import TinyGenerator
from tests.generators.stylegan3_design import published


def _lively(generator: StyleGAN) -> StyleGAN:
    """With a constant that is not the same everywhere: instance norm would only enlarge rounding errors of that."""
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("const"):
                parameter.normal_()
    return generator


GENERATORS = {
    "stylegan2": lambda: StyleGAN2(StyleGAN2Config((8, 8, 8, 8), z_dim=8, w_dim=8, mapping_layers=2)),
    "mobilestylegan": lambda: MobileStyleGAN(MobileStyleGANConfig((16, 16, 8), z_dim=8, w_dim=8, mapping_layers=2)),
    "progan": lambda: ProGAN(ProGANConfig((16, 16, 8, 8), z_dim=8)),
    "dcgan": lambda: DCGAN(DCGANConfig((16, 8, 8), z_dim=8)),
    "biggan": lambda: BigGAN(BigGANConfig((16, 16, 8, 8), (True,) * 3, 16, 5, 8, attention=(2,))),
    "biggan_deep": lambda: BigGANDeep(BigGANConfig((32, 16, 8), (True, True), 6, 5, 8, "all", num_stats=51)),
    "stylegan": lambda: _lively(StyleGAN(StyleGANConfig((8, 8, 8), 8, 8, mapping_layers=2, mapping_width=8))),
    "stylegan3": lambda: published("t", 32, channel_base=512, channel_max=8),
    "tiny": TinyGenerator,
}


def test_every_family_with_a_fast_form_is_tested_here():
    assert set(FAST) <= set(GENERATORS)


@pytest.mark.parametrize("family", GENERATORS)
@pytest.mark.parametrize("make_mode", [exact_mode, best_mode])
def test_the_form_that_draws_agrees_with_the_plain_one(family, make_mode):
    cpu = torch.device("cpu")
    generator, mode = GENERATORS[family]().eval(), make_mode(cpu)
    with torch.inference_mode():
        ws = one_a_layer(generator, generator.map(torch.randn(1, generator.z_dim)))
        drawn = make_drawer(generator, mode)(ws, "const", None, True)
        plain = generator.synthesize(ws, "const")
    assert drawn.shape == plain.shape
    error = float((drawn - plain).square().mean() / plain.square().mean())
    assert error < (1e-8 if mode.dtype == torch.float32 else 1e-3)
    assert np.isfinite(error)
