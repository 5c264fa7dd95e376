"""From a training to a model people open: the average's weights in half precision, in our native format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ganstudio.checkpoints.native import write_native
from ganstudio.generators.stylegan2 import StyleGAN2
from ganstudio.training.recipe import Recipe, recipe_from
from ganstudio.training.resume import load_network, read_resume

W_AVG_SAMPLES = 10_000


def measure_w_avg(generator: StyleGAN2, seed: int = 0) -> None:
    """Set `w_avg` to the mean w of 10,000 latents: the running one of training lags behind."""
    z = torch.randn(W_AVG_SAMPLES, generator.config.z_dim, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        generator.mapping.w_avg.copy_(generator.map(z).mean(dim=0))


def load_trained(resume_path: Path) -> tuple[StyleGAN2, Recipe, dict[str, Any]]:
    """The average generator of a training (float32), its recipe, and how far it had come. Raises ResumeError."""
    resume = read_resume(resume_path)
    recipe = recipe_from(resume.recipe)
    generator = StyleGAN2(recipe.model.config())
    load_network(generator, resume, "average")
    progress = resume.progress
    done = {"kimg": round(progress.seen / 1000, 1), "steps": progress.step, "hours": round(progress.seconds / 3600, 2)}
    return generator.eval().requires_grad_(False), recipe, done


def export_model(resume_path: Path, output: Path, about: Mapping[str, Any] | None = None) -> StyleGAN2:
    """Write the model of a training to `output`; `about` adds to the description. Raises ResumeError, OSError."""
    generator, recipe, done = load_trained(resume_path)
    measure_w_avg(generator)
    output.parent.mkdir(parents=True, exist_ok=True)
    description = {"name": recipe.name, "recipe": recipe.as_dict(), "trained": done, **(about or {})}
    write_native(output, generator, about=description)
    return generator
