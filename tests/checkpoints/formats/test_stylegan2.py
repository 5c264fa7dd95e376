"""StyleGAN2s of six programs draw what those programs drew; damaged ones are refused in one sentence.

The small fixtures were written, and their pictures drawn, by the programs themselves on a processor, with narrower
layers (and for TensorFlow's format, in its layout from genforce's own table of names). The e4e reader was also tried
on a file of the whole e4e network at full width: within 1.1e-5 of what its own `forward` drew.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from ganstudio.checkpoints.foreign import Content, Record
from ganstudio.checkpoints.formats import (
    e4e,
    genforce_stylegan2,
    nvidia_stylegan2,
    rosinality,
    tensorflow_stylegan2,
)
from ganstudio.checkpoints.formats.stylegan2_tensors import ESTIMATED_MEAN, LIVE, MADE_NOISE, taps_of
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import open_foreign, recognise
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.generators.fast import exact_mode
from ganstudio.generators.stylegan2 import BLUR
from ganstudio.render.renderer import to_pixels
from ganstudio.render.synthesizers import make_drawer
from tests.checkpoints.fixture_folder import checkpoint, fixtures, reference, small
from tests.comparing import largest

READERS = (*nvidia_stylegan2.FORMATS, *rosinality.FORMATS, *e4e.FORMATS, *genforce_stylegan2.FORMATS,
           *tensorflow_stylegan2.FORMATS)
SMALL = {
    "nvidia-stylegan2/cond16": ("NVIDIA StyleGAN2", {}),
    "nvidia-stylegan2/grey16": ("NVIDIA StyleGAN2", {}),
    "nvidia-stylegan2/rgba16": ("NVIDIA StyleGAN2", {}),
    "rosinality-stylegan2/training16": ("rosinality StyleGAN2", {}),
    "rosinality-stylegan2/converted16": ("rosinality StyleGAN2", {"mapping_lr": 0.1}),
    "e4e-stylegan2/small16": ("StyleGAN2 of a pSp or e4e encoder", {}),
    "genforce-stylegan2/zoo16": ("genforce StyleGAN2", {}),
    "genforce-stylegan2/snapshot16": ("genforce StyleGAN2", {"mapping_lr": 0.05, "weight_scaling": False}),
    "genforce-stylegan2/ada16": ("genforce StyleGAN2", {}),
    "tensorflow-stylegan2/cond16": ("NVIDIA StyleGAN2 (TensorFlow)", {}),
}
FULL = ("nv-stylegan2-ada/uncond64", "nv-stylegan2-ada/cond32", "nv-stylegan2-ada/gray32", "nv-stylegan2-ada/maplr32",
        "nv-stylegan3/sg2cfg_uncond64", "genforce/stylegan2_64", "rosinality-stylegan2/train64_narrow")


def content_of(folder):
    path = checkpoint(folder) if folder.name != "train64_narrow" else folder / "010000.pt"
    return Content(path, read_tree(path))


def read(name):
    """A small fixture with its program's own settings."""
    return open_foreign(content_of(small(name)), SMALL[name][1])


def mapped(generator, ref):
    labels = torch.tensor(ref["c"]) if generator.num_classes else None
    return generator.map(torch.tensor(ref["z"]).float(), labels)


def truncated(generator, w, psi, cut=None):
    ws = w[:, None].repeat(1, generator.num_ws, 1)
    ws[:, :cut] = torch.lerp(generator.w_avg, ws[:, :cut], psi)
    return ws


def pictures(ref):
    """Every reference picture: its key, the w+ it is of, and the noise mode."""
    for key in ref:
        if key.startswith("img_") and (stem := key[4:].rpartition("_"))[2] in ("const", "none"):
            yield key, torch.tensor(ref[f"ws_{stem[0]}"]), stem[2]


