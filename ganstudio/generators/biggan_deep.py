"""BigGAN-deep: BigGAN with four-layer bottleneck blocks, whose way past them only drops channels.

Brock et al. (2019), appendix B. z and class embedding go whole to every layer. All else is as in
`ganstudio.generators.biggan`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.generators.biggan import BigGAN, BigGANConfig, convolve, enlarge
from ganstudio.generators.biggan_norms import ConditionalNorm


class DeepBlock(nn.Module):
    """1 x 1 to a narrower width, two 3 x 3 there, 1 x 1 back; beside it the first channels of what came in."""

    def __init__(self, config: BigGANConfig, index: int) -> None:
        super().__init__()
        fan_in, fan_out = config.channels[index : index + 2]
        width = fan_in // config.reduction
        self.up, self.leak, self.fan_out = config.up[index], config.leak, fan_out
        self.bn1 = config.norm(fan_in, index + 1)
        self.bn2, self.bn3, self.bn4 = (config.norm(width, index + 1) for _ in range(3))
        self.conv1 = nn.Conv2d(fan_in, width, 1)
        self.conv2, self.conv3 = nn.Conv2d(width, width, 3), nn.Conv2d(width, width, 3)
        self.conv4 = nn.Conv2d(width, fan_out, 1)

    def forward(self, x: Tensor, y: Tensor, row: Tensor | None = None) -> Tensor:
        """x [n, fan_in, h, w] under condition vectors y [n, size] to [n, fan_out, r, r]."""
        h = convolve(self.conv1, F.leaky_relu(self.bn1.styled(x, y, row), self.leak))
        h = F.leaky_relu(self.bn2.styled(h, y, row), self.leak)
        h = convolve(self.conv2, enlarge(h) if self.up else h)
        h = convolve(self.conv3, F.leaky_relu(self.bn3.styled(h, y, row), self.leak))
        h = convolve(self.conv4, F.leaky_relu(self.bn4.styled(h, y, row), self.leak))
        x = x[:, :self.fan_out]
        return h + (enlarge(x) if self.up else x)

    def norms(self) -> tuple[ConditionalNorm, ...]:
        """Its conditional batch-norms, in order."""
        return self.bn1, self.bn2, self.bn3, self.bn4


class BigGANDeep(BigGAN):
    """The whole generator; its config has `z_use` "all"."""

    family = "biggan_deep"

    def __init__(self, config: BigGANConfig) -> None:
        if config.z_use != "all":
            raise ValueError("A BigGAN-deep gives all of z to every layer.")
        if any(b > a for a, b in zip(config.channels, config.channels[1:], strict=False)):
            raise ValueError("The blocks of a BigGAN-deep cannot widen: what passes by them only drops channels.")
        super().__init__(config)

    def _block(self, index: int) -> nn.Module:
        return DeepBlock(self.config, index)
