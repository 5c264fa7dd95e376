"""What the renderer is asked for and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.collage import Collage
from ganstudio.document.document import Document
from ganstudio.document.latent import Latent
from ganstudio.document.refinement import Refinement
from ganstudio.document.sequence import NO_COLLAGE

Pixels = NDArray[np.uint8]
"""uint8 [h, w, 3]; [h, w, 4], alpha straight, from models that draw transparency (see `transparency.py`)."""
Quality = Literal["draft", "full", "exact"]
"""draft: a cheaper picture while the hand moves; full: the fastest faithful mode; exact: float32."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What of a document is drawn at one moment."""

    look: Latent
    collage: Collage = NO_COLLAGE
    refinement: Refinement | None = None

    @classmethod
    def of(cls, document: Document, time: float) -> Scene:
        """What a document shows at a moment."""
        return cls(document.look(time), document.collage_at(time), document.refinement)


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
    """A picture with the shot it shows, the seconds it took, and sentences on what the user should know of it."""

    shot: Shot
    pixels: Pixels
    seconds: float
    notes: tuple[str, ...] = ()
