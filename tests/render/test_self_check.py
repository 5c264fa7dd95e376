"""A device that draws grey, flat or broken pictures is noticed, told in one sentence, and not used for that model."""

from __future__ import annotations

import math

import pytest
import torch

from ganstudio.generators.fast import Mode, exact_mode
from ganstudio.render import renderer as rendering
from ganstudio.render import self_check
from ganstudio.render.renderer import Renderer
from ganstudio.render.self_check import SelfCheck, compare_devices, same_picture
from ganstudio.render.shot import Shot
from ganstudio.render.synthesizers import make_drawer
from tests.models import TinyLibrary, tiny_document

META, CPU = torch.device("meta"), torch.device("cpu")
HALF = Mode(CPU, torch.bfloat16)
OTHER, OTHER_EXACT = Mode(META, torch.float16), exact_mode(META)
LOOK = tiny_document(seconds=1.0).look(1.0)
MODEL = TinyLibrary().model
FAULTS = {"grey": lambda image: torch.zeros_like(image), "flat": lambda image: torch.full_like(image, 0.4),
          "nan": lambda image: image * math.nan, "inverted": lambda image: -image}


class Faulty:
    """Makes drawers that draw on the processor, and spoil what these modes draw; counts them."""

    def __init__(self, *wrong: Mode, fault: str = "grey") -> None:
        self.wrong, self.fault, self.made = wrong, FAULTS[fault], []

    def __call__(self, generator, mode):
        self.made.append(mode)
        drawer = make_drawer(generator, exact_mode(CPU))
        return lambda *words: self.fault(drawer(*words)) if mode in self.wrong else drawer(*words)


def checked(make, wanted):
    check = SelfCheck(make)
    *_, said = check.check(MODEL, LOOK, wanted)
    return said, check.mode_for(MODEL.fingerprint, wanted)


@pytest.mark.parametrize("fault", FAULTS)
def test_half_precision_that_spoils_a_picture_gives_way_to_float32(fault):
    said, mode = checked(Faulty(HALF, fault=fault), HALF)
    assert said == "Processor draws “Tiny” wrong in bfloat16: it is drawn in float32 there from now on, more slowly."
    assert mode == exact_mode(CPU)


def test_a_device_is_left_as_far_down_as_it_takes():
    assert checked(Faulty(OTHER), OTHER)[1] == OTHER_EXACT
    said, mode = checked(Faulty(OTHER, OTHER_EXACT), OTHER)
    assert mode == exact_mode(CPU)
    assert said.endswith("it is drawn on the processor from now on, more slowly.")
    assert said.count(".") == 1


def test_a_sound_device_is_used_and_nothing_is_said():
    for mode in (HALF, OTHER, exact_mode(CPU)):
        assert checked(Faulty(), mode) == ("", mode)


def test_each_model_and_mode_is_compared_once():
    make = Faulty()
    check = SelfCheck(make)
    list(check.check(MODEL, LOOK, HALF))
    assert make.made == [exact_mode(CPU), HALF]
    list(check.check(MODEL, LOOK, HALF))
    assert len(make.made) == 2
    list(check.check(MODEL, LOOK, exact_mode(CPU)))
    assert len(make.made) == 2


def test_rounding_is_no_fault():
    image = torch.rand(1, 3, 16, 16) * 2 - 1
    assert same_picture(image + 0.02 * torch.randn_like(image), image)
    assert same_picture(image.bfloat16(), image)
    assert not same_picture(image.mean().expand_as(image), image)
    assert same_picture(image * 0 + 0.3, image * 0 + 0.31)


def test_the_renderer_draws_right_once_the_check_ran(monkeypatch):
    monkeypatch.setattr(rendering, "best_mode", lambda device: HALF)
    document = tiny_document(seconds=1.0)
    sound, renderer = Renderer(TinyLibrary(), "cpu"), Renderer(TinyLibrary(), "cpu", make=Faulty(HALF))
    shot = Shot(document, 1.0)
    right = sound.render(shot).pixels
    assert (renderer.render(shot).pixels != right).any()
    *_, said = renderer.self_check(document)
    assert "“Tiny”" in said
    assert (renderer.render(shot).pixels == right).all()


def test_devices_are_compared_with_their_time_and_difference(monkeypatch):
    monkeypatch.setattr(self_check, "best_mode", lambda device: HALF)
    first, second = compare_devices(Faulty(HALF), MODEL, LOOK)
    assert (first.mode, first.same, second.mode, second.same) == (HALF, False, exact_mode(CPU), True)
    assert second.difference == 0.0
    assert first.difference > 0.06
    assert second.seconds > 0
