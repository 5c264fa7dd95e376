"""A look becomes w+ in the order z, z edits, map, truncate, w edits, each added to the base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganstudio.document.latent import Base, Direction, Latent, LayerRange
from ganstudio.render.latent import ws_of
from tests.fakes import TinyGenerator
from tests.models import tiny_direction

Z = np.array([1.0, -1.0, 0.5, 0.0], np.float32)


def ws(look: Latent) -> np.ndarray:
    return ws_of(TinyGenerator(), look)[0].numpy()


def test_without_truncation_every_layer_gets_the_mapped_z():
    np.testing.assert_array_equal(ws(Latent(Base(Z))), np.tile(2 * Z, (4, 1)))


def test_truncation_pulls_the_chosen_layers_to_the_average():
    average = np.array([0.4, 0.0, -0.4, 0.0], np.float32)
    found = ws(Latent(Base(Z), psi=0.5, psi_layers=2))
    np.testing.assert_allclose(found[:2], np.tile((average + 2 * Z) / 2, (2, 1)), atol=1e-6)
    np.testing.assert_array_equal(found[2:], np.tile(2 * Z, (2, 1)))


def test_z_edits_come_before_the_map_and_w_edits_after_truncation():
    push = np.array([0, 0, 0, 1], np.float32)
    in_z = Direction("z", "z", "z", push, (), "")
    in_w = Direction("w", "w", "w", push, (LayerRange(1, 2),), "")
    found = ws(Latent(Base(Z), psi=0.0).with_direction(in_z, 3.0).with_direction(in_w, 5.0))
    assert found[:, 3].tolist() == [0, 5, 0, 0], "psi 0 removes the z edit, and leaves the w edit whole"
    assert ws(Latent(Base(Z)).with_direction(in_z, 3.0))[0, 3] == 6, "the map doubles a z edit"


def test_a_direction_may_have_a_vector_for_each_layer():
    vectors = np.arange(16, dtype=np.float32).reshape(4, 4)
    direction = Direction("d", "d", "w", vectors, (LayerRange(1, 3),), "")
    found = ws(Latent(Base(np.zeros(4, np.float32))).with_direction(direction, 2.0))
    np.testing.assert_array_equal(found[[1, 2]], 2 * vectors[[1, 2]])
    assert not found[[0, 3]].any()


def test_edits_add_to_the_base_in_any_order():
    one, two = tiny_direction("one"), replace(tiny_direction("two"), vector=np.ones(4, np.float32))
    a = ws(Latent(Base(Z)).with_direction(one, 1.0).with_direction(two, 2.0))
    b = ws(Latent(Base(Z)).with_direction(two, 2.0).with_direction(one, 1.0))
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(("look", "said"), [
    (Latent(Base(np.zeros(5, np.float32))), "has 5 numbers, but the model takes 4"),
    (Latent(Base(Z)).with_direction(tiny_direction(layers=(LayerRange(2, 6),)), 1.0), "moves layer 5"),
    (Latent(Base(Z)).with_direction(replace(tiny_direction(), vector=np.ones(3, np.float32)), 1.0), "shape [3]"),
])  # fmt: skip
def test_numbers_that_do_not_fit_are_one_sentence(look, said):
    with pytest.raises(ValueError, match=r"direction|look") as error:
        ws(look)
    assert said in str(error.value)


def test_a_class_conditional_model_needs_a_class():
    generator = TinyGenerator()
    generator.num_classes = 3
    with pytest.raises(ValueError, match="names no class"):
        ws_of(generator, Latent(Base(Z)))
    label = np.eye(3, dtype=np.float32)[1]
    assert ws_of(generator, Latent(Base(Z, label=label))).shape == torch.Size([1, 4, 4])
