"""StyleGANs of three programs draw what those programs drew; damaged ones are refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from ganstudio.api import FinderOptions, LayerRange, layers_of
from ganstudio.checkpoints.foreign import Content
from ganstudio.checkpoints.formats.genforce_stylegan import GenforceStyleGAN
from ganstudio.checkpoints.formats.tensorflow_stylegan import TensorFlowStyleGAN
from ganstudio.checkpoints.formats.zoo_stylegan import ZooStyleGAN
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import open_foreign
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.registry import PluginRegistry
from tests.checkpoints.fixture_folder import checkpoint, fixtures, reference, small
from tests.comparing import largest

CONVERTED = {
    "genforce-stylegan/growing16": ("genforce StyleGAN", {"fused_scale": "yes"}),
    "genforce-stylegan/each16": ("genforce StyleGAN", {}),
    "genforce-stylegan/channel16": ("genforce StyleGAN", {}),
    "tensorflow-stylegan/growing16": ("NVIDIA StyleGAN (TensorFlow)", {}),
    "tensorflow-stylegan/dense16": ("NVIDIA StyleGAN (TensorFlow)", {}),
}
ZOO = ("gan-zoo-stylegan/growing16", "gan-zoo-stylegan/classes16")


def content_of(folder):
    return Content(checkpoint(folder), read_tree(checkpoint(folder)))


def read(folder, chosen=None):
    return open_foreign(content_of(folder), chosen)


def mapped(generator, ref):
    """The w+ of the reference's z, without truncation."""
    labels = torch.tensor(ref["c"]) if ref.get("c") is not None and ref["c"].size else None
    w = generator.map(torch.tensor(ref["z"]), labels)
    assert largest(w.flatten(1), ref["w"]) < 1e-5
    return w if w.ndim == 3 else w[:, None].expand(-1, generator.num_ws, -1)


def meets_every_reference(folder, generator):
    ref = reference(folder)
    with torch.no_grad():
        ws = mapped(generator, ref)
        for key in [key for key in ref if key.startswith("wp_")]:
            psi, count = float(key.split("_")[1].removeprefix("psi")), int(key.split("layers")[1])
            pulled = torch.cat([torch.lerp(generator.w_avg, ws, psi)[:, :count], ws[:, count:]], dim=1)
            assert largest(pulled, ref[key]) < 1e-5
            assert largest(generator.synthesize(pulled), ref[f"img_{key.removeprefix('wp_')}_const"]) < 1e-4, key
        assert largest(generator.synthesize(torch.tensor(ref["wplus"])), ref["img_wplus_const"]) < 1e-4
        if "img_psi1_layers0_none" in ref:
            assert largest(generator.synthesize(ws, "none"), ref["img_psi1_layers0_none"]) < 1e-4
    return ref


@pytest.mark.parametrize("name", CONVERTED)
def test_pictures_are_the_original_programs(name):
    program, chosen = CONVERTED[name]
    foreign = read(small(name), chosen)
    assert foreign.format == program
    meets_every_reference(small(name), foreign.generator)


@pytest.mark.parametrize("name", ZOO)
def test_the_zoos_pictures_are_met_with_its_noise_held_and_without(name):
    foreign, ref = read(small(name)), reference(small(name))
    generator = foreign.generator
    assert (foreign.format, foreign.facts["psi"]) == ("GAN zoo StyleGAN", 0.6)
    assert "new noise" in foreign.notes[0]
    with torch.no_grad():
        ws = mapped(generator, ref)
        for psi in (1.0, 0.6):
            for noise in ("const", "none"):
                image = generator.synthesize(torch.lerp(generator.w_avg, ws, psi), noise)
                assert largest(image, ref[f"img_psi{psi:g}_{noise}"]) < 1e-4
    assert foreign.facts.get("class_names", []) == (["a", "b", "c"] if generator.num_classes else [])


def test_the_full_reference_is_met():
    folder = fixtures("genforce/stylegan64")
    generator = read(folder).generator
    ref = meets_every_reference(folder, generator)
    with torch.no_grad():
        image = generator.synthesize(torch.tensor(ref["wp_psi1_layers0"]))
    levels = ((image + 1) / 2 * 255 + 0.5).clamp(0, 255).byte().permute(0, 2, 3, 1)
    assert int((levels.int() - torch.tensor(ref["uint8"]).int()).abs().max()) <= 1


def test_directions_and_their_pictures_are_sefas():
    """Eigenvalue by eigenvalue, up to sign: all layers, ranges, and single ones, which have a null space."""
    folder = fixtures("genforce/stylegan64")
    generator, sefa = read(folder).generator, reference(folder, "sefa.npz")
    options = FinderOptions((LayerRange(0, 1),), count=64)
    finder = PluginRegistry(SimpleNamespace(load=None)).finder("sefa")
    for key in [key for key in sefa if key.startswith("layers_")]:
        name = key.removeprefix("layers_")
        order = (-sefa[f"eigvals_{name}"]).argsort()
        found = list(finder.find(generator, "f", replace(options, layers=layers_of(sefa[key].tolist()))))
        count = len(found)
        assert count == 64 or len(sefa[key]) == 1
        values = sefa[f"eigvals_{name}"][order][:count]
        assert [d.parameters["eigenvalue"] for d in found] == pytest.approx(values, abs=1e-4)
        ours = torch.stack([torch.tensor(d.vector) for d in found])
        theirs = torch.tensor(sefa[f"boundaries_{name}"][order][:count])
        assert float((ours * theirs).sum(dim=1).abs().min()) > 1 - 1e-5
    with torch.no_grad():
        for key in [key for key in sefa if key.startswith("edit_wp")]:
            image = generator.synthesize(torch.tensor(sefa[key]))
            assert largest(image, sefa[key.replace("edit_wp", "edit_img")]) < 1e-4


