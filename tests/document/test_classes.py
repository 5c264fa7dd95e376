"""Class weights, what they say, and how a class is named."""

from __future__ import annotations

import numpy as np
import pytest

from ganstudio.checkpoints.class_lists import CIFAR10, imagenet
from ganstudio.document.classes import class_names, class_weights, classes_in, find_class


def test_weights_are_of_one_class_or_two():
    np.testing.assert_allclose(class_weights(4, 2), [0, 0, 1, 0])
    np.testing.assert_allclose(class_weights(4, 2, 0, 0.25), [0.25, 0, 0.75, 0])
    np.testing.assert_allclose(class_weights(4, 2, 2, 0.25), [0, 0, 1, 0])


def test_the_heaviest_class_comes_first():
    assert classes_in(np.array([0.25, 0, 0.75], np.float32)) == (2, 0)
    assert classes_in(np.zeros(3, np.float32)) == ()


def test_names_are_those_stated_if_there_is_one_for_each_class():
    assert class_names(["a", "b"], 2) == ("a", "b")
    for stated in (["a"], None, "ab", [1, 2]):
        assert class_names(stated, 2) == ("0", "1")
    assert class_names(None, 0) == ()


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" Fox ", 0), ("arctic", 1), ("HERON", 2)])
def test_a_class_is_found_by_number_name_or_part_of_a_name(text, number):
    assert find_class(text, ("fox", "arctic fox", "heron")) == number


@pytest.mark.parametrize("text", ["", "9", "r", "-1", "wolf", "²"])
def test_what_names_none_or_several_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"[.]$"):
        find_class(text, ("fox", "arctic fox", "heron", "deer"))


def test_a_model_without_classes_says_so():
    with pytest.raises(ValueError, match="no classes"):
        find_class("0", ())


def test_known_lists_have_a_name_for_every_class():
    assert (len(imagenet()), len(set(imagenet())), len(CIFAR10)) == (1000, 1000, 10)
    assert imagenet()[207] == "golden retriever"
