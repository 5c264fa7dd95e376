"""How fast the first StyleGAN is drawn: full width with random weights, every form timed in one run.

    python -m tests.benchmarks.stylegan [--sides N ...] [--rounds N] [--threads N]

The rival is the plain float32 form as its generator draws it. Forms take turns, so that a busy moment meets all of
them; figures are medians. Prints seconds, ratios to the plain form, and the PSNR of each form against it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch

from ganstudio.generators.fast import CPU, Mode
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig
from ganstudio.generators.stylegan_fast import FastStyleGAN
from ganstudio.render.precision import best_mode
from tests.benchmarks.biggan import psnr, seconds


def full_width(side: int) -> StyleGAN:
    """A network of the published shape with random weights, its constant and noise as lively as trained ones."""
    torch.manual_seed(0)
    widths = tuple(min(16384 // (4 * 2**k), 512) for k in range(side.bit_length() - 2))
    generator = StyleGAN(StyleGANConfig(widths)).eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("const"):
            parameter.normal_()
        if "noise" in name:
            parameter.normal_(std=0.1)
    return generator


def report(generator: StyleGAN, rounds: int) -> None:
    """Time all forms of one network and print the table."""
    ws = generator.map(torch.randn(1, generator.z_dim))[:, None].expand(-1, generator.num_ws, -1)
    fast = {"bfloat16": FastStyleGAN(generator, Mode(dtype=torch.bfloat16)), "float32": FastStyleGAN(generator, Mode())}
    forms: dict[str, Callable[[], object]] = {"plain": lambda: generator.synthesize(ws)}
    forms |= {key: lambda form=form: form(ws, remember=False) for key, form in fast.items()}  # type: ignore[misc]
    with torch.no_grad():
        exact, took = generator.synthesize(ws), seconds(forms, rounds)
        contrast = exact.abs().amax()
        print(f"StyleGAN, {generator.resolution} px; this program chooses {best_mode(CPU)}")
        for key, time_ in took.items():
            drawn = exact if key == "plain" else fast[key](ws, remember=False)
            quality = "" if key == "plain" else f"  {psnr(drawn / contrast, exact / contrast):5.1f} dB"
            print(f"  {key:10} {time_:7.3f} s  {took['plain'] / time_:5.2f}x{quality}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    for side in options.sides:
        report(full_width(side), options.rounds)


if __name__ == "__main__":
    main()