def test_what_tensors_cannot_tell_is_asked_and_changes_the_picture():
    name = "genforce-stylegan/growing16"
    foreign = read(small(name))
    assert [(choice.key, choice.default) for choice in foreign.choices] == [
        ("fused_scale", "auto"), ("mapping_lr", 0.01), ("final_tanh", False), ("equalised", True)]
    ws = torch.tensor(reference(small(name))["wplus"])
    usual = foreign.generator.synthesize(ws)
    for answer in ({"fused_scale": "yes"}, {"final_tanh": True}, {"equalised": False}):
        assert largest(read(small(name), answer).generator.synthesize(ws), usual) > 0.01
    with pytest.raises(ModelError, match="fused_scale"):
        read(small(name), {"fused_scale": "maybe"})


def test_how_far_it_grew_is_read():
    assert read(small("genforce-stylegan/growing16")).generator.config.lod == pytest.approx(1.4)
    assert read(small("tensorflow-stylegan/growing16")).generator.config.lod == pytest.approx(1.4)
    assert read(small("gan-zoo-stylegan/growing16")).generator.config.lod == pytest.approx(0.3)


@pytest.mark.parametrize("name", [*CONVERTED, *ZOO])
def test_the_imported_generator_is_kept_in_our_own_file(tmp_path, name):
    generator = read(small(name)).generator
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again = read_native(tmp_path / "m.safetensors").generator
    ws = torch.randn(1, generator.num_ws, generator.w_dim)
    assert again.config == generator.config
    assert torch.equal(again.synthesize(ws), generator.synthesize(ws))


def test_prefixes_and_snapshots_of_trainings_are_unwrapped():
    content = content_of(small("genforce-stylegan/each16"))
    wanted = open_foreign(content).generator.synthesis.layer1.weight
    for tree in ({"models": content.tree, "running_metadata": {}}, content.tree["generator_smooth"],
                 {"generator_smooth": {f"module.{k}": v for k, v in content.tree["generator_smooth"].items()}}):
        assert torch.equal(open_foreign(replace(content, tree=tree)).generator.synthesis.layer1.weight, wanted)
    live = open_foreign(replace(content, tree={"generator": content.tree["generator"]})).generator
    assert not torch.equal(live.synthesis.layer1.weight, wanted)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("synthesis.layer3.weight", None, "layer3.weight"),
    ("synthesis.layer5.style.weight", None, "5 layers"),
    ("synthesis.output2.weight", None, "output2.weight"),
    ("mapping.dense0.weight", None, "dense0"),
    ("mapping.dense1.weight", torch.zeros(3, 3), "fc1"),
    ("synthesis.layer1.bias", torch.zeros(3, 3), "layer1.bias"),
    ("synthesis.layer2.weight", torch.full((12, 12, 3, 3), torch.nan), "not finite"),
    ("synthesis.lod", torch.tensor(7.0), "level of detail"),
    ("synthesis.lod", torch.zeros(2), "lod"),
])
def test_a_damaged_genforce_file_is_refused_in_one_sentence(key, value, said):
    content = content_of(small("genforce-stylegan/channel16"))
    state = dict(content.tree["generator_smooth"])
    state.pop(key) if value is None else state.update({key: value})
    with pytest.raises(ModelError, match=said) as caught:
        GenforceStyleGAN().read(replace(content, tree=state), {})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("key", "value", "said"), [
    ("scaleLayers.0.0.module.weight", None, "no room|nothing grew"),
    ("adain01.styleModulator.module.weight", None, "adain01"),
    ("noiseMod00.module.weight", torch.zeros(4), "noiseMod00"),
    ("toRGBLayers.1.module.weight", torch.zeros(3), "toRGBLayers.1"),
    ("mean_w", torch.full((1, 12), torch.inf), "not finite"),
])
def test_a_damaged_zoo_file_is_refused_in_one_sentence(key, value, said):
    content = content_of(small("gan-zoo-stylegan/growing16"))
    state = dict(content.tree["avgG"])
    state.pop(key) if value is None else state.update({key: value})
    with pytest.raises(ModelError, match=said) as caught:
        ZooStyleGAN().read(replace(content, tree={**content.tree, "avgG": state}), {})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("setting", "said"), [
    ({"use_styles": False}, "use_styles"), ({"use_pixel_norm": True}, "use_pixel_norm"),
    ({"nonlinearity": "selu"}, "selu"), ({"blur_filter": [1, -1]}, "adds up to nothing")])
def test_settings_nobody_published_are_refused_by_name(setting, said):
    content = content_of(small("tensorflow-stylegan/dense16"))
    average = content.tree[2]
    average.state["static_kwargs"].update(setting)
    with pytest.raises(ModelError, match=said):
        TensorFlowStyleGAN().read(content, {})


def test_settings_of_the_tensorflow_network_change_the_picture():
    folder = small("tensorflow-stylegan/dense16")
    ws = torch.tensor(reference(folder)["wplus"])
    usual = read(folder).generator.synthesize(ws)
    for setting in ({"blur_filter": None}, {"fused_scale": True}, {"nonlinearity": "relu"}):
        content = content_of(folder)
        content.tree[2].state["static_kwargs"].update(setting)
        assert largest(open_foreign(content).generator.synthesize(ws), usual) > 0.01
