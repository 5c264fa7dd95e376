"""Every command of the canvas and of the list of layers: what it is called, what it does, and its keys."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from ganstudio.ui.actions import Command
from ganstudio.ui.collage_canvas import CollageCanvas
from ganstudio.ui.easel import Easel
from ganstudio.ui.layer_clipboard import LayerClipboard
from ganstudio.ui.layer_commands import LayerCommands, PlaceCommands
from ganstudio.ui.layer_sources import LayerSources
from ganstudio.ui.text import tr
from ganstudio.ui.toolbox import tool_entries

LAYER_MENU = ("copy cut paste duplicate merge delete | hide lock group ungroup | raise lower top bottom | "
              "whole invert | fit_layer natural flip flip_upright")
"""What a right click on a layer offers."""
ADD_MENU = "add_current add_photo add_layers add_fill paste"
ALIGN = "align_left align_centre align_right align_top align_middle align_bottom"


def tool_commands(easel: Easel) -> list[Command]:
    """One for each tool."""
    return [Command(f"tool_{e.id}", e.title, partial(easel.take, e.id), (e.key,), e.icon) for e in tool_entries()]


def view_commands(canvas: CollageCanvas, easel: Easel) -> list[Command]:
    """The view, and the size of the brush."""
    return [
        Command("canvas_fit", tr("Fit"), canvas.fit, ("Ctrl+0",), "fit"),
        Command("canvas_actual", tr("100 %"), canvas.actual_size, ("Ctrl+1",), "actual"),
        Command("canvas_in", tr("Zoom In"), partial(canvas.zoom_by, 1.25), ("+", "=", "Ctrl++", "Ctrl+=")),
        Command("canvas_out", tr("Zoom Out"), partial(canvas.zoom_by, 0.8), ("-", "Ctrl+-")),
        Command("smaller", tr("Smaller Brush"), partial(_resize, easel, 0.8), ("[",)),
        Command("larger", tr("Larger Brush"), partial(_resize, easel, 1.25), ("]",)),
    ]


def layer_commands(layers: LayerCommands) -> list[Command]:
    """Copies, order and groups."""
    return [
        Command("duplicate", tr("Duplicate"), layers.duplicate, ("Ctrl+J",), "copy"),
        Command("merge", tr("Merge Down"), layers.merge_down, ("Ctrl+E",)),
        Command("delete", tr("Delete"), layers.delete, ("Del", "Backspace"), "trash"),
        Command("group", tr("Group"), layers.group, ("Ctrl+G",), "group"),
        Command("ungroup", tr("Ungroup"), layers.ungroup, ("Ctrl+Shift+G",)),
        Command("hide", tr("Hide or Show"), layers.hide, ("Ctrl+H",), "eye"),
        Command("lock", tr("Lock or Unlock"), layers.lock, ("Ctrl+/",), "lock"),
        Command("raise", tr("Raise"), partial(layers.move_by, 1), ("Ctrl+]",), "arrow-up"),
        Command("lower", tr("Lower"), partial(layers.move_by, -1), ("Ctrl+[",), "arrow-down"),
        Command("top", tr("Raise to the Top"), partial(layers.move_by, 10**6), ("Ctrl+Shift+]", "Ctrl+}")),
        Command("bottom", tr("Lower to the Bottom"), partial(layers.move_by, -10**6), ("Ctrl+Shift+[", "Ctrl+{")),
        Command("next_layer", tr("Choose the Layer Above"), partial(layers.step, 1), ("Alt+]",)),
        Command("previous_layer", tr("Choose the Layer Below"), partial(layers.step, -1), ("Alt+[",)),
        Command("choose_all", tr("Choose All Layers"), layers.choose_all, ("Ctrl+A",)),
    ]


def place_commands(places: PlaceCommands) -> list[Command]:
    """How layers lie and what of them counts."""
    edges = {"left": tr("Align Left"), "centre": tr("Align Centre"), "right": tr("Align Right"),
             "top": tr("Align Top"), "middle": tr("Align Middle"), "bottom": tr("Align Bottom")}
    steps = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}
    return [
        Command("whole", tr("Uncover All of It"), places.whole, ("Ctrl+D", "Ctrl+Shift+A")),
        Command("invert", tr("Invert the Cut"), places.invert, ("Ctrl+Shift+I",)),
        Command("fit_layer", tr("Fit to the Frame"), places.fit),
        Command("natural", tr("Natural Size"), places.natural),
        Command("flip", tr("Flip Left to Right"), places.flip, ("Shift+H",), "flip"),
        Command("flip_upright", tr("Flip Top to Bottom"), partial(places.flip, True), ("Shift+V",), "flip-upright"),
        *(Command(f"align_{e}", text, partial(places.align, e), (), f"align-{e}") for e, text in edges.items()),
        *(Command(f"nudge_{k}", tr("Nudge"), partial(places.nudge, x, y), (k,)) for k, (x, y) in steps.items()),
        *(Command(f"push_{k}", tr("Nudge by Ten"), partial(places.nudge, 10 * x, 10 * y), (f"Shift+{k}",))
          for k, (x, y) in steps.items()),
    ]


def source_commands(sources: LayerSources, clipboard: LayerClipboard, window: QWidget) -> list[Command]:
    """Where layers come from, and the clipboard."""
    return [
        Command("add_current", tr("The Picture on Screen"), sources.add_current, (), "image"),
        Command("add_photo", tr("Photos…"), partial(sources.ask_for_photos, window), ("Ctrl+Shift+O",), "folder"),
        Command("add_fill", tr("A Fill of the Colour"), sources.add_fill, ("Shift+Backspace",), "tool-fill"),
        Command("add_layers", tr("Layers of a File…"), partial(sources.ask_for_layers, window), (), "folder"),
        Command("paste", tr("Paste"), clipboard.paste, ("Ctrl+V",)),
        Command("copy", tr("Copy"), clipboard.copy, ("Ctrl+C",)),
        Command("cut", tr("Cut"), clipboard.cut, ("Ctrl+X",)),
        Command("copy_merged", tr("Copy Merged"), clipboard.copy_merged, ("Ctrl+Shift+C",)),
    ]


def _resize(easel: Easel, factor: float) -> None:
    """Larger or smaller by at least a pixel."""
    size = easel.settings.brush.size
    wanted = max(size * factor, size + 1) if factor > 1 else min(size * factor, size - 1)
    easel.set_brush(size=float(min(max(round(wanted), 1), 1000)))
