"""What plugins that train generators need: real pictures, and the model file of what came of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganstudio.api import Learned, Model
from ganstudio.checkpoints.native import FORMAT, VERSION, fingerprint_of
from ganstudio.training.data import Stream, open_stream
from ganstudio.training.export import measure_w_avg
from ganstudio.training.families import FAMILIES
from ganstudio.training.recipe import DataRecipe, RecipeError

WORLD = "landscape"


def pictures_of(source: str, side: int, seed: int, classes: int = 0) -> Stream:
    """Pictures of a folder, or of the world "landscape" ("landscape:0.5": its width), with so many classes.

    RecipeError when there are none, or of another number of classes.
    """
    stream = open_stream(_recipe_of(source, classes > 0), side, seed)
    if (there := len(stream.source.class_names)) != classes:
        raise RecipeError(f"“{source}” has pictures of {there} classes, but the model draws {classes}.")
    return stream


def _recipe_of(source: str, classed: bool) -> DataRecipe:
    name, _, width = source.partition(":")
    if name != WORLD:
        return DataRecipe(folder=str(Path(source).expanduser()), classes="folders" if classed else "")
    try:
        share = float(width or DataRecipe.width)
    except ValueError:
        raise RecipeError(f"“{width}” is no width of a world: write a number from 0 to 1.") from None
    if not 0 <= share <= 1:
        raise RecipeError(f"The width of a world must lie between 0 and 1, but is {share:g}.")
    return DataRecipe(world=name, width=share, classes="seasons" if classed else "")


def new_model(generator: Any, name: str, about: Mapping[str, Any]) -> tuple[Learned, Model]:
    """The file of a trained generator for the library, in half precision, and the model as it will be read from it."""
    own = copy.deepcopy(generator).to("cpu").float().eval().requires_grad_(False)
    measure_w_avg(own)
    if own.family in FAMILIES:
        FAMILIES[own.family].settle(own)
    tensors = {key: _stored(value) for key, value in own.state_dict().items()}
    read = {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}
    own.load_state_dict(read)
    metadata = {"format": FORMAT, "version": str(VERSION), "family": str(own.family),
                "config": json.dumps(asdict(own.config)), "about": json.dumps({**about, "name": name})}
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"
    return (Learned(tensors, metadata, keep=f"models/{stem}.safetensors"),
            Model(stem, name, own, fingerprint_of(read)))


def _stored(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().contiguous()
    return tensor.to(torch.float16) if tensor.is_floating_point() else tensor
