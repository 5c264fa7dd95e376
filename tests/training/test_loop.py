"""The loop: it resumes where it stopped, saves atomically and small, stops when asked, and says how it goes."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn

from ganstudio.document.atomic import write_atomically
from ganstudio.training.command import main
from ganstudio.training.gan import GanTraining
from ganstudio.training.loop import Loop, Report, spoken_time
from ganstudio.training.recipe import read_recipe
from ganstudio.training.resume import Progress, ResumeError, read_resume, write_resume
from tests.training.tiny import tiny_training

ROOT = Path(__file__).parents[2]
RECIPE = """
seed = 3
[data]
world = "landscape"
distinct = 20
[model]
resolution = 8
channels = [16, 8]
z_dim = 8
w_dim = 8
mapping_layers = 2
[train]
kimg = 0.02
batch = 4
precision = "float32"
"""


class Counting:
    """A task that counts its steps in the weight of its network."""

    batch = 2

    def __init__(self, stop_at: int = -1) -> None:
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.network.weight)
        self.numbers: list[int] = []
        self.stop_at = stop_at

    def step(self, number: int) -> Mapping[str, Tensor]:
        self.numbers.append(number)
        nn.init.constant_(self.network.weight, number + 1)
        if number == self.stop_at:
            os.kill(os.getpid(), signal.SIGINT)
        return {"loss": torch.tensor(1.0)}

    def samples(self) -> None:
        return None

    def networks(self) -> Mapping[str, nn.Module]:
        return {"only": self.network}


def _loop(task: Counting, folder: Path) -> Loop:
    return Loop(task, 10, folder, Accelerator(cpu=True), say=lambda report: None)


def test_an_interrupted_loop_saves_and_goes_on_with_the_next_step(tmp_path: Path) -> None:
    first, second = Counting(stop_at=1), Counting()
    assert not _loop(first, tmp_path).run()
    again = _loop(second, tmp_path)
    assert again.resume()
    assert second.network.weight.item() == 2
    assert again.run()
    assert first.numbers + second.numbers == [0, 1, 2, 3, 4]
    assert read_resume(again.resume_path).progress.seen == 10


def test_a_resumed_training_stands_where_it_stopped_and_goes_on_alike(tmp_path: Path) -> None:
    whole, part = tiny_training(), tiny_training()
    loop = Loop(part, 24, tmp_path, Accelerator(cpu=True), say=lambda report: None)
    loop.run()
    for number in range(6):
        whole.step(number)
    resumed = tiny_training()
    again = Loop(resumed, 40, tmp_path, Accelerator(cpu=True))
    again.resume()
    assert (again.progress.step, again.progress.seen) == (6, 24)
    _same_up_to_half(whole, resumed)
    assert torch.equal(whole._real(6)[0], resumed._real(6)[0])
    torch.testing.assert_close(whole._draw(6, None), resumed._draw(6, None), atol=2e-2, rtol=2e-2)


def _same_up_to_half(one: GanTraining, two: GanTraining) -> None:
    for name, network in one.networks().items():
        for key, value in network.state_dict().items():
            assert torch.equal(value.half(), two.networks()[name].state_dict()[key].half()), f"{name}.{key}"


def test_a_crash_while_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "resume.safetensors"
    network = nn.Linear(2, 2)
    write_resume(path, {"n": network}, Progress(1, 2, 3.0), {})
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError("disk full")))
    nn.init.zeros_(network.weight)
    with pytest.raises(OSError, match="disk full"):
        write_resume(path, {"n": network}, Progress(2, 4, 6.0), {})
    assert path.read_bytes() == before


def test_weights_that_are_not_finite_never_replace_a_good_file(tmp_path: Path) -> None:
    path, network = tmp_path / "resume.safetensors", nn.Linear(2, 2)
    write_resume(path, {"n": network}, Progress(), {})
    nn.init.constant_(network.weight, float("nan"))
    with pytest.raises(ResumeError, match="diverged"):
        write_resume(path, {"n": network}, Progress(), {})
    assert read_resume(path).tensors["n.weight"].isfinite().all()


def test_a_file_that_is_no_resume_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "resume.safetensors"
    path.write_bytes(b"{}")
    with pytest.raises(ResumeError, match="cannot be read"):
        read_resume(path)
    write_resume(path, {"n": nn.Linear(2, 2)}, Progress(), {})
    with pytest.raises(ResumeError, match="another shape"):
        _loop(Counting(), tmp_path).resume()


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "resources/models").glob("*.toml")))
def test_the_resume_file_of_a_built_in_recipe_stays_below_16_megabytes(tmp_path: Path, name: str) -> None:
    recipe = read_recipe(ROOT / "resources/models" / name)
    recipe = dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, precision="float32"))
    training = tiny_training(recipe)
    write_resume(tmp_path / "r", training.networks(), Progress(), recipe.as_dict())
    assert (tmp_path / "r").stat().st_size <= 16e6


def test_a_replaced_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        write_atomically(tmp_path / "deep/file", content)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file"]
    assert (tmp_path / "deep/file").read_bytes() == b"new"


def test_progress_is_told_in_words_and_in_json() -> None:
    report = Report(Progress(10, 20_000, 400.0), 100_000, 50.0, {"generator": 1.25})
    assert report.as_text() == "20.0 of 100 thousand pictures (20 %)  50.0/s  26 min 40 s left  generator 1.250"
    told = json.loads(report.as_json())
    assert (told["event"], told["seen"], told["left"], told["losses"]["generator"]) == ("progress", 20_000, 1600, 1.25)


@pytest.mark.parametrize(("seconds", "said"), [(7, "7 s"), (190, "3 min 10 s"), (7500, "2 h 05 min")])
def test_durations_are_spoken(seconds: float, said: str) -> None:
    assert spoken_time(seconds) == said


def test_the_command_trains_resumes_and_says_mistakes_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE)
    command = [str(recipe), "--output", str(tmp_path / "run"), "--json", "--cpu"]
    assert main(command) == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["progress", "finished"]
    with Image.open(tmp_path / "run/samples.png") as grid:
        assert grid.size == (64, 48)
    assert main(command) == 0
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == ["finished"]
    recipe.write_text(RECIPE.replace("batch = 4", "batch = 0"))
    assert main(command) == 2
    assert capsys.readouterr().err == "'batch' must be above 0, but is 0.\n"


def test_the_command_grows_a_training_to_twice_the_resolution(tmp_path: Path) -> None:
    (tmp_path / "8.toml").write_text(RECIPE)
    larger = RECIPE.replace("= 8\nchannels = [16, 8]", "= 16\nchannels = [16, 8, 4]").replace("0.02", "0.04")
    (tmp_path / "16.toml").write_text(larger.replace("[train]", '[train]\ngrow_from = "8/resume.safetensors"'))
    for name in ("8", "16"):
        assert main([str(tmp_path / f"{name}.toml"), "--output", str(tmp_path / name), "--cpu"]) == 0
    grown = read_resume(tmp_path / "16/resume.safetensors")
    assert grown.progress.seen == 40
    assert grown.progress.step == 10
    assert "synthesis.b16.conv0.weight" in grown.network("average")


FORBIDDEN = "import sys\nfor name in ('PySide6', 'typer', 'rich', 'click', 'torchvision', 'pooch', 'av', 'superqt', " \
    "'qimage2ndarray', 'platformdirs'):\n    sys.modules[name] = None\n"  # fmt: skip


def test_training_runs_where_there_is_neither_qt_nor_a_command_line_library(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    code = f"{FORBIDDEN}from ganstudio.training.command import main\nsys.exit(main(sys.argv[1:]))"
    arguments = [str(tmp_path / "tiny.toml"), "--output", str(tmp_path / "run"), "--cpu"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "Finished." in done.stdout


@pytest.mark.slow
def test_two_processes_under_accelerate_launch_train_one_model(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines",
              "1", "--mixed_precision", "no", "--dynamo_backend", "no", "-m", "ganstudio.training.command"]  # fmt: skip
    arguments = [str(tmp_path / "tiny.toml"), "--output", str(tmp_path / "run"), "--cpu"]
    done = subprocess.run([*launch, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=250)
    assert done.returncode == 0, done.stderr
    assert read_resume(tmp_path / "run/resume.safetensors").progress.seen == 20
