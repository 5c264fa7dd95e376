"""Collages and rasters for tests of files with layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ganstudio.document.collage import BLENDS, Collage, Part, Picture, Placement, Source, part_of
from ganstudio.document.mask import Mask, ellipse
from ganstudio.render.collage import Compositor
from ganstudio.render.layered.baking import Baker
from ganstudio.render.layered.files import WRITERS, Writer, _found, read_parts
from ganstudio.render.layered.stack import LayerFileError, Levels, Raster
from ganstudio.render.photo import Photo

FRAME = 96, 64
"""Width and height; not square, so that a mix-up shows."""
WIDTH, HEIGHT = 80, 60


def part(number: int, **values: object) -> Part:
    """An oval out of a smooth picture, another one for each number."""
    x, y = np.meshgrid(np.linspace(0, 3, WIDTH), np.linspace(0, 2, HEIGHT))
    waves = [np.sin(x * (k + 1) + number) * np.cos(y * (k + 2) - number) for k in range(3)]
    pixels = np.rint(127.5 + 120 * np.stack(waves, axis=2)).astype(np.uint8)
    made = part_of(Picture.of(pixels, Source("photo", "waves")), f"Part {number} “ü” 你",
                   ellipse((WIDTH, HEIGHT), 5, 5, WIDTH - 5, HEIGHT - 5))
    return replace(made, **values)


def ground() -> Part:
    """A part that covers all of the frame."""
    return part(0, mask=Mask.flat((WIDTH, HEIGHT)), placement=Placement(scale=1.3))


def every_kind() -> Collage:
    """All blend modes; turned, mirrored, feathered, matched, faint, grouped, locked and hidden parts."""
    parts = [part(i, blend=blend, opacity=(4 + i) / 15, feather=0.02 * (i % 3), match=0.5 * (i % 2),
                  placement=Placement(0.3 + 0.05 * i, 0.4 + 0.03 * i, 0.7, 20 * i, i % 2 == 0),
                  group="a1b2c3d4e5f6" if i in (4, 5) else "", locked=i == 6) for i, blend in enumerate(BLENDS, 1)]
    return Collage((ground(), *parts, part(20, visible=False)))


def composite(collage: Collage, frame: tuple[int, int] = FRAME) -> Levels:
    """uint8 [h, w, 4] of a collage, by the compositor that the regressor's pictures come from."""
    image, mask = Compositor().composite(collage, frame[::-1])
    levels = torch.cat([image / mask.clamp(min=1e-6) * 127.5 + 127.5, mask * 255], dim=1)[0]
    found: Levels = levels.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()
    found[found[..., 3] == 0] = 0
    return found


def save(path: Path, collage: Collage, frame: tuple[int, int] = FRAME) -> Levels:
    """Write a collage's layers; what they make together."""
    baker, writer = Baker(frame[::-1]), writer_for(path, frame)
    for raster in baker.layers(collage):
        if raster is not None:
            writer.add(raster)
    path.write_bytes(writer.finish(baker.merged()))
    return baker.merged()


def write(path: Path, *rasters: Raster, frame: tuple[int, int] = FRAME) -> Path:
    """Write these layers, with nothing merged."""
    writer = writer_for(path, frame)
    for raster in rasters:
        writer.add(raster)
    path.write_bytes(writer.finish(np.zeros((*frame[::-1], 4), np.uint8)))
    return path


def writer_for(path: Path, frame: tuple[int, int]) -> Writer:
    """What writes files of that suffix."""
    made: Writer = _found(*WRITERS[path.suffix])(frame)
    return made


def read(path: Path, frame: tuple[int, int] = FRAME) -> list[Photo]:
    """The layers of a file, lowest first."""
    return list(read_parts(path, frame))


def collage_in(path: Path, frame: tuple[int, int] = FRAME) -> Collage:
    """The layers of a file as a collage."""
    return Collage(tuple(photo.part for photo in read(path, frame)))


def only(path: Path) -> Part:
    """The one layer of a file, as a part."""
    part, = collage_in(path)
    return part


def refusal(path: Path) -> str:
    """The one sentence that a file is refused with."""
    with pytest.raises(LayerFileError) as caught:
        read(path)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert len(text) < 300
    return text


def outcome(path: Path) -> str:
    """What comes of a file that may be broken: "picture", "sentence", or several lines, which no user should get."""
    try:
        composite(collage_in(path))
    except LayerFileError as error:
        return "sentence" if "\n" not in str(error) else str(error)
    return "picture"


def raster(name: str = "Layer", colour: tuple[int, int, int] = (200, 40, 10), size: tuple[int, int] = (20, 10),
           **values: object) -> Raster:
    """A plain rectangle."""
    rgb = np.broadcast_to(np.array(colour, np.uint8), (*size[::-1], 3)).copy()
    return Raster(name, rgb, np.full(size[::-1], 255, np.uint8), **values)


def distance(a: Levels, b: Levels) -> int:
    """The greatest difference in levels of colour (where anything is) and alpha."""
    seen = np.minimum(a[..., 3], b[..., 3]) > 8
    colours = np.abs(a[..., :3].astype(int) - b[..., :3])[seen]
    return int(max(colours.max(initial=0), np.abs(a[..., 3].astype(int) - b[..., 3]).max(initial=0)))
