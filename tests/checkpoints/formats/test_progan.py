"""ProGANs of four programs draw what those programs drew; damaged ones are refused in one sentence."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.checkpoints.foreign import Content, Record
from ganstudio.checkpoints.formats.gandissect import GANDissect
from ganstudio.checkpoints.formats.genforce_progan import GenforceProGAN
from ganstudio.checkpoints.formats.tensorflow_progan import TensorFlowProGAN
from ganstudio.checkpoints.formats.zoo import ZooProGAN
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import read_foreign
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.generators.progan import ProGAN, ProGANConfig
from tests.checkpoints.fixture_folder import checkpoint, fixtures, reference, small
from tests.comparing import largest

READERS = (GenforceProGAN(), GANDissect(), ZooProGAN(), TensorFlowProGAN())
SMALL = {
    "genforce-progan/plain16": ("genforce ProGAN", {}),
    "genforce-progan/snapshot16": ("genforce ProGAN", {"labels": 3, "final_tanh": True}),
    "gan-dissection-progan/new16": ("GAN Dissection ProGAN", {}),
    "gan-dissection-progan/old16": ("GAN Dissection ProGAN", {}),
    "gan-zoo-progan/plain16": ("GAN zoo Progressive GAN", {}),
    "gan-zoo-progan/growing16": ("GAN zoo Progressive GAN", {}),
    "tensorflow-progan/fused16": ("NVIDIA ProGAN (TensorFlow)", {}),
}


def content_of(folder):
    path = checkpoint(folder)
    return Content(path, read_tree(path))


def read(folder, chosen=None):
    """The file read by the one format that knows it."""
    content = content_of(folder)
    [fitting] = [reader for reader in READERS if reader.fits(content)]
    return fitting.read(content, chosen or {})


def draw(generator, z, labels=None):
    with torch.no_grad():
        return generator(torch.tensor(z).flatten(1), None if labels is None else torch.tensor(labels))


def copied(content, change):
    """The content with its state dict changed; a file's own tree is left alone."""
    tree = dict(content.tree)
    key = next((k for k in ("generator_smooth", "avgG") if k in tree), None)
    state = change(dict(tree[key] if key else tree))
    return Content(content.path, {**tree, key: state} if key else state)


@pytest.mark.parametrize("name", SMALL)
def test_the_picture_is_the_original_programs(name):
    program, chosen = SMALL[name]
    foreign, ref = read(small(name), chosen), reference(small(name))
    assert foreign.format == program
    image = draw(foreign.generator, ref["z"], ref.get("c"))
    assert image.shape == ref["img"].shape
    assert largest(image, ref["img"]) < 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_the_front_door_finds_the_format(name):
    program, chosen = SMALL[name]
    foreign = read_foreign(checkpoint(small(name)), {key: str(value) for key, value in chosen.items()})
    assert (foreign.format, foreign.generator.config) == (program, read(small(name), chosen).generator.config)


@pytest.mark.parametrize("name", SMALL)
def test_the_imported_generator_is_kept_in_our_own_file(tmp_path, name):
    generator = read(small(name), SMALL[name][1]).generator
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again, z = read_native(tmp_path / "m.safetensors").generator, reference(small(name))["z"]
    assert again.config == generator.config
    assert torch.equal(draw(again, z), draw(generator, z))


def test_colours_are_cut_off_only_where_the_program_did():
    folder = small("gan-dissection-progan/new16")
    ref = reference(folder)
    assert abs(ref["img_unclamped"]).max() > 1
    assert largest(draw(read(folder, {"hardtanh": False}).generator, ref["z"]), ref["img_unclamped"]) < 1e-4


@pytest.mark.parametrize(("name", "pictures"), [
    ("genforce/pggan32", ("img",)), ("latent-composition/pgan32_raw_legacy", ("img", "img_unclamped")),
    ("fb-gan-zoo/pgan32", ("img", "img_via_test"))])
