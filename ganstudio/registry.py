"""Which plugins there are, and the door they come through.

A plugin is a folder with a `plugin.toml` (`id`, `name`, `api`) and an `__init__.py` with `register(registry)`. The
list is made without importing anything; a plugin is loaded when something of it is needed. A broken one is a line in
the log and a mark in the list. The built-in plugins come through the same door as anybody's.

A plugin's folder is imported as the package `ganstudio_plugins.<id>`, so it imports its own modules by that name and
two plugins never meet in `sys.modules`; one found through an entry point keeps the name of its own package.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from threading import RLock
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

from ganstudio.api import API_VERSION, DirectionFinder, DirectionReader, Host, PictureEdit, RegressorReader, Training
from ganstudio.host import ModelHost, Models
from ganstudio.resources import bundled_plugins
from ganstudio.settings import user_data

log = logging.getLogger(__name__)

GROUP = "ganstudio.plugins"
"""The entry point group; an entry names a package that holds a plugin.toml."""
PACKAGE = "ganstudio_plugins"
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class PluginInfo:
    """One line of the list; `error` is one sentence when the plugin cannot be used, `module` its name if installed."""

    id: str
    name: str
    path: Path
    error: str = ""
    module: str = ""


class PluginError(ValueError):
    """A plugin that cannot be used; the message is one sentence for the user."""


class Door:
    """What one plugin's `register` is handed: it collects, and nothing counts until `register` came back well."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.finders: dict[str, DirectionFinder] = {}
        self.trainings: dict[str, Training] = {}
        self.regressors: dict[str, RegressorReader] = {}
        self.edits: dict[str, PictureEdit] = {}
        self.direction_readers: dict[str, DirectionReader] = {}
        self.commands: dict[str, Callable[..., Any]] = {}

    def add_finder(self, finder: DirectionFinder) -> None:
        """Offer a way to find directions."""
        self.finders[finder.id] = finder

    def add_training(self, training: Training) -> None:
        """Offer something to train."""
        self.trainings[training.id] = training

    def add_regressor(self, reader: RegressorReader) -> None:
        """Offer to open regressors."""
        self.regressors[reader.id] = reader

    def add_edit(self, edit: PictureEdit) -> None:
        """Offer an edit of pictures."""
        self.edits[edit.id] = edit

    def add_direction_reader(self, reader: DirectionReader) -> None:
        """Offer to read directions of another program."""
        self.direction_readers[reader.id] = reader

    def add_command(self, name: str, run: Callable[..., Any]) -> None:
        """Offer `ganstudio <name>`."""
        self.commands[name] = run

    @property
    def shelves(self) -> dict[str, Mapping[str, Any]]:
        """All it brings, by what it is; an id may be taken once in each."""
        return {"finder": self.finders, "training": self.trainings, "regressor": self.regressors,
                "edit": self.edits, "direction reader": self.direction_readers, "command": self.commands}


class PluginRegistry:
    """Lists plugins, loads them on need and keeps what they bring; safe from any thread."""

    def __init__(self, models: Models, folders: Sequence[Path] | None = None,
                 installed: Sequence[EntryPoint] | None = None) -> None:
        folders = (bundled_plugins(), user_data() / "plugins") if folders is None else folders
        installed = tuple(entry_points(group=GROUP)) if installed is None else installed
        self.host: Host = ModelHost(models, self.edits)
        self._lock = RLock()
        self._plugins = _listed([*_in_folders(folders), *_in_packages(installed)])
        self._loaded: dict[str, Door] = {}

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """All that were found, the usable and the broken."""
        with self._lock:
            return tuple(self._plugins)

    def finders(self) -> Mapping[str, DirectionFinder]:
        """Every way to find directions by its id; loads the plugins."""
        return _gathered(door.finders for door in self._load_all())

    def finder(self, finder_id: str) -> DirectionFinder:
        """One of them; ValueError with one sentence when there is none of that id."""
        return _one(self.finders(), "finder", finder_id)

    def trainings(self) -> Mapping[str, Training]:
        """Everything plugins can train, by its id; loads the plugins."""
        return _gathered(door.trainings for door in self._load_all())

    def regressors(self) -> Mapping[str, RegressorReader]:
        """Everything that opens regressors, by its id; loads the plugins."""
        return _gathered(door.regressors for door in self._load_all())

    def edits(self) -> Mapping[str, PictureEdit]:
        """Every edit of pictures that plugins bring, by its id; loads the plugins."""
        return _gathered(door.edits for door in self._load_all())

    def direction_readers(self) -> Mapping[str, DirectionReader]:
        """Everything that reads directions of other programs, by its id; loads the plugins."""
        return _gathered(door.direction_readers for door in self._load_all())

    def direction_reader_of(self, path: Path) -> DirectionReader | None:
        """Who reads the directions in a file or folder; None when nobody knows it."""
        return next((reader for reader in self.direction_readers().values() if _recognises(reader, path)), None)

    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """Every command line entry that plugins bring; loads the plugins."""
        return _gathered(door.commands for door in self._load_all())

    def _load_all(self) -> list[Door]:
        with self._lock:
            for index, info in enumerate(self._plugins):
                if not info.error and info.id not in self._loaded:
                    self._load(index, info)
            return list(self._loaded.values())

    def _load(self, index: int, info: PluginInfo) -> None:
        """Load one plugin, or mark it."""
        try:
            door = Door(self.host)
            _import(info).register(door)
            self._refuse_doubles(door)
        except (Exception, SystemExit) as error:
            log.warning("The plugin “%s” in %s does not load.", info.id, info.path, exc_info=True)
            words = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            self._plugins[index] = replace(info, error=f"The plugin “{info.name}” does not load ({words}).")
        else:
            self._loaded[info.id] = door

    def _refuse_doubles(self, door: Door) -> None:
        for other in self._loaded.values():
            for kind, things in door.shelves.items():
                if double := sorted({*things} & {*other.shelves[kind]}):
                    raise PluginError(f"another plugin already brings “{double[0]}”")


