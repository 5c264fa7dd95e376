"""Faces: the published MobileStyleGAN of the PyPI wheel `random-face`, fetched alone and turned into our format.

Only the wheel's four data files are read, as data; nothing in it is installed or run. The user must have seen `TERMS`
before `fetch_faces` is called. Everything happens in a hidden folder beside the model, which is removed at the end
whatever happens; the model appears there whole or not at all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError

from ganstudio.checkpoints.library import FACES
from ganstudio.checkpoints.mobilestylegan_ir import mobilestylegan_from_ir
from ganstudio.checkpoints.native import ModelError, write_native
from ganstudio.checkpoints.openvino_ir import Graph, read_ir
from ganstudio.document.atomic import disk_sentence

TERMS = FACES.terms
REQUIREMENT = "random-face==2021.7.21.1"
WHEEL = "random_face-2021.7.21.1-py3-none-any.whl"
WHEEL_SHA256 = "e5d10e2be7df63f06123855ec591ca35dcb1d059eba47ddcb175d7d26b4019b5"
WHEEL_BYTES = 37_588_926
PAGE = "https://pypi.org/project/random-face/2021.7.21.1/#files"
FILE_NAME = f"{FACES.id}.safetensors"
SPACE = 200 * 10**6
"""Bytes that are needed while fetching: the wheel, the downloader's own copies, the model."""
STALE = 3600
"""Seconds after which the working folder of a fetch that was killed is cleared away."""
PATIENCE = 0.1
OFFLINE = ("NewConnectionError", "ConnectionError", "name resolution", "getaddrinfo", "timed out", "dns error",
           "ProxyError", "error sending request", "Connection refused", "Network is unreachable", "Failed to fetch")


@dataclass(frozen=True)
class Progress:
    """What is being done now, for the user, and how far it is (0..1; None when that is not known)."""

    text: str
    fraction: float | None = None


class FetchError(ModelError):
    """Why a model could not be fetched; the message is one sentence for the user."""


def fetch_faces(folder: Path, wheel: Path | None = None) -> Iterator[Progress]:
    """Put the model into `folder`, from a wheel on this machine or from PyPI; leave it early to cancel.

    Raises FetchError or ModelError with one sentence; whatever happens, no half-written file is left.
    """
    with _worded(folder), _work_folder(folder) as work:
        if wheel is None:
            yield from _download(work)
            data = _files_of_download(work)
        else:
            yield Progress("Checking the file")
            data = _files_of_wheel(wheel, f"“{wheel.name}”")
        yield Progress("Reading the network")
        generator = mobilestylegan_from_ir(_graph(data, "MappingNetwork"), _graph(data, "SynthesisNetwork"))
        yield Progress("Saving the model")
        about = {"name": FACES.name, "terms": TERMS, "source": f"{REQUIREMENT} from PyPI, {PAGE}"}
        write_native(work / FILE_NAME, generator, about=about, half=False)
        os.replace(work / FILE_NAME, folder / FILE_NAME)
        yield Progress("“Faces” is there.", 1.0)


@contextmanager
def _worded(folder: Path) -> Iterator[None]:
    """Turn what the disk says into one sentence."""
    try:
        yield
    except SafetensorError as error:
        raise FetchError(f"The model could not be written to “{folder}” ({error}).") from None
    except OSError as error:
        raise FetchError(disk_sentence(error, Path(str(error.filename or folder)))) from None


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder inside `folder` for the time of the fetch; those that killed fetches left are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(".fetch-*"):
        if time.time() - old.stat().st_mtime > STALE:
            shutil.rmtree(old, ignore_errors=True)
    free = shutil.disk_usage(folder).free
    if free < SPACE:
        raise FetchError(f"There is too little space on the disk of “{folder}”: fetching takes {SPACE // 10**6} MB, "
                         f"and {free // 10**6} MB are free.")
    work = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(work: Path) -> Iterator[Progress]:
    """Run the downloader until it is done; its files, temporary ones included, lie in `work`."""
    yield Progress("Downloading", 0.0)
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work), "PIP_NO_INPUT": "1",
                   "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_CACHE_DIR": str(work / "cache")}
    command = _downloader(work)
    with (work / "log").open("wb") as log, subprocess.Popen(
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            while process.poll() is None:
                yield Progress("Downloading", min(_bytes_in(work) / WHEEL_BYTES, 1.0))
                time.sleep(PATIENCE)
        finally:
            process.kill()
    if process.returncode:
        raise FetchError(_why((work / "log").read_text("utf-8", "replace")))


def _downloader(work: Path) -> list[str]:
    """The command that fetches this one wheel into `work` (pip), or its files (uv), and nothing else."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                "--no-cache-dir", "--dest", str(work), REQUIREMENT]
    if uv := shutil.which("uv"):
        (work / "requirements.txt").write_text(f"{REQUIREMENT} --hash=sha256:{WHEEL_SHA256}\n")
        return [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes",
                "--link-mode=copy", "--python", sys.executable, "--target", str(work / "files"),
                "--requirement", str(work / "requirements.txt")]
    raise FetchError(f"There is neither pip nor uv to download with: fetch “{WHEEL}” from {PAGE} by hand, then run "
                     "“ganstudio get faces --wheel FILE”.")


def _bytes_in(folder: Path) -> int:
    """How much lies in a folder that changes all the while."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def _why(log: str) -> str:
    """The downloader's failure in one sentence."""
    if "No space left" in log:
        return "The disk is full: the download could not be written; free some space and try again."
    if "HASH" in log or "Hash mismatch" in log:
        return _other_file("The download")
    if any(sign in log for sign in OFFLINE):
        return (f"PyPI could not be reached: check the network, or fetch “{WHEEL}” from {PAGE} elsewhere and run "
                "“ganstudio get faces --wheel FILE”.")
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"The download failed ({lines[-1].removeprefix('ERROR: ') if lines else 'no reason was given'})."


def _files_of_download(work: Path) -> Mapping[str, bytes]:
    """The data files by name: out of the wheel that pip fetched, or as uv unpacked them after checking the hash."""
    data = work / "files" / "random_face" / "data"
    if data.is_dir():
        return {path.name: path.read_bytes() for path in data.iterdir()}
    return _files_of_wheel(work / WHEEL, "The download")


def _files_of_wheel(wheel: Path, called: str) -> Mapping[str, bytes]:
    """The data files by name; FetchError unless the file (what errors call it) is, bit for bit, the wheel we know."""
    content = wheel.read_bytes() if wheel.stat().st_size == WHEEL_BYTES else b""
    if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
        raise FetchError(_other_file(called))
    with zipfile.ZipFile(wheel) as archive:
        inside = [name for name in archive.namelist() if name.startswith("random_face/data/")]
        return {name.rsplit("/", 1)[1]: archive.read(name) for name in inside}


def _other_file(subject: str) -> str:
    return f"{subject} is not the file we know as “{WHEEL}” (its checksum differs): it is damaged or another version."


def _graph(data: Mapping[str, bytes], name: str) -> Graph:
    if f"{name}.xml" not in data or f"{name}.bin" not in data:
        raise FetchError(f"The download lacks “{name}”.")
    return read_ir(data[f"{name}.xml"], data[f"{name}.bin"], f"{name}.xml")
