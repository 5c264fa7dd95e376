"""From taught walks to sliders that tell the truth: measured, and left out where nothing was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganstudio.api import Direction, Host, Learned, Model, Response
from ganstudio_plugins.steering.files import file_of
from ganstudio_plugins.steering.held_out import judged
from ganstudio_plugins.steering.lesson import Lesson

FLAT = 0.02
"""A walk that makes less than this share of its edit makes none."""
LEAST = 0.02
"""... and so does one that moves pictures by less than this share of what it was asked for."""


def result_of(host: Host, model: Model, lessons: Sequence[Lesson], name: str, how: Mapping[str, Any],
              advice: str) -> Learned:
    """The file of all walks that can be followed; a figure and a sentence for each, with advice where it cannot."""
    directions: list[Direction] = []
    figures: dict[str, float] = {}
    notes = []
    for lesson in lessons:
        judgement = judged(lesson)
        told = {"at_rest": judgement.at_rest, "walked": judgement.walked, "followed": judgement.followed}
        direction = lesson.direction({**how, **told})
        response = host.measure(model, direction, (lesson.edit,)) if judgement.followed >= FLAT else None
        figures[f"{lesson.edit.name} followed"] = judgement.followed
        if response is None or _still(response, lesson):
            notes.append(f"“{model.name}” cannot follow “{lesson.edit.name}” (it makes {judgement.followed:.0%} of "
                         f"it), so there is no slider: {advice}.")
            continue
        notes.append(f"“{lesson.edit.name}” reaches {response.amounts[0]:.3g} to {response.amounts[-1]:.3g} "
                     f"{response.unit} and makes {judgement.followed:.0%} of what it was asked for.")
        directions.append(direction.measured(response))
    keep = f"directions/{model.fingerprint}/{name}.safetensors"
    return file_of(directions, model, keep, figures=figures, notes=tuple(notes))


def _still(response: Response, lesson: Lesson) -> bool:
    """Whether the pictures hardly move, whatever the walk's errors say."""
    side = lesson.model.generator.resolution
    asked = abs(lesson.edit.amount(lesson.extent, side) - lesson.edit.amount(-lesson.extent, side))
    return abs(response.amounts[-1] - response.amounts[0]) < LEAST * asked
