"""Everything the window's parts share, built once in `ganstudio.app` and handed to them as one value."""

from __future__ import annotations

from dataclasses import dataclass

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.gpu import Gpu
from ganstudio.registry import PluginRegistry
from ganstudio.render.renderer import Renderer
from ganstudio.session.jobs import Jobs
from ganstudio.session.live import Live
from ganstudio.session.opening import Opening
from ganstudio.session.preferences import Preferences
from ganstudio.session.session import Session
from ganstudio.session.shelves import Shelves


@dataclass(frozen=True)
class Studio:
    """The services of a running program; widgets take the studio and reach for what they need."""

    session: Session
    live: Live
    jobs: Jobs
    gpu: Gpu
    library: ModelLibrary
    renderer: Renderer
    registry: PluginRegistry
    preferences: Preferences
    shelves: Shelves
    opening: Opening
