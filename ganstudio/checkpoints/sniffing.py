"""What a file is by its first bytes, whatever it is called; and for files that hold no model, what to do about it."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from ganstudio.checkpoints.native import ModelError
from ganstudio.document.atomic import disk_sentence

HEAD = 2048
MAX_HEADER = 1 << 26
"""A safetensors header is JSON of at most this many bytes."""


class Kind(Enum):
    """What can be read."""

    PICKLE = "a pickle or torch file"
    SAFETENSORS = "safetensors"
    FOLDER = "a folder"


FETCH_AGAIN = "download it again, as the page's download button does"
SAID: tuple[tuple[bytes, str], ...] = (
    (rb"version https://git-lfs", "is only a pointer to a large file that git did not fetch: run “git lfs pull”, or "
                                  "download the file itself"),
    (rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body)",
     f"is a web page and no model, probably a notice of the site it came from: {FETCH_AGAIN}"),
    (rb"(?:\xef\xbb\xbf)?\s*<\?xml", f"is an XML text and no model, probably a site's error message: {FETCH_AGAIN}"),
    (rb"\x89HDF\r\n\x1a\n", "is an HDF5 file; no program that GAN Studio reads keeps its generators in one: look for "
                            "its PyTorch or pickle file"),
    (rb"\x93NUMPY|PK\x03\x04.{26}[\w./-]{1,80}\.npy",
     "holds NumPy arrays; they may be directions, but they are no model"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "is packed: unpack it, and open what is in it"),
    (rb".{257}ustar", "is a tar archive: unpack it, and open what is in it"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|%PDF", "is a picture or document and no model"),
    (rb"(?:\xef\xbb\xbf)?\s*[{\[]", "is a JSON text: the model's settings perhaps, but not its weights"),
    (rb"\x08[\x00-\x20].{0,40}(?:pytorch|onnx|tf2onnx)", "is an ONNX graph; open the checkpoint it was made from"),
)
"""How files begin that hold no model, and what to say of them."""
NO_MODELS = tuple((re.compile(pattern, re.S | re.I), text) for pattern, text in SAID)
TEXT = re.compile(rb"[\t\r\n\x20-\x7e]{16,}\Z", re.S)
PICKLE = re.compile(rb"PK[\x03\x05]|\x80[\x00-\x0f]|[(\]}][lpqd(\]}ciSTUVXIJKLFGN]|"
                    rb"c[a-z_][\w.]*\n[a-z_][\w.]*\n", re.S | re.I)
"""How zip archives and pickles begin; those of protocols 0 and 1 have no mark of their own."""


def kind_of(path: Path) -> Kind:
    """What is at a path; ModelError in one sentence when it is nothing that a model could be read from."""
    try:
        if path.is_dir():
            return Kind.FOLDER
        size, head = (path.stat().st_size, _head(path)) if path.is_file() else (-1, b"")
    except OSError as error:
        raise ModelError(disk_sentence(error, path)) from None
    except ValueError:
        raise ModelError("That is no name a file could have.") from None
    if size < 0:
        raise ModelError(f"“{path}” is not there, or no file.")
    return check_head(head, size, path.name)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def check_head(head: bytes, size: int, name: str) -> Kind:
    """What a file of that size and name is that begins so; ModelError in one sentence when it holds no model."""
    if not head:
        raise ModelError(f"“{name}” is empty: {FETCH_AGAIN}.")
    if is_safetensors(head, size):
        return Kind.SAFETENSORS
    for pattern, text in NO_MODELS:
        if pattern.match(head):
            raise ModelError(f"“{name}” {text}.")
    if PICKLE.match(head):
        return Kind.PICKLE
    raise ModelError(f"“{name}” is {'a text' if TEXT.match(head) else 'none of the files that hold GANs'}, or it is "
                     f"damaged: GAN Studio opens what PyTorch and NVIDIA's programs save, and safetensors.")


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file that begins so, of that size, is a safetensors file: a length, then a JSON header."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= min(MAX_HEADER, size - 8)
