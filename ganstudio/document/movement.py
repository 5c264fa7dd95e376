"""Directions of the input: what moves a whole picture, in models whose input can be moved.

Such a direction's vector has three numbers: right and down, in sides of the picture, and degrees clockwise. Like all
edits they add up; the picture turns about its centre and is shifted then.
"""

from __future__ import annotations

import numpy as np

from ganstudio.document.latent import Direction

MOVES = 3
"""How many numbers say how a picture is moved."""
_SLIDERS = (("x", "Shift x", (0.01, 0.0, 0.0), 50.0), ("y", "Shift y", (0.0, 0.01, 0.0), 50.0),
            ("turn", "Rotate", (0.0, 0.0, 1.0), 90.0))


def movements(fingerprint: str) -> tuple[Direction, ...]:
    """The sliders of such a model: shift right and shift down in percent of the side, rotate clockwise in degrees."""
    return tuple(Direction(f"input:{key}", name, "input", np.array(vector, np.float32), (), fingerprint, (-end, end),
                           source="input") for key, name, vector, end in _SLIDERS)
