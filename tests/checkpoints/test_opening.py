"""One door for every program's files: told by content, opened by the format that fits, refused in one sentence."""

from __future__ import annotations

import shutil
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganstudio.checkpoints.allowance import LEAST, Allowance
from ganstudio.checkpoints.foreign import Choice, Content, Foreign
from ganstudio.checkpoints.native import ModelError, read_native
from ganstudio.checkpoints.opening import FORMATS, answers_of, open_foreign, read_content, read_foreign, recognise
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.checkpoints.sniffing import Kind, kind_of
from tests.checkpoints.fixture_folder import NO_CHECKPOINT, checkpoint, fixtures, small
from tests.checkpoints.hostile import FILES

PLACES = {
    "pytorch-dcgan/nz8_ngf2": "PyTorch example DCGAN", "gan-zoo-dcgan/depth2": "GAN zoo DCGAN",
    "gan-zoo-progan/plain16": "GAN zoo Progressive GAN", "gan-dissection-progan/new16": "GAN Dissection ProGAN",
    "gan-dissection-progan/old16": "GAN Dissection ProGAN", "genforce-progan/plain16": "genforce ProGAN",
    "genforce-progan/snapshot16": "genforce ProGAN", "genforce-stylegan2/zoo16": "genforce StyleGAN2",
    "rosinality-stylegan2/training16": "rosinality StyleGAN2", "nvidia-stylegan2/cond16": "NVIDIA StyleGAN2",
    "nvidia-stylegan2/grey16": "NVIDIA StyleGAN2", "huggingface-biggan/deep32": "Hugging Face BigGAN-deep",
    "tensorflow-progan/fused16": "NVIDIA ProGAN (TensorFlow)",
    "tensorflow-stylegan2/cond16": "NVIDIA StyleGAN2 (TensorFlow)",
}  # fmt: skip
FULL = {
    "nv-stylegan2-ada/uncond64": "NVIDIA StyleGAN2", "nv-stylegan3/t_uncond64": "NVIDIA StyleGAN3",
    "nv-stylegan3/r_uncond64": "NVIDIA StyleGAN3", "nv-stylegan3/sg2cfg_uncond64": "NVIDIA StyleGAN2",
    "genforce/stylegan64": "genforce StyleGAN", "genforce/stylegan2_64": "genforce StyleGAN2",
    "genforce/pggan32": "genforce ProGAN", "fb-gan-zoo/pgan32": "GAN zoo Progressive GAN",
    "fb-gan-zoo/dcgan64": "GAN zoo DCGAN", "hf-biggan/deep32": "Hugging Face BigGAN-deep",
    "latent-composition/pgan32_raw_legacy": "GAN Dissection ProGAN",
    "tf-synthetic/pggan32": "NVIDIA ProGAN (TensorFlow)", "tf-synthetic/stylegan2_64": "NVIDIA StyleGAN2 (TensorFlow)",
    "dcgan-pytorch-examples/nz100_ngf16": "PyTorch example DCGAN",
    "rosinality-stylegan2/train64_narrow": "rosinality StyleGAN2",
}  # fmt: skip


@pytest.mark.parametrize(("place", "name"), PLACES.items())
def test_the_format_is_told_by_content_under_any_name(tmp_path, place, name):
    for path in small(place).iterdir():
        if path.suffix not in NO_CHECKPOINT or path.name == "config.json":
            shutil.copy(path, tmp_path / (path.name if path.suffix == ".json" else "holiday.jpg"))
    assert read_foreign(tmp_path / "holiday.jpg").format == name


@pytest.mark.parametrize(("place", "name"), FULL.items())
def test_every_folder_of_the_full_set_opens_as_what_it_is(place, name):
    assert recognise(read_content(fixtures(place))).name == name


def test_no_sound_file_fits_formats_of_different_families():
    for place in PLACES:
        content = read_content(small(place))
        fitting = [format_ for format_ in FORMATS if format_.fits(content)]
        assert fitting
        assert len({format_.name.split()[0] for format_ in fitting}) == 1, (place, [f.name for f in fitting])


def test_a_name_of_every_format_is_its_own():
    assert len({format_.name for format_ in FORMATS}) == len(FORMATS) > 12


def test_names_left_by_several_graphics_cards_make_no_difference(tmp_path):
    tree = read_tree(checkpoint(small("gan-dissection-progan/new16")))
    torch.save({f"module.{key}": value for key, value in tree.items()}, tmp_path / "x.pth")
    one, other = read_foreign(tmp_path / "x.pth"), read_foreign(small("gan-dissection-progan/new16"))
    assert one.format == other.format
    for key, value in other.generator.state_dict().items():
        assert torch.equal(one.generator.state_dict()[key], value)


def test_a_foreign_state_dict_in_safetensors_opens_as_well(tmp_path):
    tree = read_tree(checkpoint(small("pytorch-dcgan/nz8_ngf2")))
    save_file({key: value.contiguous() for key, value in tree.items()}, tmp_path / "x.bin")
    assert kind_of(tmp_path / "x.bin") is Kind.SAFETENSORS
    assert read_foreign(tmp_path / "x.bin").format == "PyTorch example DCGAN"


def test_a_folder_opens_by_its_one_generator(tmp_path):
    shutil.copy(checkpoint(small("pytorch-dcgan/nz8_ngf2")), tmp_path / "a.pth")
    (tmp_path / "notes.txt").write_text("Trained for a week on the pictures of the lake.")
    torch.save({"fc.weight": torch.zeros(2, 2)}, tmp_path / "classifier.pth")
    assert read_content(tmp_path).path.name == "a.pth"
    shutil.copy(tmp_path / "a.pth", tmp_path / "b.pth")
    with pytest.raises(ModelError, match=r"holds 3 models \(“a.pth”, “b.pth”, “classifier.pth”\): open one of them"):
        read_content(tmp_path)
    shutil.copy(tmp_path / "a.pth", tmp_path / "G_ema.pth")
    assert read_content(tmp_path).path.name == "G_ema.pth"


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        read_content(tmp_path)


