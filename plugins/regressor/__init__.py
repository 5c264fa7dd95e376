"""The latent regressor: one pass from a picture with parts missing to the latent of a whole one.

Chai, Wulff and Isola, "Using latent space regression to analyze and leverage compositionality in GANs" (ICLR 2021): an
encoder E learns from a generator's own samples to answer E(masked picture, mask) with a latent whose picture agrees
with what is visible and is plausible elsewhere. Parts laid on a canvas come back as one coherent picture.

`masks` hides and draws masks, `encoder` is the network, `training` teaches it, `files` keeps it. To train the one of
Landscapes (25 minutes a 100,000 samples on one core to itself, with bf16 units; the same command goes on after a stop):

    mkdir -p resources/models/training                                # optional: the eyes of the model's own judge
    cp runs/landscape64/resume.safetensors resources/models/training/landscape.safetensors
    ganstudio train regressor --model landscape --kimg 400 --output runs/regressor-landscape

which writes `runs/regressor-landscape/regressor.safetensors` and, finished, keeps it among the user's own. The shipped
one is `resources/models/regressors/landscape.safetensors`; what counts is the fingerprint in the file. On many GPUs:
`accelerate launch -m ganstudio.cli train regressor ...`; `--variant rgb` and `--variant rgb-filled` train the rivals
the paper compares with.
"""

from __future__ import annotations

from ganstudio.api import Registry
from ganstudio_plugins.regressor.files import RegressorFiles
from ganstudio_plugins.regressor.training import RegressorTraining


def register(registry: Registry) -> None:
    """Hand in the training and the reader of what it writes."""
    registry.add_training(RegressorTraining())
    registry.add_regressor(RegressorFiles())
