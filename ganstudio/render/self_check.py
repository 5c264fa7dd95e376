"""Whether a device draws a model as the processor does: one picture each way, compared.

Drivers, half precision and rare hardware make pictures that come out flat, grey or broken without any error. So the
first time a model is drawn on a device in a mode, one picture is compared with the one that the processor draws in
float32; a mode that differs beyond rounding is not used for that model again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ganstudio.checkpoints.native import LoadedModel
from ganstudio.document.latent import Latent
from ganstudio.generators.fast import Mode, exact_mode
from ganstudio.render.devices import CPU, best_device, device_title, devices
from ganstudio.render.latent import ws_of
from ganstudio.render.precision import best_mode
from ganstudio.render.synthesizers import Maker, full_precision

log = logging.getLogger(__name__)

BOUND, SHARE = 0.06, 0.3
"""The root mean square difference that is allowed, in units of -1..1 (8 of 255 levels), or as a share of the picture's
own contrast where that is more; bf16 stays below 0.01 (50 dB)."""


@dataclass(frozen=True)
class Comparison:
    """How a device drew a model in a mode: seconds a picture, the root mean square difference to the processor's
    float32 (-1..1; infinite for a picture with no numbers), and whether that is the same picture."""

    device: str
    mode: Mode
    seconds: float
    difference: float
    same: bool
    problem: str = ""


def difference(image: Tensor, reference: Tensor) -> float:
    """Root mean square over all pixels and channels of [1, c, h, w]; infinite where the picture is not finite."""
    away = (image.float().cpu().clamp(-1, 1) - reference.float().cpu().clamp(-1, 1)).square().mean().sqrt()
    return float(away) if bool(torch.isfinite(image.float().sum())) else float("inf")


def same_picture(image: Tensor, reference: Tensor) -> bool:
    """Whether two images differ by no more than rounding would make them."""
    contrast = float(reference.float().clamp(-1, 1).std())
    return difference(image, reference) <= max(BOUND, SHARE * contrast)


class SelfCheck:
    """Remembers which modes draw which models wrong; `mode_for` avoids them."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self._right: dict[tuple[str, Mode], bool] = {}

    def mode_for(self, fingerprint: str, wanted: Mode) -> Mode:
        """The mode to draw a model in: the one wanted, else float32 on the same device, else on the processor."""
        return next((mode for mode in _steps_down(wanted) if self._right.get((fingerprint, mode), True)),
                    exact_mode(CPU))

    def forget(self) -> None:
        """Check everything again."""
        self._right.clear()

    def check(self, model: LoadedModel, look: Latent, wanted: Mode) -> Iterator[str]:
        """Compare as far down as it takes; the last thing yielded is one sentence for the user, or "".

        Each step is short enough to be one of a job's. A mode that fails to draw at all is left to the renderer, which
        tells of it when it happens there.
        """
        reference: Tensor | None = None
        wrong: list[Mode] = []
        for mode in _steps_down(wanted):
            if mode.device == CPU and mode.dtype == torch.float32:
                break  # what all others are compared with
            if (model.fingerprint, mode) not in self._right:
                if reference is None:
                    reference = draw(self._make, model, look, exact_mode(CPU))
                    yield ""
                self._right[model.fingerprint, mode] = self._draws_it(model, look, mode, reference)
            if self._right[model.fingerprint, mode]:
                break
            wrong.append(mode)
            yield ""
        yield _sentence(model.info.name, wrong, self.mode_for(model.fingerprint, wanted)) if wrong else ""

    def _draws_it(self, model: LoadedModel, look: Latent, mode: Mode, reference: Tensor) -> bool:
        try:
            image = draw(self._make, model, look, mode)
        except RuntimeError:
            log.warning("%s cannot draw %s.", mode, model.info.name, exc_info=True)
            return True
        right = same_picture(image, reference)
        if not right:
            log.warning("%s on %s draws “%s” wrong: it differs by %.3f.", mode, mode.device, model.info.name,
                        difference(image, reference))
        return right


def compare_devices(make: Maker, model: LoadedModel, look: Latent) -> Iterator[Comparison]:
    """Every device of this machine in the mode it is used in and in float32, against the processor's float32."""
    reference = draw(make, model, look, exact_mode(CPU))
    for name in devices()[1:]:
        device, _ = best_device(name)
        for mode in dict.fromkeys((best_mode(device), exact_mode(device))):
            yield _compared(make, model, look, mode, reference)


def _compared(make: Maker, model: LoadedModel, look: Latent, mode: Mode, reference: Tensor) -> Comparison:
    title = device_title(mode.device)
    try:
        draw(make, model, look, mode)
        start = perf_counter()
        image = draw(make, model, look, mode).cpu()
        seconds = perf_counter() - start
    except (RuntimeError, MemoryError) as error:
        return Comparison(title, mode, 0.0, float("inf"), False, next(iter(str(error).strip().splitlines()), ""))
    return Comparison(title, mode, seconds, difference(image, reference), same_picture(image, reference))


def draw(make: Maker, model: LoadedModel, look: Latent, mode: Mode) -> Tensor:
    """One picture of a look in a mode, image [1, c, h, w] on its device."""
    with full_precision(mode), torch.inference_mode():
        drawer: Any = make(model.generator, mode)
        image: Tensor = drawer(ws_of(model.generator, look), look.noise, None, False)
    return image


def _steps_down(wanted: Mode) -> tuple[Mode, ...]:
    return tuple(dict.fromkeys((wanted, exact_mode(wanted.device), exact_mode(CPU))))


def _sentence(name: str, wrong: list[Mode], instead: Mode) -> str:
    device = device_title(wrong[0].device)
    kind = "" if wrong[0] == exact_mode(wrong[0].device) else f" in {str(wrong[0].dtype).removeprefix('torch.')}"
    how = "in float32 there" if instead.device == wrong[0].device else "on the processor"
    return f"{device} draws “{name}” wrong{kind}: it is drawn {how} from now on, more slowly."
