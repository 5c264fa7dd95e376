"""What one user prefers, on all projects: an immutable value in a JSON file. Saved at once, never undone."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from ganstudio.document.atomic import write_atomically

log = logging.getLogger(__name__)

RECENT = 12
"""How many files the list of recent ones keeps."""
AUTOSAVE = (5, 30)
"""The shortest and longest pause between two snapshots for recovery, in seconds."""


@dataclass(frozen=True)
class Settings:
    """All preferences with their defaults; each field is a JSON value, or a tuple of texts.

    `device` is "auto" or a torch device name; `theme` "dark", "light" or "system"; `language` a code such as "de",
    empty to follow the system; `models` are model files outside the library's folders; `last_export` holds the export
    dialog's choices by format; `window` is for what the window wants to find again.
    """

    device: str = "auto"
    exact_export: bool = False
    theme: str = "dark"
    language: str = ""
    fps: float = 24.0
    autosave_seconds: int = 20
    auto_key: bool = True
    recent_files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    last_export: Mapping[str, Any] = field(default_factory=dict)
    shortcuts: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] = field(default_factory=dict)


def user_data() -> Path:
    """The folder for what belongs to this user (settings, models, directions, recovery); GANSTUDIO_DATA moves it."""
    chosen = os.environ.get("GANSTUDIO_DATA")
    return Path(chosen) if chosen else Path(user_data_path("ganstudio", appauthor=False))


def read_settings(path: Path) -> Settings:
    """The settings in a file; whatever is missing, unknown or of the wrong kind is as by default, with a log line."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        if not isinstance(stored, dict):
            raise ValueError("not a table")
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("The settings in %s cannot be read (%s); the defaults are used.", path, error)
        return Settings()
    return Settings(**_known(stored))


def _known(stored: dict[str, Any]) -> dict[str, Any]:
    """The entries that fit a field."""
    default, found = Settings(), {}
    for name in (f.name for f in fields(Settings)):
        if name not in stored:
            continue
        try:
            found[name] = _fit(stored[name], getattr(default, name))
        except (ValueError, OverflowError):
            log.warning("The setting “%s” does not fit; its default is used.", name)
    return found


def _fit(value: Any, default: Any) -> Any:
    """The stored value as the kind of its default; ValueError when it is of another kind."""
    if isinstance(default, tuple) and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if isinstance(default, float) and _is_rate(value):
        return float(value)
    if isinstance(default, tuple | float) or type(value) is not type(default):
        raise ValueError("another kind")
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, AUTOSAVE[0]), AUTOSAVE[1])
    return value


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6


def write_settings(path: Path, settings: Settings) -> None:
    """Save, atomically; OSError when the disk does not take it."""
    text = json.dumps(asdict(settings), indent=2, ensure_ascii=False)
    write_atomically(path, text.encode("utf-8"))
