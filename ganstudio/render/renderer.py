"""Documents to pixels. One renderer serves preview, sheets, export and command line, so all show the same picture.

Everything is computed where the caller is, under one lock; in the window that is the worker thread. A device that
fails is left for the processor, once, with a notice, and the picture is drawn all the same.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import RLock
from time import perf_counter

import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Latent
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import LoadedModel
from ganstudio.document.document import Document, ModelRef
from ganstudio.generators.fast import Mode, exact_mode
from ganstudio.render.bench import Bench, on_device
from ganstudio.render.devices import AUTO, CPU, best_device, device_title, devices
from ganstudio.render.latent import ws_of, z_counts
from ganstudio.render.movement import transform_of
from ganstudio.render.precision import best_mode, crowded, set_pool
from ganstudio.render.regression import Guess, Regression, Sight
from ganstudio.render.self_check import Comparison, SelfCheck, compare_devices
from ganstudio.render.shot import Frame, Pixels, Quality, RenderError, Scene, Shot
from ganstudio.render.synthesizers import Drawer, Maker, full_precision, make_drawer, moved

log = logging.getLogger(__name__)

DRAFT_SIDE = 256
"""Drafts of larger models are drawn at this side, where the family can."""
KEPT = 3
"""How many prepared models (one in two precisions counts twice) stay on the device."""


NOTHING_SHOWN = "Nothing of the parts on the canvas shows in the frame: this is the picture without them."


class Renderer:
    """Draws shots on the best device there is, or on the one the user chose.

    `sight` says which regressor turns a model's collages into latents; without it, there are none.
    `beside_others` leaves a core to the window; without it, a core is left only where another program has one busy.
    `notice` is called (in the rendering thread) with one sentence when the user should know something, such as a
    fall-back to the processor.
    """

    def __init__(self, library: ModelLibrary, device: str = AUTO, make: Maker = make_drawer, *,
                 sight: Sight | None = None, beside_others: bool = False) -> None:
        self.notice: Callable[[str], object] = log.warning
        self._library, self._make = library, make
        self.regression, self._check = Regression(sight), SelfCheck(make)
        self._lock = RLock()
        self._models: OrderedDict[ModelRef, LoadedModel] = OrderedDict()
        self._ready: OrderedDict[tuple[str, Mode], Drawer] = OrderedDict()
        self._latency: dict[str, tuple[float, float]] = {}
        self._beside_others = beside_others
        self._wanted, self._chosen = device, ""
        self._device, self._mode_text = CPU, ""

    def render(self, shot: Shot) -> Frame:
        """The picture of a shot; RenderError or ModelError with one sentence when there is none."""
        with self._lock:
            start = perf_counter()
            model, scene = self.model(shot.document), Scene.of(shot.document, shot.time)
            pixels, notes = self._draw(model, scene, shot.side, shot.quality, remember=True)
            return Frame(shot, pixels, perf_counter() - start, notes)

    def pictures(self, document: Document, looks: Iterable[Latent], side: int | None,
                 quality: Quality = "draft") -> Iterator[tuple[int, Pixels]]:
        """Pictures of many looks of a document's model with their numbers, one a step, so that it can be a job.

        They are of the looks alone, without the parts on the canvas; `scenes` draws those.
        """
        return self.scenes(document, map(Scene, looks), side, quality)

    def scenes(self, document: Document, scenes: Iterable[Scene], side: int | None,
               quality: Quality = "full") -> Iterator[tuple[int, Pixels]]:
        """The same of scenes: looks with parts."""
        for number, scene in enumerate(scenes):
            with self._lock:
                pixels, _ = self._draw(self.model(document), scene, side, quality)
            yield number, pixels

    def latency(self, document: Document) -> tuple[float, float]:
        """Seconds a full and an exact picture of this model take, measured once (that takes two of each)."""
        with self._lock:
            model = self.model(document)
            if model.fingerprint not in self._latency:
                scene = Scene.of(document, 0.0)
                self._latency[model.fingerprint] = (self._time(model, scene, "full"), self._time(model, scene, "exact"))
            return self._latency[model.fingerprint]

    def self_check(self, document: Document) -> Iterator[str]:
        """Compare one picture with the processor's, once a model, device and mode; a job.

        What it finds wrong is not used for that model from then on; the last thing it yields is one sentence that says
        so, or "".
        """
        with self._lock:
            model = self.model(document)
            steps = self._check.check(model, document.latent, best_mode(self._on()))
        yield from steps

    def compare_devices(self, document: Document) -> Iterator[Comparison]:
        """How every device of this machine draws a document's model; a job."""
        with self._lock:
            model = self.model(document)
        yield from compare_devices(self._make, model, document.latent)

    def bench(self, document: Document, time: float = 0.0) -> Bench:
        """What it takes to optimise a latent of this document's model; RenderError or ModelError with one sentence."""
        with self._lock:
            model, look, device = self.model(document), document.look(time), self._on()
            if self.regression.sight is None:
                raise RenderError("There are no plugins here to judge pictures by.")
            try:
                regressor = self.regression.regressor_for(model)
                ready = None if regressor is None else self.regression.prepared(regressor, exact_mode(device))
            except ValueError as error:
                raise RenderError(str(error)) from None
            label = None if look.base.label is None else torch.tensor(look.base.label)[None].to(device)
            return Bench(model, on_device(model.generator, device), device,
                         self.regression.sight.perceptual_for(model), ready, look.noise, label)

    @property
    def device_name(self) -> str:
        """What draws, in words for the user; never waits for a picture in progress."""
        return device_title(self._device if self._chosen == self._wanted else best_device(self._wanted)[0])

    @property
    def mode_text(self) -> str:
        """How full pictures are computed, in words for the user; empty until there was one."""
        return self._mode_text

    @staticmethod
    def devices() -> tuple[str, ...]:
        """What `set_device` takes on this machine; "auto" first."""
        return devices()

    def set_device(self, name: str) -> None:
        """Draw on another device from the next picture on; one that is not there means the processor, with a notice."""
        self._wanted, self._chosen = name, ""

    def model(self, document: Document) -> LoadedModel:
        """The very model of a document; RenderError or ModelError with one sentence when it is not to be had."""
        ref = document.model
        if not ref.id:
            raise RenderError("No model is open yet: choose one in the library.")
        if ref not in self._models:
            model = self._library.load(ref.id)
            if model.fingerprint != ref.fingerprint:
                raise RenderError(f"This document was made with another version of the model “{model.info.name}”: "
                                  f"its weights differ, so the looks would too; open the model it was made with.")
            self._models[ref] = model
            while len(self._models) > 2:
                self._models.popitem(last=False)
        self._models.move_to_end(ref)
        return self._models[ref]

    def _draw(self, model: LoadedModel, scene: Scene, side: int | None, quality: Quality, *,
              remember: bool = False) -> tuple[Pixels, tuple[str, ...]]:
        """The picture, and notes on it."""
        _check_directions(model, scene.look)
        limit = _draft_side(model.generator.resolution, side) if quality == "draft" else None
        draw = partial(self._image, model, scene, limit, remember)
        image, notes = draw(quality == "exact")
        if not _finite(image) and quality != "exact":
            image, notes = draw(True)
        if not _finite(image):
            raise RenderError("This look gives no picture: its numbers grew past all bounds; move sliders towards 0.")
        return to_pixels(image, side), notes

    def _image(self, model: LoadedModel, scene: Scene, limit: int | None, remember: bool, exact: bool,
               last_try: bool = False) -> tuple[Tensor, tuple[str, ...]]:
        """[1, 3, h, w] on the device, and notes; makes room or falls back to the processor, once, when that fails."""
        try:
            mode = self._check.mode_for(model.fingerprint, exact_mode(self._on()) if exact else self._full_mode())
            with full_precision(mode):
                found = self.regression.find(model, scene.collage, scene.refinement, mode)
                ws = ws_of(model.generator, scene.look, None if found is None else found.latent)
                draw = moved(self._drawer(model, mode), transform_of(model.generator, scene.look))
                with torch.inference_mode():
                    image = draw(ws, scene.look.noise, limit, remember)
            return image, _notes(scene, found)
        except ValueError as error:
            raise RenderError(str(error)) from None
        except (RuntimeError, MemoryError) as error:
            on_cpu = self._on() == CPU
            if on_cpu and (last_try or not _out_of_memory(error)):
                raise _failure(error, model) from error
            if on_cpu:
                self._forget()
            else:
                self._fall_back(error)
        return self._image(model, scene, limit, remember, exact, last_try=True)

    def _full_mode(self) -> Mode:
        mode = best_mode(self._on())
        self._mode_text = str(mode)
        return mode

    def _drawer(self, model: LoadedModel, mode: Mode) -> Drawer:
        key = (model.fingerprint, mode)
        if key not in self._ready:
            while len(self._ready) >= KEPT:
                self._ready.popitem(last=False)
            self._ready[key] = self._make(model.generator, mode)
        self._ready.move_to_end(key)
        return self._ready[key]

    def _on(self) -> torch.device:
        """The device to draw on now; takes up what `set_device` asked for."""
        wanted = self._wanted
        if self._chosen != wanted:
            self._forget()
            self._device, problem = best_device(wanted)
            self._chosen = wanted
            set_pool(beside_others=self._beside_others or crowded())
            if problem:
                self.notice(problem)
        return self._device

    def _fall_back(self, error: Exception) -> None:
        """Leave a device that failed; `set_device` may try it again."""
        name = device_title(self._on())
        log.warning("%s failed.", name, exc_info=error)
        why = "ran out of memory" if _out_of_memory(error) else "failed or was lost"
        self._device = CPU
        self._forget()
        self.notice(f"{name} {why}: pictures are now drawn on the processor, more slowly.")

    def _forget(self) -> None:
        self._ready.clear()
        self._latency.clear()
        self.regression.forget()

    def _time(self, model: LoadedModel, scene: Scene, quality: Quality) -> float:
        self._draw(model, scene, None, quality)
        start = perf_counter()
        self._draw(model, scene, None, quality)
        return perf_counter() - start


