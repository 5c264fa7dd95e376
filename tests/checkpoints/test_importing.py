"""Looking at a model and importing it: once, whole, as our own format, with all that was said of it."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil

import numpy as np
import pytest
import torch

from ganstudio import cli
from ganstudio.api import one_a_layer
from ganstudio.checkpoints import importing
from ganstudio.checkpoints.importing import UNKNOWN_TERMS, free_path, import_model, inspect, name_for
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.checkpoints.native import ModelError, read_info, read_native
from ganstudio.checkpoints.opening import read_foreign
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.checkpoints.hostile import FILES
from tests.models import write_stylegan2

PROGAN = small("genforce-progan/plain16")


def picture(generator) -> np.ndarray:
    z = torch.linspace(-1, 1, generator.z_dim)[None]
    return generator.synthesize(one_a_layer(generator, generator.map(generator.normalise(z)))).numpy()


def test_an_inspection_tells_what_there_is_to_know():
    path = checkpoint(PROGAN)
    told = inspect(PROGAN)
    assert (told.format, told.family, told.resolution, told.classes) == ("genforce ProGAN", "progan", 16, 0)
    assert told.parameters == sum(p.numel() for p in read_foreign(path).generator.parameters()) > 1000
    assert (told.size, told.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (told.terms, told.ours) == (UNKNOWN_TERMS, False)
    assert "final_tanh" in {choice.key for choice in told.choices}
    assert json.loads(json.dumps(told.as_json()))["resolution"] == 16


def test_nvidias_terms_are_told():
    assert "non-commercial" in inspect(small("nvidia-stylegan2/cond16")).terms


def test_an_import_draws_the_same_pixels_and_says_where_it_came_from(tmp_path):
    *steps, done = import_model(PROGAN, tmp_path / "models", {"final_tanh": "yes"}, name="My Lake", source="a stick")
    assert [step.text for step in steps] == ["Reading the file", "Writing the model"]
    assert done.path == tmp_path / "models" / "my-lake.safetensors"
    model, foreign = read_native(done.path), read_foreign(PROGAN, {"final_tanh": True})
    np.testing.assert_array_equal(picture(model.generator), picture(foreign.generator))
    about = model.info.about
    assert (about["name"], about["format"], about["source"]) == ("My Lake", "genforce ProGAN", "a stick")
    assert about["sha256"] == hashlib.sha256(checkpoint(PROGAN).read_bytes()).hexdigest()
    assert about["choices"]["final_tanh"] is True
    assert about["terms"] == UNKNOWN_TERMS
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["my-lake.safetensors"]


def test_the_same_file_with_the_same_answers_is_imported_once(tmp_path):
    paths = [list(import_model(PROGAN, tmp_path, chosen))[-1].path
             for chosen in ({}, {}, {"final_tanh": "yes"}, {"final_tanh": "yes"})]
    assert paths[0] == paths[1] != paths[2] == paths[3]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_model_of_ours_is_copied_as_it_is_once(tmp_path):
    path = write_stylegan2(tmp_path / "birds.safetensors")
    told = inspect(path)
    assert (told.ours, told.name, told.terms, told.family) == (True, "Birds", "free", "stylegan2")
    copies = [list(import_model(path, tmp_path / "models"))[-1].path for _ in range(2)]
    assert copies[0] == copies[1]
    assert copies[0].read_bytes() == path.read_bytes()
    with pytest.raises(ModelError, match="leaves nothing open"):
        inspect(path, {"a": "b"})


def test_an_import_left_early_or_failing_leaves_nothing(tmp_path, monkeypatch):
    steps = import_model(PROGAN, tmp_path)
    next(steps)
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []

    def full(*args, **named):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(importing, "write_native", full)
    with pytest.raises(ModelError, match="The disk is full"):
        list(import_model(PROGAN, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_file_names_are_free_and_possible_everywhere(tmp_path):
    assert free_path(tmp_path, "Ein Förster: am/See?").name == "ein-förster-am-see.safetensors"
    assert free_path(tmp_path, "con").name == "model-con.safetensors"
    assert free_path(tmp_path, "???").name == "model.safetensors"
    (tmp_path / "lake.safetensors").write_bytes(b"")
    (tmp_path / "lake-2.safetensors").write_bytes(b"")
    assert free_path(tmp_path, "Lake").name == "lake-3.safetensors"


@pytest.mark.parametrize(("path", "name"), [
    ("/a/birds/network-snapshot-000123.pkl", "Birds"), ("/a/birds/G_ema.pth", "Birds"), ("/a/b/cats_v2.pt", "Cats v2"),
    ("/a/lake/pytorch_model.bin", "Lake"), ("/a/lake/010000.pt", "Lake"), ("/stylegan2-ffhq.pkl", "Stylegan2-ffhq"),
])  # fmt: skip
def test_a_name_is_made_of_what_says_something(tmp_path, path, name):
    assert name_for(type(tmp_path)(path)) == name


# The command line.
@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Carries out a command line in an empty folder: (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        status = cli.run_cli([str(word) for word in words])
        return (status, *capsys.readouterr())

    return run


def test_inspect_tells_people_and_programs(run):
    status, out, error = run("inspect", PROGAN)
    assert (status, error) == (0, "")
    for word in ("genforce ProGAN", "16 px", "--set final_tanh=False", hashlib.sha256(
            checkpoint(PROGAN).read_bytes()).hexdigest()):
        assert word in out
    status, out, _ = run("inspect", PROGAN, "--json", "--set", "final_tanh=true")
    told = json.loads(out)
    assert (status, told["family"]) == (0, "progan")
    assert {c["key"]: c["value"] for c in told["choices"]}["final_tanh"] is True


def test_import_adds_to_the_library(run, data_folder):
    status, out, error = run("import", PROGAN, "--name", "Lake")
    assert (status, error) == (0, "")
    assert "its id is “lake”" in out
    assert ModelLibrary(usual_folders()).load("lake").info.name == "Lake"
    assert read_info(data_folder / "models" / "lake.safetensors").about["name"] == "Lake"


@pytest.mark.parametrize("command", ["inspect", "import"])
def test_what_cannot_be_opened_is_one_sentence_and_a_status(run, tmp_path, data_folder, command):
    (tmp_path / "x.pkl").write_bytes(FILES["calls_a_shell"]())
    status, out, error = run(command, "x.pkl")
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert "os.system" in error
    status, out, error = run(command, PROGAN, "--set", "colour=red")
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert run(command, PROGAN, "--set", "colour")[0] == 2
    assert not (data_folder / "models").exists()


def test_a_file_that_is_torn_leaves_nothing_in_the_library(run, tmp_path, data_folder):
    data = checkpoint(PROGAN).read_bytes()
    (tmp_path / "x.pth").write_bytes(data[: len(data) // 2])
    assert run("import", "x.pth")[0] == 1
    shutil.copy(checkpoint(PROGAN), tmp_path / "y.pth")
    assert run("import", "y.pth")[0] == 0
    assert [path.name for path in (data_folder / "models").iterdir()] == ["y.safetensors"]
