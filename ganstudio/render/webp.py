"""Animated WebP, written frame by frame.

Each frame is a still picture of its own inside the container (Google, "WebP Container Specification", RFC 9649), so
an animation of any length takes the memory of one frame, and no frame inherits the errors of those before it.
"""

from __future__ import annotations

import contextlib
from io import BytesIO
from pathlib import Path

from PIL import Image

from ganstudio.render.shot import Pixels
from ganstudio.render.transparency import over_black

MAX_SIDE = 16383
QUALITY = 92
ANIMATED = 0x02
"""The VP8X flag for an animation."""
FOREVER = 0
"""The loop count for an animation without end."""


class WebPWriter:
    """Adds frames to a file; durations are whole milliseconds whose sum does not drift from the rate."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self._size, self._fps, self._count = size, fps, 0
        self._file = path.open("wb")
        header = bytes([ANIMATED, 0, 0, 0]) + _u24(size[0] - 1) + _u24(size[1] - 1)
        control = b"\xff\xff\xff\xff" + FOREVER.to_bytes(2, "little")
        self._file.write(b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", header) + _chunk(b"ANIM", control))

    def add(self, pixels: Pixels) -> None:
        """The next frame."""
        still = BytesIO()
        Image.fromarray(over_black(pixels)).save(still, "WEBP", quality=QUALITY, method=4)
        width, height = self._size
        place = _u24(0) + _u24(0) + _u24(width - 1) + _u24(height - 1) + _u24(self._duration()) + b"\x02"  # no blending
        self._file.write(_chunk(b"ANMF", place + still.getvalue()[12:]))
        self._count += 1

    def close(self) -> None:
        """Finish the file."""
        size = self._file.tell()
        self._file.seek(4)
        self._file.write((size - 8).to_bytes(4, "little"))
        self._file.close()

    def discard(self) -> None:
        """Let go of an unfinished file; a full disk may refuse what was still to be written."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _duration(self) -> int:
        return round((self._count + 1) * 1000 / self._fps) - round(self._count * 1000 / self._fps)


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)
