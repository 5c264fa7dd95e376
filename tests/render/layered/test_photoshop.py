"""Photoshop files that others wrote: what they hold comes in as it looks, or is said to be left out."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Compression, ProtectedFlags, Tag
from psd_tools.psd.descriptor import Descriptor, DescriptorBlock, Double

from ganstudio.document.collage import Collage, Part
from ganstudio.render.layered.stack import MOST_LAYERS
from tests.render.layered.collages import (
    FRAME,
    collage_in,
    every_kind,
    only,
    outcome,
    raster,
    read,
    refusal,
    save,
    write,
)

GREEN = (20, 180, 60, 255)


def picture(colour: tuple[int, ...] = GREEN, size: tuple[int, int] = (20, 10)) -> Image.Image:
    return Image.new("RGBA", size, colour)


def blank(mode: str = "RGB", **options: object) -> PSDImage:
    return PSDImage.new(mode, FRAME, **options)


def saved(psd: PSDImage, folder: Path) -> Path:
    psd.save(folder / "theirs.psd")
    return folder / "theirs.psd"


def colours(part: Part) -> np.ndarray:
    return part.picture.tiles.array()


def cover(part: Part) -> np.ndarray:
    return part.mask.tiles.array()


# what comes in


def test_a_layer_comes_in_at_its_place_with_its_values(tmp_path):
    psd = blank()
    layer = psd.create_pixel_layer(picture(), "Lawn", top=7, left=-5, opacity=128, blend_mode=BlendMode.MULTIPLY)
    layer.visible = False
    layer.tagged_blocks.set_data(Tag.PROTECTED_SETTING, int(ProtectedFlags.COMPLETE))
    found = only(saved(psd, tmp_path))
    assert (found.name, found.blend, found.visible, found.locked) == ("Lawn", "multiply", False, True)
    assert found.opacity == pytest.approx(128 / 255)
    assert (found.placement.x * 96 - 10, found.placement.y * 64 - 5) == pytest.approx((-5, 7))
    assert (colours(found) == GREEN[:3]).all()


def test_fill_opacity_counts_and_unknown_blends_are_named(tmp_path):
    psd = blank()
    layer = psd.create_pixel_layer(picture(), blend_mode=BlendMode.HARD_LIGHT, opacity=204)
    layer.fill_opacity = 128
    photo, = read(saved(psd, tmp_path))
    assert photo.part.opacity == pytest.approx(0.8 * 128 / 255)
    assert photo.part.blend == "normal"
    assert "hard-light" in photo.note


def test_masks_hide_what_they_hid(tmp_path):
    psd = blank()
    mask = Image.new("L", (10, 10), 255)
    layer = psd.create_pixel_layer(picture().convert("RGB"), top=4, left=4)
    layer.create_mask(mask, top=4, left=4)
    found = only(saved(psd, tmp_path))
    assert cover(found)[:, :10].min() == 255
    assert cover(found)[:, 10:].max() == 0


def test_a_mask_that_is_switched_off_hides_nothing(tmp_path):
    psd = blank()
    layer = psd.create_pixel_layer(picture().convert("RGB"))
    layer.create_mask(Image.new("L", (10, 10), 0), top=0, left=0)
    layer.mask.disabled = True
    assert cover(only(saved(psd, tmp_path))).min() == 255


def test_clipped_layers_show_only_where_their_base_does(tmp_path):
    psd = blank()
    psd.create_pixel_layer(picture(size=(8, 64)), "base", left=10)
    psd.create_pixel_layer(picture((9, 9, 200, 255), (40, 10)), "clipped", left=0).clipping = True
    base, clipped = collage_in(saved(psd, tmp_path))
    assert cover(base).min() == 255
    assert (np.flatnonzero(cover(clipped)[0]) == np.arange(10, 18)).all()


def test_groups_hand_down_opacity_and_hiding_and_nested_ones_become_one(tmp_path):
    psd = blank()
    outer = psd.create_group(name="Outer", opacity=128)
    inner = outer.create_group(name="Inner", opacity=128)
    inner.create_pixel_layer(picture(), "deep", opacity=128)
    outer.create_pixel_layer(picture(), "high")
    hidden = psd.create_group(name="Hidden")
    hidden.visible = False
    hidden.create_pixel_layer(picture(), "unseen")
    deep, high, unseen = collage_in(saved(psd, tmp_path))
    assert [p.name for p in (deep, high, unseen)] == ["deep", "high", "unseen"]
    assert deep.group == high.group != unseen.group
    assert deep.group.startswith("Outer#")
    assert deep.opacity == pytest.approx((128 / 255) ** 3)
    assert (high.visible, unseen.visible) == (True, False)


def test_a_fill_of_one_colour_covers_the_canvas(tmp_path):
    psd = blank()
    layer = psd.create_pixel_layer(picture())
    colour = Descriptor(classID=b"RGBC")
    for key, level in ((b"Rd  ", 200.0), (b"Grn ", 100.4), (b"Bl  ", 50.0)):
        colour[key] = Double(level)
    setting = DescriptorBlock(version=16)
    setting[b"Clr "] = colour
    layer.tagged_blocks.set_data(Tag.SOLID_COLOR_SHEET_SETTING, setting)
    found = only(saved(psd, tmp_path))
    assert found.picture.size == FRAME
    assert (colours(found) == (200, 100, 50)).all()


@pytest.mark.parametrize(("mode", "depth", "near"), [
    ("RGB", 16, 1), ("RGB", 32, 1), ("L", 8, 1), ("CMYK", 8, 3), ("L", 16, 1)])
def test_other_colours_and_depths_come_in_as_eight_bits_rgb(tmp_path, mode, depth, near):
    psd = blank(mode, depth=depth)
    grey = Image.new("RGB", (20, 10), (120, 120, 120)).convert(mode)
    psd.create_pixel_layer(grey)
    assert np.abs(colours(only(saved(psd, tmp_path))).astype(int) - 120).max() <= near


def test_a_file_without_layers_is_one_layer(tmp_path):
    PSDImage.frompil(Image.new("RGB", FRAME, (10, 20, 30))).save(tmp_path / "flat.psd")
    found = only(tmp_path / "flat.psd")
    assert (colours(found) == (10, 20, 30)).all()
    assert found.picture.size == FRAME


def test_large_documents_open_too(tmp_path):
    psd = blank()
    psd.create_pixel_layer(picture(), compression=Compression.ZIP_WITH_PREDICTION)
    data = saved(psd, tmp_path).read_bytes()
    assert data[4:6] == b"\0\1"
    assert (colours(only(tmp_path / "theirs.psd")) == GREEN[:3]).all()


def test_what_only_photoshop_draws_is_left_out_and_named(tmp_path):
    psd = blank()
    psd.create_pixel_layer(picture(), "kept")
    layer = psd.create_pixel_layer(picture(), "dimmer")
    layer.tagged_blocks.set_data(Tag.INVERT)
    layer._record.right = layer._record.left
    layer._record.channel_info, layer._channels._items = [], []
    photo, = read(saved(psd, tmp_path))
    assert photo.part.name == "kept"
    assert "left out: 1 ×" in photo.note


def test_empty_layers_are_left_out_and_said(tmp_path):
    psd = blank()
    psd.create_pixel_layer(picture(), "kept")
    psd.create_pixel_layer(picture((0, 0, 0, 0)), "empty")
    photo, = read(saved(psd, tmp_path))
    assert photo.part.name == "kept"
    assert "empty layers left out: 1" in photo.note


# what does not


def test_lab_is_refused_in_words(tmp_path):
    psd = blank("LAB")
    psd.create_pixel_layer(Image.new("RGB", (20, 10), (120, 0, 0)))
    assert "convert it to RGB" in refusal(saved(psd, tmp_path))


def test_a_canvas_larger_than_anything_is_refused_unread(tmp_path):
    path = write(tmp_path / "a.psd", raster())
    data = bytearray(path.read_bytes())
    data[14:22] = struct.pack(">II", 30000, 30000)
    path.write_bytes(data)
    assert "megapixels" in refusal(path)


def test_a_layer_larger_than_anything_is_refused_undecoded(tmp_path):
    path = write(tmp_path / "a.psd", raster(size=(16, 8)))
    data = path.read_bytes()
    place = data.index(struct.pack(">4i", 0, 0, 8, 16))
    for bottom, right in ((60000, 60000), (2**30, 2**30), (1, 2**31 - 1)):
        path.write_bytes(data[:place + 8] + struct.pack(">2i", bottom, right) + data[place + 16:])
        refusal(path)


def test_channels_that_unpack_to_more_than_they_should_are_refused(tmp_path):
    psd = blank()
    layer = psd.create_pixel_layer(picture(), compression=Compression.ZIP)
    path, right = saved(psd, tmp_path), layer._channels[1].data
    bomb = zlib.compress(bytes(50_000_000))
    layer._channels[1].data = bomb
    layer._record.channel_info[1].length = len(bomb) + 2
    assert len(right) < 100
    with path.open("wb") as file:
        psd._record.write(file)
    assert "Decompressed size" in refusal(path)


def test_too_many_layers_are_refused(tmp_path):
    path = write(tmp_path / "a.psd", *[raster(size=(2, 2))] * (MOST_LAYERS + 1))
    assert f"more than {MOST_LAYERS} layers" in refusal(path)


def test_nothing_but_one_sentence_comes_of_a_file_cut_anywhere(tmp_path):
    path = tmp_path / "a.psd"
    save(path, Collage(every_kind().parts[:3]))
    data = path.read_bytes()
    for length in [*range(0, 120, 3), *range(120, len(data), len(data) // 60)]:
        path.write_bytes(data[:length])
        assert outcome(path) in ("picture", "sentence")


def test_changed_bytes_give_a_picture_or_one_sentence(tmp_path):
    path, random = tmp_path / "a.psd", np.random.default_rng(5)
    save(path, Collage(every_kind().parts[3:6]))
    data = np.frombuffer(path.read_bytes(), np.uint8)
    head, outcomes = min(1500, len(data)), set()
    for _ in range(60):
        changed = data.copy()
        places = random.integers(0, head if random.random() < 0.7 else len(data), 3)
        changed[places] = random.integers(0, 256, 3)
        path.write_bytes(changed.tobytes())
        outcomes.add(outcome(path))
    assert outcomes == {"picture", "sentence"}
