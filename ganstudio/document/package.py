"""The container of our own files: a zip with one manifest.json, and float32 arrays and uint8 tiles beside it as .npy.

Reading trusts nothing: sizes are bounded before anything is unpacked, arrays must be plain finite float32, tiles
plain uint8, entries are read by name into memory and never written to a path, and nothing in a file can run.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ganstudio.document.latent import FloatArray
from ganstudio.document.tiles import SIDE, Tile, tile

MANIFEST = "manifest.json"
TILES = "tiles/"
"""What the names of tiles begin with."""
MAX_MANIFEST = 32 * 2**20
MAX_ARRAY = 64 * 2**20
MAX_ARRAYS = 512 * 2**20
"""Bytes that a manifest, one array and all arrays of a file together may have."""
MAX_TILE = SIDE * SIDE * 3 + 256
MAX_TILES = 2**30
"""Bytes that one tile and all tiles of a file together may have."""
MAX_ENTRIES = 20_000
EPOCH = (1980, 1, 1, 0, 0, 0)
UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, KeyError, IndexError,
              NotImplementedError, RuntimeError, OverflowError, MemoryError, UnicodeError)
"""What zipfile raises for a damaged archive (RuntimeError: it asks for a password)."""


class Damage(ValueError):
    """Something in a file is not as it should be; the message is a clause that fits into “... is damaged (...)”."""


class ArrayWriter:
    """Collects the arrays of a file; equal ones are stored once, under the hash of their content."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, array: FloatArray) -> str:
        """Take an array and say under which name; ValueError when it holds NaN or infinity."""
        plain = np.ascontiguousarray(array, dtype="<f4")
        if not np.isfinite(plain).all():
            raise ValueError("it holds numbers that are not finite")
        stream = io.BytesIO()
        np.lib.format.write_array(stream, plain, version=(1, 0), allow_pickle=False)
        data = stream.getvalue()
        name = f"arrays/{hashlib.sha256(data).hexdigest()[:24]}.npy"
        self.files[name] = data
        return name

    def put_tile(self, part: Tile) -> str:
        """Take a tile and say under which name."""
        name = f"{TILES}{part.key}.npy"
        if name not in self.files:
            stream = io.BytesIO()
            np.lib.format.write_array(stream, part.data, version=(1, 0), allow_pickle=False)
            self.files[name] = stream.getvalue()
        return name


class ArrayReader:
    """The arrays and tiles of an open file by name; what is shared in the file is shared in memory."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._found: dict[str, FloatArray] = {}
        self._tiles: dict[str, Tile] = {}
        self._used = self._tiles_used = 0

    def take(self, name: str) -> FloatArray:
        """One array, float32; Damage when it is absent, too large, or anything but finite numbers."""
        if name not in self._found:
            data = _read_entry(self._archive, name, min(MAX_ARRAY, MAX_ARRAYS - self._used))
            self._used += len(data)
            array = _decode(data, "<f4")
            if not np.isfinite(array).all():
                raise Damage("an array holds numbers that are not finite")
            self._found[name] = array.astype(np.float32)
        return self._found[name]

    def take_tile(self, name: str, shape: tuple[int, ...]) -> Tile:
        """One tile of this shape; Damage when it is absent, too large, or anything else."""
        if name not in self._tiles:
            data = _read_entry(self._archive, name, min(MAX_TILE, MAX_TILES - self._tiles_used))
            self._tiles_used += len(data)
            self._tiles[name] = tile(_decode(data, "|u1"))
        if self._tiles[name].data.shape != shape:
            raise Damage("a tile is of another shape")
        return self._tiles[name]


def pack(manifest: Mapping[str, Any], arrays: ArrayWriter) -> bytes:
    """The bytes of a file; the same content gives the same bytes. ValueError for what JSON cannot hold."""
    text = json.dumps(manifest, allow_nan=False, ensure_ascii=False, indent=1)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(MANIFEST, zipfile.ZIP_DEFLATED), text.encode("utf-8"))
        for name, data in arrays.files.items():
            kind = zipfile.ZIP_DEFLATED if name.startswith(TILES) else zipfile.ZIP_STORED
            archive.writestr(_entry(name, kind), data, compresslevel=1)
    return stream.getvalue()


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = compression
    return entry


class Package:
    """An open file of ours: `manifest`, and `arrays` to take from. Use it in a `with` block."""

    def __init__(self, path: Path | io.BytesIO) -> None:
        """Open a file, or its bytes; OSError when there is no such file, Damage when it is no zip with a manifest."""
        try:
            self._archive = zipfile.ZipFile(path)
        except (*UNREADABLE, ValueError):
            raise Damage("it is no archive, or cut short") from None
        try:
            if len(self._archive.namelist()) > MAX_ENTRIES:
                raise Damage("it has too many entries")
            self.manifest = _parse(_read_entry(self._archive, MANIFEST, MAX_MANIFEST))
        except BaseException:
            self._archive.close()
            raise
        self.arrays = ArrayReader(self._archive)

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()


def _read_entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One entry's bytes, refused by its declared size before it is unpacked; zipfile unpacks no more than that."""
    try:
        info = archive.getinfo(name)
        if info.file_size > limit:
            raise Damage(f"“{name[:60]}” is too large")
        return archive.read(info)
    except Damage:
        raise
    except (*UNREADABLE, ValueError, OSError):
        raise Damage(f"“{name[:60]}” is missing or unreadable") from None


def _parse(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Damage("its manifest is no JSON") from None
    if not isinstance(manifest, dict):
        raise Damage("its manifest is no table")
    return manifest


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _decode(data: bytes, kind: str) -> np.ndarray:
    """A .npy of one kind of number, checked before it is believed; nothing is unpickled."""
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise Damage("an array is of another version")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise Damage("an array has no readable header") from None
    body = data[stream.tell():]
    right = dtype == np.dtype(kind) and not fortran and min(shape, default=1) >= 1
    if not right or math.prod(shape) * dtype.itemsize != len(body):
        raise Damage("an array does not hold the numbers it names")
    return np.frombuffer(body, dtype=kind).reshape(shape)
