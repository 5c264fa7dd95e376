"""DCGANs of two programs draw what those programs drew; damaged ones are refused in one sentence."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.checkpoints.foreign import Content
from ganstudio.checkpoints.formats.pytorch_dcgan import PyTorchDCGAN
from ganstudio.checkpoints.formats.zoo import ZooDCGAN
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import read_foreign
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.generators.dcgan import DCGAN, DCGANConfig
from tests.checkpoints.fixture_folder import checkpoint, fixtures, reference, small
from tests.comparing import largest

READERS = {"pytorch-dcgan/nz8_ngf2": PyTorchDCGAN(), "gan-zoo-dcgan/depth2": ZooDCGAN()}


def content_of(folder):
    path = checkpoint(folder)
    return Content(path, read_tree(path))


def draw(generator, z):
    with torch.no_grad():
        return generator(torch.tensor(z).flatten(1))


def state_of(content):
    return content.tree.get("avgG", content.tree)


@pytest.mark.parametrize("name", READERS)
def test_the_picture_is_the_original_programs(tmp_path, name):
    content, ref = content_of(small(name)), reference(small(name))
    assert [key for key, reader in READERS.items() if reader.fits(content)] == [name]
    generator = READERS[name].read(content, {}).generator
    assert read_foreign(content.path).format == READERS[name].name
    assert largest(draw(generator, ref["z"]), ref["img"]) < 1e-4
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    assert largest(draw(read_native(tmp_path / "m.safetensors").generator, ref["z"]), ref["img"]) < 1e-4


@pytest.mark.parametrize(("name", "reader", "image", "batch"), [
    ("dcgan-pytorch-examples/nz100_ngf16", PyTorchDCGAN(), "img_eval", "img_train_bn_batch4"),
    ("fb-gan-zoo/dcgan64", ZooDCGAN(), "img", "img_trainmode_bn")])
def test_the_full_references_are_met(name, reader, image, batch):
    folder = fixtures(name)
    ref, generator = reference(folder), reader.read(content_of(folder), {}).generator
    assert largest(draw(generator, ref["z"]), ref[image]) < 1e-4
    if "acts_main2" in ref:
        z = torch.tensor(ref["z"])[:1]
        with torch.no_grad():
            assert largest(generator.main[:3](z), ref["acts_main2"]) < 1e-4
    assert largest(draw(generator.train(), ref["z"]), ref[batch]) < 1e-4


@pytest.mark.parametrize("name", READERS)
def test_measured_statistics_draw_nearly_what_a_batch_does(name):
    content, ref = content_of(small(name)), reference(small(name))
    stored = READERS[name].read(content, {})
    measured = READERS[name].read(content, {"statistics": "measured"})
    z = torch.randn(64, measured.generator.z_dim, generator=torch.Generator().manual_seed(9)).numpy()
    with torch.no_grad():
        batch = stored.generator.train()(torch.tensor(z))
    near = float((draw(measured.generator, z) - batch).abs().mean())
    far = float((draw(stored.generator.eval(), z) - batch).abs().mean())
    assert near < far / 3
    again = READERS[name].read(content, {"statistics": "measured"}).generator
    assert torch.equal(draw(again, ref["z"]), draw(measured.generator, ref["z"]))


def test_depth_widths_and_channels_are_the_tensors():
    torch.manual_seed(0)
    config = DCGANConfig((24, 12, 6, 4, 2), z_dim=7, image_channels=1, bias=True)
    generator = DCGAN(config).eval()
    content = Content(checkpoint(small("pytorch-dcgan/nz8_ngf2")), {"netG": generator.state_dict()})
    again = PyTorchDCGAN().read(content, {}).generator
    assert (again.config, again.resolution) == (config, 128)
    z = torch.randn(2, 7).numpy()
    assert largest(draw(again, z), draw(generator, z)) == 0


def test_a_discriminator_is_none():
    state = {"main.0.weight": torch.ones(8, 3, 4, 4), "main.2.weight": torch.ones(16, 8, 4, 4),
             "main.3.running_mean": torch.ones(16)}
    assert not PyTorchDCGAN().fits(Content(checkpoint(small("pytorch-dcgan/nz8_ngf2")), state))


def test_a_generator_that_lost_its_end_is_none():
    state = DCGAN(DCGANConfig((24, 12, 6), z_dim=7)).state_dict()
    kept = {k: v for k, v in state.items() if not k.startswith(("main.7.", "main.9."))}
    with pytest.raises(ModelError, match="draws 6 channels, but a picture has 1, 3 or 4"):
        PyTorchDCGAN().read(Content(checkpoint(small("pytorch-dcgan/nz8_ngf2")), kept), {})


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", ["no norm", "no kernel", "shape", "nan", "no statistics", "square"])
def test_damage_is_told_in_one_sentence(name, damage):
    content = content_of(small(name))
    state = dict(state_of(content))
    kernels, norms = ([k for k in state if k.endswith(end)] for end in ("weight", "running_var"))
    kernel = [k for k in kernels if state[k].ndim == 4][1]
    stem = norms[-1].removesuffix("running_var")
    state |= {"shape": {kernel: state[kernel][:, :-1]}, "nan": {norms[-1]: torch.full_like(state[norms[-1]], math.nan)},
              "square": {kernel: state[kernel][..., :3]}}.get(damage, {})
    gone = {"no norm": stem, "no kernel": kernel, "no statistics": norms[-1]}.get(damage, "nothing")
    state = {k: v for k, v in state.items() if not k.startswith(gone)}
    with pytest.raises(ModelError) as told:
        READERS[name].read(Content(content.path, {"config": content.tree.get("config"), "avgG": state, "g_ema": state}),
                           {})
    assert "\n" not in str(told.value)
