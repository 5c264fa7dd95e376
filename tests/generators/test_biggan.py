"""BigGAN and BigGAN-deep: what their condition vectors, statistics and factors are."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ganstudio.api import FinderOptions, Generator, TruncatesZ, layers_of, truncates
from ganstudio.document.latent import Base, Direction, Edit, Latent
from ganstudio.generators.biggan import BigGAN, BigGANConfig
from ganstudio.generators.biggan_deep import BigGANDeep
from ganstudio.generators.biggan_norms import stats_row
from ganstudio.registry import PluginRegistry
from ganstudio.render.latent import ws_of

SMALL = BigGANConfig((16, 16, 8, 8), (True, True, True), 16, 5, 8, attention=(2,))
DEEP = BigGANConfig((32, 16, 16, 8), (False, True, True), 6, 5, 8, "all", (1,), num_stats=51)


def made(config=SMALL, family=BigGAN):
    torch.manual_seed(0)
    generator = family(config)
    generator.initialise()
    with torch.no_grad():
        for name, tensor in [*generator.named_parameters(), *generator.named_buffers()]:
            if name.endswith("gamma"):
                tensor.fill_(0.5)
            elif name.endswith(("stored_mean", "output_norm.bias")):
                tensor.normal_(0, 0.1)
            elif name.endswith("stored_var"):
                tensor.uniform_(0.5, 1.5)
    return generator.eval()


def sefa_finder():
    return PluginRegistry(SimpleNamespace(load=None)).finder("sefa")


def labels(*weights):
    return torch.tensor([weights], dtype=torch.float32)


CASES = {"chunks": (SMALL, BigGAN), "deep": (DEEP, BigGANDeep),
         "flat": (replace(SMALL, z_use="first"), BigGAN),
         "unshared": (replace(SMALL, z_use="first", class_dim=0), BigGAN)}


@pytest.mark.parametrize("case", CASES)
def test_it_is_a_generator_that_draws_at_its_resolution(case):
    generator = made(*CASES[case])
    assert isinstance(generator, Generator)
    assert isinstance(generator, TruncatesZ)
    assert truncates(generator)
    ws = generator.map(generator.normalise(torch.randn(2, generator.z_dim)), torch.eye(5)[:2])
    assert ws.shape == (2, generator.num_ws, generator.w_dim)
    image = generator.synthesize(ws)
    assert image.shape == (2, 3, generator.resolution, generator.resolution)
    assert image.abs().max() <= 1
    assert [layer.resolution for layer in generator.layers][-1] == generator.resolution
    assert len(generator.layers) == generator.num_ws


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_flows_to_latents_and_classes(case):
    generator = made(*CASES[case]).requires_grad_(False)
    z, y = torch.randn(1, generator.z_dim, requires_grad=True), labels(0.5, 0.5, 0, 0, 0).requires_grad_()
    generator.synthesize(generator.map(generator.normalise(z), y)).square().sum().backward()
    for leaf in (z, y):
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()
        assert leaf.grad.abs().sum() > 0


@pytest.mark.parametrize("case", CASES)
def test_half_precision_draws_nearly_the_same_picture(case):
    generator = made(*CASES[case])
    with torch.no_grad():
        ws = generator.map(torch.randn(1, generator.z_dim), labels(1, 0, 0, 0, 0))
        full, half = generator.synthesize(ws), generator.synthesize(ws, dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    assert (full - half).square().mean().sqrt() < 0.05 * full.std()


def test_a_chunk_of_z_reaches_its_own_layer_only():
    generator = made()
    z, other = torch.randn(2, 1, 16)
    one, two = (generator.map(latent, labels(1, 0, 0, 0, 0)) for latent in (z, torch.cat([z[:, :8], other[:, 8:12],
                                                                                         z[:, 12:]], dim=1)))
    assert [bool(n) for n in (one != two).any(dim=2)[0]] == [False, False, True, False]
    assert torch.equal(one[0, 0, :4], z[0, :4])
    assert torch.equal(one[0, 1, :8], generator.shared.weight[0])
    assert torch.equal(one[0, 1, 8:], z[0, 4:8])


def test_class_weights_mix_embeddings():
    generator = made()
    shares = (1, 0), (0, 1), (0.3, 0.7)
    one, two, mixed = (generator.map(torch.zeros(1, 16), labels(a, b, 0, 0, 0)) for a, b in shares)
    assert torch.allclose(mixed, 0.3 * one + 0.7 * two, atol=1e-6)


def test_embeddings_of_its_own_a_batch_norm_takes_class_weights_for():
    generator = made(replace(SMALL, z_use="first", class_dim=0))
    gain, _ = generator.blocks[0].bn1.conditioned(labels(0, 0, 1, 0, 0))
    assert torch.allclose(gain[0], 1 + generator.blocks[0].bn1.gain.weight[:, 2])


# truncation


@pytest.mark.parametrize(("truncation", "row"), [
    (1.0, 50), (0.4, 20), (0.5, 25), (0.33, 16.5), (0.58, 28), (0.14, 8), (0.01, 0.5), (0.995, 49.25), (0.0, 0),
    (1.4, 50), (-1, 0),
])  # fmt: skip
def test_a_truncation_takes_the_published_programs_row(truncation, row):
    assert stats_row(truncation, 51) == pytest.approx(row, abs=1e-3)


def test_statistics_between_two_rows_are_mixed():
    norm = made(DEEP, BigGANDeep).blocks[0].bn1
    mean, _ = norm.statistics(torch.tensor([16.25, 50.0, 0.0]))
    table = norm.stored_mean
    assert torch.allclose(mean[0], 0.75 * table[16] + 0.25 * table[17], atol=1e-6)
    assert torch.equal(mean[1], table[50])
    assert torch.equal(mean[2], table[0])


def test_psi_scales_z_before_edits_and_chooses_the_statistics():
    generator = made(DEEP, BigGANDeep)
    base = Base(np.linspace(-1, 1, 6, dtype=np.float32), 0, np.eye(5, dtype=np.float32)[1])
    push = Direction("d", "d", "z", np.full(6, 0.5, np.float32), (), "f")
    ws = ws_of(generator, Latent(base, 0.4, edits=(Edit(push, 2.0),)))
    z = generator.normalise(torch.tensor(base.z)[None]) * 0.4 + 1.0
    assert torch.allclose(ws[0, 1, 8:14], z[0])
    assert torch.equal(ws[0, :, -1], torch.full((4,), 20.0))


def test_normal_numbers_become_truncated_normal_ones_where_statistics_are_of_those():
    z = torch.randn(20000, 6, generator=torch.Generator().manual_seed(1))
    cut = made(DEEP, BigGANDeep).normalise(z)
    assert cut.abs().max() <= 2
    assert torch.equal(cut.argsort(dim=0), z.argsort(dim=0))
    ratio = 2 * math.exp(-2) / (math.sqrt(2 * math.pi) * math.erf(math.sqrt(2)))
    assert float(cut.var()) == pytest.approx(1 - 2 * ratio, abs=0.01)  # the variance of that law
    assert torch.equal(made().normalise(z[:, :6].repeat(1, 3)[:, :16]), z[:, :6].repeat(1, 3)[:, :16])


def test_a_training_measures_its_statistics():
    generator = made()
    before = generator.blocks[1].bn1.stored_mean.clone()
    generator.train()
    image = generator(torch.randn(8, 16), torch.eye(5)[torch.arange(8) % 5])
    image.mean().backward()
    assert not torch.equal(generator.blocks[1].bn1.stored_mean, before)
    assert generator.shared.weight.grad is not None


# factors


def test_factors_of_a_chunked_model_are_those_of_its_chunks():
    generator = made()
    matrix = generator.factor_matrix([0, 2])
    assert matrix.shape == (16, 16 * 16 + 2 * (16 + 8))
    assert torch.equal(matrix[:4, :256], generator.linear.weight.T)
    assert not matrix[4:, :256].any()
    assert not matrix[:8, 256:].any()
    assert torch.equal(matrix[8:12, 256:272], generator.blocks[1].bn1.gain.weight[:, 8:].T)
    found = list(sefa_finder().find(generator, "f", FinderOptions(layers_of(range(4)), count=16)))
    chunks = {tuple(np.unique(np.nonzero(np.abs(d.vector) > 1e-5)[0] // 4)) for d in found}
    assert chunks == {(0,), (1,), (2,), (3,)}


def test_factors_of_a_deep_model_leave_the_class_out():
    generator = made(DEEP, BigGANDeep)
    matrix = generator.factor_matrix([1])
    assert matrix.shape == (6, 2 * (32 + 8 + 8 + 8))
    assert torch.equal(matrix[:, :32], generator.blocks[0].bn1.gain.weight[:, 8:].T)


def test_layers_that_take_nothing_of_z_have_no_factors():
    generator = made(replace(SMALL, z_use="first"))
    assert generator.factor_matrix([1, 2]).shape == (16, 0)
    with pytest.raises(ValueError, match="nothing"):
        list(sefa_finder().find(generator, "f", FinderOptions(layers_of([1]), count=2)))
    [direction] = sefa_finder().find(generator, "f", FinderOptions(layers_of([0]), count=1))
    assert direction.space == "z"


@pytest.mark.parametrize("change", [{"up": (True,)}, {"z_dim": 15}, {"attention": (9,)}, {"num_classes": 0}])
def test_a_config_that_does_not_hold_together_is_refused(change):
    with pytest.raises(ValueError, match=r"[.]$"):
        replace(SMALL, **change)


def test_the_deep_form_cannot_widen_nor_take_z_in_chunks():
    with pytest.raises(ValueError, match="widen"):
        BigGANDeep(replace(DEEP, channels=(8, 16, 16, 8)))
    with pytest.raises(ValueError, match="every layer"):
        BigGANDeep(SMALL)


@pytest.mark.parametrize(("side", "blocks"), [(32, 3), (64, 4), (128, 5), (256, 6), (512, 7)])
def test_the_published_widths_make_the_published_sides(side, blocks):
    config = BigGANConfig.published(side)
    assert (config.resolution, len(config.up)) == (side, blocks)
    assert config.attention == (() if side == 32 else (4,))
