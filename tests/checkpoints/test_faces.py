"""Faces: fetched whole or not at all, every failure one sentence; and our network equals the published one.

The second half needs the wheel: set GANSTUDIO_FACES_WHEEL to its path (`.ci/run` fetches it).
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import shutil
import sys
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
import torch
import typer

from ganstudio.checkpoints import faces, fetch
from ganstudio.checkpoints.faces import FILE_NAME, TERMS, FetchError, fetch_faces
from ganstudio.checkpoints.native import read_info, read_native
from ganstudio.generators.fast import Mode
from ganstudio.generators.mobilestylegan_fast import FastMobileStyleGAN
from tests.comparing import psnr

WHEEL = os.environ.get("GANSTUDIO_FACES_WHEEL", "")
needs_wheel = pytest.mark.skipif(
    not Path(WHEEL).is_file(), reason="needs the random-face wheel: set GANSTUDIO_FACES_WHEEL to its path")


def downloader(monkeypatch, script):
    """Let a line of Python take the place of pip; `work` is the folder it may write to."""
    monkeypatch.setattr(faces, "_downloader", lambda work: [sys.executable, "-c", f"work = {str(work)!r}\n{script}"])


def failure(folder, wheel=None):
    """The sentence a fetch ends with; nothing may be left in the folder."""
    with pytest.raises(FetchError) as caught:
        list(fetch_faces(folder, wheel))
    assert not folder.is_dir() or list(folder.iterdir()) == []
    return str(caught.value)


def test_another_file_is_refused(tmp_path):
    wheel = tmp_path / "other.whl"
    with wheel.open("wb") as file:
        file.truncate(faces.WHEEL_BYTES)
    assert "“other.whl” is not the file we know" in failure(tmp_path / "models", wheel)
    wheel.write_bytes(b"short")
    assert "its checksum differs" in failure(tmp_path / "models", wheel)


def test_a_wheel_that_is_not_there_is_named(tmp_path):
    assert "nowhere.whl” is not there" in failure(tmp_path / "models", tmp_path / "nowhere.whl")


def test_a_download_with_another_checksum_is_refused(tmp_path, monkeypatch):
    downloader(monkeypatch, f"open(work + '/{faces.WHEEL}', 'wb').write(b'other')")
    assert failure(tmp_path / "models").startswith("The download is not the file we know")


def test_without_pip_and_uv_the_manual_way_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    sentence = failure(tmp_path / "models")
    assert "neither pip nor uv" in sentence
    assert faces.PAGE in sentence
    assert "ganstudio get faces --wheel FILE" in sentence


def test_uv_takes_the_place_of_pip(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/uv")
    command = faces._downloader(tmp_path)
    assert command[:3] == ["/bin/uv", "pip", "install"]
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} < set(command)
    assert faces.WHEEL_SHA256 in (tmp_path / "requirements.txt").read_text()


def test_pip_fetches_this_wheel_alone(tmp_path):
    command = faces._downloader(tmp_path)
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "random-face==2021.7.21.1"} < set(command)


@pytest.mark.parametrize(("said", "sentence"), [
    ("NewConnectionError: Temporary failure in name resolution", "PyPI could not be reached"),
    ("error: Request failed: dns error", "PyPI could not be reached"),
    ("OSError: [Errno 28] No space left on device", "The disk is full"),
    ("ERROR: something new", "The download failed (something new)."),
    ("", "no reason was given"),
])
def test_a_failing_download_says_why(tmp_path, monkeypatch, said, sentence):
    downloader(monkeypatch, f"raise SystemExit({said!r} or 1)")
    assert sentence in failure(tmp_path / "models")


def test_leaving_early_ends_the_download_and_leaves_nothing(tmp_path, monkeypatch):
    downloader(monkeypatch, "import time\nopen(work + '/half', 'wb').write(bytes(1000000))\ntime.sleep(100)")
    steps = fetch_faces(tmp_path / "models")
    while not next(steps).fraction:
        pass
    assert list((tmp_path / "models").glob(".fetch-*/half"))
    steps.close()
    assert list((tmp_path / "models").iterdir()) == []


def test_what_a_killed_fetch_left_is_cleared_away(tmp_path):
    old, young = tmp_path / ".fetch-old", tmp_path / ".fetch-young"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    with pytest.raises(FetchError):
        list(fetch_faces(tmp_path, tmp_path / "none.whl"))
    assert not old.exists()
    assert young.exists()


def test_too_little_space_is_noticed_before(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(10**7))
    assert "takes 200 MB, and 10 MB are free" in failure(tmp_path / "models")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(FetchError, match="models"):
        list(fetch_faces(tmp_path / "models"))


def test_a_folder_that_may_not_be_written_is_named(tmp_path, monkeypatch):
    def refuse(**options):
        raise PermissionError(errno.EACCES, "Permission denied", str(options["dir"]))

    monkeypatch.setattr(faces.tempfile, "mkdtemp", refuse)
    assert "may not be changed" in failure(tmp_path / "models")


def test_the_child_process_reports_in_json_lines(tmp_path, capsys):
    assert fetch.main(["faces", "--wheel", str(tmp_path / "none.whl")]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"text": "Checking the file", "fraction": None}
    assert "is not there" in lines[-1]["error"]


def test_nothing_is_fetched_before_the_terms_are_accepted(monkeypatch, capsys):
    monkeypatch.setattr(typer, "confirm", lambda question: False)
    monkeypatch.setattr(fetch, "fetch_faces", lambda *arguments: pytest.fail("it was fetched"))
    with pytest.raises(typer.Exit):
        fetch.get_command()
    assert "non-commercial" in capsys.readouterr().out


def test_the_command_tells_steps_and_failure(tmp_path, capsys):
    with pytest.raises(typer.Exit):
        fetch.get_command(tmp_path / "none.whl", yes=True)
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == f"Faces: {TERMS}"
    assert "Checking the file" in said.out
    assert "none.whl” is not there" in said.err


@needs_wheel
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, monkeypatch):
    def fill(path, generator, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(faces, "write_native", fill)
    assert "The disk is full" in failure(tmp_path / "models", Path(WHEEL))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The model as the program installs it."""
    folder = tmp_path_factory.mktemp("models")
    steps = list(fetch_faces(folder, Path(WHEEL)))
    assert steps[-1].fraction == 1.0
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert read_info(folder / FILE_NAME).terms == TERMS
    return read_native(folder / FILE_NAME)


