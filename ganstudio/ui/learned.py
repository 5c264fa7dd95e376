"""What a finished training left for the program to find, and what can be done with it at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganstudio.ui.text import tr


@dataclass(frozen=True)
class Learned:
    """Ids of new `models`, files of `directions` by the fingerprint of their model, and `other` files."""

    models: tuple[str, ...]
    directions: Mapping[str, tuple[Path, ...]]
    other: tuple[Path, ...]

    def sentence(self, training: str, names: Mapping[str, str]) -> str:
        """What came of a training, for the user; `names` are those of models by id."""
        if self.models:
            told = ", ".join(f"“{names.get(id_, id_)}”" for id_ in self.models)
            return tr("{training}: finished. The library has {models} now.").format(training=training, models=told)
        if self.directions:
            return tr("{training}: finished. What was learned is in its model's sheet of directions.").format(
                training=training)
        if self.other:
            return tr("{training}: finished. It is in use from now on.").format(training=training)
        return tr("{training}: finished, but nothing came of it that can be used; its window says why.").format(
            training=training)


def learned_of(kept: Sequence[Path]) -> Learned:
    """What the files are, by the folders they are kept in (see `ganstudio.api.Learned`)."""
    models, other = [], []
    directions: dict[str, tuple[Path, ...]] = defaultdict(tuple)
    for path in kept:
        if path.parent.name == "models":
            models.append(path.stem)
        elif path.parent.parent.name == "directions":
            directions[path.parent.name] += (path,)
        else:
            other.append(path)
    return Learned(tuple(models), dict(directions), tuple(other))
