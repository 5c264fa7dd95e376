"""The edits that steering brings, which of them are learned together, and how one is kept inside a mask."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ganstudio.api import Host, PictureEdit
from ganstudio_plugins.steering import colours, warps

Apply = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def _pixels(alpha: float, side: int) -> float:
    return alpha * side / 2


def _degrees(alpha: float, side: int) -> float:
    return alpha * warps.FULL_TURN


def _times(alpha: float, side: int) -> float:
    """How large things are seen: zooming out makes them small."""
    return math.exp(-alpha)


def _percent(alpha: float, side: int) -> float:
    return alpha * 100


def _light(alpha: float, side: int) -> float:
    return alpha * colours.LIGHT_RANGE


def _lab(alpha: float, side: int) -> float:
    return alpha * colours.COLOUR_RANGE


SHIFT: Mapping[str, Any] = {"draw": warps.draw_shift, "step": 25 / 128, "furthest": 0.8, "unit": "px",
                            "amount": _pixels}
"""A step is 25 of 256 pixels, as in the published walks."""
TURN: Mapping[str, Any] = {"draw": warps.draw_turn, "step": 10 / warps.FULL_TURN, "furthest": 2.0, "unit": "°",
                           "amount": _degrees}

EDITS = (
    PictureEdit("zoom", "Zoom", warps.zoom, warps.draw_zoom, math.log(1.41), 4, math.log(4), "×", _times),
    PictureEdit("shift-x", "Shift x", warps.shift_x, **SHIFT),
    PictureEdit("shift-y", "Shift y", warps.shift_y, **SHIFT),
    PictureEdit("rotate", "Rotate", warps.rotate, **TURN),
    PictureEdit("rotate-depth", "Rotate in depth", warps.rotate_depth, **TURN),
    PictureEdit("red", "Red", colours.red),
    PictureEdit("green", "Green", colours.green),
    PictureEdit("blue", "Blue", colours.blue),
    PictureEdit("luminance", "Luminance", colours.luminance, unit="L", amount=_light),
    PictureEdit("green-red", "Green to red", colours.green_red, unit="a", amount=_lab),
    PictureEdit("blue-yellow", "Blue to yellow", colours.blue_yellow, unit="b", amount=_lab),
    PictureEdit("whiten", "Whiten or darken", colours.whiten),
    PictureEdit("saturation", "Saturation", colours.saturate, unit="%", amount=_percent),
)
GROUPS = {"colour": ("red", "green", "blue"), "lab": ("luminance", "green-red", "blue-yellow")}
"""Learned together: every picture is edited by all of a group at once, each by an alpha of its own."""
GROUP_NAMES = {"colour": "Red, green and blue together", "lab": "Luminance and the colours of Lab together"}
ALL = "all"

PLACES = {
    "left": (0, 0, 0.5, 1), "right": (0.5, 0, 1, 1), "top": (0, 0, 1, 0.5), "bottom": (0, 0.5, 1, 1),
    "centre": (0.25, 0.25, 0.75, 0.75),
}  # fmt: skip
"""Masks by name: left, upper, right and lower edge in shares of the side."""
PLACE_NAMES = {"left": "The left half", "right": "The right half", "top": "The upper half", "bottom": "The lower half",
               "centre": "The centre"}


def offered(host: Host) -> dict[str, str]:
    """What can be learned as one: every edit and every group, by the word it is asked for with."""
    return {id_: edit.name for id_, edit in host.edits().items()} | GROUP_NAMES


def offered_with_all(host: Host) -> dict[str, str]:
    """The same, and all of it."""
    return {**offered(host), ALL: "Every edit, one after the other"}


def chosen(text: str, there: Mapping[str, PictureEdit]) -> tuple[tuple[PictureEdit, ...], ...]:
    """The edits a user names (one, several with commas, a group, or all), those learned together side by side.

    ValueError with one sentence for a name that is none.
    """
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == [ALL]:
        grouped = {name for group in GROUPS.values() for name in group}
        words = [*(name for name in there if name not in grouped), *GROUPS]
    found = []
    for word in words:
        names = GROUPS.get(word, (word,))
        if any(name not in there for name in names):
            known = ", ".join([*there, *GROUPS, ALL])
            raise ValueError(f"There is no edit “{word}”; there are {known}.")
        found.append(tuple(there[name] for name in names))
    names = [edit.id for group in found for edit in group]
    if not found or len(set(names)) != len(names):
        raise ValueError("Name at least one edit, and none twice." if names else "Name at least one edit.")
    return tuple(found)


def compose(edits: Sequence[PictureEdit], image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Images edited by several edits, one after the other, each by its column of `alphas` [n, edits]; and the mask."""
    target, valid = image, torch.ones_like(image[:, :1])
    for index, edit in enumerate(edits):
        target, mask = edit.apply(target, alphas[:, index])
        valid = valid * mask
    return target, valid


def slug(text: str) -> str:
    """A text as part of an id or of a file's name: small letters, digits, and hyphens between them."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def inside(edit: PictureEdit, mask: Tensor, name: str) -> PictureEdit:
    """An edit that acts where `mask` [1, 1, h, w] of 0..1 says; elsewhere the picture has to stay as it is.

    `name` is what the mask was asked for by; the edit is called after it.
    """
    stem = Path(name).stem
    def apply(image: Tensor, alphas: Tensor) -> tuple[Tensor, Tensor]:
        where = torch.nn.functional.interpolate(mask.to(image), image.shape[-2:], mode="bilinear", antialias=True)
        target, valid = edit.apply(image, alphas)
        return torch.lerp(image, target, where), torch.where(where > 0, valid, torch.ones_like(valid))

    return replace(edit, id=f"{edit.id}~{slug(stem)}", name=f"{edit.name} inside {stem}", apply=apply)


def read_mask(text: str, side: int) -> Tensor | None:
    """The mask [1, 1, side, side] of a name or a picture file, white where the edit acts; None for no text."""
    if not text:
        return None
    if text in PLACES:
        left, top, right, bottom = (round(share * side) for share in PLACES[text])
        mask = torch.zeros(1, 1, side, side)
        mask[..., top:bottom, left:right] = 1
        return mask
    try:
        with Image.open(Path(text).expanduser()) as image:
            levels = np.asarray(image.convert("L").resize((side, side), Image.Resampling.BILINEAR), np.float32)
    except FileNotFoundError:
        raise ValueError(f"“{text}” is no mask: name a picture, or one of {', '.join(PLACES)}.") from None
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"The mask “{text}” cannot be read ({error}).") from None
    if not levels.any():
        raise ValueError(f"The mask “{text}” is black everywhere: nothing would be edited.")
    return torch.from_numpy(levels / 255)[None, None]


def draw(edits: Iterable[PictureEdit], count: int, side: int, random: torch.Generator) -> Tensor:
    """Alphas to learn from, [count, edits]."""
    return torch.stack([_evenly(count, random) if edit.draw is None else edit.draw(count, side, random)
                        for edit in edits], dim=1)


def _evenly(count: int, random: torch.Generator) -> Tensor:
    return torch.rand(count, generator=random) - 0.5
