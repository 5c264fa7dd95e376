"""How fast the picture follows a part: `python -m tests.benchmarks.collage [--model ID] [--threads N] [--parts N]`.

Three seeds lie on the canvas and the topmost moves a little in every frame. Prints how long the parts of one frame
take (cut and composite, encoder, synthesis), encoder and synthesis one after the other (which takes longer than each by
itself, for they push each other out of the caches), the whole, and how long the same takes when the look alone changes.
The exit status is 1 when the whole takes more than 1.3 times encoder and synthesis one after the other, or when there
are fewer than 20 frames a second. Run it on an idle machine. The model needs a regressor (`ganstudio train regressor`),
which is looked for as the program does; without one, one with random weights of the usual size stands in, for it takes
as long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from ganstudio.api import Model
from ganstudio.checkpoints.library import ModelLibrary, usual_folders
from ganstudio.document.collage import Collage, Picture, Source, part_of
from ganstudio.document.document import Document
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.document.mask import ellipse, rectangle
from ganstudio.document.refinement import Refinement
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.latent import ws_of
from ganstudio.render.precision import best_mode
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Shot

SEEDS = (3, 11, 25)
FRAMES, WARM = 120, 12
SHARE, RATE = 1.3, 20.0


def regressors(library: ModelLibrary, registry: PluginRegistry, model_id: str, folder: Path) -> Regressors:
    """Those of the program; a stand-in for a model that has none."""
    found = Regressors(registry)
    if found.file_for(library.load(model_id)) is None:
        print("There is no regressor for this model: one with random weights stands in.")
        write_stand_in(folder / "regressors" / "stand-in.safetensors", library, registry, model_id)
        found = Regressors(registry, [*usual_folders(), folder])
    return found


def write_stand_in(path: Path, library: ModelLibrary, registry: PluginRegistry, model_id: str) -> None:
    """An encoder as wide as the training would choose."""
    registry.regressors()
    plugin = {n: sys.modules[f"ganstudio_plugins.regressor.{n}"] for n in ("encoder", "files")}
    loaded = library.load(model_id)
    generator: Any = loaded.generator
    outputs, dim = (1, generator.z_dim) if generator.space == "z" else (generator.num_ws, generator.w_dim)
    width = plugin["encoder"].fitting_width(generator.resolution, outputs, dim)
    config = plugin["encoder"].EncoderConfig("rgbm", width, generator.resolution, outputs, dim)
    learned = plugin["files"].file_of(plugin["encoder"].Encoder(config), Model(
        model_id, loaded.info.name, generator, loaded.fingerprint), {})
    path.parent.mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in learned.tensors.items()}, path, dict(learned.metadata))


def a_collage(renderer: Renderer, document: Document, count: int) -> Collage:
    """Parts of several seeds, the lowest whole."""
    parts = []
    for number in range(count):
        seed = SEEDS[number % len(SEEDS)] + number
        base = replace(document, latent=seed_look(document, seed))
        pixels = renderer.render(Shot(base)).pixels
        side = pixels.shape[0]
        mask = None if number == 0 else (ellipse, rectangle)[number % 2](
            (side, side), side * 0.2, side * 0.3, side * 0.7, side * 0.8)
        parts.append(part_of(Picture.of(pixels, Source("seed", document.model.id, seed)), str(seed), mask))
    return Collage(tuple(parts))


def seed_look(document: Document, seed: int) -> Latent:
    """The document's look of another seed."""
    return replace(document.latent, base=replace(base_from_seed(seed, len(document.latent.base.z)),
                                                 label=document.latent.base.label))


def moved(document: Document, collage: Collage, step: int) -> Document:
    """The topmost part a little elsewhere."""
    part = collage.parts[-1]
    place = replace(part.placement, x=0.5 + 0.3 * np.sin(step / 7), y=0.5 + 0.2 * np.cos(step / 9))
    return replace(document, collage=collage.with_part(replace(part, placement=place)))


def median(work: Callable[[int], object]) -> float:
    """Milliseconds of one call, at the median."""
    times = []
    for step in range(WARM + FRAMES):
        start = perf_counter()
        work(step)
        times.append(perf_counter() - start)
    return float(np.median(times[WARM:])) * 1000


def measure(renderer: Renderer, document: Document, count: int) -> bool:
    """Print the figures; whether the limits hold."""
    collage = a_collage(renderer, document, count)
    model, mode = renderer.model(document), best_mode(torch.device("cpu"))
    regression = renderer.regression
    regressor = regression.regressor_for(model)
    assert regressor is not None
    ready, drawer = regression.prepared(regressor, mode), renderer._drawer(model, mode)
    image, mask = regression.composite(model, collage, mode.device)
    latents = [regression.find(model, moved(document, collage, s + 1000).collage, None, mode) for s in range(132)]

    def encode(_: int) -> None:
        with torch.inference_mode():
            ready.regress(image, mask).float().cpu()

    def synthesize(step: int) -> None:
        found = latents[step % len(latents)]
        assert found is not None
        ws = ws_of(model.generator, document.latent, found.latent)
        with torch.inference_mode():
            drawer(ws, "const", None, True).sum().item()

    def both(step: int) -> None:
        encode(step)
        synthesize(step)

    still = replace(document, collage=collage, refinement=Refinement(np.zeros(latents[0].latent.shape[1:], np.float32),
                                                                     collage.key))
    parts = {
        "cut and composite": median(lambda s: regression.composite(model, moved(document, collage, s).collage, "cpu")),
        "encoder": median(encode), "synthesis": median(synthesize),
        "encoder, then synthesis": median(both),
        "the whole frame": median(lambda s: renderer.render(Shot(moved(document, collage, s + 5000)))),
        "a slider on a still collage": median(lambda s: renderer.render(Shot(replace(still, refinement=replace(
            still.refinement, amount=(s % 100) / 100))))),
    }
    for name, value in parts.items():
        print(f"{name:>28} {value:8.2f} ms")
    ratio = parts["the whole frame"] / parts["encoder, then synthesis"]
    rate = 1000 / parts["the whole frame"]
    print(f"{rate:.1f} frames a second (at least {RATE:g}); {ratio:.2f} of both (at most {SHARE})")
    return rate >= RATE and ratio <= SHARE


def main() -> int:
    """Measure one model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="landscape")
    parser.add_argument("--parts", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="else as many as the program would take")
    arguments = parser.parse_args()
    library = ModelLibrary(usual_folders())
    registry = PluginRegistry(library)
    with tempfile.TemporaryDirectory() as folder:
        sight = regressors(library, registry, arguments.model, Path(folder))
        renderer = Renderer(library, "cpu", sight=sight)
        document = library.default_document(arguments.model)
        renderer.render(Shot(document))
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        print(f"{arguments.model}, {renderer.mode_text}, {torch.get_num_threads()} threads, {arguments.parts} parts")
        return 0 if measure(renderer, document, arguments.parts) else 1


if __name__ == "__main__":
    sys.exit(main())
