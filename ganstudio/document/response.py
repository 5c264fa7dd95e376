"""What a direction was measured to do: how much the picture really changes along its slider, in a unit people know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """The measured answer of held-out pictures to a slider.

    At `alphas` (in order; they span the range in which the pictures follow) the change is `amounts` in `unit` ("px",
    "°", "×", "levels"; "" for shares). `changes` are the steps of the picture between neighbouring alphas, root mean
    square in levels of 255. `measured_as` names the edit whose amounts these are, such as "Shift x"; where it is
    empty, none explains the change, and the amount is how different the picture is.
    """

    unit: str
    alphas: tuple[float, ...]
    amounts: tuple[float, ...]
    changes: tuple[float, ...]
    measured_as: str = ""

    def __post_init__(self) -> None:
        count = len(self.alphas)
        if count < 2 or len(self.amounts) != count or len(self.changes) != count - 1:
            raise ValueError("A response needs at least two alphas, an amount for each and a change between each.")
        if any(b <= a for a, b in zip(self.alphas, self.alphas[1:], strict=False)):
            raise ValueError("The alphas of a response are not in order.")

    @property
    def reach(self) -> tuple[float, float]:
        """The range in alpha in which the pictures follow."""
        return self.alphas[0], self.alphas[-1]

    def amount(self, alpha: float) -> float:
        """The amount at an alpha, between those measured in a straight line; beyond them that of the end."""
        if alpha <= self.alphas[0]:
            return self.amounts[0]
        for i in range(1, len(self.alphas)):
            if alpha <= self.alphas[i]:
                share = (alpha - self.alphas[i - 1]) / (self.alphas[i] - self.alphas[i - 1])
                return self.amounts[i - 1] + share * (self.amounts[i] - self.amounts[i - 1])
        return self.amounts[-1]
