"""Bringing in encoders of other programs: converted once, for one model, to a file that the regressor plugin opens.

An encoder is no model and does not say whose it is, so the user names the model. The new file lies in the folder
`regressors` beside models, is safetensors, and its metadata names the model's fingerprint, by which it is found
(`regressor_files`), and the network that its config describes (`resnet` in the regressor plugin).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save

from ganstudio.checkpoints.foreign import ChoiceValue, Content
from ganstudio.checkpoints.formats.latent_composition_encoder import ENCODERS, ForeignEncoder
from ganstudio.checkpoints.importing import free_path
from ganstudio.checkpoints.native import LoadedModel, ModelError
from ganstudio.checkpoints.opening import answers_of, read_content
from ganstudio.checkpoints.regressor_files import FOLDER
from ganstudio.document.atomic import disk_sentence, write_atomically

FORMAT, VERSION, NETWORK = "ganstudio-regressor", "1", "resnet"
"""As the regressor plugin's `files.py` reads them."""


def is_encoder(content: Content) -> bool:
    """Whether this is an encoder that can be brought in."""
    return any(format_.fits(content) for format_ in ENCODERS)


def read_encoder(content: Content, model: LoadedModel,
                 chosen: Mapping[str, ChoiceValue] | None = None) -> ForeignEncoder:
    """The encoder, for a model; `chosen` answers its choices. ModelError in one sentence when it is none, or was made
    for another kind of model."""
    fitting = next((format_ for format_ in ENCODERS if format_.fits(content)), None)
    if fitting is None:
        raise ModelError(f"“{content.path.name}” is no encoder that GAN Studio knows.")
    encoder = fitting.read(content, model.generator, {})
    return fitting.read(content, model.generator, answers_of(encoder.choices, chosen)) if chosen else encoder


def import_encoder(path: Path, model: LoadedModel, folder: Path,
                   chosen: Mapping[str, ChoiceValue] | None = None) -> Path:
    """Bring an encoder into a folder of models, for one of them; the new file's path. ModelError in one sentence."""
    encoder = read_encoder(read_content(path), model, chosen)
    about = {"model": model.info.name, "format": encoder.format, "source": str(path.resolve()),
             "choices": {choice.key: choice.default for choice in encoder.choices}}
    metadata = {"format": FORMAT, "version": VERSION, "fingerprint": model.fingerprint, "network": NETWORK,
                "config": json.dumps(dict(encoder.config)), "about": json.dumps(about)}
    tensors = {key: value.contiguous().clone() for key, value in encoder.tensors.items()}
    target = free_path(folder / FOLDER, f"{model.info.path.stem} {path.stem}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, save(tensors, metadata))
    except OSError as error:
        raise ModelError(disk_sentence(error, target)) from None
    return target
