"""Which regressor belongs to a model, and whose eyes judge its pictures: what the renderer is given from plugins.

The renderer knows neither plugins nor folders; it asks a value like this one (`ganstudio.render.regression.Sight`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import RLock

from ganstudio.api import Model, Perceptual, Regressor
from ganstudio.checkpoints.library import usual_folders
from ganstudio.checkpoints.native import LoadedModel
from ganstudio.checkpoints.regressor_files import regressor_file
from ganstudio.registry import PluginRegistry

NO_READER = "No plugin here opens regressors, so “{name}” cannot be used."


class Regressors:
    """Finds, opens and keeps regressors; safe from any thread."""

    def __init__(self, registry: PluginRegistry, folders: Sequence[Path] | None = None) -> None:
        self._registry = registry
        self._folders = tuple(usual_folders() if folders is None else folders)
        self._lock = RLock()
        self._open: tuple[tuple[str, Path, int], Regressor] | None = None
        self._eyes: tuple[str, Perceptual] | None = None

    def file_for(self, model: LoadedModel) -> Path | None:
        """Where its regressor lies, looked for anew each time, so that one just trained is found; None for none."""
        return regressor_file(model.info.path, model.fingerprint, self._folders)

    def regressor_for(self, model: LoadedModel) -> Regressor | None:
        """The regressor of a model, None where there is none; ValueError in one sentence when it cannot be used."""
        with self._lock:
            if (path := self.file_for(model)) is None:
                return None
            key = (model.fingerprint, path, path.stat().st_mtime_ns)
            if self._open is None or self._open[0] != key:
                self._open = key, self._read(path, model)
            return self._open[1]

    def perceptual_for(self, model: LoadedModel) -> Perceptual:
        """The best measure of likeness there is for the pictures of a model."""
        with self._lock:
            if self._eyes is None or self._eyes[0] != model.fingerprint:
                host = self._registry.host
                path = str(model.info.path)
                self._eyes = model.fingerprint, host.perceptual(host.load_model(path))
            return self._eyes[1]

    def _read(self, path: Path, model: LoadedModel) -> Regressor:
        refusal = ValueError(NO_READER.format(name=path.name))
        for reader in self._registry.regressors().values():
            try:
                return reader.read(path, Model(str(model.info.path), model.info.name, model.generator,
                                               model.fingerprint))
            except ValueError as error:
                refusal = error
        raise refusal
