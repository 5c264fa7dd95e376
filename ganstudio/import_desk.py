"""The import dialog's other half: a process that reads a file, so that no file can freeze or end the window.

    python -m ganstudio.import_desk FILE [--source ADDRESS] [--model ID]

takes a JSON object a line: `{"do": "look", "choices": {...}}` asks for the model under these answers and for pictures
of it, `{"do": "import", "choices": {...}, "name": ..., "model": ...}` brings it in (`model` is whose encoder it is).
It prints a JSON object a line: `event` is "model" (what `Inspection.as_json` tells), "encoder", "directions",
"picture" (a PNG, base64), "imported" (`path`), "step" (`text`) or "error" (one sentence). It ends with its input.
Directions that a plugin reads are fitted here, to the model of `--model`, and told ready (`parcel`).
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ganstudio.api import DirectionReader, Model, truncates
from ganstudio.checkpoints.direction_files import DirectionFile, directions_in, holds_directions, may_be_directions
from ganstudio.checkpoints.direction_files import read_directions as read_direction_file
from ganstudio.checkpoints.encoders import import_encoder, is_encoder, read_encoder
from ganstudio.checkpoints.foreign import ChoiceValue, Content
from ganstudio.checkpoints.importing import Inspection, add_model, hash_of, inspect, inspect_content, is_ours
from ganstudio.checkpoints.library import PSI, ModelLibrary, usual_folders
from ganstudio.checkpoints.native import LoadedModel, ModelError, outline, read_info
from ganstudio.checkpoints.opening import read_content
from ganstudio.checkpoints.regressor_files import owner
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.document.parcel import packed
from ganstudio.registry import PluginRegistry
from ganstudio.render.latent import ws_of
from ganstudio.render.renderer import to_pixels

SEEDS, SIDE = (0, 1, 2), 128
"""Of which pictures are shown, and their side in pixels."""
Answers = Mapping[str, ChoiceValue]


class Desk:
    """One file, read once; each way to look at it is a walk through the lines to print."""

    def __init__(self, path: Path, source: str = "", model: str = "") -> None:
        self._path, self._source, self._model = path, source, model
        self._content: Content | None = None
        self._directions: DirectionFile | None = None
        self._reader: DirectionReader | None = None
        self._library = ModelLibrary(usual_folders())
        self._plugins = PluginRegistry(self._library)

    def look(self, choices: Answers) -> Iterator[dict[str, Any]]:
        """What the file is, then pictures, so that whoever asks again need not wait for all of them."""
        yield from self._read()
        if self._reader is not None:
            yield from self._look_with(self._reader, choices)
        else:
            yield from self._look_at_directions() if self._directions else self._look_at_model(choices)

    def bring_in(self, choices: Answers, name: str, model: str) -> Iterator[dict[str, Any]]:
        """Import it; the last line has the new file's path."""
        yield from self._read()
        yield {"event": "step", "text": "Writing the model"}
        folder = usual_folders()[-1]
        if self._content is not None and is_encoder(self._content):
            path = import_encoder(self._content.path, self._library.load(model), folder, choices)
        else:
            told = self._inspect(choices)
            path = add_model(replace(told, name=name or told.name), folder, self._source,
                             again=bool(name) and name != told.name)
        yield {"event": "imported", "path": str(path)}

    def _read(self) -> Iterator[dict[str, Any]]:
        """Read the file, unless it was."""
        if any(found is not None for found in (self._content, self._directions, self._reader)):
            return
        yield {"event": "step", "text": "Reading the file"}
        if self._path.is_file() and may_be_directions(self._path):
            self._directions = read_direction_file(self._path)
            return
        if (reader := self._plugins.direction_reader_of(self._path)) is not None:
            self._reader = reader
            return
        self._content = read_content(self._path)
        if holds_directions(self._content.tree):
            self._directions = directions_in(self._path, self._content.tree, hash_of(self._path))

    def _inspect(self, choices: Answers) -> Inspection:
        assert self._content is not None
        path = self._content.path
        return inspect(path, choices) if is_ours(path) else inspect_content(self._content, choices)

    def _look_at_model(self, choices: Answers) -> Iterator[dict[str, Any]]:
        assert self._content is not None
        if is_encoder(self._content):
            yield from self._look_at_encoder(choices)
            return
        told = self._inspect(choices)
        yield {"event": "model", "ours": told.ours, **told.as_json(), "source": self._source or str(told.path)}
        yield from pictures(told)

    def _look_at_encoder(self, choices: Answers) -> Iterator[dict[str, Any]]:
        """The models whose latent it answers, and the choices it leaves for one."""
        assert self._content is not None
        found, encoder = [], None
        for entry in self._library.entries():
            with suppress(ModelError):
                if entry.available and entry.path is not None:
                    model = LoadedModel(info := read_info(entry.path), outline(info), "")
                    encoder = read_encoder(self._content, model, choices)
                    found.append({"id": entry.id, "name": entry.name})
        if encoder is None:
            name = owner(self._path)[1]
            whose = f" (“{name}”, with other weights than any here)" if name else ""
            raise ModelError(f"“{self._path.name}” is an encoder, but for none of the models in the library: bring in "
                             f"the model that it was made for{whose} first.")
        yield {"event": "encoder", "format": encoder.format, "file": str(self._path), "models": found,
               "choices": [choice_json(c) for c in encoder.choices]}

    def _look_with(self, reader: DirectionReader, choices: Answers) -> Iterator[dict[str, Any]]:
        """What a plugin finds in the file for the model that it is asked for."""
        loaded = self._library.load(self._model)
        model = Model(self._model, loaded.info.name, loaded.generator, loaded.fingerprint)
        found = reader.read(self._path, model, choices)
        numbers = found.directions[0].parameters if found.directions else {}
        yield {"event": "directions", "file": str(self._path), "format": found.format, "name": found.name,
               "sha256": str(numbers.get("sha256", "")), "made_for": found.made_for,
               "model": model.name, "problem": found.problem, "notes": list(found.notes),
               "names": [direction.name for direction in found.directions],
               "choices": [choice_json(c) for c in found.choices],
               "parcel": base64.b64encode(packed(found.directions)).decode("ascii")}

    def _look_at_directions(self) -> Iterator[dict[str, Any]]:
        assert self._directions is not None
        file = self._directions
        yield {"event": "directions", "file": str(self._path), "format": file.source, "name": file.name,
               "sha256": file.sha256, "reach": file.reach, "space": file.space, "shares": list(file.shares),
               "layers": None if file.layers is None else [file.layers.first, file.layers.last],
               "shape": list(file.vectors.shape),
               "vectors": base64.b64encode(np.ascontiguousarray(file.vectors, "<f4").tobytes()).decode("ascii")}


