"""Bringing in encoders: those of other programs are converted once, for one model, to a file that the regressor plugin
opens; regressors of ours, trained elsewhere, say which model they are for and are copied.

A foreign encoder is no model and does not say whose it is, so the user names the model. The new file lies in the folder
`regressors` beside models, is safetensors, and its metadata names the model's fingerprint, by which it is found
(`regressor_files`), and the network that its config describes (`resnet` in the regressor plugin).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save

from ganstudio.checkpoints.foreign import ChoiceValue, Content, tensors_of
from ganstudio.checkpoints.formats.latent_composition_encoder import ENCODERS, ForeignEncoder
from ganstudio.checkpoints.importing import free_path
from ganstudio.checkpoints.native import LoadedModel, ModelError, read_native
from ganstudio.checkpoints.opening import answers_of, read_content
from ganstudio.checkpoints.regressor_files import FOLDER, FORMAT, VERSION, is_regressor, owner
from ganstudio.document.atomic import disk_sentence, write_atomically

NETWORK = "resnet"
"""As the regressor plugin's `files.py` reads it."""


def is_encoder(content: Content) -> bool:
    """Whether this is an encoder that can be brought in."""
    return is_regressor(content.path) or any(format_.fits(content) for format_ in ENCODERS)


def read_encoder(content: Content, model: LoadedModel,
                 chosen: Mapping[str, ChoiceValue] | None = None) -> ForeignEncoder:
    """The encoder, for a model; `chosen` answers its choices. ModelError in one sentence when it is none, or was made
    for another kind of model."""
    if is_regressor(content.path):
        return _ours(content, model)
    fitting = next((format_ for format_ in ENCODERS if format_.fits(content)), None)
    if fitting is None:
        raise ModelError(f"“{content.path.name}” is no encoder that GAN Studio knows.")
    encoder = fitting.read(content, model.generator, {})
    return fitting.read(content, model.generator, answers_of(encoder.choices, chosen)) if chosen else encoder


def import_encoder(path: Path, model: LoadedModel, folder: Path,
                   chosen: Mapping[str, ChoiceValue] | None = None) -> Path:
    """Bring an encoder into a folder of models, for one of them; the new file's path. ModelError in one sentence."""
    encoder = read_encoder(read_content(path), model, chosen)
    if is_regressor(path):
        return _written(free_path(folder / FOLDER, path.stem), path.read_bytes())
    about = {"model": model.info.name, "format": encoder.format, "source": str(path.resolve()),
             "choices": {choice.key: choice.default for choice in encoder.choices}}
    metadata = {"format": FORMAT, "version": VERSION, "fingerprint": model.fingerprint, "network": NETWORK,
                "config": json.dumps(dict(encoder.config)), "about": json.dumps(about)}
    tensors = {key: value.contiguous().clone() for key, value in encoder.tensors.items()}
    return _written(free_path(folder / FOLDER, f"{model.info.path.stem} {path.stem}"), save(tensors, metadata))


def _ours(content: Content, model: LoadedModel) -> ForeignEncoder:
    """A regressor of ours as it is, for its very model; `model` may be a mere outline without a fingerprint."""
    fingerprint, name = owner(content.path)
    if fingerprint != (model.fingerprint or read_native(model.info.path).fingerprint):
        raise ModelError(f"“{content.path.name}” is a regressor of other weights ({name or 'another model'}), not of "
                         f"{model.info.name}.")
    return ForeignEncoder("regressor of GAN Studio", {}, tensors_of(content.tree), ())


def _written(target: Path, data: bytes) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
    except OSError as error:
        raise ModelError(disk_sentence(error, target)) from None
    return target
