"""Steering: walks in a latent space that zoom, shift, rotate and recolour, learned from a generator's own pictures.

Jahanian, Chai and Isola, "On the 'steerability' of generative adversarial networks" (ICLR 2020). `warps` and `colours`
edit pictures, `edits` names them, `walks` are what learns, `latents` is where, `training` teaches, `held_out` judges,
`files` keeps, `finder` makes sliders of what was kept, `published` reads the
authors' own, `importing` brings them in. To teach a walk on Landscapes (about three minutes on one core):

    ganstudio train walk --model landscape --edit zoom --output runs/walk-zoom

It becomes a slider of the model, found in the sheet of directions under Steering. `--edit all` teaches every edit.
"""

from __future__ import annotations

from ganstudio.api import Registry
from ganstudio_plugins.steering.edits import EDITS
from ganstudio_plugins.steering.finder import SteeringFinder
from ganstudio_plugins.steering.importing import ImportCommand, PublishedReader, WalkReader
from ganstudio_plugins.steering.joint import JointTraining
from ganstudio_plugins.steering.training import WalkTraining


def register(registry: Registry) -> None:
    """Hand in the edits, the training of walks, what finds them, and the import of published ones."""
    for edit in EDITS:
        registry.add_edit(edit)
    registry.add_training(WalkTraining())
    registry.add_training(JointTraining())
    registry.add_finder(SteeringFinder(registry.host))
    registry.add_direction_reader(WalkReader())
    registry.add_direction_reader(PublishedReader(registry.host))
    registry.add_command("walk-import", ImportCommand(registry.host).run)
