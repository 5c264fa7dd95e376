"""Project files: nothing is lost on the way, and no file can do more than fail in one sentence."""

from __future__ import annotations

import errno
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganstudio.document import file, package
from ganstudio.document.collage import Collage, Picture, Source, part_of
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.file import ProjectError, read_project, write_project
from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.document.mask import ellipse, rectangle
from ganstudio.document.package import MANIFEST
from tests.document.values import documents, same_document


def a_document() -> Document:
    rng = np.random.default_rng(0)
    direction = Direction("d:1", "Night", "w", rng.random(8, dtype=np.float32), (LayerRange(0, 4),), "f" * 16,
                          parameters={"layers": "all"})  # fmt: skip
    latent = Latent(Base(rng.random(8, dtype=np.float32), 3), 0.7).with_direction(direction, 1.5)
    document = Document(ModelRef("landscape", "f" * 16), latent, collage=a_collage()).with_key(0.0)
    return document.with_key(1.0)


def a_collage() -> Collage:
    """A small photo under a copy of a fill that spreads over four tiles."""
    pixels = np.random.default_rng(1).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    photo = part_of(Picture.of(pixels, Source("photo", "tree.jpg")), "tree", ellipse((5, 3), 0, 0, 5, 3))
    sky = part_of(Picture.fill((90, 120, 200), (300, 260)), "sky", rectangle((300, 260), 40, 40, 90, 90))
    collage = Collage((replace(photo, id="p1"), replace(sky, id="p2", blend="multiply", feather=0.1)))
    return collage.duplicated("p2", "p3")


def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder, "a.gans"), a_document())
        return Path(folder, "a.gans").read_bytes()


CONTENT = _content()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "a.gans"
    path.write_bytes(CONTENT)
    return path


def one_sentence(path: Path) -> str:
    """The error of a file that cannot be opened: one line that ends like a sentence and names the file."""
    with pytest.raises(ProjectError) as caught:
        read_project(path)
    words = str(caught.value)
    assert "\n" not in words
    assert words.endswith(".")
    assert path.name in words
    return words


def rewrite(path: Path, change: Callable[[dict[str, Any]], None], **entries: bytes) -> None:
    """The project with another manifest, and other entries."""
    with zipfile.ZipFile(path) as archive:
        stored = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(stored[MANIFEST])
    change(manifest)
    stored[MANIFEST] = json.dumps(manifest).encode()
    stored.update(entries)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in stored.items():
            archive.writestr(name, data)


