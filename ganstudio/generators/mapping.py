"""What StyleGANs share before their layers: the way from z to w, and the dense layers and activations on it.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019): z, of unit second
moment, goes through fully connected layers that learn slowly. Programs differ in how a class label joins in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import Space

LRELU_GAIN = math.sqrt(2)
LRELU_SLOPE = 0.2


def normalise_second_moment(x: Tensor) -> Tensor:
    """Scale each row of [n, d] to a mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def lrelu(x: Tensor, clamp: float | None = None) -> Tensor:
    """Leaky ReLU with slope 0.2 and gain sqrt 2, then the optional clamp."""
    x = F.leaky_relu(x, LRELU_SLOPE) * LRELU_GAIN
    return x if clamp is None else x.clamp(-clamp, clamp)


@dataclass(frozen=True)
class Activation:
    """What follows a layer's bias: a function, then a gain that keeps the second moment.

    `homogeneous` says that scaling the input by a positive number scales the output, so the gain may come before.
    """

    function: Callable[[Tensor], Tensor]
    gain: float = 1.0
    homogeneous: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        """The function and the gain."""
        return self.function(x) * self.gain


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, LRELU_SLOPE)


def _same(x: Tensor) -> Tensor:
    return x


ACTIVATIONS = {
    "lrelu": Activation(_leaky, LRELU_GAIN, homogeneous=True),
    "relu": Activation(F.relu, math.sqrt(2), homogeneous=True),
    "linear": Activation(_same, homogeneous=True),
    "swish": Activation(F.silu, math.sqrt(2)),
    "tanh": Activation(torch.tanh),
    "sigmoid": Activation(torch.sigmoid),
    "elu": Activation(F.elu),
    "selu": Activation(F.selu),
    "softplus": Activation(F.softplus),
}
"""By the names that checkpoints use; nearly all use the first."""


class Dense(nn.Module):
    """A fully connected layer with equalised learning rate: `x @ (weight * lr / sqrt(fan_in)).T + bias * lr`."""

    def __init__(self, fan_in: int, fan_out: int, lr: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in) / lr)
        self.bias = nn.Parameter(torch.full((fan_out,), bias / lr))
        self.lr = lr
        self.scale = lr / math.sqrt(fan_in)

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in] to [n, fan_out]."""
        return F.linear(x, self.weight * self.scale, self.bias * self.lr)


class Mapping(nn.Module):
    """z [n, z_dim] and class weights [n, num_classes] to w [n, w_dim]; keeps the running mean `w_avg`.

    `width` is that of the layers between, `embed_dim` that of the embedded label; both are `w_dim` unless told. z and
    the embedded label are normalised one by one and then joined, or, `joint`, joined and then normalised as one.
    """

    w_avg: Tensor

    def __init__(self, z_dim: int, w_dim: int, *, num_classes: int = 0, layers: int = 8, lr: float = 0.01,
                 width: int | None = None, embed_dim: int | None = None, joint: bool = False,
                 activation: str = "lrelu") -> None:
        super().__init__()
        self.depth, self.joint, self.activation = layers, joint, ACTIVATIONS[activation]
        fan_in = z_dim
        if num_classes:
            embed_dim = embed_dim or w_dim
            self.embed = Dense(num_classes, embed_dim)
            fan_in += embed_dim
        widths = [fan_in, *[width or w_dim] * (layers - 1), w_dim]
        for i in range(layers):
            setattr(self, f"fc{i}", Dense(widths[i], widths[i + 1], lr))
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map; `labels` only where there are classes."""
        x = z if self.joint else normalise_second_moment(z)
        if labels is not None:
            embedded = self.embed(labels)
            x = torch.cat([x, embedded if self.joint else normalise_second_moment(embedded)], dim=1)
        x = normalise_second_moment(x) if self.joint else x
        for i in range(self.depth):
            x = self.activation(getattr(self, f"fc{i}")(x))
        return x


class Styled(nn.Module):
    """The side of a whole StyleGAN that faces z; its `mapping` keeps `w_avg`. See `ganstudio.api.Generator`."""

    space: Space = "w"
    mapping: Any

    @property
    def w_avg(self) -> Tensor:
        """The mean of w, [w_dim]."""
        mean: Tensor = self.mapping.w_avg
        return mean

    def normalise(self, z: Tensor) -> Tensor:
        """z as it is: the mapping network normalises for itself."""
        return z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] (and class weights [n, num_classes]) to w [n, w_dim]."""
        w: Tensor = self.mapping(z, labels)
        return w