def _gathered(shelves: Iterable[Mapping[str, Thing]]) -> Mapping[str, Thing]:
    return MappingProxyType({id_: thing for shelf in shelves for id_, thing in shelf.items()})


def _one(found: Mapping[str, Thing], kind: str, id_: str) -> Thing:
    if id_ not in found:
        raise ValueError(f"There is no {kind} “{id_}”; there are: {', '.join(found) or 'none'}.")
    return found[id_]


def _recognises(reader: DirectionReader, path: Path) -> bool:
    try:
        return reader.recognises(path)
    except Exception:
        log.warning("The reader “%s” cannot say whether it knows %s.", reader.id, path, exc_info=True)
        return False


def _in_folders(folders: Sequence[Path]) -> Iterator[PluginInfo]:
    for folder in folders:
        for file in sorted(folder.glob("*/plugin.toml")):
            yield _read(file)


def _in_packages(installed: Sequence[EntryPoint]) -> Iterator[PluginInfo]:
    for point in installed:
        if (folder := _package_folder(point.module)) is not None and (folder / "plugin.toml").is_file():
            yield replace(_read(folder / "plugin.toml"), module=point.module)
        else:
            log.warning("The installed plugin “%s” has no plugin.toml in its package.", point.name)
            yield PluginInfo(point.name, point.name, folder or Path(), f"“{point.name}” has no plugin.toml.")


def _package_folder(module: str) -> Path | None:
    """Where an installed package lies, without importing it (only the outermost package is looked up)."""
    outer, *inner = module.split(".")
    try:
        spec = importlib.util.find_spec(outer)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).joinpath(*inner) if places else None


def _read(file: Path) -> PluginInfo:
    """What a plugin.toml says; a broken one gives an entry with an error."""
    folder = file.parent
    try:
        text = tomllib.loads(file.read_text("utf-8"))
        id_, name, api = text.get("id"), text.get("name"), text.get("api")
        if not isinstance(id_, str) or not ID.fullmatch(id_) or not isinstance(name, str) or type(api) is not int:
            raise PluginError("it needs id (small letters, digits and _), name and api (a number)")
    except (OSError, ValueError) as error:
        log.warning("The plugin in %s is broken: %s", folder, error)
        return PluginInfo(folder.name, folder.name, folder, f"The plugin.toml in “{folder.name}” is broken: {error}.")
    return PluginInfo(id_, name, folder, _api_error(name, api))


def _api_error(name: str, api: int) -> str:
    if api == API_VERSION:
        return ""
    advice = "update GAN Studio" if api > API_VERSION else "look for a newer version of the plugin"
    return f"“{name}” was written for plugin interface {api} and this program has {API_VERSION}: {advice}."


def _listed(found: list[PluginInfo]) -> list[PluginInfo]:
    """The list with every second use of an id marked."""
    seen: dict[str, Path] = {}
    plugins = []
    for info in found:
        if not info.error and seen.setdefault(info.id, info.path) != info.path:
            info = replace(info, error=f"The id “{info.id}” belongs to the plugin in “{seen[info.id]}” already.")
            log.warning("%s", info.error)
        plugins.append(info)
    return plugins


def _import(info: PluginInfo) -> ModuleType:
    if info.module:
        return importlib.import_module(info.module)
    parent = sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE, "The folder plugins, each by its id."))
    parent.__path__ = []
    name = f"{PACKAGE}.{info.id}"
    spec = importlib.util.spec_from_file_location(
        name, info.path / "__init__.py", submodule_search_locations=[str(info.path)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    _forget(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        _forget(name)
        raise
    return module


def _forget(name: str) -> None:
    """Take a package and its modules out of `sys.modules`."""
    for loaded in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
        del sys.modules[loaded]
