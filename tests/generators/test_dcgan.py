"""DCGAN: what the paper's network does; directions move z; statistics can be measured anew."""

from __future__ import annotations

import pytest
import torch

from ganstudio.api import Generator
from ganstudio.generators.dcgan import DCGAN, DCGANConfig

CONFIG = DCGANConfig((16, 8), z_dim=6)


def made(config=CONFIG):
    torch.manual_seed(0)
    return DCGAN(config).eval()


def test_it_is_a_generator_that_starts_as_the_paper_says():
    torch.manual_seed(0)
    generator = DCGAN(DCGANConfig.published(64, width=32))
    assert isinstance(generator, Generator)
    assert (generator.config.widths, generator.resolution) == ((256, 128, 64, 32), 64)
    assert 0.019 < float(generator.main[3].weight.detach().std()) < 0.021
    with torch.no_grad():
        image = generator(torch.randn(8, 100))
    assert image.shape == (8, 3, 64, 64)
    assert 0.001 < float(image.std()) < 1


@pytest.mark.parametrize("config", [{"widths": ()}, {"kernel": 3}, {"z_dim": 0}])
def test_configs_of_no_network_are_refused(config):
    with pytest.raises(ValueError, match=r"cannot double|a latent of"):
        DCGANConfig(**({"widths": (4,)} | config))


def test_labels_change_the_picture_and_none_are_zeros():
    generator, z = made(DCGANConfig((16, 8), z_dim=6, num_classes=2, ending="none")), torch.randn(1, 6)
    one, other = (generator(z, torch.eye(2)[i:i + 1]) for i in (0, 1))
    assert not torch.equal(one, other)
    assert torch.equal(generator(z), generator(z, torch.zeros(1, 2)))


def test_the_factor_matrix_is_what_the_first_layer_makes_of_z():
    generator = made(DCGANConfig((16, 8), z_dim=6, num_classes=2))
    matrix, step = generator.factor_matrix((0,)), torch.randn(6)
    assert matrix.shape == (6, 16 * 16)
    sums = generator.main[0](torch.cat([step, torch.zeros(2)])[None, :, None, None])
    torch.testing.assert_close(sums.flatten(), step @ matrix)


def test_gradients_reach_z_and_every_weight():
    generator, z = made().train(), torch.randn(2, 6, requires_grad=True)
    generator(z).square().sum().backward()
    assert float(z.grad.abs().max()) > 0
    assert all(bool(p.grad.any()) for p in generator.parameters())


def test_measuring_changes_statistics_and_nothing_else():
    generator = made()
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    generator.measure_statistics(batches=4, size=16)
    changed = {k for k, v in generator.state_dict().items() if not torch.equal(v, before[k])}
    assert {k.split(".")[-1] for k in changed} == {"running_mean", "running_var", "num_batches_tracked"}
    assert not generator.training
    sums = generator.main[0](torch.randn(512, 6, 1, 1))
    torch.testing.assert_close(generator.norms[0].running_var, sums.var(dim=(0, 2, 3)), rtol=0.3, atol=0)
