"""How fast StyleGAN2 is drawn: config-f at full width with random weights, every form timed in one run.

    python -m tests.benchmarks.stylegan2 [--quick] [--busy] [--rosinality FOLDER] [--threads N]

Forms take turns, so that a busy moment meets all of them; figures are medians. On a machine that is never idle,
`--busy` counts one thread's processor time instead of time on the clock. Each form runs with the allocator
settings it would have by itself (see `keep_large_buffers`). Prints seconds, ratios to the plain form, and the PSNR of
each form against exact float32; then what re-using layers gains beside what the work share allows; then the mode this
program would choose for itself on a processor without bf16 units, in a process of its own.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils import cpp_extension

from ganstudio.generators.compiled import wait_for_compiled
from ganstudio.generators.fast import Mode, convolve, convolve_up, pack, pack_up, set_allocator
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config, fir_kernel
from ganstudio.generators.stylegan2_fast import FastStyleGAN2
from ganstudio.render.precision import best_mode
from tests.comparing import psnr

Draw = Callable[[Tensor], object]
CLOCK = [time.perf_counter]
KEEPING, DEFAULT = (1 << 30, (1 << 31) - 1), (32 << 20, 64 << 20)
"""Allocator settings: those of the fast forms, and where glibc's own adapt to after the first large block."""


class PlainStyleGAN2:
    """The usual form: each sample's own kernels in one grouped convolution, and the blur as a step of its own."""

    def __init__(self, generator: StyleGAN2) -> None:
        self.generator = generator
        self.blur = fir_kernel(4.0)[None, None]

    @torch.no_grad()
    def __call__(self, ws: Tensor) -> Tensor:
        x = image = torch.empty(0)
        used = 0
        for number, block in enumerate(self.generator.synthesis.blocks()):
            if number == 0:
                x = block.const[None].repeat(len(ws), 1, 1, 1)
            else:
                x = self.layer(block.conv0, x, ws[:, used])
                used += 1
            x = self.layer(block.conv1, x, ws[:, used])
            used += 1
            style = block.torgb.affine(ws[:, used]) * block.torgb.scale
            colours = self.grouped(x, block.torgb.weight * style[:, None, :, None, None])
            colours = colours + block.torgb.bias[:, None, None]
            image = colours if number == 0 else self.fir(self.stuff(image), 2, 1) + colours
        return image

    def layer(self, conv: torch.nn.Module, x: Tensor, w: Tensor) -> Tensor:
        weight = conv.weight * conv.affine(w)[:, None, :, None, None]
        weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = self.fir(self.grouped_up(x, weight), 1, 1) if conv.up else self.grouped(x, weight, 1)
        x = x + conv.noise_const * conv.noise_strength
        return F.leaky_relu(x + conv.bias[:, None, None], 0.2) * math.sqrt(2)

    @staticmethod
    def grouped(x: Tensor, weight: Tensor, padding: int = 0) -> Tensor:
        count, _, height, width = x.shape
        x = F.conv2d(x.reshape(1, -1, height, width), weight.flatten(0, 1), padding=padding, groups=count)
        return x.reshape(count, -1, height, width)

    @staticmethod
    def grouped_up(x: Tensor, weight: Tensor) -> Tensor:
        count, _, height, width = x.shape
        x = x.reshape(1, -1, height, width)
        x = F.conv_transpose2d(x, weight.transpose(1, 2).flatten(0, 1), stride=2, groups=count)
        return x.reshape(count, -1, 2 * height + 1, 2 * width + 1)

    def fir(self, x: Tensor, before: int, after: int) -> Tensor:
        x = F.pad(x, (before, after, before, after))
        return F.conv2d(x.reshape(-1, 1, *x.shape[2:]), self.blur).reshape(*x.shape[:2], x.shape[2] - 3, x.shape[3] - 3)

    @staticmethod
    def stuff(x: Tensor) -> Tensor:
        """Zeros between pixels, so that a filter up-samples."""
        count, channels, height, width = x.shape
        return F.pad(x[:, :, :, None, :, None], (0, 1, 0, 0, 0, 1)).reshape(count, channels, 2 * height, 2 * width)


