"""The precision is the one that is faster here, and the pool leaves room where others need it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from ganstudio.generators.fast import fastest
from ganstudio.render import precision
from ganstudio.render.precision import best_mode, pool_size, set_pool

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _fresh():
    precision._dtype_for.cache_clear()
    yield
    precision._dtype_for.cache_clear()


def timed_as(monkeypatch: pytest.MonkeyPatch, half: float, single: float) -> None:
    """Let the clock say that one convolution takes this long in half precision, and in float32."""
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])

    def convolution(mode):
        def run():
            clock[0] += single if mode.dtype == torch.float32 else half
        return run

    monkeypatch.setattr(precision, "convolution", convolution)


@pytest.mark.parametrize(("half", "single", "chosen"), [
    (1.0, 3.0, torch.bfloat16), (5.0, 1.0, torch.float32), (0.95, 1.0, torch.float32),
])
def test_half_precision_must_win_clearly(monkeypatch, half, single, chosen):
    timed_as(monkeypatch, half, single)
    assert best_mode(CPU).dtype == chosen


def test_gpus_take_float16_where_it_is_faster(monkeypatch):
    timed_as(monkeypatch, 1.0, 3.0)
    mode = best_mode(torch.device("cuda"))
    assert (mode.dtype, mode.compiled) == (torch.float16, False)


@pytest.mark.parametrize("wish", ["0", "1"])
def test_code_is_said_to_be_compiled_unless_the_user_turned_it_off(monkeypatch, wish):
    timed_as(monkeypatch, 5.0, 1.0)
    monkeypatch.setenv("GANSTUDIO_COMPILE", wish)
    assert str(best_mode(CPU)) == ("float32" if wish == "0" else "float32, compiled")


def test_a_precision_the_device_does_not_have_is_not_chosen(monkeypatch):
    def convolution(mode):
        if mode.dtype != torch.float32:
            raise RuntimeError("not implemented for 'BFloat16'")
        return lambda: None

    monkeypatch.setattr(precision, "convolution", convolution)
    assert best_mode(CPU).dtype == torch.float32


@pytest.mark.slow
def test_a_processor_without_units_for_half_precision_gets_float32():
    program = ("import torch; from ganstudio.render.precision import best_mode; "
               "print(best_mode(torch.device('cpu')).dtype)")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          env=os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "GANSTUDIO_COMPILE": "0"})
    assert said.stdout.strip() == "torch.float32"


def test_the_fastest_of_several_ways_is_found(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])

    def taking(seconds):
        def run():
            clock[0] += seconds
        return run

    assert fastest([taking(3), taking(1), taking(2)]) == 1
    assert fastest([taking(3), taking(1), taking(2)], handicaps=[1, 4, 1]) == 2


def test_beside_others_the_pool_leaves_a_core():
    assert pool_size(8, beside_others=False) == 8
    assert pool_size(8, beside_others=True) == 7
    assert pool_size(1, beside_others=True) == 1


def test_the_pool_is_set_for_the_process():
    before = torch.get_num_threads()
    try:
        assert set_pool(beside_others=True) == torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
