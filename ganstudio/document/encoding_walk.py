"""What learned and measured directions have beyond a vector, as JSON and back: step networks and responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ganstudio.document.checks import get, number
from ganstudio.document.package import ArrayReader, ArrayWriter, Damage
from ganstudio.document.response import Response
from ganstudio.document.steps import StepLayers, StepNetwork

Json = Mapping[str, Any]
MAX_POINTS = 4096
MAX_WORDS = 80
LAYERS = ("first", "first_bias", "second", "second_bias")


def steps_json(steps: StepNetwork | None, arrays: ArrayWriter) -> Json | None:
    """A step network as JSON; null where there is none."""
    if steps is None:
        return None
    return {"forward": _layers_json(steps.forward, arrays), "reverse": _layers_json(steps.reverse, arrays),
            "keep_norm": steps.keep_norm, "psi": steps.psi}


def steps_from(data: Any, arrays: ArrayReader) -> StepNetwork | None:
    """The step network that `steps_json` wrote; directions of older files have none."""
    if data is None:
        return None
    try:
        forward, reverse = (_layers_from(get(data, key, dict), arrays) for key in ("forward", "reverse"))
        return StepNetwork(forward, reverse, get(data, "keep_norm", bool), number(data, "psi"))
    except ValueError as error:
        raise error if isinstance(error, Damage) else Damage("a step network is of unequal sizes") from None


def response_json(response: Response | None) -> Json | None:
    """A response as JSON; null where nothing was measured."""
    if response is None:
        return None
    return {"unit": response.unit, "alphas": list(response.alphas), "amounts": list(response.amounts),
            "changes": list(response.changes), "measured_as": response.measured_as}


def response_from(data: Any) -> Response | None:
    """The response that `response_json` wrote; None where there is none."""
    if data is None:
        return None
    try:
        alphas, amounts, changes = (_numbers(data, key) for key in ("alphas", "amounts", "changes"))
        return Response(_word(data, "unit"), alphas, amounts, changes, _word(data, "measured_as"))
    except ValueError as error:
        raise error if isinstance(error, Damage) else Damage("a response is not in order") from None


def _layers_json(layers: StepLayers, arrays: ArrayWriter) -> Json:
    return {key: arrays.put(array) for key, array in zip(LAYERS, layers.arrays, strict=True)}


def _layers_from(data: Any, arrays: ArrayReader) -> StepLayers:
    return StepLayers(*(np.asarray(arrays.take(get(data, key, str))) for key in LAYERS))


def _numbers(data: Any, key: str) -> tuple[float, ...]:
    values = get(data, key, list)
    if len(values) > MAX_POINTS:
        raise Damage(f"“{key}” has too many numbers")
    return tuple(number({key: value}, key) for value in values)


def _word(data: Any, key: str) -> str:
    word = get(data, key, str)
    if len(word) > MAX_WORDS:
        raise Damage(f"“{key}” is too long")
    return word
