"""How fast ProGAN and DCGAN are drawn: at full width with random weights, every form timed in one run.

    python -m tests.benchmarks.progan [--quick] [--busy] [--threads N]

Forms take turns, so that a busy moment meets all of them; figures are medians. On a machine that is never idle,
`--busy` counts one thread's processor time instead of time on the clock. The plain form is the network as published,
layer by layer in float32. Each form runs with the allocator settings it would have by itself. Prints milliseconds,
ratios to the plain form, and the PSNR of each form against it; then the same for the mode that this program chooses
by itself.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor

from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from ganstudio.generators.dcgan_fast import FastDCGAN
from ganstudio.generators.fast import Mode, set_allocator
from ganstudio.generators.progan import ProGAN, ProGANConfig
from ganstudio.generators.progan_fast import FastProGAN
from ganstudio.render.precision import best_mode
from tests.comparing import psnr

Draw = Callable[[Tensor], Tensor]
CLOCK = [time.perf_counter]
KEEPING, DEFAULT = (1 << 30, (1 << 31) - 1), (32 << 20, 64 << 20)
"""Allocator settings: those of the fast forms, and where glibc's own adapt to after the first large block."""
BATCH = 20
"""Pictures a timing of a form that takes under `SHORT` seconds."""
SHORT = 0.02


def random_progan(side: int) -> ProGAN:
    """The published widths with random weights and biases, its picture of the usual contrast."""
    torch.manual_seed(1)
    generator = ProGAN(ProGANConfig.published(side)).eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("bias"):
            parameter.normal_(std=0.2)
    colours = generator.output(len(generator.config.widths) - 1)
    colours.weight.mul_(0.5 / generator.synthesize(latent(generator, 0)).std())
    return generator


def random_dcgan(side: int) -> DCGAN:
    """The published widths with random weights, statistics of its own, its picture of the usual contrast."""
    torch.manual_seed(1)
    generator = DCGAN(DCGANConfig.published(side)).eval().requires_grad_(False)
    generator.measure_statistics(1, 32)
    spread = generator.main[:-1](latent(generator, 0)[:, 0, :, None, None]).std()
    generator.convolutions[-1].weight.mul_(0.5 / spread)
    return generator


def latent(generator: ProGAN | DCGAN, seed: int) -> Tensor:
    """w+ [1, 1, z_dim] of one sample."""
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    return generator.normalise(z)[:, None]


def seconds(draw: Draw, ws: Tensor) -> float:
    """How long one picture takes; short ones are drawn many at a time."""
    start = CLOCK[0]()
    draw(ws)
    if (once := CLOCK[0]() - start) > SHORT:
        return once
    start = CLOCK[0]()
    for _ in range(BATCH):
        draw(ws)
    return (CLOCK[0]() - start) / BATCH


def compare(name: str, generator: ProGAN | DCGAN, form: Callable[[Any, Mode], Draw], rounds: int) -> None:
    """The table of all forms of one generator."""
    ws = [latent(generator, seed) for seed in range(3)]
    own = best_mode(torch.device("cpu"))
    forms: dict[str, tuple[Draw, tuple[int, int]]] = {"plain float32": (generator.synthesize, DEFAULT)}
    forms |= {label: (form(generator, mode), KEEPING) for label, mode in (
        ("exact float32", Mode()), ("bfloat16", Mode(dtype=torch.bfloat16)), (f"own choice: {own}", own))}
    times: dict[str, list[float]] = {label: [] for label in forms}
    with torch.inference_mode():
        for turn in range(rounds):
            for label, (draw, allocator) in forms.items():
                set_allocator(*allocator)
                draw(ws[0])
                times[label].append(seconds(draw, ws[1 + turn % 2]))
        exact = generator.synthesize(ws[1])
        print(f"\n{name}, median of {rounds}, {torch.get_num_threads()} threads, {CLOCK[0].__name__}")
        for label, took in times.items():
            quality = psnr(forms[label][0](ws[1]), exact)
            ratio = median(times["plain float32"]) / median(took)
            print(f"  {label:32}{1000 * median(took):9.2f} ms  {ratio:5.2f}x  PSNR {quality:6.1f} dB")


def main() -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smaller sizes and few rounds only")
    parser.add_argument("--busy", action="store_true", help="one thread, processor time: for a machine in use")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(1 if options.busy else options.threads)
    if options.busy:
        CLOCK[0] = time.process_time
    rounds = 3 if options.quick else 9
    for side in (64, 128):
        compare(f"DCGAN, {side} px", random_dcgan(side), FastDCGAN, rounds)
    for side in (256,) if options.quick else (256, 1024):
        compare(f"ProGAN, {side} px", random_progan(side), FastProGAN, rounds)


if __name__ == "__main__":
    main()
