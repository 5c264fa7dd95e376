"""Layers to and from other programs: files, drops, and the clipboard."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication

from ganstudio.document.collage import Collage, Placement
from ganstudio.document.document import Document
from ganstudio.document.mask import rectangle
from ganstudio.document.parts_package import parts_bytes
from ganstudio.session.studio import Studio
from ganstudio.ui.collage_desk import CollageDesk
from ganstudio.ui.layer_clipboard import LAYERS_MIME
from ganstudio.ui.layers_export import LayersExport
from ganstudio.ui.main_window import MainWindow
from tests.models import tiny_document
from tests.render.layered.collages import collage_in, write
from tests.render.layered.collages import raster as layer
from tests.ui.canvas_hands import flat_part, pixels_of

RED, BLUE = (200, 30, 30), (30, 30, 200)
FRAME = 32, 32


def two_parts() -> Collage:
    """Red everywhere, and a faint blue rectangle in a group."""
    above = replace(flat_part(BLUE, "Blue"), mask=rectangle(FRAME, 8, 4, 20, 12), opacity=0.5, blend="multiply",
                    group="g")
    return Collage((flat_part(RED, "Red"), above))


@pytest.fixture
def document() -> Document:
    return replace(tiny_document(), collage=two_parts())


@pytest.fixture
def desk(studio, qtbot) -> Iterator[CollageDesk]:
    widget = CollageDesk(studio)
    qtbot.addWidget(widget)
    yield widget
    QGuiApplication.clipboard().clear()


def idle(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: not studio.jobs.running, timeout=20000)


def parts(studio: Studio):
    return studio.session.document.collage.parts


# files


def export(studio: Studio, desk: CollageDesk, qtbot, path: Path, **fields: object) -> LayersExport:
    dialog = LayersExport(desk.easel)
    qtbot.addWidget(dialog)
    dialog.path.setText(str(path))
    for name, data in fields.items():
        box = getattr(dialog, name)
        box.setCurrentIndex(box.findData(data))
    dialog.job.start_button.click()
    idle(studio, qtbot)
    return dialog


@pytest.mark.parametrize("suffix", [".psd", ".ora"])
def test_what_is_exported_and_imported_is_the_same_picture_in_one_undo_step(studio, desk, qtbot, tmp_path, suffix):
    path, before = tmp_path / f"out{suffix}", pixels_of(desk.easel.picture())
    dialog = export(studio, desk, qtbot, path)
    assert path.name in dialog.job.status.text()
    desk.layers.choose_all()
    desk.layers.delete()
    assert not parts(studio)
    desk.sources.add_files([path])
    idle(studio, qtbot)
    assert [p.name for p in parts(studio)] == ["Red", "Blue"]
    assert np.abs(pixels_of(desk.easel.picture()).astype(int) - before).max() <= 1
    assert studio.session.undo_label == "Import Layers"
    studio.session.undo()
    assert not parts(studio)
    studio.session.redo()
    assert len(parts(studio)) == 2


def test_the_name_decides_the_format_and_the_format_the_name(studio, desk, qtbot, tmp_path):
    dialog = LayersExport(desk.easel)
    qtbot.addWidget(dialog)
    dialog.path.setText(str(tmp_path / "a.ora"))
    dialog.path.editingFinished.emit()
    assert dialog.format.currentData() == ".ora"
    dialog.format.setCurrentIndex(dialog.format.findData(".psd"))
    assert dialog.plan.path.name == "a.psd"


def test_choices_are_remembered_and_sizes_go_as_far_as_files_can(studio, desk, qtbot, tmp_path):
    dialog = export(studio, desk, qtbot, tmp_path / "a.ora", size=4, picture="bottom", format=".ora")
    assert [dialog.size.itemData(i) for i in range(dialog.size.count())] == [1, 2, 4]
    assert "128 × 128" in dialog.size.currentText()
    again = LayersExport(desk.easel)
    qtbot.addWidget(again)
    assert (again.format.currentData(), again.picture.currentData()) == (".ora", "bottom")
    assert again.plan.path.parent == tmp_path


def test_a_file_that_is_there_is_replaced_only_when_the_user_says_so(studio, desk, qtbot, tmp_path):
    path = tmp_path / "a.psd"
    path.write_bytes(b"precious")
    dialog = export(studio, desk, qtbot, path)
    assert path.read_bytes() == b"precious"
    assert not dialog.replace_.isHidden()
    dialog.replace_.yes.click()
    idle(studio, qtbot)
    assert len(collage_in(path, FRAME).parts) == 2


def test_an_export_that_cannot_be_is_refused_in_the_dialog(studio, desk, qtbot, tmp_path):
    dialog = export(studio, desk, qtbot, tmp_path / "none" / "a.psd")
    assert "does not exist" in dialog.job.status.text()
    desk.easel.edits.change(Collage(), "Clear")
    assert not dialog.job.start_button.isEnabled()


def test_a_broken_file_brings_one_sentence_and_no_layer(studio, desk, qtbot, tmp_path):
    whole = write(tmp_path / "a.ora", *[layer(f"{i}") for i in range(3)], frame=FRAME).read_bytes()
    broken = tmp_path / "b.ora"
    broken.write_bytes(whole.replace(b"data/layer002.png", b"data/layer999.png", 1))
    said, before = [], studio.session.document
    desk.sources.refused.connect(said.append)
    desk.sources.add_files([broken])
    idle(studio, qtbot)
    assert studio.session.document is before
    assert len(said) == 1
    assert "“b.ora” cannot be opened as layers" in said[0]


def test_what_is_lost_is_said_when_layers_come_in(studio, desk, qtbot, tmp_path):
    clear = layer("Clear")
    clear.alpha[:] = 0
    path, said = write(tmp_path / "a.psd", layer("Seen"), clear, frame=FRAME), []
    desk.sources.noted.connect(said.append)
    desk.sources.add_files([path])
    idle(studio, qtbot)
    assert [p.name for p in parts(studio)] == ["Red", "Blue", "Seen"]
    assert said == ["“a.psd”: empty layers left out: 1."]


def drag(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.mark.parametrize("suffix", [".psd", ".ORA", ".psb"])
def test_files_of_layers_can_be_dropped_on_the_canvas(studio, desk, qtbot, tmp_path, suffix):
    path = write(tmp_path / f"a{'.ora' if suffix == '.ORA' else '.psd'}", layer(), frame=FRAME)
    path = path.rename(tmp_path / f"b{suffix}")
    event = QDragEnterEvent(QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, data := drag(path),
                            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    desk.canvas.dragEnterEvent(event)
    assert event.isAccepted()
    desk.canvas.dropped.emit(data, QPointF(5, 5))
    idle(studio, qtbot)
    assert parts(studio)[-1].name == "Layer"


def test_files_dropped_anywhere_in_the_window_bring_the_canvas(studio, qtbot, tmp_path):
    studio.session.change(replace(studio.session.document, collage=Collage()), "Clear")
    window = MainWindow(studio)
    window.files.ask = lambda: "discard"
    qtbot.addWidget(window)
    window.show()
    assert not window.stage.desk.isVisible()
    data = drag(write(tmp_path / "a.ora", layer(), frame=FRAME))
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))
    idle(studio, qtbot)
    assert [p.name for p in parts(studio)] == ["Layer"]
    assert window.stage.desk.isVisible()


def test_the_menu_has_both_ways(studio, qtbot):
    window = MainWindow(studio)
    qtbot.addWidget(window)
    assert {"import_layers", "export_layers", "copy_picture"} <= set(window.commands)
    dialog = window.compositions.export_layers()
    assert isinstance(dialog, LayersExport)
    assert window.compositions.export_layers() is dialog
    dialog.reject()


# the clipboard


def foreign(data: QMimeData) -> QMimeData:
    """What another window gets of it: bytes."""
    other = QMimeData()
    for kind in data.formats():
        if kind == LAYERS_MIME:
            other.setData(kind, QByteArray(bytes(data.data(kind))))
    return other


def test_layers_are_pasted_without_loss_in_the_same_window(studio, desk):
    before = parts(studio)
    assert desk.clipboard.copy()
    desk.clipboard.paste()
    after = parts(studio)
    assert len(after) == 4
    assert [p.key for p in after[2:]] == [p.key for p in before]
    assert after[2].picture is before[0].picture
    assert len({p.id for p in after}) == 4
    assert after[3].group not in ("", "g")


def test_layers_are_pasted_without_loss_in_another_window(studio, desk, qtbot):
    before = parts(studio)
    desk.easel.edits.choose([before[1].id])
    desk.clipboard.copy()
    QGuiApplication.clipboard().setMimeData(foreign(QGuiApplication.clipboard().mimeData()))
    desk.clipboard.paste()
    idle(studio, qtbot)
    after = parts(studio)
    assert len(after) == 3
    assert (after[2].key, after[2].name) == (before[1].key, "Blue")
    assert studio.session.undo_label == "Paste"


def test_other_programs_get_a_picture_with_alpha(studio, desk):
    desk.easel.edits.choose([parts(studio)[1].id])
    desk.clipboard.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    shown = pixels_of(data.imageData())
    assert shown[8, 12].tolist() == pytest.approx([*BLUE, 128], abs=1)
    assert shown[30, 30, 3] == 0


def test_merged_is_all_layers_as_one_picture(studio, desk, qtbot):
    desk.easel.edits.choose([parts(studio)[1].id])
    desk.clipboard.copy_merged()
    assert np.array_equal(pixels_of(QGuiApplication.clipboard().image()), pixels_of(desk.easel.picture()))
    desk.clipboard.paste()
    idle(studio, qtbot)
    assert len(parts(studio)) == 3


def test_cut_takes_the_layers_away_and_paste_brings_them_back(studio, desk):
    blue = parts(studio)[1]
    desk.easel.edits.choose([blue.id])
    desk.clipboard.cut()
    assert [p.name for p in parts(studio)] == ["Red"]
    desk.clipboard.paste()
    assert parts(studio)[-1].key == blue.key


def test_the_drawn_picture_can_be_copied(studio, desk, qtbot):
    desk.easel.edits.change(Collage(), "Clear")
    desk.clipboard.copy_picture()
    idle(studio, qtbot)
    found = pixels_of(QGuiApplication.clipboard().image())
    drawn = next(studio.renderer.pictures(studio.session.document, [studio.session.document.look(0.0)], None, "full"))
    assert np.array_equal(found[..., :3], drawn[1])


def test_a_picture_that_cannot_be_drawn_is_not_copied_and_said_why(studio, desk, qtbot):
    said = []
    desk.sources.refused.connect(said.append)
    desk.clipboard.copy_picture()
    idle(studio, qtbot)
    assert len(said) == 1


def test_pictures_of_other_programs_come_in_with_all_their_bits(studio, desk, qtbot):
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 6), 257 * 90, np.uint16)).save(stream, "PNG")
    data = QMimeData()
    data.setData("image/png", QByteArray(stream.getvalue()))
    QGuiApplication.clipboard().setMimeData(data)
    desk.clipboard.paste()
    idle(studio, qtbot)
    pasted = parts(studio)[-1]
    assert pasted.picture.size == (6, 4)
    assert (pasted.picture.tiles.array() == 90).all()
    assert pasted.placement == Placement(scale=6 / 32)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", parts_bytes([flat_part(RED)])[:-40]])
def test_damaged_layers_in_the_clipboard_are_refused_in_one_sentence(studio, desk, qtbot, data):
    mime, said, before = QMimeData(), [], studio.session.document
    mime.setData(LAYERS_MIME, QByteArray(data))
    desk.sources.refused.connect(said.append)
    QGuiApplication.clipboard().setMimeData(mime)
    desk.clipboard.paste()
    idle(studio, qtbot)
    assert studio.session.document is before
    assert len(said) == 1
    assert "clipboard" in said[0]
