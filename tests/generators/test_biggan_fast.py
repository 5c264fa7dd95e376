"""The fast forms of BigGAN draw the plain form's picture, and begin at the layer that changed."""

from __future__ import annotations

import pytest
import torch

from ganstudio.generators import biggan_fast
from ganstudio.generators.biggan_fast import Enlarged, FastBigGAN, Folded, fold, interleave
from ganstudio.generators.fast import Mode
from ganstudio.render.synthesizers import make_drawer
from tests.comparing import psnr
from tests.generators.test_biggan import CASES, made


def sample(case, count=1, seed=1):
    """A generator, w+ for it, and its plain pictures."""
    generator = made(*CASES[case])
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        ws = generator.at_psi(generator.map(generator.normalise(z), torch.eye(5)[:count]), 0.43)
        return generator, ws, generator.synthesize(ws)


@pytest.fixture(params=[Enlarged, Folded], ids=lambda form: form.__name__)
def way_up(request, monkeypatch):
    monkeypatch.setattr(biggan_fast, "best_up", lambda device, dtype: request.param)


@pytest.mark.parametrize("styled_from", [0, 10**9], ids=["scaled kernels", "packed kernels"])
@pytest.mark.parametrize("case", CASES)
def test_float32_is_exact(case, styled_from, way_up, monkeypatch):
    monkeypatch.setattr(biggan_fast, "STYLED_FROM", styled_from)
    for count in (1, 3):
        generator, ws, plain = sample(case, count)
        assert (FastBigGAN(generator, Mode())(ws) - plain).abs().max() < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_bfloat16_is_within_forty_decibels(case, way_up):
    generator, ws, plain = sample(case)
    assert psnr(FastBigGAN(generator, Mode(dtype=torch.bfloat16))(ws), plain) > 40


@pytest.mark.parametrize("case", CASES)
def test_layers_below_a_change_are_used_again_and_the_picture_is_the_same(case, monkeypatch):
    generator, ws, _ = sample(case)
    fast, drawn = FastBigGAN(generator, Mode()), []
    stage = fast._stage
    monkeypatch.setattr(fast, "_stage", lambda number, *rest: drawn.append(number) or stage(number, *rest))
    fast(ws)
    moved = ws.clone()
    moved[:, 2, :4] += 0.5
    with torch.no_grad():
        assert (fast(moved) - generator.synthesize(moved)).abs().max() < 1e-5
    assert drawn == [*range(generator.num_ws), *range(2, generator.num_ws)]


def test_pictures_of_sheets_leave_the_memory_alone():
    generator, ws, plain = sample("chunks")
    fast = FastBigGAN(generator, Mode())
    fast(ws)
    fast(ws + 1, remember=False)
    assert (fast(ws) - plain).abs().max() < 1e-5


@pytest.mark.parametrize("case", ["chunks", "deep"])
def test_the_program_draws_with_it(case):
    generator, ws, plain = sample(case)
    image = make_drawer(generator, Mode())(ws, "const", None, True)
    assert (image - plain).abs().max() < 1e-5
    assert not torch.equal(image, plain)  # another order of sums: it is not the plain form


def test_folded_kernels_are_those_of_the_doubled_picture():
    x, weight = torch.randn(2, 3, 5, 7), torch.randn(4, 3, 3, 3)
    wanted = torch.nn.functional.conv2d(x.repeat_interleave(2, 2).repeat_interleave(2, 3), weight, padding=1)
    folded = torch.nn.functional.conv2d(x, fold(weight), padding=1)
    assert torch.allclose(interleave(folded), wanted, atol=1e-5)
