"""The tools of the canvas by name, with their keys, in the order in which they stand beside it."""

from __future__ import annotations

from dataclasses import dataclass

from ganstudio.ui.canvas_tools.brush import BrushTool, PickTool
from ganstudio.ui.canvas_tools.hand import HandTool
from ganstudio.ui.canvas_tools.lasso import LassoTool, PolygonTool
from ganstudio.ui.canvas_tools.move import MoveTool, TransformTool
from ganstudio.ui.canvas_tools.shapes import BoxTool
from ganstudio.ui.canvas_tools.tool import Tool
from ganstudio.ui.canvas_tools.wand import SmartTool, WandTool
from ganstudio.ui.easel import Easel
from ganstudio.ui.text import tr

CUTTING = ("rectangle", "ellipse", "lasso", "polygon", "wand", "smart", "brush", "eraser")
"""Tools that show what is hidden of the active layer while they work, paled."""


@dataclass(frozen=True)
class ToolEntry:
    """A tool as it is offered: its name, key and icon, and a line on how it is used."""

    id: str
    title: str
    key: str
    icon: str
    hint: str


def tool_entries() -> tuple[ToolEntry, ...]:
    """All tools."""
    cut = tr("Keeps what is inside; Shift uncovers it, Alt takes it away")
    return (
        ToolEntry("move", tr("Move"), "V", "tool-move",
                  tr("Drag layers and their handles; Shift keeps to one axis, Ctrl does not snap, Alt copies")),
        ToolEntry("transform", tr("Transform"), "Ctrl+T", "tool-transform",
                  tr("Move, scale and turn as one step: Enter applies, Esc takes back")),
        ToolEntry("rectangle", tr("Rectangle"), "M", "tool-rectangle", cut),
        ToolEntry("ellipse", tr("Ellipse"), "Shift+M", "tool-ellipse", cut),
        ToolEntry("lasso", tr("Lasso"), "L", "tool-lasso", cut),
        ToolEntry("polygon", tr("Polygon"), "Shift+L", "tool-polygon",
                  tr("Click corners; a double click or Enter closes. Shift uncovers, Alt takes away")),
        ToolEntry("wand", tr("Magic Wand"), "W", "tool-wand",
                  tr("Keeps colours like the one clicked; Shift uncovers them, Alt takes them away")),
        ToolEntry("smart", tr("Smart Cut"), "Shift+W", "tool-smart",
                  tr("Keeps the thing clicked; Shift uncovers it, Alt takes it away")),
        ToolEntry("brush", tr("Brush"), "B", "tool-brush",
                  tr("Uncovers a picture, or paints; Shift-click draws a straight line, Shift-drag changes the size")),
        ToolEntry("eraser", tr("Eraser"), "E", "tool-eraser",
                  tr("Hides what it touches; Shift-click draws a straight line, Shift-drag changes the size")),
        ToolEntry("pick", tr("Pick Colour"), "I", "tool-pick", tr("Takes the colour under the pointer")),
        ToolEntry("hand", tr("Hand"), "H", "tool-hand", tr("Moves the view; hold Space to do so with any tool")),
    )


def make_tools(easel: Easel) -> dict[str, Tool]:
    """Every tool, by its id."""
    return {
        "move": MoveTool(easel), "transform": TransformTool(easel), "rectangle": BoxTool(easel),
        "ellipse": BoxTool(easel, round_=True), "lasso": LassoTool(easel), "polygon": PolygonTool(easel),
        "wand": WandTool(easel), "smart": SmartTool(easel), "brush": BrushTool(easel),
        "eraser": BrushTool(easel, erase=True), "pick": PickTool(easel), "hand": HandTool(easel),
    }
