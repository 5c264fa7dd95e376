"""The plain StyleGAN2: what the paper says it is, and what published programs draw with the same weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.api import Generator
from ganstudio.generators.stylegan2 import (
    StyleGAN2,
    StyleGAN2Config,
    fir_kernel,
    normalise_second_moment,
    upsample_image,
)

FIXTURES = Path(os.environ.get("GANSTUDIO_FIXTURES") or Path(__file__).resolve().parents[3] / "shared" / "fixtures")
"""Checkpoints and pictures made by published programs; not part of this project."""


def small(**changes: Any) -> StyleGAN2:
    config = StyleGAN2Config(**{"channels": (16, 16, 12, 8), "z_dim": 16, "w_dim": 24, "mapping_layers": 3} | changes)
    generator = StyleGAN2(config).eval().requires_grad_(False)
    for conv in generator.synthesis.convolutions():
        conv.bias.normal_()
        if config.noise:
            conv.noise_strength.fill_(0.4)
    return generator


def ws_of(generator: StyleGAN2, count: int = 2) -> Tensor:
    """A different w for every layer."""
    return generator.map(torch.randn(count * generator.num_ws, generator.z_dim)).unflatten(0, (count, -1))


def test_it_is_a_generator_in_the_sense_of_the_api():
    generator = small()
    assert isinstance(generator, Generator)
    assert len(generator.layers) == generator.num_ws == 8
    assert [layer.name for layer in generator.layers[-3:]] == ["b32.conv0", "b32.conv1", "b32.torgb"]
    assert generator.synthesize(ws_of(generator)).shape == (2, 3, 32, 32)


def test_config_f_has_the_published_widths():
    config = StyleGAN2Config.config_f(1024)
    assert config.channels == (512, 512, 512, 512, 512, 256, 128, 64, 32)
    assert (config.resolution, config.num_ws) == (1024, 18)


def test_a_1024_model_factorises_seventeen_convolutions_and_the_last_to_rgb():
    generator = StyleGAN2(StyleGAN2Config(channels=(6, 6, 5, 5, 4, 4, 3, 3, 2), z_dim=8, w_dim=8, mapping_layers=1))
    assert generator.resolution == 1024
    assert len(generator.synthesis.convolutions()) == 17
    fans = [6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2]
    assert generator.factor_matrix(range(18)).shape == (8, sum(fans))
    last = generator.synthesis.b1024
    torch.testing.assert_close(generator.factor_matrix([17]), last.torgb.affine.weight.T)
    torch.testing.assert_close(generator.factor_matrix([0, 16])[:, 6:], last.conv1.affine.weight.T)


def test_z_and_the_embedded_label_are_normalised_separately():
    generator = small(num_classes=3)
    z, labels = torch.randn(2, 16), F.one_hot(torch.tensor([0, 2]), 3).float()
    w = generator.map(z, labels)
    torch.testing.assert_close(generator.map(z * 7, labels), w)
    joined = torch.cat([normalise_second_moment(z), normalise_second_moment(generator.mapping.embed(labels))], dim=1)
    first = generator.mapping.fc0
    assert first.weight.shape[1] == joined.shape[1] == 16 + 24
    for i in range(3):
        joined = F.leaky_relu(getattr(generator.mapping, f"fc{i}")(joined), 0.2) * 2**0.5
    torch.testing.assert_close(w, joined)
    assert not torch.allclose(w[0], generator.map(z, labels.flip(0))[0])


def test_noise_none_draws_as_zero_strength_does():
    generator = small()
    ws = ws_of(generator)
    silent = generator.synthesize(ws, "none")
    assert (generator.synthesize(ws) - silent).abs().max() > 0.1
    for conv in generator.synthesis.convolutions():
        conv.noise_strength.zero_()
    torch.testing.assert_close(generator.synthesize(ws), silent, rtol=0, atol=0)


def test_random_noise_differs_from_call_to_call():
    generator = small()
    ws = ws_of(generator)
    assert (generator.synthesize(ws, "random") - generator.synthesize(ws, "random")).abs().max() > 0.1


def test_scaling_activations_is_modulating_and_demodulating_weights():
    generator = small(noise=False)
    conv = generator.synthesis.b8.conv1
    x, w = torch.randn(1, 16, 8, 8), torch.randn(1, 24)
    weight = conv.weight * conv.affine(w)[0, :, None, None]
    weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
    drawn = F.leaky_relu(F.conv2d(x, weight, conv.bias, padding=1), 0.2) * 2**0.5
    torch.testing.assert_close(conv(x, w), drawn, rtol=1e-4, atol=1e-5)


def test_the_clamp_bounds_activations_and_colours():
    loose, tight = small(), small(conv_clamp=0.25)
    tight.load_state_dict(loose.state_dict())
    ws = ws_of(loose)
    assert loose.synthesize(ws).abs().max() > 1
    assert tight.synthesize(ws).abs().max() <= 0.25 * 4  # four blocks are summed


def test_colours_are_enlarged_through_the_published_filter():
    image = torch.randn(2, 3, 5, 5)
    stuffed = torch.zeros(2, 3, 10, 10)
    stuffed[:, :, ::2, ::2] = image
    kernel = fir_kernel(4.0).expand(3, 1, 4, 4)
    torch.testing.assert_close(upsample_image(image), F.conv2d(F.pad(stuffed, (2, 1, 2, 1)), kernel, groups=3))


def test_gradients_reach_the_latent():
    generator = small()
    ws = ws_of(generator).requires_grad_()
    generator.synthesize(ws).square().mean().backward()
    assert ws.grad is not None
    assert (ws.grad.abs().amax(dim=2) > 0).all()


def load(path: str) -> tuple[Any, dict[str, np.ndarray]]:
    """A checkpoint's tensors and its reference pictures; skips where they are not at hand."""
    folder = (FIXTURES / path).parent
    if not folder.is_dir():
        pytest.skip(f"no reference checkpoints in {FIXTURES}")
    with torch.serialization.safe_globals([__import__("argparse").Namespace]):
        checkpoint = torch.load(FIXTURES / path, weights_only=True, map_location="cpu")
    return checkpoint, dict(np.load(folder / "ref.npz"))


