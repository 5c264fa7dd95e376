"""Looking at a model file of any program, and bringing it into a folder of models: converted once, as safetensors.

Nothing of the file is kept but its tensors and what they mean. The description of the new file says where it came
from: format, source, SHA-256, terms and the answers to what the tensors left open.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ganstudio.api import LayerInfo
from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign
from ganstudio.checkpoints.native import FAMILIES, FORMAT, ModelError, ModelInfo, read_info, read_native, write_native
from ganstudio.checkpoints.opening import open_foreign, read_content
from ganstudio.checkpoints.sniffing import Kind, kind_of
from ganstudio.document.atomic import disk_sentence, write_atomically

OURS = "GAN Studio"
UNKNOWN_TERMS = "The file does not say what its licence allows: ask whoever made it before you publish anything."
TERMS = {"NVIDIA": "NVIDIA's own networks are for research and non-commercial use; a network that somebody else "
                   "trained with NVIDIA's program is under that person's terms."}
"""What is known of the licences of a program's published weights, by how the format's name begins."""
GENERIC = re.compile(r"(?:network[-_]snapshot[-_]?|g[-_]?ema|gs?|netg|generator|pytorch[-_]model|model|checkpoint|ckpt|"
                     r"epoch|latest|best|final|weights|[-_.]|stripped|\d)+", re.I)
"""File names that say nothing of what is in them; the folder's name says more."""
CHUNK = 4 << 20
STALE = 3600
"""Seconds after which a half-written file is nobody's work in progress."""


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a model file is, told without importing it.

    `parameters` counts the numbers that were learned; `size` is in bytes; `choices` are what the file leaves open,
    each with the answer used as its default; `ours` says that the file is in our own format already.
    """

    path: Path
    name: str
    format: str
    generator: Any
    size: int
    sha256: str
    terms: str
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False

    @property
    def family(self) -> str:
        """The architecture's short name."""
        return str(self.generator.family)

    @property
    def resolution(self) -> int:
        """Side of the pictures in pixels."""
        return int(self.generator.resolution)

    @property
    def classes(self) -> int:
        """How many classes there are to choose from; 0 without."""
        return int(self.generator.num_classes)

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return sum(parameter.numel() for parameter in self.generator.parameters())

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layers that take a w."""
        return tuple(self.generator.layers)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values, for programs."""
        generator = self.generator
        return {
            "file": str(self.path), "name": self.name, "format": self.format, "family": self.family,
            "resolution": self.resolution, "classes": self.classes, "parameters": self.parameters,
            "space": generator.space, "z_dim": generator.z_dim, "w_dim": generator.w_dim,
            "layers": [{"name": layer.name, "resolution": layer.resolution} for layer in self.layers],
            "size": self.size, "sha256": self.sha256, "terms": self.terms, "notes": list(self.notes),
            "choices": [{"key": c.key, "title": c.title, "value": c.default, "values": list(c.values), "why": c.why}
                        for c in self.choices],
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Step:
    """How far an import is: what is done now, the share of the whole, and at the end what was made."""

    text: str
    fraction: float
    path: Path | None = None
    inspection: Inspection | None = None


def inspect(path: Path, chosen: Mapping[str, ChoiceValue] | None = None) -> Inspection:
    """What a file or folder of any program holds; ModelError in one sentence when it is no model."""
    if is_ours(path):
        return _inspect_ours(path, chosen or {})
    return inspect_content(read_content(path), chosen)


def inspect_content(content: Content, chosen: Mapping[str, ChoiceValue] | None = None) -> Inspection:
    """The same of another program's file that was read already."""
    return _inspection(content, open_foreign(content, chosen))


def is_ours(path: Path) -> bool:
    """Whether a file is in our own format, sound or not; ModelError when it is no model at all."""
    if kind_of(path) is not Kind.SAFETENSORS:
        return False
    try:
        with safe_open(path, framework="pt") as file:
            return bool((file.metadata() or {}).get("format") == FORMAT)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"“{path.name}” is damaged ({error}).") from None


def _inspect_ours(path: Path, chosen: Mapping[str, ChoiceValue]) -> Inspection:
    if chosen:
        raise ModelError(f"“{path.name}” is a GAN Studio model: it leaves nothing open to set.")
    model = read_native(path)
    about = model.info.about
    return Inspection(path, model.info.name, str(about.get("format") or OURS), model.generator, path.stat().st_size,
                      hash_of(path), model.info.terms or UNKNOWN_TERMS, facts=about, ours=True)


