"""StyleGAN2 as drawn on screen: the same pictures as the plain form, and no layer drawn twice for nothing."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import ganstudio.generators.stylegan2_fast as fast
from ganstudio.generators import compiled
from ganstudio.generators.compiled import CompiledFinish
from ganstudio.generators.fast import Mode, exact_mode, finish_eagerly
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config, fir_kernel
from ganstudio.generators.stylegan2_fast import FastConv, FastStyleGAN2, Folded, Transposed
from ganstudio.render.synthesizers import make_drawer
from tests.comparing import largest, psnr

HALF = Mode(dtype=torch.bfloat16)


def small(**changes: Any) -> StyleGAN2:
    """A generator of 32 px with noise, biases, and pictures of the usual contrast."""
    config = StyleGAN2Config(**{"channels": (32, 32, 24, 16), "z_dim": 32, "w_dim": 32, "mapping_layers": 3} | changes)
    generator = StyleGAN2(config).eval().requires_grad_(False)
    for conv in generator.synthesis.convolutions():
        conv.bias.normal_(std=0.3)
        if config.noise:
            conv.noise_strength.fill_(0.2)
    spread = generator.synthesize(ws_of(generator)).std()
    for block in generator.synthesis.blocks():
        if hasattr(block, "torgb"):
            block.torgb.weight.mul_(0.5 / spread)
    return generator


def ws_of(generator: StyleGAN2, count: int = 1) -> Tensor:
    """A different w for every layer."""
    return generator.map(torch.randn(count * generator.num_ws, generator.z_dim)).unflatten(0, (count, -1))


@pytest.fixture(params=["Transposed", "Folded"])
def up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to up-sample, whichever would win here."""
    monkeypatch.setattr(fast, "best_up", lambda *_: getattr(fast, request.param))


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("styled_from", [0, 2, 10**6], ids=["styled-kernels", "by-rule", "scaled-activations"])
@pytest.mark.parametrize("noise", ["const", "none"])
@pytest.mark.parametrize(
    "changes", [{}, {"noise": False}, {"conv_clamp": 0.6}, {"architecture": "orig"}, {"image_channels": 1},
                {"image_channels": 4}], ids=["usual", "noiseless", "clamped", "orig", "grey", "rgba"])
def test_float32_equals_the_plain_form(monkeypatch, styled_from, noise, changes):
    monkeypatch.setattr(fast, "STYLED_FROM", styled_from)
    generator = small(**changes)
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator, 3)
    plain = generator.synthesize(ws, noise)
    assert largest(form(ws, noise), plain) < 1e-4
    assert largest(form(ws[:1], noise), plain[:1]) < 1e-4


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("styled_from", [0, 10**6])
@pytest.mark.parametrize("exact_side", [0, 8])
def test_half_precision_keeps_forty_decibels(monkeypatch, styled_from, exact_side):
    monkeypatch.setattr(fast, "STYLED_FROM", styled_from)
    monkeypatch.setattr(fast, "EXACT_SIDE", exact_side)
    generator = small()
    ws = ws_of(generator)
    assert psnr(FastStyleGAN2(generator, HALF)(ws), generator.synthesize(ws)) >= 40


def test_pictures_are_float32_contiguous_and_not_differentiable():
    generator = small()
    image = FastStyleGAN2(generator, HALF)(ws_of(generator).requires_grad_())
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    assert not image.requires_grad


def test_folded_kernels_are_the_transposed_convolution_and_the_blur():
    weight, x = torch.randn(5, 3, 3, 3), torch.randn(2, 3, 6, 6)
    wide = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    blurred = F.conv2d(wide, fir_kernel(4.0).expand(5, 1, 4, 4), padding=1, groups=5)
    for form in (Folded, Transposed):
        linear = form(weight, 12, exact_mode())
        drawn = linear(x, linear.packed(torch.ones(5)), None, None)
        torch.testing.assert_close(drawn, blurred, rtol=1e-4, atol=1e-5)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[FastConv]:
    """Every convolution drawn, in order."""
    calls: list[FastConv] = []
    draw = FastConv.__call__

    def counting(self: FastConv, *args: Any) -> Tensor:
        calls.append(self)
        return draw(self, *args)

    monkeypatch.setattr(FastConv, "__call__", counting)
    return calls


def edited(ws: Tensor, first: int) -> Tensor:
    return torch.cat([ws[:, :first], ws[:, first:] + 0.5], dim=1)


@pytest.mark.parametrize("first", range(8))
def test_an_edit_draws_the_layers_from_the_first_changed_one_and_no_others(drawn, first):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    form(ws)
    drawn.clear()
    again = form(edited(ws, first))
    assert len(drawn) == 7 - first
    torch.testing.assert_close(again, FastStyleGAN2(generator, exact_mode())(edited(ws, first)), rtol=0, atol=0)


def test_the_same_look_again_draws_no_convolution(drawn):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    first = form(ws).clone()
    drawn.clear()
    assert torch.equal(form(ws.clone()), first)
    assert not drawn


