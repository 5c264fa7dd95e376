"""Edits of pictures: exact where they say what a picture must be, and silent elsewhere."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from ganstudio.api import PictureEdit
from ganstudio.registry import PluginRegistry
from tests.models import TinyLibrary

EDITS = {id_: edit for id_, edit in PluginRegistry(TinyLibrary()).edits().items()}
SIDE = 32


@pytest.fixture(scope="module")
def module() -> Any:
    """The plugin's module of edits."""
    return sys.modules["ganstudio_plugins.steering.edits"]


def pictures(count: int = 1) -> Tensor:
    smooth = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 1.6 - 0.8
    return torch.nn.functional.interpolate(smooth, SIDE, mode="bilinear")


def edited(id_: str, *alphas: float, image: Tensor | None = None) -> tuple[Tensor, Tensor]:
    image = pictures(len(alphas)) if image is None else image
    return EDITS[id_].apply(image, torch.tensor(alphas))


def test_all_the_papers_edits_are_there() -> None:
    assert set(EDITS) == {"zoom", "shift-x", "shift-y", "rotate", "rotate-depth", "red", "green", "blue", "luminance",
                          "green-red", "blue-yellow", "whiten", "saturation"}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_alpha_0_leaves_every_pixel_and_every_picture_has_its_own_alpha(edit: PictureEdit) -> None:
    image = pictures(2)
    target, mask = edit.apply(image, torch.tensor([0.0, 0.3]))
    torch.testing.assert_close(target[0], image[0], atol=2e-5, rtol=0)
    assert mask[0].min() == 1
    assert (target[1] - image[1]).abs().max() > 0.01
    assert set(mask.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize(("id_", "axis"), [("shift-x", 3), ("shift-y", 2)])
@pytest.mark.parametrize("pixels", [5, -11])
def test_shifts_move_whole_pixels_and_what_comes_in_is_not_told(id_: str, axis: int, pixels: int) -> None:
    image = pictures()
    target, mask = edited(id_, pixels / (SIDE / 2), image=image)
    rolled = image.roll(pixels, dims=axis)
    assert mask.mean().item() == pytest.approx(1 - abs(pixels) / SIDE)
    torch.testing.assert_close(target * mask, rolled * mask, atol=1e-5, rtol=0)
    assert (target * (1 - mask)).abs().max() < 1e-3
    first = mask.select(axis, 0 if pixels > 0 else SIDE - 1)
    assert first.max() == 0, "to the right and down for alphas above 0"


def test_zooming_out_leaves_the_middle_square_and_zooming_in_tells_everything() -> None:
    image = pictures()
    out, mask = edited("zoom", math.log(2), image=image)
    assert mask.mean().item() == pytest.approx(1 / 4)
    halves = torch.nn.functional.interpolate(image, 16, mode="bilinear")
    torch.testing.assert_close(out[:, :, 8:24, 8:24], halves, atol=1e-5, rtol=0)
    inwards, mask = edited("zoom", math.log(0.5), image=image)
    assert mask.min() == 1
    middle = torch.nn.functional.interpolate(image[:, :, 8:24, 8:24], 32, mode="bilinear")
    torch.testing.assert_close(inwards[:, :, 2:-2, 2:-2], middle[:, :, 2:-2, 2:-2], atol=1e-5, rtol=0)


def test_rotation_is_counter_clockwise_about_the_pixel_in_the_middle() -> None:
    image = pictures()
    turned, mask = edited("rotate", 2.0, image=image)  # 90 degrees
    expected = image[:, :, 1:, 1:].rot90(1, dims=(2, 3))
    torch.testing.assert_close(turned[:, :, 1:, 1:], expected, atol=1e-4, rtol=0)
    assert mask[:, :, 1:, 1:].min() == 1


@pytest.mark.parametrize("degrees", [30.0, -50.0])
def test_depth_shows_each_point_where_the_perspective_says(degrees: float) -> None:
    x, y, angle, f = 20.0, 9.0, math.radians(degrees), math.hypot(SIDE, SIDE)
    flat = math.cos(angle) * (x - SIDE / 2) - math.sin(angle)
    depth = math.sin(angle) * (x - SIDE / 2) + math.cos(angle) + f
    u, v = f * flat / depth + SIDE / 2, f * (y - SIDE / 2) / depth + SIDE / 2
    columns, rows = torch.arange(32.0)[None, None, None].expand(1, 3, 32, 32), torch.arange(32.0)[None, None, :, None]
    found = [edited("rotate-depth", degrees / 45, image=image.expand(1, 3, 32, 32).contiguous())[0][0, 0]
             for image in (columns, rows)]
    here = [_between(image, u, v) for image in found]
    assert here == pytest.approx([x, y], abs=0.15)


def _between(image: Tensor, u: float, v: float) -> float:
    i, j = int(u), int(v)
    a, b = u - i, v - j
    top, low = (image[row, i] * (1 - a) + image[row, i + 1] * a for row in (j, j + 1))
    return float(top * (1 - b) + low * b)


def test_colours_are_added_and_never_cut_off() -> None:
    image = torch.full((1, 3, 4, 4), 0.9)
    assert edited("red", 0.5, image=image)[0][0, :, 0, 0].tolist() == pytest.approx([1.4, 0.9, 0.9])
    assert edited("blue", -0.5, image=image)[0][0, :, 0, 0].tolist() == pytest.approx([0.9, 0.9, 0.4])
    assert edited("whiten", 0.5, image=image)[0].unique().tolist() == pytest.approx([1.4])
    image[:, 0] = 0.1
    grey = edited("saturation", -1.0, image=image)[0]
    assert grey.std().item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("colour", "lab"), [
    ((1, 1, 1), (100, 0, 0)), ((-1, -1, -1), (0, 0, 0)), ((1, -1, -1), (53.24, 80.09, 67.2)),
    ((-1, -1, 1), (32.3, 79.19, -107.86)),
])  # fmt: skip
def test_lab_is_as_in_the_books(colour: tuple[float, ...], lab: tuple[float, ...]) -> None:
    colours = sys.modules["ganstudio_plugins.steering.colours"]
    image = torch.tensor(colour, dtype=torch.float32)[None, :, None, None]
    assert colours.to_lab(image).flatten().tolist() == pytest.approx(lab, abs=0.05)
    torch.testing.assert_close(colours.from_lab(colours.to_lab(image)), image, atol=2e-3, rtol=0)