def choice_json(choice: Any) -> dict[str, Any]:
    """A choice as plain values."""
    return {"key": choice.key, "title": choice.title, "value": choice.default, "values": list(choice.values),
            "why": choice.why}


def pictures(told: Inspection) -> Iterator[dict[str, Any]]:
    """Pictures of a few seeds in one strip, one more at a time."""
    psi = float(told.facts.get("psi", PSI)) if truncates(told.generator) else 1.0
    shown: list[Any] = []
    for seed in SEEDS:
        base = base_from_seed(seed, told.generator.z_dim, told.generator.num_classes,
                              seed % max(1, told.generator.num_classes))
        with torch.inference_mode():
            image = told.generator.synthesize(ws_of(told.generator, Latent(base, psi)))
        if not bool(torch.isfinite(image).all()):
            raise ModelError("With these answers the model draws no picture: its numbers grow past all bounds.")
        shown.append(_rgb(to_pixels(image, SIDE)))
        yield {"event": "picture", "png": _png(np.concatenate(shown, axis=1)), "of": len(SEEDS), "done": len(shown)}


def _rgb(pixels: Any) -> Any:
    """RGBA over grey."""
    if pixels.shape[2] != 4:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * alpha + 128 * (1 - alpha)).astype(np.uint8)


def _png(pixels: Any) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", compress_level=3)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def serve(desk: Desk, orders: queue.Queue[dict[str, Any] | None]) -> None:
    """Carry out orders until there is None; a look is left as soon as another order waits."""
    while (order := orders.get()) is not None:
        try:
            for line in _steps(desk, order):
                print(json.dumps(line), flush=True)
                if line["event"] == "picture" and not orders.empty():
                    break
        except Exception as error:
            print(json.dumps({"event": "error", "text": sentence(error)}), flush=True)


def sentence(error: Exception) -> str:
    """What to tell the user of an error."""
    if isinstance(error, MemoryError):
        return "There is not enough memory to open this file."
    text = next(iter(str(error).strip().splitlines()), "")
    return text if text and isinstance(error, ValueError | OSError | RuntimeError) else \
        f"This file cannot be opened ({type(error).__name__}: {text})."


def _steps(desk: Desk, order: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    choices = dict(order.get("choices") or {})
    if order.get("do") == "import":
        return desk.bring_in(choices, str(order.get("name") or ""), str(order.get("model") or ""))
    return desk.look(choices)


def _listen(orders: queue.Queue[dict[str, Any] | None]) -> None:
    for line in sys.stdin:
        with suppress(ValueError):
            orders.put(dict(json.loads(line)))
    orders.put(None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a file and answer orders from stdin; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ganstudio.import_desk")
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", default="")
    parser.add_argument("--model", default="")
    chosen = parser.parse_args(arguments)
    orders: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    try:
        serve(Desk(chosen.file, chosen.source, chosen.model), orders)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end: leave nothing half-written
    sys.exit(main())
