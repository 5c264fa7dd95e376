"""Plugins' trainings in the shared loop: told, resumed, refused in the wrong folder, and ended with a result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from ganstudio.api import Crew, Host, Learned, option
from ganstudio.host import ModelHost
from ganstudio.settings import user_data
from ganstudio.training.hosted import AcceleratedCrew, train
from ganstudio.training.resume import ResumeError, read_resume
from tests.models import TinyLibrary


@dataclass(frozen=True)
class CountOptions:
    """How far to count."""

    upto: int = option(8, "How far.")


class Count:
    """Registered: makes tasks that count their steps in a weight."""

    id, name, options = "count", "Counting", CountOptions

    def __init__(self, id_: str = "count") -> None:
        self.id = id_

    def task(self, host: Host, options: Any, crew: Crew) -> CountTask:
        return CountTask(options, crew)


class CountTask:
    """Counts two a step."""

    batch, notes = 2, ("It counts.",)
    keep = ""

    def __init__(self, options: CountOptions, crew: Crew) -> None:
        self.options, self.total, self.crew = options, options.upto, crew
        self.network = nn.Linear(1, 1, bias=False).requires_grad_(False)
        self.network.weight.zero_()

    def step(self, number: int) -> Mapping[str, Tensor]:
        self.network.weight.add_(1)
        return {"loss": torch.tensor(float(number))}

    def samples(self) -> None:
        return None

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def result(self) -> Learned:
        count = self.network.weight
        return Learned({"count": count}, {"format": "count"}, {"steps": count.item()}, keep=self.keep)


def run(folder: Path, upto: int = 8, training: Count | None = None, json_lines: bool = True) -> tuple[bool, list[str]]:
    said: list[str] = []
    finished = train(ModelHost(TinyLibrary()), training or Count(), CountOptions(upto), folder, json_lines=json_lines,
                     cpu=True, say=said.append)
    return finished, said


def test_a_training_is_told_in_json_lines_and_leaves_its_result(tmp_path: Path) -> None:
    finished, said = run(tmp_path)
    note, progress, last = (json.loads(line) for line in said)
    assert finished
    assert note == {"event": "note", "text": "It counts."}
    assert (progress["event"], progress["step"], progress["losses"]) == ("progress", 4, {"loss": 1.5})
    assert (last["event"], last["figures"]) == ("finished", {"steps": 4.0})
    with safe_open(last["result"], framework="pt") as file:
        assert file.metadata() == {"format": "count"}
        assert file.get_tensor("count").item() == 4
    about = json.loads((tmp_path / "about.json").read_text())
    assert about == {"training": "count", "options": {"upto": 8}, "notes": ["It counts."], "finished": True}


def test_whoever_watches_sees_how_it_stands_before_it_begins(tmp_path: Path, monkeypatch) -> None:
    drawn: list[float] = []

    def samples(task: CountTask) -> NDArray[np.uint8]:
        drawn.append(task.network.weight.item())
        return np.zeros((2, 2, 3), np.uint8)

    monkeypatch.setattr(CountTask, "samples", samples)
    run(tmp_path / "watched")
    run(tmp_path / "unwatched", json_lines=False)
    run(tmp_path / "watched")  # finished: nothing begins
    assert drawn == [0, 4, 4, 4]


def test_what_is_kept_for_the_program_is_told_with_its_place(tmp_path: Path, monkeypatch) -> None:
    _, said = run(tmp_path / "a")
    assert json.loads(said[-1])["kept"] == []
    monkeypatch.setattr(CountTask, "keep", "models/count.safetensors")
    _, said = run(tmp_path / "b")
    assert json.loads(said[-1])["kept"] == [str(user_data() / "models" / "count.safetensors")]
    assert (user_data() / "models" / "count.safetensors").is_file()


def test_it_goes_on_where_it_stopped_and_says_so_in_words_too(tmp_path: Path) -> None:
    run(tmp_path)
    finished, said = run(tmp_path, upto=12, json_lines=False)
    assert finished
    assert said[0] == "It counts."
    assert said[-1] == f"Finished. Wrote {tmp_path / 'count.safetensors'} (steps 6.000)."


class DyingTask(CountTask):
    """Is gone without a word at its third step, as a killed process is."""

    def step(self, number: int) -> Mapping[str, Tensor]:
        if number == 2:
            raise KilledError
        return super().step(number)


class KilledError(BaseException):
    """No program catches it."""


class Dying(Count):
    """Registered: makes tasks that do not live long."""

    def task(self, host: Host, options: Any, crew: Crew) -> CountTask:
        return DyingTask(options, crew)


def test_what_a_killed_process_had_saved_on_its_way_is_gone_on_from(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("ganstudio.training.hosted.SAVED", 0.0)
    with pytest.raises(KilledError):
        run(tmp_path, training=Dying())
    assert read_resume(tmp_path / "resume.safetensors").progress.step == 2
    assert not json.loads((tmp_path / "about.json").read_text())["finished"]
    finished, said = run(tmp_path)
    assert finished
    assert json.loads(said[-1])["figures"] == {"steps": 4.0}


def test_another_trainings_folder_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path)
    before = (tmp_path / "resume.safetensors").read_bytes()
    with pytest.raises(ResumeError, match="holds the training of count: name another"):
        run(tmp_path, training=Count("sort"))
    assert (tmp_path / "resume.safetensors").read_bytes() == before
    assert not (tmp_path / "sort.safetensors").exists()


class Half:
    """What accelerate says in the second of two processes; each holds the gradient 1, the other 3."""

    device, process_index, num_processes = torch.device("cpu"), 1, 2

    def reduce(self, tensor: Tensor, reduction: str) -> Tensor:
        assert reduction == "mean"
        return (tensor + 3) / 2


def test_a_crew_shares_batches_and_gradients() -> None:
    crew = AcceleratedCrew(Half())
    assert crew.share(8) == slice(4, 8)
    with pytest.raises(ValueError, match="batch of 7 pictures cannot be shared evenly by 2"):
        crew.share(7)
    network = nn.Linear(2, 1)
    network(torch.ones(1, 2)).sum().backward()
    crew.average_gradients(network)
    assert network.weight.grad is not None
    assert network.weight.grad.tolist() == [[2.0, 2.0]]
