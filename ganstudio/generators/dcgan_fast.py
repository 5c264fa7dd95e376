"""DCGAN for pictures on screen: the same network as `dcgan.py`, prepared for speed on one device.

Batch normalisation by stored statistics is a scale and an offset, so it is in the kernel before it; the first layer is
a matrix product, and ReLU rides along with each convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import NoiseMode
from ganstudio.generators.dcgan import DCGAN
from ganstudio.generators.fast import Mode, convolve_up, keep_large_buffers, pack_up


class FastDCGAN:
    """A `Synthesizer`: w+ to image in the given mode. Not for two threads at once."""

    def __init__(self, generator: DCGAN, mode: Mode) -> None:
        keep_large_buffers()
        config = generator.config
        self.mode, self.resolution, self._start = mode, generator.resolution, config.start
        self._padding, self._ending = config.kernel // 2 - 1, config.ending
        with torch.inference_mode():
            layers = [folded(generator, number) for number in range(len(generator.convolutions))]
            weight, bias = layers[0]
            self._width = weight.shape[1]
            self._first = mode.exact(weight.flatten(1).T)  # [width * start * start, w_dim]
            self._offset = mode.exact(bias[:, None].expand(-1, config.start**2).flatten())
            self._layers = [self._packed(weight, bias, config.start * 2**k) for k, (weight, bias)
                            in enumerate(layers[1:])]

    def _packed(self, weight: Tensor, bias: Tensor, side: int) -> tuple[Tensor, Tensor]:
        shape = (1, weight.shape[0], side, side)
        return pack_up(weight, self.mode, shape, self._padding), self.mode.put(bias)

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ [n, 1, w_dim] float32 to image [n, image_channels, r, r] float32 on this mode's device."""
        w = ws[:, 0].to(self.mode.device, torch.float32)
        x = F.relu(F.linear(w, self._first, self._offset))
        x = self.mode.put(x.reshape(-1, self._width, self._start, self._start))
        for number, (kernel, bias) in enumerate(self._layers, 1):
            slope = 0.0 if number < len(self._layers) else None
            x = convolve_up(x, kernel, bias, padding=self._padding, slope=slope)
        image = x.float().contiguous()
        return image.tanh_() if self._ending == "tanh" else image


def folded(generator: DCGAN, number: int) -> tuple[Tensor, Tensor]:
    """Kernel [i, o, k, k] and bias [o] of a convolution with the normalisation after it, where there is one."""
    conv = generator.convolutions[number]
    weight = conv.weight.detach().float()
    bias = weight.new_zeros(weight.shape[1]) if conv.bias is None else conv.bias.detach().float()
    if number == len(generator.norms):
        return weight, bias
    norm = generator.norms[number]
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.detach() * (norm.running_var + norm.eps).rsqrt()
    return weight * scale[:, None, None], (bias - norm.running_mean) * scale + norm.bias.detach()