@given(documents())
def test_a_document_comes_back_as_it_was(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "a.gans"
    write_project(path, document)
    assert same_document(document, read_project(path))


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.gans", "b.gans"):
        write_project(tmp_path / name, a_document())
    assert (tmp_path / "a.gans").read_bytes() == (tmp_path / "b.gans").read_bytes()


def test_equal_arrays_are_stored_once(project: Path) -> None:
    names = zipfile.ZipFile(project).namelist()
    assert sum(name.startswith("arrays/") for name in names) == 2
    assert sum(name.startswith("tiles/") for name in names) == 2 + 4 + 4


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_byte_is_an_error_or_makes_no_difference(tmp_path: Path, data: st.DataObject) -> None:
    path, content = tmp_path / "a.gans", bytearray(CONTENT)
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        assert same_document(read_project(path), a_document())
    except ProjectError:
        one_sentence(path)


@given(st.data())
def test_a_truncated_project_is_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.gans"
    path.write_bytes(CONTENT[:data.draw(st.integers(0, len(CONTENT) - 1))])
    one_sentence(path)


@given(st.data())
def test_a_manifest_with_something_else_in_any_place_is_an_error_or_a_document(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "a.gans"
    path.write_bytes(CONTENT)
    odd = data.draw(st.sampled_from([None, True, -1, 10**400, 1e999, "", "x", [], [[]], {}, {"a": 1}, [1, 2], -0.5]))

    def change(manifest: dict[str, Any]) -> None:
        place, key = data.draw(st.sampled_from(list(_places(manifest))))
        place[key] = odd

    rewrite(path, change)
    try:
        read_project(path)
    except ProjectError:
        one_sentence(path)


def _places(value: Any) -> Any:
    """Every (container, key) in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(inner):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def test_what_is_no_project_is_one_sentence(tmp_path: Path) -> None:
    for name, content in {"empty.gans": b"", "text.gans": b"hello", "html.gans": b"<html>"}.items():
        (tmp_path / name).write_bytes(content)
        one_sentence(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "zip.gans", "w") as archive:
        archive.writestr("else.txt", "x")
    one_sentence(tmp_path / "zip.gans")
    assert "not there" in one_sentence(tmp_path / "absent.gans")
    (tmp_path / "folder.gans").mkdir()
    one_sentence(tmp_path / "folder.gans")


def test_a_newer_project_says_to_update(project: Path) -> None:
    rewrite(project, lambda m: m.update(version=99, program="9.1"))
    assert "newer GAN Studio (9.1): update" in one_sentence(project)


def test_an_older_project_is_brought_up_to_date(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = file.VERSION
    monkeypatch.setattr(file, "VERSION", now + 2)
    monkeypatch.setattr(file, "UPGRADES", {now: lambda m: {**m, "picture": m.pop("latent")},
                                           now + 1: lambda m: {**m, "latent": m["picture"]}})
    assert same_document(read_project(project), a_document())


def test_nan_and_infinity_are_refused_both_ways(project: Path, tmp_path: Path) -> None:
    bad = replace(a_document(), latent=Latent(Base(np.array([np.nan], np.float32))))
    with pytest.raises(ProjectError, match="not finite"):
        write_project(tmp_path / "b.gans", bad)
    with pytest.raises(ProjectError):
        write_project(tmp_path / "b.gans", replace(a_document(), latent=replace(a_document().latent, psi=np.inf)))
    assert not (tmp_path / "b.gans").exists()
    stream = io.BytesIO()
    np.save(stream, np.full(8, np.inf, np.float32))
    name = next(n for n in zipfile.ZipFile(project).namelist() if n.startswith("arrays/"))
    rewrite(project, lambda m: None, **{name: stream.getvalue()})
    assert "not finite" in one_sentence(project)


def _saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


HUGE = _saved(np.zeros(1, np.float32)).replace(b"(1,), }" + b" " * 12, b"(999999999999999,),}")


NO_ARRAYS = {
    "empty": b"", "cut": b"\x93NUMPY", "huge": HUGE, "float64": _saved(np.zeros(8)),
    "3d": _saved(np.zeros((2, 2, 2), np.float32)), "hollow": _saved(np.zeros(0, np.float32)),
    "object": _saved(np.array([{"a": 1}], object)), "short": _saved(np.zeros(8, np.float32))[:-1],
    "fortran": _saved(np.asfortranarray(np.ones((2, 4), np.float32))),
}  # fmt: skip


def test_tiles_that_parts_share_are_shared_again(project: Path) -> None:
    collage = read_project(project).collage
    assert collage.parts[1].mask.tiles.rows[0][0] is collage.parts[2].mask.tiles.rows[0][0]
    assert collage.parts[1].picture.tiles.rows[0][0] is collage.parts[2].picture.tiles.rows[0][0]


def test_a_project_of_the_first_version_has_no_parts(project: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest.update(version=1)
        del manifest["collage"]
        manifest["sequence"]["tracks"] = [t for t in manifest["sequence"]["tracks"] if not t["name"].startswith("part")]

    rewrite(project, change)
    found = read_project(project)
    assert not found.collage
    assert same_document(found, replace(a_document(), collage=Collage(), sequence=found.sequence))


@pytest.mark.parametrize("change", [
    lambda p: p.update(mask=p["mask"][:1]), lambda p: p.update(mask=["tiles/none.npy"] * 4),
    lambda p: p["picture"].update(width=301), lambda p: p["picture"].update(width=10**9, height=10**9),
    lambda p: p["picture"]["tiles"].reverse(), lambda p: p.update(mask=p["picture"]["tiles"]),
    lambda p: p.update(opacity=1.5), lambda p: p.update(blend="burn"), lambda p: p.update(id="p1"),
    lambda p: p["placement"].update(scale=0), lambda p: p["source"].update(kind="?"), lambda p: p.update(visible=1),
])  # fmt: skip
def test_a_part_that_cannot_be_is_one_sentence(project: Path, change: Callable[[dict[str, Any]], None]) -> None:
    rewrite(project, lambda m: change(m["collage"]["parts"][1]))
    one_sentence(project)


def test_a_key_that_scales_a_part_to_nothing_is_one_sentence(project: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        track = next(t for t in manifest["sequence"]["tracks"] if t["name"] == "part:p1:scale")
        track["keys"][0]["value"] = 0.0

    rewrite(project, change)
    assert "scaled to nothing" in one_sentence(project)


@pytest.mark.parametrize("data", [_saved(np.zeros((256, 256, 3), np.float32)), _saved(np.zeros((999, 999), np.uint8)),
                                  b"", _saved(np.zeros((256, 256, 4), np.uint8))])  # fmt: skip
def test_a_tile_that_is_none_is_one_sentence(project: Path, data: bytes) -> None:
    names = [n for n in zipfile.ZipFile(project).namelist() if n.startswith("tiles/")]
    rewrite(project, lambda m: None, **dict.fromkeys(names, data))
    one_sentence(project)


@pytest.mark.parametrize("data", NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_an_array_that_is_none_is_one_sentence(project: Path, data: bytes) -> None:
    name = next(n for n in zipfile.ZipFile(project).namelist() if n.startswith("arrays/"))
    rewrite(project, lambda m: None, **{name: data})
    one_sentence(project)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [n for n in zipfile.ZipFile(project).namelist() if n.startswith("arrays/")]
    monkeypatch.setattr(package, "MAX_ARRAY", 2**20)
    with zipfile.ZipFile(project) as archive:
        manifest = archive.read(MANIFEST)
    with zipfile.ZipFile(project, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest)
        for name in names:
            archive.writestr(name, b"\0" * 2**24)
    assert project.stat().st_size < 2**18
    monkeypatch.setattr(zipfile.ZipFile, "read", _only_manifest(zipfile.ZipFile.read))
    assert "too large" in one_sentence(project)


def _only_manifest(read: Callable[..., bytes]) -> Callable[..., bytes]:
    def guarded(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        assert info.filename == MANIFEST, "the bomb was unpacked"
        return read(archive, info)

    return guarded


def test_paths_in_the_file_are_never_written_to(project: Path, tmp_path: Path) -> None:
    rewrite(project, lambda m: None, **{"../../evil.txt": b"x", "/tmp/evil-ganstudio.txt": b"x"})
    before = set(tmp_path.rglob("*"))
    read_project(project)
    assert set(tmp_path.rglob("*")) == before
    rewrite(project, lambda m: m["model"].update(fingerprint="../../evil"))
    one_sentence(project)


def test_deep_nesting_is_one_sentence(project: Path) -> None:
    with zipfile.ZipFile(project, "w") as archive:
        archive.writestr(MANIFEST, "[" * 200_000)
    one_sentence(project)
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    write_project(project, a_document())
    rewrite(project, lambda m: m["latent"]["edits"][0]["direction"].update(parameters={"a": deep}))
    one_sentence(project)


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOSPC, "disk is full"), (errno.EROFS, "may not be changed"), (errno.EIO, "could not be"),
])  # fmt: skip
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    before = project.read_bytes()

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ProjectError, match=words):
        write_project(project, replace(a_document(), model=ModelRef("other", "f")))
    assert project.read_bytes() == before
    assert [p.name for p in project.parent.iterdir()] == ["a.gans"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody may write to")
def test_a_folder_that_takes_no_files_is_one_sentence() -> None:
    with pytest.raises(ProjectError, match=r"a\.gans"):
        write_project(Path("/proc/self/a.gans"), a_document())


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_a_link_stays_a_link(project: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.gans"
    link.symlink_to(project.name)
    write_project(link, replace(a_document(), model=ModelRef("other", "f")))
    assert link.is_symlink()
    assert read_project(project).model.id == "other"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_permissions_are_those_of_the_old_file_or_of_any_new_one(project: Path) -> None:
    (project.parent / "plain").touch()
    assert project.stat().st_mode == (project.parent / "plain").stat().st_mode
    project.chmod(0o640)
    write_project(project, a_document())
    assert project.stat().st_mode & 0o777 == 0o640


def test_what_could_not_be_opened_again_is_not_written(project: Path) -> None:
    before = project.read_bytes()
    other = replace(a_document(), latent=Latent(Base(np.zeros(3, np.float32))))  # the keys start from eight numbers
    with pytest.raises(ProjectError, match="different sizes"):
        write_project(project, other)
    strange = replace(a_document().latent.edits[0].direction, id="s", parameters={"a": {1, 2}})
    with pytest.raises(ProjectError):
        write_project(project, replace(a_document(), latent=a_document().latent.with_direction(strange)))
    assert project.read_bytes() == before
