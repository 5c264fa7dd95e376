"""Films and GIFs through FFmpeg's libraries (PyAV), written frame by frame."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from ganstudio.render.shot import Pixels
from ganstudio.render.transparency import over_black

BT709 = 1
"""FFmpeg's number for BT.709 primaries, transfer and matrix; and for limited range."""


@dataclass(frozen=True)
class Codec:
    """How a kind of film is encoded; its sides must be multiples of `even`."""

    container: str
    encoder: str
    pixel_format: str
    even: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    file_options: Mapping[str, str] = field(default_factory=dict)


H264 = Codec("mp4", "libx264", "yuv420p", 2, {"crf": "16", "preset": "medium"}, {"movflags": "+faststart"})
PRORES = Codec("mov", "prores_ks", "yuv444p10le", 1, {"profile": "4444", "vendor": "apl0"})
GIF = Codec("gif", "gif", "pal8", 1, {}, {"loop": "0"})


class Conversion(Protocol):
    """From RGB frames to what an encoder takes; may hold frames back until `flush`."""

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]: ...
    def flush(self) -> Iterator[VideoFrame]: ...


class ToVideo:
    """RGB to a film's pixel format: BT.709, limited range."""

    def __init__(self, pixel_format: str) -> None:
        self._pixel_format = pixel_format

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """One for one."""
        yield frame.reformat(format=self._pixel_format, src_colorspace=Colorspace.ITU709,
                             dst_colorspace=Colorspace.ITU709, src_color_range=ColorRange.JPEG,
                             dst_color_range=ColorRange.MPEG)

    def flush(self) -> Iterator[VideoFrame]:
        """Nothing is held back."""
        return iter(())


class ToPalette:
    """RGB to 256 colours chosen for each frame, spread by error diffusion (FFmpeg's palettegen and paletteuse)."""

    def __init__(self, size: tuple[int, int], tick: Fraction) -> None:
        self._tick = tick
        self._graph = graph = Graph()
        source = graph.add_buffer(width=size[0], height=size[1], format=VideoFormat("rgb24"), time_base=tick)
        split, sink = graph.add("split"), graph.add("buffersink")
        palette = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
        use = graph.add("paletteuse", "dither=floyd_steinberg:new=1")
        source.link_to(split)
        split.link_to(palette, 0, 0)
        split.link_to(use, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Hand in a frame; take out what is ready."""
        self._graph.push(frame)
        return self._pull()

    def flush(self) -> Iterator[VideoFrame]:
        """Take out the rest."""
        self._graph.push(None)
        return self._pull()

    def _pull(self) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = cast(VideoFrame, self._graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame.time_base = self._tick
            yield frame


class FilmWriter:
    """Encodes frames into a film or a GIF that repeats for ever.

    Odd sides get their last row or column twice, for encoders that need even ones.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float, codec: Codec) -> None:
        rate = Fraction(fps).limit_denominator(1001)
        self._count, self._tick = 0, 1 / rate
        height, width = size[1], size[0]
        self._pad = ((0, height % codec.even), (0, width % codec.even), (0, 0))
        self._convert: Conversion = ToPalette(size, self._tick) if codec is GIF else ToVideo(codec.pixel_format)
        self._container = av.open(str(path), "w", format=codec.container, container_options=dict(codec.file_options))
        self._stream = cast(VideoStream, self._container.add_stream(codec.encoder, rate, dict(codec.options)))
        self._stream.width, self._stream.height = width + self._pad[1][1], height + self._pad[0][1]
        self._stream.pix_fmt = codec.pixel_format
        if codec is not GIF:
            context = self._stream.codec_context
            context.color_primaries = context.color_trc = context.colorspace = context.color_range = BT709

    def add(self, pixels: Pixels) -> None:
        """The next frame."""
        frame = VideoFrame.from_ndarray(np.pad(over_black(pixels), self._pad, mode="edge"), format="rgb24")
        frame.pts, frame.time_base = self._count, self._tick
        self._count += 1
        self._encode(self._convert.push(frame))

    def close(self) -> None:
        """Finish the file."""
        self._encode(self._convert.flush())
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def discard(self) -> None:
        """Let go of an unfinished file."""
        with contextlib.suppress(Exception):
            self._container.close()

    def _encode(self, frames: Iterator[VideoFrame]) -> None:
        for frame in frames:
            self._container.mux(self._stream.encode(frame))
