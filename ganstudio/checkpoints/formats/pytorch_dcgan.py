"""DCGAN as the PyTorch examples write it: convolutions and normalisations by their place in `main`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, load_tensors, tensors_of
from ganstudio.checkpoints.formats.reading import answered, built, check_colours, shape_of, state_dicts
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.dcgan import DCGAN, DCGANConfig

WRAPPERS = ("g_ema", "netG", "generator", "G", "state_dict", "model")
NORM = ("weight", "bias", "running_mean", "running_var")
STATISTICS = Choice(
    "statistics", "Normalise activations by", "stored", "What training stored is an average over its last steps; where "
    "that fits badly (washed-out or saturated pictures), “measured” takes the statistics of 512 samples instead, "
    "which is close to the sheets a training shows, where each picture depends on those beside it.",
    ("stored", "measured"))


class PyTorchDCGAN:
    """The generators of the PyTorch example and of the many trainings made from it."""

    name = "PyTorch example DCGAN"

    def fits(self, content: Content) -> bool:
        """By a first kernel [z, width, k, k] normalised right after it."""
        return bool(_tensors(content.tree))

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The generator."""
        tensors = _tensors(content.tree)
        places = _places(tensors)
        stages = [(tensors[f"main.{i}.weight"], tensors.get(f"main.{i}.bias")) for i in places]
        norms = [_norm(tensors, a, b) for a, b in pairwise(places)]
        return dcgan(self.name, content.path.name, stages, norms, chosen)


def dcgan(format_: str, name: str, stages: list[tuple[Tensor, Tensor | None]], norms: list[dict[str, Tensor]],
          chosen: Mapping[str, ChoiceValue], *, num_classes: int = 0, tanh: bool = True) -> Foreign:
    """A DCGAN of kernels [in, out, k, k] with their biases, each but the last followed by a batch normalisation."""
    kernels = {f"convolution {i}": weight for i, (weight, _) in enumerate(stages)}
    shapes = [shape_of(kernels, key, 4) for key in kernels]
    if len(shapes) < 2 or any(s[2] != s[3] for s in shapes) or len({s[2] for s in shapes[1:]}) > 1:
        raise ModelError(f"The kernels of “{name}” are no chain that doubles the side: {[list(s) for s in shapes]}.")
    check_colours(shapes[-1][1], f"“{name}”")
    choice = answered(STATISTICS, chosen)
    biased = any(bias is not None for _, bias in stages)
    generator = built(DCGAN, lambda: DCGANConfig(
        tuple(s[1] for s in shapes[:-1]), shapes[0][0] - num_classes, num_classes, shapes[-1][1], shapes[0][2],
        shapes[1][2], biased, ending="tanh" if tanh else "none"), name)
    tensors = {f"main.{3 * i + 1}.{key}": value for i, norm in enumerate(norms) for key, value in norm.items()}
    for i, (weight, bias) in enumerate(stages):
        tensors[f"main.{3 * i}.weight"] = weight
        if biased:
            tensors[f"main.{3 * i}.bias"] = weight.new_zeros(weight.shape[1]) if bias is None else bias
    load_tensors(generator, tensors, name)
    if choice.default == "measured":
        assert isinstance(generator, DCGAN)
        generator.measure_statistics()
    note = "Trainings show pictures normalised together with those beside them; alone they look a little different."
    return Foreign(format_, generator, (choice,), (note,) if choice.default == "stored" else ())


def norm_tensors(tensors: Mapping[str, Tensor], stem: str) -> dict[str, Tensor]:
    """The five tensors of a batch normalisation; ModelError where one is missing. Old files count no batches."""
    for key in NORM:
        shape_of(tensors, f"{stem}.{key}", 1)
    counted = tensors.get(f"{stem}.num_batches_tracked", torch.tensor(0))
    return {key: tensors[f"{stem}.{key}"] for key in NORM} | {"num_batches_tracked": counted}


def _tensors(tree: Any) -> dict[str, Tensor]:
    for state in state_dicts(tree, WRAPPERS):
        tensors = tensors_of(state)
        first, mean = tensors.get("main.0.weight"), tensors.get("main.1.running_mean")
        if first is not None and mean is not None and first.ndim == 4 and mean.shape == first.shape[1:2]:
            return tensors
    return {}


def _places(tensors: Mapping[str, Tensor]) -> list[int]:
    """Where in `main` the convolutions lie."""
    found = (re.fullmatch(r"main\.(\d{1,4})\.weight", key) for key in tensors)
    return sorted(int(m[1]) for m in found if m and tensors[m[0]].ndim == 4)


def _norm(tensors: Mapping[str, Tensor], low: int, high: int) -> dict[str, Tensor]:
    """The normalisation between two convolutions."""
    stems = [f"main.{i}" for i in range(low + 1, high) if f"main.{i}.running_mean" in tensors]
    if len(stems) != 1:
        raise ModelError(f"Between main.{low} and main.{high} there is not one batch normalisation, but {len(stems)}.")
    return norm_tensors(tensors, stems[0])


FORMATS = (PyTorchDCGAN(),)
