"""Directions of other programs become ours by their size, without running anything; misfits are told."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch

from ganstudio.checkpoints.direction_files import fit, holds_directions, may_be_directions, read_directions
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import ModelError
from ganstudio.cli import run_cli
from ganstudio.document.latent import LayerRange
from ganstudio.document.shelf import read_shelf
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from tests.models import write_stylegan2

RNG = np.random.default_rng(0)
STYLE = StyleGAN2(StyleGAN2Config((8, 8, 8), z_dim=8, w_dim=8, mapping_layers=2))
WIDE = StyleGAN2(StyleGAN2Config((8, 8, 8), z_dim=12, w_dim=8, mapping_layers=2))
PRO = ProGAN(ProGANConfig((8, 8, 8), z_dim=12))
PRINT = "f" * 16


def array(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def test_rosinalitys_factors_are_columns_and_move_all_layers_of_w(tmp_path):
    vectors = array(8, 8)
    torch.save({"ckpt": "a.pt", "eigvec": torch.from_numpy(vectors)}, tmp_path / "factor.pt")
    file = read_directions(tmp_path / "factor.pt")
    found = fit(file, STYLE, PRINT)
    assert (file.source, file.count) == ("rosinality factor", 8)
    np.testing.assert_array_equal(found[3].vector, vectors[:, 3])
    assert (found[3].space, found[3].name, found[3].reach) == ("w", "factor 3", (-5.0, 5.0))
    assert found[3].layers == (LayerRange(0, STYLE.num_ws),)
    assert len({d.id for d in found}) == 8


@pytest.mark.parametrize(("shape", "count"), [((8,), 1), ((1, 8), 1), ((5, 8), 5), ((5, 1, 8), 5)])
def test_boundaries_are_rows(tmp_path, shape, count):
    vectors = array(*shape)
    np.save(tmp_path / "age.npy", vectors.astype(np.float64))
    found = fit(read_directions(tmp_path / "age.npy"), STYLE, PRINT)
    assert [d.name for d in found] == (["age"] if count == 1 else [f"age {i}" for i in range(count)])
    np.testing.assert_array_equal(found[-1].vector, vectors.reshape(-1, 8)[-1])
    assert found[0].reach == (-3.0, 3.0)


def test_boundaries_of_every_layer_are_known_by_their_size(tmp_path):
    vectors = array(2, STYLE.num_ws, 8)
    for shape in ((2, STYLE.num_ws, 8), (2, STYLE.num_ws * 8)):
        np.save(tmp_path / "smile.npy", vectors.reshape(shape))
        found = fit(read_directions(tmp_path / "smile.npy"), STYLE, PRINT)
        np.testing.assert_array_equal(found[1].vector, vectors[1])


def test_ganspaces_components_are_as_long_as_their_deviation(tmp_path):
    components, spread = array(4, 1, 8), np.array([3, 2, 1, 0.5], np.float32)
    np.savez_compressed(tmp_path / "net_w.npz", act_comp=array(4, 1, 99), lat_comp=components, lat_stdev=spread,
                        var_ratio=np.array([0.4, 0.3, 0.2, 0.1]), lat_mean=array(1, 8))
    assert may_be_directions(tmp_path / "net_w.npz")
    file = read_directions(tmp_path / "net_w.npz")
    found = fit(file, STYLE, PRINT)
    assert file.source == "GANSpace"
    np.testing.assert_allclose(found[1].vector, components[1, 0] * 2)
    assert [d.share for d in found] == pytest.approx([0.4, 0.3, 0.2, 0.1])


def test_one_exported_component_brings_its_name_space_and_layers(tmp_path):
    content = {"name": "Smile", "lat_comp": array(1, 8), "lat_stdev": np.float32(2.0), "latent_space": "W",
               "edit_start": 1, "edit_end": 2}
    (tmp_path / "export.pkl").write_bytes(pickle.dumps(content))
    [found] = fit(read_directions(tmp_path / "export.pkl"), STYLE, PRINT)
    assert (found.name, found.space, found.layers) == ("Smile", "w", (LayerRange(1, 3),))
    np.testing.assert_allclose(found.vector, content["lat_comp"][0] * 2)


def test_the_space_is_told_by_size_then_by_the_files_name_then_by_the_user(tmp_path):
    for name, size, generator, asked, space in [
        ("a.npy", 12, WIDE, "", "z"), ("a.npy", 8, WIDE, "", "w"), ("a.npy", 8, STYLE, "", "w"),
        ("age_w_boundary.npy", 8, STYLE, "", "w"), ("age_z_boundary.npy", 8, STYLE, "", "z"),
        ("a.npy", 8, STYLE, "z", "z"), ("a_w.npy", 12, PRO, "", "z"),
    ]:  # fmt: skip
        np.save(tmp_path / name, array(1, size))
        [found] = fit(read_directions(tmp_path / name), generator, PRINT, asked)
        assert found.space == space
        assert bool(found.layers) == (space == "w")


@pytest.mark.parametrize(("generator", "space"), [(PRO, ""), (WIDE, "z")])
def test_directions_of_another_model_are_refused(tmp_path, generator, space):
    np.save(tmp_path / "age.npy", array(1, 8))
    with pytest.raises(ModelError, match=r"holds directions of 8 numbers.*found in another model"):
        fit(read_directions(tmp_path / "age.npy"), generator, PRINT, space)


class Shell:
    def __reduce__(self):
        return (eval, ("open('PWNED', 'w')",))


def save(path, values, **named):
    """Into exactly this file; NumPy would add to its name."""
    with path.open("wb") as file:
        np.save(file, values, **named)


def objects(path):
    save(path, np.array([Shell()], dtype=object), allow_pickle=True)


def torn(path):
    save(path, array(4, 8))
    path.write_bytes(path.read_bytes()[:-9])


def huge(path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 1 << 20)})
    path.write_bytes(stream.getvalue() + bytes(100))


def bomb(path):
    stream = io.BytesIO()
    np.save(stream, np.zeros((17 << 20,), np.float32))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", stream.getvalue())


DAMAGE = {
    "objects": objects, "torn": torn, "huge": huge, "bomb": bomb,
    "shell": lambda path: path.write_bytes(pickle.dumps({"lat_comp": Shell()})),
    "nan": lambda path: save(path, array(1, 8) * np.nan), "zeros": lambda path: save(path, np.zeros((1, 8))),
    "texts": lambda path: save(path, np.array(["a"])), "none": lambda path: save(path, np.zeros((0, 8))),
    "two": lambda path: np.savez(path, a=array(1, 8), b=array(1, 8)),
    "model": lambda path: torch.save({"g_ema": {"w": torch.ones(2)}}, path), "words": lambda path: path.write_text("x"),
    "header": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x05\x00{{{{{"),
    "short": lambda path: path.write_bytes(b"\x93NUMPY\x01"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_holds_no_directions_is_one_sentence_and_runs_nothing(tmp_path, damage, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DAMAGE[damage](tmp_path / "x.npz")
    assert (tmp_path / "x.npz").is_file()
    with pytest.raises(ModelError) as told:
        read_directions(tmp_path / "x.npz")
    assert "\n" not in str(told.value)
    assert "x.npz" in str(told.value)
    assert not (tmp_path / "PWNED").exists()


def test_a_model_is_not_taken_for_directions():
    assert not holds_directions({"g_ema": {"w": torch.ones(2)}})
    assert holds_directions({"eigvec": torch.ones(2, 2)})


def test_the_command_line_puts_them_with_the_model(tmp_path, data_folder, capsys):
    write_stylegan2(data_folder / "models" / "birds.safetensors")
    model = ModelLibrary((data_folder / "models",)).load("birds")
    np.save(tmp_path / "wing.npy", array(30, 8))
    assert run_cli(["directions", "import", str(tmp_path / "wing.npy"), "--model", "birds", "--count", "3"]) == 0
    shelf = read_shelf(data_folder / "directions", model.fingerprint)
    assert [d.name for d in shelf.saved] == ["wing 0", "wing 1", "wing 2"]
    assert shelf.starred == {d.id for d in shelf.saved}
    np.save(tmp_path / "beak.npy", array(1, 7))
    capsys.readouterr()
    assert run_cli(["directions", "import", str(tmp_path / "beak.npy"), "--model", "birds"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
