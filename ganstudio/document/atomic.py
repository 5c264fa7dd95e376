"""Files that are either wholly written or not touched: how everything the user owns reaches the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` into the file at `path`, creating its folder; on any failure the old file stays as it was.

    A link is followed, so that the file it names changes and the link stays. Raises OSError; `disk_sentence` words it.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only", str(target))
    name = target.parent / f".{target.name[:40]}.{secrets.token_hex(4)}.part"
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(name, stat.S_IMODE(target.stat().st_mode))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def disk_sentence(error: OSError, path: Path) -> str:
    """One sentence for a file that could not be read or written, and what to do."""
    if error.errno in FULL:
        return f"The disk is full: “{path.name}” could not be written; free some space or choose another place."
    if error.errno in FORBIDDEN:
        return f"“{path.name}” may not be changed or read in “{path.parent}”; choose another place."
    if error.errno == errno.ENOENT:
        return f"“{path}” is not there (any more)."
    return f"“{path.name}” could not be read or written: {error.strerror or error}."


def _sync_folder(folder: Path) -> None:
    """Make the new name durable where the system can (Windows cannot open folders)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
