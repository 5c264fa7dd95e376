"""The container of our own files: a zip with one manifest.json and float32 arrays beside it as .npy.

Reading trusts nothing: sizes are bounded before anything is unpacked, arrays must be plain finite float32, entries are
read by name into memory and never written to a path, and nothing in a file can run.
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

MANIFEST = "manifest.json"
MAX_MANIFEST = 32 * 2**20
MAX_ARRAY = 64 * 2**20
MAX_ARRAYS = 512 * 2**20
"""Bytes that a manifest, one array and all arrays of a file together may have."""
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


class ArrayReader:
    """The arrays of an open file by name; what is shared in the file is shared in memory."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._found: dict[str, FloatArray] = {}
        self._used = 0

    def take(self, name: str) -> FloatArray:
        """One array, float32; Damage when it is absent, too large, or anything but finite numbers."""
        if name not in self._found:
            data = _read_entry(self._archive, name, min(MAX_ARRAY, MAX_ARRAYS - self._used))
            self._used += len(data)
            self._found[name] = _decode(data)
        return self._found[name]


def pack(manifest: Mapping[str, Any], arrays: ArrayWriter) -> bytes:
    """The bytes of a file; the same content gives the same bytes. ValueError for what JSON cannot hold."""
    text = json.dumps(manifest, allow_nan=False, ensure_ascii=False, indent=1)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(MANIFEST, zipfile.ZIP_DEFLATED), text.encode("utf-8"))
        for name, data in arrays.files.items():
            archive.writestr(_entry(name, zipfile.ZIP_STORED), data)
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


def _decode(data: bytes) -> FloatArray:
    """A .npy of finite float32, checked before it is believed; nothing is unpickled."""
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise Damage("an array is of another version")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise Damage("an array has no readable header") from None
    body = data[stream.tell():]
    if dtype != np.dtype("<f4") or fortran or min(shape, default=1) < 1 or math.prod(shape) * 4 != len(body):
        raise Damage("an array does not hold the numbers it names")
    array = np.frombuffer(body, dtype="<f4").astype(np.float32).reshape(shape)
    if not np.isfinite(array).all():
        raise Damage("an array holds numbers that are not finite")
    return array
