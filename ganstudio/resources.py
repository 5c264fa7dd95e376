"""Where the files that come with the program are: in a checkout beside the package, in a wheel inside it.

Nothing is ever looked up relative to the working directory.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    bundled = _PACKAGE / "_bundled"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def resource(*parts: str) -> Path:
    """The path of a file or folder under `resources/`; whether it exists is for the caller to see."""
    return _root().joinpath("resources", *parts)


def bundled_plugins() -> Path:
    """The folder of the plugins that come with the program."""
    return _root() / "plugins"
