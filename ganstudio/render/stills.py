"""Numbered PNG files in a folder, or a single one."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ganstudio.render.shot import Pixels

COMPRESSION = 4
"""zlib level: near the smallest files at a third of the time."""
PATTERN = "frame_*.png"


class PngFolderWriter:
    """Writes `frame_0001.png` and so on into a new folder, with as many digits as the last number needs, at least 4."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._digits, self._count = folder, max(4, len(str(count))), 0
        folder.mkdir()

    def add(self, pixels: Pixels) -> None:
        """The next file."""
        self._count += 1
        write_png(self._folder / f"frame_{self._count:0{self._digits}}.png", pixels)

    def close(self) -> None:
        """Every file is finished already."""

    def discard(self) -> None:
        """Nothing is open."""


class PngWriter:
    """Writes one picture as one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, pixels: Pixels) -> None:
        """The picture."""
        write_png(self._path, pixels)

    def close(self) -> None:
        """The file is finished already."""

    def discard(self) -> None:
        """Nothing is open."""


def write_png(path: Path, pixels: Pixels) -> None:
    """Pixels as a PNG file, with alpha where they have it."""
    Image.fromarray(pixels).save(path, "PNG", compress_level=COMPRESSION)
