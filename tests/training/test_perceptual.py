"""Likeness: LPIPS where it is installed, else the eyes of what was trained with the model; it always says which."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganstudio.api import Model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.host import ModelHost
from ganstudio.training.factor_reader import FactorReader
from ganstudio.training.perceptual import LPIPS_SIDE, best_perceptual, pixels_at_scales
from ganstudio.training.resume import Progress, write_resume
from tests.fakes import TinyGenerator
from tests.models import write_stylegan2
from tests.training.tiny import tiny_training


@pytest.fixture(autouse=True)
def _no_lpips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lpips", None)


@pytest.fixture
def host(tmp_path: Path) -> ModelHost:
    """A host of one random model of 8 px, with no companions yet."""
    write_stylegan2(tmp_path / "birds.safetensors", side=8)
    return ModelHost(ModelLibrary((tmp_path,), ()))


def keep_discriminator(folder: Path) -> nn.Module:
    training = tiny_training()
    nn.init.constant_(training.discriminator.out.bias, 0.5)
    recipe = training.recipe.as_dict()
    write_resume(folder / "training/birds.safetensors", training.networks(), Progress(), recipe)
    return training.discriminator


def check(likeness: Any, side: int) -> None:
    """Nought for the same picture, above it for others, and a picture can be moved by it."""
    one, other = torch.rand(2, 3, side, side) * 2 - 1, (torch.rand(2, 3, side, side) * 2 - 1).requires_grad_()
    assert likeness(one, one.clone()).item() == pytest.approx(0, abs=1e-6)
    distance: Tensor = likeness(one, other)
    assert distance.shape == ()
    assert distance.item() > 0.01
    distance.backward()
    assert other.grad is not None
    assert other.grad.abs().max() > 0


def test_the_discriminator_kept_beside_a_model_judges(host: ModelHost, tmp_path: Path) -> None:
    kept = keep_discriminator(tmp_path)
    model = host.load_model("birds")
    assert model.discriminator is not None
    for (name, mine), theirs in zip(kept.named_parameters(), model.discriminator.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-3, msg=name)
        assert not theirs.requires_grad
    likeness = host.perceptual(model)
    assert likeness.name == "the features of the discriminator of Birds"
    check(likeness, 8)


def test_else_the_factor_reader_and_else_pixels(host: ModelHost, tmp_path: Path) -> None:
    likeness = host.perceptual(host.load_model("birds"))
    assert likeness.name.startswith("pixels at 4 sizes (LPIPS is not installed")
    check(likeness, 8)
    reader = {"reader": FactorReader(8)}
    write_resume(tmp_path / "training/birds-reader.safetensors", reader, Progress(), {"resolution": 8, "width": 0.5})
    likeness = host.perceptual(host.load_model("birds"))
    assert likeness.name == "the features of the factor reader"
    check(likeness, 8)


def test_companions_of_another_size_or_broken_ones_are_left_out(
    host: ModelHost, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_discriminator(tmp_path)
    write_stylegan2(tmp_path / "birds.safetensors", side=16)
    assert host.load_model("birds").discriminator is None
    with caplog.at_level(logging.WARNING):
        (tmp_path / "training/birds.safetensors").write_bytes(b"{}")
        assert host.load_model("birds").discriminator is None
    assert "cannot be read" in caplog.text


def test_lpips_comes_first_and_sees_at_most_its_own_side(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lpips(nn.Module):
        def __init__(self, net: str, verbose: bool) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, one: Tensor, other: Tensor) -> Tensor:
            assert one.shape[-1] == other.shape[-1] == LPIPS_SIDE
            return self.scale * (one - other).abs().mean(dim=(1, 2, 3), keepdim=True)

    monkeypatch.setitem(sys.modules, "lpips", SimpleNamespace(LPIPS=Lpips))
    likeness = best_perceptual(Model("tiny", "Tiny", TinyGenerator(), "f"))
    assert likeness.name == "LPIPS (VGG)"
    check(likeness, 2 * LPIPS_SIDE)


def test_an_lpips_without_its_weights_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(net: str, verbose: bool) -> nn.Module:
        raise OSError("no network")

    monkeypatch.setitem(sys.modules, "lpips", SimpleNamespace(LPIPS=offline))
    assert "pixels" in best_perceptual(Model("tiny", "Tiny", TinyGenerator(), "f")).name


def test_pixels_at_scales_mind_a_shift_less_than_another_colour() -> None:
    image = torch.zeros(1, 3, 16, 16)
    image[..., ::2] = 1.0
    assert pixels_at_scales(image, image.roll(1, dims=3)) < 0.5 * pixels_at_scales(image, image + 1)


def test_a_trainable_model_is_a_copy_of_its_own(host: ModelHost, tmp_path: Path) -> None:
    keep_discriminator(tmp_path)
    shared, own = host.load_model("birds"), host.load_model("birds", trainable=True)
    networks: list[Any] = [own.generator, own.discriminator]
    assert all(p.requires_grad for network in networks for p in network.parameters())
    frozen: Any = shared.generator
    assert not any(p.requires_grad for p in frozen.parameters())
    assert shared.fingerprint == own.fingerprint
    assert host.load_model(str(tmp_path / "birds.safetensors")).fingerprint == own.fingerprint
