"""The training dialog makes its form from the options, shows what the child tells, stops it and goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFileDialog, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from ganstudio.api import Host, option
from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.registry import PluginRegistry
from ganstudio.resources import bundled_plugins
from ganstudio.session.studio import Studio
from ganstudio.session.trainee import Standing, folder_of, started, words_of
from ganstudio.ui.loss_curves import LossCurves, smoothed
from ganstudio.ui.training_dialog import TrainingDialog
from ganstudio.ui.training_form import TrainingForm
from tests.models import write_stylegan2
from tests.ui.tiny_studio import tiny_studio

CHILD = """
import json, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1]); folder.mkdir(parents=True, exist_ok=True)
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
(folder / "about.json").write_text(json.dumps({"training": "regressor", "options": json.loads(sys.argv[3])}))
print(json.dumps({"event": "note", "text": "Likeness is judged by pixels."}), flush=True)
steps = 4 if sys.argv[2] == "quick" else 2000
for step in range(1, steps + 1):
    print(json.dumps({"event": "progress", "step": step, "seen": step * 100, "total": steps * 100, "rate": 50.0,
                      "left": 3.0, "seconds": 1.0, "losses": {"pixel": 1 / step, "latent": 2 / step}}), flush=True)
    time.sleep(0.02)
    if asked:
        break
(folder / "resume.safetensors").write_bytes(b"state")
print(json.dumps({"event": "interrupted" if asked else "finished", "result": str(folder / "regressor.safetensors"),
                  "kept": [str(folder / "models" / "new.safetensors")], "figures": {"error": 0.25}}), flush=True)