def to_pixels(image: Tensor, side: int | None = None) -> Pixels:
    """Image [1, c, h, w] in -1..1 to pixels, its longer side made `side`; the only rounding there is.

    One channel is grey, three are RGB, four RGBA; of other numbers of channels the first three, or one, are shown.
    """
    if side is not None and side != max(image.shape[2:]):
        scale = side / max(image.shape[2:])
        size = [max(1, round(n * scale)) for n in image.shape[2:]]
        image = _resized(image.float(), size)
    half = torch.tensor(128.0, device=image.device)  # 127.5 and a half, for rounding when the fraction is cut off
    levels = torch.add(half, image[0].float(), alpha=127.5).clamp_(0, 255.5).to(torch.uint8)
    count = len(levels)
    shown = levels if count in (3, 4) else levels[:3] if count > 4 else levels[:1].expand(3, -1, -1)
    pixels: Pixels = shown.permute(1, 2, 0).contiguous().cpu().numpy()
    return pixels


def _resized(image: Tensor, size: list[int]) -> Tensor:
    """An image of another size. Colours weigh as much as they are opaque, so that none bleed out of nothing."""
    if image.shape[1] != 4:
        return F.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False)
    alpha = ((image[:, 3:] + 1) / 2).clamp(1e-4, 1)
    joined = torch.cat([image[:, :3] * alpha, alpha], dim=1)
    scaled = F.interpolate(joined, size, mode="bicubic", antialias=True, align_corners=False)
    share = scaled[:, 3:].clamp(1e-4, 1)
    return torch.cat([scaled[:, :3] / share, share * 2 - 1], dim=1)