def test_the_full_references_are_met(name, pictures):
    folder = fixtures(name)
    ref = reference(folder)
    for key in pictures:
        generator = read(folder, {"hardtanh": False} if key == "img_unclamped" else {}).generator
        assert largest(draw(generator, ref["z"]), ref[key]) < 1e-4
    if "z_norm" in ref:
        assert largest(generator.normalise(torch.tensor(ref["z"])), ref["z_norm"]) < 1e-6
    if "uint8" in ref:
        levels = ((draw(generator, ref["z"]).clamp(-1, 1) + 1) / 2 * 255 + 0.5).byte().permute(0, 2, 3, 1)
        assert int((levels.int() - torch.tensor(ref["uint8"]).int()).abs().max()) <= 1


def test_the_full_tensorflow_reference_is_met():
    ref = reference(fixtures("genforce/pggan32"))
    assert largest(draw(read(fixtures("tf-synthetic/pggan32")).generator, ref["z"]), ref["img"]) < 1e-4


def test_the_averaged_weights_are_taken():
    folder = fixtures("fb-gan-zoo/pgan32")
    ref = reference(folder)
    assert largest(draw(read(folder).generator, ref["z"]), ref["img_netG"]) > 0.1
    live = Content(checkpoint(folder), {**content_of(folder).tree, "avgG": None})
    assert largest(draw(ZooProGAN().read(live, {}).generator, ref["z"]), ref["img_netG"]) < 1e-4


def test_directions_and_their_pictures_are_sefas():
    """Eigenvalue by eigenvalue, up to sign; z is normalised, then edited, and the generator normalises again."""
    folder = fixtures("genforce/pggan32")
    generator, sefa = read(folder).generator, reference(folder, "sefa.npz")
    matrix = generator.factor_matrix((0,))
    unit = matrix / matrix.norm(dim=0, keepdim=True)
    values, vectors = torch.linalg.eigh(unit @ unit.T)
    order = sefa["eigvals_all"].argsort()
    theirs = torch.tensor(sefa["boundaries_all"][order])
    torch.testing.assert_close(values, torch.tensor(sefa["eigvals_all"][order]), rtol=1e-4, atol=1e-4)
    assert float((vectors.T * theirs).sum(dim=1).abs().min()) > 0.999
    z = generator.normalise(torch.tensor(reference(folder)["z"]))
    for k in (0, 3):
        for alpha in (-3, 3):
            code = z + alpha * torch.tensor(sefa["boundaries_all"][k])
            assert largest(code, sefa[f"edit_code_k{k}_d{alpha}"]) < 1e-5
            with torch.no_grad():
                assert largest(generator.synthesize(code[:, None]), sefa[f"edit_img_k{k}_d{alpha}"]) < 1e-4


def test_what_the_file_says_of_growing_and_of_classes_is_taken():
    grown = read(small("genforce-progan/snapshot16"), SMALL["genforce-progan/snapshot16"][1]).generator.config
    assert math.isclose(grown.lod, 0.4, rel_tol=1e-6)
    assert (grown.num_classes, grown.z_dim, grown.image_channels, grown.equalised) == (3, 12, 1, False)
    zoo = read(small("gan-zoo-progan/growing16"))
    config = zoo.generator.config
    assert (config.lod, config.slope, config.ending, config.num_classes, config.z_dim) == (0.3, 0.1, "tanh", 4, 12)
    assert zoo.facts == {"class_names": ["dark", "light", "no", "yes"]}
    assert zoo.choices == ()


def test_a_zoo_file_without_its_configuration_asks():
    folder = small("gan-zoo-progan/growing16")
    bare = Content(checkpoint(folder), content_of(folder).tree["avgG"])
    assert {choice.key: choice.default for choice in ZooProGAN().read(bare, {}).choices} == \
        {"alpha": 0.0, "final_tanh": False}
    config = ZooProGAN().read(bare, {"alpha": 0.3, "final_tanh": True}).generator.config
    assert (config.lod, config.ending) == (0.3, "tanh")


