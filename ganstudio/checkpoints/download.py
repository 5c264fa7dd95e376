"""Getting a model from an address: goes on where it was cut off, checks what came, and never runs or unpacks it.

A download lies in a folder of its own, named by its address, until it was imported; what came of it before a cut stays
there and is continued if the server still has the same file. Only http and https are followed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pooch
import requests

from ganstudio.checkpoints.importing import hash_of
from ganstudio.checkpoints.native import ModelError, read_info
from ganstudio.checkpoints.sniffing import HEAD, check_head
from ganstudio.document.atomic import disk_sentence
from ganstudio.settings import user_data

CHUNK = 1 << 16
TIMES = (10.0, 30.0)
"""Seconds that a server has to be reached, and to send something more."""
TRIES, PAUSE = 4, 1.0
"""How often a broken connection is taken up again by itself, and seconds before it."""
MARGIN = 64 << 20
"""Bytes of the disk that stay free."""
STALE = 14 * 86_400
"""Seconds after which what is left of a download is cleared away."""
BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
Report = Callable[[str, float | None], object]


@dataclass(frozen=True)
class Downloaded:
    """A file that came from an address, and its SHA-256."""

    path: Path
    sha256: str
    url: str

    def remove(self) -> None:
        """Forget it: it was imported, or nobody wants it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


class DownloadError(ModelError):
    """Why there is no file; the message is one sentence for the user."""


def downloads_folder() -> Path:
    """Where downloads lie until they were imported."""
    return user_data() / "downloads"