def test_alphas_are_drawn_as_the_paper_draws_them(module: Any) -> None:
    def alphas(*names: str) -> Tensor:
        found: Tensor = module.draw([EDITS[n] for n in names], 4000, 256, torch.Generator().manual_seed(1))
        return found

    zoom = alphas("zoom")[:, 0].exp()
    assert (zoom.min() >= 0.25, zoom.max() <= 4) == (True, True)
    assert (zoom > 1).float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert zoom[zoom > 1].mean().item() == pytest.approx(2.5, abs=0.06)
    shift, turn = alphas("shift-x")[:, 0] * 128, alphas("rotate")[:, 0] * 45
    for values, most in ((shift, 127), (turn, 44)):
        torch.testing.assert_close(values, values.round(), atol=1e-4, rtol=0)
        assert sorted({int(values.abs().min().round()), int(values.abs().max().round())}) == [1, most]
    colour = alphas("red", "green")
    assert colour.abs().max() <= 0.5
    assert torch.corrcoef(colour.T)[0, 1].abs() < 0.05, "each channel has an alpha of its own"


def test_amounts_are_told_in_pixels_degrees_times_and_levels() -> None:
    told = {id_: EDITS[id_].amount(0.5, 64) for id_ in ("shift-x", "rotate", "red", "saturation", "luminance")}
    assert told == {"shift-x": 16, "rotate": 22.5, "red": 63.75, "saturation": 50, "luminance": 25}
    assert EDITS["zoom"].amount(math.log(0.5), 64) == pytest.approx(2), "what is seen of half the scene is twice as big"


def test_inside_a_mask_an_edit_acts_and_elsewhere_the_picture_has_to_stay(module: Any) -> None:
    image = pictures()
    mask = module.read_mask("left", SIDE)
    masked = module.inside(EDITS["shift-x"], mask, "left")
    assert (masked.id, masked.name) == ("shift-x~left", "Shift x inside left")
    target, valid = masked.apply(image, torch.tensor([0.5]))
    assert torch.equal(target[..., 16:], image[..., 16:])
    assert valid[..., 16:].min() == 1
    whole, known = edited("shift-x", 0.5, image=image)
    torch.testing.assert_close(target[..., :16], whole[..., :16])
    assert torch.equal(valid[..., :16], known[..., :16])


def test_a_mask_may_be_a_picture_and_a_wrong_one_is_one_sentence(module: Any, tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    Image.new("L", (64, 64), 255).save(path)
    assert module.read_mask(str(path), SIDE).mean() == 1
    Image.new("L", (64, 64), 0).save(path)
    with pytest.raises(ValueError, match="black everywhere"):
        module.read_mask(str(path), SIDE)
    path.write_text("no picture")
    with pytest.raises(ValueError, match="cannot be read"):
        module.read_mask(str(path), SIDE)
    with pytest.raises(ValueError, match="name a picture, or one of left"):
        module.read_mask(str(tmp_path / "gone.png"), SIDE)


def test_edits_are_named_one_by_one_in_groups_or_all(module: Any) -> None:
    assert [[e.id for e in group] for group in module.chosen("zoom, colour", EDITS)] == [
        ["zoom"], ["red", "green", "blue"]]
    every = [e.id for group in module.chosen("all", EDITS) for e in group]
    assert sorted(every) == sorted(EDITS)
    with pytest.raises(ValueError, match="no edit “sepia”; there are zoom"):
        module.chosen("sepia", EDITS)
    for text in ("zoom,zoom", "red,colour", " , "):
        with pytest.raises(ValueError, match="Name at least one edit"):
            module.chosen(text, EDITS)