def test_fused_kernels_of_one_width_are_asked_for():
    torch.manual_seed(0)
    generator = ProGAN(ProGANConfig((8, 8), z_dim=8)).eval()
    stored = {**generator.state_dict(), "lod": torch.tensor(0.0)}
    turned = {**stored, "layer2.weight": stored["layer2.weight"].transpose(0, 1).flip(2, 3)}
    z = torch.randn(1, 8).numpy()
    for state, fused in ((stored, False), (turned, True)):
        found = GenforceProGAN().read(Content(checkpoint(small("genforce-progan/plain16")), state), {"fused": fused})
        assert next(choice.default for choice in found.choices if choice.key == "fused") is fused
        assert largest(draw(found.generator, z), draw(generator, z)) < 1e-6


@pytest.mark.parametrize("name", ["genforce-progan/plain16", "gan-dissection-progan/new16", "gan-zoo-progan/plain16"])
@pytest.mark.parametrize("damage", ["missing", "shape", "axes", "nan", "odd"])
def test_damage_is_told_in_one_sentence(name, damage):
    content = content_of(small(name))

    def broken(state):
        key = [k for k in state if k.endswith("weight")][-3]
        change = {
            "missing": None, "shape": state[key][:, :-1], "axes": state[key].flatten(),
            "nan": torch.full_like(state[key], math.nan), "odd": state[key][:1, :1],
        }[damage]
        return {k: v for k, v in {**state, key: change}.items() if v is not None}

    content = copied(content, broken)
    for reader in (reader for reader in READERS if reader.fits(content)):
        with pytest.raises(ModelError) as told:
            reader.read(content, {})
        assert "\n" not in str(told.value)


@pytest.mark.parametrize(("key", "value"), [("formatLayer.module.bias", torch.ones(5)),
                                            ("formatLayer.module.weight", torch.ones(20, 12))])
def test_a_format_layer_of_no_places_is_told(key, value):
    with pytest.raises(ModelError, match="no 4 x 4 places"):
        ZooProGAN().read(copied(content_of(small("gan-zoo-progan/plain16")), lambda s: {**s, key: value}), {})


@pytest.mark.parametrize(("key", "value"), [("categoryVectorDim", -1), ("categoryVectorDim", 99), ("alpha", "much"),
                                            ("alpha", 7.0), ("leakyReluLeak", None)])
def test_a_configuration_of_no_network_is_told(key, value):
    content = content_of(small("gan-zoo-progan/plain16"))
    config = Record("BaseConfig", state={**content.tree["config"].state, key: value})
    with pytest.raises(ModelError):
        ZooProGAN().read(Content(content.path, {**content.tree, "config": config}), {})


@pytest.mark.parametrize("change", [{"label_size": 10**9}, {"pixelnorm_epsilon": "much"}, {"label_size": [1]}])
def test_settings_that_make_no_network_are_told(change):
    content = content_of(small("tensorflow-progan/fused16"))
    record = content.tree[-1]
    state = {**record.state, "static_kwargs": {**record.state["static_kwargs"], **change}}
    with pytest.raises(ModelError):
        TensorFlowProGAN().read(Content(content.path, (Record(record.name, state=state),)), {})


@pytest.mark.parametrize("lod", [math.nan, -1.0, 9.0])
def test_a_level_of_detail_that_does_not_fit_is_told(lod):
    content = copied(content_of(small("genforce-progan/plain16")), lambda s: {**s, "lod": torch.tensor(lod)})
    with pytest.raises(ModelError, match="level of detail"):
        GenforceProGAN().read(content, {})


@pytest.mark.parametrize(("key", "value"), [("labels", 16), ("labels", 1.5), ("final_tanh", "yes"), ("labels", True)])
def test_answers_that_do_not_fit_are_told(key, value):
    with pytest.raises(ModelError):
        read(small("genforce-progan/plain16"), {key: value})


@pytest.mark.parametrize("tree", [None, {}, [], {"generator": {}}, {"avgG": 3}, {1: torch.ones(1)}, torch.ones(2)])
def test_other_content_fits_nothing(tree):
    content = Content(checkpoint(small("genforce-progan/plain16")), tree)
    assert not any(reader.fits(content) for reader in READERS)
