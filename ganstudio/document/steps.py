"""Non-linear walks as numbers: a small network that takes a latent one step on, and one that takes it a step back.

Jahanian, Chai and Isola, "On the 'steerability' of generative adversarial networks" (ICLR 2020). The document holds
the weights, so that a project opens without the plugin that taught them; `ganstudio.render.steps` takes the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StepLayers:
    """One step: `x + second relu(first x + first_bias) + second_bias`; weights [dim, dim] (out, in), biases [dim]."""

    first: Array
    first_bias: Array
    second: Array
    second_bias: Array

    def __post_init__(self) -> None:
        dim = self.first_bias.size
        shapes = [self.first.shape, self.first_bias.shape, self.second.shape, self.second_bias.shape]
        if shapes != [(dim, dim), (dim,), (dim, dim), (dim,)]:
            raise ValueError(f"A step network needs two layers of one width, but got {shapes}.")

    @property
    def arrays(self) -> tuple[Array, Array, Array, Array]:
        """Its weights and biases, in the order of the fields."""
        return self.first, self.first_bias, self.second, self.second_bias


@dataclass(frozen=True, eq=False)
class StepNetwork:
    """Steps in both directions; `reverse` is learned on its own and is no inverse of `forward`.

    `keep_norm` (in z): after every step the latent gets the length it began with. `psi` (in w): after every step it is
    pulled towards the mean w, 1 = not at all.
    """

    forward: StepLayers
    reverse: StepLayers
    keep_norm: bool = False
    psi: float = 1.0

    def __post_init__(self) -> None:
        if self.forward.first_bias.shape != self.reverse.first_bias.shape:
            raise ValueError("The two directions of a step network must be of one width.")

    @property
    def dim(self) -> int:
        """The size of the latents it moves."""
        return self.forward.first_bias.size

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All weights and biases, forward first."""
        return self.forward.arrays + self.reverse.arrays
