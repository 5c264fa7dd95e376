"""Classes of class-conditional models: weights for one or two of them, what weights say, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganstudio.document.latent import FloatArray


def class_weights(count: int, first: int, second: int | None = None, share: float = 0.0) -> FloatArray:
    """Weights [count] of one class, or of two, of which `second` has the `share` (0..1)."""
    weights = np.zeros(count, np.float32)
    weights[first] = 1.0
    if second is not None and second != first:
        weights[first], weights[second] = 1 - share, share
    return weights


def classes_in(weights: FloatArray) -> tuple[int, ...]:
    """The classes that count, the heaviest first."""
    order = np.argsort(-weights, kind="stable")
    return tuple(int(i) for i in order if weights[i])


def class_names(stated: Any, count: int) -> tuple[str, ...]:
    """A name for each of `count` classes: those a model states, where it states as many, else their numbers."""
    if isinstance(stated, list | tuple) and len(stated) == count and all(isinstance(name, str) for name in stated):
        return tuple(stated)
    return tuple(str(i) for i in range(count))


def find_class(text: str, names: Sequence[str]) -> int:
    """The class a user means by a number (from 0) or a name, whole or part of only one; ValueError in one sentence."""
    if not names:
        raise ValueError("This model has no classes to choose from.")
    words = text.strip().casefold()
    if words.isdecimal() and len(words) < 10 and int(words) < len(names):
        return int(words)
    folded = [name.casefold() for name in names]
    found = [i for i, name in enumerate(folded) if name == words] or [
        i for i, name in enumerate(folded) if words and words in name]
    if len(found) == 1 or (found and folded[found[0]] == words):
        return found[0]
    if found:
        raise ValueError(f"“{text}” could be {_some([names[i] for i in found])}: name one of them, or its number.")
    raise ValueError(f"There is no class “{text}”: give a number from 0 to {len(names) - 1}, or a name such as "
                     f"{_some(names)}.")


def _some(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:4]) + (" or others" if len(names) > 4 else "")
