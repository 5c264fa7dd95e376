"""A model file is read back as it was written; anything else is refused in one sentence, and no file runs code."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ganstudio.checkpoints.native import VERSION, ModelError, fingerprint_of, read_info, read_native, write_native
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from tests.models import write_stylegan2


@pytest.fixture
def path(tmp_path):
    return write_stylegan2(tmp_path / "model.safetensors")


def rewrite(path, tensors=None, **metadata):
    """The same file with some of its metadata or tensors changed; None takes an entry away."""
    with safe_open(path, framework="pt") as file:
        old, stored = dict(file.metadata()), {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    new = {k: v for k, v in {**old, **metadata}.items() if v is not None}
    save_file({k: v for k, v in {**stored, **(tensors or {})}.items() if v is not None}, path, new)


def test_what_is_written_is_read_back(tmp_path):
    config = StyleGAN2Config((8, 8, 8), z_dim=4, w_dim=6, mapping_layers=1, num_classes=3, conv_clamp=256.0)
    generator = StyleGAN2(config).requires_grad_(False)
    write_native(tmp_path / "m.safetensors", generator, about={"name": "M", "terms": "free"}, half=False)
    model = read_native(tmp_path / "m.safetensors")
    assert (model.info.name, model.info.terms, model.info.family) == ("M", "free", "stylegan2")
    assert model.generator.config == config
    z, label = torch.randn(1, 4), torch.eye(3)[:1]
    with torch.no_grad():
        torch.testing.assert_close(model.generator(z, label), generator.eval()(z, label))
    assert model.fingerprint == fingerprint_of(generator.state_dict())
    assert not any(p.requires_grad for p in model.generator.parameters())


def test_half_precision_on_disk_is_float32_in_memory(path):
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("synthesis.b4.const").dtype == torch.float16
    assert all(p.dtype == torch.float32 for p in read_native(path).generator.parameters())


def test_other_weights_have_another_fingerprint(path, tmp_path):
    other = write_stylegan2(tmp_path / "other.safetensors", seed=1)
    same = write_stylegan2(tmp_path / "renamed.safetensors")
    assert read_native(path).fingerprint == read_native(same).fingerprint != read_native(other).fingerprint


def test_a_file_cut_short_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"“model\.safetensors”"):
            read_native(path)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x80\x04\x95 a pickle", b"PK\x03\x04 a zip", b"\xff" * 64])
def test_what_is_no_model_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is no model file"):
        read_info(path)


def test_tensors_that_are_not_ours_are_refused(tmp_path):
    save_file({"x": torch.ones(2)}, tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match="no GAN Studio model"):
        read_info(tmp_path / "x.safetensors")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="There is no file"):
        read_info(tmp_path / "gone.safetensors")


def test_a_newer_file_asks_for_a_newer_program(path):
    rewrite(path, version=str(VERSION + 1))
    with pytest.raises(ModelError, match="update the program"):
        read_native(path)


@pytest.mark.parametrize(("metadata", "said"), [
    ({"family": "vqgan"}, "family this version does not know"),
    ({"family": None}, "damaged description"),
    ({"config": "{"}, "damaged description"),
    ({"config": "[1]"}, "“model.safetensors”"),
    ({"version": "one"}, "damaged description"),
    ({"about": "[]"}, "“model.safetensors”"),
    ({"config": json.dumps({"channels": [8, 8, 8, 8], "colour": 1})}, "do not fit"),
    ({"config": json.dumps({"z_dim": 8})}, "do not fit"),
    ({"config": json.dumps({"channels": [8, 8], "z_dim": 8, "w_dim": 8, "mapping_layers": 2})}, "do not fit"),
    ({"config": json.dumps({"channels": [16, 8, 8, 8], "z_dim": 8, "w_dim": 8, "mapping_layers": 2})}, "do not fit"),
])  # fmt: skip
def test_a_description_that_is_wrong_is_one_sentence(path, metadata, said):
    rewrite(path, **metadata)
    with pytest.raises(ModelError) as error:
        read_native(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_or_misshapen_tensor_is_one_sentence(path):
    for bad in (None, torch.ones(3)):
        rewrite(path, {"synthesis.b8.conv0.weight": bad})
        with pytest.raises(ModelError, match=r"do not fit its stylegan2 description: .*b8\.conv0\.weight"):
            read_native(path)


def test_numbers_that_are_not_finite_are_refused(path):
    rewrite(path, {"synthesis.b4.const": torch.full((8, 4, 4), float("nan")).half()})
    with pytest.raises(ModelError, match=r"not finite \(in “synthesis\.b4\.const”\)"):
        read_native(path)


def test_a_failed_save_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def full(source, target):
        raise OSError(28, "full")

    monkeypatch.setattr("ganstudio.document.atomic.os.replace", full)
    with pytest.raises(OSError, match="full"):
        write_stylegan2(path, seed=9)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]
