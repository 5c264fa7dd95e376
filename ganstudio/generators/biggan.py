"""BigGAN: the class-conditional network as published, trainable and differentiable in float32.

Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis" (2019): residual blocks whose
batch-norms take gain and bias from a class embedding and a chunk of z, and self-attention between blocks. The widths,
the places of attention and the ways in which z and class enter are all in the config, so that this file serves every
published variant; `ganstudio.generators.biggan_deep` has the other kind of block.

Layer 0 is the linear map from z to the first 4 x 4 activations, layer i + 1 is block i. `ws[:, i]` begins with the
condition vector of layer i: the class embedding, then what the layer takes of z. Where statistics of batch-norms
were measured for many truncations, the last number of a w says which row of them to use. Spectral normalisation is
no part of it: readers divide it out of the weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import LayerInfo, Space
from ganstudio.generators.biggan_norms import ConditionalNorm, OutputNorm, stats_row

ZUse = Literal["first", "chunks", "all"]


@dataclass(frozen=True)
class BigGANConfig:
    """Everything about a BigGAN that its tensors alone do not say.

    `channels[0]` enters block 0, `channels[i + 1]` leaves block i; `up[i]` says whether block i doubles the side.
    `z_use`: z goes to the first linear map only, in equal chunks one to each layer (hierarchical), or whole to all.
    `class_dim` is the width of the class embedding that all layers share; 0 gives each batch-norm its own.
    `attention` lists how many blocks lie below each attention. `num_stats` above 1 is for batch-norm statistics at as
    many truncations, evenly from 0 to 1. `leak` is the activation's slope below zero; `reduction`, of the deep form,
    how many times narrower the inside of a block is. `gain_adds` is for files trained with batch-norms synchronised
    over devices, whose program adds the gain instead of multiplying by it when it draws outside of training.
    """

    channels: tuple[int, ...]
    up: tuple[bool, ...]
    z_dim: int = 128
    num_classes: int = 1000
    class_dim: int = 128
    z_use: ZUse = "chunks"
    attention: tuple[int, ...] = ()
    num_stats: int = 1
    eps: float = 1e-5
    output_eps: float = 1e-5
    leak: float = 0.0
    start: int = 4
    reduction: int = 4
    gain_adds: bool = False

    def __post_init__(self) -> None:
        if len(self.up) + 1 != len(self.channels) or not self.up:
            raise ValueError("A BigGAN needs one width more than it has blocks, and at least one block.")
        if self.z_use == "chunks" and self.z_dim % self.num_ws:
            raise ValueError(f"A z of {self.z_dim} numbers does not go into {self.num_ws} equal chunks.")
        if self.num_classes < 1 or min(self.channels) < 1 or any(not 0 <= a <= len(self.up) for a in self.attention):
            raise ValueError("A BigGAN needs classes, channels, and attention between its blocks.")

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return int(self.start * 2 ** sum(self.up))

    @property
    def num_ws(self) -> int:
        """The first linear map and every block take a w."""
        return len(self.channels)

    def class_size(self, layer: int) -> int:
        """How many numbers of the layer's condition vector are of the class."""
        return 0 if layer == 0 and self.z_use != "all" else self.class_dim or self.num_classes

    def z_part(self, layer: int) -> slice:
        """What of z follows the class in the layer's condition vector."""
        if self.z_use == "chunks":
            size = self.z_dim // self.num_ws
            return slice(layer * size, (layer + 1) * size)
        return slice(0, self.z_dim if layer == 0 or self.z_use == "all" else 0)

    def condition_size(self, layer: int) -> int:
        """The length of the layer's condition vector."""
        part = self.z_part(layer)
        return self.class_size(layer) + len(range(self.z_dim)[part])

    def norm(self, width: int, layer: int) -> ConditionalNorm:
        """A batch-norm of that many channels in a layer."""
        return ConditionalNorm(width, self.condition_size(layer), self.num_stats, self.eps, self.gain_adds)

    @property
    def w_dim(self) -> int:
        """The longest condition vector, and the row of the statistics where there are many."""
        return max(self.condition_size(i) for i in range(self.num_ws)) + (self.num_stats > 1)

    @staticmethod
    def published(resolution: int, *, width: int = 96, attention_side: int = 64, num_classes: int = 1000,
                  z_chunk: int = 20, class_dim: int = 128) -> BigGANConfig:
        """The widths of the paper's table for 32 to 512 px, attention at the end of the block of that side."""
        factors = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1), 256: (16, 16, 8, 8, 4, 2, 1),
                   512: (16, 16, 8, 8, 4, 2, 1, 1)}[resolution]
        blocks = len(factors) - 1
        attention = tuple(i + 1 for i in range(blocks) if 8 << i == attention_side)
        return BigGANConfig(tuple(width * f for f in factors), (True,) * blocks, z_chunk * (blocks + 1), num_classes,
                            class_dim, attention=attention)


def convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """A convolution in the precision of x, its input padded so that sides stay."""
    bias = None if conv.bias is None else conv.bias.to(x.dtype)
    return F.conv2d(x, conv.weight.to(x.dtype), bias, padding=conv.kernel_size[0] // 2)


def enlarge(x: Tensor) -> Tensor:
    """Twice the side, every pixel four times."""
    return F.interpolate(x, scale_factor=2)


class Attention(nn.Module):
    """Every place looks at a quarter of all places and adds what it finds, times a learned `gamma` (SAGAN's form)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta = nn.Conv2d(width, width // 8, 1, bias=False)
        self.phi = nn.Conv2d(width, width // 8, 1, bias=False)
        self.g = nn.Conv2d(width, width // 2, 1, bias=False)
        self.o = nn.Conv2d(width // 2, width, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] to the same."""
        query = convolve(self.theta, x).flatten(2)  # [n, c / 8, h * w]
        key = F.max_pool2d(convolve(self.phi, x), 2).flatten(2)  # [n, c / 8, h * w / 4]
        value = F.max_pool2d(convolve(self.g, x), 2).flatten(2)  # [n, c / 2, h * w / 4]
        weights = torch.bmm(query.transpose(1, 2), key).softmax(dim=2)  # [n, h * w, h * w / 4]
        found = torch.bmm(value, weights.transpose(1, 2)).view(len(x), -1, *x.shape[2:])
        return x + self.gamma.to(x.dtype) * convolve(self.o, found)


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a 1 x 1 one, each after its batch-norm and activation; may double the side."""

    def __init__(self, config: BigGANConfig, index: int) -> None:
        super().__init__()
        fan_in, fan_out = config.channels[index : index + 2]
        self.up, self.leak = config.up[index], config.leak
        self.bn1, self.bn2 = config.norm(fan_in, index + 1), config.norm(fan_out, index + 1)
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3)
        if fan_in != fan_out or self.up:
            self.conv_sc = nn.Conv2d(fan_in, fan_out, 1)

    def forward(self, x: Tensor, y: Tensor, row: Tensor | None = None) -> Tensor:
        """x [n, fan_in, h, w] under condition vectors y [n, size] to [n, fan_out, r, r]."""
        h = F.leaky_relu(self.bn1.styled(x, y, row), self.leak)
        h = convolve(self.conv1, enlarge(h) if self.up else h)
        h = convolve(self.conv2, F.leaky_relu(self.bn2.styled(h, y, row), self.leak))
        x = convolve(self.conv_sc, x) if hasattr(self, "conv_sc") else x
        return h + (enlarge(x) if self.up else x)

    def norms(self) -> tuple[ConditionalNorm, ...]:
        """Its conditional batch-norms, in order."""
        return self.bn1, self.bn2


class BigGAN(nn.Module):
    """The whole generator; see `ganstudio.api.Generator`. psi acts on z and on the statistics (`TruncatesZ`)."""

    family = "biggan"
    space: Space = "z"
    w_avg: Tensor | None = None

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.num_classes = config.resolution, config.num_ws, config.num_classes
        self.z_dim, self.w_dim = config.z_dim, config.w_dim
        if config.class_dim:
            self.shared = nn.Embedding(config.num_classes, config.class_dim)
        self.linear = nn.Linear(config.condition_size(0), config.channels[0] * config.start**2)
        self.blocks = nn.ModuleList(self._block(i) for i in range(len(config.up)))
        self.attention = nn.ModuleDict({str(below): Attention(config.channels[below]) for below in config.attention})
        self.output_norm = OutputNorm(config.channels[-1], config.num_stats, config.output_eps, config.gain_adds)
        self.output = nn.Conv2d(config.channels[-1], 3, 3)

    def _block(self, index: int) -> nn.Module:
        return Block(self.config, index)

    def initialise(self) -> None:
        """Orthogonal weights, from which the paper's trainings begin (a file's weights need none: it takes a while)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
                nn.init.orthogonal_(module.weight)
                if isinstance(bias := getattr(module, "bias", None), Tensor):
                    nn.init.zeros_(bias)

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The first linear map, then every block with the side it draws."""
        sides = [self.config.start * 2 ** sum(self.config.up[:i]) for i in range(self.num_ws)]
        names = ["linear", *(f"blocks.{i}" for i in range(len(self.config.up)))]
        return tuple(LayerInfo(name, side) for name, side in zip(names, sides, strict=True))

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """What the layers make of z, side by side, [z_dim, units]: the linear map, gains and biases of batch-norms.

        Columns of the class are left out; rows of z that a layer does not take are 0, so that hierarchical models
        factorise chunk by chunk.
        """
        found = [torch.zeros(self.z_dim, 0)]
        for layer in layers:
            for weight in self._linear_maps(layer):
                part, columns = self.config.z_part(layer), weight.detach().float().cpu()[:, self._class_size(layer):]
                if part.start < part.stop:
                    found.append(torch.zeros(self.z_dim, len(weight)))
                    found[-1][part] = columns.T
        return torch.cat(found, dim=1)

    def _linear_maps(self, layer: int) -> list[Tensor]:
        """The weights [units, condition size] that meet a layer's condition vector."""
        if layer == 0:
            return [self.linear.weight]
        norms: tuple[ConditionalNorm, ...] = self.blocks[layer - 1].norms()  # type: ignore[operator]
        return [linear.weight for norm in norms for linear in (norm.gain, norm.bias)]

    def _class_size(self, layer: int) -> int:
        return self.config.class_size(layer)

    def normalise(self, z: Tensor) -> Tensor:
        """Normal numbers as truncated normal ones in -2..2 where there are statistics for truncations, as those were
        measured with; elsewhere as they are. The order stays, and 0 does."""
        if self.config.num_stats == 1:
            return z
        root = math.sqrt(2)
        return torch.erfinv(torch.erf(z.double() / root) * math.erf(2 / root)).mul(root).clamp(-2, 2).to(z.dtype)

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] and class weights [n, num_classes] to condition vectors [n, num_ws, w_dim], statistics at psi 1.

        Without labels every class counts alike."""
        if labels is None:
            labels = z.new_full((len(z), self.num_classes), 1 / self.num_classes)
        y = labels @ self.shared.weight if self.config.class_dim else labels
        ws = []
        for layer in range(self.num_ws):
            parts = [y[:, :self._class_size(layer)], z[:, self.config.z_part(layer)]]
            known = torch.cat(parts, dim=1)
            ws.append(F.pad(known, (0, self.w_dim - known.shape[1])))
        return self.at_psi(torch.stack(ws, dim=1), 1.0)

    def at_psi(self, ws: Tensor, psi: float) -> Tensor:
        """The w+ with statistics of this truncation."""
        if self.config.num_stats == 1:
            return ws
        row = ws.new_full((*ws.shape[:2], 1), stats_row(psi, self.config.num_stats))
        return torch.cat([ws[:, :, :-1], row], dim=2)

    def condition(self, ws: Tensor, layer: int) -> tuple[Tensor, Tensor | None]:
        """A layer's condition vector [n, size] and, where there are many, its row of the statistics [n]."""
        row = ws[:, layer, -1] if self.config.num_stats > 1 else None
        return ws[:, layer, :self.config.condition_size(layer)], row

    def synthesize(self, ws: Tensor, noise: str = "const", dtype: torch.dtype = torch.float32) -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, r, r] in -1..1, differentiable; `dtype` is that of activations."""
        x = self.linear(self.condition(ws, 0)[0]).view(len(ws), -1, self.config.start, self.config.start)
        x = x.to(dtype).contiguous(memory_format=torch.channels_last)
        row = None
        for below in range(self.num_ws):
            if str(below) in self.attention:
                x = self.attention[str(below)](x)
            if below < len(self.blocks):
                y, row = self.condition(ws, below + 1)
                x = self.blocks[below](x, y, row)
        x = self.output_norm(x, self.output_norm.gain[None], self.output_norm.bias[None], row)
        return torch.tanh(convolve(self.output, F.leaky_relu(x, self.config.leak)).float())

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image without truncation."""
        return self.synthesize(self.map(z, labels), noise)
