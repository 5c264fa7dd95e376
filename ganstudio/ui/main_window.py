"""The window: docks and menus and nothing else."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QDockWidget, QMainWindow, QMenu, QMessageBox, QTabWidget, QWidget

from ganstudio import __version__
from ganstudio.document.latent import Direction
from ganstudio.session.studio import Studio
from ganstudio.settings import user_data
from ganstudio.ui.actions import fill_menu, make_actions
from ganstudio.ui.commands import MENUS, commands
from ganstudio.ui.compositions import Compositions
from ganstudio.ui.direction_sheet import DirectionSheet
from ganstudio.ui.export_dialog import ExportDialog
from ganstudio.ui.file_flow import FileFlow
from ganstudio.ui.imports import Imports
from ganstudio.ui.latent_panel import LatentPanel
from ganstudio.ui.layer_sources import PHOTO_SUFFIXES
from ganstudio.ui.layers_panel import LayersPanel
from ganstudio.ui.model_library import ModelLibraryPanel
from ganstudio.ui.preferences_dialog import PreferencesDialog
from ganstudio.ui.reading_order import next_stop
from ganstudio.ui.seed_sheet import SeedSheet
from ganstudio.ui.sequence_timeline import SequenceTimeline
from ganstudio.ui.shortcut_sheet import ShortcutSheet
from ganstudio.ui.stage import Stage
from ganstudio.ui.status_line import StatusLine
from ganstudio.ui.submenus import DocksMenu, RecentMenu, ThemeMenu
from ganstudio.ui.text import tr
from ganstudio.ui.trainings import Trainings

LAYOUT = 1
"""Number of the arrangement of docks; raising it forgets arrangements saved by older programs."""
Area = Qt.DockWidgetArea


class MainWindow(QMainWindow):
    """Puts the parts of the editor around the picture."""

    closing = Signal()
    """The window goes; nothing unsaved holds it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.stage = Stage(studio, self)
        self.panel = LatentPanel(studio, self)
        self.sheet = DirectionSheet(studio, self.panel.edits, self)
        self.library, self.seeds = ModelLibraryPanel(studio, self), SeedSheet(studio, self)
        self.timeline = SequenceTimeline(studio, self)
        self.layers = LayersPanel(self.stage.desk.easel, self.stage.desk.keys, self)
        self.export = ExportDialog(studio, self)
        self.files, self.imports = FileFlow(studio, self), Imports(studio, self)
        self.trainings = Trainings(studio, self)
        self.docks: dict[str, QDockWidget] = {}
        self._lay_out()
        self.compositions = Compositions(self)
        self.commands = make_actions(self, commands(self))
        self._make_menus()
        self._connect()
        self._restore()
        self._show_state()

    def _lay_out(self) -> None:
        self.setCentralWidget(self.stage)
        self.status = StatusLine(self.studio, self)
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)
        self.setDockOptions(self.DockOption.AllowTabbedDocks | self.DockOption.AllowNestedDocks)
        self.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Area.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Area.BottomDockWidgetArea)
        self._dock("library", tr("Models"), self.library, Area.LeftDockWidgetArea)
        self._dock("seeds", tr("Seeds"), self.seeds, Area.LeftDockWidgetArea)
        self._dock("layers", tr("Layers"), self.layers, Area.RightDockWidgetArea)
        self._dock("sliders", tr("Sliders"), self.panel, Area.RightDockWidgetArea)
        self._dock("sheet", tr("Find Directions"), self.sheet, Area.RightDockWidgetArea)
        self._dock("timeline", tr("Timeline"), self.timeline, Area.BottomDockWidgetArea)
        self.tabifyDockWidget(self.docks["layers"], self.docks["sliders"])
        self.tabifyDockWidget(self.docks["sliders"], self.docks["sheet"])
        self.docks["sliders"].raise_()
        self.docks["layers"].hide()
        self.resize(1440, 900)
        self._size_docks()

    def _dock(self, name: str, title: str, content: QWidget, area: Area) -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        self.docks[name] = dock

    def _size_docks(self) -> None:
        """First proportions: room for the picture, sliders wide enough for a steady hand."""
        across = [self.docks[name] for name in ("library", "sliders")]
        self.resizeDocks(across, [232, 350], Qt.Orientation.Horizontal)
        down = [self.docks[name] for name in ("library", "seeds")]
        self.resizeDocks(down, [340, 480], Qt.Orientation.Vertical)
        self.resizeDocks([self.docks["timeline"]], [150], Qt.Orientation.Vertical)

    def _make_menus(self) -> None:
        submenus = {"recent": RecentMenu(self.studio, self.files, self).menuAction(),
                    "docks": DocksMenu(self.docks.values(), self).menuAction(),
                    "theme": ThemeMenu(self.studio, self).menuAction()}
        titles = {"file": tr("&File"), "edit": tr("&Edit"), "view": tr("&View"), "model": tr("&Model"),
                  "compose": tr("&Collage"), "help": tr("&Help")}
        for id_, ids in MENUS.items():
            menu = QMenu(titles[id_], self)
            fill_menu(menu, {**self.commands, **submenus}, ids)
            self.menuBar().addMenu(menu)

    def _connect(self) -> None:
        banners, studio = self.stage.banners, self.studio
        studio.opening.opened.connect(banners.forget_document)
        for signal in (studio.preferences.failed, studio.shelves.failed):
            signal.connect(banners.show_lasting_error)
        for signal in (studio.opening.failed, self.files.refused, self.panel.edits.refused, self.seeds.refused):
            signal.connect(banners.show_error)
        studio.session.history_changed.connect(self._show_state)
        self.panel.sheet_asked.connect(self.show_sheet)
        self.docks["sheet"].visibilityChanged.connect(self.sheet.set_in_sight)
        self.library.chosen.connect(self.files.open_model)
        self._connect_imports()
        self.stage.preview.tapped.connect(self.timeline.playback.toggle)
        desk = self.stage.desk
        desk.canvas.tapped.connect(self.timeline.playback.toggle)
        self.stage.collage_shown.connect(self._show_layers)
        desk.options.hinted.connect(self._show_hint)
        self.seeds.layers_asked.connect(desk.sources.add_seeds)
        for signal in (desk.easel.edits.refused, desk.sources.refused):
            signal.connect(banners.show_error)
        desk.sources.noted.connect(banners.show_note)
        self.compositions.noted.connect(banners.show_note)
        self.trainings.models_changed.connect(self.library.refresh)
        self.trainings.model_asked.connect(self.files.open_model)
        self.trainings.directions_ready.connect(self._add_directions)
        self.trainings.noted.connect(banners.show_lasting_note)
        self.trainings.failed.connect(banners.show_error)

    def _connect_imports(self) -> None:
        banners, imports = self.stage.banners, self.imports
        ways = {"files": imports.choose_files, "folder": imports.choose_folder, "address": imports.ask_address}
        self.library.add_asked.connect(lambda way: ways[way]())
        self.library.menu.refused.connect(banners.show_error)
        self.files.import_asked.connect(lambda path: imports.take([path]))
        self.files.photo_asked.connect(self._add_photo)
        imports.model_ready.connect(self._open_imported)
        imports.directions_ready.connect(self._add_directions)
        imports.encoder_ready.connect(self.studio.live.request)
        imports.noted.connect(banners.show_note)

    @Slot(str)
    def _open_imported(self, model_id: str) -> None:
        self.library.refresh()
        self.files.open_model(model_id)

    @Slot(object)
    def _add_directions(self, directions: tuple[Direction, ...]) -> None:
        """As sliders, at hand where they are in the list."""
        self.panel.edits.add(directions)
        self.docks["sliders"].show()
        self.docks["sliders"].raise_()
        self.panel.go_to(directions[0].id)

    @Slot(object)
    def _add_photo(self, path: Path) -> None:
        self.stage.show_collage(True)
        self.stage.desk.sources.add_files([path])

    @Slot()
    def _show_state(self) -> None:
        """Title, dirty star, and what undo and redo would do."""
        session = self.studio.session
        self.setWindowTitle(tr("{name}[*] – GAN Studio").format(name=self.files.name))
        self.setWindowModified(session.dirty)
        for id_, text, label in (("undo", tr("&Undo"), session.undo_label), ("redo", tr("&Redo"), session.redo_label)):
            self.commands[id_].setText(f"{text} {label}".strip())
            self.commands[id_].setEnabled(bool(label))
        for id_ in ("new", "save", "save_as", "export", "find"):
            self.commands[id_].setEnabled(bool(session.document.model.id))

    @Slot(bool)
    def _show_layers(self, on: bool) -> None:
        """The list of layers comes and goes with the canvas."""
        self.docks["layers"].setVisible(on)
        self._show_hint()
        if on:
            self.docks["layers"].raise_()

    @Slot()
    def _show_hint(self) -> None:
        desk = self.stage.desk
        self.status.show_hint(desk.options.hint if desk.isVisibleTo(self.stage) else "")

    # what its menus show

    @Slot()
    def toggle_collage(self) -> None:
        """Bring the canvas, or put it away."""
        self.stage.show_collage(not self.stage.desk.isVisible())

    @Slot()
    def show_sheet(self) -> None:
        """Bring the sheet of directions to the front."""
        self.docks["sheet"].show()
        self.docks["sheet"].raise_()
        self.sheet.setFocus()

    @Slot()
    def show_export(self) -> None:
        """Open the export dialog, or bring it to the front."""
        self.export.show()
        self.export.raise_()
        self.export.activateWindow()

    @Slot()
    def show_preferences(self) -> None:
        """Open the preferences."""
        _show(PreferencesDialog(self.studio, self))

    @Slot()
    def show_shortcuts(self) -> None:
        """Open the list of keys."""
        _show(ShortcutSheet(self.studio, self))

    @Slot()
    def show_about(self) -> None:
        """Say what this is."""
        QMessageBox.about(self, tr("About GAN Studio"), tr(
            "GAN Studio {version}\n\nDrag latent directions and watch the picture follow. Key looks and export the "
            "sequence.\n\nMIT licence.").format(version=__version__))

    # keys, files and the end

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nothing else wanted take tools, or are the preview's: Space and Backslash work beside a slider."""
        desk = self.stage.desk
        tool = desk.isVisible() and desk.keys.run(event, "tool_")
        if not tool and not self.stage.preview.held(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The same for keys let go."""
        if not self.stage.preview.let_go(event):
            super().keyReleaseEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as one reads."""
        stop = next_stop(self, forward)
        if stop is not None:
            stop.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return stop is not None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and addresses may be dropped anywhere."""
        if any(url.isLocalFile() or url.scheme() in ("http", "https") for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open or import what was dropped; pictures become layers."""
        event.acceptProposedAction()
        urls = event.mimeData().urls()
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        pictures = [path for path in paths if path.suffix.lower() in PHOTO_SUFFIXES]
        self.stage.desk.sources.add_files(pictures)
        self.files.open_all(path for path in paths if path not in pictures)
        self.imports.take(url.toString() for url in urls if url.scheme() in ("http", "https"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, then remember how the window was."""
        if not self.files.may_leave():
            event.ignore()
            return
        state = _state_file()
        state.setValue("geometry", self.saveGeometry())
        state.setValue("docks", self.saveState(LAYOUT))
        self.closing.emit()
        event.accept()

    def _restore(self) -> None:
        state = _state_file()
        geometry, docks = state.value("geometry"), state.value("docks")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(docks, QByteArray):
            self.restoreState(docks, LAYOUT)


def _show(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _state_file() -> QSettings:
    """Where size, place and docks are kept: with the user's other data."""
    return QSettings(str(user_data() / "window.ini"), QSettings.Format.IniFormat)
