"""What the renderer is asked for and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.document import Document

Pixels = NDArray[np.uint8]
"""uint8 [h, w, 3]."""
Quality = Literal["draft", "full", "exact"]
"""draft: a cheaper picture while the hand moves; full: the fastest faithful mode; exact: float32."""


class RenderError(RuntimeError):
    """A picture that could not be drawn; the message is one sentence for the user."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture of a document at a moment; `side` bounds its longer side in pixels (None: native)."""

    document: Document
    time: float = 0.0
    side: int | None = None
    quality: Quality = "full"


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture with the shot it shows and the seconds it took."""

    shot: Shot
    pixels: Pixels
    seconds: float
