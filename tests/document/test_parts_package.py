"""Parts on their way between windows: nothing is lost, and nothing that is no parts gets in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ganstudio.document.collage import Collage, Part, Picture, Placement, Source, part_of
from ganstudio.document.mask import ellipse
from ganstudio.document.package import ArrayWriter, Damage, pack
from ganstudio.document.parts_package import parts_bytes, parts_from, renewed


def part(name: str, **values: object) -> Part:
    pixels = np.random.default_rng(len(name)).integers(0, 256, (40, 300, 3), dtype=np.uint8)
    made = part_of(Picture.of(pixels, Source("seed", "model", 7)), name, ellipse((300, 40), 5, 5, 200, 30))
    return replace(made, **values)


def test_parts_come_back_as_they_were():
    parts = (part("a", placement=Placement(0.1, 3.0, 0.7, 45.0, True), opacity=0.3, feather=0.01, blend="colour"),
             part("bb", match=0.5, visible=False, locked=True, group="g"))
    found = parts_from(parts_bytes(parts))
    assert Collage(found).key == Collage(parts).key
    for a, b in zip(found, parts, strict=True):
        assert (a.id, a.name, a.key, a.visible, a.locked, a.group) == (
            b.id, b.name, b.key, b.visible, b.locked, b.group)
        assert a.picture.source == b.picture.source


def test_copies_share_no_id_and_keep_their_groups_among_themselves():
    parts = (part("a", group="g"), part("b", group="g"), part("c"), part("d", group="h"))
    new = renewed(parts)
    assert not {p.id for p in new} & {p.id for p in parts}
    assert new[0].group == new[1].group != new[3].group
    assert {new[0].group, new[3].group}.isdisjoint({"g", "h", ""})
    assert new[2].group == ""
    assert [p.picture for p in new] == [p.picture for p in parts]


@pytest.mark.parametrize("data", [
    b"", b"nonsense", pack({"format": "other", "version": 1, "collage": {"parts": []}}, ArrayWriter()),
    pack({"format": "ganstudio-parts", "version": 1}, ArrayWriter()),
    pack({"format": "ganstudio-parts", "version": 1, "collage": {"parts": [{}]}}, ArrayWriter()),
    parts_bytes([part("a")])[:-200]])
def test_anything_else_is_damage(data):
    with pytest.raises(Damage):
        parts_from(data)
