"""The stream of pictures: the same from any place it is entered, whole rounds of a source, broken files skipped."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganstudio.training.data import Cached, FolderSource, Stream, WorldSource, class_names_of, open_stream
from ganstudio.training.recipe import DataRecipe, RecipeError
from ganstudio.worlds.landscape import Landscape
from tests.training.tiny import FlatPictures

GREYS = FlatPictures(*((g, g, g) for g in range(0, 250, 10)))


def test_every_picture_comes_once_a_round_in_another_order_each_round() -> None:
    stream = Stream(GREYS, seed=1)
    first, second = ([stream.index(r * 25 + i) for i in range(25)] for r in (0, 1))
    assert sorted(first) == sorted(second) == list(range(25))
    assert first != second


def test_the_stream_can_be_entered_anywhere() -> None:
    whole = Stream(GREYS, seed=1, mirror=True).images(0, 60)
    entered = Stream(GREYS, seed=1, mirror=True).images(40, 20)
    assert torch.equal(whole[40:], entered)
    assert not torch.equal(whole, Stream(GREYS, seed=2, mirror=True).images(0, 60))


def test_images_are_floats_from_minus_one_to_one() -> None:
    images = Stream(FlatPictures((0, 255, 0)), seed=1).images(0, 2)
    assert images.shape == (2, 3, 8, 8)
    assert images.dtype == torch.float32
    assert (images[:, 1] == 1).all()
    assert (images[:, 0] == -1).all()


def test_mirroring_turns_about_half_of_the_pictures(tmp_path: Path) -> None:
    half = np.zeros((8, 8, 3), np.uint8)
    half[:, :4] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    stream = Stream(FolderSource(tmp_path, 8), seed=0, mirror=True)
    turned = sum(int(stream.pixels(i)[0, 7, 0] == 255) for i in range(100))
    assert 30 < turned < 70


def test_a_cached_world_gives_the_very_pictures_of_the_world() -> None:
    plain, cached = WorldSource(Landscape(0.25), 7, 16, 3), Cached(WorldSource(Landscape(0.25), 7, 16, 3))
    for index in (2, 0, 2):
        assert (plain.pixels(index) == cached.pixels(index)).all()


def test_a_world_that_never_repeats_is_taken_in_order() -> None:
    stream = open_stream(DataRecipe(world="landscape", distinct=0), 16, seed=7)
    assert [stream.index(n) for n in (0, 5, 10**9)] == [0, 5, 10**9]


def test_a_broken_picture_is_skipped_with_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    Image.new("RGB", (40, 20), (10, 20, 30)).save(tmp_path / "b.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    source = FolderSource(tmp_path, 8)
    with caplog.at_level(logging.WARNING):
        pictures = [source.pixels(i) for i in (0, 1, 0)]
    assert all((p == (10, 20, 30)).all() for p in pictures)
    assert len(caplog.records) == 1
    assert "a.png" in caplog.text


def test_a_folder_without_any_readable_picture_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="does not exist"):
        FolderSource(tmp_path / "elsewhere", 8)
    with pytest.raises(RecipeError, match="no pictures"):
        FolderSource(tmp_path, 8)
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(RecipeError, match="can be read"):
        FolderSource(tmp_path, 8).pixels(0)


def test_the_middle_square_of_a_transparent_picture_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (30, 10), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (FolderSource(tmp_path, 8).pixels(0) == 255).all()


def test_a_world_in_seasons_labels_its_pictures() -> None:
    data = DataRecipe(world="landscape", classes="seasons", distinct=8)
    stream = open_stream(data, 16, 3)
    labels = stream.labels(0, 8)
    assert labels is not None
    assert labels.shape == (8, 4)
    assert labels.argmax(dim=1).tolist() == [stream.source.label(stream.index(i)) for i in range(8)]
    assert class_names_of(data) == stream.source.class_names


def test_folders_can_be_classes(tmp_path: Path) -> None:
    for name, colour in (("dogs", "red"), ("cats", "blue")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8), colour).save(tmp_path / name / "one.png")
    source = FolderSource(tmp_path, 8, classes=True)
    assert source.class_names == ("cats", "dogs")
    assert [source.label(i) for i in range(2)] == [0, 1]
    Image.new("RGB", (8, 8)).save(tmp_path / "beside.png")
    with pytest.raises(RecipeError, match="two or more folders"):
        FolderSource(tmp_path, 8, classes=True)


def test_pictures_without_classes_have_no_labels(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    assert open_stream(DataRecipe(folder=str(tmp_path)), 8, 0).labels(0, 1) is None
