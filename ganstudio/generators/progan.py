"""ProGAN: the network as published, trainable and differentiable in float32.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation" (2018): z is a point on a
sphere; a 4 x 4 convolution spreads it, then every block doubles the side by repeating pixels and convolves twice.
Each pixel's activations are brought to unit length before they are convolved again. There is no mapping network, so
directions act on z, and no layer has a latent of its own. Parameter names follow the layout most published
checkpoints use (`layer3.weight`, `output2.bias`), so that readers only rename.

Up-sampling and the convolution after it may be stored as one ("fused"): that is the same sum with the kernel turned
round, so readers turn it back. `ganstudio.generators.progan_fast` holds the form used for pictures on screen.
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

HE = math.sqrt(2)
"""He et al. (2015): the gain of a layer before a leaky ReLU."""
Ending = Literal["none", "tanh", "hardtanh"]


@dataclass(frozen=True)
class ProGANConfig:
    """Everything about a ProGAN that its tensors alone do not say; the defaults are the paper's.

    `widths[k]` is the width of the block at side `4 * 2**k`. To-RGBs exist from block `first_rgb` up. `lod` is how
    far the network still has to grow: its whole part halves the side so often, its fraction blends the picture one
    size below in. `equalised` weights are scaled when used, by gain / sqrt(fan-in); biases too where `bias_scaled`.
    Labels follow z: with `joint_labels` both are normalised as one vector, else z first and then both.
    """

    widths: tuple[int, ...]
    z_dim: int = 512
    num_classes: int = 0
    image_channels: int = 3
    joint_labels: bool = False
    normalise_latents: bool = True
    pixel_norm: bool = True
    epsilon: float = 1e-8
    slope: float = 0.2
    equalised: bool = True
    bias_scaled: bool = False
    bias_per_pixel: bool = False
    first_gain: float = HE
    rgb_gain: float = 1.0
    ending: Ending = "none"
    first_rgb: int = 0
    lod: float = 0.0

    def __post_init__(self) -> None:
        if self.z_dim < 1 or self.num_classes < 0:
            raise ValueError(f"a latent of {self.z_dim} numbers and {self.num_classes} classes")
        check_growth(len(self.widths), self.first_rgb, self.lod)

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return int(4 * 2 ** (len(self.widths) - 1))

    @staticmethod
    def published(resolution: int) -> ProGANConfig:
        """The paper's widths: `min(8192 / (side / 2), 512)` at each block."""
        sides = [4 * 2**k for k in range(int(math.log2(resolution)) - 1)]
        return ProGANConfig(widths=tuple(min(16384 // side, 512) for side in sides))


def check_growth(blocks: int, first_rgb: int, lod: float) -> None:
    """ValueError where a network of so many blocks, with to-RGBs from some block up, cannot be grown so far."""
    if not blocks or not 0 <= lod <= blocks - 1 - first_rgb:
        raise ValueError(f"a level of detail of {lod} does not fit {blocks} blocks with to-RGBs from block {first_rgb} "
                         f"up")


def grown(blocks: int, lod: float) -> tuple[int, float]:
    """The last block that draws at a level of detail, and how much the picture one size below still counts."""
    return blocks - 1 - int(lod), lod - int(lod)


def pixel_norm(x: Tensor, epsilon: float = 1e-8) -> Tensor:
    """Scale the channels [n, c, ...] of each pixel to a mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + epsilon).rsqrt()


class Layer(nn.Module):
    """Normalise, double the side (`up`), convolve, add the bias, leaky ReLU (except to RGB)."""

    def __init__(self, config: ProGANConfig, fan_in: int, fan_out: int, kernel: int = 3, *, gain: float = HE,
                 up: bool = False, linear: bool = False) -> None:
        super().__init__()
        first = kernel == 4
        scale = gain / math.sqrt(fan_in * kernel**2)
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in, kernel, kernel) * (1 if config.equalised else scale))
        self.bias = nn.Parameter(torch.zeros((fan_out, 4, 4) if first and config.bias_per_pixel else (fan_out,)))
        self.scale = scale if config.equalised else 1.0
        self.bias_scale = self.scale if config.bias_scaled else 1.0
        self.epsilon = config.epsilon if (config.normalise_latents if first else config.pixel_norm) else None
        self.padding = {4: 3, 3: 1, 1: 0}[kernel]  # 4 x 4 on a single pixel: one kernel tap a place
        self.up, self.slope = up, 1.0 if linear else config.slope

    def forward(self, x: Tensor) -> Tensor:
        """[n, fan_in, h, h] to [n, fan_out, h, h], or twice the side."""
        x = x if self.epsilon is None else pixel_norm(x, self.epsilon)
        x = F.interpolate(x, scale_factor=2.0, mode="nearest") if self.up else x
        x = F.conv2d(x, (self.weight * self.scale).to(x.dtype), padding=self.padding)
        bias = (self.bias * self.bias_scale).to(x.dtype)
        x = x + (bias if bias.ndim == 3 else bias[:, None, None])
        return x if self.slope == 1 else F.leaky_relu(x, self.slope)


def finish(image: Tensor, ending: Ending) -> Tensor:
    """The last activation: some trainings bound colours, most do not."""
    return torch.tanh(image) if ending == "tanh" else F.hardtanh(image) if ending == "hardtanh" else image


class ProGAN(nn.Module):
    """The whole generator: `synthesize(map(normalise(z)))`; see `ganstudio.api.Generator`. Its only w is z itself."""

    family = "progan"
    space: Space = "z"
    num_ws = 1
    w_avg: Tensor | None = None

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        self.resolution, self.num_classes, self.z_dim = config.resolution, config.num_classes, config.z_dim
        self.w_dim = config.z_dim + config.num_classes
        below = [self.w_dim, *config.widths]
        for k, width in enumerate(config.widths):
            first = Layer(config, below[k], width, 4, gain=config.first_gain) if k == 0 else \
                Layer(config, below[k], width, up=True)
            setattr(self, f"layer{2 * k}", first)
            setattr(self, f"layer{2 * k + 1}", Layer(config, width, width))
            if k >= config.first_rgb:
                rgb = Layer(config, width, config.image_channels, 1, gain=config.rgb_gain, linear=True)
                setattr(self, f"output{k}", rgb)

    def layer(self, number: int) -> Layer:
        """Convolution `number`, from 0: two a block."""
        found: Layer = getattr(self, f"layer{number}")
        return found

    def output(self, block: int) -> Layer:
        """The to-RGB of a block."""
        found: Layer = getattr(self, f"output{block}")
        return found

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The one that takes the latent."""
        return (LayerInfo("layer0", 4),)

    def factor_matrix(self, layers: Sequence[int] = ()) -> Tensor:
        """What the first layer makes of z, whatever the layers: [z_dim, 16 * width] in the order of its places."""
        weight = self.layer(0).weight.detach().float()[:, :self.z_dim]
        return weight.flip(2, 3).transpose(0, 1).flatten(1)

    def normalise(self, z: Tensor) -> Tensor:
        """z as edits meet it: on the sphere, unless it is not normalised at all or only together with labels."""
        joint = self.config.joint_labels and self.num_classes
        return pixel_norm(z, self.config.epsilon) if self.config.normalise_latents and not joint else z

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] with class weights [n, num_classes] after it (none: zeros): [n, w_dim]."""
        if not self.num_classes:
            return z
        return torch.cat([z, z.new_zeros(len(z), self.num_classes) if labels is None else labels.to(z)], dim=1)

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, 1, w_dim] to image [n, image_channels, r, r], differentiable, float32; there is no noise to choose."""
        return self.draw(ws[:, 0])

    def draw(self, w: Tensor, lod: float | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """[n, w_dim] to float32 image at full side, as grown as `lod` says (default: the config's).

        `dtype` is the precision of the activations.
        """
        lod = self.config.lod if lod is None else lod
        last, blend = grown(len(self.config.widths), lod)
        x, image = w[:, :, None, None].to(dtype), None
        for k in range(last + 1):
            if k == last and blend:
                image = F.interpolate(self.output(k - 1)(x).float(), scale_factor=2.0, mode="nearest")
            for number in (2 * k, 2 * k + 1):
                x = self.layer(number)(x)
        colours = self.output(last)(x).float()
        image = colours if image is None else torch.lerp(colours, image, blend)
        image = image if last == len(self.config.widths) - 1 else F.interpolate(image, scale_factor=2.0 ** int(lod))
        return finish(image, self.config.ending)

    def forward(self, z: Tensor, labels: Tensor | None = None, noise: str = "const") -> Tensor:
        """z to image."""
        return self.synthesize(self.map(self.normalise(z), labels)[:, None], noise)
