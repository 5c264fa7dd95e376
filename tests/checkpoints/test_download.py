"""A model is got from an address whole, continued after a cut, within the disk, and checked; nothing else is."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from ganstudio.checkpoints import download as downloads
from ganstudio.checkpoints.download import DownloadError, download, is_address
from ganstudio.checkpoints.importing import import_model
from ganstudio.checkpoints.native import ModelError, read_info
from ganstudio.cli import run_cli
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.checkpoints.web import Site, site

MODEL = checkpoint(small("genforce-progan/plain16")).read_bytes()
OTHER = checkpoint(small("pytorch-dcgan/nz8_ngf2")).read_bytes()
HASH = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture
def web(monkeypatch) -> Iterator[Site]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE", 0.0)
    with site(lake_pth=MODEL) as here:
        yield here


@pytest.fixture
def slowly(monkeypatch) -> None:
    """A cut costs what is being read; here that is little."""
    monkeypatch.setattr(downloads, "CHUNK", 500)


def get(address, folder, models=None, steps=None):
    return download(address, lambda text, fraction: (steps if steps is not None else []).append((text, fraction)),
                    folder, models)


def left(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_comes_whole_with_its_name_hash_and_progress(web, tmp_path):
    steps = []
    got = get(f"{web.address}/lake.pth", tmp_path, steps=steps)
    assert (got.path.name, got.sha256, got.path.read_bytes()) == ("lake.pth", HASH, MODEL)
    fractions = [fraction for text, fraction in steps if text == "Downloading"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert left(tmp_path) == ["lake.pth"]
    got.remove()
    assert left(tmp_path) == []


def test_a_broken_connection_is_taken_up_where_it_broke(web, slowly, tmp_path):
    web.cuts = [1000, 2000]
    assert get(f"{web.address}/lake.pth", tmp_path).sha256 == HASH
    assert web.asked == ["", "", "bytes=1000-", "bytes=3000-"]


def test_what_came_before_a_cut_is_kept_and_continued_the_next_time(web, slowly, tmp_path):
    web.cuts = [5000, 0, 0, 0]
    with pytest.raises(DownloadError, match="it goes on where it stopped"):
        get(f"{web.address}/lake.pth", tmp_path)
    assert left(tmp_path) == ["part", "part.json"]
    web.asked.clear()
    assert get(f"{web.address}/lake.pth", tmp_path).sha256 == HASH
    assert web.asked == ["", "bytes=5000-"]


@pytest.mark.parametrize("change", ["another file", "no ranges"])
def test_a_file_that_cannot_be_continued_begins_again(web, slowly, tmp_path, change):
    web.cuts = [5000, 0, 0, 0]
    with pytest.raises(DownloadError):
        get(f"{web.address}/lake.pth", tmp_path)
    if change == "another file":
        web.mark, web.files["/lake.pth"] = '"two"', OTHER
    else:
        web.ranges = False
    assert get(f"{web.address}/lake.pth", tmp_path).path.read_bytes() == web.files["/lake.pth"]


@pytest.mark.parametrize(("body", "said"), [
    (b"<!DOCTYPE html><html><body>quota exceeded</body></html>" * 100, "is a web page and no model"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "only a pointer to a large file"),
    (b"", "is empty"),
])  # fmt: skip
def test_a_page_or_pointer_under_a_models_name_is_recognised_and_not_kept(web, tmp_path, body, said):
    web.files["/lake.pth"] = body
    with pytest.raises(ModelError, match=said) as told:
        get(f"{web.address}/lake.pth", tmp_path)
    assert "\n" not in str(told.value)
    assert "lake.pth" not in left(tmp_path)


def test_a_page_is_refused_before_the_rest_of_it_comes(web, tmp_path):
    web.files["/lake.pth"] = b"<html>" + b" " * (64 << 20)
    steps = []
    with pytest.raises(ModelError, match="web page"):
        get(f"{web.address}/lake.pth", tmp_path, steps=steps)
    assert left(tmp_path) == []
    assert not [fraction for text, fraction in steps if text == "Downloading" and fraction and fraction > 0.1]


def test_a_model_that_the_disk_does_not_take_is_not_begun(web, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=downloads.MARGIN + len(MODEL)))
    with pytest.raises(DownloadError, match="too little space"):
        get(f"{web.address}/lake.pth", tmp_path)
    assert left(tmp_path) == []


@pytest.mark.parametrize(("address", "said"), [
    ("file:///etc/passwd", "http and https addresses only, not from “file:”"), ("ftp://host/a.pkl", "not from “ftp:”"),
    ("https:///a.pkl", "names no server"), ("http://[::1", "is no address"), ("http://host/a.pkl#sha256=12", "64 hex"),
])  # fmt: skip
def test_other_addresses_are_refused(tmp_path, address, said):
    assert is_address(address)
    with pytest.raises(DownloadError, match=said):
        get(address, tmp_path)
    assert left(tmp_path) == []


def test_a_redirect_to_a_file_on_this_machine_is_not_followed(web, tmp_path):
    web.redirect = "file:///etc/passwd"
    with pytest.raises(DownloadError):
        get(f"{web.address}/lake.pth", tmp_path)
    assert left(tmp_path) == []


def test_what_is_not_there_and_who_does_not_answer_is_said(web, tmp_path):
    with pytest.raises(DownloadError, match=r"has no such file \(status 404\)"):
        get(f"{web.address}/sea.pth", tmp_path)
    with pytest.raises(DownloadError, match="could not be reached"):
        get("http://127.0.0.1:9/lake.pth", tmp_path)


def test_the_servers_name_for_a_file_is_made_harmless(web, tmp_path):
    web.headers["Content-Disposition"] = 'attachment; filename="../../evil\\..\\net work.pkl"'
    got = get(f"{web.address}/lake.pth", tmp_path)
    assert got.path.name == "net work.pkl"
    assert got.path.parent.parent == tmp_path


def test_a_hash_in_the_address_is_what_the_file_must_have(web, tmp_path):
    assert get(f"{web.address}/lake.pth#sha256={HASH.upper()}", tmp_path).sha256 == HASH
    with pytest.raises(DownloadError, match="does not have the SHA-256"):
        get(f"{web.address}/lake.pth#sha256={'0' * 64}", tmp_path)
    assert left(tmp_path) == []


def test_a_file_that_changed_since_it_was_imported_is_told(web, tmp_path):
    url, models = f"{web.address}/lake.pth", tmp_path / "models"
    list(import_model(get(url, tmp_path / "d").path, models, name="Lake", source=url))
    assert get(url, tmp_path / "d", models).sha256 == HASH
    web.files["/lake.pth"] = OTHER
    web.mark = '"two"'
    with pytest.raises(DownloadError, match="is not the one that “Lake” was made of"):
        get(url, tmp_path / "d", models)


def test_the_command_line_gets_and_imports(web, data_folder, capsys):
    assert run_cli(["get", f"{web.address}/lake.pth", "--name", "Lake"]) == 0
    out = capsys.readouterr().out
    assert HASH in out
    about = read_info(data_folder / "models" / "lake.safetensors").about
    assert (about["name"], about["source"], about["sha256"]) == ("Lake", f"{web.address}/lake.pth", HASH)
    assert left(data_folder / "downloads") == []
    assert run_cli(["get", "file:///etc/passwd"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "http" in error


def test_a_child_reports_lines_and_ending_it_keeps_what_came(web, data_folder):
    web.files["/lake.pth"] = MODEL + bytes(16 << 20)
    words = [sys.executable, "-m", "ganstudio.checkpoints.fetch", "url", f"{web.address}/lake.pth"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if json.loads(line)["text"] == "Downloading":
                break
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 130
        assert child.stderr.read() == ""
    assert set(left(data_folder / "downloads")) <= {"part", "part.json"}
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    last = json.loads(ended.stdout.splitlines()[-1])
    assert last["sha256"] == hashlib.sha256(web.files["/lake.pth"]).hexdigest()
