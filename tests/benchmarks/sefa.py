"""How long SeFa takes on a full-width 1024 px StyleGAN2, beside the published procedure, as a ratio.

    python -m tests.benchmarks.sefa [threads]

The published procedure is written out plainly: concatenate, normalise columns, form W W', solve with
the general (non-symmetric) eigen-solver of numpy. Run it on an idle machine.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import torch

from ganstudio.api import FinderOptions, LayerRange
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.registry import PluginRegistry

ROUNDS = 9


def published(generator: StyleGAN2) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors as rows and eigenvalues, by the general solver, unsorted."""
    affines = [conv.affine for conv in generator.synthesis.convolutions()]
    affines.append(generator.synthesis.b1024.torgb.affine)
    weight = np.concatenate([a.weight.detach().numpy().T for a in affines], axis=1).astype(np.float32)
    weight = weight / np.linalg.norm(weight, axis=0, keepdims=True)
    values, vectors = np.linalg.eig(weight.dot(weight.T))
    return vectors.T, values


def seconds(work: Callable[[], object]) -> float:
    """The median of nine rounds after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print both times and their ratio."""
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    generator = StyleGAN2(StyleGAN2Config.config_f(1024)).requires_grad_(False)
    finder = PluginRegistry(SimpleNamespace(load=None)).finder("sefa")
    options = FinderOptions((LayerRange(0, generator.num_ws),), count=10)
    ours = seconds(lambda: list(finder.find(generator, "benchmark", options)))
    theirs = seconds(lambda: published(generator))
    print(f"SeFa, StyleGAN2 config-f 1024 px, all 18 layers, {torch.get_num_threads()} thread(s)")
    print(f"  ours {ours:.3f} s, published procedure {theirs:.3f} s: {theirs / ours:.1f} times as fast")


if __name__ == "__main__":
    main()
