"""`ganstudio train <plugin's training>`: its options come from a dataclass, its progress as JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ganstudio import cli
from ganstudio.training.resume import read_resume
from tests.models import write_stylegan2

ROOT = Path(__file__).parents[1]
SHORT = ["--model", "birds", "--kimg", "0.016", "--batch", "8", "--width", "8", "--precision", "float32", "--json",
         "--cpu"]


@pytest.fixture
def run(data_folder, tmp_path, monkeypatch, capsys):
    """Carries out a command line beside a random model "birds": (status, stdout, stderr)."""
    (data_folder / "models").mkdir()
    write_stylegan2(data_folder / "models" / "birds.safetensors", side=16)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return (cli.run_cli(list(words)), *capsys.readouterr())

    return run


def test_a_plugins_training_runs_and_resumes_from_the_command_line(run, tmp_path):
    status, out, _ = run("train", "regressor", *SHORT, "--variant", "rgb-filled", "--output", "mine")
    assert status == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["note", "progress", "finished"]
    about = json.loads((tmp_path / "mine/about.json").read_text())
    assert about["options"]["variant"] == "rgb-filled"
    assert (about["options"]["rate"], about["options"]["width"]) == (1e-4, 8)
    written = {path.name for path in (tmp_path / "mine").iterdir()}
    assert {"resume.safetensors", "regressor.safetensors", "samples.png"} <= written
    status, out, _ = run("train", "regressor", *SHORT, "--variant", "rgb-filled", "--output", "mine")
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["note", "finished"]


def test_its_options_are_told_with_their_defaults(run):
    status, out, _ = run("train", "regressor", "--help")
    assert status == 0
    assert "--variant" in out
    assert "rgb-filled" in out
    assert "Learning rate of Adam." in out
    assert "regressor" in run("train", "--help")[1]


@pytest.mark.parametrize(("words", "status", "said"), [
    (["regressor", "--batch", "1"], 1, "“batch” must be at least 2, but is 1.\n"),
    (["regressor", "--model", "nope"], 1, "There is no model “nope”"),
    (["regressor", "--variant", "cmyk"], 2, "cmyk"),
    (["flyer"], 2, "flyer"),
])  # fmt: skip
def test_what_is_wrong_is_said(run, tmp_path, words, status, said):
    found, _, error = run("train", *words)
    assert found == status
    assert said in error
    assert "Traceback" not in error
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_two_processes_under_accelerate_launch_train_one_regressor(run, tmp_path):
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines",
              "1", "--mixed_precision", "no", "--dynamo_backend", "no", "-m", "ganstudio.cli", "train", "regressor"]
    words = [*launch, *SHORT, "--output", str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["note", "progress", "finished"]
    assert read_resume(tmp_path / "run/resume.safetensors").progress.seen == 16
