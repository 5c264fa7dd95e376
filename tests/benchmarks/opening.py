"""From an NVIDIA snapshot of a 1024 px StyleGAN2 to the first picture: how long, and where the time goes.

    python -m tests.benchmarks.opening [--side 1024] [--threads N]

Writes a snapshot of random weights in NVIDIA's structure (two generators and as much again for the discriminator, each
module a record with its source text), then does what dropping the file on the window does: read, convert, write our own
file, load that, prepare, draw. Prints seconds of each step by the clock and of processor time (the fairer one on a
busy machine, with one thread), and all of them less a picture drawn once more.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
import time
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from ganstudio.checkpoints.importing import import_model
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.generators.stylegan2 import BLUR, StyleGAN2, StyleGAN2Config, fir_kernel
from ganstudio.render.precision import best_mode
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Shot

SOURCE = "raise RuntimeError('embedded source was run')\n" * 800
"""As long as the source texts in published files."""
LIMIT = 3.0
T = TypeVar("T")


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    raise RuntimeError("a record is never built")


@contextmanager
def their_module() -> Iterator[None]:
    """Gives pickle the name under which NVIDIA's modules are stored."""
    module = types.ModuleType("torch_utils.persistence")
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    _reconstruct_persistent_obj.__module__ = module.__name__
    sys.modules |= {"torch_utils": types.ModuleType("torch_utils"), module.__name__: module}
    try:
        yield
    finally:
        del sys.modules["torch_utils"], sys.modules[module.__name__]


class Persistent:
    """A module as a snapshot holds it."""

    def __init__(self, module: nn.Module, **attributes: Any) -> None:
        buffers = OrderedDict(module.named_buffers(recurse=False))
        if buffers.pop("blur", None) is not None or hasattr(module, "conv1"):
            buffers["resample_filter"] = fir_kernel(1.0, BLUR)
        inside = {name: Persistent(child, **attributes) for name, child in module.named_children()}
        lr = {"bias_gain": module.lr} if hasattr(module, "lr") else {}
        state = {"_parameters": OrderedDict(module.named_parameters(recurse=False)), "_buffers": buffers,
                 "_modules": OrderedDict(inside), **attributes, **lr}
        self.meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": "Generator", "state": state}

    def __reduce__(self) -> tuple[Any, ...]:
        return _reconstruct_persistent_obj, (self.meta,)


def write_snapshot(path: Path, side: int) -> None:
    """A snapshot of full width."""
    config = replace(StyleGAN2Config.config_f(side), conv_clamp=256.0)
    networks = {name: Persistent(StyleGAN2(config), activation="lrelu", conv_clamp=256) for name in ("G", "D", "G_ema")}
    with their_module(), path.open("wb") as file:
        pickle.dump({**networks, "augment_pipe": None, "training_set_kwargs": {}}, file, protocol=4)


def timed(name: str, step: Callable[[], T]) -> tuple[T, float, float]:
    """What a step gives, its seconds by the clock and of processor time; prints them."""
    start, used = time.perf_counter(), time.process_time()
    result = step()
    clock, processor = time.perf_counter() - start, time.process_time() - used
    print(f"{name:<32}{clock:8.2f} s{processor:8.2f} s of processor time", flush=True)
    return result, clock, processor


def main() -> None:
    """Write, open, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    best_mode(torch.device("cpu"))  # found once a process, long before a file is dropped
    with tempfile.TemporaryDirectory() as folder:
        snapshot, models = Path(folder, "network-snapshot-001000.pkl"), Path(folder, "models")
        models.mkdir()
        write_snapshot(snapshot, options.side)
        print(f"{options.side} px, a file of {snapshot.stat().st_size / 1e6:.0f} MB, {torch.get_num_threads()} threads")
        library = ModelLibrary([models], ())
        renderer = Renderer(library)
        steps, one, two = timed("import", lambda: list(import_model(snapshot, models)))
        path = steps[-1].path
        assert path is not None
        document, three, four = timed("load", lambda: library.default_document(path.stem))
        _, five, six = timed("prepare and draw", lambda: renderer.render(Shot(document)))
        again = replace(document, latent=replace(document.latent, psi=0.5))
        _, seven, eight = timed("draw another", lambda: renderer.render(Shot(again)))
        clock, processor = one + three + five - seven, two + four + six - eight
        print(f"{'opening beyond the render':<32}{clock:8.2f} s{processor:8.2f} s of processor time   "
              f"(limit {LIMIT:.0f} s)")


if __name__ == "__main__":
    main()
