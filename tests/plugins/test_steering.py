"""Steering: walks learn what their edits say, are measured, kept, found again, and refused where they do not belong."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganstudio.api import Direction, FinderOptions, LayerRange, Model, PictureEdit
from ganstudio.document.latent import Base, Latent
from ganstudio.registry import PluginRegistry
from ganstudio.render.latent import ws_of
from ganstudio.render.steps import walk_offset
from ganstudio.settings import user_data
from ganstudio.training.resume import read_resume
from tests.models import TINY, TinyLibrary
from tests.steered import LEVEL, PIXELS, Steered, SteeredZ

QUICK: dict[str, Any] = {"model": "tiny", "kimg": 0.8, "batch": 8, "range": 0.4, "rate": 0.3, "precision": "float32"}
ALL = FinderOptions((LayerRange(0, 2),))


def plugins(generator: Any = None) -> PluginRegistry:
    found = PluginRegistry(TinyLibrary(generator or Steered()))
    found.edits()
    return found


def train(found: PluginRegistry, folder: Path, **options: Any) -> bool:
    walk = found.trainings()["walk"]
    return found.host.train(walk, walk.options(**{**QUICK, **options}), folder, json_lines=True, cpu=True)


def walks(found: PluginRegistry, generator: Any = None, options: FinderOptions = ALL) -> dict[str, Direction]:
    finder = found.finder("steering")
    return {d.id: d for d in finder.find(generator or Steered(), TINY.fingerprint, options)}


def part(name: str) -> Any:
    return sys.modules[f"ganstudio_plugins.steering.{name}"]


class Alone:
    """One process."""

    device, index, count, precision = torch.device("cpu"), 0, 1, torch.float32

    def share(self, batch: int) -> slice:
        return slice(0, batch)

    def average_gradients(self, network: torch.nn.Module) -> None:
        pass


def task(generator: Any = None, **options: Any) -> Any:
    found = plugins(generator)
    walk = found.trainings()["walk"]
    return walk.task(found.host, walk.options(**{**QUICK, **options}), Alone())


def test_a_shift_is_recovered_measured_kept_and_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = plugins()
    assert train(found, tmp_path, edit="shift-x", kimg=1.2)
    walk = walks(found)["steering:shift-x~w+"]
    per_alpha = walk.vector.mean(axis=0)  # alpha 1 is half a side: 16 px
    assert per_alpha[0] * PIXELS == pytest.approx(16, rel=0.12)
    assert np.abs(per_alpha[1:]).max() < 0.15 * per_alpha[0]
    assert walk.response is not None
    assert (walk.response.unit, walk.reach) == ("px", walk.response.reach)
    for alpha, amount in zip(walk.response.alphas, walk.response.amounts, strict=True):
        assert amount == pytest.approx(16 * alpha, abs=1.2)
    *_, note, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert last["figures"]["Shift x followed"] > 0.9
    assert re.fullmatch(r"“Shift x” reaches -\d+\.?\d* to \d+\.?\d* px and makes 9\d% of what .*", note["text"])
    kept = user_data() / "directions" / TINY.fingerprint / "shift-x-linear-auto.safetensors"
    here, there = (part("files").read_walks(path, TINY.fingerprint)[0]
                   for path in (tmp_path / "walk.safetensors", kept))
    np.testing.assert_array_equal(here.vector, there.vector)
    assert here.response == there.response == walk.response


def test_colours_are_learned_together_each_by_itself(tmp_path: Path) -> None:
    class Coloured(Steered):
        def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
            return LEVEL * ws.mean(dim=1)[:, :3, None, None].float().expand(-1, -1, 32, 32)

    found = plugins(Coloured())
    train(found, tmp_path, edit="colour", range=1.0)
    vectors = np.stack([walk.vector.mean(axis=0) for walk in walks(found).values()])
    np.testing.assert_allclose(vectors[:, :3] * LEVEL, np.eye(3), atol=0.1)
    assert [walk.response.unit for walk in walks(found).values() if walk.response] == ["levels"] * 3


def test_steps_learn_the_same_and_the_document_takes_them_alike(tmp_path: Path) -> None:
    found = plugins()
    train(found, tmp_path, edit="whiten", kind="nonlinear", rate=0.02, range=1.0)
    walk = walks(found)["steering:whiten~steps~w"]
    assert walk.steps is not None
    base = torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    ahead, back = walk_offset(walk.steps, base, 3.0), walk_offset(walk.steps, base, -3.0)
    assert (ahead[:, 1] * LEVEL).mean().item() == pytest.approx(0.3, abs=0.06)
    assert (back[:, 1] * LEVEL).mean().item() == pytest.approx(-0.3, abs=0.06)
    assert walk.parameters["step"] == pytest.approx(0.1)


def test_step_networks_take_the_same_steps_in_training_and_in_documents() -> None:
    plugins()
    for keep_norm, psi in ((True, 1.0), (False, 0.7)):
        mean = torch.randn(4)
        walk = part("walks").StepWalk(4, keep_norm, psi, mean)
        for parameter in walk.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
        base, counts = torch.randn(7, 4), torch.tensor([-3, -2, -1, 0, 1, 2, 3])
        moved = walk(base, counts)
        for i in range(7):
            there = base[i:i + 1] + walk_offset(walk.network(), base[i:i + 1], float(counts[i]), mean)
            torch.testing.assert_close(moved[i:i + 1], there, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("options", [
    {"space": "z"}, {"space": "w"}, {"space": "w+"}, {"kind": "nonlinear"}, {"kind": "nonlinear", "space": "z"},
    {"loss": "perceptual"}, {"mask": "left"}, {"edit": "zoom,colour"},
])  # fmt: skip
def test_every_kind_of_walk_starts_at_rest_and_moves_with_the_first_steps(options: dict[str, Any]) -> None:
    lesson = task(**options)
    bases = lesson.space.draw(4, torch.Generator().manual_seed(1))
    group = lesson.groups[0]
    told = torch.ones(4, len(group))
    torch.testing.assert_close(lesson.picture(group, bases, told), bases.image)
    losses = [lesson.step(number) for number in range(2 * len(lesson.groups))]
    assert {key for loss in losses for key in loss} == {"+".join(e.id for e in g) for g in lesson.groups}
    assert not torch.equal(lesson.picture(group, bases, told), bases.image)
    pixels = lesson.samples()
    assert pixels.shape == (32 * 2 * (3 if len(lesson.lessons()) == 1 else len(lesson.lessons())), 7 * 32, 3)


def test_a_model_in_z_with_classes_is_steered_in_z(tmp_path: Path) -> None:
    found = plugins(SteeredZ())
    train(found, tmp_path, edit="whiten", label=1, range=1.0)
    walk = walks(found, SteeredZ())["steering:whiten~z"]
    assert (walk.space, walk.layers, walk.vector.shape) == ("z", (), (4,))
    assert walk.vector[1] * LEVEL == pytest.approx(1, rel=0.1)


def test_the_same_step_learns_the_same_and_a_stopped_training_goes_on(tmp_path: Path) -> None:
    one, two = task(), task()
    for each in (one, two):
        for number in (5, 6):
            each.step(number)
    assert torch.equal(one.walks["zoom"].vectors, two.walks["zoom"].vectors)
    train(plugins(), tmp_path, edit="whiten", kimg=0.016)
    train(plugins(), tmp_path, edit="whiten", kimg=0.032)
    assert read_resume(tmp_path / "resume.safetensors").progress.step == 4


def checkers(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    board = (torch.arange(32)[:, None] + torch.arange(32)) % 2 * 2.0 - 1
    return image + alphas[:, None, None, None] * board, torch.ones_like(image[:, :1])


@pytest.fixture
def with_checkers(tmp_path: Path) -> Callable[[], PluginRegistry]:
    """The program with a plugin that brings one edit, a small function, which no generator here can follow."""
    folder = tmp_path / "plugins" / "checkers"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text('id = "checkers"\nname = "Checkers"\napi = 1\n')
    (folder / "__init__.py").write_text(
        "from ganstudio.api import PictureEdit\nfrom tests.plugins.test_steering import checkers\n\n\n"
        "def register(registry):\n    registry.add_edit(PictureEdit('checkers', 'Checkers', checkers))\n")

    def made() -> PluginRegistry:
        own = PluginRegistry(TinyLibrary(Steered()))
        return PluginRegistry(TinyLibrary(Steered()), (own.plugins[0].path.parent, folder.parent), ())

    return made


def test_an_edit_of_a_plugin_that_cannot_be_followed_ends_with_a_sentence_and_no_slider(
    tmp_path: Path, with_checkers: Callable[[], PluginRegistry], capsys: pytest.CaptureFixture[str]
) -> None:
    found = with_checkers()
    assert train(found, tmp_path / "run", edit="checkers,whiten", kimg=0.4, range=1.0)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [e["text"] for e in events if e["event"] == "note"]
    assert any("cannot follow “Checkers”" in text and "there is no slider" in text for text in said)
    assert [*walks(found)] == ["steering:whiten~w+"]


def test_when_nothing_can_be_followed_nothing_is_written(
    tmp_path: Path, with_checkers: Callable[[], PluginRegistry], capsys: pytest.CaptureFixture[str]
) -> None:
    found = with_checkers()
    assert train(found, tmp_path / "run", edit="checkers", kimg=0.08)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["result"] == ""
    assert not (tmp_path / "run" / "walk.safetensors").exists()
    with pytest.raises(ValueError, match="no walks for this model yet"):
        walks(found)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file of two walks of the tiny model."""
    found = plugins()
    model = found.host.load_model("tiny")
    steps = part("walks").StepWalk(4, True).network()
    line = Direction("steering:a", "A", "w", np.eye(4, dtype=np.float32)[:2], (LayerRange(0, 2),), model.fingerprint,
                     (-1.0, 2.0), source="steering", parameters={"edit": "zoom"})
    bent = replace(line, id="steering:b", space="z", vector=np.ones(4, np.float32), layers=(), steps=steps)
    return write(tmp_path / "walks.safetensors", [line, bent], model)


