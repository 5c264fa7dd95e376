"""StyleGAN as Facebook's GAN zoo writes it: networks and a configuration object side by side.

Its layers scale sums together with their bias, its AdaIN scales are stored as they are used, its noise has one
strength a layer and is drawn anew each time, and it does not blur. All of that but the noise images becomes an
ordinary StyleGAN's by scaling tensors once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ganstudio.checkpoints.foreign import ChoiceValue, Content, Foreign, Format, load_tensors, tensors_of
from ganstudio.checkpoints.formats.reading import built, numbered, shape_of, state_dicts
from ganstudio.checkpoints.formats.zoo import WRAPPERS, Settings
from ganstudio.checkpoints.native import ModelError
from ganstudio.generators.progan import HE
from ganstudio.generators.stylegan import StyleGAN, StyleGANConfig

FIRST = "mapping.FC.0.weight"
NOTE = "The program that wrote this model draws new noise for every picture; here each layer keeps one noise image."
Tensors = dict[str, Tensor]


class ZooStyleGAN:
    """The zoo's StyleGAN."""

    name = "GAN zoo StyleGAN"

    def fits(self, content: Content) -> bool:
        """By its mapping network and its constant."""
        return bool(_tensors(content.tree))

    def read(self, content: Content, chosen: Mapping[str, ChoiceValue]) -> Foreign:
        """The averaged generator; the configuration says the truncation it was meant to be seen at."""
        name, tensors, settings = content.path.name, _tensors(content.tree), Settings(content.tree, chosen)
        generator = built(StyleGAN, lambda: _config(tensors, settings), name)
        load_tensors(generator, _renamed(tensors, settings.number("categoryVectorDim")), name)
        psi = min(float(settings.get("phiTruncation", 1.0)), 1.0)
        return Foreign(self.name, generator, tuple(settings.choices), (NOTE,), {"psi": psi} | settings.classes())


def _tensors(tree: object) -> Tensors:
    for state in state_dicts(tree, WRAPPERS):
        tensors = {key.replace(".module.", "."): value for key, value in tensors_of(state).items()}
        if {FIRST, "baseScale0"} <= set(tensors):
            return tensors
    return {}


def _config(tensors: Tensors, settings: Settings) -> StyleGANConfig:
    w_dim, fan_in = shape_of(tensors, FIRST, 2)
    labels = settings.number("categoryVectorDim")
    blocks = numbered(tensors, "scaleLayers.{}.0.weight")
    if labels >= fan_in or not blocks:
        raise ModelError("The sizes of this StyleGAN do not hold together: there is no room for z, or nothing grew.")
    slope = float(settings.get("leakyReluLeak", 0.2))
    if slope != 0.2:
        raise ModelError(f"This StyleGAN was trained with a leaky ReLU of slope {slope}, which cannot be drawn.")
    widths = (w_dim, *(shape_of(tensors, f"scaleLayers.{k}.0.weight", 4)[0] for k in blocks))
    return StyleGANConfig(
        widths, fan_in - labels, w_dim, labels, len(numbered(tensors, "mapping.FC.{}.weight")), w_dim,
        image_channels=shape_of(tensors, f"toRGBLayers.{blocks[-1]}.weight", 4)[0], fused_from=None, blur=(),
        ending="tanh" if settings.bounded(False) else "none", first_rgb=1,
        lod=settings.alpha() if len(blocks) > 1 else 0.0, label_width=labels or None)


def _renamed(tensors: Tensors, labels: int) -> Tensors:
    """To our names; biases take the scale that this program gives them, and gains move to where we have them."""
    found: Tensors = {"mapping.w_avg": tensors["mean_w"].flatten()} if "mean_w" in tensors else {}
    for i in numbered(tensors, "mapping.FC.{}.weight"):
        weight = tensors[f"mapping.FC.{i}.weight"]
        found[f"mapping.fc{i}.weight"] = weight
        found[f"mapping.fc{i}.bias"] = _bias(tensors, f"mapping.FC.{i}") / HE
    for number, (conv, style, strength) in enumerate(_layers(tensors)):
        found |= _layer(tensors, number, conv, style, strength)
    for k in numbered(tensors, "toRGBLayers.{}.weight"):
        found[f"synthesis.output{k + 1}.weight"] = tensors[f"toRGBLayers.{k}.weight"] * HE
        found[f"synthesis.output{k + 1}.bias"] = _bias(tensors, f"toRGBLayers.{k}")
    if labels:  # a label joins z as it is
        found["mapping.embed.weight"] = torch.eye(labels) * math.sqrt(labels)
        found["mapping.embed.bias"] = torch.zeros(labels)
    return found


def _layers(tensors: Tensors) -> Iterator[tuple[str, str, str]]:
    """Convolution ("" for the constant), AdaIN and noise of every layer, as this program calls them."""
    yield "", "adain00", "noiseMod00"
    yield "conv0", "adain01", "noiseMod01"
    for k in numbered(tensors, "scaleLayers.{}.0.weight"):
        for i in (0, 1):
            yield f"scaleLayers.{k}.{2 * i}", f"scaleLayers.{k}.{2 * i + 1}", f"noiseModulators.{k}.{i}"


def _layer(tensors: Tensors, number: int, conv: str, style: str, strength: str) -> Tensors:
    width = shape_of(tensors, f"{conv}.weight", 4)[0] if conv else shape_of(tensors, "baseScale0", 4)[1]
    ours, side = f"synthesis.layer{number}", 4 << (number // 2)
    linear = {"weight": tensors[f"{conv}.weight"], "bias": _bias(tensors, conv)} if conv else {
        "const": tensors["baseScale0"], "bias": torch.zeros(width)}
    shape_of(tensors, f"{style}.styleModulator.weight", 2)
    if f"{strength}.weight" not in tensors or tensors[f"{strength}.weight"].numel() != 1:
        raise ModelError(f"This StyleGAN lacks “{strength}”, or it is no single number.")
    random = torch.Generator().manual_seed(number)
    return {f"{ours}.{key}": value for key, value in (linear | {
        "style.weight": tensors[f"{style}.styleModulator.weight"] * HE,
        "style.bias": _bias(tensors, f"{style}.styleModulator"),
        "noise_strength": tensors[f"{strength}.weight"].flatten().expand(width),
        "noise": torch.randn(1, 1, side, side, generator=random)}).items()}


def _bias(tensors: Tensors, stem: str) -> Tensor:
    """A layer's bias as it is added: times root 2 over the root of the number of inputs."""
    weight = tensors[f"{stem}.weight"]
    return tensors[f"{stem}.bias"] * (HE / math.sqrt(weight[0].numel()))


FORMATS: tuple[Format, ...] = (ZooStyleGAN(),)
