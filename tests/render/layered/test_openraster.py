"""OpenRaster files that others wrote, by the rules and against them: a picture or one sentence, and nothing else."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganstudio.document.collage import Collage
from ganstudio.render.layered.stack import MOST_BYTES, MOST_LAYERS, LayerFileError
from tests.render.layered.collages import collage_in, composite, every_kind, only, outcome, read, refusal, save

LAYER = '<layer src="data/a.png" {0}/>'


def png(colour: tuple[int, ...] = (20, 180, 60), size: tuple[int, int] = (20, 10), mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, "PNG")
    return stream.getvalue()


def ora(folder: Path, layers: str, image: str = 'w="96" h="64"', head: str = "", **entries: bytes) -> Path:
    """A file with this list of layers and these entries; `data_a_png` stands for data/a.png."""
    path = folder / "theirs.ora"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        archive.writestr("stack.xml", f'<?xml version="1.0"?>{head}<image {image}><stack>{layers}</stack></image>')
        for name, data in {"data_a_png": png(), **entries}.items():
            archive.writestr(name.replace("_", "/", 1).replace("_", "."), data)
    return path


# by the rules


def test_a_layer_comes_in_at_its_place_with_its_values(tmp_path):
    attributes = 'name="Lawn &amp; more" x="-5" y="7" opacity="0.25" visibility="hidden" edit-locked="true"'
    found = only(ora(tmp_path, LAYER.format(attributes + ' composite-op="svg:soft-light"')))
    assert (found.name, found.opacity, found.visible, found.locked) == ("Lawn & more", 0.25, False, True)
    assert found.blend == "soft-light"
    assert (found.placement.x * 96 - 10, found.placement.y * 64 - 5) == pytest.approx((-5, 7))


def test_a_bare_layer_is_opaque_visible_and_normal_at_the_corner(tmp_path):
    found = only(ora(tmp_path, LAYER.format("")))
    assert (found.opacity, found.visible, found.blend, found.locked) == (1.0, True, "normal", False)
    assert composite(Collage((found,)))[:10, :20, :3].reshape(-1, 3).tolist() == [[20, 180, 60]] * 200


def test_the_first_layer_is_the_topmost(tmp_path):
    path = ora(tmp_path, LAYER.format('name="top"') + LAYER.format('name="bottom"'))
    assert [p.name for p in collage_in(path)] == ["bottom", "top"]


def test_stacks_hand_down_opacity_and_hiding_and_nested_ones_become_one_group(tmp_path):
    path = ora(tmp_path, '<stack name="Outer" opacity="0.5"><stack opacity="0.5" visibility="hidden">'
                         f'{LAYER.format("")}</stack>{LAYER.format("")}</stack>')
    high, deep = collage_in(path)
    assert high.group == deep.group
    assert high.group.startswith("Outer#")
    assert {(p.opacity, p.visible) for p in (high, deep)} == {(0.5, True), (0.25, False)}


def test_blends_that_we_lack_come_in_as_normal_with_a_note(tmp_path):
    layers = LAYER.format('composite-op="svg:color-dodge"') + LAYER.format('composite-op="krita:hard mix"')
    photos = read(ora(tmp_path, layers))
    assert [p.part.blend for p in photos] == ["normal", "normal"]
    assert "blend modes that came in as normal: color-dodge, krita:hard mix" in photos[-1].note.lower()


@pytest.mark.parametrize("mode", ["RGBA", "L", "LA", "P", "I;16", "1"])
def test_layers_of_any_kind_of_png_come_in(tmp_path, mode):
    stream = io.BytesIO()
    Image.fromarray(np.full((6, 4), 60000, np.uint16)).save(stream, "PNG") if mode == "I;16" else Image.new(
        mode, (4, 6), 1 if mode in ("1", "P") else None).save(stream, "PNG")
    path = ora(tmp_path, LAYER.format("") + '<layer src="data/b.png"/>', data_b_png=stream.getvalue())
    assert {p.picture.size for p in collage_in(path)} >= {(20, 10)}


def test_texts_and_layers_without_pixels_are_left_out_and_said(tmp_path):
    photo, = read(ora(tmp_path, LAYER.format("") + "<text/><layer name='x'/><filter/>"))
    assert "2 × layer without pixels" in photo.note


# against them


def test_a_zip_of_something_else_is_refused(tmp_path):
    path = tmp_path / "a.ora"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("stack.xml", "<image/>")
    assert "no OpenRaster file" in refusal(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"hello", b"8BPS", bytes(1000)])
def test_what_is_no_file_of_layers_is_refused(tmp_path, data):
    path = tmp_path / "a.ora"
    path.write_bytes(data)
    refusal(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(LayerFileError, match="is not there"):
        read(tmp_path / "none.ora")


BOMB = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize("head", [
    BOMB, '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE l SYSTEM "http://localhost/x.dtd">'])
def test_document_types_and_their_entities_are_refused(tmp_path, head):
    name = "&c;" if head is BOMB else "&x;" if "ENTITY" in head else "x"
    assert "document type" in refusal(ora(tmp_path, LAYER.format(f'name="{name}"'), head=head))


@pytest.mark.parametrize(("layers", "what"), [
    ("<stack>" * 100 + "</stack>" * 100, "too long or too deep"),
    ("<layer/>" * 30_000, "too long or too deep"),
    ("<layer", "no XML"),
    ("&undefined;", "no XML"),
    ("\ud800", "no XML"),
    (LAYER.format('opacity="nan"'), "gives “nan” for opacity"),
    (LAYER.format('opacity="7"'), "opacity"),
    (LAYER.format('x="1e30"'), "for x"),
    (LAYER.format('y="three"'), "for y"),
    ('<layer src="../../../../etc/passwd"/>', "missing"),
    ('<layer src="/etc/passwd"/>', "missing"),
    ('<layer src="mimetype"/>', "no PNG"),
    ("", "no layer with anything"),
])
def test_lists_of_layers_against_the_rules_are_refused(tmp_path, layers, what):
    if layers == "\ud800":
        path = ora(tmp_path, "@@")
        path.write_bytes(rezipped(path, b"@@", b"\xff\xfe"))
    else:
        path = ora(tmp_path, layers)
    assert what in refusal(path)


def rezipped(path: Path, old: bytes, new: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(stream, "w") as after:
        for info in before.infolist():
            after.writestr(info.filename, before.read(info).replace(old, new))
    return stream.getvalue()


@pytest.mark.parametrize("image", ['w="0" h="5"', 'w="70000" h="5"', 'w="60000" h="60000"', 'w="a" h="5"', "", 'h="5"'])
def test_canvases_that_cannot_be_are_refused(tmp_path, image):
    refusal(ora(tmp_path, LAYER.format(""), image=image))


@pytest.mark.parametrize("side", [12_000, 60_000, 2**31 - 1])
def test_a_layer_that_says_it_is_huge_is_refused_undecoded(tmp_path, side):
    data = bytearray(png())
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert "pixels" in refusal(ora(tmp_path, LAYER.format(""), data_a_png=bytes(data)))


def test_entries_that_unpack_to_too_much_are_refused_unread(tmp_path):
    path = ora(tmp_path, " " * 5_000_000)
    assert path.stat().st_size < 50_000
    assert "too large" in refusal(path)


def test_entries_that_lie_about_their_size_are_refused(tmp_path):
    path = ora(tmp_path, LAYER.format(""), data_a_png=png(size=(2000, 2000)))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("data/a.png").file_size
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", 100)))
    assert "data/a.png" in refusal(path)


def test_files_longer_than_any_are_refused_unread(tmp_path):
    path = ora(tmp_path, LAYER.format(""))
    os.truncate(path, MOST_BYTES + 1)
    assert "larger than 1024 MB" in refusal(path)


def test_one_picture_used_too_often_is_refused(tmp_path):
    assert f"more than {MOST_LAYERS} layers" in refusal(ora(tmp_path, LAYER.format("") * (MOST_LAYERS + 1)))


def test_nothing_is_written_where_names_point(tmp_path):
    path = ora(tmp_path, '<layer src="../outside.png"/>')
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside.png", png())
        archive.writestr("/tmp/outside-of-all.png", png())
    assert len(read(path)) == 1
    assert [f.name for f in tmp_path.iterdir()] == [path.name]
    assert not (tmp_path.parent / "outside.png").exists()


def test_nothing_but_one_sentence_comes_of_a_file_cut_or_changed_anywhere(tmp_path):
    path, random = tmp_path / "a.ora", np.random.default_rng(3)
    save(path, Collage(every_kind().parts[3:5]))
    data = np.frombuffer(path.read_bytes(), np.uint8)
    outcomes = set()
    for _ in range(100):
        changed = data[:random.integers(len(data))].copy() if random.random() < 0.2 else data.copy()
        if len(changed):
            places = random.integers(0, len(changed), 4)
            changed[places] = random.integers(0, 256, 4)
        path.write_bytes(changed.tobytes())
        outcomes.add(outcome(path))
    assert outcomes == {"picture", "sentence"}
