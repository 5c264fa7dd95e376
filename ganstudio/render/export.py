"""A document as a file that other programs open: what can be written, how long it takes, and writing it.

Nothing half-written is ever seen: frames go into a hidden file or folder beside the target, which takes the target's
place at the end and is removed when anything goes wrong before.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

from ganstudio.document.atomic import disk_sentence
from ganstudio.document.document import Document
from ganstudio.render.export_plan import FORMATS, ExportError, ExportPlan, Format, FormatId, check, format_of
from ganstudio.render.films import GIF, H264, PRORES, FilmWriter
from ganstudio.render.renderer import Renderer
from ganstudio.render.sequence import frames, moments
from ganstudio.render.shot import Pixels, Quality, Shot
from ganstudio.render.stills import PngFolderWriter, PngWriter
from ganstudio.render.webp import WebPWriter

__all__ = ["FORMATS", "Estimate", "ExportError", "ExportPlan", "Format", "FormatId", "Progress", "check", "estimate",
           "export", "format_of"]

MARGIN = 16 * 2**20
"""Bytes an export leaves free on the disk."""


class Writer(Protocol):
    """Takes frames one by one; `discard` lets go of a file that will not be finished."""

    def add(self, pixels: Pixels) -> None: ...
    def close(self) -> None: ...
    def discard(self) -> None: ...


@dataclass(frozen=True)
class Progress:
    """Frames done and to do, and the seconds left (None while that is not known)."""

    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class Estimate:
    """What an export will take: frames, seconds in the preview's mode and in float32, bytes, and bytes free."""

    frames: int
    seconds: float
    exact_seconds: float
    size: int
    free: int


def export(renderer: Renderer, document: Document, plan: ExportPlan) -> Generator[Progress, None, None]:
    """Write the file, a frame a step; closing the iterator early (cancelling) leaves nothing behind.

    Raises ExportError, RenderError or ModelError with one sentence; whatever was at the target is then still there.
    """
    target = plan.target
    times = moments(document, plan.fps, plan.count)
    check(plan, len(times))
    part = target.parent / f".{target.name[:40]}.{secrets.token_hex(4)}.part"
    try:
        yield from _write_frames(renderer, document, plan, times, part)
        _put_in_place(part, target)
    except OSError as error:
        raise ExportError(disk_sentence(error, target)) from error
    finally:
        _remove(part)
    yield Progress(len(times), len(times), 0.0)


def _write_frames(renderer: Renderer, document: Document, plan: ExportPlan, times: tuple[float, ...],
                  part: Path) -> Iterator[Progress]:
    """Frames into `part`, with a report before each frame after the first."""
    writer: Writer | None = None
    quality: Quality = "exact" if plan.exact else "full"
    start = perf_counter()
    try:
        for done, frame in enumerate(frames(renderer, document, times, plan.side, quality), 1):
            if writer is None:
                _check_space(plan, frame.pixels, len(times))
                writer = _open_writer(plan, part, frame.pixels, len(times))
            writer.add(frame.pixels)
            if done < len(times):
                yield Progress(done, len(times), (perf_counter() - start) / done * (len(times) - done))
        if writer is not None:
            writer.close()
            writer = None
    finally:
        if writer is not None:
            writer.discard()


def estimate(renderer: Renderer, document: Document, plan: ExportPlan) -> Estimate:
    """About how long an export takes and how large it gets, from one frame; draws, so not for the GUI thread.

    Raises ExportError when the plan cannot be done at all.
    """
    times = moments(document, plan.fps, plan.count)
    check(plan, len(times), overwrite=True)
    full, exact = renderer.latency(document)
    pixels = renderer.render(Shot(document, times[0], plan.side)).pixels
    size, seconds = _try_one(plan, pixels, len(times))
    count = len(times)
    return Estimate(count, count * (full + seconds), count * (exact + seconds), size, _free(plan))


def _open_writer(plan: ExportPlan, path: Path, pixels: Pixels, count: int) -> Writer:
    height, width = pixels.shape[:2]
    writers: dict[FormatId, Callable[[], Writer]] = {
        "png": lambda: PngFolderWriter(path, count) if plan.is_folder else PngWriter(path),
        "gif": lambda: FilmWriter(path, (width, height), plan.fps, GIF),
        "webp": lambda: WebPWriter(path, (width, height), plan.fps),
        "mp4": lambda: FilmWriter(path, (width, height), plan.fps, H264),
        "prores": lambda: FilmWriter(path, (width, height), plan.fps, PRORES),
    }
    return writers[plan.format]()


def _check_space(plan: ExportPlan, pixels: Pixels, count: int) -> None:
    size, free = _try_one(plan, pixels, count)[0], _free(plan)
    if size + MARGIN > free:
        raise ExportError(f"The disk is too full: this export takes about {_megabytes(size)}, and {_megabytes(free)} "
                          f"are free; free some space or choose another place.")


def _try_one(plan: ExportPlan, pixels: Pixels, count: int) -> tuple[int, float]:
    """Bytes that all frames will take and seconds to encode one, by writing this one for a trial."""
    with tempfile.TemporaryDirectory() as folder:
        path, start = Path(folder, f"trial{plan.path.suffix}"), perf_counter()
        writer = _open_writer(plan, path, pixels, count)
        writer.add(pixels)
        writer.close()
        seconds = perf_counter() - start
        size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))
    return int(size * (1 + (count - 1) * FORMATS[plan.format].later)), seconds


def _free(plan: ExportPlan) -> int:
    return shutil.disk_usage(plan.target.parent).free


def _megabytes(size: int) -> str:
    if size < 2**20:
        return "less than 1 MB"
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{round(size / 2**20)} MB"


def _put_in_place(part: Path, target: Path) -> None:
    """Rename `part` to `target`; a folder that is there gives way, and comes back when that fails."""
    if part.is_file():
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
        return
    aside = part.with_suffix(".old")
    if target.exists():
        os.rename(target, aside)
    try:
        os.rename(part, target)
    except OSError:
        if aside.exists():
            os.rename(aside, target)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    """Take away a file or folder of ours, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
