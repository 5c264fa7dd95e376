"""What the user prefers; every choice counts at once and is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QLocale, QSignalBlocker, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ganstudio.resources import resource
from ganstudio.session.studio import Studio
from ganstudio.settings import AUTOSAVE
from ganstudio.ui.plugin_list import PluginList
from ganstudio.ui.text import tr
from ganstudio.ui.theme import THEMES


class PreferencesDialog(QDialog):
    """Two pages: the settings, and the plugins that were found."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._preferences = studio, studio.preferences
        self.device, self.theme, self.language = QComboBox(self), QComboBox(self), QComboBox(self)
        self.exact = QCheckBox(tr("Export exactly (full precision) unless told otherwise"), self)
        self.auto_key = QCheckBox(tr("Auto-key: changes of keyed values make keys"), self)
        self.autosave = QSpinBox(self, minimum=AUTOSAVE[0], maximum=AUTOSAVE[1], suffix=tr(" s"))
        self.drawn, self.problem = QLabel(self), QLabel(self)
        self.plugins = PluginList(studio, self)
        self.setWindowTitle(tr("Preferences"))
        self._fill()
        self._lay_out()
        self._show()
        self._connect()

    def _fill(self) -> None:
        for name in self._studio.renderer.devices():
            self.device.addItem(tr("Automatic") if name == "auto" else name.upper(), name)
        titles = {"dark": tr("Dark"), "light": tr("Light")}
        for name in THEMES:
            self.theme.addItem(titles.get(name, name), name)
        self.language.addItem(tr("As the system"), "")
        for code in _languages():
            self.language.addItem(QLocale(code).nativeLanguageName() or code, code)

    def _lay_out(self) -> None:
        page = QWidget(self)
        form = QFormLayout(page)
        form.setContentsMargins(14, 14, 14, 14)
        form.setVerticalSpacing(9)
        form.addRow(tr("&Draw on"), self.device)
        form.addRow("", self.drawn)
        form.addRow(tr("&Theme"), self.theme)
        form.addRow(tr("&Language (after a restart)"), self.language)
        form.setRowVisible(self.language, self.language.count() > 1)
        form.addRow(tr("&Keep unsaved work every"), self.autosave)
        form.addRow("", self.exact)
        form.addRow("", self.auto_key)
        form.addRow(self.problem)
        self.drawn.setProperty("tone", "dim")
        self.problem.setProperty("tone", "error")
        self.problem.setWordWrap(True)
        tabs = QTabWidget(self)
        tabs.addTab(page, tr("General"))
        tabs.addTab(self.plugins, tr("Plugins"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(tabs)
        column.addWidget(buttons)
        self.resize(520, 380)

    def _connect(self) -> None:
        for box in (self.device, self.theme, self.language):
            box.activated.connect(self._take)
        for tick in (self.exact, self.auto_key):
            tick.clicked.connect(self._take)
        self.autosave.valueChanged.connect(self._take)
        self._preferences.changed.connect(self._show)
        self._preferences.failed.connect(self.problem.setText)

    @Slot()
    def _show(self) -> None:
        """Show the settings as they are."""
        value = self._preferences.value
        for box, chosen in ((self.device, value.device), (self.theme, value.theme), (self.language, value.language)):
            box.setCurrentIndex(max(0, box.findData(chosen)))
        self.exact.setChecked(value.exact_export)
        self.auto_key.setChecked(value.auto_key)
        with QSignalBlocker(self.autosave):
            self.autosave.setValue(value.autosave_seconds)
        renderer = self._studio.renderer
        self.drawn.setText(tr("Now: {device}, {mode}").format(device=renderer.device_name, mode=renderer.mode_text))

    @Slot()
    def _take(self) -> None:
        """Make what is shown count."""
        self.problem.clear()
        chosen: dict[str, Any] = {
            "device": self.device.currentData(), "theme": self.theme.currentData(),
            "language": self.language.currentData(), "exact_export": self.exact.isChecked(),
            "auto_key": self.auto_key.isChecked(), "autosave_seconds": self.autosave.value(),
        }
        self._preferences.change(replace(self._preferences.value, **chosen))


def _languages() -> list[str]:
    """The languages that there are texts in."""
    return sorted(f.stem.removeprefix("ganstudio_") for f in resource("translations").glob("ganstudio_*.qm"))
