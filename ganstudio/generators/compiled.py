"""Compiled code for the end of a layer: noise, leaky ReLU and clamp in one loop over memory, on processors.

Never needed and never waited for. A layer is finished eagerly until the code is there; a daemon thread looks for it in
the user's folder some time after the first picture, and where it is missing has a child process of low priority make
it with whatever C++ compiler there is. What fails is a line in the log, and pictures go on as they were. The
environment variable GANSTUDIO_COMPILE=0 turns all of it off.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganstudio.generators.fast import CPU, LRELU_SLOPE, Finish, Mode, finish_eagerly
from ganstudio.settings import user_data

log = logging.getLogger(__name__)

DELAY = 3.0
"""Seconds between the first layer drawn and looking for compiled code, so that first pictures have the machine."""
PATIENCE = 1800.0
"""Seconds a compilation may take: twenty where the machine is idle, but it gives way to everything else."""
CHANNELS_LAST = torch.channels_last
COMPILERS = ("c++", "g++", "clang++", "cl")


def may_compile(device: torch.device) -> bool:
    """Whether there may be compiled code on this device: on processors, unless the user turned it off."""
    return device.type == "cpu" and os.environ.get("GANSTUDIO_COMPILE") != "0"


def finish_for(mode: Mode) -> Finish:
    """The best way there is to finish layers in this mode, now and later."""
    if not mode.compiled or not may_compile(mode.device):
        return finish_eagerly
    return _finisher(mode.dtype)


def wait_for_compiled(mode: Mode) -> bool:
    """Wait until this mode's code is ready (for benchmarks); False where there will be none."""
    finish = finish_for(mode)
    return isinstance(finish, CompiledFinish) and finish.wait()


@functools.cache
def _finisher(dtype: torch.dtype) -> CompiledFinish:
    return CompiledFinish(functools.partial(load_kernel, dtype))


class CompiledFinish:
    """A `Finish` that is eager until `load` (called once, in a thread) has found something better."""

    def __init__(self, load: Callable[[], Callable[..., Any] | None], delay: float = DELAY) -> None:
        self._load = load
        self._kernel: Callable[..., Any] | None = None
        self._timer = threading.Timer(delay, self._prepare)
        self._timer.name, self._timer.daemon = "compiled-code", True
        self._begun = threading.Lock()

    def __call__(self, x: Tensor, noise: Tensor | None, clamp: float | None) -> Tensor:
        """Finish a layer in place, one way or the other."""
        self._begin()
        if self._kernel is None or noise is None or len(x) > 1 or not x.is_contiguous(memory_format=CHANNELS_LAST):
            return finish_eagerly(x, noise, clamp)
        limit = torch.tensor(float("inf") if clamp is None else clamp)
        self._kernel(x.permute(0, 2, 3, 1).flatten(0, 2), noise.reshape(-1, 1), limit)
        return x

    def wait(self) -> bool:
        """Begin at once and wait; whether there is compiled code now."""
        self._timer.interval = 0.0
        self._begin()
        self._timer.join()
        return self._kernel is not None

    def _begin(self) -> None:
        if self._begun.acquire(blocking=False):
            self._timer.start()

    def _prepare(self) -> None:
        try:
            self._kernel = self._load()
        except Exception as error:  # whatever compilers and loaders may do, pictures go on
            log.info("No compiled code (%s).", error)


class FinishRows(nn.Module):
    """What is compiled: rows [p, c] in place, noise [p, 1], limit []."""

    def forward(self, rows: Tensor, noise: Tensor, limit: Tensor) -> tuple[()]:
        """Add noise, apply the leaky ReLU, clamp."""
        x = rows.float() + noise.float()
        x = torch.where(x > 0, x, x * LRELU_SLOPE)
        rows.copy_(torch.minimum(torch.maximum(x, -limit), limit).to(rows.dtype))
        return ()


def load_kernel(dtype: torch.dtype) -> Callable[..., Any] | None:
    """The compiled `FinishRows` from the user's folder, made first where it is missing; None without a compiler."""
    path = kernel_path(dtype)
    if not path.exists():
        if not (os.environ.get("CXX") or any(map(shutil.which, COMPILERS))):
            log.info("No compiled code: there is no C++ compiler.")
            return None
        compile_in_child(path, dtype)
    from torch._inductor import aoti_load_package  # two seconds, wanted by this thread only

    kernel: Callable[..., Any] = aoti_load_package(str(path))
    _try(kernel, dtype)
    log.info("Compiled code is ready.")
    return kernel


def kernel_path(dtype: torch.dtype) -> Path:
    """Where this machine's code lies: another torch, processor or source means another file."""
    facts = [torch.__version__, platform.platform(), platform.processor(), torch.backends.cpu.get_cpu_capability(),
             Path(__file__).read_text("utf-8"), str(dtype)]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        facts += sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))})
    name = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:20]
    return user_data() / "kernels" / f"{name}.pt2"


def compile_in_child(path: Path, dtype: torch.dtype) -> None:
    """Run this module as a program of low priority that writes `path`; RuntimeError when it did not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ganstudio.generators.compiled", str(path), str(dtype).removeprefix("torch.")]
    any_pool = {"OMP_NUM_THREADS": "2", "TORCHINDUCTOR_CPP_DYNAMIC_THREADS": "1"}  # code for pools of any size
    child = subprocess.Popen(command, env=os.environ | any_pool | {"TORCHINDUCTOR_COMPILE_THREADS": "1"}, text=True,
                             errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    atexit.register(child.kill)
    try:
        _, said = child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
        atexit.unregister(child.kill)
    if child.returncode or not path.exists():
        raise RuntimeError(f"compiling ended with {child.returncode}: {(said.strip() or '(silence)').splitlines()[-1]}")


def compile_kernel(path: Path, dtype: torch.dtype) -> None:
    """Compile `FinishRows` for any number of rows and channels into a file; seconds to minutes."""
    if hasattr(os, "nice"):
        os.nice(15)
    from torch._inductor import aoti_compile_and_package

    rows, channels = torch.export.Dim("rows", min=2), torch.export.Dim("channels", min=2)
    count = 1 << 16  # work enough for more threads to be thought worth it
    sample = (torch.ones(count, 32, dtype=dtype), torch.ones(count, 1, dtype=dtype), torch.tensor(1.0))
    shapes: Any = ({0: rows, 1: channels}, {0: rows}, {})
    program = torch.export.export(FinishRows(), sample, dynamic_shapes=shapes)
    part = path.with_name(f"{path.stem}.{os.getpid()}.pt2")
    try:
        aoti_compile_and_package(program, package_path=str(part))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _try(kernel: Callable[..., Any], dtype: torch.dtype) -> None:
    """RuntimeError unless it does what the eager code does."""
    with torch.inference_mode():
        x, noise = torch.randn(1, 24, 5, 7).to(CPU, dtype), torch.randn(1, 1, 5, 7).to(CPU, dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        rows = x.permute(0, 2, 3, 1).flatten(0, 2).clone()
        kernel(rows, noise.reshape(-1, 1), torch.tensor(1.5))
        wanted = finish_eagerly(x, noise, 1.5).permute(0, 2, 3, 1).flatten(0, 2)
    if not torch.allclose(rows, wanted, atol=0.03, rtol=0.02):
        raise RuntimeError("compiled code gave other numbers than eager code")


if __name__ == "__main__":
    compile_kernel(Path(sys.argv[1]), getattr(torch, sys.argv[2]))
