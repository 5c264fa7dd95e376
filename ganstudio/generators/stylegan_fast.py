"""The first StyleGAN for pictures on screen: the same network as `stylegan.py`, prepared for speed on one device.

No kernel depends on a w, so all are prepared once. Doubling the side by repeating pixels and convolving 3 x 3 is one
transposed convolution 4 x 4, which takes four products a value instead of nine. Bringing a channel to its mean and
spread is what a batch norm does to a batch of one. Layers whose ws have not changed since the last picture are not
drawn again.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.generators.fast import (
    Drawn,
    LayerMemory,
    Mode,
    convolve,
    convolve_up,
    keep_large_buffers,
    pack,
    pack_up,
)
from ganstudio.generators.progan import finish, grown
from ganstudio.generators.stylegan import EPSILON, StyledLayer, StyleGAN, ToRGB, fused_kernel

EXACT_SIDE = 8
"""Layers up to this side are drawn in float32 in every mode: that costs next to nothing."""


class FastStyleGAN:
    """A `Synthesizer`: w+ to image in the given mode, one picture after the other. Not for two threads at once."""

    def __init__(self, generator: StyleGAN, mode: Mode, memory_bytes: int = 512 << 20) -> None:
        keep_large_buffers()
        self.mode, self._config = mode, generator.config
        self._last, self._blend = grown(len(generator.config.widths), generator.config.lod)
        with torch.inference_mode():
            self._layers = [FastLayer(generator.synthesis.layer(i), mode) for i in range(2 * self._last + 2)]
            self._colours = FastToRGB(generator.synthesis.output(self._last), mode)
            self._below = FastToRGB(generator.synthesis.output(self._last - 1), mode) if self._blend else None
        self._memory: LayerMemory[Drawn] = LayerMemory(memory_bytes)

    @torch.inference_mode()
    def __call__(self, ws: Tensor, noise: str = "const", *, remember: bool = True) -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, c, r, r] float32 on this mode's device.

        With `remember` off (sheets, strips) the layers kept for the picture on screen are left alone.
        """
        ws = ws.to(self.mode.device, torch.float32)
        images = [self._draw(ws[i:i + 1], noise, remember and len(ws) == 1) for i in range(len(ws))]
        return images[0] if len(images) == 1 else torch.cat(images)

    def _draw(self, ws: Tensor, noise: str, remember: bool) -> Tensor:
        states = self._memory.recall(ws, noise)[:len(self._layers)] if remember else []
        x, below = states[-1].x if states else ws.new_empty(0), None
        if len(states) > 2 * self._last and self._below is not None:
            below = self._below(states[2 * self._last - 1].x)
        for number in range(len(states), len(self._layers)):
            if number == 2 * self._last and self._below is not None:
                below = self._below(x)
            x = self._layers[number](x, ws[:, number], noise)
            if remember:
                self._memory.keep(number, Drawn(x))
        return self._image(self._colours(x), below)

    def _image(self, image: Tensor, below: Tensor | None) -> Tensor:
        """At full side, with the colours of the size below blended in."""
        if below is not None:
            image = torch.lerp(image, F.interpolate(below, scale_factor=2.0), self._blend)
        if int(self._config.lod):
            image = F.interpolate(image, scale_factor=2.0 ** int(self._config.lod))
        return finish(image, self._config.ending)


class FastToRGB:
    """Colours, float32: x [1, i, r, r] to [1, c, r, r]."""

    def __init__(self, torgb: ToRGB, mode: Mode) -> None:
        self._weight = mode.exact(torgb.weight[:, :, 0, 0] * torgb.scale)
        self._bias = mode.exact(torgb.bias[:, None, None])

    def __call__(self, x: Tensor) -> Tensor:
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # [1, r * r, i], no copy
        colours = pixels @ self._weight.to(x.dtype).T
        return colours.transpose(1, 2).reshape(1, -1, *x.shape[2:]).float() + self._bias


class FastLayer:
    """One layer for one picture: x [1, i, h, h] to [1, o, r, r]; the first takes no x."""

    def __init__(self, layer: StyledLayer, mode: Mode) -> None:
        self._mode = mode = replace(mode, dtype=torch.float32) if layer.side <= EXACT_SIDE else mode
        self._up, self._first, self._padding, self._slope = layer.up, layer.first, layer.padding, layer.slope
        self._style = mode.exact(layer.style.weight * layer.style.scale), mode.exact(layer.style.bias)
        self._bias, width = mode.put(layer.bias), len(layer.bias)
        self._start = mode.put(layer.const) if hasattr(layer, "const") else None
        self._kernel = None if self._start is not None else _kernel(layer, mode)
        taps = torch.tensor(layer.taps)
        self._blur = mode.put(torch.outer(taps, taps).expand(width, 1, -1, -1)) if layer.taps else None
        self._before, self._after = max(len(taps) - 1, 0) // 2, len(taps) // 2
        self._noise = _noise(layer, mode)

    def __call__(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        """Draw the layer for w [1, w_dim], with the stored noise or with none."""
        x = self._sum(x, w)
        if self._noise is not None and noise == "const":
            x.addcmul_(*self._noise)
        x = F.leaky_relu_(x, self._slope)
        scale, shift = F.linear(w, *self._style)[0].chunk(2)
        return F.batch_norm(x, None, None, scale, shift, training=True, eps=EPSILON)

    def _sum(self, x: Tensor, w: Tensor) -> Tensor:
        """The linear part with its bias."""
        if self._kernel is None:
            assert self._start is not None
            return self._start + self._bias[:, None, None]
        x = w[:, :, None, None] if self._first else x
        x = x.to(self._mode.dtype)
        bias = None if self._blur is not None else self._bias
        if self._up:
            x = convolve_up(x, self._kernel, bias, padding=1)
        else:
            x = convolve(x, self._kernel, bias, padding=self._padding)
        return x if self._blur is None else self._blurred(x)

    def _blurred(self, x: Tensor) -> Tensor:
        assert self._blur is not None
        if self._before != self._after:
            x = F.pad(x, (0, self._after - self._before) * 2)
        return F.conv2d(x, self._blur, self._bias, padding=self._before, groups=len(self._blur))


def _kernel(layer: StyledLayer, mode: Mode) -> Tensor:
    """The kernel as it is used; where the side doubles, that of the transposed convolution."""
    weight = layer.weight.detach() * layer.scale
    if layer.up:
        kernel = fused_kernel(weight if layer.fused else weight.flip(2, 3))
        return pack_up(kernel, mode, (1, len(kernel), layer.side // 2, layer.side // 2), padding=1)
    side = 1 if layer.first else layer.side
    return pack(weight, mode, (1, weight.shape[1], side, side), padding=layer.padding)


def _noise(layer: StyledLayer, mode: Mode) -> tuple[Tensor, Tensor] | None:
    """The stored noise and its strength, shaped to be multiplied; None where that adds nothing."""
    if not hasattr(layer, "noise") or not bool(layer.noise_strength.any()):
        return None
    strength = layer.noise_strength
    return mode.put(layer.noise), mode.put((strength[:, None, None] if strength.ndim == 1 else strength)[None])
