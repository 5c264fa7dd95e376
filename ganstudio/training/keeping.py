"""Writing what was learned: a safetensors file with metadata, at once or not at all."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save

from ganstudio.api import Learned
from ganstudio.document.atomic import write_atomically
from ganstudio.settings import user_data


def write_learned(path: Path, learned: Learned) -> None:
    """Write it to a file; OSError when the disk does not take it."""
    tensors = {k: v.detach().to("cpu").contiguous() for k, v in learned.tensors.items()}
    write_atomically(path, save(tensors, dict(learned.metadata)))


def keep(learned: Learned) -> Path:
    """Write it where the program looks for such things, as it says itself; where that is."""
    path = user_data() / learned.keep
    write_learned(path, learned)
    return path
