"""What is exported is what the preview shows; an export that does not end leaves nothing behind."""

from __future__ import annotations

import errno
import os
from collections import namedtuple
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from ganstudio.render import export as export_module
from ganstudio.render.export import FORMATS, ExportError, ExportPlan, estimate, export, format_of
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError, Shot
from tests.fakes import TinyGenerator
from tests.models import TinyLibrary, tiny_document

NAMES = {"png": "out", "gif": "out.gif", "webp": "out.webp", "mp4": "out.mp4", "prores": "out.mov"}
FPS = 12.0


@pytest.fixture
def renderer():
    return Renderer(TinyLibrary())


@pytest.fixture
def document():
    return tiny_document(seconds=0.5)


def plan_of(folder, format_id, **options):
    return ExportPlan(folder / NAMES[format_id], format_id, **{"fps": FPS, **options})


def pictures_in(path):
    """Every frame of a file or folder of ours, decoded by somebody else's hands where there is a choice."""
    if path.is_dir():
        return [np.asarray(Image.open(file)) for file in sorted(path.iterdir())]
    if path.suffix in (".gif", ".webp", ".png"):
        with Image.open(path) as image:
            return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def preview(renderer, document, **shot):
    times = replace(document.sequence, fps=FPS).frame_times()
    return [renderer.render(Shot(document, t, **shot)).pixels for t in times]


@pytest.mark.parametrize("format_id", FORMATS)
def test_every_format_holds_every_frame_as_the_preview_shows_it(renderer, document, tmp_path, format_id):
    plan = plan_of(tmp_path, format_id)
    reports = list(export(renderer, document, plan))
    written, shown = pictures_in(plan.path), preview(renderer, document)
    assert len(written) == len(shown) == reports[-1].total == 7
    tolerance = {"png": 0, "gif": 1, "webp": 6, "mp4": 6, "prores": 1}[format_id]
    for a, b in zip(written, shown, strict=True):
        assert np.abs(a.astype(int) - b).max() <= tolerance
    assert [p.name for p in tmp_path.iterdir()] == [plan.path.name], "nothing but the result is left"


def test_png_names_are_numbered_from_one_with_leading_zeros(renderer, document, tmp_path):
    plan = plan_of(tmp_path, "png")
    list(export(renderer, document, plan))
    assert [p.name for p in sorted(plan.path.iterdir())][::6] == ["frame_0001.png", "frame_0007.png"]


def test_a_single_frame_may_be_one_png_file_and_many_may_not(renderer, document, tmp_path):
    plan = ExportPlan(tmp_path / "still.png", "png", count=1)
    list(export(renderer, document, plan))
    assert (pictures_in(plan.path)[0] == 128).all()
    with pytest.raises(ExportError, match="5 PNG files need a folder"):
        list(export(renderer, document, replace(plan, count=5, overwrite=True)))


