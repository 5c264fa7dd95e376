"""GAN training as StyleGAN2 does it, for every family: non-saturating loss, lazy R1, style mixing, averaged weights.

Karras et al. (2020); R1 is Mescheder et al., "Which Training Methods for GANs do actually Converge?" (2018). One
economy is ours: both networks learn from the same drawn pictures and one judgement of them (simultaneous gradient
steps), which saves a fifth of the work of drawing and judging twice.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.nn import functional as F

from ganstudio.training.data import Pixels, Stream
from ganstudio.training.discriminator import Discriminator
from ganstudio.training.families import Draw, family_of, picture_of
from ganstudio.training.recipe import Recipe

WARM_UP = 64
"""Steps over which the learning rate rises after a start or a resume, while Adam finds its scale."""
EMA_RAMP = 0.05
"""The average never looks back farther than this share of all pictures seen, so that it forgets the beginning."""
GRID = (8, 6)


def average_decay(batch: int, seen: int, half_life: float) -> float:
    """What the weight average keeps of itself after a step of `batch` pictures: one half in `half_life` kimg."""
    return float(0.5 ** (batch / max(min(half_life * 1000, seen * EMA_RAMP), 1e-8)))


def r1_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """Mean over [n, 3, h, w] `images` of the squared length of d logit / d image; differentiable."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.float().square().sum(dim=(1, 2, 3)).mean()


def average_gradients(accelerator: Accelerator, network: nn.Module) -> None:
    """Make a network's gradients their mean over all processes."""
    if accelerator.num_processes == 1:
        return
    parameters = [p for p in network.parameters() if p.requires_grad]
    present = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = accelerator.reduce(torch.cat([g.flatten() for g in present]), reduction="mean")
    for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
        parameter.grad = part.view_as(parameter)