def write(path: Path, directions: list[Direction], model: Model) -> Path:
    learned = part("files").file_of(directions, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in learned.tensors.items()}, path, dict(learned.metadata))
    return path


def test_walks_come_back_as_they_were(kept: Path) -> None:
    line, bent = part("files").read_walks(kept, TINY.fingerprint)
    assert (line.id, line.reach, line.layers, line.steps) == ("steering:a", (-1.0, 2.0), (LayerRange(0, 2),), None)
    assert bent.steps is not None
    assert (bent.space, bent.steps.keep_norm, bent.steps.dim) == ("z", True, 4)


def test_walks_of_other_weights_or_damaged_ones_are_one_sentence(kept: Path, tmp_path: Path) -> None:
    read = part("files").read_walks
    with pytest.raises(ValueError, match=r"walks of other weights \(Tiny\) than this model's\.$"):
        read(kept, "0" * 16)
    with pytest.raises(ValueError, match="There is no file"):
        read(tmp_path / "gone.safetensors", TINY.fingerprint)
    kept.write_bytes(kept.read_bytes()[:400])
    with pytest.raises(ValueError, match="is no file of walks, or it is damaged"):
        read(kept, TINY.fingerprint)


def test_the_newest_of_two_walks_counts_and_a_broken_file_hides_no_other(kept: Path) -> None:
    folder = user_data() / "directions" / TINY.fingerprint
    found = plugins()
    model = found.host.load_model("tiny")
    line, bent = part("files").read_walks(kept, TINY.fingerprint)
    write(folder / "old.safetensors", [line, bent], model)
    newer = write(folder / "a-new.safetensors", [replace(line, name="Newer")], model)
    later = newer.stat().st_mtime + 10
    os.utime(newer, (later, later))
    (folder / "broken.safetensors").write_bytes(b"nothing")
    assert [(d.id, d.name) for d in walks(found).values()] == [("steering:a", "Newer"), ("steering:b", "A")]


