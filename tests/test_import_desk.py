"""The process behind the import dialog: reads once, looks as often as asked, imports, and survives whatever it gets."""

from __future__ import annotations

import base64
import io
import json
import queue
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganstudio import import_desk
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.checkpoints.native import read_info, write_native
from ganstudio.checkpoints.regressor_files import regressor_file
from ganstudio.document.parcel import unpacked
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.import_desk import SEEDS, SIDE, Desk, serve
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.checkpoints.hostile import FILES
from tests.models import write_stylegan2
from tests.test_regressors import write_regressor

PROGAN = small("genforce-progan/plain16")


def asked(desk, capsys, *orders):
    """What it prints to these orders, one after the other."""
    waiting = queue.Queue()
    for order in (*orders, None):
        waiting.put(order)
        if order is not None:
            waiting.put(None)
            serve(desk, waiting)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def picture(line):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(line["png"]))))


def test_a_look_tells_the_model_then_draws_it(capsys):
    step, told, *pictures = asked(Desk(PROGAN), capsys, {"do": "look"})[:5]
    assert (step["event"], told["event"], told["family"], told["resolution"]) == ("step", "model", "progan", 16)
    assert picture(pictures[-1]).shape[:2] == (SIDE, SIDE * len(pictures))


def test_pictures_follow_the_answers(capsys, monkeypatch):
    lines = asked(Desk(PROGAN), capsys, {"do": "look"}, {"do": "look", "choices": {"final_tanh": True}})
    told = [line for line in lines if line["event"] == "model"]
    drawn = [line for line in lines if line["event"] == "picture"]
    assert [{c["key"]: c["value"] for c in t["choices"]}["final_tanh"] for t in told] == [False, True]
    assert (picture(drawn[0]) != picture(drawn[-1])[:, :SIDE]).any()
    assert [line["event"] for line in lines].count("step") == 1


def test_an_import_is_whole_and_says_its_source(capsys, data_folder):
    desk = Desk(PROGAN, "https://example.org/lake.pth")
    lines = asked(desk, capsys, {"do": "import", "choices": {"final_tanh": True}, "name": "My Lake"})
    assert lines[-1] == {"event": "imported", "path": str(data_folder / "models" / "my-lake.safetensors")}
    about = read_info(data_folder / "models" / "my-lake.safetensors").about
    assert (about["name"], about["source"]) == ("My Lake", "https://example.org/lake.pth")
    assert about["choices"]["final_tanh"] is True
    assert ModelLibrary(usual_folders()).load("my-lake").generator.resolution == 16


def test_a_grey_a_transparent_and_a_class_model_have_pictures(capsys):
    for name in ("grey16", "rgba16", "cond16"):
        *_, last = asked(Desk(small(f"nvidia-stylegan2/{name}")), capsys, {"do": "look"})
        assert last["event"] == "picture"


def test_a_model_of_ours_is_told_and_copied(capsys, tmp_path, data_folder):
    path = write_stylegan2(tmp_path / "birds.safetensors")
    lines = asked(Desk(path), capsys, {"do": "look"}, {"do": "import"})
    assert next(line for line in lines if line["event"] == "model")["ours"]
    assert (data_folder / "models" / "birds.safetensors").read_bytes() == path.read_bytes()


def test_an_encoder_is_offered_for_the_models_it_fits(capsys, data_folder):
    encoder = checkpoint(small("latent-composition-encoder/pgan16"))
    [_, refused] = asked(Desk(encoder), capsys, {"do": "look"})
    assert "for none of the models in the library" in refused["text"]
    models = data_folder / "models"
    write_stylegan2(models / "birds.safetensors")
    write_native(models / "mine.safetensors", ProGAN(ProGANConfig((8, 8, 8), z_dim=12)), about={"name": "Mine"})
    lines = asked(Desk(encoder), capsys, {"do": "look"}, {"do": "import", "model": "mine"})
    told = next(line for line in lines if line["event"] == "encoder")
    assert told["models"] == [{"id": "mine", "name": "Mine"}]
    assert [c["key"] for c in told["choices"]] == ["halfsize"]
    assert lines[-1]["path"].startswith(str(models / "regressors"))


