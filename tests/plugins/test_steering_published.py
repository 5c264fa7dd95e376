"""Published walks: told by content, fitted to the model they were made for, refused by any other in one sentence."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganstudio.api import Direction, FinderOptions, FoundDirections, LayerRange, Model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.cli import run_cli
from ganstudio.document.parcel import packed, unpacked
from ganstudio.document.shelf import read_shelf
from ganstudio.registry import PluginRegistry
from ganstudio.render.steps import walk_offset
from ganstudio.resources import resource
from tests.models import TINY, TinyLibrary
from tests.steered import Steered, SteeredZ

ALL = FinderOptions((LayerRange(0, 2),))
INDEX = b"walk" + bytes(40) + bytes.fromhex("57fb808b247547db")


def plugins(generator: Any = None) -> PluginRegistry:
    found = PluginRegistry(TinyLibrary(generator or Steered()))
    found.edits()
    return found


def kept(found: PluginRegistry) -> list[Direction]:
    return list(found.finder("steering").find(Steered(), TINY.fingerprint, ALL))


def part(name: str) -> Any:
    return sys.modules[f"ganstudio_plugins.steering.{name}"]


def publish(path: Path, numbers: np.ndarray, transform: str = "", **told: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(numbers.astype("<f4").tobytes())
    if transform or told:
        lines = [f"model: {told.pop('model', 'steered')}"] + [f"transform: {transform}"] * bool(transform)
        nested = [f"  {key}: {value}" for key, value in {"channel": "null", "dataset": "blobs", **told}.items()]
        (path.parent / "opt.yml").write_text("\n".join([*lines, "walk_type: linear", "stylegan:", *nested]))
    return path


def read(path: Path, generator: Any = None, **answers: str) -> FoundDirections:
    """What the plugin finds in a file for a model with this generator."""
    generator = generator or Steered()
    reader = plugins(generator).direction_reader_of(path)
    assert reader is not None
    return reader.read(path, Model("tiny", "Tiny", generator, TINY.fingerprint), answers)


def test_a_published_walk_becomes_measured_sliders_of_its_model(tmp_path: Path) -> None:
    found = plugins()
    numbers = np.zeros((2, 4))
    numbers[:, 0] = 4.0  # w+ flattened, one edit: 16 px for alpha 1
    file = publish(tmp_path / "model.data", numbers, "shiftx")
    [walk] = part("importing").import_walk(found.host, file, "tiny")
    assert walk.response is not None
    assert walk.response.amount(0.25) == pytest.approx(4, abs=0.5)
    [again] = kept(found)
    np.testing.assert_array_equal(again.vector, numbers)
    assert (again.id, again.response) == (walk.id, walk.response)
    other = publish(tmp_path / "other" / "model.data", numbers / 2, "shiftx")
    part("importing").import_walk(found.host, other, "tiny", measure=False)
    assert len(kept(found)) == 2  # neither takes the other's place


def test_published_colours_are_three_sliders_and_step_networks_are_transposed(tmp_path: Path) -> None:
    columns = np.arange(1.0, 13.0).reshape(4, 3)
    colours = read(publish(tmp_path / "c" / "c.data", columns, "color"), SteeredZ())
    assert [d.parameters["edit"] for d in colours.directions] == ["red", "green", "blue"]
    np.testing.assert_array_equal([d.vector for d in colours.directions], columns.T)
    rows = np.random.default_rng(1).standard_normal((4, 20)).astype(np.float32)
    [steps] = read(publish(tmp_path / "n" / "n.data", rows, "shifty"), SteeredZ()).directions
    x = np.random.default_rng(2).standard_normal((1, 4)).astype(np.float32)
    hidden = np.maximum(x @ rows[0, 4:].reshape(4, 4) + rows[0, :4], 0)
    there = x + hidden @ rows[1, 4:].reshape(4, 4) + rows[1, :4]
    there *= np.linalg.norm(x) / np.linalg.norm(there)
    assert steps.steps is not None
    moved = torch.from_numpy(x) + walk_offset(steps.steps, torch.from_numpy(x), 1.0)
    np.testing.assert_allclose(moved, there, rtol=1e-4, atol=1e-5)


def test_a_network_of_colour_steps_in_all_channels_and_one_channel_is_one_slider(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).standard_normal((4, 20))
    for transform, edit in (("color", "whiten"), ("colorlab", "luminance")):
        [walk] = read(publish(tmp_path / transform / "n.data", rows, transform), SteeredZ()).directions
        assert walk.parameters["edit"] == edit
    [green] = read(publish(tmp_path / "one" / "c.data", np.ones(4), "color", channel="1"), SteeredZ()).directions
    assert green.parameters["edit"] == "green"


def test_the_file_says_which_model_it_is_for_and_another_is_refused(tmp_path: Path) -> None:
    file = publish(tmp_path / "a.data", np.ones(8), "zoom", model="stylegan", dataset="cats")
    found = read(file)
    assert (found.made_for, found.directions, found.choices) == ("StyleGAN, cats", (), ())
    assert found.problem == ("“a.data” is a walk of another model (StyleGAN, cats) and cannot move “Tiny”: open the "
                             "model it was made for.")
    found = read(publish(tmp_path / "b" / "b.data", np.ones(7), "zoom"))
    assert found.problem == ("“b.data” holds 7 numbers, but a walk of this model has 4, 8 or 80: open the model it was "
                             "made for.")
    assert found.made_for == "steered, blobs"
    import_walk, host = part("importing").import_walk, plugins().host
    for path, said in ((file, "another model"), (tmp_path / "b" / "b.data", "holds 7 numbers"),
                       (publish(tmp_path / "n" / "n.data", np.full(4, np.nan), "zoom"), "does not hold plain numbers"),
                       (publish(tmp_path / "bare" / "z.data", np.ones(4)), "name it with --edit"),
                       (tmp_path / "gone" / "gone.data", "cannot be read")):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            import_walk(host, path, "tiny", "zoom" if "gone" in path.name else "")


def test_a_file_that_lies_alone_is_asked_about(tmp_path: Path) -> None:
    file = publish(tmp_path / "z.data", np.ones(8))
    found = read(file)
    assert (found.directions, found.made_for) == ((), "")
    assert "says which edit this walk makes" in found.problem
    [choice] = found.choices
    assert (choice.default, "zoom" in choice.values, "colour" in choice.values) == ("not known", True, False)
    found = read(file, edit="zoom")
    assert [d.name for d in found.directions] == ["Zoom, published"]
    assert (found.name, found.problem) == ("Zoom, published", "")
    [choice] = read(publish(tmp_path / "c" / "c.data", np.ones(24))).choices
    assert choice.values == ("not known", "colour", "lab")
    assert read(publish(tmp_path / "o" / "o.data", np.ones(7))).choices == ()


def test_index_options_and_folder_lead_to_the_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    publish(folder / "model_9_final.ckpt.data-00000-of-00001", np.ones(8), "zoom")
    (folder / "model_9_final.ckpt.index").write_bytes(INDEX)
    for path in (folder, folder / "opt.yml", folder / "model_9_final.ckpt.index"):
        [walk] = read(path).directions
        assert walk.parameters["file"] == "model_9_final.ckpt.data-00000-of-00001"
    publish(folder / "model_4.ckpt.data-00000-of-00001", np.ones(8))
    assert read(folder).directions[0].parameters["file"].startswith("model_9")
    (folder / "model_9_final.ckpt.data-00000-of-00001").rename(folder / "model_9.ckpt.data-00000-of-00001")
    with pytest.raises(ValueError, match="There are 2 walks in “walk”: open one of them"):
        read(folder)


@pytest.mark.parametrize("kind", ["text", "pickle", "zip", "npy", "json", "zeros", "empty", "odd", "gone", "folder"])
def test_nothing_else_is_taken_for_a_walk(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.data-00000-of-00001"
    stream = io.BytesIO()
    if kind == "zip":
        torch.save({"walk": torch.ones(140)}, stream)
    elif kind == "pickle":
        torch.save({"walk": torch.ones(140)}, stream, _use_new_zipfile_serialization=False)
    elif kind == "npy":
        np.save(stream, np.ones((1, 140), np.float32))
    content = {"text": b"a walk that zooms, but only in words ", "json": json.dumps({"walk": [1.0] * 9}).encode(),
               "zeros": bytes(560), "empty": b"", "odd": np.ones(9, "<f4").tobytes()[:-1]}.get(kind, stream.getvalue())
    if kind == "folder":
        path.mkdir()
    elif kind != "gone":
        path.write_bytes(content + bytes(-len(content) % 4 if kind != "odd" else 0))
    assert plugins().direction_reader_of(path) is None


def test_a_walk_that_came_in_has_all_a_kept_direction_needs(tmp_path: Path) -> None:
    [walk] = read(publish(tmp_path / "z.data", np.ones(8), "rotate2d")).directions
    assert (walk.source, walk.fingerprint, walk.layers) == ("steering", TINY.fingerprint, (LayerRange(0, 2),))
    [again] = unpacked(packed([walk]))
    assert (again.id, again.parameters, again.reach) == (walk.id, dict(walk.parameters), walk.reach)


def test_our_own_walks_are_read_for_the_weights_they_were_learned_for(tmp_path: Path) -> None:
    registry, model = plugins(), Model("tiny", "Tiny", Steered(), TINY.fingerprint)
    walk = Direction("steering:zoom~w+", "Zoom", "w", np.ones((2, 4), np.float32), (LayerRange(0, 2),),
                     model.fingerprint, (-1.0, 1.0), "steering", parameters={"edit": "zoom"})
    learned = part("files").file_of([walk], model)
    path = tmp_path / "from a friend.safetensors"
    save_file(dict(learned.tensors), path, dict(learned.metadata))
    reader = registry.direction_reader_of(path)
    assert reader is not None
    assert [d.id for d in reader.read(path, model, {}).directions] == ["steering:zoom~w+"]
    found = reader.read(path, replace(model, name="Birds", fingerprint="0" * 16), {})
    assert not found.directions
    assert "open the model they were learned for" in found.problem
    (tmp_path / "other.safetensors").write_bytes(b"no walks")
    assert registry.direction_reader_of(tmp_path / "other.safetensors") is None


def test_the_command_line_puts_walks_with_the_model_they_were_learned_for(
    tmp_path: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ModelLibrary((resource("models"),)).load("landscape-dcgan")
    shipped = sorted((resource("directions") / model.fingerprint).glob("*.safetensors"))[0]
    walks = tmp_path / "from a friend.safetensors"
    walks.write_bytes(shipped.read_bytes())
    assert run_cli(["directions", "import", str(walks), "--model", "landscape-dcgan", "--count", "2"]) == 0
    shelf = read_shelf(data_folder / "directions", model.fingerprint)
    assert len(shelf.saved) == 2
    assert {direction.source for direction in shelf.saved} == {"steering"}
    capsys.readouterr()
    assert run_cli(["directions", "import", str(walks), "--model", "landscape-progan"]) == 1
    assert "open the model they were learned for" in capsys.readouterr().err
