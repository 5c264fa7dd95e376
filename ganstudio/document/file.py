"""Project files (.gans): a document on disk, with a version and a way up from every older one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganstudio import __version__
from ganstudio.document.atomic import disk_sentence, write_atomically
from ganstudio.document.checks import fingerprint
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.encoding import check_fit, latent_from, latent_json, sequence_from, sequence_json
from ganstudio.document.encoding_collage import (
    check_tracks,
    collage_from,
    collage_json,
    refinement_from,
    refinement_json,
)
from ganstudio.document.package import ArrayWriter, Damage, Package, pack

SUFFIX = ".gans"
FORMAT = "ganstudio-project"
VERSION = 3
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda m: {**m, "collage": {"parts": []}},
    2: lambda m: {**m, "refinement": None},
}
"""For each older version, what turns its manifest into one of the next version."""


class ProjectError(ValueError):
    """A project that cannot be read or written; the message is one sentence for the user."""


def write_project(path: Path, document: Document) -> None:
    """Save a document, atomically: whatever goes wrong (ProjectError), the file that was there stays."""
    arrays = ArrayWriter()
    try:
        manifest = {
            "format": FORMAT, "version": VERSION, "program": __version__,
            "model": {"id": document.model.id, "fingerprint": document.model.fingerprint},
            "latent": latent_json(document.latent, arrays), "sequence": sequence_json(document.sequence, arrays),
            "collage": collage_json(document.collage, arrays),
            "refinement": refinement_json(document.refinement, arrays),
        }  # fmt: skip
        data = pack(manifest, arrays)
        with Package(io.BytesIO(data)) as package:
            _document(package)  # what could not be opened again is never written
    except (TypeError, ValueError, RecursionError) as error:
        raise ProjectError(f"“{path.name}” was not saved: {error}; undo the last change and save again.") from None
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ProjectError(disk_sentence(error, path)) from None


def read_project(path: Path) -> Document:
    """The document in a file; ProjectError when the file is absent, damaged, newer, or no project at all."""
    try:
        with Package(path) as package:
            package.manifest = _current(package.manifest, path)
            return _document(package)
    except (Damage, RecursionError) as error:
        raise ProjectError(f"“{path.name}” is no GAN Studio project, or damaged ({error}).") from None
    except OSError as error:
        raise ProjectError(disk_sentence(error, path)) from None


def _document(package: Package) -> Document:
    manifest, arrays = package.manifest, package.arrays
    model = manifest.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("id"), str):
        raise Damage("it names no model")
    latent = latent_from(manifest.get("latent"), arrays)
    sequence = sequence_from(manifest.get("sequence"), arrays)
    check_fit(latent, sequence)
    check_tracks(sequence)
    collage = collage_from(manifest.get("collage"), arrays)
    refinement = refinement_from(manifest.get("refinement"), arrays)
    return Document(ModelRef(model["id"], fingerprint(model)), latent, sequence, collage, refinement)


def _current(manifest: dict[str, Any], path: Path) -> dict[str, Any]:
    """The manifest in today's version."""
    version = manifest.get("version")
    if manifest.get("format") != FORMAT or type(version) is not int or version < 1:
        raise Damage("its manifest is that of something else")
    if version > VERSION:
        program = str(manifest.get("program", "?"))[:20]
        raise ProjectError(f"“{path.name}” was saved by a newer GAN Studio ({program}): update to open it.")
    for old in range(version, VERSION):
        manifest = UPGRADES[old](manifest)
    return manifest
