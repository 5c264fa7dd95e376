"""BigGANs of two programs draw what those programs drew; damaged ones are refused in one sentence."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from ganstudio.checkpoints.foreign import Content, Record
from ganstudio.checkpoints.formats.ajbrock_biggan import AjbrockBigGAN
from ganstudio.checkpoints.formats.huggingface_biggan import HuggingFaceBigGAN
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import read_content, read_foreign
from ganstudio.document.latent import Base, Latent
from ganstudio.render.latent import ws_of
from tests.checkpoints.fixture_folder import fixtures, reference, small
from tests.comparing import largest

AJBROCK = ("ajbrock-biggan/hier32", "ajbrock-biggan/unshared32", "ajbrock-biggan/deep32")
HF = "huggingface-biggan/deep32"


def draw(generator, z, labels, psi=1.0):
    """Pictures of z as it is, with the statistics of a truncation."""
    with torch.no_grad():
        ws = generator.at_psi(generator.map(torch.as_tensor(z).float(), torch.as_tensor(labels).float()), psi)
        return generator.synthesize(ws)


@pytest.mark.parametrize("name", AJBROCK)
def test_ajbrocks_pictures_are_drawn(name):
    foreign, ref = read_foreign(small(name)), reference(small(name))
    generator = foreign.generator
    assert foreign.format.startswith("BigGAN-PyTorch")
    assert foreign.notes == ()
    assert largest(draw(generator, ref["z"], np.eye(generator.num_classes)[ref["y"]]), ref["img"]) < 1e-4
    if "img_blend" in ref:
        mixed = np.zeros((1, generator.num_classes))
        mixed[0, ref["y"]] = ref["blend"]
        assert largest(draw(generator, ref["z"][:1], mixed), ref["img_blend"]) < 1e-4


def test_hugging_faces_pictures_are_drawn_at_every_truncation():
    foreign, ref = read_foreign(small(HF)), reference(small(HF))
    assert foreign.facts["psi"] == 0.4
    for truncation in ref["truncations"]:
        t = float(truncation)
        assert largest(draw(foreign.generator, ref["z"] * t, ref["label"], t), ref[f"img_t{t:g}"]) < 1e-4, t


def test_every_picture_of_the_full_set_is_hugging_faces():
    folder = fixtures("hf-biggan/deep32")
    generator, ref = read_foreign(folder).generator, reference(folder)
    for truncation in ref["truncations"]:
        t = float(truncation)
        assert largest(draw(generator, ref[f"z_t{t:g}"], ref["label"], t), ref[f"img_t{t:g}"]) < 1e-4, t
    assert largest(draw(generator, ref["z_t1"], ref["label"], 0.4), ref["img_z1_t0.4"]) < 1e-4
    assert largest(draw(generator, ref["z_t0.5"][:1], ref["label_blend"], 0.5), ref["img_blend_t0.5"]) < 1e-4
    pixels = (draw(generator, ref["z_t0.4"], ref["label"], 0.4) + 1).div(2).mul(256).clamp(0, 255).byte()
    assert np.abs(pixels.permute(0, 2, 3, 1).numpy().astype(int) - ref["uint8_t0.4"]).max() <= 1
    ws = generator.map(torch.tensor(ref["z_t1"]), torch.tensor(ref["label"]))
    known = np.roll(ref["cond_vector"], generator.z_dim, axis=1)  # there z comes first
    assert np.abs(ws[:, 0, :-1].numpy() - known).max() < 1e-4


def test_the_slider_of_truncation_draws_what_the_program_draws():
    generator, ref = read_foreign(small(HF)).generator, reference(small(HF))
    cut = torch.tensor(ref["z"][0]).double()
    plain = torch.erfinv(torch.erf(cut / 2**0.5) / torch.erf(torch.tensor(2.0).double() / 2**0.5)) * 2**0.5
    keep = plain.isfinite()
    z = torch.where(keep, plain, 30.0 * cut.sign()).float().numpy()  # -2 and 2 are the ends of all normal numbers
    for t in (1.0, 0.4, 0.58):
        ws = ws_of(generator, Latent(Base(z, None, ref["label"][0]), psi=t))
        with torch.no_grad():
            assert largest(generator.synthesize(ws), ref[f"img_t{t:g}"][:1]) < 1e-3, t


@pytest.mark.parametrize("name", [*AJBROCK, HF])
def test_an_imported_biggan_is_kept_in_our_own_file(tmp_path, name):
    generator, ref = read_foreign(small(name)).generator, reference(small(name))
    labels = torch.eye(generator.num_classes)[:1]
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again = read_native(tmp_path / "m.safetensors").generator
    assert (type(again), again.config) == (type(generator), generator.config)
    assert torch.equal(draw(again, ref["z"][:1], labels, 0.3), draw(generator, ref["z"][:1], labels, 0.3))


# what the tensors do not say


def test_a_bare_file_asks_which_blocks_double_the_side(tmp_path):
    path = tmp_path / "weights.bin"
    shutil.copy(small(HF) / "pytorch_model.bin", path)
    bare, ref = read_foreign(path), reference(small(HF))
    assert [choice.key for choice in bare.choices] == ["up", "eps"]
    assert bare.choices[0].default == "1 3"  # as the published models do; this one differs
    assert "config.json" in bare.notes[0]
    told = read_foreign(path, {"up": "1 2 3"}).generator
    assert largest(draw(told, ref["z"], ref["label"]), ref["img_t1"]) < 1e-4
    with pytest.raises(ModelError, match="such as 1 3 5"):
        read_foreign(path, {"up": "1 9"})
    with pytest.raises(ModelError, match="small number"):
        read_foreign(path, {"eps": 2.0})


def test_a_bare_ajbrock_file_asks_for_the_arguments(tmp_path):
    path = tmp_path / "generator.pt"
    shutil.copy(small("ajbrock-biggan/deep32") / "G_ema.pth", path)
    bare, ref = read_foreign(path), reference(small("ajbrock-biggan/deep32"))
    assert [choice.key for choice in bare.choices] == ["bn_eps", "sn_eps", "leak", "depth"]
    assert len(bare.notes) == 1
    told = read_foreign(path, {"bn_eps": 1e-4, "sn_eps": 1e-6}).generator
    assert largest(draw(told, ref["z"], np.eye(4)[ref["y"]]), ref["img"]) < 1e-4
    assert read_foreign(path, {"depth": 1}).generator.resolution == 4 * 2**6
    with pytest.raises(ModelError, match="Blocks for each side"):
        read_foreign(path, {"depth": 5})


def test_the_best_generators_arguments_are_in_the_file_of_the_same_ending(tmp_path):
    folder = small("ajbrock-biggan/hier32")
    shutil.copy(folder / "G_ema.pth", tmp_path / "G_ema_best0.pth")
    shutil.copy(folder / "state_dict.pth", tmp_path / "state_dict_best0.pth")
    assert read_foreign(tmp_path / "G_ema_best0.pth").notes == ()


def ajbrock(change, name="ajbrock-biggan/hier32", config=None):
    """The content of a fixture with its tensors changed, and the arguments beside it."""
    content = read_content(small(name) / "G_ema.pth")
    arguments = {"config": {**content.sibling("state_dict.pth")["config"], **(config or {})}}
    return Content(content.path, change(dict(content.tree)), lambda sibling: arguments)


def renamed(kind):
    def change(tree):
        return {k.replace("stored", kind): v for k, v in tree.items()}
    return change


def test_the_programs_other_batch_norms_are_read():
    ref = reference(small("ajbrock-biggan/hier32"))
    labels = np.eye(4)[ref["y"]]
    for content in (ajbrock(renamed("bn.stored")), ajbrock(renamed("bn.running"))):
        generator = AjbrockBigGAN().read(content, {"gain": "multiplied"}).generator
        assert largest(draw(generator, ref["z"], labels), ref["img"]) < 1e-4
    added = AjbrockBigGAN().read(ajbrock(renamed("bn.running")), {})
    norm = added.generator.blocks[0].bn1
    gain, bias, x = torch.full((1, 16), 3.0), torch.ones(1, 16), torch.randn(1, 16, 2, 2)
    plain = torch.nn.functional.batch_norm(x, norm.stored_mean[0], norm.stored_var[0], eps=norm.eps)
    assert torch.allclose(norm(x, gain, bias, None), plain + 4, atol=1e-5)


def test_a_network_without_batch_norms_leaves_activations_alone():
    def change(tree):
        return {k: v for k, v in tree.items() if "stored" not in k or k.startswith("output")}
    norm = AjbrockBigGAN().read(ajbrock(change), {}).generator.blocks[0].bn1
    x = torch.randn(1, 16, 2, 2)
    assert torch.allclose(norm(x, torch.ones(1, 16), torch.zeros(1, 16), None), x, atol=1e-5)


def test_weights_without_spectral_norms_are_taken_as_they_are():
    def change(tree):
        return {k: v for k, v in tree.items() if not k.endswith((".u0", ".sv0"))}
    content = ajbrock(change)
    generator = AjbrockBigGAN().read(content, {}).generator
    assert torch.equal(generator.linear.weight, content.tree["linear.weight"])


def test_the_activation_is_the_one_that_the_arguments_name():
    def act(name, **state):
        return {"G_activation": Record(f"torch.nn.modules.activation.{name}", state=state)}
    leaky = AjbrockBigGAN().read(ajbrock(dict, config=act("LeakyReLU", negative_slope=0.3)), {})
    assert leaky.generator.config.leak == 0.3
    with pytest.raises(ModelError, match="activation"):
        AjbrockBigGAN().read(ajbrock(dict, config=act("Tanh")), {})


def test_classes_of_known_data_sets_are_named():
    tree = {"shared.weight": torch.zeros(1000, 8)}
    content = ajbrock(lambda own: {**own, **tree}, config={"dataset": "I128_hdf5"})
    assert AjbrockBigGAN().read(content, {}).facts["class_names"][207] == "golden retriever"
    content = ajbrock(lambda own: {**own, "shared.weight": torch.zeros(10, 8)}, config={"dataset": "C10"})
    assert AjbrockBigGAN().read(content, {}).facts["class_names"][9] == "truck"


# damage


def without(name):
    return lambda tree: {k: v for k, v in tree.items() if k != name}


def with_(name, value):
    return lambda tree: {**tree, name: value}


AJBROCK_DAMAGE = {
    "no weight": without("blocks.1.0.conv2.weight"),
    "no norm": without("blocks.0.0.bn2.bias.weight"),
    "no bias": without("linear.bias"),
    "no attention": without("blocks.1.1.o.weight"),
    "other shape": with_("linear.weight", torch.zeros(3)),
    "other width": with_("blocks.0.0.conv1.weight", torch.zeros(16, 12, 3, 3)),
    "other vector": with_("linear.u0", torch.zeros(1, 7)),
    "not finite": with_("output_layer.2.bias", torch.tensor([float("nan"), 0, 0])),
    "all zero": with_("blocks.0.0.conv1.weight", torch.zeros(16, 16, 3, 3)),
    "hollow": with_("shared.weight", torch.zeros(0, 8)),
}


@pytest.mark.parametrize("damage", AJBROCK_DAMAGE)
def test_a_damaged_ajbrock_file_is_refused_in_a_sentence(damage):
    with pytest.raises(ModelError) as error:
        AjbrockBigGAN().read(ajbrock(AJBROCK_DAMAGE[damage]), {})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("config", [{"BN_eps": "x"}, {"BN_eps": float("nan")}, {"SN_eps": -1}, {"G_depth": 0}])
def test_arguments_that_are_none_are_refused_in_a_sentence(config):
    with pytest.raises(ModelError):
        AjbrockBigGAN().read(ajbrock(dict, "ajbrock-biggan/deep32", config), {})


HF_DAMAGE = {
    "no weight": without("generator.layers.1.conv_2.weight_orig"),
    "no vector": without("generator.gen_z.weight_v"),
    "no statistics": without("generator.layers.0.bn_3.running_vars"),
    "no blocks": lambda tree: {k: v for k, v in tree.items() if ".layers." not in k},
    "other vector": with_("generator.gen_z.weight_u", torch.zeros(5)),
    "other rows": with_("generator.bn.running_means", torch.zeros(7, 4)),
    "other shape": with_("generator.gen_z.weight_orig", torch.zeros(17, 16)),
    "not finite": with_("generator.bn.bias", torch.full((4,), float("inf"))),
}


@pytest.mark.parametrize("damage", HF_DAMAGE)
def test_a_damaged_hugging_face_file_is_refused_in_a_sentence(damage):
    content = read_content(small(HF) / "pytorch_model.bin")
    changed = Content(content.path, HF_DAMAGE[damage](dict(content.tree)), content.sibling)
    with pytest.raises(ModelError) as error:
        HuggingFaceBigGAN().read(changed, {})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("config", [{"layers": [1, 2]}, {"layers": "FT"}, {"eps": "small"}, {"eps": True}])
def test_a_config_of_another_network_is_refused_in_a_sentence(config):
    content = read_content(small(HF) / "pytorch_model.bin")
    with pytest.raises(ModelError):
        HuggingFaceBigGAN().read(Content(content.path, content.tree, lambda name: config), {})


def test_each_format_knows_its_own_files_only():
    formats = AjbrockBigGAN(), HuggingFaceBigGAN()
    for name, fitting in ((AJBROCK[0], 0), (AJBROCK[2], 0), (HF, 1)):
        content = read_content(small(name))
        assert [f.fits(content) for f in formats] == [fitting == 0, fitting == 1]
    assert not any(f.fits(Content(small(HF), tree)) for f in formats for tree in ({}, [], None, {"linear.weight": 3}))
