"""What an export is to write, and whether that can be done, without drawing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganstudio.render.stills import PATTERN

FormatId = Literal["png", "gif", "webp", "mp4", "prores"]


class ExportError(ValueError):
    """An export that cannot be done; the message is one sentence for the user."""


@dataclass(frozen=True)
class Format:
    """A kind of file: its name on screen, its suffix ("" for a folder), the highest rate and side it can hold, and how
    much of its first frame's size the later frames take."""

    label: str
    suffix: str
    max_fps: float = 240.0
    max_side: int = 8192
    later: float = 1.0


FORMATS: dict[FormatId, Format] = {
    "png": Format("PNG sequence", ""),
    "gif": Format("GIF", ".gif", max_fps=50.0),
    "webp": Format("Animated WebP", ".webp"),
    "mp4": Format("MP4 (H.264)", ".mp4", later=0.4),
    "prores": Format("ProRes 4444", ".mov"),
}


@dataclass(frozen=True)
class ExportPlan:
    """What to write. `side` is the longer side in pixels (None: the model's own); `count` asks for so many frames over
    the whole sequence (None: what the rate makes); `exact` draws in float32 instead of the preview's mode."""

    path: Path
    format: FormatId
    side: int | None = None
    fps: float = 24.0
    count: int | None = None
    exact: bool = False
    overwrite: bool = False

    @property
    def target(self) -> Path:
        """The file or folder itself, when `path` is a link to it."""
        return Path(os.path.realpath(self.path))

    @property
    def is_folder(self) -> bool:
        """Whether the result is a folder of files."""
        return self.format == "png" and self.path.suffix.lower() != ".png"


def format_of(path: Path) -> FormatId:
    """The format a file name asks for; ExportError when it asks for none of ours."""
    suffix = path.suffix.lower()
    if suffix in ("", ".png"):
        return "png"
    for name, kind in FORMATS.items():
        if kind.suffix == suffix:
            return name
    known = ", ".join(kind.suffix for kind in FORMATS.values() if kind.suffix)
    raise ExportError(f"“{suffix}” is no format to export to: use {known}, or a folder name for PNG files.")


def check(plan: ExportPlan, count: int, *, overwrite: bool | None = None) -> None:
    """Refuse, with ExportError, what cannot be written; `count` is the number of frames."""
    kind, target = FORMATS[plan.format], plan.target
    if not 0 < plan.fps <= kind.max_fps:
        raise ExportError(f"{kind.label} takes 1 to {kind.max_fps:g} frames a second, not {plan.fps:g}.")
    if plan.side is not None and not 16 <= plan.side <= kind.max_side:
        raise ExportError(f"Pictures can be 16 to {kind.max_side} pixels a side, not {plan.side}.")
    if plan.count is not None and plan.count < 1:
        raise ExportError("An export needs at least one frame.")
    if plan.format == "png" and target.suffix.lower() == ".png" and count > 1:
        raise ExportError(f"{count} PNG files need a folder: name one instead of “{target.name}”.")
    if not target.parent.is_dir():
        raise ExportError(f"The folder “{target.parent}” does not exist.")
    if not os.access(target.parent, os.W_OK):
        raise ExportError(f"The folder “{target.parent}” is read-only: choose another place.")
    if target.exists():
        _check_existing(plan, target, plan.overwrite if overwrite is None else overwrite)


def _check_existing(plan: ExportPlan, target: Path, overwrite: bool) -> None:
    if target.is_dir() != plan.is_folder:
        other = "a folder" if target.is_dir() else "a file"
        raise ExportError(f"“{target}” is {other}: choose another name.")
    if target.is_dir() and any(not file.match(PATTERN) for file in target.iterdir()):
        raise ExportError(f"The folder “{target}” holds other files, which an export would remove: name a new folder.")
    empty = target.is_dir() and not any(target.iterdir())
    if not overwrite and not empty:
        raise ExportError(f"“{target}” is there already: choose another name, or allow it to be replaced.")
