"""A whole studio around the exact tiny generator, for tests of widgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document
from ganstudio.gpu import Gpu
from ganstudio.registry import PluginRegistry
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError
from ganstudio.session.jobs import Jobs
from ganstudio.session.live import Live
from ganstudio.session.opening import Opening
from ganstudio.session.preferences import Preferences
from ganstudio.session.session import Session
from ganstudio.session.shelves import Shelves
from ganstudio.session.studio import Studio
from tests.models import TinyLibrary, tiny_document


@contextmanager
def tiny_studio(folder: Path, document: Document | None = None, library: ModelLibrary | None = None,
                plugins: tuple[Path, ...] = (), sight: Any = None) -> Iterator[Studio]:
    """Everything a widget may reach for, its files below `folder`; the worker is stopped at the end."""
    library = library or TinyLibrary()
    renderer = Renderer(library, "cpu", sight=sight, beside_others=True)
    gpu = Gpu(renderer.render, expected=(RenderError, ModelError))
    session = Session(document or tiny_document())
    jobs, preferences = Jobs(gpu), Preferences(folder / "settings.json")
    registry, shelves = PluginRegistry(library, plugins, ()), Shelves(folder / "directions")
    parts: dict[str, Any] = {
        "session": session, "live": Live(session, gpu), "jobs": jobs, "gpu": gpu, "library": library,
        "renderer": renderer, "registry": registry, "preferences": preferences, "shelves": shelves,
        "opening": Opening(session, jobs, library, registry, shelves, preferences),
    }
    gpu.start()
    try:
        yield Studio(**{f.name: parts[f.name] for f in fields(Studio)})
    finally:
        gpu.stop()