def fastest_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where a timed convolution says it pays, else float32 (it is far slower without hardware for it)."""
    times = {dtype: _convolution_time(device, dtype) for dtype in (torch.float32, torch.bfloat16)}
    return min(times, key=lambda dtype: times[dtype])


def _convolution_time(device: torch.device, dtype: torch.dtype) -> float:
    x = torch.randn(8, 64, 32, 32, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(64, 64, 3, 3, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        F.conv2d(x, weight, padding=1).sum().item()
        best = min(best, time.perf_counter() - start)
    return best


class GanTraining:
    """A generator, its discriminator and the average of the generator: all that `Loop` needs to train them.

    Every random number of step s on process p comes from (seed, s, p), so a resumed training draws what the
    uninterrupted one would have drawn.
    """

    def __init__(self, recipe: Recipe, stream: Stream, accelerator: Accelerator) -> None:
        self.recipe, self.stream, self.accelerator = recipe, stream, accelerator
        self.device = accelerator.device
        torch.manual_seed(recipe.seed)
        classes = len(stream.source.class_names)
        self.family = family_of(recipe.model, classes)
        self.generator: Any = self.family.build(recipe.model, classes).to(self.device)
        self.discriminator = Discriminator(recipe.model.channels, num_classes=classes).to(self.device)
        self.average: Any = copy.deepcopy(self.generator).requires_grad_(False).eval()
        train = recipe.train
        self.generator_optimiser = _adam(self.generator, train.generator_lr)
        self.discriminator_optimiser = _adam(self.discriminator, train.discriminator_lr)
        names = {"bf16": torch.bfloat16, "float32": torch.float32}
        self.dtype = names.get(train.precision) or fastest_precision(self.device)
        self.batch = train.batch
        self.share = train.batch // accelerator.num_processes
        self._done = 0

    def networks(self) -> Mapping[str, nn.Module]:
        """What a resume file keeps."""
        return {"generator": self.generator, "average": self.average, "discriminator": self.discriminator}

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Train both networks on the next batch; losses as scalars that still live on the device."""
        self._warm_up()
        real, labels = self._real(number)
        fake = self._draw(number, labels)
        losses, for_picture, for_judge = self._judge(fake.detach().requires_grad_(), real, labels)
        fake.backward(for_picture)  # type: ignore[no-untyped-call]
        _set_gradients(self.discriminator, for_judge)
        if self.recipe.train.r1_gamma and number % self.recipe.train.r1_interval == 0:
            losses["r1"] = self._regularise(real, labels)
        self._apply(self.generator, self.generator_optimiser)
        self._apply(self.discriminator, self.discriminator_optimiser)
        self._follow(number)
        return losses

    def samples(self) -> Pixels:
        """A grid of pictures the average draws from fixed latents, its classes in columns; uint8 [6 r, 8 r, 3]."""
        self.family.settle(self.average)
        columns, rows = GRID
        classes = self.average.num_classes
        labels = torch.eye(classes)[torch.arange(columns) % classes].to(self.device) if classes else None
        z = torch.from_numpy(np.random.default_rng(self.recipe.seed).standard_normal((columns * rows, self._z_dim)))
        with torch.inference_mode():
            images = torch.cat([picture_of(self.average, row, labels) for row in z.float().to(self.device).chunk(rows)])
        pixels = ((images.clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy()
        side = pixels.shape[-1]
        grid = pixels.reshape(rows, columns, 3, side, side).transpose(0, 3, 1, 4, 2)
        return np.ascontiguousarray(grid.reshape(rows * side, columns * side, 3))

    @property
    def _z_dim(self) -> int:
        return self.recipe.model.z_dim

    def _warm_up(self) -> None:
        """Set the learning rates of this step."""
        self._done += 1
        rise, train = min(1.0, self._done / WARM_UP), self.recipe.train
        _set_rate(self.generator_optimiser, train.generator_lr * rise)
        _set_rate(self.discriminator_optimiser, train.discriminator_lr * rise)

    def _real(self, number: int) -> tuple[Tensor, Tensor | None]:
        """The next pictures of the data, and their classes."""
        first = number * self.batch + self.accelerator.process_index * self.share
        labels = self.stream.labels(first, self.share)
        return self.stream.images(first, self.share).to(self.device), None if labels is None else labels.to(self.device)

    def _draw(self, number: int, labels: Tensor | None) -> Tensor:
        """Pictures [share, 3, r, r] of new latents in these classes, with the graph to the generator's weights."""
        seeds = np.random.SeedSequence([self.recipe.seed, number, self.accelerator.process_index])
        random = torch.Generator().manual_seed(int(seeds.generate_state(1, np.uint64)[0] >> np.uint64(1)))
        z = torch.randn(2 * self.share, self._z_dim, generator=random).to(self.device)
        one, other = z.chunk(2)
        return self.family.draw(self.generator, Draw(one, other, labels, self.recipe.train.mixing, random, self.dtype))

    def _judge(self, fake: Tensor, real: Tensor,
               labels: Tensor | None) -> tuple[dict[str, Tensor], Tensor, list[Tensor]]:
        """Losses; the gradient of the generator's loss for `fake`; the discriminator's for each of its weights."""
        on_fake, on_real = (self.discriminator(images, self.dtype, labels) for images in (fake, real))
        generator_loss = F.softplus(-on_fake).mean()
        (for_picture,) = torch.autograd.grad(generator_loss, fake, retain_graph=True)
        loss = F.softplus(on_fake).mean() + F.softplus(-on_real).mean()
        for_judge = list(torch.autograd.grad(loss, list(self.discriminator.parameters())))
        losses = {"generator": generator_loss.detach(), "discriminator": loss.detach(),
                  "on_real": on_real.detach().mean(), "on_fake": on_fake.detach().mean()}  # fmt: skip
        return losses, for_picture, for_judge

    def _regularise(self, real: Tensor, labels: Tensor | None) -> Tensor:
        """Add the gradients of the lazy R1 term, times its interval; gives the bare penalty."""
        real = real.clone().requires_grad_()
        penalty = r1_penalty(self.discriminator(real, self.dtype, labels), real)
        train, parameters = self.recipe.train, list(self.discriminator.parameters())
        term = penalty * (train.r1_gamma / 2 * train.r1_interval)
        for parameter, gradient in zip(
            parameters, torch.autograd.grad(term, parameters, materialize_grads=True), strict=True
        ):
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        return penalty.detach()

    def _apply(self, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Average the gradients over all processes and step."""
        average_gradients(self.accelerator, network)
        optimiser.step()
        optimiser.zero_grad()

    def _follow(self, number: int) -> None:
        """Let the average follow the generator."""
        decay = average_decay(self.batch, (number + 1) * self.batch, self.recipe.train.ema_half_life)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - decay)
            for mine, new in zip(self.average.buffers(), self.generator.buffers(), strict=True):
                mine.copy_(new)


def _adam(network: nn.Module, rate: float) -> torch.optim.Adam:
    fused = next(network.parameters()).device.type in ("cpu", "cuda")
    return torch.optim.Adam(network.parameters(), lr=rate, betas=(0.0, 0.99), eps=1e-8, fused=fused)


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


def _set_gradients(network: nn.Module, gradients: Iterable[Tensor]) -> None:
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
