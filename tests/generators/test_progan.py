"""ProGAN: what the paper's network does, at every stage of its growing; directions move z on the sphere."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from ganstudio.api import Generator
from ganstudio.generators.progan import ProGAN, ProGANConfig

CONFIG = ProGANConfig((16, 12, 8), z_dim=10)


def made(**changes):
    torch.manual_seed(0)
    return ProGAN(replace(CONFIG, **changes)).eval()


def test_it_is_a_generator_that_starts_with_sound_pictures():
    torch.manual_seed(0)
    generator = ProGAN(ProGANConfig.published(64))
    assert isinstance(generator, Generator)
    assert (generator.resolution, generator.num_ws, len(generator.layers)) == (64, 1, 1)
    with torch.no_grad():
        image = generator(torch.randn(4, 512))
    assert image.shape == (4, 3, 64, 64)
    assert 0.3 < float(image.std()) < 3


def test_the_published_widths_are_the_papers():
    assert ProGANConfig.published(1024).widths == (512, 512, 512, 512, 256, 128, 64, 32, 16)


@pytest.mark.parametrize("lod", [0.0, 0.25, 1.0, 1.5, 2.0])
def test_growing_blends_the_size_below_in(lod):
    """Whole levels draw the smaller network's picture; fractions lie between two whole levels."""
    generator, w = made(), torch.randn(2, 10)
    image = generator.draw(w, lod)
    below, above = generator.draw(w, float(int(lod))), generator.draw(w, float(min(int(lod) + 1, 2)))
    torch.testing.assert_close(image, below + (above - below) * (lod - int(lod)))
    side = 16 >> int(lod)
    if lod == int(lod):
        assert torch.equal(image, F.interpolate(image[:, :, ::16 // side, ::16 // side], scale_factor=16 // side))
    torch.testing.assert_close(image, made(lod=lod).draw(w))


@pytest.mark.parametrize("config", [{"lod": 2.5}, {"lod": -0.1}, {"first_rgb": 2, "lod": 1.0}, {"widths": ()},
                                    {"z_dim": 0}])
def test_configs_of_no_network_are_refused(config):
    with pytest.raises(ValueError, match=r"level of detail|a latent of"):
        replace(CONFIG, **config)


def test_z_is_edited_on_the_sphere_and_length_says_nothing():
    generator = made()
    z = torch.randn(3, 10)
    assert torch.allclose(generator.normalise(z).square().mean(dim=1), torch.ones(3), atol=1e-5)
    torch.testing.assert_close(generator(z), generator(5 * z), rtol=1e-4, atol=1e-4)
    free = made(normalise_latents=False, pixel_norm=False)
    assert torch.equal(free.normalise(z), z)
    assert not torch.allclose(free(z), free(5 * z), atol=0.1)


@pytest.mark.parametrize("joint", [False, True])
def test_labels_change_the_picture_and_none_are_zeros(joint):
    generator, z = made(num_classes=2, joint_labels=joint), torch.randn(1, 10)
    one, other = (generator(z, torch.eye(2)[i:i + 1]) for i in (0, 1))
    assert not torch.allclose(one, other, atol=0.01)
    torch.testing.assert_close(generator(z), generator(z, torch.zeros(1, 2)))
    assert torch.equal(generator.normalise(z), z) == joint


def test_the_factor_matrix_is_what_the_first_layer_makes_of_z():
    """A step in z moves the sums of the first layer by matrix times step, place by place."""
    generator = made(num_classes=2, normalise_latents=False)
    matrix, first = generator.factor_matrix((0,)), generator.layer0
    assert matrix.shape == (10, 16 * 16)
    step = torch.randn(10)
    w = torch.cat([step, torch.zeros(2)])[None, :, None, None]
    sums = F.conv2d(w, first.weight, padding=3)[0]
    torch.testing.assert_close(sums.flatten(), step @ matrix, rtol=1e-4, atol=1e-4)


def test_gradients_reach_z_and_every_weight_that_draws():
    generator, z = made().train(), torch.randn(2, 10, requires_grad=True)
    generator(z).square().sum().backward()
    assert float(z.grad.abs().max()) > 0
    unused = {name for name, p in generator.named_parameters() if p.grad is None or not bool(p.grad.any())}
    assert unused == {f"output{k}.{kind}" for k in (0, 1) for kind in ("weight", "bias")}


def test_half_precision_draws_nearly_the_same():
    generator, w = made(), torch.randn(2, 10)
    with torch.no_grad():
        exact, half = generator.draw(w), generator.draw(w, dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    assert float((half - exact).square().mean().sqrt() / exact.std()) < 0.03