def _inspection(content: Content, foreign: Foreign) -> Inspection:
    path = content.path
    if foreign.generator.family not in FAMILIES:
        raise ModelError(f"“{path.name}” is of a family this version does not know: “{foreign.generator.family}”.")
    terms = str(foreign.facts.get("terms") or _terms(foreign.format))
    return Inspection(path, name_for(path), foreign.format, foreign.generator, path.stat().st_size, hash_of(path),
                      terms, foreign.choices, foreign.notes, foreign.facts)


def _terms(format_: str) -> str:
    return next((text for start, text in TERMS.items() if format_.startswith(start)), UNKNOWN_TERMS)


def name_for(path: Path) -> str:
    """What to call a model until somebody names it: the file's name, or its folder's where that says more."""
    stem = path.parent.name if GENERIC.fullmatch(path.stem) and path.parent.name else path.stem
    words = re.sub(r"[\s_]+", " ", stem).strip()
    return words[:1].upper() + words[1:] if words else "Model"


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, in hex digits; ModelError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(disk_sentence(error, path)) from None
    return digest.hexdigest()


def import_model(path: Path, folder: Path, chosen: Mapping[str, ChoiceValue] | None = None, *, name: str = "",
                 source: str = "") -> Iterator[Step]:
    """Bring a model into a folder; the last step has its new path. Iterating is the work, so it can be a job.

    `name` is what to call it (else a name is made of the file's), `source` where it came from (else the file's path).
    A file that was imported before with the same answers is not written again. ModelError in one sentence; leaving
    early, or failing, leaves nothing behind.
    """
    yield Step("Reading the file", 0.05)
    inspection = inspect(path, chosen)
    if name:
        inspection = replace(inspection, name=name)
    yield Step("Writing the model", 0.6, inspection=inspection)
    yield Step("Done", 1.0, add_model(inspection, folder, source, again=bool(name)), inspection)


def add_model(inspection: Inspection, folder: Path, source: str = "", *, again: bool = False) -> Path:
    """Write what was inspected as a model of its own; the new file. `again` does so though it was done before.

    ModelError in one sentence; then nothing was written.
    """
    before = None if again else _imported_before(folder, inspection)
    return before or _write(inspection, folder, source or str(inspection.path.resolve()))


def _write(inspection: Inspection, folder: Path, source: str) -> Path:
    target = free_path(folder, inspection.name)
    _clear(folder)
    try:
        if inspection.ours:
            write_atomically(target, inspection.path.read_bytes())
        else:
            write_native(target, inspection.generator, about=about_of(inspection, source), half=False)
    except OSError as error:
        raise ModelError(disk_sentence(error, target)) from None
    return target


def _clear(folder: Path) -> None:
    """Remove what an import that was killed left long ago."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE:
                part.unlink()


def about_of(inspection: Inspection, source: str) -> dict[str, Any]:
    """What the new file tells of itself."""
    choices = {choice.key: choice.default for choice in inspection.choices}
    return {**inspection.facts, "name": inspection.name, "terms": inspection.terms, "format": inspection.format,
            "parameters": inspection.parameters, "source": source, "sha256": inspection.sha256,
            "notes": list(inspection.notes), "choices": choices}


def _imported_before(folder: Path, inspection: Inspection) -> Path | None:
    """The file that an earlier import of the same bytes with the same answers made."""
    choices = {choice.key: choice.default for choice in inspection.choices}
    for path in sorted(folder.glob("*.safetensors")):
        info = _info(path)
        if inspection.ours and path.stat().st_size == inspection.size and hash_of(path) == inspection.sha256:
            return path
        if info and info.about.get("sha256") == inspection.sha256 and info.about.get("choices") == choices:
            return path
    return None


def _info(path: Path) -> ModelInfo | None:
    try:
        return read_info(path)
    except ModelError:
        return None


def free_path(folder: Path, name: str) -> Path:
    """A file name that is not taken, made of a model's name; it is the model's id from then on."""
    stem = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:60] or "model"
    if re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", stem):
        stem = f"model-{stem}"
    taken = {path.stem.lower() for path in folder.glob("*.safetensors")}
    number = 2
    found = stem
    while found in taken:
        found, number = f"{stem}-{number}", number + 1
    return folder / f"{found}.safetensors"
