"""What was found for one collage beyond the regressor's guess: a step in the latent space, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ganstudio.document.collage import Collage
from ganstudio.document.latent import FloatArray

Method = Literal["latent", "encoder"]
"""latent: the latent itself was optimised; encoder: the regressor was tuned to the picture, and this is its answer."""


@dataclass(frozen=True, eq=False)
class Refinement:
    """A step from the regressor's guess towards the collage it was found for.

    `offset` is [num_ws, w_dim] (or [z_dim] where the regressor answers in z); it is added `amount` times: 0 is the
    guess, the most real; 1 the most faithful. `collage` is the key of the collage it was found for. A tuned encoder is
    held as the latent it gives, too: its weights answer for that one collage alone. ValueError for another amount.
    """

    offset: FloatArray
    collage: str
    amount: float = 1.0
    method: Method = "latent"

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= 1:
            raise ValueError(f"A refinement counts between 0 and 1, not {self.amount}.")

    def fits(self, collage: Collage) -> bool:
        """Whether it was found for this collage; one that was not is stale, for parts have changed since."""
        return self.collage == collage.key