def rebuilt(tensors: dict[str, Tensor], mapping_layers: int) -> StyleGAN2:
    """A generator of exactly these tensors, our names."""
    sides = sorted(int(k.split(".")[1][1:]) for k in tensors if k.endswith("torgb.weight"))
    w_dim, z_dim = tensors["mapping.fc0.weight"].shape
    channels = tuple(len(tensors[f"synthesis.b{side}.conv1.weight"]) for side in sides)
    generator = StyleGAN2(StyleGAN2Config(channels, z_dim=z_dim, w_dim=w_dim, mapping_layers=mapping_layers))
    generator.load_state_dict(tensors)
    return generator.eval().requires_grad_(False)


def conv_name(number: int) -> str:
    """Where convolution `number`, counted from 0, is in our names."""
    return f"synthesis.b{4 << (number + 1) // 2}.conv{1 - number % 2}"


def from_genforce(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename genforce's tensors; its style biases lack the one, its up-sampling kernels are the other way round."""
    out = {"mapping.w_avg": state["truncation.w_avg"], "synthesis.b4.const": state["synthesis.early_layer.const"][0]}
    for key, value in state.items():
        head, _, rest = key.partition(".")
        if head == "mapping":
            out[f"mapping.fc{rest[5:]}"] = value
            continue
        layer, _, what = rest.partition(".")
        renamed = {"style.weight": "affine.weight", "style.bias": "affine.bias", "noise": "noise_const"}.get(what, what)
        if what in ("filter.kernel", "upsample.kernel") or not layer.startswith(("layer", "output")):
            continue
        value = value + 1 if what == "style.bias" else value[0, 0] if what == "noise" else value
        number = int(layer.removeprefix("layer").removeprefix("output"))
        if layer.startswith("output"):
            out[f"synthesis.b{4 << number}.torgb.{renamed}"] = value
        else:
            flipped = what == "weight" and number % 2 == 1
            out[f"{conv_name(number)}.{renamed}"] = value.flip(2, 3) if flipped else value
    return out


def from_rosinality(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename rosinality's tensors."""
    out = {"synthesis.b4.const": state["input.input"][0]}
    parts = {"conv.weight": "weight", "conv.modulation.weight": "affine.weight", "conv.modulation.bias": "affine.bias",
             "activate.bias": "bias", "noise.weight": "noise_strength", "bias": "bias"}
    places: list[tuple[str, str]] = [("conv1.", conv_name(0)), ("to_rgb1.", "synthesis.b4.torgb")]
    places += [(f"convs.{i}.", conv_name(i + 1)) for i in range(20)]
    places += [(f"to_rgbs.{i}.", f"synthesis.b{8 << i}.torgb") for i in range(10)]
    for key, value in state.items():
        if key.startswith("style."):
            _, number, what = key.split(".")
            out[f"mapping.fc{int(number) - 1}.{what}"] = value
        elif key.startswith("noises."):
            out[f"{conv_name(int(key.removeprefix('noises.noise_')))}.noise_const"] = value[0, 0]
        for prefix, ours in places:
            what = parts.get(key.removeprefix(prefix)) if key.startswith(prefix) else None
            if what:
                value = value[0] if value.dim() == 5 else value.flatten() if what == "bias" else value
                out[f"{ours}.{what}"] = value.reshape(()) if what == "noise_strength" else value
    width = state["style.1.weight"].shape[0]
    return {**out, "mapping.w_avg": out.get("mapping.w_avg", torch.zeros(width))}


def agrees(drawn: Tensor, reference: np.ndarray) -> bool:
    return float((drawn - torch.from_numpy(reference)).abs().max()) < 1e-4


Draw = Callable[[Tensor, str], Tensor]


def test_it_draws_what_genforce_draws_with_the_same_weights():
    checkpoint, reference = load("genforce/stylegan2_64/stylegan2_64.pth")
    tensors = from_genforce(checkpoint["generator_smooth"])
    depth = sum(k.startswith("mapping.fc") and k.endswith("weight") for k in tensors)
    generator = rebuilt(tensors, depth)
    w = generator.map(torch.from_numpy(reference["z"]))
    assert agrees(w, reference["w"])
    ws = w[:, None].expand(-1, generator.num_ws, -1)
    assert agrees(generator.synthesize(ws), reference["img_psi1_layers0_const"])
    assert agrees(generator.synthesize(ws, "none"), reference["img_psi1_layers0_none"])
    assert agrees(generator.synthesize(torch.from_numpy(reference["wplus"])), reference["img_wplus_const"])


def test_it_draws_what_rosinalitys_program_draws_with_the_same_weights():
    checkpoint, reference = load("rosinality-stylegan2/train64_narrow/010000.pt")
    generator = rebuilt(from_rosinality(checkpoint["g_ema"]), 4)
    w = generator.map(torch.from_numpy(reference["z"]))
    assert agrees(w, reference["w"])
    ws = w[:, None].expand(-1, generator.num_ws, -1)
    assert agrees(generator.synthesize(ws), reference["img_psi1_const"])
    assert agrees(generator.synthesize(ws, "none"), reference["img_psi1_none"])
    assert agrees(generator.synthesize(torch.from_numpy(reference["wplus"])), reference["img_wplus_const"])