def test_rate_size_and_count_are_what_was_asked_for(renderer, document, tmp_path):
    for name in ("mp4", "prores"):
        plan = plan_of(tmp_path, name, side=48, fps=30.0, count=9)
        list(export(renderer, document, plan))
        with av.open(str(plan.path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height, stream.average_rate) == (48, 48, Fraction(30))
            assert sum(1 for _ in container.decode(video=0)) == 9
    for name in ("gif", "webp"):
        plan = plan_of(tmp_path, name, side=40, fps=24.0, count=24)
        list(export(renderer, document, plan))
        with Image.open(plan.path) as image:
            assert (image.size, image.n_frames, image.info["loop"]) == ((40, 40), 24, 0)
            total = sum(frame.copy().info["duration"] for frame in ImageSequence.Iterator(image))
        assert abs(total - 1000) <= 10, f"{name}: rounding of single frames does not add up"


def test_an_odd_side_becomes_an_even_h264_by_one_more_row(renderer, document, tmp_path):
    plan = plan_of(tmp_path, "mp4", side=33)
    list(export(renderer, document, plan))
    assert pictures_in(plan.path)[0].shape == (34, 34, 3)


def test_films_are_tagged_with_the_colours_they_are_in(renderer, document, tmp_path):
    for name in ("mp4", "prores"):
        plan = plan_of(tmp_path, name)
        list(export(renderer, document, plan))
        with av.open(str(plan.path)) as container:
            frame = next(container.decode(video=0))
            assert (frame.colorspace, frame.color_range, frame.format.name) == (
                1, 1, {"mp4": "yuv420p", "prores": "yuv444p12le"}[name])


def test_exact_frames_are_drawn_in_float32(document, tmp_path):
    asked = []

    class Spy(Renderer):
        def render(self, shot):
            asked.append(shot.quality)
            return super().render(shot)

    for exact in (True, False):
        list(export(Spy(TinyLibrary()), document, plan_of(tmp_path, "png", exact=exact, overwrite=True, count=2)))
    assert asked == ["exact", "exact", "full", "full"]


def test_progress_counts_up_and_says_the_time_left(renderer, document, tmp_path):
    reports = list(export(renderer, document, plan_of(tmp_path, "png")))
    assert [r.done for r in reports] == [1, 2, 3, 4, 5, 6, 7]
    assert all(r.seconds_left > 0 for r in reports[:-1])
    assert reports[-1].seconds_left == 0


@pytest.mark.parametrize("format_id", FORMATS)
def test_cancelling_leaves_nothing(renderer, document, tmp_path, format_id):
    steps = export(renderer, document, plan_of(tmp_path, format_id))
    next(steps), next(steps)
    assert any(tmp_path.iterdir()) or format_id == "mp4", "something was being written (H.264 waits for more frames)"
    steps.close()
    assert not any(tmp_path.iterdir())


def test_cancelling_before_the_first_frame_leaves_nothing(renderer, document, tmp_path):
    export(renderer, document, plan_of(tmp_path, "mp4")).close()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("format_id", ["png", "mp4"])
def test_what_is_there_is_replaced_only_when_that_is_wanted(renderer, document, tmp_path, format_id):
    plan = plan_of(tmp_path, format_id)
    list(export(renderer, document, plan))
    with pytest.raises(ExportError, match="is there already"):
        list(export(renderer, document, plan))
    shorter = replace(plan, count=2, overwrite=True)
    list(export(renderer, document, shorter))
    assert len(pictures_in(plan.path)) == 2
    assert [p.name for p in tmp_path.iterdir()] == [plan.path.name]


def test_a_cancelled_replacement_leaves_the_old_file_as_it_was(renderer, document, tmp_path):
    plan = plan_of(tmp_path, "gif")
    list(export(renderer, document, plan))
    before = plan.path.read_bytes()
    steps = export(renderer, document, replace(plan, overwrite=True))
    next(steps)
    steps.close()
    assert plan.path.read_bytes() == before


def test_a_folder_with_anything_else_in_it_is_never_replaced(renderer, document, tmp_path):
    plan = plan_of(tmp_path, "png", overwrite=True)
    plan.path.mkdir()
    list(export(renderer, document, plan))
    (plan.path / "holiday.jpg").touch()
    with pytest.raises(ExportError, match="holds other files"):
        list(export(renderer, document, plan))
    assert (plan.path / "holiday.jpg").exists()


@pytest.mark.parametrize(("options", "said"), [
    ({"fps": 0.0}, "frames a second"), ({"fps": 60.0}, "GIF takes 1 to 50"), ({"side": 8}, "16 to 8192 pixels"),
    ({"side": 10**6}, "16 to 8192 pixels"), ({"count": 0}, "at least one frame"),
])  # fmt: skip
def test_options_that_cannot_be_are_one_sentence(renderer, document, tmp_path, options, said):
    with pytest.raises(ExportError, match=said):
        list(export(renderer, document, plan_of(tmp_path, "gif", **options)))


def test_a_folder_that_is_not_there_or_a_file_in_its_place_is_one_sentence(renderer, document, tmp_path):
    with pytest.raises(ExportError, match="does not exist"):
        list(export(renderer, document, plan_of(tmp_path / "none", "mp4")))
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        list(export(renderer, document, plan_of(tmp_path, "mp4", overwrite=True)))


def test_a_read_only_folder_is_one_sentence(renderer, document, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ExportError, match="is read-only"):
        list(export(renderer, document, plan_of(tmp_path, "mp4")))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_sentence(renderer, document, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match="is read-only"):
            list(export(renderer, document, plan_of(tmp_path, "mp4")))
    finally:
        tmp_path.chmod(0o700)


def test_too_little_space_is_found_before_anything_is_written(renderer, document, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(10, 9, 1000)
    monkeypatch.setattr(export_module.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ExportError, match="The disk is too full"):
        list(export(renderer, document, plan_of(tmp_path, "mp4")))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("format_id", FORMATS)
def test_a_disk_that_fills_up_meanwhile_is_one_sentence_and_leaves_nothing(
        renderer, document, tmp_path, monkeypatch, format_id):
    open_writer = export_module._open_writer

    def full_after_two(plan, path, pixels, count):
        writer, seen = open_writer(plan, path, pixels, count), []

        def add(pixels, write=writer.add):
            write(pixels)
            seen.append(1)
            if len(seen) == 3:
                raise OSError(errno.ENOSPC, "No space left on device")

        writer.add = add
        return writer

    monkeypatch.setattr(export_module, "_open_writer", full_after_two)
    steps = export(renderer, document, plan_of(tmp_path, format_id))
    next(steps)
    with pytest.raises(ExportError, match="The disk is full"):
        list(steps)
    assert not any(tmp_path.iterdir())


def test_a_picture_that_fails_in_the_middle_leaves_nothing(document, tmp_path):
    class FailsLater(TinyGenerator):
        def synthesize(self, ws, noise="const"):
            return super().synthesize(ws, noise) * (1.0 if self.calls < 4 else float("nan"))

    steps = export(Renderer(TinyLibrary(FailsLater())), document, plan_of(tmp_path, "mp4"))
    next(steps)
    with pytest.raises(RenderError, match="gives no picture"):
        list(steps)
    assert not any(tmp_path.iterdir())


def test_the_estimate_says_both_times_and_the_size(renderer, document, tmp_path):
    plan = plan_of(tmp_path, "png", side=64, count=30)
    guess = estimate(renderer, document, plan)
    assert guess.frames == 30
    assert guess.seconds > 0
    assert guess.exact_seconds > 0
    assert guess.free > 0
    assert not any(tmp_path.iterdir())
    list(export(renderer, document, plan))
    size = sum(file.stat().st_size for file in plan.path.iterdir())
    assert 0.5 < guess.size / size < 2


def test_the_name_says_the_format(tmp_path):
    assert [format_of(tmp_path / name) for name in NAMES.values()] == list(NAMES)
    assert format_of(tmp_path / "A.MP4") == "mp4"
    with pytest.raises(ExportError, match=r"“\.avi” is no format"):
        format_of(tmp_path / "film.avi")