def test_layers_are_remembered_by_value_even_when_the_tensor_is_written_to():
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    form(ws)
    ws[:, 3:] += 1
    assert largest(form(ws), generator.synthesize(ws)) < 1e-4


def test_another_noise_mode_draws_everything_anew(drawn):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    form(ws)
    drawn.clear()
    assert largest(form(ws, "none"), generator.synthesize(ws, "none")) < 1e-4
    assert len(drawn) == 7


def test_batches_and_strips_leave_the_remembered_layers_alone(drawn):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    form(ws)
    form(ws_of(generator, 2))
    form.preview(ws_of(generator), 16, remember=False)
    drawn.clear()
    assert largest(form(edited(ws, 6)), generator.synthesize(edited(ws, 6))) < 1e-4
    assert len(drawn) == 1


def test_memory_is_bounded(drawn):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode(), memory_bytes=20_000), ws_of(generator)
    form(ws)
    drawn.clear()
    assert largest(form(edited(ws, 6)), generator.synthesize(edited(ws, 6))) < 1e-4
    assert 1 < len(drawn) < 7


def test_a_preview_is_the_picture_of_the_lower_layers():
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    shorter = small(channels=(32, 32))
    shorter.load_state_dict({k: v for k, v in generator.state_dict().items() if k in shorter.state_dict()})
    preview = form.preview(ws, 8)
    assert preview.shape == (1, 3, 8, 8)
    assert largest(preview, shorter.synthesize(ws[:, :4])) < 1e-4


def test_where_the_last_block_alone_draws_colours_a_preview_is_the_whole_picture():
    generator = small(architecture="orig")
    ws = ws_of(generator)
    assert largest(FastStyleGAN2(generator, exact_mode()).preview(ws, 8), generator.synthesize(ws)) < 1e-4


@pytest.mark.parametrize("changes", [{"architecture": "resnet"}, {"taps": (0.5, 0.5)}, {"activation": "relu"},
                                     {"colour_taps": (0.5, 0.5)}, {"noise_per_channel": True}])
def test_rare_forms_are_left_to_the_plain_one(changes):
    generator = small(**changes)
    assert fast.has_fast_form(small().config)
    assert not fast.has_fast_form(generator.config)
    ws = ws_of(generator)
    drawn = make_drawer(generator, HALF)(ws, "const", 8, False)
    assert torch.equal(drawn, generator.synthesize(ws))


def test_a_full_picture_goes_on_from_its_preview(drawn):
    generator = small()
    form, ws = FastStyleGAN2(generator, exact_mode()), ws_of(generator)
    form.preview(ws, 16)
    below = len(drawn)
    assert largest(form(ws), generator.synthesize(ws)) < 1e-4
    assert below == 5
    assert len(drawn) == 7


def test_compiled_code_takes_over_when_it_is_ready():
    seen = []

    def kernel(rows: Tensor, noise: Tensor, limit: Tensor) -> None:
        seen.append(rows.shape)
        rows.copy_(F.leaky_relu(rows + noise, 0.2).clamp(-limit, limit))

    finish = CompiledFinish(lambda: kernel)
    x = torch.randn(1, 4, 3, 5).contiguous(memory_format=torch.channels_last)
    noise = torch.randn(1, 1, 3, 5)
    assert finish.wait()
    torch.testing.assert_close(finish(x.clone(), noise, 0.7), finish_eagerly(x.clone(), noise, 0.7))
    assert seen == [(15, 4)]
    for other in (torch.randn(2, 4, 3, 5), torch.randn(1, 4, 3, 5)):  # a batch; channels not last
        torch.testing.assert_close(finish(other.clone(), noise, None), finish_eagerly(other.clone(), noise, None))
    assert len(seen) == 1


def test_pictures_stay_eager_with_a_line_in_the_log_when_compiling_fails(monkeypatch, caplog):
    monkeypatch.setattr(compiled.sys, "executable", "/bin/false")
    monkeypatch.setenv("CXX", "c++")
    finish = CompiledFinish(lambda: compiled.load_kernel(torch.bfloat16))
    with caplog.at_level(logging.INFO):
        assert not finish.wait()
    assert "No compiled code" in caplog.text
    x = torch.randn(1, 4, 3, 5).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(finish(x.clone(), torch.ones(1, 1, 3, 5), None),
                               finish_eagerly(x.clone(), torch.ones(1, 1, 3, 5), None))


def test_without_a_compiler_none_is_tried(monkeypatch, caplog):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(compiled.shutil, "which", lambda _: None)
    with caplog.at_level(logging.INFO):
        assert compiled.load_kernel(torch.bfloat16) is None
    assert "no C++ compiler" in caplog.text


@pytest.mark.slow
@pytest.mark.timeout(1900)
def test_a_child_process_compiles_code_that_draws_the_same():
    finish = CompiledFinish(lambda: compiled.load_kernel(torch.bfloat16))
    assert finish.wait()
    assert compiled.kernel_path(torch.bfloat16).exists()
