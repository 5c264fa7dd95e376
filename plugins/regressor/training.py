"""Teaching the encoder: from a generator's own samples alone, with random parts of them hidden.

The loss compares with the whole sample though the encoder saw only parts of it: mean squared difference of pixels,
of looks (the program's measure of likeness) and of latents. Rates, weights and masks are the paper's.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import Crew, Host, Learned, Model, batch_of, check_options, option, step_seed
from ganstudio_plugins.regressor.encoder import Encoder, EncoderConfig, fitting_width
from ganstudio_plugins.regressor.files import file_of
from ganstudio_plugins.regressor.held_out import evaluate, sample_grid
from ganstudio_plugins.regressor.latents import Draw, LatentSpace
from ganstudio_plugins.regressor.masks import Variant, random_masks

BETAS = (0.5, 0.999)
WARM_UP = 64
"""Steps over which the rate rises after a start or a resume, while Adam finds its scale."""
PRECISIONS = {"bf16": torch.bfloat16, "float32": torch.float32}
VARIANT_NAMES = {"rgbm": "Colours and what is missing", "rgb": "Colours alone", "rgb-filled": "Colours, holes filled"}


@dataclass(frozen=True)
class RegressorOptions:
    """What can be chosen for the training of a regressor."""

    model: str = option("landscape", "The model: an id of the library, or a file.")
    kimg: float = option(400.0, "Thousands of samples to learn from.", least=0.001)
    variant: Variant = option("rgbm", "What the encoder sees: colours and mask, colours, or colours with holes filled.",
                              title="It is shown", offers=VARIANT_NAMES)
    batch: int = option(0, "Samples a step, over all processes together (0: 16, of 512 px 8, of 1024 px 4).", least=0,
                        more=True, unset="By the model's size")
    rate: float = option(1e-4, "Learning rate of Adam.", least=0, more=True, title="Learning rate")
    pixel: float = option(1.0, "Weight of the difference of pixels.", least=0, more=True, title="Weight of pixels")
    perceptual: float = option(1.0, "Weight of the difference of looks.", least=0, more=True, title="Weight of looks")
    latent: float = option(1.0, "Weight of the difference of latents.", least=0, more=True, title="Weight of latents")
    psi: float = option(1.0, "Truncation of the samples; 1 is none, as in the paper.", least=0, most=1, more=True,
                        title="Truncation")
    width: int = option(0, "Channels of the encoder's first stage (0: what fits into 8 MB).", least=0, more=True,
                        unset="What fits into 8 MB")
    precision: Literal["auto", "bf16", "float32"] = option("auto", "Precision of the activations.", more=True,
                                                           offers={"auto": "The fastest here"})
    seed: int = option(1, "Fixes all that is random.", least=0, more=True)

    def __post_init__(self) -> None:
        check_options(self)
        if self.batch == 1:
            raise ValueError("“batch” must be at least 2, but is 1.")
        if not (self.pixel or self.perceptual or self.latent):
            raise ValueError("One of “pixel”, “perceptual” and “latent” must be above 0, or there is nothing to learn.")
        if self.variant not in get_args(Variant):
            raise ValueError(f"There is no variant “{self.variant}”; there are {', '.join(get_args(Variant))}.")


class RegressorTraining:
    """Registered with the program: makes the task out of options."""

    id = "regressor"
    name = "Regressor: an encoder of pictures with parts missing"
    options = RegressorOptions

    def task(self, host: Host, options: Any, crew: Crew) -> RegressorTask:
        """Begin with `RegressorOptions`; ValueError or OSError with one sentence when the model cannot be had."""
        return RegressorTask(host, options, crew)


class RegressorTask:
    """An encoder being taught. Every random number of step s comes from (seed, s), however many processes share it."""

    def __init__(self, host: Host, options: RegressorOptions, crew: Crew) -> None:
        self.options, self.crew = options, crew
        self.model: Model = host.load_model(options.model)
        self.batch = options.batch or batch_of(self.model.generator.resolution)
        self.total, self.share = max(1, round(options.kimg * 1000)), crew.share(self.batch)
        generator: Any = copy.deepcopy(self.model.generator)  # the library's own stays where it is
        self.likeness = host.perceptual(self.model)
        self.notes: tuple[str, ...] = (f"Likeness is judged by {self.likeness.name}.",) if options.perceptual else ()
        self.space = LatentSpace(generator.to(crew.device), options.psi, crew.device)
        self.encoder = self._new_encoder().to(crew.device)
        self.optimiser = torch.optim.Adam(self.encoder.parameters(), lr=options.rate, betas=BETAS)
        self.dtype = PRECISIONS.get(options.precision, crew.precision)
        self._done = 0

    def _new_encoder(self) -> Encoder:
        torch.manual_seed(self.options.seed)
        space, side = self.space, self.model.generator.resolution
        width = self.options.width or fitting_width(side, space.outputs, space.dim)
        config = EncoderConfig(self.options.variant, width, side, space.outputs, space.dim)
        return Encoder(config, space.centre, space.spread)

    def networks(self) -> Mapping[str, nn.Module]:
        """What a resume file keeps."""
        return {"encoder": self.encoder}

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn from the next samples; each part of the loss, unweighted."""
        self._warm_up()
        self.encoder.train()
        with torch.autocast(self.crew.device.type, self.dtype, enabled=self.dtype != torch.float32):
            draw, masks = self._samples_of(number)
            losses = self._losses(draw, masks)
        options = self.options
        weighted = [losses[key] * getattr(options, key) for key in losses]
        self.optimiser.zero_grad()
        torch.stack(weighted).sum().backward()  # type: ignore[no-untyped-call]
        self.crew.average_gradients(self.encoder)
        self.optimiser.step()
        return {key: value.detach() for key, value in losses.items()}

    def _samples_of(self, number: int) -> tuple[Draw, Tensor]:
        """This process's share of the samples of a step, and their masks, of one cutoff for all."""
        random = torch.Generator().manual_seed(step_seed(self.options.seed, number))
        masks = random_masks(self.batch, self.model.generator.resolution, random)
        return self.space.draw(self.batch, random, self.share), masks[self.share].to(self.crew.device)

    def _losses(self, draw: Draw, masks: Tensor) -> dict[str, Tensor]:
        """The parts of the loss whose weight is not 0."""
        guess = self.encoder(draw.image, masks)
        losses = {"latent": self.space.loss(guess, draw.latents)} if self.options.latent else {}
        if self.options.pixel or self.options.perceptual:
            picture = self.space.picture(guess, draw.labels).float()
            if self.options.pixel:
                losses["pixel"] = F.mse_loss(picture, draw.image.float())
            if self.options.perceptual:
                losses["perceptual"] = self.likeness(picture, draw.image.float())
        return losses

    def _warm_up(self) -> None:
        self._done += 1
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.rate * min(1.0, self._done / WARM_UP)

    def samples(self) -> NDArray[np.uint8]:
        """Held-out samples in columns: whole, what the encoder sees, and what comes back."""
        return sample_grid(self.space, self.encoder)

    def result(self) -> Learned:
        """The encoder with its measures."""
        figures = evaluate(self.space, self.encoder)
        about: dict[str, Any] = {"options": asdict(self.options), "figures": figures, "likeness": self.likeness.name,
                                 "model": self.model.name}
        return file_of(self.encoder, self.model, about)
