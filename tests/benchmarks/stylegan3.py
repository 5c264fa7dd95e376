"""How fast StyleGAN3 is drawn: T and R at full width with random weights, every form timed in one run.

    python -m tests.benchmarks.stylegan3 [--side 256] [--kinds t r] [--busy] [--rounds N] [--nvidia FOLDER]

Forms take turns, so that a busy moment meets all of them; figures are medians. On a machine that is never idle,
`--busy` counts one thread's processor time instead of time on the clock. Prints seconds, ratios to the plain float32
form and the PSNR of each form against it. `--nvidia` names a checkout of NVlabs/stylegan3 (it needs scipy) to run
beside, with the same sizes, in the slow reference form that it has for processors.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from ganstudio.generators.fast import Mode
from ganstudio.generators.stylegan3 import StyleGAN3
from ganstudio.generators.stylegan3_fast import FastStyleGAN3
from tests.generators.stylegan3_design import published

Draw = Callable[[Tensor], object]
NAMES = {"t": "T", "r": "R"}


def random_ws(generator: StyleGAN3, seed: int) -> Tensor:
    """w+ [1, num_ws, w_dim] of one sample."""
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return generator.map(z)[:, None].repeat(1, generator.num_ws, 1)


def nvidia(folder: Path, generator: StyleGAN3, kind: str) -> Draw:
    """The public program's synthesis network with the same weights."""
    sys.path.insert(0, str(folder))
    from training import networks_stylegan3  # type: ignore[import-not-found]

    base = {"channel_base": 65536, "channel_max": 1024, "conv_kernel": 1, "use_radial_filters": True}
    program = networks_stylegan3.SynthesisNetwork(generator.w_dim, generator.resolution, 3,
                                                  **(base if kind == "r" else {})).eval()
    program.load_state_dict(generator.synthesis.state_dict())

    @torch.no_grad()
    def draw(ws: Tensor) -> object:
        return program(ws, force_fp32=True)

    return draw


def seconds(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """How long one call takes."""
    start = clock()
    call()
    return clock() - start


def in_turns(forms: dict[str, Draw], ws: list[Tensor], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds of each form, the forms taking turns, each after one picture to warm up."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    with torch.inference_mode():
        for draw in forms.values():
            draw(ws[0])
        for turn in range(rounds):
            for name, draw in forms.items():
                times[name].append(seconds(lambda draw=draw, turn=turn: draw(ws[(turn + 1) % len(ws)]), clock))
    return {name: median(values) for name, values in times.items()}


def psnr(image: Tensor, exact: Tensor) -> float:
    """In dB, for pictures whose contrast is that of `exact`."""
    peak = 4 * float(exact.std())
    return 10 * math.log10(peak**2 / max(float((image - exact).square().mean()), 1e-20))


def compare(kind: str, side: int, folder: Path | None, rounds: int, clock: Callable[[], float]) -> None:
    """The table of all forms of one configuration."""
    generator = published("r" if kind == "r" else "t", side)
    ws = [random_ws(generator, seed) for seed in range(3)]
    forms: dict[str, Draw] = {"plain float32": generator.synthesize}
    if folder:
        forms["the public program"] = nvidia(folder, generator, kind)
    for mode in (Mode(), Mode(dtype=torch.bfloat16)):
        forms[f"fast {mode}"] = FastStyleGAN3(generator, mode)
    times = in_turns(forms, ws, rounds, clock)
    with torch.inference_mode():
        exact = generator.synthesize(ws[1])
    print(f"\nStyleGAN3-{NAMES[kind]}, {side} px, median of {rounds}, {torch.get_num_threads()} threads, "
          f"{clock.__name__}")
    for name, took in times.items():
        drawn = forms[name](ws[1])
        match = f"PSNR {psnr(drawn, exact):6.1f} dB" if isinstance(drawn, Tensor) else ""
        print(f"  {name:22}{took:8.3f} s  {times['plain float32'] / took:5.2f}x  {match}", flush=True)


def main() -> None:
    """Compare each configuration asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--kinds", nargs="+", choices=("t", "r"), default=["t", "r"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="one thread, processor time: for a machine in use")
    parser.add_argument("--nvidia", type=Path, help="a checkout of NVlabs/stylegan3 to run beside")
    options = parser.parse_args()
    if options.busy:
        torch.set_num_threads(1)
    if options.nvidia is None:
        print("(the public program is left out: name its checkout with --nvidia)")
    for kind in options.kinds:
        clock = time.process_time if options.busy else time.perf_counter
        compare(kind, options.side, options.nvidia, options.rounds, clock)


if __name__ == "__main__":
    main()
