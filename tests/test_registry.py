"""Plugins: listed without being run, loaded on need, harmless when broken."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ganstudio.registry import PluginRegistry
from tests.fakes import TinyGenerator
from tests.models import TINY, TinyLibrary

MODELS = TinyLibrary()
GOOD = """
from {package}.part import Finder

def register(registry):
    registry.add_finder(Finder("{id}"))
    registry.add_command("{id}-train", lambda: registry.host.load_model("tiny"))
"""
PART = """
class Finder:
    name = "Finder"
    def __init__(self, id):
        self.id = id
    def find(self, generator, fingerprint, options):
        yield from ()
"""
READER = """
class Reader:
    id, patterns = "{id}", ("*.walk",)
    def recognises(self, path):
        return {knows}

def register(registry):
    registry.add_direction_reader(Reader())
"""


def plugin(folder: Path, id_: str = "good", code: str | None = None, api: object = 1, toml: str | None = None) -> Path:
    """Write a plugin of two modules."""
    place = folder / id_
    place.mkdir(parents=True)
    about = f'id = "{id_}"\nname = "{id_.title()}"\napi = {api}\n' if toml is None else toml
    (place / "plugin.toml").write_text(about)
    package = f"ganstudio_plugins.{id_}"
    (place / "__init__.py").write_text(code if code is not None else GOOD.format(package=package, id=id_))
    (place / "part.py").write_text(PART)
    return place


def registry(*folders: Path, installed: tuple[EntryPoint, ...] = ()) -> PluginRegistry:
    return PluginRegistry(MODELS, folders, installed)


def test_the_built_in_plugins_come_through_the_same_door() -> None:
    found = PluginRegistry(MODELS)
    assert "sefa" in [p.id for p in found.plugins]
    assert "sefa" in found.finders()
    assert [p.error for p in found.plugins] == [""] * len(found.plugins)


def test_a_users_plugin_is_found_in_the_data_folder(data_folder: Path) -> None:
    plugin(data_folder / "plugins", "mine")
    assert "mine" in PluginRegistry(MODELS).finders()


def test_listing_runs_nothing(tmp_path: Path) -> None:
    plugin(tmp_path, code="raise SystemExit('it ran')")
    assert [(p.id, p.name, p.error) for p in registry(tmp_path).plugins] == [("good", "Good", "")]


def test_a_plugin_is_loaded_once_and_reaches_the_models(tmp_path: Path) -> None:
    plugin(tmp_path)
    found = registry(tmp_path)
    assert found.finder("good") is found.finder("good")
    model = found.commands()["good-train"]()
    assert isinstance(model.generator, TinyGenerator)
    assert (model.name, model.fingerprint, model.discriminator) == ("Tiny", TINY.fingerprint, None)
    with pytest.raises(ValueError, match="no finder “bad”; there are: good"):
        found.finder("bad")


def test_a_reader_knows_its_files_and_one_that_breaks_knows_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plugin(tmp_path, "broken", READER.format(id="broken", knows="1 / 0"))
    plugin(tmp_path, "good", READER.format(id="good", knows="path.name == 'a.walk'"))
    found = registry(tmp_path)
    reader = found.direction_reader_of(tmp_path / "a.walk")
    assert (reader and reader.id, found.direction_reader_of(tmp_path / "b")) == ("good", None)
    assert [*found.direction_readers()] == ["broken", "good"]
    assert "“broken” cannot say" in caplog.text


def test_two_plugins_with_modules_of_the_same_name_do_not_meet(tmp_path: Path) -> None:
    plugin(tmp_path, "one")
    place = plugin(tmp_path, "two")
    (place / "part.py").write_text(PART.replace('"Finder"', '"Another"'))
    found = registry(tmp_path).finders()
    assert (found["one"].name, found["two"].name) == ("Finder", "Another")


BROKEN = {
    "raises": "raise ValueError('no')", "exits": "raise SystemExit(1)", "syntax": "def", "unfinished": "",
    "halfway": "def register(registry):\n    registry.add_command('x', print)\n    raise KeyError('y')",
    "imports": "import not_there_at_all",
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_a_log_line_and_a_mark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    plugin(tmp_path, "bad", code)
    plugin(tmp_path, "good")
    found = registry(tmp_path)
    assert list(found.finders()) == ["good"]
    assert list(found.commands()) == ["good-train"]
    bad, good = found.plugins
    assert bad.error.startswith("The plugin “Bad” does not load")
    assert bad.error.endswith(".")
    assert good.error == ""
    assert len(caplog.records) == 1


@pytest.mark.parametrize("toml", [
    "", "id = 3", "[", 'id = "../evil"\nname = "x"\napi = 1', 'id = "a"\nname = "x"\napi = "1"',
])  # fmt: skip
def test_a_broken_description_is_a_log_line_and_a_mark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, toml: str
) -> None:
    plugin(tmp_path, toml=toml)
    found = registry(tmp_path)
    assert found.finders() == {}
    assert "is broken" in found.plugins[0].error
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("api", "advice"), [(99, "update GAN Studio"), (0, "newer version of the plugin")])
def test_a_plugin_for_another_interface_says_what_to_do(tmp_path: Path, api: int, advice: str) -> None:
    plugin(tmp_path, code="raise SystemExit('it ran')", api=api)
    found = registry(tmp_path)
    assert found.finders() == {}
    assert advice in found.plugins[0].error


def test_of_two_plugins_with_one_id_the_first_counts(tmp_path: Path) -> None:
    plugin(tmp_path / "a")
    plugin(tmp_path / "b", code="raise SystemExit('it ran')")
    found = registry(tmp_path / "a", tmp_path / "b")
    assert list(found.finders()) == ["good"]
    assert [bool(p.error) for p in found.plugins] == [False, True]


def test_what_a_plugin_brings_must_be_its_own(tmp_path: Path) -> None:
    plugin(tmp_path, "a", GOOD.format(package="ganstudio_plugins.a", id="same"))
    plugin(tmp_path, "b", GOOD.format(package="ganstudio_plugins.b", id="same"))
    found = registry(tmp_path)
    assert list(found.finders()) == ["same"]
    assert "another plugin already brings" in found.plugins[1].error


def test_an_installed_package_is_a_plugin_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plugin(tmp_path, "outer_package")
    place.joinpath("plugin.toml").write_text('id = "installed"\nname = "Installed"\napi = 1\n')
    place.joinpath("__init__.py").write_text(GOOD.format(package="outer_package", id="installed"))
    monkeypatch.syspath_prepend(str(tmp_path))
    points = (EntryPoint("installed", "outer_package", "ganstudio.plugins"),)
    found = registry(installed=points)
    assert "outer_package" not in sys.modules
    assert list(found.finders()) == ["installed"]
    assert "outer_package" in sys.modules


def test_an_installed_package_that_is_none_is_a_mark() -> None:
    found = registry(installed=(EntryPoint("lost", "no_such_package_here", "ganstudio.plugins"),))
    assert "no plugin.toml" in found.plugins[0].error
