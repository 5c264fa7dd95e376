"""Zip archives as hostile hands might make them: listed and inflated within bounds, never unpacked to disk."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from itertools import islice
from typing import Any

from ganstudio.checkpoints.pickle_machine import Budget, Unreadable

MAX_MEMBERS = 50_000
ENTRY, LOCAL = re.compile(rb"PK\x01\x02"), struct.Struct("<4s22xHH")
ENCRYPTED = 0x1
CUT = "it is a torn or damaged zip archive; the download or copy was probably cut off"


class Archive:
    """The members of an archive by name; a stored member is a view of the file, a deflated one is inflated."""

    def __init__(self, data: memoryview, budget: Budget) -> None:
        self._data, self._budget = data, budget
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in _listed(data):
            self._members[_checked(info, self._members)] = info

    def names(self) -> list[str]:
        """Every member."""
        return list(self._members)

    def get(self, name: str) -> memoryview | None:
        """A member's bytes, or None where there is none; Unreadable when they are not what the archive says."""
        if (info := self._members.get(name)) is None:
            return None
        packed = self._packed(info)
        if info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size:
            return packed
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise Unreadable("it is packed in a way that PyTorch does not use")
        self._budget.hold(info.file_size)
        return memoryview(_inflated(packed, info.file_size))

    def _packed(self, info: zipfile.ZipInfo) -> memoryview:
        start = info.header_offset
        head = self._data[start:start + LOCAL.size] if start >= 0 else self._data[:0]
        if len(head) < LOCAL.size or (fields := LOCAL.unpack(head))[0] != b"PK\x03\x04":
            raise Unreadable(CUT)
        first = start + LOCAL.size + fields[1] + fields[2]
        if first + info.compress_size > len(self._data):
            raise Unreadable(CUT)
        return self._data[first:first + info.compress_size]


class _Bytes(io.RawIOBase):
    """Bytes as a file, not copied."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; ValueError before the beginning."""
        place = offset + (0, self._at, len(self._data))[whence]
        if place < 0:
            raise ValueError("before the beginning")
        self._at = place
        return place

    def readinto(self, buffer: Any) -> int:
        """Copy what comes next; how many bytes there were."""
        part = self._data[self._at:self._at + len(buffer)]
        buffer[:len(part)] = part
        self._at += len(part)
        return len(part)


def _listed(data: memoryview) -> list[zipfile.ZipInfo]:
    """The archive's directory."""
    if sum(1 for _ in islice(ENTRY.finditer(data), MAX_MEMBERS + 1)) > MAX_MEMBERS:
        raise Unreadable("it has more parts than any model")
    try:
        with zipfile.ZipFile(io.BufferedReader(_Bytes(data))) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, struct.error, EOFError, OSError, NotImplementedError, OverflowError):
        raise Unreadable(CUT) from None


def _checked(info: zipfile.ZipInfo, known: dict[str, zipfile.ZipInfo]) -> str:
    name = info.filename
    if info.flag_bits & ENCRYPTED:
        raise Unreadable("it is an encrypted zip archive; unpack it with its password first")
    if name in known:
        raise Unreadable(f"it is damaged (two parts are called “{name[:80]}”)")
    if name.startswith(("/", "\\")) or ".." in name.split("/") or stat.S_ISLNK(info.external_attr >> 16):
        raise Unreadable("it is a zip archive with a path that leads out of it, as no model has")
    return name


def _inflated(packed: memoryview, size: int) -> bytearray:
    """Exactly as many bytes as were declared, and not one more."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(packed, size + 1)
    except zlib.error:
        raise Unreadable(CUT) from None
    if len(plain) != size:
        raise Unreadable("it is damaged (a part unpacks to another size than it claims)")
    return bytearray(plain)
