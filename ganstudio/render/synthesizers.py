"""Which form of a generator draws: the one place that knows every family's fast form."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from ganstudio.api import NoiseMode
from ganstudio.generators.biggan_fast import FastBigGAN
from ganstudio.generators.dcgan_fast import FastDCGAN
from ganstudio.generators.fast import Mode
from ganstudio.generators.mobilestylegan_fast import FastMobileStyleGAN
from ganstudio.generators.progan_fast import FastProGAN
from ganstudio.generators.stylegan2_fast import FastStyleGAN2, has_fast_form
from ganstudio.generators.stylegan3_fast import FastStyleGAN3
from ganstudio.generators.stylegan_fast import FastStyleGAN


class Drawer(Protocol):
    """A generator made ready to draw on a device in a precision."""

    def __call__(self, ws: Tensor, noise: NoiseMode, side: int | None, remember: bool) -> Tensor:
        """w+ [1, num_ws, w_dim] to image [1, 3, h, w] on the device.

        `side` (a power of two below the resolution, or None) allows a smaller, cheaper picture; `remember` says that
        the next picture is probably like this one, so that its layers are worth keeping.
        """
        ...


Maker = Callable[[Any, Mode], Drawer]


def _stylegan2(generator: Any, mode: Mode) -> Drawer:
    if not has_fast_form(generator.config):
        return _plain(generator, mode)
    fast = FastStyleGAN2(generator, mode)
    return lambda ws, noise, side, remember: fast.preview(ws, side or fast.resolution, noise, remember=remember)


def _plain(generator: Any, mode: Mode) -> Drawer:
    """Any generator as it is, in float32, for families without a fast form and rare kinds of those that have one."""
    elsewhere = mode.device.type != "cpu" and isinstance(generator, nn.Module)
    ready = copy.deepcopy(generator).to(mode.device) if elsewhere else generator

    def draw(ws: Tensor, noise: NoiseMode, side: int | None, remember: bool, transform: Tensor | None = None) -> Tensor:
        ws = ws.to(mode.device)
        image: Tensor = ready.synthesize(ws, noise) if transform is None else \
            ready.synthesize_moved(ws, transform.to(mode.device))
        return image

    return draw


def _mobilestylegan(generator: Any, mode: Mode) -> Drawer:
    fast = FastMobileStyleGAN(generator, mode)
    return lambda ws, noise, side, remember: fast(ws, noise, remember=remember)


def _biggan(generator: Any, mode: Mode) -> Drawer:
    fast = FastBigGAN(generator, mode)
    return lambda ws, noise, side, remember: fast(ws, noise, remember=remember)


def _stylegan(generator: Any, mode: Mode) -> Drawer:
    fast = FastStyleGAN(generator, mode)
    return lambda ws, noise, side, remember: fast(ws, noise, remember=remember)


def _stylegan3(generator: Any, mode: Mode) -> Drawer:
    fast = FastStyleGAN3(generator, mode)

    def draw(ws: Tensor, noise: NoiseMode, side: int | None, remember: bool, transform: Tensor | None = None) -> Tensor:
        return fast(ws, noise, remember=remember, transform=transform)

    return draw


def _progan(generator: Any, mode: Mode) -> Drawer:
    fast = FastProGAN(generator, mode)
    return lambda ws, noise, side, remember: fast(ws, noise)


def _dcgan(generator: Any, mode: Mode) -> Drawer:
    fast = FastDCGAN(generator, mode)
    return lambda ws, noise, side, remember: fast(ws, noise)


FAST: dict[str, Maker] = {
    "stylegan2": _stylegan2, "mobilestylegan": _mobilestylegan, "stylegan": _stylegan, "stylegan3": _stylegan3,
    "progan": _progan, "dcgan": _dcgan, "biggan": _biggan, "biggan_deep": _biggan,
}  # fmt: skip
"""By family; every other family draws as it is."""


def moved(drawer: Drawer, transform: Tensor | None) -> Drawer:
    """The drawer of a `Movable` generator with its picture moved by `transform` [1, 3]; None: where it is."""
    return drawer if transform is None else functools.partial(cast(Callable[..., Tensor], drawer), transform=transform)


def make_drawer(generator: Any, mode: Mode) -> Drawer:
    """A generator made ready; it is left as it is itself."""
    return FAST.get(generator.family, _plain)(generator, mode)


def full_precision(mode: Mode) -> contextlib.AbstractContextManager[object]:
    """Within this, float32 means float32 on NVIDIA's devices too, whose convolutions otherwise round to TF32."""
    if mode.device.type != "cuda" or mode.dtype != torch.float32:
        return contextlib.nullcontext()
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
