"""The class picker: searchable, undoable, keyable, and kept when a new seed is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ganstudio.document.document import Document
from ganstudio.document.latent import Latent, base_from_seed
from ganstudio.session.studio import Studio
from ganstudio.ui.class_bar import ClassBar
from ganstudio.ui.latent_panel import LatentPanel
from tests.fakes import TinyGenerator
from tests.models import TINY, TinyLibrary
from tests.ui.tiny_studio import tiny_studio

NAMES = ("red fox", "arctic fox", "heron", "carp")


class Classy(TinyGenerator):
    """Each class adds to the first number of w."""

    num_classes = 4

    def map(self, z, labels=None):
        return z * 2 if labels is None else z * 2 + labels


class ClassyLibrary(TinyLibrary):
    """Holds a model of four classes with names."""

    def __init__(self, names=NAMES) -> None:
        super().__init__(Classy())
        about = {"name": "Tiny", "class_names": names}
        self.model = replace(self.model, info=replace(self.model.info, about=about))


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:
    document = Document(TINY, Latent(base_from_seed(3, 4, 4)))
    with tiny_studio(tmp_path, document, ClassyLibrary()) as studio:
        yield studio


@pytest.fixture
def panel(studio, shown) -> LatentPanel:
    return shown(LatentPanel(studio), 360, 700)


def weights(studio: Studio, time: float | None = None) -> list[float]:
    look = studio.session.document.look(studio.live.time if time is None else time)
    assert look.base.label is not None
    return [round(float(w), 3) for w in look.base.label]


def write(field, text: str) -> None:
    """As typed, without the list that opens while typing: it would grab a keyboard that offscreen tests have not."""
    line = field.lineEdit()
    line.setFocus()
    line.setText(text)
    line.setModified(True)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_a_name_or_a_number_chooses_a_class_in_one_undo_step(panel, studio):
    bar: ClassBar = panel.classes
    write(bar.first, "heron")
    assert weights(studio) == [0, 0, 1, 0]
    assert studio.session.undo_label == "Change Class"
    write(bar.first, "1")
    assert weights(studio) == [0, 1, 0, 0]
    studio.session.undo()
    assert weights(studio) == [0, 0, 1, 0]
    assert bar.first.currentIndex() == 2
    assert studio.session.document.latent.base.seed == 3


def test_the_list_chooses_and_its_search_finds_parts_of_names(panel, studio):
    field = panel.classes.first
    completer = field.completer()
    completer.setCompletionPrefix("FOX")
    assert completer.completionCount() == 2
    field.setCurrentIndex(3)
    field.activated.emit(3)
    assert weights(studio) == [0, 0, 0, 1]


def test_a_text_that_is_no_class_is_refused_in_a_sentence(panel, studio, qtbot):
    with qtbot.waitSignal(panel.edits.refused) as refusal:
        write(panel.classes.first, "fox")
    assert "red fox" in refusal.args[0]
    assert weights(studio) == [1, 0, 0, 0]
    assert panel.classes.first.currentText().startswith("red fox")


def test_a_new_seed_keeps_the_class(panel, studio):
    write(panel.classes.first, "carp")
    panel.start.next()
    assert studio.session.document.latent.base.seed == 4
    assert weights(studio) == [0, 0, 0, 1]


def test_two_classes_are_mixed_by_a_slider_in_one_undo_step(panel, studio):
    bar: ClassBar = panel.classes
    assert not bar.second.isVisible()
    bar.mix.click()
    assert bar.second.isVisible()
    bar.second.activated.emit(2)
    assert weights(studio) == [0.5, 0, 0.5, 0]
    for share in (0.6, 0.7, 0.8):
        bar.share.moved.emit(share)
    bar.share.released.emit()
    assert weights(studio) == [0.2, 0, 0.8, 0]
    assert (bar.first.currentIndex(), bar.second.currentIndex()) == (0, 2)
    studio.session.undo()
    assert weights(studio) == [0.5, 0, 0.5, 0]
    bar.mix.click()
    assert weights(studio) == [1, 0, 0, 0]


def test_classes_are_keyed_and_what_lies_between_is_said_to_be_mixed(panel, studio):
    panel.edits.insert_key()
    studio.live.set_time(2.0)
    write(panel.classes.first, "heron")
    assert weights(studio, 0.0) == [1, 0, 0, 0]
    assert weights(studio, 2.0) == [0, 0, 1, 0]
    studio.live.set_time(1.0)
    assert weights(studio) == [0.5, 0, 0.5, 0]
    assert panel.classes.share.number == pytest.approx(0.5)
    assert panel.classes.second.isVisible()


def test_more_than_two_classes_are_said_to_be_mixed(panel):
    panel.classes.show_weights(np.array([0.2, 0.3, 0.5, 0], np.float32))
    assert panel.classes.first.currentIndex() == -1
    assert panel.classes.first.lineEdit().placeholderText() == "mixed"


def test_a_model_without_classes_shows_no_picker(tmp_path, qtbot):
    with tiny_studio(tmp_path) as studio:
        panel = LatentPanel(studio)
        qtbot.addWidget(panel)
        assert panel.classes.isHidden()


def test_classes_without_names_are_numbers(tmp_path, qtbot):
    document = Document(TINY, Latent(base_from_seed(3, 4, 4)))
    with tiny_studio(tmp_path, document, ClassyLibrary(())) as studio:
        panel = LatentPanel(studio)
        qtbot.addWidget(panel)
        assert [panel.classes.first.itemText(i) for i in range(4)] == ["0", "1", "2", "3"]
