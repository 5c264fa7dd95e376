"""GAN training: its formulas are the published ones, and it learns."""

import dataclasses

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from ganstudio.training.data import Stream
from ganstudio.training.discriminator import Conv, Discriminator, box_fold, minibatch_stddev
from ganstudio.training.export import generator_of
from ganstudio.training.families import family_of, mix_styles, picture_of
from ganstudio.training.gan import GanTraining, average_decay, r1_penalty
from ganstudio.training.growth import grow_discriminator, grow_generator
from ganstudio.training.recipe import ModelRecipe
from ganstudio.training.resume import ResumeError
from tests.training.tiny import MODEL, FlatPictures, tiny_recipe, tiny_training


def test_r1_of_a_linear_judge_is_the_squared_length_of_its_weights() -> None:
    judge = nn.Linear(3 * 4 * 4, 1)
    images = torch.randn(5, 3, 4, 4, requires_grad=True)
    penalty = r1_penalty(judge(images.flatten(1)), images)
    torch.testing.assert_close(penalty, judge.weight.square().sum())
    penalty.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(judge.weight.grad, 2 * judge.weight.detach())


def test_the_average_keeps_half_of_itself_over_a_half_life() -> None:
    steps = 10_000 // 20
    assert average_decay(20, 10**9, half_life=10) ** steps == pytest.approx(0.5)
    assert average_decay(20, 20_000, half_life=10) ** (1000 // 20) == pytest.approx(0.5)  # ramp: 5 % of 20 kimg
    assert average_decay(20, 20, half_life=10) < 1e-5


def test_the_average_follows_by_that_formula() -> None:
    training = tiny_training()
    name, before = next(iter({k: v.clone() for k, v in training.average.named_parameters()}.items()))
    training.step(200)
    decay = average_decay(4, 201 * 4, 0.01)
    expected = before * decay + training.generator.get_parameter(name).detach() * (1 - decay)
    torch.testing.assert_close(training.average.get_parameter(name), expected)


def test_mixing_changes_only_upper_layers_and_as_often_as_asked() -> None:
    w, other = torch.zeros(4000, 3), torch.ones(4000, 3)
    ws = mix_styles(w, other, 6, 0.5, torch.Generator().manual_seed(1))[:, :, 0]
    assert (ws[:, 0] == 0).all()
    assert (ws.diff(dim=1) >= 0).all()
    assert 0.45 < float(ws[:, -1].mean()) < 0.55
    assert not mix_styles(w, other, 6, 0.0, torch.Generator()).any()


def test_the_folded_kernel_blurs_and_halves_like_the_two_steps_it_stands_for() -> None:
    x, weight = torch.randn(2, 4, 10, 10), torch.randn(5, 4, 3, 3)
    box = torch.full((4, 1, 2, 2), 0.25)
    blurred = nn.functional.conv2d(x, box, padding=1, groups=4)
    apart = nn.functional.conv2d(blurred, weight, stride=2)
    together = nn.functional.conv2d(x, box_fold(weight), stride=2, padding=1)
    torch.testing.assert_close(together, apart, atol=1e-4, rtol=1e-4)


def test_a_convolution_keeps_the_variance_of_its_input() -> None:
    torch.manual_seed(0)
    y = Conv(64, 256, 3)(torch.randn(4, 64, 16, 16))
    assert 0.8 < y.square().mean().item() < 1.2


def test_minibatch_stddev_sees_whether_pictures_differ() -> None:
    same = torch.ones(8, 3, 4, 4)
    assert minibatch_stddev(same).shape == (8, 4, 4, 4)
    assert float(minibatch_stddev(same)[:, 3].max()) < 1e-3
    assert float(minibatch_stddev(torch.randn(6, 3, 4, 4))[:, 3].min()) > 0.1


def test_it_learns_a_world_of_one_colour() -> None:
    recipe = tiny_recipe(generator_lr=0.01, discriminator_lr=0.01, batch=8)
    training = tiny_training(recipe, (220, 40, 40))
    target = torch.tensor([220, 40, 40]) / 127.5 - 1

    def distance() -> float:
        with torch.no_grad():
            images = training.average(torch.randn(16, 8, generator=torch.Generator().manual_seed(0)))
        return float((images.mean(dim=(0, 2, 3)) - target).abs().mean())

    before = distance()
    for number in range(150):
        losses = training.step(number)
    assert all(value.isfinite() for value in losses.values())
    assert distance() < 0.4 * before


def test_a_second_training_from_the_same_seed_is_the_same() -> None:
    one, two = tiny_training(), tiny_training()
    for number in range(3):
        one.step(number)
        two.step(number)
    for a, b in zip(one.generator.parameters(), two.generator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_grown_generator_starts_from_the_old_picture_upsampled() -> None:
    wide = dataclasses.replace(MODEL, resolution=16, channels=(16, 8, 6))
    small = generator_of(tiny_recipe())
    large = family_of(wide).build(wide, 0)
    grow_generator(large, small.state_dict())
    z = torch.randn(3, 8)
    small_image, image = small(z), large(z)
    assert image.shape == (3, 3, 16, 16)
    shrunk = nn.functional.avg_pool2d(image, 2)[:, :, 1:-1, 1:-1]
    blurred = nn.functional.conv2d(small_image, _shrunk_filter(), groups=3)
    torch.testing.assert_close(shrunk, blurred, atol=1e-5, rtol=1e-4)
    image.square().sum().backward()
    gradient = large.synthesis.b16.torgb.weight.grad  # type: ignore[union-attr]
    assert gradient is not None
    assert gradient.abs().sum() > 0


def _shrunk_filter() -> torch.Tensor:
    """Up-sampling by [1, 3, 3, 1] and taking 2 x 2 means is the filter [1, 6, 1] / 8 at the old size."""
    taps = torch.tensor([1.0, 6.0, 1.0]) / 8
    return torch.outer(taps, taps).expand(3, 1, 3, 3)


def test_a_grown_progan_starts_near_the_old_picture_and_each_of_its_kernels_can_learn() -> None:
    model = ModelRecipe("progan", 8, (24, 20), z_dim=16)
    small = family_of(model).build(model, 0)
    wide = dataclasses.replace(model, resolution=16, channels=(24, 20, 16))
    large = family_of(wide).build(wide, 0)
    grow_generator(large, small.state_dict())
    z = small.normalise(torch.randn(32, 16, generator=torch.Generator().manual_seed(3)))
    old, new = nn.functional.interpolate(small.draw(z), scale_factor=2), large.draw(z)
    assert torch.corrcoef(torch.stack([old.flatten(), new.flatten()]))[0, 1] > 0.9
    new.square().sum().backward()
    assert all(layer.weight.grad.abs().sum() > 0 for layer in (large.layer(4), large.layer(5), large.output(2)))


def test_a_grown_discriminator_judges_the_shrunken_picture_as_before() -> None:
    small, large = Discriminator((16, 8)), Discriminator((16, 8, 6))
    grow_discriminator(large, small.state_dict())
    image = torch.randn(4, 3, 16, 16)
    torch.testing.assert_close(large(image), small(nn.functional.avg_pool2d(image, 2)), atol=1e-5, rtol=1e-4)


def test_growing_from_other_widths_is_refused_in_one_sentence() -> None:
    with pytest.raises(ResumeError, match="same widths"):
        grow_discriminator(Discriminator((16, 12, 6)), Discriminator((16, 8)).state_dict())


def classed_training(*colours: tuple[int, int, int]) -> GanTraining:
    """A new training on pictures that are a class each."""
    pictures = FlatPictures(*colours)
    pictures.class_names = tuple(f"colour {i}" for i in range(len(colours)))
    recipe = tiny_recipe()
    return GanTraining(recipe, Stream(pictures, recipe.seed), Accelerator(cpu=True))


def test_a_model_of_classes_learns_which_picture_belongs_to_which() -> None:
    torch.manual_seed(0)
    training = classed_training((250, 40, 40), (40, 40, 250))
    for number in range(250):
        training.step(number)
    z = torch.randn(16, 8)
    with torch.no_grad():
        red, blue = (picture_of(training.average, z, torch.eye(2)[[label]].expand(16, 2)) for label in (0, 1))
    assert (red - blue)[:, 0].mean() > 0.5
    assert (red - blue)[:, 2].mean() < -0.5


def test_the_judge_of_a_model_of_classes_sees_the_class() -> None:
    torch.manual_seed(0)
    judge, images = Discriminator((16, 8), num_classes=3), torch.randn(4, 3, 8, 8)
    one, other = (judge(images, labels=torch.eye(3)[[label]].expand(4, 3)) for label in (0, 2))
    assert not torch.allclose(one, other)
