"""Where layers come from: seeds, the picture on screen, photos, the clipboard, fills. The worker makes their pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, QPointF, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from ganstudio.document.collage import Part, Picture, Placement, Source, part_of
from ganstudio.render.layered.files import SUFFIXES, is_layered, read_parts
from ganstudio.render.photo import Photo, PhotoError, read_photo
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import Pixels, Shot
from ganstudio.ui.easel import Easel
from ganstudio.ui.part_geometry import Frame
from ganstudio.ui.seed_grid import SEEDS_MIME
from ganstudio.ui.text import tr

PHOTOS = "*.png *.jpg *.jpeg *.tif *.tiff *.webp *.bmp *.gif *.avif *.jp2 *.tga *.ppm"
LAYERS = " ".join(f"*{suffix}" for suffix in SUFFIXES)
PHOTO_SUFFIXES = (*(p.removeprefix("*") for p in PHOTOS.split()), *SUFFIXES)
"""Names of files that become layers: photos, and the files of programs that have layers themselves."""
MOST_SEEDS = 64
"""Seeds that are taken from one drop."""


class LayerSources(QObject):
    """Adds layers. What takes time is a job; its layers come when they are there, each batch in one undo step."""

    added = Signal()
    """There are new layers."""
    noted = Signal(str)
    """One sentence on what was done to a photo."""
    refused = Signal(str)
    """One sentence: why there is no layer."""

    def __init__(self, easel: Easel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.easel = easel

    # from the model

    def add_seeds(self, seeds: Sequence[int]) -> None:
        """Pictures of seeds, at the truncation on screen and without its sliders."""
        studio = self.easel.studio
        document = studio.session.document
        look = document.look(studio.live.time)
        name = document.model.id
        self.start(tr("Add Seed"), (
            Photo(_drawn(pixels, Source("seed", name, seed), tr("Seed {seed}").format(seed=seed)))
            for seed in seeds[:MOST_SEEDS]
            for _, pixels in studio.renderer.pictures(document, [look.of_seed(seed)], None, "full")))

    def add_current(self) -> None:
        """The picture on screen as it is now, collage, sliders and all."""
        studio = self.easel.studio
        shot = Shot(studio.session.document, studio.live.time)
        self.start(tr("Add Picture"), _current(studio.renderer, shot, tr("Picture")))

    def add_pixels(self, pixels: Pixels, name: str) -> None:
        """A picture that was drawn before."""
        self.take(tr("Add Picture"), [_drawn(pixels, Source("picture", name), name)])

    # from the artist

    def ask_for_photos(self, window: QWidget) -> None:
        """Let the user choose photo files."""
        kinds = tr("Pictures ({kinds})").format(kinds=PHOTOS)
        chosen, _ = QFileDialog.getOpenFileNames(window, tr("Add Photos"), str(Path.home()), kinds)
        self.add_files([Path(name) for name in chosen])

    def ask_for_layers(self, window: QWidget) -> None:
        """Let the user choose files of programs that have layers."""
        kinds = tr("Photoshop and OpenRaster ({kinds})").format(kinds=LAYERS)
        chosen, _ = QFileDialog.getOpenFileNames(window, tr("Import Layers"), str(Path.home()), kinds)
        self.add_files([Path(name) for name in chosen])

    def add_files(self, paths: Iterable[Path], at: QPointF | None = None) -> None:
        """Photos from files, placed around a point of the canvas; all layers of files that have them, as they lie."""
        paths = list(paths)
        if paths:
            label = tr("Import Layers") if any(map(is_layered, paths)) else tr("Add Photo")
            self.start(label, _photos(paths, self.easel.frame, at))

    def add_image(self, image: QImage, at: QPointF | None = None) -> None:
        """A picture from the clipboard or another program."""
        data = _encoded(image)
        if not data:
            self.refused.emit(tr("The picture in the clipboard cannot be read."))
            return
        self.add_encoded(data, at)

    def add_encoded(self, data: bytes, at: QPointF | None = None) -> None:
        """A picture as the bytes of a file; nothing of it is decoded here."""
        self.start(tr("Paste"), _photos([data], self.easel.frame, at, tr("Pasted picture")))

    def add_fill(self) -> None:
        """All of the frame in the colour in hand."""
        colour = self.easel.settings.colour
        part = part_of(Picture.fill(colour, self.easel.frame), tr("Fill #{colour}").format(colour=bytes(colour).hex()))
        self.take(tr("Add Fill"), [part])

    def add_dropped(self, data: QMimeData, at: QPointF | None = None) -> None:
        """Whatever fell on the canvas or lies in the clipboard."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if data.hasFormat(SEEDS_MIME):
            self.add_seeds([int(word) for word in bytes(data.data(SEEDS_MIME)).decode("ascii").split()])
        elif paths:
            self.add_files(paths, at)
        elif data.hasImage():
            self.add_image(QImage(data.imageData()), at)
        else:
            self.refused.emit(tr("There is no picture in the clipboard."))

    # how they come in

    def start(self, label: str, steps: Iterator[Photo | str | None]) -> None:
        """Let the worker make layers: each step is one, a sentence why there is none, or nothing yet."""
        Arrival(self, label, steps)

    def take(self, label: str, parts: Sequence[Part]) -> None:
        """Put layers that are there on the canvas, in one undo step."""
        if self.easel.edits.add(parts, label):
            self.added.emit()


