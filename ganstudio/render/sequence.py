"""The frames of a document: which moments they show, and their pictures one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ganstudio.document.document import Document
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Frame, Quality, Shot


def moments(document: Document, fps: float, count: int | None = None) -> tuple[float, ...]:
    """The times, in seconds, of one pass at a frame rate, in the order they are shown; at least one.

    The sequence's loop mode decides the order; `count` asks for so many frames instead of what the rate makes.
    """
    return replace(document.sequence, fps=fps).frame_times(count)


def frames(renderer: Renderer, document: Document, times: Sequence[float], side: int | None = None,
           quality: Quality = "full") -> Iterator[Frame]:
    """A frame for each time, drawn when it is asked for, so that any number of them takes the memory of one."""
    for time in times:
        yield renderer.render(Shot(document, time, side, quality))