@pytest.fixture(scope="module")
def openvino(tmp_path_factory):
    """The published networks in the OpenVINO runtime, float32: mapping and synthesis as functions of arrays."""
    runtime = pytest.importorskip("openvino", reason="needs openvino (extra “test”)")
    folder = tmp_path_factory.mktemp("ir")
    with zipfile.ZipFile(WHEEL) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if "/data/" in name])
    core = runtime.Core()

    def network(name):
        compiled = core.compile_model(str(folder / "random_face" / "data" / f"{name}.xml"), "CPU",
                                      {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
        return lambda x: torch.from_numpy(compiled([x.numpy()])[0].copy())

    return network("MappingNetwork"), network("SynthesisNetwork")


@needs_wheel
@pytest.mark.parametrize("seed", [1, 2])
def test_it_equals_the_published_network(model, openvino, seed):
    mapping, synthesis = openvino
    z = torch.randn(1, 512, generator=torch.Generator().manual_seed(seed))
    w, generator = mapping(z), model.generator
    assert (generator.map(z) - w).abs().max() < 1e-3
    image, ws = synthesis(w), w[:, None].expand(-1, generator.num_ws, -1)
    assert (generator.synthesize(ws) - image).abs().max() < 1e-3
    assert (FastMobileStyleGAN(generator, Mode())(ws) - image).abs().max() < 1e-3


@needs_wheel
def test_the_fast_form_is_within_40_db(model):
    fast = FastMobileStyleGAN(model.generator, Mode(dtype=torch.bfloat16))
    for seed in range(3):
        w = model.generator.map(torch.randn(1, 512, generator=torch.Generator().manual_seed(seed)))
        ws = w[:, None].expand(-1, model.generator.num_ws, -1)
        assert psnr(fast(ws), model.generator.synthesize(ws)) >= 40


@needs_wheel
def test_sefa_has_a_matrix_of_every_layer(model):
    generator = model.generator
    assert generator.factor_matrix(range(generator.num_ws)).shape == (512, 6752)
    assert generator.w_avg.abs().max() > 0