def _draft_side(resolution: int, side: int | None) -> int | None:
    """How small a draft's picture may be: a power of two, at least `side`; None where drafts are drawn in full."""
    limit = 4
    while limit < min(side or DRAFT_SIDE, DRAFT_SIDE):
        limit *= 2
    return limit if limit < resolution else None


def _notes(scene: Scene, found: Guess | None) -> tuple[str, ...]:
    """What the user should know of a picture."""
    notes = [NOTHING_SHOWN if scene.collage else ""] if found is None else [found.note]
    latent, look = None if found is None else found.latent, scene.look
    if not z_counts(look, latent) and any(e.alpha for e in look.edits if e.direction.space == "z"):
        notes.append("Sliders that move z do nothing here: this picture starts from w.")
    return tuple(filter(None, notes))


def _check_directions(model: LoadedModel, look: Latent) -> None:
    for edit in look.edits:
        if edit.direction.fingerprint != model.fingerprint:
            raise RenderError(f"The direction “{edit.direction.name}” belongs to another model: remove it, or open "
                              f"the model it was found in.")


def _finite(image: Tensor) -> bool:
    """Whether a picture has no NaN and no infinity; the sum has one wherever the picture has."""
    return bool(torch.isfinite(image.sum()))


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)


def _failure(error: Exception, model: LoadedModel) -> RenderError:
    name, side = model.info.name, model.generator.resolution
    if _out_of_memory(error):
        return RenderError(f"There is not enough memory to draw “{name}” at {side} px: close other programs, or open "
                           f"a smaller model.")
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return RenderError(f"The model “{name}” failed while drawing: {reason}")
