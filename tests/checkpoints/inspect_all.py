"""A child process that inspects every file of a folder by our command line, with little memory to spare.

    python -m tests.checkpoints.inspect_all FOLDER

prints one JSON object a line for each file: name, status, what was printed, seconds of processor time, and the peak
of its memory in bytes so far. A status of -1 and the exception's name mean that one got out.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
from pathlib import Path

from ganstudio.checkpoints import importing  # noqa: F401  (so that its weight does not count)
from ganstudio.cli import run_cli

ROOM = 1 << 30
PAGE = resource.getpagesize()


def main(folder: Path) -> None:
    """Inspect every file with one GiB more than the program itself takes."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    for path in sorted(folder.iterdir()):
        print(json.dumps({"name": path.name, **inspected(path)}), flush=True)


def inspected(path: Path) -> dict[str, object]:
    """How one inspection went."""
    out, error, start = io.StringIO(), io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            status = run_cli(["inspect", str(path)])
        except BaseException as got_out:
            status = -1
            error.write(f"{type(got_out).__name__}: {got_out}")
    return {"status": status, "out": out.getvalue(), "error": error.getvalue(),
            "seconds": time.process_time() - start, "peak": peak_memory()}


def peak_memory() -> int:
    """The most memory this program has held, in bytes; Linux's `ru_maxrss` counts that of the parent it was forked
    from, too."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
