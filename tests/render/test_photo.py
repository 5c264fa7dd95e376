"""Photos of any kind come in upright, in eight bits and sRGB, what is transparent hidden; broken ones are refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from ganstudio.render import photo as photo_module
from ganstudio.render.photo import PhotoError, read_photo


def pixels(side: int = 16) -> np.ndarray:
    """Left half orange, right half blue; the top row white."""
    made = np.full((side, side, 3), (230, 120, 40), np.uint8)
    made[:, side // 2:] = (40, 90, 200)
    made[0] = 255
    return made


def bytes_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colours(data: bytes) -> np.ndarray:
    return read_photo(data, "a").part.picture.tiles.array().astype(int)


def test_plain_colours_come_in_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "my photo.png"
    path.write_bytes(bytes_of(Image.fromarray(pixels())))
    found = read_photo(path)
    assert np.array_equal(found.part.picture.tiles.array(), pixels())
    assert (found.part.name, found.part.picture.source.kind, found.note) == ("my photo", "photo", "")
    assert found.part.mask.bounds == (0, 0, 16, 16)


def test_a_photo_is_turned_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    data = bytes_of(Image.fromarray(pixels()), exif=exif.tobytes())
    assert np.array_equal(colours(data), np.rot90(pixels(), -1))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    grey = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    found = colours(bytes_of(Image.fromarray(grey)))
    assert np.abs(found[..., 0] - np.arange(256).reshape(16, 16)).max() <= 1


def test_numbers_with_fractions_and_without_an_end_come_in() -> None:
    grey = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    grey[0, 0] = np.nan
    found = colours(bytes_of(Image.fromarray(grey), "TIFF"))
    assert found[0, 0, 0] == 0
    assert found[-1, -1, 0] == 255


def test_cmyk_palette_and_black_and_white_come_in() -> None:
    image = Image.fromarray(pixels())
    assert np.abs(colours(bytes_of(image.convert("CMYK"), "JPEG", quality=100)) - pixels()).mean() < 8
    assert np.abs(colours(bytes_of(image.quantize(8))) - pixels()).mean() < 3
    assert set(np.unique(colours(bytes_of(image.convert("1"))))) <= {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette"])
def test_what_is_transparent_is_hidden_in_the_mask(mode: str) -> None:
    alpha = np.zeros((16, 16), np.uint8)
    alpha[4:12, 4:12] = 255
    image = Image.fromarray(np.dstack([pixels(), alpha]))
    if mode == "LA":
        image = image.convert("LA")
    if mode == "palette":
        image = image.convert("RGB").quantize(4)
        found = read_photo(bytes_of(image, transparency=image.getpixel((0, 0))), "a").part
        assert np.array_equal(found.mask.tiles.array() == 0, (pixels() == 255).all(axis=2))
        return
    found = read_photo(bytes_of(image), "a").part
    assert np.array_equal(found.mask.tiles.array(), alpha)


def test_another_profile_is_brought_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = ImageCms.profileToProfile(Image.fromarray(pixels()), ImageCms.createProfile("sRGB"),
                                      ImageCms.createProfile("LAB"), outputMode="LAB")
    assert image is not None
    found = colours(bytes_of(image, "TIFF", icc_profile=lab))
    assert np.abs(found - pixels()).mean() < 4


def test_a_profile_that_is_none_is_left_out_of_account() -> None:
    found = colours(bytes_of(Image.fromarray(pixels()), icc_profile=b"no profile"))
    assert np.array_equal(found, pixels())


def test_a_huge_photo_is_made_smaller_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_module, "LONGEST", 32)
    for kind in ("PNG", "JPEG"):
        found = read_photo(bytes_of(Image.fromarray(np.tile(pixels(), (4, 8, 1))), kind), "big")
        assert found.part.picture.size == (32, 16)
        assert "128 × 64" in found.note
        assert "32 × 16" in found.note


def test_a_photo_beyond_all_bounds_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_module, "MOST", 100)
    with pytest.raises(PhotoError, match="“big” has 0 megapixels"):
        read_photo(bytes_of(Image.fromarray(pixels())), "big")


@pytest.mark.parametrize("data", [b"", b"not a picture", bytes_of(Image.fromarray(pixels()))[:60],
                                  bytes_of(Image.fromarray(np.random.default_rng(0).integers(
                                      0, 255, (64, 64, 3), np.uint8)), "JPEG")[:700]])
def test_a_broken_file_is_one_sentence(data: bytes) -> None:
    with pytest.raises(PhotoError, match=r"^“a” is ") as raised:
        read_photo(data, "a")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_and_one_without_anything_to_see(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"no file “x.png”"):
        read_photo(tmp_path / "x.png")
    with pytest.raises(PhotoError, match="fully transparent"):
        read_photo(bytes_of(Image.new("RGBA", (4, 4))), "a")