@pytest.mark.parametrize("name", SMALL)
def test_one_format_knows_the_file_and_draws_its_pictures(name):
    content, ref = content_of(small(name)), reference(small(name))
    assert [reader.name for reader in READERS if reader.fits(content)] == [SMALL[name][0]]
    assert recognise(content).name == SMALL[name][0]
    generator = read(name).generator
    assert largest(mapped(generator, ref), ref["w"]) < 1e-4
    drawn = list(pictures(ref))
    assert len(drawn) >= 2
    for key, ws, noise in drawn:
        assert largest(generator.synthesize(ws, noise), ref[key]) < 1e-4, key


@pytest.mark.parametrize("name", [name for name in SMALL if "training" not in name])
def test_the_mean_of_w_is_the_files(name):
    generator, ref = read(name).generator, reference(small(name))
    assert largest(generator.w_avg, ref["w_avg"] if "w_avg" in ref else ref["mean"][0]) < 1e-6
    [key] = [key for key in ref if key.startswith("ws_psi06")]
    cut = 3 if key.endswith("cut3") else None
    assert largest(truncated(generator, mapped(generator, ref), 0.6, cut), ref[key]) < 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_the_fast_form_draws_the_same_or_leaves_it_to_the_plain_one(name):
    generator, ref = read(name).generator, reference(small(name))
    draw = make_drawer(generator, exact_mode())
    for key, ws, noise in pictures(ref):
        assert largest(draw(ws[:1], noise, None, False), ref[key][:1]) < 1e-4, key


