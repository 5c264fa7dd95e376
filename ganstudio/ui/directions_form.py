"""Directions of another program on their way to the open model: which of its spaces they are of, and how many."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSpinBox, QWidget

from ganstudio.checkpoints.direction_files import DirectionFile, fit, spaces_of
from ganstudio.document.latent import Direction, LayerRange
from ganstudio.document.parcel import unpacked
from ganstudio.session.studio import Studio
from ganstudio.ui.text import tr

FIRST = 20
"""How many are taken unless the user wants more; files hold hundreds, and the first say most."""


class DirectionsForm(QWidget):
    """`problem` says in one sentence why they do not fit the open model; else `directions` makes them ours."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._file: DirectionFile | None = None
        self._model: Any = None
        self._ready: tuple[Direction, ...] = ()
        self.problem = ""
        self.model, self.space, self.count = QLabel(self), QComboBox(self), QSpinBox(self)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(tr("For the model"), self.model)
        form.addRow(tr("&Space"), self.space)
        form.addRow(tr("&How many"), self.count)
        self._form = form
        self.space.setToolTip(tr("Files seldom say whether their numbers are of z or of w"))

    def show_file(self, found: Mapping[str, Any]) -> None:
        """Fit what was found to the open model, unless a plugin did."""
        if "parcel" in found:
            self._show_ready(found)
            return
        self._file = file_of(found)
        try:
            self._model = self._studio.library.load(self._studio.session.document.model.id)
            fitted = fit(self._file, self._model.generator, self._model.fingerprint)
        except (OSError, ValueError) as error:
            self.problem = str(error)
            self.setEnabled(False)
            return
        self.model.setText(self._model.info.name)
        for space in spaces_of(self._file, self._model.generator):
            self.space.addItem(space, space)
        self.space.setCurrentIndex(self.space.findData(fitted[0].space))
        self.space.setEnabled(self.space.count() > 1)
        self.count.setRange(1, len(fitted))
        self.count.setValue(min(FIRST, len(fitted)))

    def _show_ready(self, found: Mapping[str, Any]) -> None:
        """There is nothing to fill in; the other answers are asked for by the file."""
        self.model.setText(str(found["model"]))
        try:
            self._ready, self.problem = unpacked(base64.b64decode(found["parcel"])), str(found["problem"])
        except ValueError as error:
            self.problem = tr("These directions are damaged ({why}).").format(why=error)
        for field in (self.space, self.count):
            self._form.setRowVisible(field, False)

    def directions(self, name: str) -> tuple[Direction, ...]:
        """As many as were asked for, under this name; of several that are ready, each under its own."""
        if self._file is None or self.problem:
            return () if self.problem else self._renamed(name)
        file = replace(self._file, name=name or self._file.name)
        found = fit(file, self._model.generator, self._model.fingerprint, self.space.currentData())
        return found[:self.count.value()]

    def _renamed(self, name: str) -> tuple[Direction, ...]:
        if len(self._ready) != 1 or not name:
            return self._ready
        return (replace(self._ready[0], name=name),)


def file_of(found: Mapping[str, Any]) -> DirectionFile:
    """What the other process read."""
    vectors = np.frombuffer(base64.b64decode(found["vectors"]), "<f4").reshape(found["shape"]).astype(np.float32)
    layers = None if found["layers"] is None else LayerRange(*found["layers"])
    return DirectionFile(Path(found["file"]), str(found["format"]), vectors, float(found["reach"]),
                         str(found["sha256"]), str(found["name"]), tuple(found["shares"]), str(found["space"]), layers)
