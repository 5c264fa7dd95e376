"""Parts as bytes and back, for the way from one window to another: data only, bounded as projects are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

from ganstudio.document.collage import Collage, Part, new_id
from ganstudio.document.encoding_collage import collage_from, collage_json
from ganstudio.document.package import ArrayWriter, Damage, Package, pack

FORMAT = "ganstudio-parts"
VERSION = 1


def parts_bytes(parts: Sequence[Part]) -> bytes:
    """Parts with all that belongs to them."""
    arrays = ArrayWriter()
    return pack({"format": FORMAT, "version": VERSION, "collage": collage_json(Collage(tuple(parts)), arrays)}, arrays)


def parts_from(data: bytes) -> tuple[Part, ...]:
    """What `parts_bytes` made; Damage, with a clause that says what is wrong, for anything else."""
    with Package(io.BytesIO(data)) as package:
        if package.manifest.get("format") != FORMAT or package.manifest.get("version") != VERSION:
            raise Damage("it is of another kind or version")
        return collage_from(package.manifest.get("collage"), package.arrays).parts


def renewed(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Copies that share no id with what they were copied from, nor a group, but groups with each other as before."""
    groups = {p.group: new_id() for p in parts if p.group}
    return tuple(replace(p, id=new_id(), group=groups.get(p.group, "")) for p in parts)
