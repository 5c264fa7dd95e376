"""What a user keeps about one model's directions: names, stars, and directions worth keeping. It stays with the model.

On disk it is `<folder>/<fingerprint>/shelf.zip`, a package like a project.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganstudio.document.atomic import disk_sentence, write_atomically
from ganstudio.document.checks import FINGERPRINT
from ganstudio.document.encoding import direction_from, direction_json
from ganstudio.document.encoding_walk import response_from, response_json
from ganstudio.document.file import ProjectError
from ganstudio.document.latent import Direction
from ganstudio.document.package import ArrayWriter, Damage, Package, pack
from ganstudio.document.response import Response

log = logging.getLogger(__name__)

FORMAT = "ganstudio-shelf"
VERSION = 2
OLDEST = 1
"""The oldest version that can be read: it had no measured directions."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """Names, stars and measured responses by direction id, and the directions that were saved, in that order."""

    names: Mapping[str, str] = field(default_factory=dict)
    starred: frozenset[str] = frozenset()
    saved: tuple[Direction, ...] = ()
    measured: Mapping[str, Response] = field(default_factory=dict)

    def named(self, direction: Direction) -> Direction:
        """The direction under the name that was given to it, if one was."""
        name = self.names.get(direction.id, direction.name)
        return direction if name == direction.name else replace(direction, name=name)

    def known(self, direction: Direction) -> Direction:
        """The direction under its given name, and with what it was measured to do here."""
        return self.named(direction).measured(self.measured.get(direction.id))

    def with_response(self, direction_id: str, response: Response) -> Shelf:
        """Keep what a direction was measured to do."""
        return replace(self, measured={**self.measured, direction_id: response})

    def with_name(self, direction_id: str, name: str) -> Shelf:
        """Give a name; an empty one brings back the direction's own."""
        names = {k: v for k, v in self.names.items() if k != direction_id}
        return replace(self, names={**names, direction_id: name.strip()} if name.strip() else names)

    def with_star(self, direction_id: str, on: bool) -> Shelf:
        """Set or take the star."""
        return replace(self, starred=self.starred | {direction_id} if on else self.starred - {direction_id})

    def with_direction(self, direction: Direction) -> Shelf:
        """Keep a direction, in place of one of the same id."""
        return replace(self, saved=(*(d for d in self.saved if d.id != direction.id), direction))

    def with_kept(self, directions: Iterable[Direction]) -> Shelf:
        """Keep all of these, each with a star."""
        shelf = self
        for direction in directions:
            shelf = shelf.with_direction(direction).with_star(direction.id, True)
        return shelf

    def without_direction(self, direction_id: str) -> Shelf:
        """Keep it no longer; its name and star stay."""
        return replace(self, saved=tuple(d for d in self.saved if d.id != direction_id))


def shelf_path(folder: Path, fingerprint: str) -> Path:
    """Where a model's shelf is; ProjectError for a fingerprint that is none."""
    if not FINGERPRINT.fullmatch(fingerprint):
        raise ProjectError(f"“{fingerprint[:40]}” is no fingerprint of a model.")
    return folder / fingerprint / "shelf.zip"


def read_shelf(folder: Path, fingerprint: str) -> Shelf:
    """The shelf of a model, empty when there is none; ProjectError when its file cannot be read."""
    path = shelf_path(folder, fingerprint)
    try:
        with Package(path) as package:
            return _shelf(package)
    except FileNotFoundError:
        return Shelf()
    except (Damage, RecursionError) as error:
        raise ProjectError(f"The saved directions in “{path}” are damaged ({error}).") from None
    except OSError as error:
        raise ProjectError(disk_sentence(error, path)) from None


def write_shelf(folder: Path, fingerprint: str, shelf: Shelf) -> None:
    """Save, atomically; ProjectError when that fails."""
    path = shelf_path(folder, fingerprint)
    arrays = ArrayWriter()
    try:
        manifest = {"format": FORMAT, "version": VERSION, "names": dict(shelf.names), "starred": sorted(shelf.starred),
                    "saved": [direction_json(d, arrays) for d in shelf.saved],
                    "measured": {id_: response_json(r) for id_, r in shelf.measured.items()}}
        write_atomically(path, pack(manifest, arrays))
    except (TypeError, ValueError) as error:
        raise ProjectError(f"The directions were not saved: {error}.") from None
    except OSError as error:
        raise ProjectError(disk_sentence(error, path)) from None


def set_aside(folder: Path, fingerprint: str) -> None:
    """Move an unreadable shelf out of the way, so that a new one does not bury what may be saved from it."""
    path = shelf_path(folder, fingerprint)
    try:
        path.replace(path.with_suffix(".damaged.zip"))
    except OSError:
        log.warning("%s could not be set aside.", path, exc_info=True)


def _shelf(package: Package) -> Shelf:
    manifest = package.manifest
    if manifest.get("format") != FORMAT or manifest.get("version") not in range(OLDEST, VERSION + 1):
        raise Damage("it is of another kind or version")
    names, starred, saved = (manifest.get(key) for key in ("names", "starred", "saved"))
    if not isinstance(names, dict) or not _texts(names.values()) or not isinstance(starred, list) \
            or not _texts(starred) or not isinstance(saved, list):
        raise Damage("its lists are none")
    return Shelf(names, frozenset(starred), tuple(direction_from(d, package.arrays) for d in saved),
                 _responses(manifest.get("measured", {})))


def _responses(data: Any) -> Mapping[str, Response]:
    if not isinstance(data, dict):
        raise Damage("its measured responses are no table")
    found = {id_: response_from(value) for id_, value in data.items()}
    return {id_: response for id_, response in found.items() if response is not None}


def _texts(values: Any) -> bool:
    return all(isinstance(v, str) for v in values)
