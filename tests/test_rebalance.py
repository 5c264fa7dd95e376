"""A balanced set: as many pictures of each collage, other ones each time, and what is there is left alone."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ganstudio import cli
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.document.collage import Collage
from ganstudio.document.file import write_project
from tests.models import write_stylegan2
from tests.regressors import colour_part
from tests.test_regressors import write_regressor

COLOURS = {"red": (250, 10, 10), "blue": (10, 10, 250)}


@pytest.fixture
def collages(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two projects of one small model with a regressor."""
    monkeypatch.chdir(tmp_path)
    (data_folder / "models").mkdir()
    write_stylegan2(data_folder / "models" / "birds.safetensors")
    library = ModelLibrary([data_folder / "models"], ())
    write_regressor(data_folder / "models" / "regressors" / "birds.safetensors", library, "birds")
    folder = tmp_path / "classes"
    folder.mkdir()
    for name, colour in COLOURS.items():
        document = replace(library.default_document("birds"), collage=Collage((colour_part(colour, (0, 0, 16, 32)),)))
        write_project(folder / f"{name}.gans", document)
    return folder


def pictures(folder: Path) -> list[bytes]:
    return [pixels_of(path) for path in sorted(folder.glob("*.png"))]


def pixels_of(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.tobytes()


def test_every_class_gets_as_many_pictures_and_no_two_are_alike(collages, capsys):
    assert cli.run_cli(["rebalance", "classes", "--out", "set", "--count", "3"]) == 0
    assert capsys.readouterr().out == "Wrote 6 pictures to set\n"
    for name in COLOURS:
        found = pictures(Path("set", name))
        assert len(set(found)) == 3
    rows = list(csv.DictReader(Path("set", "samples.csv").read_text("utf-8").splitlines()))
    assert [(row["class"], row["seed"]) for row in rows[:4]] == [("blue", "0"), ("blue", "1"), ("blue", "2"),
                                                                 ("red", "0")]  # fmt: skip
    assert all(Path("set", row["file"]).is_file() for row in rows)


def test_a_folder_that_has_pictures_is_filled_up_and_they_stay(collages, capsys):
    folder = Path("set", "red")
    folder.mkdir(parents=True)
    for name in ("real.jpg", "red_00001.png"):
        Image.new("RGB", (8, 8), "green").save(folder / name)
    assert cli.run_cli(["rebalance", "classes", "--out", "set", "--count", "4"]) == 0
    assert sorted(p.name for p in folder.iterdir()) == ["real.jpg", "red_00000.png", "red_00001.png", "red_00002.png"]
    assert len(pixels_of(folder / "red_00001.png")) == 8 * 8 * 3
    assert cli.run_cli(["rebalance", "classes", "--out", "set", "--count", "4"]) == 0
    assert capsys.readouterr().out.endswith("Wrote 0 pictures to set\n")


def test_without_context_the_parts_alone_decide(collages):
    assert cli.run_cli(["rebalance", "classes/red.gans", "--out", "set", "--count", "2", "--context", "0"]) == 0
    one, other = pictures(Path("set", "red"))
    assert one == other


@pytest.mark.parametrize(("words", "said"), [
    (["nothing", "--count", "2"], "no project"), (["classes", "--count", "0"], "needs 1 to"),
    (["classes", "--context", "2"], "context from 0 to 1"), (["classes", "classes/red.gans"], "called “red”"),
    (["classes", "--model", "cats"], "no model “cats”"), (["absent.gans"], "not there"),
])  # fmt: skip
def test_what_cannot_be_balanced_is_one_sentence(collages, capsys, words, said):
    Path("nothing").mkdir()
    assert cli.run_cli(["rebalance", *words, "--out", "set"]) == 1
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error
    assert not Path("set").exists()


def test_a_project_without_parts_is_one_sentence(collages, capsys):
    library = ModelLibrary([collages.parent], ())
    write_stylegan2(collages.parent / "other.safetensors")
    write_project(collages / "green.gans", library.default_document("other"))
    assert cli.run_cli(["rebalance", "classes", "--out", "set"]) == 1
    assert "without visible parts" in capsys.readouterr().err


def test_without_a_regressor_nothing_is_written(collages, data_folder, capsys):
    shutil.rmtree(data_folder / "models" / "regressors")
    assert cli.run_cli(["rebalance", "classes", "--out", "set", "--count", "2"]) == 1
    assert "has no regressor" in capsys.readouterr().err
    assert not list(Path().glob("set/*/*"))