def is_address(text: str) -> bool:
    """Whether a text is an address rather than a file's name."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]+://", text.strip()) is not None


def download(address: str, report: Report, folder: Path | None = None, models: Path | None = None) -> Downloaded:
    """Get the file at an address; DownloadError or ModelError in one sentence when it cannot be had or is no model.

    `#sha256=...` at the address's end, or the hash kept with a model in `models` that came from there, is what the
    file must have. `report` hears what is done and how far it is.
    """
    url, pinned = _checked(address)
    place = (folder or downloads_folder()) / hashlib.sha256(url.encode()).hexdigest()[:20]
    known = None if pinned or models is None else _imported(url, models)
    wanted = pinned or (known[1] if known else None)
    _clear(place.parent)
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        place.mkdir(parents=True, exist_ok=True)
        fetch = Resumed(place, report)
        path = place / fetch.head(url)
        path.unlink(missing_ok=True)
        pooch.retrieve(url, f"sha256:{wanted}" if wanted else None, path.name, place, downloader=fetch)
        sha256 = hash_of(path)
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise DownloadError(_network(url, error)) from None
        raise DownloadError(disk_sentence(error, place)) from None
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        shutil.rmtree(place, ignore_errors=True)
        raise DownloadError(_changed(url, known)) from None
    return Downloaded(path, sha256, url)


def _checked(address: str) -> tuple[str, str]:
    """The address itself and the hash behind it; DownloadError for what is none."""
    text, _, fragment = address.strip().partition("#")
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise DownloadError(f"“{address[:120]}” is no address.") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise DownloadError(f"GAN Studio gets models from http and https addresses only, not from “{parts.scheme}:”; "
                            f"a file on this machine is opened as it is.")
    if not host:
        raise DownloadError(f"“{address[:120]}” names no server.")
    match = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", fragment)
    if fragment.startswith("sha256") and not match:
        raise DownloadError("What follows “#sha256=” must be 64 hexadecimal digits.")
    return text, match[1].lower() if match else ""


def _imported(url: str, models: Path) -> tuple[str, str] | None:
    """Name and file hash of the model that came from an address."""
    for path in sorted(models.glob("*.safetensors")):
        with suppress(ModelError):
            about = read_info(path).about
            if about.get("source") == url and re.fullmatch(r"[0-9a-f]{64}", str(about.get("sha256"))):
                return str(about.get("name")), str(about["sha256"])
    return None


def _changed(url: str, known: tuple[str, str] | None) -> str:
    host = urlsplit(url).hostname
    if known is None:
        return f"What {host} sent does not have the SHA-256 that the address asks for: it is damaged, or another file."
    return (f"The file at this address is not the one that “{known[0]}” was made of (SHA-256 {known[1][:12]}…): if you "
            f"trust the new one, remove that model first.")


def _clear(folder: Path) -> None:
    """Remove what was left long ago."""
    for old in folder.glob("*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > STALE:
                shutil.rmtree(old, ignore_errors=True)


class Resumed:
    """How pooch gets a file here: into `part`, continued there after a cut, then moved to where pooch wants it."""

    def __init__(self, place: Path, report: Report) -> None:
        self._part, self._note, self._report = place / "part", place / "part.json", report

    def head(self, url: str) -> str:
        """Ask the server; the name of its file. What is no model by its address or kind is refused here."""
        self._report("Asking the server", None)
        with self._ask(url, {}) as answer:
            _check_status(answer, url)
            return _name(answer, url)

    def __call__(self, url: str, target: str, _caller: object, check_only: bool = False) -> None:
        """Get all of it, taking up broken connections."""
        for attempt in range(TRIES):
            try:
                self._get(url)
                break
            except BROKEN:
                if attempt == TRIES - 1:
                    raise
                self._report("The connection broke: going on", None)
                time.sleep(PAUSE)
        shutil.move(self._part, target)
        self._note.unlink(missing_ok=True)

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        answer = requests.get(url, headers={"Accept-Encoding": "identity", **headers}, stream=True, timeout=TIMES)
        if urlsplit(answer.url).scheme not in ("http", "https"):
            raise DownloadError("The address leads to one that is neither http nor https.")
        return answer

    def _get(self, url: str) -> None:
        """One connection: from the start, or on from what is here if the server's file is still the same."""
        have, mark = self._standing()
        headers = {"Range": f"bytes={have}-", "If-Range": mark} if have else {}
        with self._ask(url, headers) as answer:
            if answer.status_code == 416:
                self._forget()
                raise requests.ConnectionError("the server's file became shorter")
            _check_status(answer, url)
            goes_on = answer.status_code == 206 and _begins_at(answer, have)
            done = have if goes_on else 0
            total = _total(answer, done)
            self._make_room(total, done)
            self._note.write_text(json.dumps({"mark": _mark(answer)}), "utf-8")
            self._take(answer, done, total, _name(answer, url))

    def _take(self, answer: requests.Response, done: int, total: int | None, name: str) -> None:
        head = b"" if not done else None
        with self._part.open("ab" if done else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                done += len(chunk)
                if head is not None:
                    head = self._look(head + chunk, total, name)
                self._report("Downloading", None if not total else min(done / total, 1.0))
                if total is None:
                    self._make_room(None, done)
        if total is not None and done < total:
            raise requests.ConnectionError("the connection ended early")
        if head is not None:
            check_head(head, done, name)

    def _look(self, head: bytes, total: int | None, name: str) -> bytes | None:
        """Refuse what begins like no model before the rest of it comes; None once that was seen to."""
        if len(head) < HEAD and (total is None or len(head) < total):
            return head
        try:
            check_head(head[:HEAD], total or len(head), name)
        except ModelError:
            self._forget()
            raise
        return None

    def _standing(self) -> tuple[int, str]:
        """How many bytes are here, and by what the server tells its file from another; 0 when they are no use."""
        try:
            mark = json.loads(self._note.read_text("utf-8"))["mark"]
            return (self._part.stat().st_size, mark) if isinstance(mark, str) and mark else (0, "")
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _make_room(self, total: int | None, done: int) -> None:
        """DownloadError unless the disk takes the rest of it, and then the model that is made of it."""
        needed = MARGIN if total is None else 2 * total - done + MARGIN
        free = shutil.disk_usage(self._part.parent).free
        if free < needed:
            raise DownloadError(f"There is too little space on the disk: this model takes {_megabytes(needed)} while "
                                f"it is brought in, and {_megabytes(free)} are free.")


def _check_status(answer: requests.Response, url: str) -> None:
    if answer.status_code in (200, 206):
        return
    host = urlsplit(url).hostname
    said = {401: "asks for a login", 403: "does not allow it", 404: "has no such file", 410: "has that file no longer",
            429: "is asked too often just now"}.get(answer.status_code)
    raise DownloadError(f"{host} {said or 'answers with an error'} (status {answer.status_code}).")


def _begins_at(answer: requests.Response, have: int) -> bool:
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == have


def _total(answer: requests.Response, done: int) -> int | None:
    """How long the whole file is, where the server says."""
    length = answer.headers.get("Content-Length", "")
    return done + int(length) if length.isdecimal() and not answer.headers.get("Content-Encoding") else None


def _mark(answer: requests.Response) -> str:
    """A strong ETag or a date; empty when the server has neither, or cannot continue."""
    tag = answer.headers.get("ETag", "")
    if "bytes" not in answer.headers.get("Accept-Ranges", "bytes"):
        return ""
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _name(answer: requests.Response, url: str) -> str:
    """What the server calls its file, made harmless; else the address's last part."""
    said = re.search(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", answer.headers.get("Content-Disposition", ""))
    last = unquote(said[1]) if said else unquote(PurePosixPath(urlsplit(url).path).name)
    name = re.sub(r"[^\w .\-]", "-", last.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .-")[:100]
    return name if name and name not in ("part", "part.json") else "model"


def _network(url: str, error: requests.RequestException) -> str:
    host = urlsplit(url).hostname
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host} cannot prove that it is {host} (its certificate is not accepted): nothing was downloaded."
    if isinstance(error, requests.Timeout):
        return f"{host} does not answer: try again later; what came so far is kept."
    if isinstance(error, BROKEN):
        return f"{host} could not be reached, or the connection broke: try again, it goes on where it stopped."
    return f"{host} cannot be asked for this file ({type(error).__name__})."


def _megabytes(count: int) -> str:
    return f"{max(1, round(count / 2**20))} MB"