@pytest.mark.parametrize("name", SMALL)
def test_pixels_are_the_programs_within_one_level(name):
    generator, ref = read(name).generator, reference(small(name))
    [key] = [key for key in ref if key.startswith("uint8_")]
    image = generator.synthesize(torch.tensor(ref["ws_" + key[6:-6]])[:1])
    channels = ref[key].shape[3]
    assert image.shape[1] == channels == generator.config.image_channels
    wanted = ref[key][0].astype(int)
    if channels != 4:  # how RGBA is shown is the renderer's
        assert abs(to_pixels(image).astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("name", SMALL)
def test_our_own_file_keeps_it_all(tmp_path, name):
    generator = read(name).generator
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again, ref = read_native(tmp_path / "m.safetensors").generator, reference(small(name))
    assert again.config == generator.config
    assert torch.equal(again.synthesize(torch.tensor(ref["ws_psi1"])),
                       generator.synthesize(torch.tensor(ref["ws_psi1"])))


def full_ws(ref, key, generator):
    """The w+ of a picture of the full set, whose programs name things their own way; None for other keys."""
    stem, _, noise = key.removeprefix("img_").rpartition("_")
    if not key.startswith("img_") or noise not in ("const", "none"):
        return None
    mean = torch.tensor(ref["truncation_latent"][0]) if "truncation_latent" in ref else generator.w_avg
    if stem == "mix_inject3":
        w = torch.lerp(mean, torch.tensor(ref["w"]), 0.7)[:2]
        return torch.cat([w[:1, None].repeat(1, 3, 1), w[1:, None].repeat(1, generator.num_ws - 3, 1)], dim=1)
    return torch.tensor(ref[next(k for k in (f"ws_{stem}", f"wp_{stem}", stem) if k in ref)])


@pytest.mark.parametrize("name", FULL)
def test_the_full_references_are_met(name):
    folder = fixtures(name)
    generator, ref = open_foreign(content_of(folder)).generator, reference(folder)
    assert largest(mapped(generator, ref), ref["w"]) < 1e-4
    if "w_avg" in ref:
        assert largest(generator.w_avg, ref["w_avg"]) < 1e-6
    drawn = 0
    for key in ref:
        if (ws := full_ws(ref, key, generator)) is not None:
            drawn += 1
            assert largest(generator.synthesize(ws, key.rpartition("_")[2]), ref[key]) < 1e-4, key
    assert drawn >= 5


@pytest.mark.parametrize("name", FULL)
def test_full_pixels_are_the_programs_within_one_level(name):
    folder = fixtures(name)
    generator, ref = open_foreign(content_of(folder)).generator, reference(folder)
    for key in [key for key in ref if key.startswith("uint8")]:
        of = {"uint8": "img_psi1_layers0_const"}.get(key, key.replace("uint8", "img"))
        ws = full_ws(ref, of, generator)
        assert ws is not None
        near = [abs(to_pixels(generator.synthesize(ws[i:i + 1])).astype(int) - ref[key][i]).max() for i in range(2)]
        assert max(near) <= 1, key


@pytest.mark.parametrize("name", [name for name in FULL if "ada" in name or "sg2cfg" in name])
@pytest.mark.parametrize(("psi", "cut"), [(0.7, None), (0.5, 4), (-0.6, None), (1.3, None)])
def test_truncation_is_nvidias_beyond_one_and_below_nought(name, psi, cut):
    folder = fixtures(name)
    generator, ref = open_foreign(content_of(folder)).generator, reference(folder)
    key = f"ws_psi{psi}" + (f"_cut{cut}" if cut else "")
    if key not in ref:
        assert "sg2cfg" in name
        return
    assert largest(truncated(generator, mapped(generator, ref), psi, cut), ref[key]) < 1e-4


def test_a_tensorflow_file_draws_what_the_same_weights_draw_in_nvidias_later_program():
    generator = open_foreign(content_of(fixtures("tf-synthetic/stylegan2_64"))).generator
    ref = reference(fixtures("nv-stylegan2-ada/uncond64"))
    for key, ws, noise in [(k, *rest) for k, *rest in pictures({k: v for k, v in ref.items() if "psi" in k})]:
        assert largest(generator.synthesize(ws, noise), ref[key]) < 1e-4, key


def test_directions_and_their_pictures_are_sefas():
    """Eigenvalue by eigenvalue, up to sign; where a layer's weights have no more rank, any basis is as good."""
    folder = fixtures("genforce/stylegan2_64")
    generator, sefa = open_foreign(content_of(folder)).generator, reference(folder, "sefa.npz")
    for layers in [key.removeprefix("layers_") for key in sefa if key.startswith("layers_")]:
        columns = F.normalize(generator.factor_matrix(sefa[f"layers_{layers}"].tolist()), dim=0)
        values, vectors = torch.linalg.eigh(columns @ columns.T)
        order = sefa[f"eigvals_{layers}"].argsort()
        theirs = torch.tensor(sefa[f"boundaries_{layers}"][order])
        torch.testing.assert_close(values, torch.tensor(sefa[f"eigvals_{layers}"][order]), rtol=1e-4, atol=1e-4)
        ranked = values > 1e-3
        assert float((vectors.T * theirs).sum(dim=1).abs()[ranked].min()) > 0.999, layers
    wp = torch.tensor(reference(folder)["wp_psi0.7_layers10"])
    for key in [key for key in sefa if key.startswith("edit_wp_2_5_k")]:
        number, alpha = (int(text) for text in key.removeprefix("edit_wp_2_5_k").split("_d"))
        ws = wp.clone()
        ws[:, 2:6] += alpha * torch.tensor(sefa["boundaries_2_5"][number])
        assert largest(ws, sefa[key]) < 1e-5
        assert largest(generator.synthesize(ws), sefa[key.replace("wp", "img")]) < 1e-4, key


def test_the_averaged_weights_are_taken_and_live_ones_told():
    folder = small("rosinality-stylegan2/training16")
    content, ref = content_of(folder), reference(folder)
    averaged = open_foreign(content)
    assert LIVE not in averaged.notes
    live = open_foreign(replace(content, tree={"g": content.tree["g"]}))
    assert LIVE in live.notes
    ws = torch.tensor(ref["ws_psi1"])
    assert largest(live.generator.synthesize(ws), averaged.generator.synthesize(ws)) > 0.1


def test_a_mean_that_is_not_there_is_estimated_the_same_every_time():
    content = content_of(small("rosinality-stylegan2/training16"))
    ref = reference(small("rosinality-stylegan2/training16"))
    one, other = open_foreign(content), open_foreign(content)
    assert ESTIMATED_MEAN in one.notes
    assert torch.equal(one.generator.w_avg, other.generator.w_avg)
    assert largest(one.generator.w_avg, ref["mean"][0]) < 0.2
    assert largest(one.generator.w_avg, ref["w"][0]) > 1


def test_noise_that_is_not_there_is_made_up_the_same_every_time():
    content = content_of(small("rosinality-stylegan2/converted16"))
    state = {k: v for k, v in content.tree["g_ema"].items() if not k.startswith("noises.")}
    bare = replace(content, tree={**content.tree, "g_ema": state})
    one, other = open_foreign(bare), open_foreign(bare)
    assert MADE_NOISE in one.notes
    ws = torch.tensor(reference(small("rosinality-stylegan2/converted16"))["ws_psi1"])
    assert torch.equal(one.generator.synthesize(ws), other.generator.synthesize(ws))
    assert largest(one.generator.synthesize(ws), one.generator.synthesize(ws, "none")) > 0.01


def test_prefixes_of_parallel_training_are_taken_off():
    content = content_of(small("rosinality-stylegan2/converted16"))
    state = {f"module.{k}": v for k, v in content.tree["g_ema"].items()}
    plain, parallel = open_foreign(content), open_foreign(replace(content, tree={"g_ema": state}))
    torch.testing.assert_close(plain.generator.synthesis.state_dict(), parallel.generator.synthesis.state_dict())


def test_a_bare_generator_is_opened_too():
    content = content_of(small("nvidia-stylegan2/cond16"))
    alone = open_foreign(replace(content, tree=content.tree["G_ema"])).generator
    torch.testing.assert_close(alone.state_dict(), open_foreign(content).generator.state_dict())


def test_filters_are_kept_as_one_row_where_they_can_be():
    row = torch.tensor([1.0, 2.0, 4.0]) / 7
    assert taps_of(torch.outer(row, row)) == pytest.approx(row.tolist())
    assert taps_of(torch.tensor(BLUR)) == BLUR
    odd = torch.tensor([[0.5, 0.1], [0.1, 0.3]])
    assert torch.tensor(taps_of(odd)).allclose(odd)


def persistent(state):
    """A record of a module, as the reader of pickles gives it."""
    return Record("torch_utils.persistence._reconstruct_persistent_obj", ({"class_name": "Any", "state": state},))


def damaged(content, change):
    """The content with the flat tensors, or the variables, of its averaged generator changed."""
    tree = content.tree
    if isinstance(tree, tuple):
        found = tree[2].state["components"]["synthesis"].state
        state = found | {"variables": list(change(dict(found["variables"])).items())}
        synthesis = Record("dnnlib.tflib.network.Network", state=state)
        components = {**tree[2].state["components"], "synthesis": synthesis}
        averaged = Record(tree[2].name, state=tree[2].state | {"components": components})
        return replace(content, tree=(*tree[:2], averaged))
    if "models" in tree:
        return replace(content, tree={"models": {"generator_smooth": change(dict(tree["models"]["generator_smooth"]))}})
    key = next((k for k in ("g_ema", "generator_smooth", "state_dict") if k in tree), None)
    if key:
        return replace(content, tree={**tree, key: change(dict(tree[key]))})
    meta = tree["G_ema"].args[0]
    synthesis = meta["state"]["_modules"]["synthesis"]
    block = synthesis.args[0]["state"]["_modules"]["b8"]
    conv = block.args[0]["state"]["_modules"]["conv1"].args[0]
    flat = change(dict(conv["state"]["_parameters"]))

    def again(record, name, inner):
        """The record with one module replaced."""
        state = record.args[0]["state"]
        return persistent({**state, "_modules": {**state["_modules"], name: inner}})

    changed = persistent({**conv["state"], "_parameters": flat})
    generator = again(tree["G_ema"], "synthesis", again(synthesis, "b8", again(block, "conv1", changed)))
    return replace(content, tree={**tree, "G_ema": generator})


def kernel_of(state):
    """Some convolution's kernel of 8 pixels in any of these namings."""
    return next(k for k in state if k.removeprefix("module.").removeprefix("decoder.") in (
        "weight", "convs.1.conv.weight", "synthesis.layer2.weight", "8x8/Conv1/weight"))


DAMAGE = {
    "missing": lambda state, key: {k: v for k, v in state.items() if k != key},
    "shape": lambda state, key: {**state, key: state[key][..., :-1]},
    "flat": lambda state, key: {**state, key: state[key].reshape(-1)},
    "nan": lambda state, key: {**state, key: state[key] * math.nan},
    "hollow": lambda state, key: {k: v[..., :0] if getattr(v, "ndim", 0) else v for k, v in state.items()},
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_in_one_sentence(name, damage):
    content = content_of(small(name))
    hurt = damaged(content, lambda state: DAMAGE[damage](state, kernel_of(state)))
    reader = next(reader for reader in READERS if reader.fits(content))
    with pytest.raises(ModelError) as told:
        reader.read(hurt, SMALL[name][1])
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("name", "key"), [
    ("rosinality-stylegan2/converted16", "to_rgbs.0.iwt.ll"), ("genforce-stylegan2/zoo16", "synthesis.layer3.mystery")])
def test_a_part_that_no_stylegan2_has_is_not_passed_over(name, key):
    content = damaged(content_of(small(name)), lambda state: {**state, key: torch.ones(2, 2)})
    with pytest.raises(ModelError, match="a part that StyleGAN2 has not"):
        open_foreign(content, SMALL[name][1])


@pytest.mark.parametrize(("attribute", "value"), [("activation", "gelu"), ("conv_clamp", "wide"), ("conv_clamp", -1)])
def test_attributes_that_make_no_sense_are_refused(attribute, value):
    content = content_of(small("nvidia-stylegan2/cond16"))
    first = content.tree["G_ema"].args[0]["state"]["_modules"]["synthesis"].args[0]["state"]["_modules"]["b4"]
    first.args[0]["state"]["_modules"]["conv1"].args[0]["state"][attribute] = value
    with pytest.raises(ModelError) as told:
        open_foreign(content)
    assert str(value) in str(told.value)


def test_without_the_attribute_the_learning_rate_is_asked_for():
    content = content_of(small("nvidia-stylegan2/cond16"))
    del content.tree["G_ema"].args[0]["state"]["_modules"]["mapping"].args[0]["state"]["_modules"]["fc0"].args[0][
        "state"]["bias_gain"]
    ref = reference(small("nvidia-stylegan2/cond16"))
    assert [choice.key for choice in open_foreign(content).choices] == ["mapping_lr"]
    told = open_foreign(content, {"mapping_lr": 0.02}).generator
    assert largest(mapped(told, ref), ref["w"]) < 1e-4


def test_modules_inside_modules_without_end_are_no_network():
    record = Record("x.Generator", state={"_parameters": {}, "_modules": {}})
    for _ in range(40):
        record = Record("x.Generator", state={"_parameters": {}, "_modules": {"a": record, "b": record}})
    content = replace(content_of(small("nvidia-stylegan2/cond16")), tree={"G_ema": record})
    assert not any(reader.fits(content) for reader in READERS)


def test_states_are_float32_on_the_processor_without_gradients():
    generator = read("nvidia-stylegan2/cond16").generator
    tensors: dict[str, Tensor] = generator.state_dict()
    assert {t.dtype for t in tensors.values()} == {torch.float32}
    assert not any(p.requires_grad for p in generator.parameters())
    assert not generator.training
