"""A photo and its square to the latent of the document's model, as a job."""

from __future__ import annotations

from collections.abc import Iterator

from ganstudio.document.document import Document
from ganstudio.document.tiles import Bytes
from ganstudio.render.bench import Target
from ganstudio.render.crop import Square, cropped
from ganstudio.render.project import project
from ganstudio.render.refine import Progress
from ganstudio.render.renderer import Renderer


def project_photo(renderer: Renderer, document: Document, time: float, pixels: Bytes, square: Square,
                  steps: int) -> Iterator[Progress]:
    """Find what the model draws of a photo, uint8 [h, w, 3], in a square; RenderError or ModelError in one sentence."""
    bench = renderer.bench(document, time)
    image = cropped(pixels, square, bench.generator.resolution)
    yield from project(bench, Target.whole(image.to(bench.device)), steps)