def test_files_beside_one_are_read_as_data_and_never_from_elsewhere(tmp_path):
    (tmp_path / "in").mkdir()
    path = shutil.copy(checkpoint(small("pytorch-dcgan/nz8_ngf2")), tmp_path / "in" / "a.pth")
    (tmp_path / "in" / "config.json").write_text('{"z_dim": 8}')
    (tmp_path / "in" / "torn.json").write_text('{"z_dim": ')
    (tmp_path / "in" / "bad.pth").write_bytes(FILES["calls_a_shell"]())
    (tmp_path / "config.json").write_text('{"z_dim": 9}')
    content = read_content(type(tmp_path)(path))
    assert content.sibling("config.json") == {"z_dim": 8}
    assert content.sibling("../config.json") is None
    assert content.sibling("nothing.json") is None
    for name in ("torn.json", "bad.pth"):
        with pytest.raises(ModelError, match=name):
            content.sibling(name)


@pytest.mark.parametrize(("data", "said"), [
    (b"", "is empty: download it again"),
    (b"\n <!doctype HTML><html>", "is a web page"),
    (b"<html><head>", "is a web page"),
    (b"<?xml version='1.0'?>", "is an XML text"),
    (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
    (b"\x93NUMPY\x01\x00", "NumPy arrays"),
    (b"\x1f\x8b\x08", "is packed: unpack it"),
    (bytes(257) + b"ustar", "is a tar archive"),
    (b"{}", "is a JSON text"),
    (b"\xff\xd8\xff\xe0", "is a picture"),
    (b"These are not the weights you look for.", "is a text"),
    (bytes(range(200, 240)), "none of the files that hold GANs"),
])  # fmt: skip
def test_what_is_no_checkpoint_is_called_what_it_is(tmp_path, data, said):
    (tmp_path / "model.pkl").write_bytes(data)
    with pytest.raises(ModelError, match=said) as caught:
        read_content(tmp_path / "model.pkl")
    assert "model.pkl" in str(caught.value)


def test_a_numpy_archive_and_a_missing_file_are_called_what_they_are(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(ModelError, match="NumPy arrays"):
        read_content(tmp_path / "x.npz")
    with pytest.raises(ModelError, match="is not there"):
        read_content(tmp_path / "y.pkl")
    with pytest.raises(ModelError):
        read_content(tmp_path / "y\0.pkl")


CHOICES = (Choice("tanh", "Tanh", True, "."), Choice("lr", "Rate", 0.01, "."), Choice("labels", "Labels", 0, "."),
           Choice("up", "Up", "auto", ".", ("auto", "none")))


def test_answers_may_be_texts():
    texts = {"tanh": "no", "lr": "1e-1", "labels": "3", "up": "none"}
    assert answers_of(CHOICES, texts) == {"tanh": False, "lr": 0.1, "labels": 3, "up": "none"}


@pytest.mark.parametrize(("key", "value", "said"), [
    ("size", "1", "it can set tanh, lr, labels, up"), ("tanh", "perhaps", "it takes yes or no"),
    ("lr", "x", "it takes a number"), ("labels", "1.5", "it takes a whole number"),
    ("up", "down", "it takes auto, none"),
])  # fmt: skip
def test_other_answers_are_refused(key, value, said):
    with pytest.raises(ModelError, match=said):
        answers_of(CHOICES, {key: value})


def test_a_choice_changes_what_is_read():
    content = read_content(small("genforce-progan/plain16"))
    assert {c.key: c.default for c in open_foreign(content, {"final_tanh": "yes"}).choices}["final_tanh"] is True
    with pytest.raises(ModelError, match="nothing called “colour”"):
        open_foreign(content, {"colour": "red"})


class Clumsy:
    """A format whose reader trips."""

    name = "clumsy"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def fits(self, content: Content) -> bool:
        return True

    def read(self, content: Content, chosen: object) -> Foreign:
        raise self.error


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), MemoryError(), ZeroDivisionError("0"),
                                   RuntimeError("first line\nsecond line")])
def test_a_reader_that_trips_is_one_sentence(tmp_path, monkeypatch, error):
    monkeypatch.setattr("ganstudio.checkpoints.opening.FORMATS", (Clumsy(error),))
    with pytest.raises(ModelError, match="looks like a model, but does not hold together") as caught:
        open_foreign(Content(tmp_path / "x.pt", {}))
    assert "\n" not in str(caught.value)


def test_a_network_larger_than_its_file_is_not_built():
    with Allowance(0):
        torch.nn.Linear(1000, 1000)
    with pytest.raises(ValueError, match="far larger than the weights in it"), Allowance(0):
        torch.nn.Linear(LEAST // 1000, 1000)
    with pytest.raises(ValueError, match="far larger"), Allowance(0):
        torch.zeros(size=(1 << 20, 1 << 20))
    with pytest.raises(ValueError, match="far larger"), Allowance(0):
        [(torch.empty(1 << 20), torch.arange(1 << 20)) for _ in range(100)]


def test_a_description_of_ours_that_claims_too_much_is_not_built(tmp_path):
    header = (b'{"__metadata__":{"format":"ganstudio-model","version":"1","family":"dcgan","config":'
              b'"{\\"widths\\": [60000, 60000, 60000], \\"z_dim\\": 60000}"}}')
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ModelError, match="do not fit its dcgan description"):
        read_native(tmp_path / "x.safetensors")