def random_generator(side: int) -> StyleGAN2:
    """Config-f with random weights, noise and biases, its picture of the usual contrast."""
    torch.manual_seed(1)
    generator = StyleGAN2(StyleGAN2Config.config_f(side)).eval().requires_grad_(False)
    for conv in generator.synthesis.convolutions():
        conv.noise_strength.fill_(0.1)
        conv.bias.normal_(std=0.2)
    spread = generator.synthesize(torch.cat([random_ws(generator, seed) for seed in range(4)])).std()
    for block in generator.synthesis.blocks():
        block.torgb.weight.mul_(0.5 / spread)
    return generator


def random_ws(generator: StyleGAN2, seed: int) -> Tensor:
    """w+ [1, num_ws, w_dim] of one sample."""
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return generator.map(z)[:, None].repeat(1, generator.num_ws, 1)


def rosinality(folder: Path, side: int) -> Draw:
    """rosinality's public program from its checkout, with random weights of its own and w as input."""
    sys.path.insert(0, str(folder))
    cpp_extension.load = lambda *args, **kwargs: None  # its CUDA code, of no use on a processor
    from model import Generator  # type: ignore[import-not-found]

    torch.manual_seed(1)
    program = Generator(side, 512, 8).eval()

    @torch.no_grad()
    def draw(ws: Tensor) -> object:
        return program([ws], input_is_latent=True, randomize_noise=False)[0]

    return draw


def matrix_work(generator: StyleGAN2, mode: Mode) -> list[Callable[[], object]]:
    """The convolutions alone, one call a layer, with kernels and inputs lying ready: the limit of every form."""
    return [_one_convolution(conv, mode) for conv in generator.synthesis.convolutions()]


def _one_convolution(conv: torch.nn.Module, mode: Mode) -> Callable[[], object]:
    side = conv.resolution // (2 if conv.up else 1)
    x = mode.put(torch.randn(1, conv.weight.shape[1], side, side))
    if not conv.up:
        kernel = pack(conv.weight, mode, x.shape)
        return lambda: convolve(x, kernel)
    up = pack_up(conv.weight.transpose(0, 1), mode, x.shape)
    return lambda: convolve_up(x, up)


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = CLOCK[0]()
    call()
    return CLOCK[0]() - start


