"""Photos from files and the clipboard: whatever a camera or a program wrote, as the pixels that parts are cut from.

Turned as the camera was held (EXIF), in sRGB where the file says what its colours mean, eight bits a channel, at most
`LONGEST` pixels a side. What is transparent in the file is hidden in the mask. Every failure is one sentence.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ganstudio.document.collage import Part, Picture, Source, part_of
from ganstudio.document.mask import Mask
from ganstudio.document.tiles import Tiles

LONGEST = 4096
"""Pixels of the longer side beyond which a photo is made smaller: four times the largest picture a model draws."""
MOST = 2**28
"""Pixels (268 million) beyond which a file is not even decoded."""
DEEP = {"I;16": 65535.0, "I;16L": 65535.0, "I;16B": 65535.0, "I": 65535.0, "F": 1.0}
"""What white is in the grey modes with more than eight bits."""


class PhotoError(ValueError):
    """A photo that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A part made of a photo, and a sentence on what was done to it (empty: nothing the artist need know)."""

    part: Part
    note: str = ""


def read_photo(source: Path | bytes, name: str = "") -> Photo:
    """The photo in a file, or in the bytes of one; PhotoError when it is none that can be read."""
    name = name or (source.name if isinstance(source, Path) else "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; and the size is checked below
            with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as image:
                return _photo(image, name)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise PhotoError(f"“{name}” is not a picture that can be read.") from None
    except FileNotFoundError:
        raise PhotoError(f"There is no file “{name}”.") from None
    except MemoryError:
        raise PhotoError(f"There is not enough memory for “{name}”.") from None
    except Exception as error:  # a broken file may fail anywhere in its decoder
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PhotoError(f"“{name}” is broken or of an unknown kind: {reason}") from error


def _photo(image: Image.Image, name: str) -> Photo:
    width, height = image.size
    if width * height > MOST:
        raise PhotoError(f"“{name}” has {width * height // 10**6} megapixels: make it smaller than {MOST // 10**6} "
                         f"first.")
    if image.format == "JPEG":
        image.draft(None, (LONGEST, LONGEST))  # decodes huge ones at a half or less
    upright = ImageOps.exif_transpose(image)
    fitted = _fitted(_eight_bits(upright))
    rgb, alpha = levels(fitted)
    picture = Picture(Tiles.of(rgb), Source("photo", name))
    mask = None if alpha is None else Mask(Tiles.of(alpha))
    if mask is not None and mask.bounds is None:
        raise PhotoError(f"“{name}” is fully transparent: there is nothing in it to see.")
    return Photo(part_of(picture, Path(name).stem, mask), _note(name, (width, height), fitted.size))


def levels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours uint8 [h, w, 3] in sRGB and alpha uint8 [h, w] of an image of any mode; no alpha where all is opaque."""
    plain = _eight_bits(image)
    return _colours(plain), _alpha(plain)


def _note(name: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    if max(after) >= max(before):
        return ""
    return (f"“{name}” has {before[0]} × {before[1]} pixels, more than a model can draw: it came in at "
            f"{after[0]} × {after[1]}.")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey pictures of 16 or 32 bits brought down without clipping; numbers beyond white are scaled to it."""
    white = DEEP.get(image.mode)
    if white is None:
        return image
    levels = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=white, neginf=0.0)
    scaled = levels / max(white, float(levels.max(initial=0.0))) * 255
    return Image.fromarray(np.rint(np.clip(scaled, 0, 255)).astype(np.uint8))


def _fitted(image: Image.Image) -> Image.Image:
    if max(image.size) <= LONGEST:
        return image
    scale = LONGEST / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    smooth = image if image.mode in ("L", "RGB", "CMYK", "LAB", "YCbCr") else image.convert("RGBA")
    made = smooth.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    made.info = dict(image.info)
    return made


def _colours(image: Image.Image) -> np.ndarray:
    """uint8 [h, w, 3] in sRGB; a colour profile that cannot be used is left out of account."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "LAB", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            base = image.convert("RGB") if image.mode == "RGBA" else image
            found = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if found is not None:
                return np.asarray(found)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return np.asarray(image.convert("RGBA").convert("RGB") if image.mode in ("P", "PA", "LA") else image.convert("RGB"))


def _alpha(image: Image.Image) -> np.ndarray | None:
    """uint8 [h, w]; None where nothing is transparent."""
    if not image.has_transparency_data:
        return None
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return None if alpha.min() == 255 else alpha
