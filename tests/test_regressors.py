"""Which regressor belongs to a model: by fingerprint, from beside it or from the user's folder; others are refused."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganstudio import cli
from ganstudio.api import Model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.document.collage import Collage
from ganstudio.document.file import write_project
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError, Shot
from tests.models import write_stylegan2
from tests.regressors import colour_part


def write_regressor(path: Path, library: ModelLibrary, model_id: str, *, seed: int = 0) -> Path:
    """An encoder with random answers, as the plugin's training would write it."""
    PluginRegistry(library).regressors()
    plugin = {n: sys.modules[f"ganstudio_plugins.regressor.{n}"] for n in ("encoder", "files")}
    loaded = library.load(model_id)
    generator = loaded.generator
    torch.manual_seed(seed)
    encoder = plugin["encoder"].Encoder(plugin["encoder"].EncoderConfig(
        "rgbm", 8, generator.resolution, generator.num_ws, generator.w_dim))
    torch.nn.init.normal_(encoder.head.weight)
    model = Model(model_id, loaded.info.name, generator, loaded.fingerprint)
    learned = plugin["files"].file_of(encoder, model, {"model": loaded.info.name})
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(learned.tensors), path, dict(learned.metadata))
    return path


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    write_stylegan2(folder / "birds.safetensors")
    return folder


@pytest.fixture
def library(shipped: Path, data_folder: Path) -> ModelLibrary:
    return ModelLibrary([shipped, data_folder / "models"], ())


@pytest.fixture
def regressors(library: ModelLibrary, shipped: Path, data_folder: Path) -> Regressors:
    return Regressors(PluginRegistry(library), [shipped, data_folder / "models"])


def test_a_shipped_regressor_is_found_by_fingerprint_whatever_it_is_called(library, regressors, shipped):
    write_regressor(shipped / "regressors" / "anything.safetensors", library, "birds")
    found = regressors.regressor_for(library.load("birds"))
    assert found is not None
    assert found.fingerprint == library.load("birds").fingerprint
    assert regressors.regressor_for(library.load("birds")) is found


def test_what_the_user_trained_comes_before_what_is_shipped(library, regressors, shipped, data_folder):
    write_regressor(shipped / "regressors" / "birds.safetensors", library, "birds")
    first = regressors.regressor_for(library.load("birds"))
    mine = write_regressor(data_folder / "models" / "regressors" / "mine.safetensors", library, "birds", seed=1)
    assert regressors.file_for(library.load("birds")) == mine
    assert regressors.regressor_for(library.load("birds")) is not first


def test_one_trained_again_is_taken_up_at_once(library, regressors, shipped):
    path = write_regressor(shipped / "regressors" / "birds.safetensors", library, "birds")
    before = regressors.regressor_for(library.load("birds"))
    write_regressor(path, library, "birds", seed=2)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))
    assert regressors.regressor_for(library.load("birds")) is not before


def test_a_model_without_one_has_none(library, regressors, shipped):
    assert regressors.regressor_for(library.load("birds")) is None
    write_stylegan2(shipped / "cats.safetensors", seed=3)
    write_regressor(shipped / "regressors" / "cats.safetensors", library, "cats")
    assert regressors.regressor_for(library.load("birds")) is None


def test_the_regressor_of_another_model_is_refused_in_one_sentence(library, regressors, shipped):
    """It bears the model's name, so it must be meant for it: older weights, say."""
    write_stylegan2(shipped / "cats.safetensors", seed=3)
    foreign = write_regressor(shipped / "regressors" / "cats.safetensors", library, "cats")
    shutil.move(foreign, shipped / "regressors" / "birds.safetensors")
    with pytest.raises(ValueError, match=r"^“birds.safetensors” belongs to other weights \(Cats\), not to this Birds"):
        regressors.regressor_for(library.load("birds"))
    document = replace(library.default_document("birds"), collage=Collage((colour_part((9, 9, 9)),)))
    with pytest.raises(RenderError, match="belongs to other weights"):
        Renderer(library, "cpu", sight=regressors).render(Shot(document))


def test_a_broken_file_is_one_sentence(library, regressors, shipped):
    path = write_regressor(shipped / "regressors" / "birds.safetensors", library, "birds")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="birds"):
        regressors.regressor_for(library.load("birds"))


def test_likeness_is_judged_for_every_model_and_says_by_whom(library, regressors):
    eyes = regressors.perceptual_for(library.load("birds"))
    one, other = torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32)
    assert float(eyes(one, one)) == pytest.approx(0, abs=1e-6)
    assert float(eyes(one, other)) > 0
    assert eyes.name
    assert regressors.perceptual_for(library.load("birds")) is eyes


def test_the_command_line_draws_collages(library, shipped, tmp_path, data_folder, monkeypatch):
    models = data_folder / "models"
    shutil.copytree(shipped, models)
    monkeypatch.chdir(tmp_path)
    write_regressor(models / "regressors" / "birds.safetensors", library, "birds")
    plain = library.default_document("birds")
    document = replace(plain, collage=Collage((colour_part((250, 10, 10)),)))
    for name, made in (("plain", plain), ("collage", document)):
        write_project(tmp_path / f"{name}.gans", made)
        assert cli.run_cli(["render", f"{name}.gans", f"{name}.png"]) == 0
    with Image.open("plain.png") as one, Image.open("collage.png") as other:
        assert one.size == other.size == (32, 32)
        assert one.tobytes() != other.tobytes()


def test_a_prepared_regressor_answers_as_the_plain_one(library, regressors, shipped):
    write_regressor(shipped / "regressors" / "birds.safetensors", library, "birds")
    plain = regressors.regressor_for(library.load("birds"))
    image, mask = torch.rand(1, 3, 32, 32) * 2 - 1, torch.ones(1, 1, 32, 32)
    with torch.no_grad():
        right = plain.regress(image, mask)
        rough = plain.prepared(torch.device("cpu"), torch.bfloat16).regress(image, mask)
        exact = plain.prepared(torch.device("cpu"), torch.float32).regress(image, mask)
    assert rough.dtype == torch.float32
    assert torch.equal(exact, right)
    assert float((rough - right).abs().mean() / right.abs().mean()) < 0.03


def test_a_copy_may_be_tuned_without_changing_the_original(library, regressors, shipped):
    write_regressor(shipped / "regressors" / "birds.safetensors", library, "birds")
    plain = regressors.regressor_for(library.load("birds"))
    image, mask = torch.rand(1, 3, 32, 32) * 2 - 1, torch.ones(1, 1, 32, 32)
    before = plain.regress(image, mask)
    twin, weights = plain.trainable()
    twin.regress(image, mask).square().mean().backward()
    assert all(w.grad is not None for w in weights)
    with torch.no_grad():
        for weight in weights:
            weight += 1
    assert torch.equal(plain.regress(image, mask), before)
    assert json.dumps(dict(twin.about)) == json.dumps(dict(plain.about))
