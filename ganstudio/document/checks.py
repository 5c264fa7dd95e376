"""Values out of JSON that is not trusted: each is what it should be, or the file is damaged."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ganstudio.document.package import Damage

T = TypeVar("T")
FINGERPRINT = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""Fingerprints name folders, so one from a file must be harmless as a name."""


def fingerprint(data: Any) -> str:
    """A fingerprint that may name a folder."""
    text = get(data, "fingerprint", str)
    if not FINGERPRINT.fullmatch(text):
        raise Damage("“fingerprint” is none")
    return text


def number(data: Any, key: str) -> float:
    """A finite number."""
    value = get(data, key, object)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise Damage(f"“{key}” is no finite number")
    return float(value)


def choice(data: Any, key: str, among: Any) -> Any:
    """One of the words in `among`."""
    word = get(data, key, str)
    if word not in among:
        raise Damage(f"“{key}” is none of {', '.join(among)}")
    return word


def whole(data: Any, key: str, low: int, high: int) -> int:
    """A whole number, `low <= value < high`."""
    value = plain(get(data, key, object))
    if not low <= value < high:
        raise Damage(f"“{key}” is out of range")
    return value


def plain(value: Any) -> int:
    """A whole number and not a truth value."""
    if type(value) is not int:
        raise Damage("a whole number is none")
    return value


def get(data: Any, key: str, kind: type[T]) -> T:
    """What a table holds under a key, of this kind."""
    value = data.get(key) if isinstance(data, dict) else None
    if value is None or not isinstance(value, kind):
        raise Damage(f"“{key}” is missing or of the wrong kind")
    return value


def optional(data: Any, key: str, read: Callable[[], T]) -> T | None:
    """What `read` finds, or None where the table says null."""
    return None if isinstance(data, dict) and data.get(key) is None else read()


def unique(names: list[str], what: str) -> None:
    """Damage when a name occurs twice."""
    if len(set(names)) != len(names):
        raise Damage(f"a {what} is there twice")
