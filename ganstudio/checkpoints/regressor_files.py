"""Where regressors lie: in the folder `regressors` beside the models, shipped ones and the user's own alike.

A file is safetensors and its metadata names the fingerprint of the generator it belongs to; so it is found by that,
and its name matters only to people (`models/regressors/landscape.safetensors` for `models/landscape.safetensors`).
What is in it, the plugin that trained it knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError, safe_open

FOLDER = "regressors"
FORMAT, VERSION = "ganstudio-regressor", "1"
"""What the metadata of every regressor says, as the regressor plugin's `files.py` reads it."""
SUFFIX = ".safetensors"


def is_regressor(path: Path) -> bool:
    """Whether a file is a regressor of ours, whatever model it is for."""
    return path.suffix == SUFFIX and _metadata(path).get("format") == FORMAT


def owner(path: Path) -> tuple[str, str]:
    """Fingerprint and name of the model that a regressor of ours is for; empty where the file does not say."""
    metadata = _metadata(path)
    try:
        about = json.loads(metadata.get("about", "{}"))
    except ValueError:
        about = {}
    name = about.get("model") if isinstance(about, dict) else ""
    return metadata.get("fingerprint", ""), str(name or "")


def regressor_file(model: Path, fingerprint: str, folders: Iterable[Path]) -> Path | None:
    """The regressor of a model file with this fingerprint, from beside it or from folders of models.

    Later folders win, and in one folder the newest file: what the user trained comes before what is shipped. Where
    none fits, a file that bears the model's name, which its reader can then say no to; else None.
    """
    namesake: Path | None = None
    for folder in reversed(list(dict.fromkeys((model.parent, *folders)))):
        for path, changed in _newest_first(folder / FOLDER):
            if _fingerprint(path, changed) == fingerprint:
                return path
            if path.stem == model.stem:
                namesake = namesake or path
    return namesake


def _newest_first(folder: Path) -> list[tuple[Path, int]]:
    """The files there, each with the time it was changed."""
    try:
        found = [(path, path.stat().st_mtime_ns) for path in folder.glob(f"*{SUFFIX}")]
    except OSError:
        return []
    return sorted(found, key=lambda entry: -entry[1])


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _changed: int) -> str:
    """Which generator a file is for; empty when it does not say, or cannot be read."""
    return _metadata(path).get("fingerprint", "")


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError):
        return {}
