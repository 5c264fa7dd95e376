"""Settings survive the disk, and no file of settings keeps the program from starting."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganstudio.settings import Settings, read_settings, user_data, write_settings


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    settings = Settings("cpu", True, "light", "de", 25.0, 10, False, ("ü.gans",), ("m",), {"png": {"side": 512}})
    write_settings(tmp_path / "deep" / "s.json", settings)
    assert read_settings(tmp_path / "deep" / "s.json") == settings


def test_without_a_file_the_defaults_count(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_settings(tmp_path / "none.json") == Settings()
    assert caplog.records == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_a_damaged_file_is_a_log_line(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    (tmp_path / "s.json").write_bytes(content)
    assert read_settings(tmp_path / "s.json") == Settings()
    assert len(caplog.records) == 1


def test_one_bad_entry_does_not_cost_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"fps": "fast", "theme": "light", "invented": 1}))
    assert read_settings(tmp_path / "s.json") == Settings(theme="light")
    assert [r.levelno for r in caplog.records] == [logging.WARNING]


@given(st.sampled_from([*Settings.__dataclass_fields__]),
       st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers() | st.text()))
def test_whatever_stands_there_the_result_has_the_right_kinds(tmp_path: Path, name: str, value: object) -> None:
    (tmp_path / "s.json").write_text(json.dumps({name: value}))
    read, default = read_settings(tmp_path / "s.json"), Settings()
    assert type(getattr(read, name)) is type(getattr(default, name))
    assert 5 <= read.autosave_seconds <= 30
    assert 0 < read.fps < 1e6
    write_settings(tmp_path / "t.json", replace(read, fps=12.0))


def test_the_data_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    assert user_data() == data_folder
    monkeypatch.delenv("GANSTUDIO_DATA")
    assert user_data().name == "ganstudio"
