"""Pixels are exactly what the generator says, and whatever goes wrong is one sentence and not the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.document.document import ModelRef
from ganstudio.document.latent import Base, Latent
from ganstudio.generators.fast import Mode
from ganstudio.render import precision
from ganstudio.render import renderer as renderer_module
from ganstudio.render.renderer import Renderer, to_pixels
from ganstudio.render.sequence import frames
from ganstudio.render.shot import RenderError, Shot
from ganstudio.render.synthesizers import make_drawer
from tests.fakes import TinyGenerator
from tests.models import TinyLibrary, tiny_direction, tiny_document, write_stylegan2


def test_every_pixel_is_what_the_generator_paints():
    document = tiny_document()
    look = replace(document.latent, base=Base(np.array([2, -2, 0, 0], np.float32)))  # w = 4, -4, 0: red
    frame = Renderer(TinyLibrary()).render(Shot(replace(document, latent=look)))
    assert frame.pixels.shape == (32, 32, 3)
    assert frame.pixels.dtype == np.uint8
    assert (frame.pixels == [255, 0, 128]).all()
    assert frame.seconds > 0


def test_a_shot_shows_its_moment_of_the_sequence():
    renderer, document = Renderer(TinyLibrary()), tiny_document(seconds=1.0)
    reds = [int(renderer.render(Shot(document, t)).pixels[0, 0, 0]) for t in (0.0, 0.5, 1.0)]
    assert reds == [128, 191, 255]


def test_the_longer_side_is_what_was_asked_for():
    renderer = Renderer(TinyLibrary())
    assert renderer.render(Shot(tiny_document(), side=20)).pixels.shape == (20, 20, 3)
    assert renderer.render(Shot(tiny_document(), side=50, quality="draft")).pixels.shape == (50, 50, 3)


def test_values_are_rounded_and_clamped_and_grey_pictures_become_colour():
    image = torch.tensor([[[[-2.0, -1.0, -0.002, 0.0039, 1.0, 3.0]]]])
    assert to_pixels(image)[0, :, 0].tolist() == [0, 0, 127, 128, 255, 255]
    assert to_pixels(image).shape == (1, 6, 3)


def test_pictures_are_drawn_one_a_step():
    library = TinyLibrary()
    looks = [Latent(Base(np.full(4, x, np.float32))) for x in (0.0, 1.0)]
    steps = Renderer(library).pictures(tiny_document(), looks, 16)
    assert library.model.generator.calls == 0
    number, pixels = next(steps)
    assert (number, pixels.shape, library.model.generator.calls) == (0, (16, 16, 3), 1)
    assert [number for number, _ in steps] == [1]


def test_latency_is_measured_once_a_model():
    library = TinyLibrary()
    renderer = Renderer(library)
    first = renderer.latency(tiny_document())
    calls = library.model.generator.calls
    assert renderer.latency(tiny_document()) == first
    assert library.model.generator.calls == calls
    assert min(first) > 0


def test_a_document_of_other_weights_is_refused():
    document = tiny_document()
    other = replace(document, model=replace(document.model, fingerprint="0" * 16))
    with pytest.raises(RenderError, match="another version of the model “Tiny”"):
        Renderer(TinyLibrary()).render(Shot(other))


def test_before_any_model_is_open_that_is_what_is_said():
    nothing = replace(tiny_document(), model=ModelRef("", ""))
    with pytest.raises(RenderError, match="No model is open yet"):
        Renderer(TinyLibrary()).render(Shot(nothing))


def test_a_missing_model_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="There is no model “tiny”"):
        Renderer(ModelLibrary([tmp_path], ())).render(Shot(tiny_document()))


def test_a_direction_of_another_model_is_refused_even_at_rest():
    foreign = replace(tiny_direction("smile"), fingerprint="e" * 16)
    document = tiny_document()
    document = replace(document, latent=document.latent.with_direction(foreign))
    with pytest.raises(RenderError, match="“smile” belongs to another model"):
        Renderer(TinyLibrary()).render(Shot(document))


def test_a_picture_of_no_numbers_is_a_sentence():
    look = tiny_document().latent.with_direction(tiny_direction(), float("nan"))
    with pytest.raises(RenderError, match="gives no picture"):
        Renderer(TinyLibrary()).render(Shot(replace(tiny_document(), latent=look)))


class Failing(TinyGenerator):
    """Runs out of memory as torch does."""

    def synthesize(self, ws, noise="const"):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried")


def test_out_of_memory_frees_what_is_kept_and_tries_again():
    failures = [RuntimeError("DefaultCPUAllocator: can't allocate memory")]

    class Once(TinyGenerator):
        def synthesize(self, ws, noise="const"):
            if failures:
                raise failures.pop()
            return super().synthesize(ws, noise)

    made = []
    renderer = Renderer(TinyLibrary(Once()), make=lambda *a: made.append(1) or make_drawer(*a))
    assert renderer.render(Shot(tiny_document())).pixels.any()
    assert len(made) == 2


def test_out_of_memory_is_a_sentence_and_the_next_picture_works():
    library = TinyLibrary(Failing())
    renderer = Renderer(library)
    with pytest.raises(RenderError, match="not enough memory to draw “Tiny” at 32 px"):
        renderer.render(Shot(tiny_document()))
    library.model.generator.__class__ = TinyGenerator
    assert renderer.render(Shot(tiny_document())).pixels.any()


@pytest.mark.parametrize(("error", "said"), [
    (RuntimeError("CUDA error: device-side assert"), "failed or was lost"),
    (torch.OutOfMemoryError("CUDA out of memory."), "ran out of memory"),
])  # fmt: skip
def test_a_lost_device_falls_back_to_the_processor_once_with_a_notice(monkeypatch, error, said):
    """The "meta" device stands for one that fails whenever it is used."""
    def best(wanted):
        return torch.device("meta" if wanted == "meta" else "cpu"), ""

    def make(generator, mode):
        def draw(ws, noise, side, remember):
            if mode.device.type == "meta":
                raise error
            return generator.synthesize(ws, noise)
        return draw

    monkeypatch.setattr(renderer_module, "best_device", best)
    monkeypatch.setattr(renderer_module, "best_mode", Mode)
    notices = []
    renderer = Renderer(TinyLibrary(), "meta", make)
    renderer.notice = notices.append
    for _ in range(2):
        assert (renderer.render(Shot(tiny_document())).pixels == 128).all()
    assert len(notices) == 1
    assert said in notices[0]
    assert renderer.device_name == "Processor"
    renderer.set_device("meta")
    renderer.render(Shot(tiny_document()))
    assert len(notices) == 2, "asking for it again tries it again"


def test_a_device_that_is_not_there_means_the_processor_and_a_notice():
    renderer, notices = Renderer(TinyLibrary()), []
    renderer.notice = notices.append
    renderer.set_device("cuda:7")
    assert renderer.render(Shot(tiny_document())).pixels.any()
    assert "no device “cuda:7”" in notices[0]
    assert {"auto", "cpu"} <= set(renderer.devices())


def test_full_and_exact_pictures_of_a_stylegan2_agree(tmp_path):
    write_stylegan2(tmp_path / "m.safetensors", side=64)
    library = ModelLibrary([tmp_path], ())
    document, renderer = library.default_document("m", 3), Renderer(library)
    exact = renderer.render(Shot(document, quality="exact")).pixels.astype(float)
    generator = library.load("m").generator
    with torch.no_grad():
        w = generator.w_avg + 0.7 * (generator.map(torch.from_numpy(document.latent.base.z)[None]) - generator.w_avg)
        image = generator.synthesize(w[:, None].expand(-1, generator.num_ws, -1))
    expected = ((image[0] + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).numpy()
    assert np.abs(exact - expected).max() <= 1
    full = renderer.render(Shot(document, quality="full")).pixels.astype(float)
    assert 10 * np.log10(255**2 / max(1e-9, ((full - exact) ** 2).mean())) > 40


def test_a_draft_of_a_large_model_is_drawn_small_and_the_mode_is_said(tmp_path):
    write_stylegan2(tmp_path / "m.safetensors", side=512)
    library = ModelLibrary([tmp_path], ())
    document, renderer = library.default_document("m", 3), Renderer(library)
    draft = renderer.render(Shot(document, quality="draft")).pixels
    full = renderer.render(Shot(document)).pixels
    assert (draft.shape, full.shape) == ((256, 256, 3), (512, 512, 3))
    assert "float" in renderer.mode_text
    assert next(renderer.pictures(document, [document.latent], 96))[1].shape == (96, 96, 3)


def test_an_export_in_the_previews_mode_has_the_previews_pixels(tmp_path):
    write_stylegan2(tmp_path / "m.safetensors", side=64)
    library = ModelLibrary([tmp_path], ())
    document = library.default_document("m", 1)
    document = replace(document, latent=replace(document.latent, psi=0.2)).with_key(0.0)
    document = replace(document, latent=replace(document.latent, psi=1.0), sequence=document.sequence)
    document = replace(document, sequence=document.sequence.with_look(1.0, document.latent))
    times = (0.0, 0.5, 1.0)
    preview = Renderer(library)
    scrubbed = {t: preview.render(Shot(document, t)).pixels for t in reversed(times)}
    for time, frame in zip(times, frames(Renderer(library), document, times), strict=True):
        np.testing.assert_array_equal(frame.pixels, scrubbed[time])


@pytest.mark.parametrize(("window", "busy", "threads"), [(True, False, 2), (False, True, 2), (False, False, 3)])
def test_a_core_is_left_to_the_window_and_to_busy_programs(monkeypatch, window, busy, threads):
    monkeypatch.setattr(precision, "usable_cores", lambda: 3)
    monkeypatch.setattr(renderer_module, "crowded", lambda: busy)
    before = torch.get_num_threads()
    try:
        Renderer(TinyLibrary(), beside_others=window).render(Shot(tiny_document()))
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
