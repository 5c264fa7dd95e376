"""Models of one and of four channels: grey is grey, and what is transparent is neither lost nor invented."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.document.document import Document
from ganstudio.render.export import ExportPlan, export
from ganstudio.render.renderer import Renderer, to_pixels
from ganstudio.render.shot import Shot
from ganstudio.render.transparency import DARK, LIGHT, SQUARE, over_black, over_checks
from ganstudio.ui.pixel_image import to_image
from tests.models import write_stylegan2


def opened(tmp_path, **config) -> tuple[Renderer, Document]:
    write_stylegan2(tmp_path / "model.safetensors", **config)
    library = ModelLibrary([tmp_path], ())
    return Renderer(library), library.default_document("model")


@pytest.mark.parametrize("quality", ["draft", "full", "exact"])
@pytest.mark.parametrize("architecture", ["skip", "orig", "resnet"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_kind_of_stylegan2_is_drawn_in_every_quality(tmp_path, channels, architecture, quality):
    renderer, document = opened(tmp_path, image_channels=channels, architecture=architecture)
    pixels = renderer.render(Shot(document, side=16, quality=quality)).pixels
    assert pixels.shape == (16, 16, 4 if channels == 4 else 3)
    if channels == 1:
        assert (pixels == pixels[..., :1]).all()
    assert pixels.std() > 1


def test_rgba_keeps_its_four_channels_and_odd_numbers_of_them_show_three():
    image = torch.linspace(-1, 1, 6)[None, :, None, None].expand(1, 6, 2, 2)
    assert to_pixels(image[:, :4])[0, 0].tolist() == [0, 51, 102, 153]
    assert to_pixels(image)[0, 0].tolist() == [0, 51, 102]
    assert to_pixels(image[:, :2])[0, 0].tolist() == [0, 0, 0]


def test_no_colour_bleeds_out_of_what_is_transparent():
    image = torch.ones(1, 4, 8, 8)
    image[:, 1:3, :, :4], image[:, 3, :, :4] = -1, -1  # transparent red beside opaque white
    small = to_pixels(image, 4)
    seen = small[small[..., 3] > 20]
    assert len(seen)
    assert (seen[:, :3] > 250).all()


def test_on_screen_what_is_transparent_shows_a_checkerboard():
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, :, :3], pixels[0, 0] = 255, (10, 20, 30, 255)
    shown = over_checks(pixels)
    assert shown[0, 0].tolist() == [10, 20, 30]
    assert shown[1, 1].tolist() == [DARK] * 3
    assert shown[1, SQUARE].tolist() == [LIGHT] * 3
    image = to_image(pixels)
    assert image.pixelColor(0, 0).getRgb()[:3] == (10, 20, 30)
    assert image.pixelColor(SQUARE, 1).getRgb()[:3] == (LIGHT,) * 3
    half = np.full((1, 1, 4), [200, 100, 0, 128], np.uint8)
    assert over_black(half)[0, 0].tolist() == [100, 50, 0]


def test_pixels_without_alpha_are_left_as_they_are():
    pixels = np.full((4, 4, 3), 7, np.uint8)
    assert over_checks(pixels) is pixels
    assert over_black(pixels) is pixels


@pytest.mark.parametrize("name", ["out.png", "out.gif", "out.webp", "out.mp4", "out.mov"])
def test_png_keeps_the_alpha_and_the_others_show_black_behind(tmp_path, name):
    renderer, document = opened(tmp_path, image_channels=4)
    kind = {"png": "png", "gif": "gif", "webp": "webp", "mp4": "mp4", "mov": "prores"}[name[4:]]
    plan = ExportPlan(tmp_path / name, kind, fps=12, side=32)
    list(export(renderer, document, plan))
    drawn = renderer.render(Shot(document, side=32)).pixels
    if kind == "png":
        assert np.array_equal(np.asarray(Image.open(plan.path)), drawn)
    elif kind in ("gif", "webp"):
        with Image.open(plan.path) as image:
            stored = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(stored - over_black(drawn)).mean() < 16
    else:
        assert plan.path.stat().st_size > 0
