"""The library lists what is there, says why something cannot be used, and loads each model once."""

from __future__ import annotations

from threading import Event, Thread

import numpy as np
import pytest

from ganstudio.checkpoints import library as library_module
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import ModelError
from tests.models import write_stylegan2


@pytest.fixture
def folders(tmp_path):
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    write_stylegan2(tmp_path / "ours" / "landscape.safetensors")
    write_stylegan2(tmp_path / "theirs" / "birds.safetensors", side=16, seed=1)
    return tmp_path / "ours", tmp_path / "theirs"


def test_entries_come_in_the_order_of_the_folders_with_size_and_resolution(folders):
    first, second, _faces = ModelLibrary(folders).entries()
    assert (first.id, first.name, first.family, first.resolution) == ("landscape", "Landscape", "stylegan2", 32)
    assert (second.id, second.resolution, second.terms, second.available) == ("birds", 16, "free", True)
    assert first.size == first.path.stat().st_size


def test_a_longer_name_comes_after_the_one_it_begins_with(folders):
    write_stylegan2(folders[0] / "landscape-dcgan.safetensors")
    assert [entry.id for entry in ModelLibrary(folders[:1], ()).entries()] == ["landscape", "landscape-dcgan"]


def test_a_fetchable_model_is_listed_before_it_is_there_and_says_its_terms(folders):
    library = ModelLibrary(folders)
    faces = library.entry("faces")
    assert not faces.available
    assert "non-commercial" in faces.terms
    with pytest.raises(ModelError, match="ganstudio get faces"):
        library.load("faces")
    write_stylegan2(folders[1] / "faces.safetensors")
    assert library.entry("faces").available, "a file of that name takes its place at once"


def test_a_library_without_folders_or_files_works(tmp_path):
    library = ModelLibrary([tmp_path / "none"], ())
    assert library.entries() == ()
    with pytest.raises(ModelError, match="There is no model “landscape” in the library"):
        library.load("landscape")


def test_a_model_is_read_once_until_its_file_changes(folders, monkeypatch):
    reads = []
    read = library_module.read_native
    monkeypatch.setattr(library_module, "read_native", lambda path: reads.append(path) or read(path))
    library = ModelLibrary(folders)
    assert library.load("landscape") is library.load("landscape")
    old = library.load("landscape").fingerprint
    write_stylegan2(folders[0] / "landscape.safetensors", side=16, seed=5)
    assert library.load("landscape").fingerprint != old
    assert len(reads) == 2


def test_a_model_in_memory_is_had_while_another_is_being_read(folders, monkeypatch):
    library = ModelLibrary(folders)
    first, other = [entry.id for entry in library.entries() if entry.available][:2]
    known = library.load(first)
    reading, go_on = Event(), Event()
    read = library_module.read_native
    monkeypatch.setattr(library_module, "read_native", lambda path: (reading.set(), go_on.wait(10), read(path))[2])
    thread = Thread(target=library.load, args=[other])
    thread.start()
    try:
        assert reading.wait(10)
        assert library.load(first) is known
        assert thread.is_alive()
    finally:
        go_on.set()
        thread.join()


def test_a_file_from_anywhere_can_be_added_and_is_called_by_its_path(folders, tmp_path):
    path = write_stylegan2(tmp_path / "mine.safetensors", seed=3)
    library = ModelLibrary(folders)
    entry = library.add(path)
    assert entry.id == str(path)
    assert library.entries()[-1] == entry
    assert library.load(entry.id).info.name == "Mine"
    assert ModelLibrary(folders).load(str(path)).info.name == "Mine", "a project's path works without adding"
    assert library.add(folders[0] / "landscape.safetensors").id == "landscape"


def test_a_bad_file_is_an_entry_that_says_so_and_cannot_be_added(folders):
    bad = folders[1] / "bad.safetensors"
    bad.write_bytes(b"not a model")
    library = ModelLibrary(folders)
    assert not library.entry("bad").available
    assert "bad.safetensors" in library.entry("bad").problem
    assert library.entry("birds").available
    with pytest.raises(ModelError, match=r"bad\.safetensors"):
        library.add(bad)
    with pytest.raises(ModelError, match="cannot be read"):
        library.add(folders[1] / "gone.safetensors")


def test_the_default_document_is_a_truncated_seed_of_this_model(folders):
    library = ModelLibrary(folders)
    document = library.default_document("landscape", seed=7)
    assert document.model.fingerprint == library.load("landscape").fingerprint
    assert (document.latent.psi, document.latent.base.seed) == (0.7, 7)
    expected = np.random.RandomState(7).randn(8).astype(np.float32)
    np.testing.assert_array_equal(document.latent.base.z, expected)
    assert library.default_document("landscape").latent.base.seed == 0
