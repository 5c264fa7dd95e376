"""What is trained for comparison alone: encoders that see other things, and an autoencoder of the same size.

All learn from as many samples of the generator, in the shared loop, so that a stop loses nothing. The autoencoder has
the regressor's encoder, and for a decoder the generator's own network with fresh weights; both learn together from
pixels and looks, and no GAN tells them what pictures are like.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.api import Regressor
from ganstudio.training.gan import fastest_precision
from ganstudio.training.hosted import AcceleratedCrew
from ganstudio.training.loop import Loop, Report
from tests.evidence.frame import Interrupted, Place
from tests.evidence.regressor.inputs import Inputs

BATCH = 16
RATES = (1e-3, 2e-3)
"""Of the autoencoder's encoder, which learns from nothing, and of its decoder, as in the training of the GAN."""
BETAS = (0.5, 0.99)
QUIET = 3600.0


def learned(task: Any, total: int, folder: Path) -> None:
    """Train a task until it has seen `total` samples, going on where it stopped; Interrupted when it is stopped."""
    loop = Loop(task, total, folder, Accelerator(cpu=True), {}, say=_say, samples_every=QUIET, report_every=30.0)
    loop.resume()
    if loop.progress.seen < total and not loop.run():
        raise Interrupted


def _say(report: Report) -> None:
    print(f"   {report.as_text()}", flush=True)


def variant(inputs: Inputs, place: Place, name: str) -> Regressor:
    """An encoder of the usual shape that is shown "rgbm", "rgb" or "rgb-filled"."""
    training = inputs.registry.trainings()["regressor"]
    options = training.options(model=inputs.model_id, variant=name, kimg=inputs.scale.kimg, batch=BATCH,
                               seed=1 + inputs.seed)
    task: Any = training.task(inputs.registry.host, options, AcceleratedCrew(Accelerator(cpu=True)))
    learned(task, task.total, place.scratch / inputs.training_key / f"variant-{name}")
    files = inputs.plugin("files")
    regressor: Regressor = files.TrainedRegressor(task.encoder, task.model.fingerprint, task.space.generator.space, {})
    return regressor


class Autoencoder:
    """Encoder and decoder being taught on a generator's samples with parts hidden; a task for `Loop`."""

    def __init__(self, inputs: Inputs, seed: int) -> None:
        torch.manual_seed(seed)
        self.batch, self.seed = BATCH, seed
        self._plugin = {name: inputs.plugin(name) for name in ("encoder", "latents", "masks")}
        generator = inputs.bench.generator
        self.truth = self._plugin["latents"].LatentSpace(generator, 1.0, torch.device("cpu"))
        self.decoder: Any = fresh(generator)
        self.space = self._plugin["latents"].LatentSpace(self.decoder, 1.0, torch.device("cpu"))
        self.encoder = self._new_encoder(inputs.side)
        self.likeness, self.dtype = inputs.bench.likeness, fastest_precision(torch.device("cpu"))
        groups = [{"params": net.parameters(), "lr": rate} for net, rate in
                  zip((self.encoder, self.decoder), RATES, strict=True)]
        self.optimiser = torch.optim.Adam(groups, betas=BETAS)

    def _new_encoder(self, side: int) -> Any:
        encoder, space = self._plugin["encoder"], self.truth
        width = encoder.fitting_width(side, space.outputs, space.dim)
        return encoder.Encoder(encoder.EncoderConfig("rgbm", width, side, space.outputs, space.dim))

    def networks(self) -> Mapping[str, nn.Module]:
        """What is kept to go on."""
        return {"encoder": self.encoder, "decoder": self.decoder}

    def samples(self) -> None:
        """Nothing to show before it has learned."""
        return None

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn from the next samples: the whole picture from what is visible of it."""
        random = torch.Generator().manual_seed((self.seed << 40) + (number << 8) + 3)
        draw = self.truth.draw(self.batch, random)
        mask = self._plugin["masks"].random_masks(self.batch, draw.image.shape[-1], random)
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            picture = self.space.picture(self.encoder(draw.image, mask), draw.labels).float()
            losses = {"pixel": F.mse_loss(picture, draw.image), "perceptual": self.likeness(picture, draw.image)}
        self.optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return {name: value.detach() for name, value in losses.items()}

    def pictures(self, images: Tensor, masks: Tensor) -> Tensor:
        """What it makes of images [n, 3, h, w] with masks [n, 1, h, w]; classes are not told, the first stands in."""
        with torch.no_grad():
            count = self.decoder.num_classes
            labels = torch.eye(count)[:1].expand(len(images), -1) if count else None
            found: Tensor = self.space.picture(self.encoder(images, masks), labels)
            return found.clamp(-1, 1)


def autoencoder(inputs: Inputs, place: Place) -> Autoencoder:
    """One that has learned, in evaluation."""
    task = Autoencoder(inputs, 1 + inputs.seed)
    learned(task, round(inputs.scale.kimg * 1000), place.scratch / inputs.training_key / "autoencoder")
    for network in task.networks().values():
        network.eval()
    return task


def fresh(generator: Any) -> Any:
    """A network of the same shape that has learned nothing, in training."""
    if hasattr(generator, "config"):
        twin = type(generator)(generator.config)
        if hasattr(twin, "initialise"):
            twin.initialise()
    else:
        twin = copy.deepcopy(generator)
        for parameter in twin.parameters():
            nn.init.normal_(parameter)
    return twin.train().requires_grad_(True)
