"""Preferences: shared, saved, told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganstudio.session.preferences import Preferences
from ganstudio.settings import RECENT


def test_a_change_is_told_and_is_there_the_next_time(qapp: object, tmp_path: Path) -> None:
    preferences, heard = Preferences(tmp_path / "s.json"), []
    preferences.changed.connect(lambda before, after: heard.append((before.fps, after.fps)))
    preferences.change(replace(preferences.value, fps=30.0))
    preferences.change(replace(preferences.value, fps=30.0))
    assert heard == [(24.0, 30.0)]
    assert Preferences(tmp_path / "s.json").value.fps == 30


def test_they_live_in_the_users_data_folder(qapp: object, data_folder: Path) -> None:
    Preferences().remember_file(Path("a.gans"))
    assert (data_folder / "settings.json").is_file()


def test_recent_files_are_few_and_the_newest_first(qapp: object, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "s.json")
    for i in [*range(20), 15]:
        preferences.remember_file(tmp_path / f"{i}.gans")
    names = [Path(f).stem for f in preferences.value.recent_files]
    assert names[:3] == ["15", "19", "18"]
    assert len(names) == len({*names}) == RECENT
    preferences.forget_file(tmp_path / "15.gans")
    assert Path(preferences.value.recent_files[0]).stem == "19"


def test_what_cannot_be_saved_counts_until_the_end_and_is_told(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    preferences, heard = Preferences(tmp_path / "file" / "s.json"), []
    preferences.failed.connect(heard.append)
    preferences.change(replace(preferences.value, theme="light"))
    assert preferences.value.theme == "light"
    assert len(heard) == 1
    assert heard[0].endswith(".")
