"""How fast BigGANs are drawn: 256 px at full width with random weights, every form timed in one run.

    python -m tests.benchmarks.biggan [--width N] [--side N] [--rounds N] [--busy] [--threads N]

The rival is the plain float32 form as its generator draws it. Forms take turns, so that a busy moment meets all of
them; figures are medians. On a machine that is never idle, `--busy` counts one thread's processor time instead of time
on the clock. Prints seconds, ratios to the plain form, the PSNR of each form against it, which way of doubling the side
was chosen, and what re-using the layers below an edit of the upper third gains.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from ganstudio.generators.biggan import BigGAN, BigGANConfig
from ganstudio.generators.biggan_deep import BigGANDeep
from ganstudio.generators.biggan_fast import FastBigGAN, best_up
from ganstudio.generators.fast import CPU, Mode
from ganstudio.render.precision import best_mode
from tests.comparing import psnr

CLOCK = [time.perf_counter]


def full_width(side: int, width: int, deep: bool) -> BigGAN:
    """A network of the published shape with random weights and statistics that fit them."""
    torch.manual_seed(0)
    config = BigGANConfig.published(side, width=width)
    if deep:
        channels = (config.channels[0], *(c for pair in zip(config.channels, config.channels[1:], strict=False)
                                          for c in pair))
        config = BigGANConfig(channels, (False, True) * len(config.up), 128, attention=(2 * len(config.up) - 4,),
                              z_use="all", num_stats=51, eps=1e-4, output_eps=1e-4)
    generator = BigGANDeep(config) if deep else BigGAN(config)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("gamma"):
                parameter.fill_(0.5)
    return measured(generator.eval().requires_grad_(False))


def measured(generator: BigGAN) -> BigGAN:
    """With the statistics of one batch in every batch-norm, as a trained network's would be."""
    def keep(norm: torch.nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0]
        norm.get_buffer("stored_mean").copy_(x.mean(dim=(0, 2, 3)))
        norm.get_buffer("stored_var").copy_(x.var(dim=(0, 2, 3)))

    hooks = [module.register_forward_pre_hook(keep) for module in generator.modules() if hasattr(module, "stored_mean")]
    with torch.no_grad():
        generator(torch.randn(2, generator.z_dim), torch.eye(generator.num_classes)[:2])
    for hook in hooks:
        hook.remove()
    return generator


def seconds(forms: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median time of each, taking turns, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    for turn in range(rounds + 1):
        for name, form in forms.items():
            start = CLOCK[0]()
            form()
            if turn:
                times[name].append(CLOCK[0]() - start)
    return {name: median(t) for name, t in times.items()}


def report(name: str, generator: BigGAN, rounds: int) -> None:
    """Time all forms of one network and print the table."""
    ws = generator.at_psi(generator.map(torch.randn(1, generator.z_dim), torch.eye(generator.num_classes)[:1]), 0.5)
    upper = ws.clone()
    upper[:, -(generator.num_ws // 3):, 0] += 1
    chosen = best_mode(CPU)
    fast = {"bfloat16": FastBigGAN(generator, Mode(dtype=torch.bfloat16)), "float32": FastBigGAN(generator, Mode())}
    with torch.no_grad():
        exact = generator.synthesize(ws)
        forms: dict[str, Callable[[], object]] = {"plain": lambda: generator.synthesize(ws)}
        forms |= {key: lambda form=form: form(ws, remember=False) for key, form in fast.items()}  # type: ignore[misc]
        took = seconds(forms, rounds)
        print(f"{name}, {generator.resolution} px; this program chooses {chosen}")
        for key, time_ in took.items():
            quality = "" if key == "plain" else f"  {psnr(fast[key](ws, remember=False), exact):5.1f} dB"
            print(f"  {key:10} {time_:7.3f} s  {took['plain'] / time_:5.2f}x{quality}")
        again = fast["bfloat16" if chosen.dtype == torch.bfloat16 else "float32"]
        turns = iter(range(10**9))
        reused = seconds({"reuse": lambda: again(ws if next(turns) % 2 else upper)}, 2 * rounds)["reuse"]
        whole = took["bfloat16" if chosen.dtype == torch.bfloat16 else "float32"]
        print(f"  an edit of the upper third re-uses layers: {whole / reused:.2f}x")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    if options.busy:
        torch.set_num_threads(1)
        CLOCK[0] = time.thread_time
    elif options.threads:
        torch.set_num_threads(options.threads)
    for name, deep in (("BigGAN", False), ("BigGAN-deep", True)):
        report(name, full_width(options.side, options.width, deep), options.rounds)
    ways = {dtype: best_up(CPU, dtype).__name__ for dtype in (torch.bfloat16, torch.float32)}
    print("to double the side:", ", ".join(f"{str(dtype).removeprefix('torch.')} {way}" for dtype, way in ways.items()))


if __name__ == "__main__":
    main()
