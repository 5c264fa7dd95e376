"""The import dialog: what a file is, its answers and pictures; nothing is written before Import is pressed."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.document.latent import Direction
from ganstudio.document.parcel import packed
from ganstudio.resources import bundled_plugins
from ganstudio.session.importer import Importer
from ganstudio.session.shelves import Shelves
from ganstudio.session.studio import Studio
from ganstudio.ui import import_dialog
from ganstudio.ui.choice_form import ChoiceForm
from ganstudio.ui.import_dialog import ImportDialog
from ganstudio.ui.imports import Imports, kinds_of
from ganstudio.ui.main_window import MainWindow
from tests.checkpoints.fixture_folder import checkpoint, small
from tests.models import write_stylegan2
from tests.ui.tiny_studio import tiny_studio

CHOICES = [{"key": "final_tanh", "title": "Ends in tanh", "value": False, "values": [False, True], "why": "Else dull."},
           {"key": "gain", "title": "Gain", "value": 1.5, "values": [], "why": "As trained."},
           {"key": "lod", "title": "Level", "value": 2, "values": [0, 1, 2], "why": "Of growing."}]
MODEL = {"event": "model", "name": "Lake", "format": "genforce ProGAN", "family": "progan", "resolution": 16,
         "classes": 0, "parameters": 12345, "space": "z", "layers": [{"name": "a", "resolution": 4}], "size": 999,
         "sha256": "ab" * 32, "terms": "Ask them.", "notes": ["The mean was counted."], "choices": CHOICES,
         "source": "/a/lake.pth", "ours": False}


class FakeImporter(Importer):
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self, *lines: dict) -> None:
        super().__init__()
        self.lines, self.asked = list(lines), []

    def start_file(self, path: Path, source: str = "") -> None:
        self.asked.append(("file", path))
        self.look({})

    def start_address(self, address: str) -> None:
        self.asked.append(("address", address))

    def look(self, choices) -> None:
        self.asked.append(("look", dict(choices)))
        for line in self.lines:
            self._take(line)

    def bring_in(self, choices, name="", model="") -> None:
        self.asked.append(("import", dict(choices), name, model))


def png(level: int) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.full((128, 384, 3), level, np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.fixture
def studio(data_folder, tmp_path) -> Iterator[Studio]:
    write_stylegan2(data_folder / "models" / "apple.safetensors")
    library = ModelLibrary((data_folder / "models",), ())
    with tiny_studio(tmp_path, library.default_document("apple"), library) as studio:
        yield studio


@pytest.fixture
def dialog_of(studio, qtbot):
    def make(*lines, target=Path("/a/lake.pth")):
        importer = FakeImporter(*lines)
        dialog = ImportDialog(studio, target, None, importer)
        importer.setParent(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        return dialog

    return make


def test_it_shows_all_that_is_known_and_asks_what_is_not(dialog_of):
    dialog = dialog_of(MODEL, {"event": "picture", "png": png(90)})
    texts = dialog.facts.texts
    for word in ("genforce ProGAN", "ProGAN", "16 px", "Ask them.", "ab" * 32, "/a/lake.pth", "The mean was counted."):
        assert word in texts.values()
    assert isinstance(dialog.choices.fields["final_tanh"], QCheckBox)
    assert isinstance(dialog.choices.fields["lod"], QComboBox)
    assert "Else dull." in dialog.choices.fields["final_tanh"].toolTip()
    assert dialog.name.text() == "Lake"
    assert dialog.pictures.pixmap().width() == 384
    assert dialog.accept_button.isEnabled()


def test_other_answers_are_looked_at_once_the_hand_rests_and_only_they_are_sent(dialog_of, qtbot):
    dialog = dialog_of(MODEL)
    box = dialog.choices.fields["final_tanh"]
    QTest.keyClick(box, Qt.Key.Key_Space)
    dialog.choices.fields["lod"].setCurrentIndex(0)
    qtbot.waitUntil(lambda: dialog.importer.asked[-1] == ("look", {"final_tanh": True, "lod": 0}), timeout=3000)
    assert len([entry for entry in dialog.importer.asked if entry[0] == "look"]) == 2
    dialog.again.click()
    qtbot.waitUntil(lambda: dialog.importer.asked[-1] == ("look", {}), timeout=3000)


def test_import_sends_name_and_answers_and_the_model_comes_out(dialog_of, qtbot):
    dialog = dialog_of(MODEL)
    dialog.choices.fields["gain"].setValue(2.0)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "Pond")
    QTest.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    assert dialog.importer.asked[-1] == ("import", {"gain": 2.0}, "Pond", "")
    assert not dialog.accept_button.isEnabled()
    with qtbot.waitSignal(dialog.model_imported, check_params_cb=lambda path: path == Path("/m/pond.safetensors")):
        dialog.importer._take({"event": "imported", "path": "/m/pond.safetensors"})
    assert not dialog.isVisible()


def test_what_fails_is_one_sentence_and_cannot_be_imported(dialog_of):
    dialog = dialog_of({"event": "error", "text": "“lake.pth” is damaged."})
    assert dialog.status.text() == "“lake.pth” is damaged."
    assert not dialog.accept_button.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert all(entry[0] != "import" for entry in dialog.importer.asked)


def test_an_encoder_asks_for_its_model(dialog_of, qtbot):
    models = [{"id": "pear", "name": "Pear"}, {"id": "apple", "name": "Apple"}]
    dialog = dialog_of({"event": "encoder", "format": "encoder", "file": "/a/e.pth", "models": models, "choices": []})
    assert dialog.model.currentText() == "Apple"  # the open one
    assert not dialog.name.isVisible()
    dialog.accept_button.click()
    assert dialog.importer.asked[-1] == ("import", {}, "", "apple")
    with qtbot.waitSignal(dialog.encoder_imported):
        dialog.importer._take({"event": "imported", "path": "/m/regressors/e.safetensors"})


def directions_line(vectors, **more):
    data = base64.b64encode(np.ascontiguousarray(vectors, "<f4").tobytes()).decode()
    return {"event": "directions", "file": "/a/age.npy", "format": "boundaries", "name": "age", "sha256": "cd" * 32,
            "reach": 3.0, "space": "", "shares": [], "layers": None, "shape": list(np.shape(vectors)),
            "vectors": data} | more


def test_directions_are_fitted_to_the_open_model_and_kept_with_it(studio, dialog_of, qtbot):
    dialog = dialog_of(directions_line(np.eye(8)))
    dialog.directions.count.setValue(3)
    dialog.directions.space.setCurrentText("z")
    with qtbot.waitSignal(dialog.directions_imported) as came:
        dialog.accept_button.click()
    [found] = came.args
    assert [(d.name, d.space) for d in found] == [("age 0", "z"), ("age 1", "z"), ("age 2", "z")]
    imports = Imports(studio, dialog)
    with qtbot.waitSignal(imports.directions_ready):
        imports._take_directions(found)
    assert [d.id for d in studio.shelves.kept(found[0].fingerprint)] == [d.id for d in found]


def test_what_is_refused_is_said_right_under_its_name_in_a_small_dialog(dialog_of):
    sentence = "“lake.pth” is damaged: it says that it holds more numbers than there are bytes in the whole file."
    dialog = dialog_of({"event": "error", "text": sentence})
    assert not dialog.details.isVisible()
    assert dialog.status.y() - dialog.title.geometry().bottom() < 20
    assert dialog.height() < 200
    assert dialog.status.height() >= dialog.status.heightForWidth(dialog.status.width())


def test_the_dialog_is_as_high_as_what_was_found(dialog_of):
    few, more = dialog_of(directions_line(np.eye(5))), dialog_of(MODEL)
    for dialog in (few, more):
        content = dialog.details.widget()
        assert dialog.details.isVisible()
        assert dialog.height() == 720 or dialog.details.height() <= content.layout().totalHeightForWidth(
            content.width()) + 40
    assert few.height() < more.height() <= 720


def test_models_of_the_same_name_are_offered_with_their_ids(dialog_of):
    models = [{"id": "pear", "name": "Pear"}, {"id": "pear-2", "name": "Pear"}, {"id": "apple", "name": "Apple"}]
    dialog = dialog_of({"event": "encoder", "format": "encoder", "file": "/a/e.pth", "models": models, "choices": []})
    assert [dialog.model.itemText(i) for i in range(3)] == ["Pear (pear)", "Pear (pear-2)", "Apple"]


def test_directions_of_another_model_are_refused(dialog_of):
    dialog = dialog_of(directions_line(np.eye(5)))
    assert "found in another model" in dialog.status.text()
    assert not dialog.accept_button.isEnabled()


LONG = "How far pictures follow is for the meter to find out, and it takes a while on a large model. " * 3


def ready_line(*directions, problem="", choices=()):
    """What the process tells of directions that a plugin read."""
    return {"event": "directions", "file": "/a/w.data", "format": "Walk", "name": "Zoom", "sha256": "ef" * 32,
            "made_for": "StyleGAN, cats", "model": "Apple", "problem": problem, "choices": list(choices),
            "notes": ["Not measured.", LONG], "names": [d.name for d in directions],
            "parcel": base64.b64encode(packed(directions)).decode()}


def walk(name):
    return Direction(f"w:{name}", name, "z", np.ones(8, np.float32), (), "f" * 16)


def test_directions_that_a_plugin_read_are_told_and_taken_as_they_are(dialog_of, qtbot):
    dialog = dialog_of(ready_line(walk("Zoom")))
    for word in ("Walk", "StyleGAN, cats", "Zoom", f"Not measured.\n{LONG}", "/a/w.data"):
        assert word in dialog.facts.texts.values()
    assert (dialog.name.text(), dialog.directions.model.text()) == ("Zoom", "Apple")
    assert not dialog.directions.count.isVisible()
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "Nearer")
    with qtbot.waitSignal(dialog.directions_imported) as came:
        dialog.accept_button.click()
    [[found]] = came.args
    assert (found.id, found.name) == ("w:Zoom", "Nearer")


def test_every_fact_has_the_height_that_its_text_needs(dialog_of, qtbot):
    dialog = dialog_of(ready_line(walk("Zoom")))
    long = next(label for label in dialog.facts.findChildren(QLabel) if label.text().endswith(LONG))
    qtbot.waitUntil(lambda: long.height() >= long.heightForWidth(long.width()) > 40, timeout=3000)


def test_several_that_a_plugin_read_keep_their_names(dialog_of, qtbot):
    dialog = dialog_of(ready_line(walk("Red"), walk("Green")))
    assert not dialog.name.isVisible()
    with qtbot.waitSignal(dialog.directions_imported) as came:
        dialog.accept_button.click()
    assert [d.name for d in came.args[0]] == ["Red", "Green"]


def test_what_a_plugin_cannot_fit_is_one_sentence_until_it_is_answered(dialog_of, qtbot):
    choice = {"key": "edit", "title": "Which edit", "value": "not known", "values": ["not known", "zoom"], "why": "?"}
    dialog = dialog_of(ready_line(problem="Nothing says which edit.", choices=[choice]))
    assert (dialog.status.text(), dialog.accept_button.isEnabled()) == ("Nothing says which edit.", False)
    dialog.importer.lines = [ready_line(walk("Zoom"), choices=[choice])]
    dialog.choices.fields["edit"].setCurrentIndex(1)
    qtbot.waitUntil(dialog.accept_button.isEnabled, timeout=3000)
    assert dialog.importer.asked[-1] == ("look", {"edit": "zoom"})
    assert (dialog.status.text(), dialog.name.text()) == ("", "Zoom")


def test_a_parcel_that_is_torn_is_one_sentence(dialog_of):
    dialog = dialog_of(ready_line(walk("Zoom")) | {"parcel": base64.b64encode(b"PK").decode()})
    assert "damaged" in dialog.status.text()
    assert not dialog.accept_button.isEnabled()


def test_an_address_is_downloaded_first_with_progress(dialog_of):
    dialog = dialog_of(target="https://example.org/a.pkl")
    assert dialog.importer.asked == [("address", "https://example.org/a.pkl")]
    dialog.importer._take_fetched({"text": "Downloading", "fraction": 0.25})
    assert (dialog.status.text(), dialog.progress.value()) == ("Downloading 25%", 25)
    dialog.importer._take_fetched({"error": "“a.pkl” is a web page and no model."})
    assert dialog.status.text() == "“a.pkl” is a web page and no model."


def test_questions_that_come_with_an_answer_are_added_and_others_stay(qtbot):
    form = ChoiceForm()
    qtbot.addWidget(form)
    form.show_choices(CHOICES[:2])
    form.fields["gain"].setValue(3.0)
    form.show_choices(CHOICES[1:])
    assert list(form.fields) == ["gain", "lod"]
    assert form.answers() == {"gain": 3.0}


def test_a_tiny_number_is_shown_and_kept_as_it_is(qtbot):
    form = ChoiceForm()
    qtbot.addWidget(form)
    form.show_choices([{"key": "eps", "title": "Epsilon", "value": 1e-12, "values": [], "why": "As trained."}])
    field = form.fields["eps"]
    assert (field.text(), form.answers()) == ("1e-12", {})
    for typed, answers in (("2e-8", {"eps": 2e-8}), ("", {}), ("nan", {}), ("0,5", {"eps": 0.5})):
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClicks(field, typed)
        assert form.answers() == answers


# in the window, with the process that really reads

@pytest.fixture
def window(studio, qtbot) -> MainWindow:
    window = MainWindow(studio)
    window.files.ask = lambda: "discard"
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def wait_until_gone(window, qtbot):
    """The process that reads ends after its dialog."""
    qtbot.waitUntil(lambda: not window.findChildren(Importer), timeout=20000)


def drop(window: MainWindow, *urls: QUrl) -> None:
    data = QMimeData()
    data.setUrls(urls)
    where, no_key = QPointF(50, 50), Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, no_key)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, no_key))


def test_a_dropped_checkpoint_is_imported_and_opened_with_its_directions(studio, window, data_folder, qtbot):
    drop(window, QUrl.fromLocalFile(str(checkpoint(small("genforce-progan/plain16")))))
    dialog = window.imports.dialog
    qtbot.waitUntil(dialog.accept_button.isEnabled, timeout=120000)
    qtbot.waitUntil(lambda: not dialog.pictures.pixmap().isNull(), timeout=60000)
    assert list((data_folder / "models").glob("p*")) == []
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: studio.session.document.model.id == "pggan16", timeout=120000)
    assert "pggan16" in window.library.cards
    assert window.imports.dialog is None
    wait_until_gone(window, qtbot)


def test_a_dropped_walk_becomes_a_slider_that_stays_with_the_model(data_folder, tmp_path, qtbot):
    write_stylegan2(data_folder / "models" / "apple.safetensors")
    library = ModelLibrary((data_folder / "models",), ())
    file = tmp_path / "model.data-00000-of-00001"
    file.write_bytes(np.ones(8, "<f4").tobytes())
    (tmp_path / "opt.yml").write_text("transform: zoom\n")
    with tiny_studio(tmp_path, library.default_document("apple"), library, (bundled_plugins(),)) as studio:
        window = MainWindow(studio)
        window.files.ask = lambda: "discard"
        qtbot.addWidget(window)
        drop(window, QUrl.fromLocalFile(str(file)))
        dialog = window.imports.dialog
        qtbot.waitUntil(dialog.accept_button.isEnabled, timeout=120000)
        dialog.accept_button.click()
        [edit] = studio.session.document.latent.edits
        assert (edit.direction.name, edit.direction.space) == ("Zoom, published", "z")
        assert [d.id for d in Shelves(tmp_path / "directions").kept(edit.direction.fingerprint)] == [edit.direction.id]
        assert "“Zoom, published” was imported" in window.stage.banners.shown[-1].text
        assert "*.index" in kinds_of(studio)
        wait_until_gone(window, qtbot)


def test_cancelling_while_it_reads_leaves_nothing(studio, window, data_folder, qtbot):
    drop(window, QUrl.fromLocalFile(str(small("genforce-progan/plain16"))))
    dialog = window.imports.dialog
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.imports.dialog is None)
    wait_until_gone(window, qtbot)
    assert [p.name for p in (data_folder / "models").iterdir()] == ["apple.safetensors"]


@pytest.mark.parametrize(("content", "said"), [
    (b"<html><body>too many downloads</body></html>", "web page"), (b"", "empty"),
    (b"version https://git-lfs.github.com/spec/v1\n", "pointer"),
])  # fmt: skip
def test_what_is_plainly_no_model_is_refused_without_a_dialog(window, tmp_path, content, said):
    (tmp_path / "net.pkl").write_bytes(content)
    drop(window, QUrl.fromLocalFile(str(tmp_path / "net.pkl")))
    assert window.imports.dialog is None
    [banner] = window.stage.banners.shown
    assert said in banner.text


def test_a_dropped_address_opens_the_dialog(window, monkeypatch, qtbot):
    asked = []

    class Fake(FakeImporter):
        def __init__(self, parent) -> None:
            super().__init__()
            self.setParent(parent)

        def start_address(self, address: str) -> None:
            asked.append(address)

    monkeypatch.setattr(import_dialog, "Importer", Fake)
    drop(window, QUrl("https://example.org/a.pkl"))
    assert asked == ["https://example.org/a.pkl"]
    window.imports.dialog.reject()


def test_a_process_that_dies_is_told_in_one_sentence(qtbot):
    importer, failed = Importer(), []
    importer.failed.connect(failed.append)
    importer._desk.start(["python3", "-c", "import os; os.kill(os.getpid(), 9)"])
    qtbot.waitUntil(lambda: bool(failed), timeout=20000)
    assert "needs more memory" in failed[0]
    importer.close()
