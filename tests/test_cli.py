"""The command line renders without a screen, says what is wrong in one sentence, and leaves nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from ganstudio import __version__, batch, cli
from ganstudio.batch import EditError, EditText, compose, parse_edit
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.checkpoints.native import write_native
from ganstudio.document.file import write_project
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.registry import PluginRegistry
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Shot
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.models import write_stylegan2


@pytest.fixture
def library(data_folder):
    """A library with a random model "birds" in the user's folder."""
    (data_folder / "models").mkdir()
    write_stylegan2(data_folder / "models" / "birds.safetensors")
    return ModelLibrary(usual_folders())


@pytest.fixture
def run(library, tmp_path, monkeypatch, capsys):
    """Carries out a command line in an empty folder: (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = cli.run_cli([str(word) for word in words])
        return (status, *capsys.readouterr())

    return run


def test_a_model_with_a_moving_edit_becomes_numbered_pictures(run, library, tmp_path):
    status, out, _ = run("render", "--model", "birds", "--seed", 7, "--edit", "sefa:all:3=-2..2", "--frames", 5, "out/")
    assert (status, out) == (0, "Wrote 5 frames to out\n")
    edits = [parse_edit("sefa:all:3=-2..2")]
    document = compose(library, PluginRegistry(library), "birds", edits, seed=7, count=5)
    renderer = Renderer(library)
    for number, alpha in enumerate([-2.0, -1.0, 0.0, 1.0, 2.0]):
        look = document.look(number / 24)
        assert look.edits[0].alpha == pytest.approx(alpha)
        written = np.asarray(Image.open(tmp_path / "out" / f"frame_{number + 1:04}.png"))
        np.testing.assert_array_equal(written, renderer.render(Shot(document, number / 24)).pixels)


def test_an_encoder_is_brought_in_for_a_model(run, data_folder):
    torch.manual_seed(0)
    write_native(data_folder / "models" / "tiles.safetensors", ProGAN(ProGANConfig((8, 8, 8), z_dim=12)), about={})
    encoder = checkpoint(small("latent-composition-encoder/pgan16"))
    status, out, _ = run("import", encoder, "--for", "tiles", "--set", "halfsize=no")
    [path] = (data_folder / "models" / "regressors").iterdir()
    assert status == 0
    assert str(path) in out
    status, out, err = run("import", encoder, "--for", "birds")
    assert (status, out) != (0, "")
    assert "made for another model" in err


def test_a_project_renders_as_it_is_saved(run, library, tmp_path):
    document = library.default_document("birds", 3).with_key(0.0).with_key(0.25)
    write_project(tmp_path / "a.gans", document)
    status, out, _ = run("render", "a.gans", "a.webp", "--size", 64, "--fps", 12)
    assert (status, out) == (0, "Wrote 4 frames to a.webp\n")
    with Image.open(tmp_path / "a.webp") as image:
        assert (image.n_frames, image.size) == (4, (64, 64))


def test_a_single_picture_with_truncation_and_a_fixed_edit(run, library, tmp_path):
    status, *_ = run("render", "--model", "birds", "--psi", 0.5, "--edit", "sefa:0-3:0=1.5", "--exact", "still.png")
    assert status == 0
    document = compose(library, PluginRegistry(library), "birds", [parse_edit("sefa:0-3:0=1.5")], psi=0.5)
    expected = Renderer(library).render(Shot(document, quality="exact")).pixels
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "still.png")), expected)


def test_a_model_file_from_anywhere_can_be_rendered(run, tmp_path):
    write_stylegan2(tmp_path / "mine.safetensors", side=16)
    assert run("render", "--model", "mine.safetensors", "m.png")[0] == 0
    with Image.open(tmp_path / "m.png") as image:
        assert image.size == (16, 16)


@pytest.mark.parametrize(("words", "said"), [
    (["--model", "nope", "x.gif"], "There is no model “nope” in the library"),
    (["--model", "faces", "x.gif"], "“Faces” is not installed"),
    (["--model", "birds", "x.avi"], "“.avi” is no format"),
    (["--model", "birds", "--format", "tga", "x"], "“tga” is no format"),
    (["--model", "birds", "none/x.gif"], "does not exist"),
    (["--model", "birds", "--edit", "smile=3", "x.gif"], "“smile=3” is no edit"),
    (["--model", "birds", "--edit", "pca:all:0=1", "x.gif"], "There is no finder “pca”"),
    (["--model", "birds", "--edit", "sefa:0-99:0=1", "x.gif"], "leaves the model"),
    (["--model", "birds", "--edit", "sefa:all:500=1", "x.gif"], "there is no number 500"),
    (["--model", "birds", "--seed", "-3", "x.gif"], "A seed is a number"),
    (["--model", "birds", "--frames", "0", "x.gif"], "at least one frame"),
    (["--model", "birds", "--fps", "99", "x.gif"], "GIF takes"),
    (["nothing.gans", "x.gif"], "“nothing.gans” is not there"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence_and_no_file(run, tmp_path, words, said):
    status, out, error = run("render", *words)
    assert (status, out) == (1, "")
    assert said in error
    assert error.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_a_damaged_project_is_one_sentence(run, tmp_path):
    (tmp_path / "bad.gans").write_bytes(b"PK\x03\x04 half a zip")
    status, _, error = run("render", "bad.gans", "x.gif")
    assert status == 1
    assert "bad.gans" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("words", [
    ["render"], ["render", "only.mp4"], ["render", "a", "b", "c"], ["render", "--model", "birds", "a.gans", "b.gif"],
    ["render", "a.gans", "b.gif", "--seed", "3"], ["fly"],
])  # fmt: skip
def test_wrong_usage_is_status_two(run, words):
    assert run(*words)[0] == 2


def test_what_is_there_is_replaced_only_when_that_is_wanted(run, tmp_path):
    words = ["render", "--model", "birds", "x.png"]
    assert run(*words)[0] == 0
    status, _, error = run(*words)
    assert (status, "is there already" in error) == (1, True)
    assert run(*words, "--overwrite")[0] == 0


@pytest.mark.parametrize(("text", "expected"), [
    ("sefa:all:3=-2..2", EditText("sefa", "all", 3, -2.0, 2.0)),
    ("sefa:0-3,7:12=.5", EditText("sefa", "0-3,7", 12, 0.5, 0.5)),
    ("sefa:top:0=1.5..-1.25", EditText("sefa", "top", 0, 1.5, -1.25)),
    ("sefa:top:0=1...5", EditText("sefa", "top", 0, 1.0, 0.5)),
])  # fmt: skip
def test_edits_are_read_as_they_are_meant(text, expected):
    assert parse_edit(text) == expected


@pytest.mark.parametrize("text", ["", "sefa", "sefa:all=1", "sefa:all:x=1", "sefa:all:1=a..b", "sefa:all:1=nan"])
def test_other_edits_are_refused(text):
    with pytest.raises(EditError, match="is no edit"):
        parse_edit(text)


def test_the_list_of_models_names_terms_and_what_is_missing(run):
    status, out, _ = run("models")
    assert status == 0
    assert "birds" in out
    assert "non-commercial" in out


def test_the_version_is_said(run):
    assert run("--version") == (0, f"GAN Studio {__version__}\n", "")


@pytest.mark.parametrize(("raised", "expected", "said"), [
    (KeyboardInterrupt(), 130, "Interrupted; nothing was written.\n"), (SystemExit(143), 143, ""),
])  # fmt: skip
def test_a_signal_leaves_no_partial_file(run, tmp_path, monkeypatch, raised, expected, said):
    def carry_out(order, say, report, real=batch.carry_out):
        def stop(progress):
            report(progress)
            if progress.done == 2:
                raise raised
        return real(order, say, stop)

    monkeypatch.setattr(batch, "carry_out", carry_out)
    status, _, error = run("render", "--model", "birds", "--frames", 9, "x.webp")
    assert (status, error) == (expected, said)
    assert not any(tmp_path.iterdir())


REAL = """
import signal, sys
from ganstudio.cli import run_cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background of a shell
assert run_cli(["--help"]) == 0
assert not {"torch", "numpy", "av", "PySide6"} & set(sys.modules), "help is quick"
status = run_cli(["render", "--model", "birds", "--frames", "100000", sys.argv[1]])
assert not any(name.startswith("PySide6") for name in sys.modules), "rendering needs no Qt"
sys.exit(status)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_real_program_needs_no_screen_and_cleans_up_when_interrupted(library, tmp_path):
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    words = [sys.executable, "-c", REAL, str(tmp_path / "x.gif")]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=bare) as process:
        deadline = time.monotonic() + 100
        while not any(tmp_path.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            error = process.communicate(timeout=30)[1]
        finally:
            process.kill()
    assert (process.returncode, error) == (130, "Interrupted; nothing was written.\n")
    assert not any(tmp_path.iterdir())
