"""What tests of widgets begin with: a studio of a document, and a widget on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ganstudio.document.document import Document
from ganstudio.session.studio import Studio
from tests.models import tiny_document
from tests.ui.tiny_studio import tiny_studio

Widget = TypeVar("Widget", bound=QWidget)


@pytest.fixture
def document() -> Document:
    """What the studio opens; modules with a document of their own override it."""
    return tiny_document()


@pytest.fixture
def studio(tmp_path, document) -> Iterator[Studio]:
    with tiny_studio(tmp_path, document) as studio:
        yield studio


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[..., Widget]:
    """Shows a widget, of a width and height where they are told, and gives it back once it is on screen."""
    def show(widget: Widget, *size: int) -> Widget:
        qtbot.addWidget(widget)
        if size:
            widget.resize(*size)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return show
