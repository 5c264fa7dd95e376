"""ProGAN as NVIDIA's TensorFlow program wrote it: variables by block, `4x4/Dense/weight` to `ToRGB_lod0/weight`."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, load_tensors
from ganstudio.checkpoints.formats.reading import built, scalar, shape_of
from ganstudio.checkpoints.formats.tensorflow_records import Network, averaged_network
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import ProGAN, ProGANConfig

DENSE = "4x4/Dense/weight"
DEEPEST = 12
"""Blocks of a picture of 8192 px: no training grew so far."""


class TensorFlowProGAN:
    """The pickles of the paper's own program."""

    name = "NVIDIA ProGAN (TensorFlow)"

    def fits(self, content: Content) -> bool:
        """By the variables of its averaged generator."""
        network = averaged_network(content.tree)
        return network is not None and not network.components and DENSE in network.variables

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; all that shapes do not tell is in the arguments it was built with."""
        network, name = averaged_network(content.tree), content.path.name
        if network is None:
            raise ModelError(f"“{name}” holds no averaged generator.")
        tensors = _renamed(network.variables)
        generator = built(ProGAN, lambda: _config(network, tensors), name)
        load_tensors(generator, tensors, name)
        return Foreign(self.name, generator)


def _config(network: Network, tensors: Mapping[str, Tensor]) -> ProGANConfig:
    depth = sum(f"layer{2 * k + 1}.weight" in tensors for k in range(DEEPEST))
    labels = int(network.setting("label_size", 0) or 0)
    lowest = next((k for k in range(depth) if f"output{k}.weight" in tensors), 0)
    return ProGANConfig(
        tuple(shape_of(tensors, f"layer{2 * k + 1}.weight", 4)[0] for k in range(depth)),
        shape_of(tensors, "layer0.weight", 4)[1] - labels, labels, shape_of(tensors, f"output{depth - 1}.weight", 4)[0],
        joint_labels=True, normalise_latents=bool(network.setting("normalize_latents", True)),
        pixel_norm=bool(network.setting("use_pixelnorm", True)),
        epsilon=float(network.setting("pixelnorm_epsilon", 1e-8)),
        slope=0.2 if network.setting("use_leakyrelu", True) else 0.0,
        equalised=bool(network.setting("use_wscale", True)), first_rgb=lowest,
        lod=scalar(network.variables, "lod"))


def _renamed(variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """To our names and axes: theirs are [h, w, in, out], fused kernels [h, w, out, in] and turned round."""
    sides = [4 * 2**k for k in range(DEEPEST) if f"{4 * 2**k}x{4 * 2**k}/{'Conv' if not k else 'Conv1'}/weight"
             in variables]
    tensors: dict[str, Tensor] = {}
    for k, side in enumerate(sides):
        stem = f"{side}x{side}"
        fused = f"{stem}/Conv0_up/weight" in variables
        first, second = ("Dense", "Conv") if k == 0 else ("Conv0_up" if fused else "Conv0", "Conv1")
        for theirs, ours in ((f"{stem}/{first}", f"layer{2 * k}"), (f"{stem}/{second}", f"layer{2 * k + 1}"),
                             (f"ToRGB_lod{len(sides) - 1 - k}", f"output{k}")):
            if f"{theirs}/weight" in variables:
                tensors[f"{ours}.weight"] = _turned(theirs, variables)
            if f"{theirs}/bias" in variables:
                tensors[f"{ours}.bias"] = variables[f"{theirs}/bias"]
    return tensors


def _turned(theirs: str, variables: Mapping[str, Tensor]) -> Tensor:
    weight = variables[f"{theirs}/weight"]
    if theirs.endswith("Dense"):
        fan_in, units = shape_of(variables, f"{theirs}/weight", 2)
        if units % 16:
            raise ModelError(f"“{theirs}” gives {units} numbers, which are no 4 x 4 places.")
        return weight.reshape(fan_in, -1, 4, 4).transpose(0, 1).flip(2, 3)
    shape_of(variables, f"{theirs}/weight", 4)
    return weight.permute(2, 3, 0, 1).flip(2, 3) if theirs.endswith("_up") else weight.permute(3, 2, 0, 1)


FORMATS = (TensorFlowProGAN(),)
