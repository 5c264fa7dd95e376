"""Every command of the window: what it is called, what it does, and its keys (USERS.md 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganstudio.ui.actions import Command
from ganstudio.ui.compositions import MENU as COMPOSE
from ganstudio.ui.text import tr

if TYPE_CHECKING:
    from ganstudio.ui.main_window import MainWindow

MENUS = {
    "file": "new open recent | save save_as | export | quit",
    "edit": "undo redo | reset | preferences",
    "view": "collage | fit actual zoom_in zoom_out | before | docks theme",
    "model": "add_model add_folder add_address import_directions | previous_seed next_seed random_seed | find train",
    "compose": COMPOSE,
    "help": "shortcuts about",
}
"""The menu bar: commands and submenus by their ids; `|` is a line."""


def commands(window: MainWindow) -> list[Command]:
    """All commands that stand in menus."""
    return [*_file(window), *_edit(window), *_view(window), *_model(window), *window.compositions.commands(),
            *_help(window)]


def _file(window: MainWindow) -> list[Command]:
    files = window.files
    return [
        Command("new", tr("&New"), files.new, ("Ctrl+N",)),
        Command("open", tr("&Open…"), files.choose, ("Ctrl+O",), "folder"),
        Command("save", tr("&Save"), files.save, ("Ctrl+S",), "save"),
        Command("save_as", tr("Save &As…"), files.save_as, ("Ctrl+Shift+S",)),
        Command("export", tr("&Export…"), window.show_export, ("Ctrl+Shift+E",), "export"),
        Command("quit", tr("&Quit"), window.close, ("Ctrl+Q",)),
    ]


def _edit(window: MainWindow) -> list[Command]:
    session = window.studio.session
    return [
        Command("undo", tr("&Undo"), session.undo, ("Ctrl+Z",), "undo"),
        Command("redo", tr("&Redo"), session.redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
        Command("reset", tr("Re&set All Sliders"), window.panel.edits.reset_all, ("Ctrl+R",), "reset"),
        Command("preferences", tr("&Preferences…"), window.show_preferences, ("Ctrl+,",)),
    ]


def _view(window: MainWindow) -> list[Command]:
    preview = window.stage.preview
    return [
        Command("collage", tr("&Collage"), window.toggle_collage, ("Ctrl+L",), "collage"),
        Command("fit", tr("&Fit"), preview.fit, ("Ctrl+0",), "fit"),
        Command("actual", tr("&100 %"), preview.actual_size, ("Ctrl+1",), "actual"),
        Command("zoom_in", tr("Zoom &In"), lambda: preview.zoom(1.25), ("Ctrl++", "Ctrl+=")),
        Command("zoom_out", tr("Zoom &Out"), lambda: preview.zoom(0.8), ("Ctrl+-",)),
        Command("before", tr("&Before the Edits (hold \\)"), preview.toggle_before, (), "before"),
    ]


def _model(window: MainWindow) -> list[Command]:
    start = window.panel.start
    return [
        Command("add_model", tr("&Import…"), window.imports.choose_files, ("Ctrl+I",)),
        Command("add_folder", tr("Import F&older…"), window.imports.choose_folder),
        Command("add_address", tr("Import from an A&ddress…"), window.imports.ask_address),
        Command("import_directions", tr("Import Dire&ctions…"), window.imports.choose_files),
        Command("previous_seed", tr("&Previous Seed"), start.previous, ("Ctrl+[",), "previous"),
        Command("next_seed", tr("&Next Seed"), start.next, ("Ctrl+]",), "next"),
        Command("random_seed", tr("&Random Seed"), start.throw, ("Ctrl+D",), "dice"),
        Command("find", tr("&Find Directions"), window.show_sheet, ("Ctrl+F",), "sheet"),
        Command("train", tr("&Train…"), window.trainings.show_dialog, ("Ctrl+Shift+T",)),
    ]


def _help(window: MainWindow) -> list[Command]:
    return [
        Command("shortcuts", tr("&Keyboard Shortcuts"), window.show_shortcuts, ("Shift+?", "F1")),
        Command("about", tr("&About GAN Studio"), window.show_about),
    ]