def test_a_walk_can_be_kept_to_some_layers(kept: Path) -> None:
    found = plugins()
    line, _ = part("files").read_walks(kept, TINY.fingerprint)
    write(user_data() / "directions" / TINY.fingerprint / "a.safetensors", [line], found.host.load_model("tiny"))
    walk = walks(found, options=FinderOptions((LayerRange(1, 2),)))["steering:a@1"]
    assert walk.layers == (LayerRange(1, 2),)
    assert [*walks(found, options=replace(ALL, apply_to=(LayerRange(0, 1),)))] == ["steering:a@0"]


def test_steering_and_sefa_add_up_from_the_base_also_under_a_collage(kept: Path) -> None:
    found = plugins()
    line, _ = part("files").read_walks(kept, TINY.fingerprint)
    steps = part("walks").StepWalk(4, False).network()
    bent = replace(line, id="steering:c", vector=np.zeros(4, np.float32), steps=steps)
    for parameter in (steps.forward.second, steps.forward.second_bias):
        parameter += 0.3
    sefa = next(iter(found.finder("sefa").find(Steered(), TINY.fingerprint, ALL)))
    start = Latent(Base(np.array([0.5, -1.0, 0.25, 2.0], np.float32)))
    collage = torch.randn(1, 2, 4, generator=torch.Generator().manual_seed(1))
    for found_ws in (None, collage):
        base = ws_of(Steered(), start, found_ws)
        parts = [ws_of(Steered(), start.with_direction(d, a), found_ws) - base
                 for d, a in ((line, 1.5), (bent, 2.0), (sefa, -3.0))]
        look = start.with_direction(line, 1.5).with_direction(bent, 2.0).with_direction(sefa, -3.0)
        torch.testing.assert_close(ws_of(Steered(), look, found_ws), base + sum(parts))
        assert all(p.abs().max() > 0.1 for p in parts)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"edit": "sepia"}, "no edit “sepia”"), ({"label": 0}, "it has no classes"),
    ({"layers": "5-9"}, "layers 0-1"), ({"kind": "nonlinear", "space": "w+"}, "choose --space w"),
    ({"mask": "nowhere"}, "no mask"), ({"range": 0.0}, "“range” must be at least 0.01"),
])  # fmt: skip
def test_options_that_make_no_sense_are_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        task(**wrong)


def test_a_class_that_does_not_exist_and_a_space_that_is_not_there_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="no class 2 in this model: its classes are 0-1"):
        task(SteeredZ(), label=2)
    with pytest.raises(ValueError, match="has no w to walk in"):
        task(SteeredZ(), space="w")


def test_the_edit_is_a_value_that_a_plugin_can_make() -> None:
    edit = PictureEdit("checkers", "Checkers", checkers)
    assert (edit.unit, edit.amount(1.0, 64)) == ("levels", 127.5)
