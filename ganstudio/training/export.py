"""From a training to a model people open: the average's weights in half precision, in our native format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ganstudio.checkpoints.native import write_native
from ganstudio.training.companions import companion_path
from ganstudio.training.data import class_names_of
from ganstudio.training.families import family_of
from ganstudio.training.recipe import Recipe, recipe_from
from ganstudio.training.resume import load_network, read_resume, write_tensors

W_AVG_SAMPLES = 10_000


def measure_w_avg(generator: Any, seed: int = 0) -> None:
    """Set `w_avg` to the mean w of 10,000 latents, where there is one: the running one of training lags behind."""
    if generator.w_avg is None:
        return
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(W_AVG_SAMPLES, generator.z_dim, generator=random)
    classes = generator.num_classes
    labels = torch.eye(classes)[torch.randint(classes, (W_AVG_SAMPLES,), generator=random)] if classes else None
    with torch.no_grad():
        generator.w_avg.copy_(generator.map(z, labels).mean(dim=0))


def generator_of(recipe: Recipe) -> nn.Module:
    """The generator a recipe describes, with random weights."""
    classes = len(class_names_of(recipe.data))
    return family_of(recipe.model, classes).build(recipe.model, classes)


def load_trained(resume_path: Path) -> tuple[Any, Recipe, dict[str, Any]]:
    """The average generator of a training (float32), its recipe, and how far it had come. Raises ResumeError."""
    resume = read_resume(resume_path)
    recipe = recipe_from(resume.recipe)
    generator: Any = generator_of(recipe)
    load_network(generator, resume, "average")
    progress = resume.progress
    done = {"kimg": round(progress.seen / 1000, 1), "steps": progress.step, "hours": round(progress.seconds / 3600, 2)}
    return generator.eval().requires_grad_(False), recipe, done


def export_model(resume_path: Path, output: Path, about: Mapping[str, Any] | None = None) -> Any:
    """Write the model of a training to `output`; `about` adds to the description. Raises ResumeError, OSError."""
    generator, recipe, done = load_trained(resume_path)
    measure_w_avg(generator)
    family_of(recipe.model).settle(generator)
    output.parent.mkdir(parents=True, exist_ok=True)
    description = {"name": recipe.name, "recipe": recipe.as_dict(), "trained": done, **(about or {})}
    if names := class_names_of(recipe.data):
        description["class_names"] = list(names)
    write_native(output, generator, about=description)
    return generator


def export_discriminator(resume_path: Path, model: Path) -> Path:
    """Keep the discriminator of a training beside its model, as a companion; where. Raises ResumeError, OSError.

    Measuring looks and joint training need no more than that; it is about a third of the resume file.
    """
    resume = read_resume(resume_path)
    path = companion_path(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    judged = {key: value for key, value in resume.tensors.items() if key.startswith("discriminator.")}
    write_tensors(path, judged, resume.progress, resume.recipe)
    return path