def test_a_regressor_of_ours_is_offered_for_its_very_model_and_copied(capsys, tmp_path, data_folder):
    models = data_folder / "models"
    write_stylegan2(tmp_path / "elsewhere" / "birds.safetensors", seed=1)
    elsewhere = ModelLibrary([tmp_path / "elsewhere"], ())
    file = write_regressor(tmp_path / "birds-regressor.safetensors", elsewhere, "birds")
    write_stylegan2(models / "cats.safetensors", seed=2)
    [_, refused] = asked(Desk(file), capsys, {"do": "look"})
    assert refused["text"].endswith("made for (“Birds”, with other weights than any here) first.")
    [*_, refused] = asked(Desk(file), capsys, {"do": "import", "model": "cats"})
    assert "is a regressor of other weights (Birds), not of Cats" in refused["text"]
    assert not (models / "regressors").exists()
    write_stylegan2(models / "birds.safetensors", seed=1)
    [*_, told] = asked(Desk(file), capsys, {"do": "look"})
    assert (told["event"], [m["id"] for m in told["models"]]) == ("encoder", ["birds"])
    [*_, done] = asked(Desk(file), capsys, {"do": "import", "model": "birds"})
    assert Path(done["path"]).read_bytes() == file.read_bytes()
    birds = elsewhere.load("birds")
    assert regressor_file(models / "birds.safetensors", birds.fingerprint, ()) == Path(done["path"])


def test_directions_are_told_with_their_numbers(capsys, tmp_path):
    vectors = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    np.save(tmp_path / "age.npy", vectors)
    torch.save({"eigvec": torch.from_numpy(vectors.T.copy()), "ckpt": "x"}, tmp_path / "factor.pt")
    for name in ("age.npy", "factor.pt"):
        [_, told] = asked(Desk(tmp_path / name), capsys, {"do": "look"})
        assert (told["event"], told["shape"]) == ("directions", [3, 8])
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(told["vectors"]), "<f4").reshape(3, 8), vectors)


def test_directions_that_a_plugin_reads_come_fitted_to_the_open_model(capsys, tmp_path, data_folder):
    write_stylegan2(data_folder / "models" / "birds.safetensors")
    file = tmp_path / "model.data-00000-of-00001"
    file.write_bytes(np.ones(8, "<f4").tobytes())
    orders = {"do": "look"}, {"do": "look", "choices": {"edit": "zoom"}}
    asking, told = (line for line in asked(Desk(file, model="birds"), capsys, *orders) if line["event"] != "step")
    assert (asking["names"], [c["key"] for c in asking["choices"]]) == ([], ["edit"])
    assert "says which edit this walk makes" in asking["problem"]
    assert (told["event"], told["names"], told["model"]) == ("directions", ["Zoom, published"], "Birds")
    [walk] = unpacked(base64.b64decode(told["parcel"]))
    assert (walk.space, walk.vector.tolist()) == ("z", [1.0] * 8)
    assert walk.fingerprint == ModelLibrary(usual_folders()).load("birds").fingerprint
    [*_, refused] = asked(Desk(file, model="gone"), capsys, {"do": "look"})
    assert "no model “gone”" in refused["text"]


def test_a_waiting_order_cuts_pictures_short(capsys):
    orders = queue.Queue()
    for order in ({"do": "look"}, {"do": "look", "choices": {"final_tanh": True}}, None):
        orders.put(order)
    serve(Desk(PROGAN), orders)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len([line for line in lines if line["event"] == "picture"]) < 2 * len(SEEDS)
    assert [line for line in lines if line["event"] == "model"][-1]["choices"]


@pytest.mark.parametrize("name", ["calls_a_shell", "nothing", "words"])
def test_hostile_files_are_one_sentence(name, capsys, tmp_path, monkeypatch, data_folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.pkl").write_bytes({"nothing": bytes, "words": lambda: b"<html>" * 9}.get(name, FILES.get(name))())
    lines = asked(Desk(tmp_path / "x.pkl"), capsys, {"do": "look"}, {"do": "import"})
    errors = [line["text"] for line in lines if line["event"] == "error"]
    assert len(errors) == 2
    assert all("\n" not in text for text in errors)
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]
    assert not (data_folder / "models").exists()


def test_answers_that_do_not_fit_are_told_and_others_still_do(capsys):
    lines = asked(Desk(PROGAN), capsys, {"do": "look", "choices": {"colour": "red"}}, {"do": "look"})
    assert [line["event"] for line in lines][:3] == ["step", "error", "model"]


def test_the_process_ends_with_its_input(tmp_path):
    words = [sys.executable, "-m", import_desk.__name__, str(PROGAN)]
    done = subprocess.run(words, input='{"do": "look"}\nrubbish\n', capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "progan" in done.stdout
