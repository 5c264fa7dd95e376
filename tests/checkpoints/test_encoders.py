"""An encoder of latent-composition is brought in for one model and answers what the original network answered."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.api import Model
from ganstudio.checkpoints.encoders import import_encoder, is_encoder
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import read_content, read_foreign
from ganstudio.checkpoints.regressor_files import regressor_file
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.registry import PluginRegistry
from tests.checkpoints.fixture_folder import checkpoint, reference, small

CASES = {
    "latent-composition-encoder/pgan16": lambda: ProGAN(ProGANConfig((8, 8, 8), z_dim=12)),
    "latent-composition-encoder/sgan8": lambda: StyleGAN2(StyleGAN2Config((8, 8), z_dim=6, w_dim=6)),
}


def model_of(name, folder):
    torch.manual_seed(0)
    write_native(folder / "mine.safetensors", CASES[name](), about={"name": "Mine"})
    return read_native(folder / "mine.safetensors")


def opened(path, model):
    """The regressor as the program opens it: by the plugin."""
    reader = PluginRegistry(models=None).regressors()["regressor"]
    return reader.read(path, Model("mine", model.info.name, model.generator, model.fingerprint))


@pytest.mark.parametrize("name", CASES)
def test_what_comes_back_is_what_the_original_network_answered(name, tmp_path):
    model, ref = model_of(name, tmp_path), {k: torch.tensor(v) for k, v in reference(small(name)).items()}
    path = import_encoder(checkpoint(small(name)), model, tmp_path)
    assert regressor_file(model.info.path, model.fingerprint, ()) == path
    regressor = opened(path, model)
    latent = regressor.regress(ref["image"], ref["mask"])
    assert latent.shape == ref["latent"].shape
    assert float((latent - ref["latent"]).abs().max()) < 1e-4
    hidden = torch.where(ref["mask"] > 0, ref["image"], math.nan)
    assert torch.equal(regressor.regress(hidden, ref["mask"]), latent)
    half = regressor.prepared(torch.device("cpu"), torch.bfloat16).regress(ref["image"], ref["mask"])
    assert half.dtype == torch.float32
    assert float((half - latent).square().mean().sqrt() / latent.std()) < 0.05


@pytest.mark.parametrize("name", CASES)
def test_an_encoder_that_tells_its_uncertainty_answers_the_mean(name, tmp_path):
    model = model_of(name, tmp_path)
    content = read_content(checkpoint(small(name)))
    state = dict(content.tree["state_dict"])
    for key in [k for k in state if k.startswith(("fc.", "layer5.", "module.fc.", "module.layer5."))]:
        state[key] = torch.cat([torch.randn_like(state[key]), state[key]])
    ref = {k: torch.tensor(v) for k, v in reference(small(name)).items()}
    torch.save({"state_dict": state}, tmp_path / "vae.pth")
    latent = opened(import_encoder(tmp_path / "vae.pth", model, tmp_path), model).regress(ref["image"], ref["mask"])
    assert float((latent - ref["latent"]).abs().max()) < 1e-4


def test_a_wrong_answer_on_pooling_is_another_network(tmp_path):
    name = "latent-composition-encoder/pgan16"
    model, ref = model_of(name, tmp_path), {k: torch.tensor(v) for k, v in reference(small(name)).items()}
    path = import_encoder(checkpoint(small(name)), model, tmp_path, {"halfsize": False})
    assert not torch.allclose(opened(path, model).regress(ref["image"], ref["mask"]), ref["latent"], atol=1e-2)


def test_an_encoder_of_another_kind_of_model_is_refused(tmp_path):
    names = list(CASES)
    with pytest.raises(ModelError, match="is an encoder, not a model"):
        read_foreign(checkpoint(small(names[0])))
    for name, other in zip(names, reversed(names), strict=True):
        with pytest.raises(ModelError, match="made for another model"):
            import_encoder(checkpoint(small(name)), model_of(other, tmp_path), tmp_path)
    assert not (tmp_path / "regressors").exists()


@pytest.mark.parametrize("damage", ["nan", "colours", "head", "no bias", "no body", "generator", "thin", "more"])
def test_damage_is_told_in_one_sentence(damage, tmp_path):
    name = "latent-composition-encoder/pgan16"
    model, content = model_of(name, tmp_path), read_content(checkpoint(small(name)))
    assert is_encoder(content)
    state = dict(content.tree["state_dict"])
    changes = {
        "nan": {"bn1.bias": state["bn1.bias"] * math.nan}, "colours": {"conv1.weight": state["conv1.weight"][:, :2]},
        "thin": {"layer3.1.conv2.weight": state["layer3.1.conv2.weight"][:-1]}, "more": {"extra.weight": torch.ones(1)},
        "head": {"fc.weight": state["fc.weight"].flatten()}, "no bias": {"fc.bias": None},
        "no body": {"layer2.0.bn1.weight": None}, "generator": {"conv1.weight": None},
    }  # fmt: skip
    state = {k: v for k, v in (state | changes[damage]).items() if v is not None}
    torch.save({"state_dict": state}, tmp_path / "broken.pth")
    with pytest.raises(ModelError) as told:
        import_encoder(tmp_path / "broken.pth", model, tmp_path)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "regressors").exists()