"""


def _edits(host: Host) -> dict[str, str]:
    return {**{id_: edit.name for id_, edit in host.edits().items()}, "all": "All of them"}


@dataclass(frozen=True)
class Options:
    """One of each kind."""

    model: str = option("landscape", "The model.")
    kind: Literal["linear", "bent"] = option("linear", "Straight or not.", offers={"linear": "Straight"})
    edit: str = option("zoom", "What to learn.", offers=_edits)
    data: str = option("", "Pictures.", title="Real pictures", picks="folder")
    label: int = option(-1, "The class.", least=-1, more=True, unset="All")
    batch: int = option(16, "Samples a step.", least=2)
    rate: float = option(1e-4, "Learning rate.", least=0)
    mirror: bool = option(False, "Flip.")

    def __post_init__(self) -> None:
        if self.kind == "bent" and self.batch < 8:
            raise ValueError("A bent walk needs a batch of 8 or more.")


@pytest.fixture
def studio(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("GANSTUDIO_COMPILE", "0")
    (data_folder / "models").mkdir()
    write_stylegan2(data_folder / "models/apple.safetensors")
    library = ModelLibrary((data_folder / "models",))
    with tiny_studio(tmp_path, library.default_document("apple"), library, (bundled_plugins(),)) as studio:
        yield studio


@pytest.fixture
def words(tmp_path: Path) -> Callable[..., list[str]]:
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")

    def make(id_: str, values: dict[str, Any], folder: Path, *, spread: bool = False) -> list[str]:
        pace = "slow" if values["batch"] == 32 else "quick"
        return [sys.executable, str(script), str(folder), pace, json.dumps(values)]

    return make


@pytest.fixture
def dialog(qtbot: QtBot, studio: Studio, words: Callable[..., list[str]]) -> Iterator[TrainingDialog]:
    dialog = TrainingDialog(studio, words=words)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.kind.setCurrentIndex(dialog.kind.findData("regressor"))
    yield dialog
    dialog.trainee.close()


@pytest.fixture
def form(qtbot: QtBot) -> TrainingForm:
    host = PluginRegistry(ModelLibrary((), ())).host
    form = TrainingForm(Options, {"landscape": "Landscapes", "faces": "Faces"}, host)
    qtbot.addWidget(form)
    form.show()
    return form


def choice(form: TrainingForm, name: str) -> QComboBox:
    """A field to choose from."""
    box = form.widgets[name]
    assert isinstance(box, QComboBox)
    return box


def test_the_form_has_a_field_for_every_option_within_its_bounds(form: TrainingForm) -> None:
    kinds = {name: type(widget).__mro__ for name, widget in form.widgets.items()}
    assert QComboBox in kinds["model"]
    assert QComboBox in kinds["kind"]
    assert QSpinBox in kinds["batch"]
    assert QDoubleSpinBox in kinds["rate"]
    assert QCheckBox in kinds["mirror"]
    assert form.options() == Options()
    batch = form.widgets["batch"]
    assert isinstance(batch, QSpinBox)
    batch.setValue(1)
    assert form.options().batch == 2


def test_values_are_chosen_by_what_they_are_called(form: TrainingForm) -> None:
    assert [choice(form, "kind").itemText(i) for i in range(2)] == ["Straight", "bent"]
    edit = choice(form, "edit")
    assert edit.currentText() == "Zoom"
    edit.setCurrentText("All of them")
    assert form.options().edit == "all"
    choice(form, "model").setCurrentIndex(1)
    assert form.options().model == "faces"


def test_a_text_that_is_not_offered_may_be_typed_and_is_recalled(form: TrainingForm) -> None:
    choice(form, "edit").setEditText(" zoom, rotate ")
    assert form.options().edit == "zoom, rotate"
    form.show_values({"edit": "zoom"})
    assert choice(form, "edit").currentText() == "Zoom"
    form.show_values({"edit": "zoom, shift-x"})
    assert form.options().edit == "zoom, shift-x"
    assert not choice(form, "kind").isEditable()


def test_what_few_will_change_is_folded_away_until_it_differs(form: TrainingForm) -> None:
    label = form.widgets["label"]
    assert isinstance(label, QSpinBox)
    assert (label.isVisible(), label.text()) == (False, "All")
    form.show_values(asdict(Options()))
    assert not label.isVisible()
    form.show_values({"label": 2})
    assert label.isVisible()
    form.fold.setChecked(False)
    assert not label.isVisible()
    assert form.options().label == 2


def test_new_models_are_offered_and_what_is_chosen_stays(form: TrainingForm) -> None:
    choice(form, "model").setCurrentIndex(1)
    form.show_models({"landscape": "Landscapes", "pond": "Pond", "faces": "Faces"})
    assert [choice(form, "model").itemText(i) for i in range(3)] == ["Landscapes", "Pond", "Faces"]
    assert form.options().model == "faces"


def test_a_folder_is_picked_into_its_field(form: TrainingForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picked = iter(("", str(tmp_path)))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(picked))
    (browse,) = form.findChildren(QPushButton)
    for there in ("", str(tmp_path)):
        browse.click()
        assert form.options().data == there


def test_options_that_do_not_fit_together_say_so(form: TrainingForm) -> None:
    form.show_values({"kind": "bent", "batch": 4})
    with pytest.raises(ValueError, match="batch of 8"):
        form.options()


def test_a_small_rate_is_shown_as_it_is_typed(form: TrainingForm) -> None:
    rate = form.widgets["rate"]
    assert isinstance(rate, QDoubleSpinBox)
    assert rate.text() == "0.0001"


def test_a_training_shows_progress_losses_notes_and_its_end(qtbot: QtBot, dialog: TrainingDialog) -> None:
    with qtbot.waitSignal(dialog.trained, timeout=10_000) as trained:
        qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
        assert not dialog.start_button.isEnabled()
        assert dialog.stop_button.isEnabled()
    assert trained.args is not None
    assert trained.args[0] == "regressor"
    assert [path.name for path in trained.args[1].kept] == ["new.safetensors"]
    assert len(dialog.trainee.history) == 4
    assert "pixels" in dialog.notes.text()
    assert "Finished" in dialog.state.text()
    assert "error 0.25" in dialog.state.text()
    assert dialog.bar.value() == 1000


def test_when_all_pictures_are_seen_it_says_what_is_still_done(dialog: TrainingDialog) -> None:
    dialog.stop_button.setEnabled(True)
    for seen, said in ((100, "of 0.4 thousand"), (400, "is measured and saved")):
        dialog.trainee.progressed.emit(Standing(seen, 400, 50.0, 0.0, {"pixel": 1.0}))
        assert said in dialog.state.text()


def test_a_stopped_training_can_go_on_and_is_listed(qtbot: QtBot, dialog: TrainingDialog) -> None:
    batch = dialog.forms["regressor"].widgets["batch"]
    assert isinstance(batch, QSpinBox)
    batch.setValue(32)
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.trainee.history) > 2, timeout=10_000)
    with qtbot.waitSignal(dialog.trainee.ended, timeout=10_000) as ended:
        qtbot.mouseClick(dialog.stop_button, Qt.MouseButton.LeftButton)
    assert ended.args is not None
    assert ended.args[0].kind == "stopped"
    assert dialog.start_button.isEnabled()
    assert dialog.start_button.text() == "Go On"
    assert "Stopped" in dialog.state.text()
    (entry,) = started()
    batch.setValue(16)
    assert dialog.start_button.text() == "Train"
    dialog.earlier.setCurrentIndex(1)
    assert entry.options["batch"] == batch.value() == 32
    assert dialog.start_button.text() == "Go On"
    about = entry.folder / "about.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "finished": True}))
    batch.setValue(16)
    batch.setValue(32)
    assert dialog.start_button.text() == "Write Again"
    assert "has finished" in dialog.state.text()


def test_what_the_child_says_last_is_what_went_wrong(qtbot: QtBot, studio: Studio) -> None:
    def words(*_: Any, **__: Any) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit('There is no model of that name.')"]

    dialog = TrainingDialog(studio, words=words)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.trainee.ended, timeout=10_000):
        dialog.start_button.click()
    assert dialog.state.text() == "There is no model of that name."
    assert dialog.start_button.isEnabled()


def test_samples_are_shown_as_they_come(qtbot: QtBot, dialog: TrainingDialog, tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 8, 3), 200, np.uint8)).save(tmp_path / "samples.png")
    dialog.picture.show_file(tmp_path / "samples.png")
    assert dialog.picture.pixmap.width() == 8
    dialog.picture.show_file(tmp_path / "nothing.png")
    assert dialog.picture.pixmap.width() == 8


def test_the_same_options_mean_the_same_folder() -> None:
    one = folder_of("walk", {"model": "landscape", "edit": "zoom"})
    assert one == folder_of("walk", {"edit": "zoom", "model": "landscape"})
    assert one != folder_of("walk", {"model": "landscape", "edit": "shiftx"})


def test_the_command_names_every_option(tmp_path: Path) -> None:
    words = words_of("walk", {"edit": "zoom", "mirror": False, "deep_net": True}, tmp_path)
    assert words[1:7] == ["-m", "ganstudio.cli", "train", "walk", "--edit", "zoom"]
    assert "--no-mirror" in words
    assert "--deep-net" in words
    assert words[-1] == "--json"
    assert words_of("walk", {}, tmp_path, spread=True)[1:3] == ["-m", "accelerate.commands.launch"]


def test_curves_show_the_trend_of_noisy_losses() -> None:
    noisy = [3.0, 1.0, 3.0, 1.0, float("nan"), 3.0, 1.0]
    means = smoothed(noisy)
    assert means[0] == 3
    assert all(1.5 < mean < 3 for mean in means[1:])
    assert smoothed([2.0] * 5) == pytest.approx([2.0] * 5)


def test_curves_draw_any_history(qtbot: QtBot, dialog: TrainingDialog) -> None:
    curves = LossCurves()
    qtbot.addWidget(curves)
    curves.show_history(())
    assert not curves.grab().isNull()


def test_enter_in_a_field_ends_typing_and_starts_nothing(qtbot: QtBot, dialog: TrainingDialog) -> None:
    dialog.kind.setCurrentIndex(dialog.kind.findData("walk"))
    edit = choice(dialog.forms["walk"], "edit")
    qtbot.mouseClick(edit.lineEdit(), Qt.MouseButton.LeftButton)
    assert edit.lineEdit().selectedText() == "Zoom"
    qtbot.keyClicks(edit.lineEdit(), "Lumi")
    qtbot.keyClick(edit.lineEdit(), Qt.Key.Key_Return)
    assert not dialog.trainee.running
    assert dialog.forms["walk"].options().edit == "luminance"