class Arrival(QObject):
    """One batch of layers on its way: they come in together once all are there; one that fails does not stop others."""

    def __init__(self, sources: LayerSources, label: str, steps: Iterator[Photo | str | None]) -> None:
        super().__init__(sources)
        self._sources, self._label = sources, label
        self._parts: list[Part] = []
        self._model = sources.easel.studio.session.document.model
        sources.easel.studio.jobs.start(label, steps, first=True, on_step=self._keep, on_end=self._end)

    @Slot(object)
    def _keep(self, step: Photo | str | None) -> None:
        if step is None:
            return
        if isinstance(step, str):
            self._sources.refused.emit(step)
            return
        self._parts.append(step.part)
        if step.note:
            self._sources.noted.emit(step.note)

    @Slot(str)
    def _end(self, outcome: str) -> None:
        """Into the document, unless another model was opened meanwhile."""
        if outcome not in ("", "cancelled"):
            self._sources.refused.emit(outcome)
        if self._parts and outcome != "cancelled" and \
                self._sources.easel.studio.session.document.model == self._model:
            self._sources.take(self._label, self._parts)
        self.deleteLater()


# What follows runs on the worker.


def _photos(sources: Iterable[Path | bytes], frame: Frame, at: QPointF | None,
            name: str = "") -> Iterator[Photo | str | None]:
    """The photos; a sentence in place of each that cannot be read."""
    for source in sources:
        try:
            if isinstance(source, Path) and is_layered(source):
                yield from _layers(source, frame)
            else:
                yield _placed(read_photo(source, name), frame, at)
        except PhotoError as error:
            yield str(error)


def _layers(path: Path, frame: Frame) -> Iterator[Photo | None]:
    """All layers of a file, or none of them: where one is broken the others would make another picture."""
    found = []
    for photo in read_parts(path, frame):
        found.append(photo)
        yield None
    yield from found


def _drawn(pixels: Pixels, source: Source, name: str) -> Part:
    return part_of(Picture.of(pixels, source), name)


def _current(renderer: Renderer, shot: Shot, name: str) -> Iterator[Photo]:
    yield Photo(_drawn(renderer.render(shot).pixels, Source("picture", shot.document.model.id), name))


def _placed(photo: Photo, frame: Frame, at: QPointF | None) -> Photo:
    """At its own size where it fits into the frame, else as large as fits; around a point, else in the middle."""
    width, height = photo.part.picture.size
    fits = min(frame[0] / width, frame[1] / height, 1.0)
    x, y = (at.x() / frame[0], at.y() / frame[1]) if at is not None else (0.5, 0.5)
    placement = Placement(x, y, fits * max(width, height) / max(frame))
    return replace(photo, part=replace(photo.part, placement=placement))


def _encoded(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return bytes(buffer.data()) if not image.isNull() and image.save(buffer, "PNG") else b""
