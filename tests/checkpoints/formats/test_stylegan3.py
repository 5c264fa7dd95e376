"""NVIDIA's StyleGAN3 snapshots draw what the program drew, moved inputs too; damaged ones are refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from ganstudio.checkpoints.foreign import Content, Record
from ganstudio.checkpoints.formats.nvidia_stylegan3 import NvidiaStyleGAN3
from ganstudio.checkpoints.native import ModelError, read_native, write_native
from ganstudio.checkpoints.opening import open_foreign
from ganstudio.checkpoints.restricted import read_tree
from tests.checkpoints.fixture_folder import checkpoint, fixtures, reference, small
from tests.comparing import largest

SMALL = ("nvidia-stylegan3/t16", "nvidia-stylegan3/r16", "nvidia-stylegan3/other32")
FULL = ("nv-stylegan3/t_uncond64", "nv-stylegan3/r_uncond64")


def content_of(folder):
    return Content(checkpoint(folder), read_tree(checkpoint(folder)))


def read(folder):
    foreign = open_foreign(content_of(folder))
    assert foreign.format == "NVIDIA StyleGAN3"
    return foreign.generator


def meets_every_reference(folder):
    """w, truncation with and without cutoff, a free w+, and the three moved pictures."""
    generator, ref = read(folder), reference(folder)
    labels = torch.tensor(ref["c"]) if ref["c"].size else None
    with torch.no_grad():
        assert largest(generator.map(torch.tensor(ref["z"]).float(), labels), ref["w"]) < 1e-5
        assert largest(generator.w_avg, ref["w_avg"]) == 0
        pictures = [key for key in ref if key.startswith("ws_")]
        for key in pictures:
            wanted = ref[f"img_{key.removeprefix('ws_')}_const"]
            assert largest(generator.synthesize(torch.tensor(ref[key])), wanted) < 1e-4, key
        assert largest(generator.synthesize(torch.tensor(ref["wplus"])), ref["img_wplus_const"]) < 1e-4
        for number in range(3):
            right, down, anticlockwise = ref[f"transform_{number}_args"]
            move = torch.tensor([[right, down, -anticlockwise]], dtype=torch.float32)
            image = generator.synthesize_moved(torch.tensor(ref["ws_psi0.7"][:1]), move)
            assert largest(image, ref[f"img_transform_{number}"]) < 1e-4, number
    assert len(pictures) >= 3
    return generator, ref


@pytest.mark.parametrize("name", SMALL)
def test_pictures_are_the_original_programs(name):
    meets_every_reference(small(name))


@pytest.mark.parametrize("name", FULL)
def test_the_full_references_are_met(name):
    generator, ref = meets_every_reference(fixtures(name))
    with torch.no_grad():
        image = generator.synthesize(torch.tensor(ref["ws_psi0.7"]))
    levels = (image * 127.5 + 128).clamp(0, 255).byte().permute(0, 2, 3, 1)
    assert int((levels.int() - torch.tensor(ref["uint8_psi0.7_const"]).int()).abs().max()) <= 1


def test_what_the_file_says_beside_its_tensors_is_taken():
    plain, odd = read(small("nvidia-stylegan3/t16")).config, read(small("nvidia-stylegan3/r16")).config
    assert (plain.output_scale, plain.layers[0].clamp, plain.mapping_lr, plain.num_classes) == (0.25, 256, 0.01, 0)
    assert (odd.output_scale, odd.layers[0].clamp, odd.mapping_lr, odd.num_classes) == (0.5, None, 0.1, 3)
    assert [s.radial for s in odd.layers] == [True, True, True, False, False]
    assert (plain.layers[0].kernel, odd.layers[0].kernel, odd.layers[-1].out_channels) == (3, 1, 4)
    other = read(small("nvidia-stylegan3/other32")).config
    assert (other.layers[0].up, other.layers[0].up_taps, other.layers[-1].out_channels) == (4, 16, 1)


def test_the_averaged_weights_are_taken():
    content = content_of(small("nvidia-stylegan3/t16"))
    averaged = open_foreign(content).generator
    live = open_foreign(replace(content, tree={"G": content.tree["G"]})).generator
    assert not torch.equal(averaged.mapping.fc0.weight, live.mapping.fc0.weight)
    assert largest(averaged.map(torch.tensor(reference(small("nvidia-stylegan3/t16"))["z"]).float()),
                   reference(small("nvidia-stylegan3/t16"))["w"]) < 1e-5


@pytest.mark.parametrize("name", SMALL)
def test_the_imported_generator_is_kept_in_our_own_file(tmp_path, name):
    generator = read(small(name))
    write_native(tmp_path / "m.safetensors", generator, about={}, half=False)
    again = read_native(tmp_path / "m.safetensors").generator
    ws = torch.tensor(reference(small(name))["wplus"])
    assert again.config == generator.config
    assert torch.equal(again.synthesize(ws), generator.synthesize(ws))


Change = Callable[[dict[str, Any]], object]


def state_at(record: Record, *path: str) -> dict[str, Any]:
    """What the module at a path holds."""
    state = record.args[0]["state"]
    return state if not path else state_at(state["_modules"][path[0]], *path[1:])


def drop(path: tuple[str, ...], group: str | None, name: str) -> Change:
    return lambda g: (state_at(g, *path)[group] if group else state_at(g, *path)).pop(name)


def put(path: tuple[str, ...], group: str | None, name: str, value: Any) -> Change:
    return lambda g: (state_at(g, *path)[group] if group else state_at(g, *path)).update({name: value})


FIRST = ("synthesis", "L0_36_8")


@pytest.mark.parametrize(("change", "said"), [
    (drop(FIRST, "_parameters", "weight"), "weight"),
    (drop(FIRST, None, "padding"), "padding"),
    (drop(FIRST, None, "up_factor"), "up_factor"),
    (drop(FIRST, "_buffers", "up_filter"), "does not fit"),
    (drop(("synthesis",), None, "output_scale"), "output_scale"),
    (drop(("synthesis",), "_modules", "L2_36_8"), "not all there"),
    (drop((), "_modules", "mapping"), "mapping"),
    (drop(("mapping",), "_buffers", "w_avg"), "w_avg"),
    (put(FIRST, None, "in_size", [36, 35]), "in_size"),
    (put(FIRST, None, "down_factor", float("nan")), "down_factor"),
    (put(FIRST, None, "padding", [10**9] * 4), "padding"),
    (put(FIRST, "_parameters", "bias", torch.zeros(5)), "bias"),
    (put(FIRST, "_parameters", "bias", torch.full((8,), torch.nan)), "not finite"),
    (put(("synthesis", "input"), None, "bandwidth", "wide"), "bandwidth"),
    (put(("mapping", "fc0"), "_parameters", "weight", torch.zeros(12)), "weight"),
])
def test_a_damaged_snapshot_is_refused_in_one_sentence(change, said):
    content = content_of(small("nvidia-stylegan3/t16"))
    change(content.tree["G_ema"])
    with pytest.raises(ModelError, match=said) as caught:
        NvidiaStyleGAN3().read(content, {})
    assert len(str(caught.value).splitlines()) == 1


def test_a_snapshot_without_its_last_layer_draws_no_picture():
    content = content_of(small("nvidia-stylegan3/other32"))
    state_at(content.tree["G_ema"], "synthesis")["_modules"].pop("L6_32_1")
    with pytest.raises(ModelError, match="draws 5 channels, but a picture has 1, 3 or 4"):
        NvidiaStyleGAN3().read(content, {})


def test_other_content_is_not_taken_for_it():
    for tree in (None, {}, {"G_ema": None}, {"G_ema": Record("x", state={"_parameters": {}, "_modules": {}})}, [1]):
        assert not NvidiaStyleGAN3().fits(Content(small("x"), tree))
