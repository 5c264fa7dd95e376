"""What is saved as layers and opened again: the same layers, the same picture, in both formats."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from ganstudio.document.collage import BLENDS, Collage, Placement
from ganstudio.document.mask import Mask
from ganstudio.render.layered.baking import Baker
from ganstudio.render.layered.files import LayersPlan, check, read_parts, write_layers
from ganstudio.render.layered.stack import LayerFileError
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Shot
from tests.models import TinyLibrary, tiny_document
from tests.render.layered.collages import (
    FRAME,
    collage_in,
    composite,
    distance,
    every_kind,
    ground,
    part,
    raster,
    read,
    save,
    write,
)

SUFFIXES = (".psd", ".ora")
MIXING = ("colour", "luminosity")
"""Blends that mix channels, and so may add up the rounding of several."""
both = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture
def path(tmp_path, suffix):
    return tmp_path / f"layers{suffix}"


@both
def test_the_same_layers_come_back(path):
    before = every_kind()
    save(path, before)
    after = collage_in(path)
    told = [(p.name, p.blend, p.visible, p.locked, bool(p.group)) for p in before]
    assert [(p.name, p.blend, p.visible, p.locked, bool(p.group)) for p in after] == told
    assert [p.opacity for p in after] == pytest.approx([p.opacity for p in before], abs=0.5 / 255)
    assert {p.blend for p in after} == set(BLENDS)
    assert len({p.group for p in after}) == 2


@both
@pytest.mark.parametrize("blend", BLENDS)
def test_layers_make_the_same_picture_within_a_level(path, blend):
    above = part(3, blend=blend, opacity=0.8, feather=0.03, match=0.4, placement=Placement(0.4, 0.6, 0.8, 30))
    before = Collage((ground(), above))
    merged, most = save(path, before), 2 if blend in MIXING else 1
    assert distance(composite(before), merged) <= most
    assert distance(composite(before), composite(collage_in(path))) <= most


@both
def test_many_layers_make_the_picture_that_the_file_says_they_make(path):
    merged = save(path, every_kind())
    assert distance(merged, composite(collage_in(path))) <= 1
    assert distance(merged, composite(every_kind())) <= 2  # eleven layers were each rounded


@both
def test_a_second_round_trip_changes_nothing(path, tmp_path, suffix):
    save(path, every_kind())
    again = tmp_path / f"again{suffix}"
    save(again, collage_in(path))
    for a, b in zip(collage_in(path), collage_in(again), strict=True):
        assert (a.picture.size, a.placement, a.blend) == (b.picture.size, b.placement, b.blend)
        assert np.array_equal(a.mask.tiles.array(), b.mask.tiles.array())
        seen = a.mask.tiles.array() > 0
        assert np.array_equal(a.picture.tiles.array()[seen], b.picture.tiles.array()[seen])


@both
def test_pixels_that_fall_on_pixels_come_back_bit_for_bit(path):
    only = replace(ground(), placement=Placement(scale=80 / 96))
    save(path, Collage((only,)))
    back, = collage_in(path)
    assert np.array_equal(back.picture.tiles.array(), only.picture.tiles.array())
    assert back.placement == only.placement


@both
def test_groups_keep_their_names_and_stay_apart(path):
    groups = ("Trees#0123456789ab", "Trees#0123456789ab", "", "Trees#ba9876543210", "0a1b2c3d4e5f")
    save(path, Collage(tuple(part(i, group=g) for i, g in enumerate(groups))))
    found = [p.group for p in collage_in(path)]
    assert [g.split("#")[0] for g in found] == ["Trees", "Trees", "", "Trees", "Group 3"]
    assert found[0] == found[1] != found[3]


@both
def test_another_canvas_is_fitted_into_the_frame_in_its_proportions(path):
    write(path, raster(size=(40, 20), x=10, y=5), frame=(100, 50))
    frame = (64, 64)
    only, = collage_in(path, frame)
    assert only.picture.size == (40, 20)
    shown = composite(Collage((only,)), frame)[..., 3]
    rows, columns = np.flatnonzero(shown.max(1) > 127), np.flatnonzero(shown.max(0) > 127)
    assert (columns[0], columns[-1] + 1) == pytest.approx((6.4, 32), abs=1)
    assert (rows[0], rows[-1] + 1) == pytest.approx((16 + 3.2, 16 + 16), abs=1)


@both
def test_layers_that_leave_the_canvas_come_in_whole(path):
    write(path, raster(size=(60, 40), x=-30, y=50))
    only, = collage_in(path)
    assert only.picture.size == (60, 40)
    assert composite(Collage((only,)))[50:, :30, 3].min() == 255


@both
def test_pillow_and_others_find_the_merged_picture(path, suffix):
    merged = save(path, every_kind())
    if suffix == ".ora":
        with zipfile.ZipFile(path) as archive, archive.open("mergedimage.png") as file:
            found = np.asarray(Image.open(file))
    else:
        with Image.open(path) as image:
            found = np.asarray(image.convert("RGBA"))
            assert image.size == FRAME
    opaque = merged[..., 3] == 255
    assert opaque.mean() > 0.5
    assert np.array_equal(found[..., 3], merged[..., 3])
    assert np.array_equal(found[opaque], merged[opaque])


def test_psd_tools_composites_a_photoshop_file_as_we_do(tmp_path):
    merged = save(tmp_path / "a.psd", every_kind())
    psd = PSDImage.open(tmp_path / "a.psd")
    assert [layer.name for layer in psd.descendants() if not layer.is_group()] == [p.name for p in every_kind()]
    assert [layer.kind for layer in psd] == ["pixel"] * 4 + ["group"] + ["pixel"] * 5
    assert distance(np.asarray(psd.composite(force=True)), merged) <= 2


def test_an_openraster_file_is_laid_out_as_the_specification_asks(tmp_path):
    save(tmp_path / "a.ora", every_kind())
    data = (tmp_path / "a.ora").read_bytes()
    assert data[30:38] == b"mimetype"
    assert data[38:54] == b"image/openraster"
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} <= set(archive.namelist())
        with archive.open("Thumbnails/thumbnail.png") as file:
            assert max(Image.open(file).size) <= 256
        assert b'composite-op="svg:color"' in archive.read("stack.xml")


# a document's layers


@pytest.fixture
def renderer():
    return Renderer(TinyLibrary(), "cpu")


def finish(steps):
    return list(steps)


@both
@pytest.mark.parametrize("scale", [1, 4])
def test_layers_are_baked_at_the_scale_that_is_asked_for(path, renderer, scale):
    document = replace(tiny_document(), collage=Collage((ground(), part(2))))
    steps = finish(write_layers(renderer, document, 0.0, (32, 32), LayersPlan(path, scale)))
    assert [(s.done, s.total) for s in steps] == [(1, 3), (2, 3), (3, 3)]
    width, height = read(path, (32, 32))[0].part.picture.size
    assert width == 32 * scale
    assert 31 * scale <= height <= 32 * scale
    back = collage_in(path, (32 * scale, 32 * scale))
    assert distance(composite(back, (32 * scale,) * 2), composite(document.collage, (32 * scale,) * 2)) <= 1


@both
@pytest.mark.parametrize("place", ["top", "bottom"])
def test_the_drawn_picture_comes_along_where_it_is_wanted(path, renderer, place):
    document = tiny_document()
    drawn = renderer.render(Shot(document)).pixels
    finish(write_layers(renderer, document, 0.0, (32, 32), LayersPlan(path, picture=place, title="Drawn")))
    only, = collage_in(path, (32, 32))
    assert only.name == "Drawn"
    assert np.array_equal(only.picture.tiles.array(), drawn)


def test_the_picture_lies_beneath_or_above_and_colours_are_matched_as_on_the_canvas(tmp_path):
    matched = replace(part(2), match=1.0)
    pixels = np.full((64, 96, 3), 250, np.uint8)
    plain, under = Baker((64, 96)), Baker((64, 96))
    under.picture(pixels, "Drawn")
    a, b = (next(baker.layers(Collage((matched,)))) for baker in (plain, under))
    assert np.array_equal(a.rgb, b.rgb)
    assert (under.merged()[..., 3] == 255).all()
    assert (under.merged()[0, 0] == 255 * np.ones(4) - [5, 5, 5, 0]).all()


def test_parts_of_which_nothing_is_in_the_frame_are_named(tmp_path, renderer):
    path = tmp_path / "a.psd"
    far = replace(part(5, placement=Placement(x=9)), name="Far")
    covered = replace(part(6), mask=Mask.flat((80, 60), 0.0), name="Covered")
    document = replace(tiny_document(), collage=Collage((ground(), far, covered)))
    last = finish(write_layers(renderer, document, 0.0, (32, 32), LayersPlan(path)))[-1]
    assert "“Far”, “Covered”" in last.note
    assert len(read(path)) == 1
    nothing = replace(document, collage=Collage((far,)))
    with pytest.raises(LayerFileError, match="Nothing of the layers"):
        finish(write_layers(renderer, nothing, 0.0, (32, 32), LayersPlan(path)))
    assert len(read(path)) == 1


def test_a_cancelled_or_refused_export_leaves_what_was_there(tmp_path, renderer):
    path = tmp_path / "a.ora"
    path.write_bytes(b"before")
    document = replace(tiny_document(), collage=Collage((ground(), part(1))))
    steps = write_layers(renderer, document, 0.0, (32, 32), LayersPlan(path))
    next(steps)
    steps.close()
    assert path.read_bytes() == b"before"
    assert [f.name for f in tmp_path.iterdir()] == ["a.ora"]


@pytest.mark.parametrize(("plan", "collage", "what"), [
    (LayersPlan("a.png"), [1], "no format for layers"),
    (LayersPlan("a.psd"), [], "no layer on the canvas"),
    (LayersPlan("a.psd", scale=256), [1], "at most 4096"),
    (LayersPlan("none/a.psd"), [1], "does not exist"),
    (LayersPlan("folder.psd"), [1], "is a folder"),
])
def test_what_cannot_be_written_is_said_before_anything_is_done(tmp_path, plan, collage, what):
    (tmp_path / "folder.psd").mkdir()
    with pytest.raises(LayerFileError, match=what):
        check(replace(plan, path=tmp_path / plan.path), FRAME, Collage(tuple(map(part, collage))))


def test_reading_goes_layer_by_layer(tmp_path):
    save(tmp_path / "a.ora", every_kind())
    steps = read_parts(tmp_path / "a.ora", FRAME)
    assert next(steps).part.name == every_kind().parts[0].name
    steps.close()
