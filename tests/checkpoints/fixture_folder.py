"""Where reference checkpoints lie: small ones beside this file, the full set in a folder that may not be there.

`small(name)` is a folder of this repository; `fixtures(name)` one of the full set, which is where the environment
variable GANSTUDIO_FIXTURES says, else in `shared/fixtures` beside the repository. A folder holds one checkpoint and
`ref.npz`: latents in, pictures out, as the original program drew them in float32.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
NO_CHECKPOINT = {".npz", ".json"}


def small(name: str) -> Path:
    """A folder of the fixtures that every clone has."""
    return HERE / "fixtures" / name


def fixtures(name: str) -> Path:
    """A folder of the full set; skips the test, with the reason, where it is missing."""
    root = Path(os.environ.get("GANSTUDIO_FIXTURES") or HERE.parents[2] / "shared" / "fixtures")
    if not (root / name).is_dir():
        pytest.skip(f"the full set of reference files is not here (no {root / name}; see GANSTUDIO_FIXTURES)")
    return root / name


def checkpoint(folder: Path) -> Path:
    """The one checkpoint in a folder."""
    [path] = [path for path in folder.iterdir() if path.suffix not in NO_CHECKPOINT]
    return path


def reference(folder: Path, name: str = "ref.npz") -> dict[str, NDArray[np.generic]]:
    """What the original program gave."""
    with np.load(folder / name) as file:
        return dict(file)