def in_turns(forms: dict[str, tuple[Draw, tuple[int, int]]], ws: list[Tensor], rounds: int) -> dict[str, float]:
    """Median seconds of each form, the forms taking turns; each warms up once a turn."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    with torch.inference_mode():
        for turn in range(rounds):
            for name, (draw, allocator) in forms.items():
                set_allocator(*allocator)
                draw(ws[0])
                times[name].append(seconds(lambda draw=draw, turn=turn: draw(ws[1 + turn % (len(ws) - 1)])))
    return {name: median(values) for name, values in times.items()}


def compare(side: int, folder: Path | None, rounds: int) -> None:
    """The table of all forms at one size."""
    generator = random_generator(side)
    ws = [random_ws(generator, seed) for seed in range(4)]
    exact, half = Mode(), Mode(dtype=torch.bfloat16)
    compiled = FastStyleGAN2(generator, Mode(dtype=torch.bfloat16, compiled=True))
    ready = wait_for_compiled(compiled.mode)
    forms: dict[str, tuple[Draw, tuple[int, int]]] = {}
    if folder:
        forms["rosinality's program"] = (rosinality(folder, side), DEFAULT)
    forms["plain float32"] = (PlainStyleGAN2(generator), DEFAULT)
    forms["exact float32"] = (FastStyleGAN2(generator, exact), KEEPING)
    forms["bfloat16 eager"] = (FastStyleGAN2(generator, half), KEEPING)
    if ready:
        forms["bfloat16 compiled"] = (compiled, KEEPING)
    for mode in (exact, half):
        work = matrix_work(generator, mode)
        forms[f"matrix work {mode}"] = (lambda ws, work=work: [call() for call in work], KEEPING)
    times = in_turns(forms, ws, rounds)
    reference = generator.synthesize(ws[1])
    print(f"\n{side} px, median of {rounds}, {torch.get_num_threads()} threads, {CLOCK[0].__name__}")
    for name, took in times.items():
        drawn = forms[name][0](ws[1])
        match = f"  PSNR {psnr(drawn, reference):6.1f} dB" if isinstance(drawn, Tensor) and "ros" not in name else ""
        print(f"  {name:22}{took:8.3f} s  {times['plain float32'] / took:5.2f}x{match}")
    if not ready:
        print("  (no compiled code: no compiler was found, or compiling failed)")


def reuse(side: int, mode: Mode, rounds: int) -> None:
    """What re-using layers gains, for an edit from each layer up, beside what the work share allows."""
    generator = random_generator(side)
    form = FastStyleGAN2(generator, mode)
    a, b = random_ws(generator, 0), random_ws(generator, 1)
    work = matrix_work(generator, mode)
    print(f"\nRe-use at {side} px, {mode}\n  first changed    ideal  measured  share of the gain")
    with torch.inference_mode():
        parts = [median(seconds(call) for _ in range(rounds + 2)) for call in work]
        starts = [0, *range(4, generator.num_ws)]
        times: dict[int, list[float]] = {start: [] for start in starts}
        for _ in range(rounds):
            for start in starts:
                edited = torch.cat([a[:, :start], b[:, start:]], dim=1)
                form(a)
                times[start].append(seconds(lambda edited=edited: form(edited)))
        whole, full = median(times[0]), sum(parts)
        for start in starts[1:]:
            ideal = full / sum(parts[start:]) if start < len(parts) else math.inf
            gain = whole / median(times[start])
            share = (gain - 1) / (ideal - 1) if ideal < math.inf else math.nan
            print(f"  {start:6} of {len(starts) + 3:2}   {ideal:8.2f}x {gain:8.2f}x {share:10.0%}")


def own_choice(side: int, rounds: int) -> None:
    """The mode this program chooses by itself, beside the plain form."""
    mode = best_mode(torch.device("cpu"))
    generator = random_generator(side)
    ws = [random_ws(generator, seed) for seed in range(3)]
    forms = {"plain float32": (PlainStyleGAN2(generator), DEFAULT),
             f"chosen: {mode}": (FastStyleGAN2(generator, mode), KEEPING)}
    times = in_turns(forms, ws, rounds)
    print(f"\n{side} px with ONEDNN_MAX_CPU_ISA={os.environ.get('ONEDNN_MAX_CPU_ISA', '(unset)')}")
    for name, took in times.items():
        print(f"  {name:28}{took:8.3f} s  {times['plain float32'] / took:5.2f}x")


def main() -> None:
    """Run all sections; `--only-choice` is how the last one runs itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="256 px and few rounds only")
    parser.add_argument("--busy", action="store_true", help="one thread, processor time: for a machine in use")
    parser.add_argument("--rosinality", type=Path, help="a checkout of rosinality/stylegan2-pytorch to run beside")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only-choice", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1 if options.busy else options.threads)
    if options.busy:
        CLOCK[0] = time.process_time
    rounds = 3 if options.quick else 7
    if options.only_choice:
        own_choice(options.only_choice, rounds)
        return
    if options.rosinality is None:
        print("(rosinality's program is left out: name its checkout with --rosinality)")
    for side in (256,) if options.quick else (256, 1024):
        compare(side, options.rosinality, rounds)
    for side in (256,) if options.quick else (256, 1024):
        reuse(side, best_mode(torch.device("cpu")), rounds)
    again = [sys.executable, "-m", "tests.benchmarks.stylegan2", *sys.argv[1:], "--only-choice", "256"]
    subprocess.run(again, env=os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}, check=True)


if __name__ == "__main__":
    main()
