"""Directions as bytes, so that one process can hand them to another: checked like anything that was read."""

from __future__ import annotations

import io
from collections.abc import Sequence

from ganstudio.document.encoding import direction_from, direction_json
from ganstudio.document.latent import Direction
from ganstudio.document.package import ArrayWriter, Damage, Package, pack


def packed(directions: Sequence[Direction]) -> bytes:
    """The bytes of directions; ValueError for numbers that are not finite."""
    arrays = ArrayWriter()
    return pack({"directions": [direction_json(direction, arrays) for direction in directions]}, arrays)


def unpacked(data: bytes) -> tuple[Direction, ...]:
    """The directions that `packed` wrote; Damage for anything else."""
    with Package(io.BytesIO(data)) as package:
        told = package.manifest.get("directions")
        if not isinstance(told, list):
            raise Damage("there is no list of directions")
        return tuple(direction_from(direction, package.arrays) for direction in told)
